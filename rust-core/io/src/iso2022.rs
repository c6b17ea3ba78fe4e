//! Text with code extensions (ISO 2022): several character sets in one value, changed by escape sequences. The parser
//! knows one character set for a file and leaves escape sequences in the text; here they are resolved
//! (DICOM PS3.3, C.12.1.1.2).

use dicom_encoding::text::{SpecificCharacterSet, TextCodec};

const ESCAPE: u8 = 0x1B;

/// Escape sequences (without the escape itself) and the character set that they announce.
const SEQUENCES: [(&[u8], &str); 17] = [
    (b"(B", "ISO_IR 6"),
    (b"(J", "ISO_IR 13"),
    (b")I", "ISO_IR 13"),
    (b"-A", "ISO_IR 100"),
    (b"-B", "ISO_IR 101"),
    (b"-C", "ISO_IR 109"),
    (b"-D", "ISO_IR 110"),
    (b"-F", "ISO_IR 126"),
    (b"-G", "ISO_IR 127"),
    (b"-H", "ISO_IR 138"),
    (b"-L", "ISO_IR 144"),
    (b"-T", "ISO_IR 166"),
    (b"$B", JAPANESE),
    (b"$@", JAPANESE),
    (b"$(D", "unknown"),
    (b"$)A", "GBK"),
    (b"$)C", "ISO_IR 149"),
];

/// JIS X 0208, two 7-bit bytes for each character; its decoder wants to see the escape sequence.
const JAPANESE: &str = "ISO_IR 87";

/// Resolves escape sequences; `None` when there are none, or when they make no sense.
pub(crate) fn resolved(text: &str) -> Option<String> {
    if !text.contains('\u{1B}') {
        return None;
    }
    let bytes: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
    let Some(bytes) = bytes else { return without_sequences(text) };
    let mut resolved = String::new();
    for (n, part) in bytes.split(|&b| b == ESCAPE).enumerate() {
        if n == 0 {
            resolved.push_str(&decode("ISO_IR 100", part)?);
            continue;
        }
        let (sequence, set) = SEQUENCES.iter().find(|(sequence, _)| part.starts_with(sequence))?;
        let rest = &part[sequence.len()..];
        if *set == JAPANESE {
            let with_escape: Vec<u8> = [ESCAPE].iter().chain(*sequence).chain(rest).copied().collect();
            resolved.push_str(&decode(set, &with_escape)?);
        } else {
            resolved.push_str(&decode(set, rest)?);
        }
    }
    Some(resolved)
}

/// The parser has decoded the text already and left the sequences in it.
fn without_sequences(text: &str) -> Option<String> {
    let mut parts = text.split('\u{1B}');
    let mut resolved = parts.next()?.to_owned();
    for part in parts {
        let (sequence, _) = SEQUENCES.iter().find(|(sequence, _)| part.as_bytes().starts_with(sequence))?;
        resolved.push_str(&part[sequence.len()..]);
    }
    Some(resolved)
}

fn decode(set: &str, bytes: &[u8]) -> Option<String> {
    SpecificCharacterSet::from_code(set)?.decode(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the parser gives text of a file whose first character set is the default one.
    fn latin(bytes: &[u8]) -> String {
        bytes.iter().map(|&b| char::from(b)).collect()
    }

    #[test]
    fn the_names_of_the_standard_are_understood() {
        // DICOM PS3.5, H.3.1 (Japanese), I.2 (Korean) and K.2 (Chinese).
        let japanese = b"Yamada^Tarou=\x1B$B;3ED\x1B(B^\x1B$BB@O:\x1B(B";
        assert_eq!(resolved(&latin(japanese)).as_deref(), Some("Yamada^Tarou=山田^太郎"));
        let korean = b"Hong^Gildong=\x1B$)C\xFB\xF3^\x1B$)C\xD1\xCE\xD4\xD7";
        assert_eq!(resolved(&latin(korean)).as_deref(), Some("Hong^Gildong=洪^吉洞"));
        let chinese = b"Zhang^XiaoDong=\x1B$)A\xD5\xC5^\x1B$)A\xD0\xA1\xB6\xAB";
        assert_eq!(resolved(&latin(chinese)).as_deref(), Some("Zhang^XiaoDong=张^小东"));
    }

    #[test]
    fn text_without_sequences_or_with_nonsense_stays() {
        assert_eq!(resolved("Liver"), None);
        assert_eq!(resolved("\u{1B}[31mred"), None);
        assert_eq!(resolved("\u{1B}$)A左肺").as_deref(), Some("左肺"));
    }
}
