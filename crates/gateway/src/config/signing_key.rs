//! Keys that programs sign their requests to our HTTP API with.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::Scope;
use super::name::Name;

/// A key of an account that is never sent: requests are signed with it (RFC 9421, `hmac-sha256`).
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SigningKeyConfig {
    /// Whose or what for it is: 1 to 64 letters, digits, dots, hyphens and underscores.
    pub name: Name,
    /// What is shared with who signs.
    pub secret: RequestSecret,
    /// What may be done with it.
    pub scopes: Vec<Scope>,
}

impl SigningKeyConfig {
    /// The `keyid` of its signatures, if both names can stand in one.
    pub(crate) fn id(&self, account: &str) -> Option<String> {
        let name = self.name.get_ref();
        let is_plain = |octet: u8| octet.is_ascii_alphanumeric() || b".-_".contains(&octet);
        let is_string = |octet: u8| matches!(octet, b' '..=b'~') && octet != b'"' && octet != b'\\';
        let is_right = (1..=NAME_OCTETS_MAX).contains(&name.len())
            && name.bytes().all(is_plain)
            && account.bytes().all(is_string);
        is_right.then(|| format!("{account}/{name}"))
    }
}

/// 32 to 64 octets, in base64 in the file. Its `Debug` form hides them.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct RequestSecret(Vec<u8>);

impl RequestSecret {
    /// The octets, for the one place that verifies.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// How it stands in the file and is given to who signs.
    #[must_use]
    pub fn expose_base64(&self) -> String {
        STANDARD.encode(&self.0)
    }
}

impl From<[u8; 32]> for RequestSecret {
    fn from(octets: [u8; 32]) -> Self {
        Self(octets.to_vec())
    }
}

impl TryFrom<String> for RequestSecret {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let octets = STANDARD.decode(text).ok().filter(|octets| OCTETS.contains(&octets.len()));
        octets.map(Self).ok_or_else(|| {
            "the secret of a signing_key is 32 to 64 octets in base64, as `estafet key --signed` makes it"
                .to_owned()
        })
    }
}

impl std::fmt::Debug for RequestSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(hidden)")
    }
}

/// As many as SHA-256 gives, and as many as it takes at once (RFC 2104, section 3).
const OCTETS: std::ops::RangeInclusive<usize> = 32..=64;
const NAME_OCTETS_MAX: usize = 64;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_secret_has_enough_octets_and_is_not_shown() {
        let secret = |octets: usize| RequestSecret::try_from(STANDARD.encode(vec![7; octets]));
        assert_eq!(secret(32).unwrap().expose(), [7; 32]);
        assert_eq!(secret(64).unwrap().expose_base64(), STANDARD.encode([7; 64]));
        for octets in [0, 31, 65] {
            let error = secret(octets).unwrap_err();
            assert!(!error.contains("BwcH"), "{error}");
        }
        assert!(RequestSecret::try_from("???".to_owned()).is_err());
        assert_eq!(format!("{:?}", secret(32).unwrap()), "(hidden)");
    }
}
