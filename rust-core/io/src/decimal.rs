//! DICOM decimal strings: at most 16 characters, and as exact as these allow.

/// What a decimal string may hold (DICOM PS3.5, table 6.2-1).
const MAX_LENGTH: usize = 16;

/// The shortest text of at most 16 characters that is nearest to `value`: coordinates below 10 m keep ten decimals.
/// `None` when the value is not finite.
pub(crate) fn decimal_string(value: f64) -> Option<String> {
    if !value.is_finite() {
        return None;
    }
    // Shortest text that reads back as the same number.
    let exact = if value == 0.0 { "0".to_owned() } else { value.to_string() };
    if exact.len() <= MAX_LENGTH {
        return Some(exact);
    }
    let plain = (0..MAX_LENGTH - 1).rev().map(|digits| format!("{value:.digits$}")).find(|t| t.len() <= MAX_LENGTH);
    let plain = plain.map(|text| match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    });
    match plain.as_deref() {
        Some("-0" | "0") if value.abs() >= 1e-12 => scientific(value),
        Some("-0") => Some("0".to_owned()),
        Some(_) => plain,
        None => scientific(value),
    }
}

fn scientific(value: f64) -> Option<String> {
    (0..MAX_LENGTH).rev().map(|digits| format!("{value:.digits$E}")).find(|t| t.len() <= MAX_LENGTH)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn plain_numbers_stay_plain() {
        for (value, text) in [
            (0.0, "0"),
            (-0.0, "0"),
            (-5.0, "-5"),
            (0.9765625, "0.9765625"),
            (-126.440002, "-126.440002"),
            (1.0 / 3.0, "0.33333333333333"),
            (-1234.567890123456, "-1234.5678901235"),
            (1e300, "1.0000000000E300"),
        ] {
            assert_eq!(decimal_string(value).as_deref(), Some(text));
        }
        assert_eq!(decimal_string(f64::NAN), None);
        assert_eq!(decimal_string(f64::INFINITY), None);
    }

    proptest! {
        #[test]
        fn coordinates_keep_ten_decimals(value in -9999.0..9999.0f64) {
            let text = decimal_string(value).unwrap_or_default();
            prop_assert!(text.len() <= 16, "{}", text);
            let back: f64 = text.parse().unwrap_or(f64::NAN);
            prop_assert!((back - value).abs() <= 1e-10, "{} {}", value, text);
        }

        #[test]
        fn any_number_fits(bits in any::<u64>()) {
            let value = f64::from_bits(bits);
            if let Some(text) = decimal_string(value) {
                prop_assert!(text.len() <= 16, "{}", text);
                let back: f64 = text.parse().unwrap_or(f64::NAN);
                // Below a millionth of a micrometre it may become 0.
                prop_assert!((back - value).abs() <= 1e-5 * value.abs() + 1e-12, "{} {}", value, text);
            }
        }
    }
}
