//! Numbers as people read them.

/// Whole if it is large, with places behind the point if it is small.
pub(super) fn number(value: f64) -> String {
    match value {
        large if large >= 100.0 => whole(large),
        0.0 => "0".to_owned(),
        small => format!("{small:.2}"),
    }
}

/// Rounded, with commas.
pub(super) fn whole(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        assert_eq!(
            [0.0, 0.123, 99.0, 100.0, 1_234_567.8].map(number),
            ["0", "0.12", "99.00", "100", "1,234,568"]
        );
    }
}
