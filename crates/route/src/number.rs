//! Numbers as they are compared.

/// The octets of a number without one leading `+`.
pub(crate) fn bare(octets: &[u8]) -> &[u8] {
    octets.strip_prefix(b"+").unwrap_or(octets)
}

/// The octets of a number for people; those that are not ASCII are shown as `\xNN`.
pub(crate) fn text(octets: &[u8]) -> String {
    octets.escape_ascii().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_plus_is_left_out() {
        assert_eq!(bare(b"+46700"), b"46700");
        assert_eq!(bare(b"46700"), b"46700");
        assert_eq!(bare(b"++46700"), b"+46700");
        assert_eq!(bare(b"0046700"), b"0046700");
        assert_eq!(bare(b"46+700"), b"46+700");
        assert_eq!(bare(b"+"), b"");
        assert_eq!(bare(b""), b"");
    }
}
