//! `Content-Digest` (RFC 9530, section 2): what was signed instead of the body.

use axum::http::{HeaderMap, HeaderName};
use sfv::{Dictionary, ListEntry};
use sha2::{Digest, Sha256, Sha512};
use subtle::ConstantTimeEq;

use super::input::dictionary;

/// Whether the field is there and of this body. At least one digest must be by SHA-256 or SHA-512, and those
/// that are must all be right; others, which section 5 counts as insecure, say nothing.
pub(super) fn is_of(headers: &HeaderMap, body: &[u8]) -> bool {
    let Some(digests) = dictionary(headers, &CONTENT_DIGEST) else { return false };
    let sha_256 = said(&digests, "sha-256").map(|said| said.is(&Sha256::digest(body)));
    let sha_512 = said(&digests, "sha-512").map(|said| said.is(&Sha512::digest(body)));
    (sha_256.is_some() || sha_512.is_some()) && sha_256.unwrap_or(true) && sha_512.unwrap_or(true)
}

/// What is said to be the digest, if it is octets.
struct Said<'a>(Option<&'a [u8]>);

impl Said<'_> {
    fn is(&self, digest: &[u8]) -> bool {
        self.0.is_some_and(|said| said.ct_eq(digest).into())
    }
}

fn said<'a>(digests: &'a Dictionary, algorithm: &str) -> Option<Said<'a>> {
    let octets = match digests.get(algorithm)? {
        ListEntry::Item(item) => item.bare_item.as_byte_sequence(),
        ListEntry::InnerList(_) => None,
    };
    Some(Said(octets))
}

pub(super) const CONTENT_DIGEST: HeaderName = HeaderName::from_static("content-digest");

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn is_of(digest: &str, body: &str) -> bool {
        super::is_of(&HeaderMap::from_iter([(CONTENT_DIGEST, digest.parse().unwrap())]), body.as_bytes())
    }

    // RFC 9530, appendix D: of this body
    const BODY: &str = "{\"hello\": \"world\"}\n";
    const SHA_256: &str = "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:";
    const SHA_512: &str =
        "sha-512=:YMAam51Jz/jOATT6/zvHrLVgOYTGFy1d6GJiOHTohq4yP+pgk4vf2aCsyRZOtw8MjkM7iw7yZ/WkppmM44T3qg==:";

    #[test]
    fn the_published_digests() {
        assert!(is_of(SHA_256, BODY) && is_of(SHA_512, BODY));
        assert!(is_of(&format!("md5=:AAAA:, {SHA_256}, {SHA_512}"), BODY));
    }

    #[test]
    fn all_that_are_known_must_be_right_and_one_must_be_there() {
        let other = SHA_512.replace("YMAam5", "YMAam6");
        for wrong in [
            "",
            "md5=:AAAA:",
            &other,
            &format!("{SHA_256}, {other}"),
            "sha-256=7",
            "sha-256=(a b)",
            "sha-256=::",
            "sha-256",
            "sha-256=:RK",
        ] {
            assert!(!is_of(wrong, BODY), "{wrong}");
        }
        assert!(!is_of(SHA_256, "{\"hello\": \"World\"}\n") && !is_of(SHA_256, ""));
        assert!(!super::is_of(&HeaderMap::new(), b""));
    }
}
