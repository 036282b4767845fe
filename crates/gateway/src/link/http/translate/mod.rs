//! The only place that knows both what is said over HTTP and a message.

mod attributes;
mod body;
mod bounded;
mod callback;
mod choice;
mod content;
mod dead_letter;
mod events;
mod inbox;
mod object;
mod presentation;
mod preview;
mod provider;
mod query;
mod reading;
mod recipients;
mod record;
mod replacement;
pub(super) mod rules;
mod submission;
mod whole;
pub(super) mod words;

use std::collections::HashSet;
use std::fmt::Display;
use std::hash::Hash;
use std::str::FromStr;

use serde::Serializer;
use sms::Timestamp;

use super::problem::Problem;

pub(super) use attributes::Sender;
pub(super) use callback::{callback, callbacks};
pub(super) use choice::{EventWords, StateWords};
pub(super) use dead_letter::{
    DeadLettersView, ReplayRequest, Replayed, dead_letters, replay_request, told_id,
};
pub(super) use events::{EventsQuery, HappeningView, events_query, greeting, happened, missed};
pub(super) use inbox::{
    AckRequest, AckView, InboxQuery, PageOfItems, acknowledged, acknowledgement, inbox_item, inbox_query,
};
pub(super) use presentation::{Kind, WaitingOfSeveralKinds};
pub(super) use preview::{PreviewRequest, PreviewView, preview, preview_request};
pub(crate) use provider::UnreadableReply;
#[cfg(test)]
pub(super) use provider::sample;
pub(super) use provider::{call, read};
pub(super) use query::{
    Flag, LettersQuery, Limit, SearchQuery, SendForm, SendQuery, letters_query, search_query, send_form,
    send_query, without_credentials,
};
pub(super) use reading::{accepted_page, refused_page};
pub use record::record;
pub(super) use record::{DirectionWord, PageView, RecordView, page};
pub(super) use replacement::{Cancelled, Replacement, cancelled, replacement};
pub(super) use submission::{
    Accepted, Batch, MessageRequest, Messages, Quoted, Receipts, Taken, accepted, accepted_as, batch,
    submission, unfit,
};

/// An instant as RFC 3339 has it, in UTC with milliseconds.
struct Rfc3339(Timestamp);

impl Display for Rfc3339 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.3}", instant_of(self.0))
    }
}

impl serde::Serialize for Rfc3339 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The last instant that can be written, for what is beyond it.
fn instant_of(at: Timestamp) -> jiff::Timestamp {
    let milliseconds = i64::try_from(at.0).unwrap_or(i64::MAX);
    jiff::Timestamp::from_millisecond(milliseconds).unwrap_or(jiff::Timestamp::MAX)
}

/// The instant that a `date-time` of RFC 3339 section 5.6 names, a blank for its T allowed as there; `None` if it is
/// none. One before 1970 is as good as the first.
fn instant(text: &str) -> Option<Timestamp> {
    let instant: jiff::Timestamp = plain(text)?.parse().ok()?;
    Some(Timestamp(u64::try_from(instant.as_millisecond()).unwrap_or(0)))
}

/// The text to the second, and its offset, with as many digits of the fraction as count: other forms of ISO 8601 and
/// offsets of more than a day are none of RFC 3339.
fn plain(text: &str) -> Option<String> {
    let (to_the_second, rest) = text.split_at_checked(SECOND_PATTERN.len())?;
    let digits = rest.strip_prefix('.').map_or("", |rest| &rest[..digits_at_start(rest)]);
    let offset = if digits.is_empty() { rest } else { rest.get(1 + digits.len()..)? };
    let is_offset = matches!(offset, "Z" | "z")
        || fits(offset.get(1..)?, "00:00") && offset.starts_with(['+', '-']) && offset.get(1..3)? < "24";
    let millis = digits.get(..3).unwrap_or(digits);
    let fraction = if millis.is_empty() { String::new() } else { format!(".{millis}") };
    (fits(to_the_second, SECOND_PATTERN) && is_offset).then(|| format!("{to_the_second}{fraction}{offset}"))
}

/// Whether there is a digit for every 0, a T or a blank for the T, and all else as it stands.
fn fits(text: &str, pattern: &str) -> bool {
    text.len() == pattern.len()
        && text.bytes().zip(pattern.bytes()).all(|(octet, wanted)| match wanted {
            b'0' => octet.is_ascii_digit(),
            b'T' => matches!(octet, b'T' | b't' | b' '),
            other => octet == other,
        })
}

fn digits_at_start(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

const SECOND_PATTERN: &str = "0000-00-00T00:00:00";

/// JSON without the mark of the order of octets that nobody should send, and who reads may pass over (RFC 8259, 8.1).
fn unmarked(json: &[u8]) -> &[u8] {
    json.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(json)
}

/// What an array of ids names; `detail` says what an id is.
fn ids<T: FromStr + Eq + Hash>(
    field: &'static str,
    written: &[String],
    detail: &'static str,
) -> Result<HashSet<T>, Problem> {
    let one = |(number, id): (usize, &String)| {
        id.parse().map_err(|_| Problem::bad_value(field, detail).at(&format!("{field}[{number}]")))
    };
    written.iter().enumerate().map(one).collect()
}

/// The octets that pairs of hexadecimal digits name.
pub(super) fn octets_of_hex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) {
        return None;
    }
    let digit = |digit: u8| char::from(digit).to_digit(16);
    let octet = |pair: &[u8]| match *pair {
        [high, low] => u8::try_from(digit(high)? * 16 + digit(low)?).ok(),
        _ => None,
    };
    text.as_bytes().chunks_exact(2).map(octet).collect()
}

/// Octets as pairs of hexadecimal digits, in lower case.
pub(super) fn hex(octets: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16);
    octets.iter().flat_map(|octet| [digit(octet >> 4), digit(octet & 15)]).flatten().collect()
}

fn as_text<T: Display, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_shown_in_utc_with_milliseconds() {
        assert_eq!(Rfc3339(Timestamp(1_767_225_600_000)).to_string(), "2026-01-01T00:00:00.000Z");
        assert_eq!(Rfc3339(Timestamp(1_767_225_600_007)).to_string(), "2026-01-01T00:00:00.007Z");
        assert!(Rfc3339(Timestamp(u64::MAX)).to_string().starts_with("9999-"));
    }

    #[test]
    fn instants_are_read_with_any_offset() {
        assert_eq!(instant("2026-01-01T07:00:00+07:00"), Some(Timestamp(1_767_225_600_000)));
        assert_eq!(instant("2026-01-01T00:00:00.007Z"), Some(Timestamp(1_767_225_600_007)));
        assert_eq!(instant("1960-01-01T00:00:00Z"), Some(Timestamp(0)));
        for text in [
            "2026-01-01 00:00:00.007z",
            "2026-01-01t00:00:00.007-00:00",
            "2026-01-01T23:59:00.0070000000000000000001+23:59",
        ] {
            assert_eq!(instant(text), Some(Timestamp(1_767_225_600_007)), "{text}");
        }
        for text in [
            "",
            "tomorrow",
            "2026-01-01",
            "2026-02-30T00:00:00Z",
            "2026-01-01T00:00:00",
            "2026-01-01T00:00:00+25:00",
            "2026-01-01T00:00:00+24:00",
            "2026-01-01T00:00:00+07:60",
            "2026-01-01T00:00:00 07:00",
            "2026-01-01T00:00:00+0700",
            "2026-01-01T00:00:00+07",
            "2026-01-01T00:00:00.Z",
            "2026-01-01T00:00:00,5Z",
            "2026-01-01T00:00Z",
            "20260101T000000Z",
            "+002026-01-01T00:00:00Z",
            "2026-01-01T00:00:00Z[UTC]",
            "2026-01-01T00:00:00\u{e9}Z",
        ] {
            assert_eq!(instant(text), None, "{text}");
        }
    }

    #[test]
    fn hexadecimal_there_and_back() {
        assert_eq!(octets_of_hex("00fFa5"), Some(vec![0x00, 0xFF, 0xA5]));
        assert_eq!(hex(&[0x00, 0xFF, 0xA5]), "00ffa5");
        for text in ["0", "0g", "+1", "é"] {
            assert_eq!(octets_of_hex(text), None, "{text}");
        }
    }
}
