//! DICOM unique identifiers under the root 2.25, derived from UUIDs (DICOM PS3.5 B.2): nobody has to own a root.

use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

/// Identifies this software as the writer of a file.
pub(crate) const IMPLEMENTATION_CLASS_UID: &str = "2.25.290817412834519823764409371651823401937";

/// Goes with [`IMPLEMENTATION_CLASS_UID`]; at most 16 characters.
pub(crate) const IMPLEMENTATION_VERSION: &str = concat!("TMLI_", env!("CARGO_PKG_VERSION"));

fn from_uuid(uuid: Uuid) -> String {
    format!("2.25.{}", uuid.as_u128())
}

/// A UID that nobody else has.
pub(crate) fn unique() -> String {
    from_uuid(Uuid::new_v4())
}

/// A UID that depends on `parts` alone.
pub(crate) fn derived(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    let digest = hash.finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    from_uuid(Builder::from_custom_bytes(bytes).into_uuid())
}

/// Whether a text is a UID: digits and dots, no empty or zero-led component, at most 64 characters.
pub(crate) fn is_valid(uid: &str) -> bool {
    uid.len() <= 64
        && uid.contains('.')
        && uid
            .split('.')
            .all(|c| !c.is_empty() && c.bytes().all(|b| b.is_ascii_digit()) && (c == "0" || !c.starts_with('0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uids_are_valid_and_differ() {
        for uid in [unique(), unique(), derived(&["a"]), derived(&["a", "b"]), derived(&["ab"])] {
            assert!(is_valid(&uid), "{uid}");
        }
        assert_ne!(unique(), unique());
        assert_ne!(derived(&["a", "b"]), derived(&["ab"]));
        assert_eq!(derived(&["a", "b"]), derived(&["a", "b"]));
        assert!(is_valid(IMPLEMENTATION_CLASS_UID));
        assert!(IMPLEMENTATION_VERSION.len() <= 16);
    }

    #[test]
    fn what_is_no_uid_is_told() {
        for text in ["", "1", "1..2", "1.02", "1.a", "1.2 "] {
            assert!(!is_valid(text), "{text:?}");
        }
    }
}
