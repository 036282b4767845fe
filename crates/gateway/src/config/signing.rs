//! Secrets that our calls are signed with.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// A secret of Standard Webhooks 1.0.0: `whsec_` and 24 to 64 octets in base64. Its `Debug` form hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningSecret(Vec<u8>);

impl SigningSecret {
    /// The octets, for the one place that signs.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    fn parse(text: &str) -> Option<Self> {
        let octets = STANDARD.decode(text.strip_prefix(PREFIX)?).ok()?;
        OCTETS.contains(&octets.len()).then_some(Self(octets))
    }
}

impl TryFrom<String> for SigningSecret {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
            .ok_or_else(|| "a secret for signatures is whsec_ and 24 to 64 octets in base64".to_owned())
    }
}

impl std::fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(hidden)")
    }
}

const PREFIX: &str = "whsec_";
/// WH-1.
const OCTETS: std::ops::RangeInclusive<usize> = 24..=64;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    // WH-1
    #[test]
    fn a_secret_has_its_prefix_and_enough_octets() {
        let secret = |octets: usize| format!("whsec_{}", STANDARD.encode(vec![7; octets]));
        assert_eq!(SigningSecret::parse(&secret(24)).unwrap().expose(), [7; 24]);
        assert!(SigningSecret::parse(&secret(64)).is_some());
        for bad in [secret(23), secret(65), STANDARD.encode([7; 24]), "whsec_???".to_owned(), String::new()] {
            assert_eq!(SigningSecret::parse(&bad), None, "{bad}");
        }
        assert_eq!(format!("{:?}", SigningSecret::parse(&secret(32)).unwrap()), "(hidden)");
    }
}
