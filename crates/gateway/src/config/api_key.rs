//! Keys that programs call our HTTP API with.

use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::certificate::sha256_of_hexadecimal;
use super::name::Name;

/// A key of an account. Nobody can find out the key from it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApiKeyConfig {
    /// Whose or what for it is.
    pub name: Name,
    /// What it is known by.
    pub hash: ApiKeyHash,
    /// What may be done with it.
    pub scopes: Vec<Scope>,
}

/// The SHA-256 of a key. That is enough for 256 bits of chance, which nobody can try through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct ApiKeyHash([u8; 32]);

/// What may be done by HTTP. Who has the password may do all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Hand messages in.
    Send,
    /// Ask what became of messages.
    Read,
    /// See and settle what could not be told.
    Inbox,
}

impl ApiKeyHash {
    /// That of a key.
    #[must_use]
    pub fn of(key: &str) -> Self {
        Self(Sha256::digest(key).into())
    }
}

impl std::fmt::Display for ApiKeyHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(PREFIX)?;
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

impl TryFrom<String> for ApiKeyHash {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let hash = text.strip_prefix(PREFIX).and_then(sha256_of_hexadecimal);
        hash.map(Self).ok_or_else(|| {
            format!("the hash of a key is \"{PREFIX}\" and 64 hexadecimal digits, as `estafet key` prints it")
        })
    }
}

const PREFIX: &str = "sha256:";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_hash_is_read_as_it_is_written() {
        // `printf abc | sha256sum`
        let written = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let hash = ApiKeyHash::of("abc");
        assert_eq!(hash.to_string(), written);
        assert_eq!(ApiKeyHash::try_from(written.to_owned()), Ok(hash));
        for wrong in ["", "sha256:", &written[7..], "sha256:00", "md5:00"] {
            assert!(ApiKeyHash::try_from(wrong.to_owned()).is_err(), "{wrong}");
        }
    }
}
