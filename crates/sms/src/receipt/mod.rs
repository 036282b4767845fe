//! The text of a delivery receipt, SMPP 3.4 appendix B: how it is written and how it is read.

mod parse;

use std::fmt;

use arrayvec::ArrayVec;
use smallvec::SmallVec;

use crate::alphabet::{Alphabet, gsm, ucs2};
use crate::calendar::Civil;
use crate::data_coding::DataCoding;
use crate::{State, Timestamp};

pub use parse::parse_receipt;

/// The longest `text:`, in octets.
pub const RECEIPT_TEXT_OCTETS_MAX: usize = 20;

/// The most octets of an id that are read in a receipt. SMPP 3.4 section 5.3.2.12 allows 64; some message centres give
/// longer ones.
pub const RECEIPT_ID_OCTETS_MAX: usize = 255;

/// A receipt to be written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ReceiptText<'a> {
    /// The message id, exactly as the submit_sm_resp said it.
    pub id: &'a [u8],
    /// How many messages were submitted; above 999 it is written as 999.
    pub submitted: u16,
    /// How many of them were delivered; above 999 it is written as 999.
    pub delivered: u16,
    /// When the message was submitted.
    pub submit_date: Timestamp,
    /// When it reached its state.
    pub done_date: Timestamp,
    /// Its state.
    pub state: State,
    /// The network's error code, 0 for none; above 999 it is written as 999.
    pub error: u32,
    /// How the message began, in GSM octets: see [`excerpt`]. More than [`RECEIPT_TEXT_OCTETS_MAX`] is
    /// cut, and an escape pair is not split.
    pub text: &'a [u8],
}

impl ReceiptText<'_> {
    /// Appends the receipt to `out`, for data_coding 0, in the form
    /// `id:… sub:SSS dlvrd:DDD submit date:YYMMDDhhmm done date:YYMMDDhhmm stat:SSSSSSS err:EEE text:…`
    /// with the dates in UTC.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.reserve(FIXED_OCTETS + self.id.len() + RECEIPT_TEXT_OCTETS_MAX);
        out.extend_from_slice(b"id:");
        out.extend_from_slice(self.id);
        out.extend_from_slice(b" sub:");
        write_three_digits(self.submitted.into(), out);
        out.extend_from_slice(b" dlvrd:");
        write_three_digits(self.delivered.into(), out);
        out.extend_from_slice(b" submit date:");
        write_date(self.submit_date, out);
        out.extend_from_slice(b" done date:");
        write_date(self.done_date, out);
        out.extend_from_slice(b" stat:");
        out.extend_from_slice(self.state.receipt_word().as_bytes());
        out.extend_from_slice(b" err:");
        write_three_digits(self.error, out);
        out.extend_from_slice(b" text:");
        let cut = gsm::whole_pairs(self.text, RECEIPT_TEXT_OCTETS_MAX);
        out.extend_from_slice(self.text.get(..cut).unwrap_or_default());
    }
}

impl fmt::Debug for ReceiptText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReceiptText")
            .field("id", &self.id.escape_ascii().to_string())
            .field("submitted", &self.submitted)
            .field("delivered", &self.delivered)
            .field("submit_date", &self.submit_date)
            .field("done_date", &self.done_date)
            .field("state", &self.state)
            .field("error", &self.error)
            .finish_non_exhaustive()
    }
}

/// How a body (without its user data header) begins, as a receipt's `text:` shows it: GSM octets, `?`
/// for a character that GSM does not have, nothing if the body is octets.
#[must_use]
pub fn excerpt(data_coding: u8, body: &[u8]) -> ArrayVec<u8, RECEIPT_TEXT_OCTETS_MAX> {
    let mut text = ArrayVec::new();
    match DataCoding(data_coding).alphabet() {
        Alphabet::Gsm7 => {
            let cut = gsm::whole_pairs(body, RECEIPT_TEXT_OCTETS_MAX);
            text.extend(body.iter().copied().take(cut));
        }
        Alphabet::Ascii | Alphabet::Latin1 => extend(&mut text, body.iter().map(|&octet| char::from(octet))),
        Alphabet::Ucs2 => extend(&mut text, ucs2::characters(body)),
        Alphabet::Octets => {}
    }
    text
}

/// Appends characters as long as they have room.
fn extend(text: &mut ArrayVec<u8, RECEIPT_TEXT_OCTETS_MAX>, characters: impl Iterator<Item = char>) {
    for character in characters {
        let septets = gsm::sequence(character).unwrap_or_else(|| ArrayVec::from_iter([b'?']));
        if text.try_extend_from_slice(&septets).is_err() {
            return;
        }
    }
}

/// A receipt as it was read, with what it said and nothing else.
///
/// Its text does not show in `Debug`.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ParsedReceipt {
    /// The message id, as it was written; `None` also if it has more than [`RECEIPT_ID_OCTETS_MAX`].
    pub id: Option<SmallVec<[u8; 64]>>,
    /// How many messages were submitted.
    pub submitted: Option<u16>,
    /// How many of them were delivered.
    pub delivered: Option<u16>,
    /// When the message was submitted, read as UTC: receipts do not name their time zone.
    pub submitted_at: Option<Timestamp>,
    /// When it reached its state, read as UTC.
    pub done_at: Option<Timestamp>,
    /// Its state; `None` if it says none or one that nobody knows.
    pub state: Option<State>,
    /// The state as it was written, the first 16 octets of it.
    pub state_text: ArrayVec<u8, 16>,
    /// The error: digits as a decimal number, digits with letters A to F as a hexadecimal one; `None` if
    /// it says none, anything else, or more than 32 bits hold.
    pub error: Option<u32>,
    /// The error as it was written, the first 16 octets of it.
    pub error_text: ArrayVec<u8, 16>,
    /// How the message began, the first 20 octets of it, in an alphabet that nobody declared.
    pub text: ArrayVec<u8, RECEIPT_TEXT_OCTETS_MAX>,
}

impl fmt::Debug for ParsedReceipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ParsedReceipt")
            .field("id", &self.id.as_ref().map(|id| id.escape_ascii().to_string()))
            .field("submitted", &self.submitted)
            .field("delivered", &self.delivered)
            .field("submitted_at", &self.submitted_at)
            .field("done_at", &self.done_at)
            .field("state", &self.state)
            .field("state_text", &self.state_text.escape_ascii().to_string())
            .field("error", &self.error)
            .field("error_text", &self.error_text.escape_ascii().to_string())
            .finish_non_exhaustive()
    }
}

impl State {
    /// The seven letters of `stat:`; [`State::HandedOver`], which has none, is `UNKNOWN`.
    #[must_use]
    pub const fn receipt_word(self) -> &'static str {
        match self {
            Self::Enroute => "ENROUTE",
            Self::Delivered => "DELIVRD",
            Self::Expired => "EXPIRED",
            Self::Deleted => "DELETED",
            Self::Undeliverable => "UNDELIV",
            Self::Accepted => "ACCEPTD",
            Self::Unknown | Self::HandedOver => "UNKNOWN",
            Self::Rejected => "REJECTD",
        }
    }

    /// The state that a `stat:` means, in any case, with the spellings that SMSCs use; `None` for a
    /// word that nobody knows. Scheduled, buffered and acknowledged are on their way; of what was skipped nobody can
    /// tell.
    #[must_use]
    pub fn from_receipt_word(word: &[u8]) -> Option<Self> {
        WORDS.iter().find(|(known, _)| word.eq_ignore_ascii_case(known.as_bytes())).map(|&(_, state)| state)
    }
}

fn write_three_digits(number: u32, out: &mut Vec<u8>) {
    let number = number.min(999);
    out.extend([number / 100, number / 10 % 10, number % 10].map(|digit| b'0' + digit as u8));
}

fn write_date(instant: Timestamp, out: &mut Vec<u8>) {
    let civil = Civil::of_two_digit_years(instant);
    for field in [(civil.year % 100) as u8, civil.month, civil.day, civil.hour, civil.minute] {
        out.extend([b'0' + field / 10, b'0' + field % 10]);
    }
}

const WORDS: [(&str, State); 20] = [
    ("DELIVRD", State::Delivered),
    ("UNDELIV", State::Undeliverable),
    ("EXPIRED", State::Expired),
    ("REJECTD", State::Rejected),
    ("ENROUTE", State::Enroute),
    ("ACCEPTD", State::Accepted),
    ("UNKNOWN", State::Unknown),
    ("DELETED", State::Deleted),
    ("BUFFRED", State::Enroute),
    ("BUFFERD", State::Enroute),
    ("BUFFERED", State::Enroute),
    ("ACKED", State::Enroute),
    ("DELIVERD", State::Delivered),
    ("DELIVERED", State::Delivered),
    ("UNDELIVERABLE", State::Undeliverable),
    ("FAILED", State::Undeliverable),
    ("REJECTED", State::Rejected),
    ("ACCEPTED", State::Accepted),
    ("SCHEDULED", State::Enroute),
    ("SKIPPED", State::Unknown),
];

/// The names and the fields of fixed length.
const FIXED_OCTETS: usize = 93;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    /// 2012-05-17T08:30:00Z.
    const MAY: Timestamp = Timestamp(1_337_243_400_000);

    fn receipt<'a>(id: &'a [u8], text: &'a [u8]) -> ReceiptText<'a> {
        ReceiptText {
            id,
            submitted: 1,
            delivered: 1,
            submit_date: MAY,
            done_date: Timestamp(MAY.0 + 60_000),
            state: State::Delivered,
            error: 0,
            text,
        }
    }

    fn written(receipt: &ReceiptText<'_>) -> Vec<u8> {
        let mut out = Vec::new();
        receipt.write(&mut out);
        out
    }

    // the golden receipt of section 23.
    #[test]
    fn the_form_of_appendix_b() {
        let body = written(&receipt(b"0000012345", b"Halo"));
        let golden = "id:0000012345 sub:001 dlvrd:001 submit date:1205170830 done date:1205170831 \
                      stat:DELIVRD err:000 text:Halo";
        assert_eq!(body, golden.as_bytes());
        assert_eq!(body.len(), 0x6A);
        assert_eq!(written(&receipt(b"", b"")).len(), FIXED_OCTETS - 1);
    }

    //
    #[test]
    fn fields_keep_their_width() {
        let failed = ReceiptText {
            submitted: 1000,
            delivered: 0,
            state: State::Undeliverable,
            error: 70_000,
            submit_date: Timestamp(0),
            ..receipt(b"a-b", b"a text of more than twenty characters")
        };
        let expected = "id:a-b sub:999 dlvrd:000 submit date:0001010000 done date:1205170831 \
                        stat:UNDELIV err:999 text:a text of more than ";
        assert_eq!(written(&failed), expected.as_bytes());
        let ends = |text: &[u8]| written(&receipt(b"1", text)).ends_with(b"text:1234567890123456789");
        assert!(ends(b"1234567890123456789\x1Be"), "no half of an escape pair");
    }

    #[test]
    fn excerpts_are_gsm() {
        assert_eq!(excerpt(0, b"1234567890123456789\x1Be").as_slice(), b"1234567890123456789");
        assert_eq!(excerpt(3, b"$ [\xE7").as_slice(), b"\x02 \x1B<?");
        assert_eq!(excerpt(8, &[0, b'a', 4, 0x36, 0x20, 0xAC, 0xD8]).as_slice(), b"a?\x1Be");
        assert_eq!(excerpt(1, &[b'['; 20]).as_slice(), b"\x1B<".repeat(10));
        assert_eq!(excerpt(1, &[[b'a'; 19], [b'['; 19]].concat()).as_slice(), [b'a'; 19]);
        assert_eq!(excerpt(4, b"data").as_slice(), b"");
    }

    //
    #[test]
    fn states_and_their_words() {
        for state in (1..=8).filter_map(State::from_number) {
            assert_eq!(state.receipt_word().len(), 7);
            assert_eq!(State::from_receipt_word(state.receipt_word().as_bytes()), Some(state));
        }
        for word in ["BUFFRED", "BUFFERD", "ACKED", "enroute"] {
            assert_eq!(State::from_receipt_word(word.as_bytes()), Some(State::Enroute), "{word}");
        }
        assert_eq!(State::from_receipt_word(b"Delivered"), Some(State::Delivered));
        assert_eq!(State::from_receipt_word(b"LOST"), None);
        assert_eq!(State::HandedOver.receipt_word(), "UNKNOWN");
    }

    #[test]
    fn the_text_is_not_shown() {
        let receipt = receipt(b"7", b"secret");
        let parsed = parse_receipt(&written(&receipt)).unwrap();
        assert_eq!(parsed.text.as_slice(), b"secret");
        let hidden = b"secret".escape_ascii().to_string();
        assert!(!format!("{receipt:?}{parsed:?}").contains(&hidden));
        assert!(!format!("{receipt:?}{parsed:?}").contains(&format!("{:?}", b"secret")));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            id in "[!-~]{1,64}",
            counts in (0_u16..1000, 0_u16..1000),
            minutes in (15_778_080_u64..68_374_080, 15_778_080_u64..68_374_080),
            state in (1_u8..=8).prop_filter_map("no state", State::from_number),
            error in 0_u32..1000,
            text in prop::collection::vec(0_u8..128, 0..=20),
        ) {
            let receipt = ReceiptText {
                id: id.as_bytes(),
                submitted: counts.0,
                delivered: counts.1,
                submit_date: Timestamp(minutes.0 * 60_000),
                done_date: Timestamp(minutes.1 * 60_000),
                state,
                error,
                text: &text,
            };
            let expected = ParsedReceipt {
                id: Some(receipt.id.into()),
                submitted: Some(receipt.submitted),
                delivered: Some(receipt.delivered),
                submitted_at: Some(receipt.submit_date),
                done_at: Some(receipt.done_date),
                state: Some(state),
                state_text: state.receipt_word().bytes().collect(),
                error: Some(error),
                error_text: format!("{error:03}").bytes().collect(),
                text: text.iter().copied().collect(),
            };
            prop_assert_eq!(parse_receipt(&written(&receipt)), Some(expected));
        }
    }
}
