//! Keys, and the ids that follow from them.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, StatusCode};
use sha2::{Digest, Sha256};
use sms::{LinkName, MessageId, Timestamp};

use super::super::problem::Problem;

/// A key that an account gave to a request, as a digest of both.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(in super::super) struct Key([u8; 32]);

impl Key {
    /// The key that a request of `account` shows, if it does: a string of RFC 8941 section 3.3.3 or the same
    /// without its quotes, 1 to [`KEY_OCTETS_MAX`] octets.
    pub(in super::super) fn shown(headers: &HeaderMap, account: &LinkName) -> Result<Option<Self>, Problem> {
        let mut values = headers.get_all(KEY).iter();
        let Some(value) = values.next() else { return Ok(None) };
        let key = if values.next().is_some() { None } else { key_of(value.as_bytes()) };
        key.map(|key| Some(Self::of(account, &key))).ok_or_else(|| {
            let detail =
                format!("one key of 1 to {KEY_OCTETS_MAX} printable ASCII characters, quoted or not");
            Problem::new(StatusCode::BAD_REQUEST, "bad_idempotency_key", detail).in_field("Idempotency-Key")
        })
    }

    pub(super) fn of(account: &LinkName, key: &[u8]) -> Self {
        let account = account.as_str().as_bytes();
        let digest = Sha256::new().chain_update((account.len() as u64).to_le_bytes()).chain_update(account);
        Self(digest.chain_update(key).finalize().into())
    }

    /// The id of the `ordinal`th message, from 0, that is accepted with this key on `day`.
    pub(super) fn id(self, day: Day, ordinal: u32) -> MessageId {
        let Day(seconds) = day;
        let digest = Sha256::new().chain_update(self.0).chain_update(seconds.to_be_bytes());
        let digest = digest.chain_update(ordinal.to_be_bytes()).finalize();
        let mut octets = [0; 16];
        octets[..4].copy_from_slice(&seconds.to_be_bytes());
        octets[4..].copy_from_slice(&digest[..12]);
        MessageId::from_octets(octets)
    }
}

/// The first second of a day in UTC: the instant in the ids of its messages.
#[derive(Clone, Copy)]
pub(super) struct Day(u32);

impl Day {
    pub(super) fn of(at: Timestamp) -> Self {
        let seconds = at.0 / 1000;
        Self(u32::try_from(seconds - seconds % DAY_S).unwrap_or(u32::MAX))
    }

    pub(super) fn before(self) -> Self {
        Self(self.0.saturating_sub(DAY_S as u32))
    }

    fn after(self) -> Self {
        Self(self.0.saturating_add(DAY_S as u32))
    }

    /// The days, the latest first, on which a request may have come that is in the window at `now`: on the next,
    /// too, if the clock was set back since.
    pub(super) fn in_window(now: Timestamp) -> impl Iterator<Item = Self> {
        let today = Self::of(now);
        let may_have_been_later = Self::of(now.plus(SET_BACK_MAX)).0 != today.0;
        let tomorrow = may_have_been_later.then(|| today.after());
        tomorrow.into_iter().chain([today, today.before()])
    }
}

/// The key in the value of a header: between quotes with escapes, or as it stands.
fn key_of(value: &[u8]) -> Option<Vec<u8>> {
    let key = match value.strip_prefix(b"\"") {
        Some(quoted) => unescaped(quoted.strip_suffix(b"\"")?)?,
        None => {
            value.iter().all(|&octet| octet.is_ascii_graphic() && octet != b'"').then(|| value.to_vec())?
        }
    };
    (1..=KEY_OCTETS_MAX).contains(&key.len()).then_some(key)
}

/// What [`key_of`] takes, for people to read; the length is [`KEY_OCTETS_MAX`].
pub(in super::super) const KEY_PATTERN: &str = r#"^(?:[!#-~]{1,64}|"(?:[ !#-\[\]-~]|\\["\\]){1,64}")$"#;

/// What stands between the quotes of a string (RFC 8941 section 4.2.5).
fn unescaped(quoted: &[u8]) -> Option<Vec<u8>> {
    let mut octets = quoted.iter();
    let mut key = Vec::new();
    while let Some(&octet) = octets.next() {
        match octet {
            b'\\' => key.push(*octets.next().filter(|octet| matches!(octet, b'"' | b'\\'))?),
            b'"' => return None,
            b' '..=b'~' => key.push(octet),
            _ => return None,
        }
    }
    Some(key)
}

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// The longest key, in octets.
const KEY_OCTETS_MAX: usize = 64;
pub(super) const DAY_S: u64 = 24 * 3600;
/// So much a clock may be set back over midnight, and keys are found all the same.
const SET_BACK_MAX: Duration = Duration::from_secs(6 * 3600);

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_key_is_read_with_its_quotes_and_without() {
        let cases: [(&[u8], Option<&[u8]>); 13] = [
            (b"8e03978e-40d5-43dd-bc93-6894a57f9324", Some(b"8e03978e-40d5-43dd-bc93-6894a57f9324")),
            (b"\"8e03978e\"", Some(b"8e03978e")),
            (b"\"a \\\"b\\\\\"", Some(b"a \"b\\")),
            (&[b'x'; 64], Some(&[b'x'; 64])),
            (&[b'x'; 65], None),
            (b"", None),
            (b"\"\"", None),
            (b"\"", None),
            (b"\"a", None),
            (b"a b", None),
            (b"\"a\";p=1", None),
            (b"\"a\\\"", None),
            (b"\"\xc3\xa9\"", None),
        ];
        for (value, key) in cases {
            assert_eq!(key_of(value).as_deref(), key, "{}", value.escape_ascii());
        }
    }

    #[test]
    fn ids_differ_by_account_key_day_and_place() {
        let key = |account: &str, key: &str| Key::of(&LinkName::from(account), key.as_bytes());
        let at = Timestamp(1_767_225_600_000 + 5);
        let (today, before) = (Day::of(at), Day::of(at).before());
        let ids = [
            key("bank", "1").id(today, 0),
            key("bank", "1").id(today, 1),
            key("bank", "1").id(before, 0),
            key("bank", "2").id(today, 0),
            key("ban", "k1").id(today, 0),
        ];
        assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len());
        assert_eq!(ids[0], key("bank", "1").id(Day::of(Timestamp(at.0 + 86_399_000)), 0));
        assert_eq!(ids[0].accepted_at(), Timestamp(1_767_225_600_000));
        assert_eq!(ids[2].accepted_at(), Timestamp(1_767_139_200_000));
    }
}
