//! ROI names as lists of words, so that case, punctuation, accents and full-width letters don't matter.

use unicode_normalization::UnicodeNormalization;

/// The words of a name, folded. Splits at everything that is no letter or digit, where a small letter is followed by a
/// capital ("LungLeft"), before the last capital of several ("RKidney"), and between Latin and other letters ("肺L").
pub(crate) fn words(name: &str) -> Vec<String> {
    let letters: Vec<char> = name.nfkc().collect();
    let mut words = vec![String::new()];
    for (n, &letter) in letters.iter().enumerate() {
        let before = n.checked_sub(1).map(|n| letters[n]);
        if before.is_some_and(|before| is_boundary(before, letter, letters.get(n + 1).copied())) {
            words.push(String::new());
        }
        if let (true, Some(word)) = (letter.is_alphanumeric(), words.last_mut()) {
            word.push(letter);
        }
    }
    words.iter().map(|word| fold(word)).filter(|word| !word.is_empty()).collect()
}

/// All words of a name in one.
pub(crate) fn key(name: &str) -> String {
    words(name).concat()
}

/// The keys of a name from a table: as [`key`], and with umlauts written as two letters.
pub(crate) fn table_keys(name: &str) -> Vec<String> {
    let spelled: String = name
        .nfc()
        .map(|letter| match letter {
            'ä' => "ae".to_owned(),
            'ö' => "oe".to_owned(),
            'ü' => "ue".to_owned(),
            'Ä' => "Ae".to_owned(),
            'Ö' => "Oe".to_owned(),
            'Ü' => "Ue".to_owned(),
            other => other.to_string(),
        })
        .collect();
    let mut keys = vec![key(name), key(&spelled)];
    keys.dedup();
    keys
}

fn is_boundary(before: char, letter: char, after: Option<char>) -> bool {
    if !before.is_alphanumeric() || !letter.is_alphanumeric() {
        return true;
    }
    let capital_after_small = before.is_lowercase() && letter.is_uppercase();
    let last_of_capitals = before.is_uppercase() && letter.is_uppercase() && after.is_some_and(char::is_lowercase);
    let other_script = before.is_alphabetic() && letter.is_alphabetic() && has_case(before) != has_case(letter);
    capital_after_small || last_of_capitals || other_script
}

fn has_case(letter: char) -> bool {
    letter.is_lowercase() || letter.is_uppercase()
}

/// Small letters without accents. Marks of kana are kept: they make other syllables.
fn fold(word: &str) -> String {
    let is_accent = |letter: &char| ('\u{300}'..='\u{36f}').contains(letter);
    let mut folded = String::new();
    for letter in word.to_lowercase().nfd().filter(|letter| !is_accent(letter)) {
        match letter {
            'ß' => folded.push_str("ss"),
            'œ' => folded.push_str("oe"),
            'æ' => folded.push_str("ae"),
            'ø' => folded.push('o'),
            other => folded.push(other),
        }
    }
    folded.nfc().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fall_into_words() {
        for (name, expected) in [
            ("Lung_L", &["lung", "l"][..]),
            ("  lt. LUNG ", &["lt", "lung"]),
            ("LungLeft", &["lung", "left"]),
            ("RKidney", &["r", "kidney"]),
            ("CTV1", &["ctv1"]),
            ("Ｌｕｎｇ＿Ｌ", &["lung", "l"]),
            ("肺L", &["肺", "l"]),
            ("Riñón izq.", &["rinon", "izq"]),
            ("Großhirn", &["grosshirn"]),
            ("ボウルバッグ", &["ボウルバッグ"]),
            ("ﾎﾞｳﾙ", &["ボウル"]),
            ("-- ~", &[]),
        ] {
            assert_eq!(words(name), expected, "{name}");
        }
    }

    #[test]
    fn umlauts_match_in_both_spellings() {
        assert_eq!(table_keys("Speiseröhre"), ["speiserohre", "speiseroehre"]);
        assert_eq!(table_keys("Liver"), ["liver"]);
    }
}
