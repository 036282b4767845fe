//! The keywords of submissions, for routes that look at them, and what the parts of a long message have in common.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use sms::udh::{Concatenation, Reference};
use sms::{Address, LinkName, Message, Tables, UserDataHeader, reassembly};

use crate::sar;
use crate::submission::{Content, Submission, header_and_body};

/// Remembers of long messages that accounts submit in parts how the part was routed that came first, for those that
/// follow (N-4).
///
/// What is remembered is bounded: it goes, oldest first, when a good many other long messages have
/// begun since.
#[derive(Default)]
pub(crate) struct Beginnings {
    begun: Mutex<Begun>,
}

/// A part of a long message.
pub(crate) struct Part {
    whole: Whole,
    number: u8,
}

/// How the parts of a long message were routed that came so far.
#[derive(Clone, Default)]
pub(crate) struct Beginning {
    /// The keyword of the first part with its sub-keywords.
    pub(crate) keyword: Option<String>,
    /// The SMSC that they were for; `None` if they were for none.
    pub(crate) smsc: Option<LinkName>,
    /// Whether the first part is among them; without it there is no keyword.
    pub(crate) has_first: bool,
}

/// What the parts of a long message have in common.
#[derive(PartialEq, Eq, Hash)]
struct Whole {
    origin: LinkName,
    source: Address,
    destination: Address,
    reference: Reference,
    total: u8,
}

/// Long messages that have begun, in two generations: when the young one is full, the old one goes.
#[derive(Default)]
struct Begun {
    young: HashMap<Whole, Beginning>,
    old: HashMap<Whole, Beginning>,
}

impl Beginnings {
    /// How the message began that this part continues; `None` if it begins with it. A first part begins another
    /// message if there was one before.
    pub(crate) fn of(&self, part: &Part) -> Option<Beginning> {
        let begun = self.begun().find(&part.whole)?;
        (!part.is_first() || !begun.has_first).then_some(begun)
    }

    /// Remembers how a part was routed that came first, or is the first.
    pub(crate) fn remember(&self, part: Part, beginning: Beginning) {
        self.begun().begin(part.whole, beginning);
    }

    fn begun(&self) -> MutexGuard<'_, Begun> {
        // A map is as good after a panic elsewhere as before.
        self.begun.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Begun {
    fn begin(&mut self, whole: Whole, beginning: Beginning) {
        if self.young.len() >= GENERATION_MAX {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(whole, beginning);
    }

    fn find(&self, whole: &Whole) -> Option<Beginning> {
        self.young.get(whole).or_else(|| self.old.get(whole)).cloned()
    }
}

impl Part {
    /// Which part of a long message `origin` brings, if it is one.
    pub(crate) fn of(origin: &LinkName, submission: &Submission) -> Option<Self> {
        let Concatenation { reference, total, number } = concatenation(submission)?;
        let whole = Whole {
            origin: origin.clone(),
            source: submission.source.clone(),
            destination: submission.destination.clone(),
            reference,
            total,
        };
        Some(Self { whole, number })
    }

    pub(crate) const fn is_first(&self) -> bool {
        self.number <= 1
    }
}

/// Which part of a long message it is, if it is one.
fn concatenation(submission: &Submission) -> Option<Concatenation> {
    let Content::Encoded { octets, .. } = &submission.content else { return None };
    if submission.esm_class & Message::UDHI == 0 {
        return sar::place_of(&submission.tlvs);
    }
    reassembly::concatenation(submission.esm_class, octets)
}

/// The first words behind the user data header, up to `words`, if it is text: the keyword with its sub-keywords.
pub(crate) fn first_words(submission: &Submission, words: usize) -> Option<String> {
    let text = match &submission.content {
        Content::Text { text, .. } => Cow::Borrowed(text.as_str()),
        Content::Encoded { data_coding, octets } => {
            let (elements, body) = header_and_body(submission.esm_class, octets).ok()?;
            let tables = UserDataHeader::of_elements(elements.unwrap_or_default())
                .map_or(Tables::DEFAULT, |header| header.tables());
            let start = body.get(..WORD_OCTETS_MAX * words).unwrap_or(&body);
            let as_octets = || elements.is_none().then(|| text_of_octets(start)).flatten();
            Cow::Owned(sms::decode_by(tables, *data_coding, start).or_else(as_octets)?)
        }
    };
    sms::keywords(&text, words).map(Cow::into_owned)
}

/// What SMSCs that do not say the alphabet of a text bring as octets: text in ISO-8859-1, unless there are characters
/// in it that no text has.
fn text_of_octets(octets: &[u8]) -> Option<String> {
    let is_text = |octet: &u8| matches!(octet, b'\t' | b'\n' | b'\r' | b' '..=b'~' | 0xA0..);
    octets.iter().all(is_text).then(|| octets.iter().copied().map(char::from).collect())
}

/// Each word of a keyword is looked for in this many octets.
const WORD_OCTETS_MAX: usize = 64;
/// Long messages per generation.
const GENERATION_MAX: usize = 8192;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use sms::{Direction, Priority, ReceiptRequest};

    use super::*;

    fn submission(source: usize, header: &[u8], text: &str) -> Submission {
        Submission {
            id: None,
            direction: Direction::Mt,
            source: Address::guess(source.to_string().as_bytes()).unwrap(),
            destination: Address::guess(b"1234").unwrap(),
            service_type: Default::default(),
            protocol_id: 0,
            esm_class: if header.is_empty() { 0 } else { Message::UDHI },
            priority: Priority::BULK,
            receipt: ReceiptRequest::NONE,
            not_before: None,
            expires_at: None,
            in_reply_to: None,
            attached: None,
            tlvs: Default::default(),
            content: Content::Encoded { data_coding: 0, octets: [header, text.as_bytes()].concat().into() },
            may_be_odd: false,
            back_to: None,
            wish: None,
        }
    }

    /// Part `number` of two.
    fn part(source: usize, reference: u8, number: u8, text: &str) -> Submission {
        submission(source, &[5, 0, 3, reference, 2, number], text)
    }

    /// The keyword that a route is asked with, which a first part leaves for those that follow.
    fn of(keywords: &Beginnings, submission: &Submission) -> Option<String> {
        from("telco", keywords, submission)
    }

    fn from(origin: &str, keywords: &Beginnings, submission: &Submission) -> Option<String> {
        let Some(part) = Part::of(&origin.into(), submission) else { return first_words(submission, 1) };
        if !part.is_first() {
            return keywords.of(&part)?.keyword;
        }
        let keyword = first_words(submission, 1);
        keywords.remember(part, Beginning { keyword: keyword.clone(), smsc: None, has_first: true });
        keyword
    }

    // N-4
    #[test]
    fn parts_have_the_keyword_of_the_first() {
        let keywords = Beginnings::default();
        assert_eq!(of(&keywords, &part(628_111_000, 7, 2, "too early")), None);
        assert_eq!(of(&keywords, &part(628_111_000, 7, 1, "vote for")).as_deref(), Some("VOTE"));
        assert_eq!(of(&keywords, &part(628_111_000, 7, 2, "the third")).as_deref(), Some("VOTE"));
        for other in [part(628_111_001, 7, 2, "the third"), part(628_111_000, 8, 2, "the third")] {
            assert_eq!(of(&keywords, &other), None, "another message");
        }
        assert_eq!(from("other", &keywords, &part(628_111_000, 7, 2, "the third")), None);
        assert_eq!(of(&keywords, &part(628_111_000, 7, 1, "Game on")).as_deref(), Some("GAME"));
        assert_eq!(of(&keywords, &part(628_111_000, 7, 2, "again")).as_deref(), Some("GAME"));
    }

    // N-4
    #[test]
    fn a_first_part_continues_what_came_before_it_and_begins_anew_after_another() {
        let beginnings = Beginnings::default();
        let part = |number| Part::of(&"telco".into(), &part(628_111_000, 7, number, "x")).unwrap();
        let smsc = |name: &str| Some(LinkName::from(name));
        let early = Beginning { keyword: None, smsc: smsc("one"), has_first: false };
        beginnings.remember(part(2), early);
        assert_eq!(beginnings.of(&part(1)).unwrap().smsc, smsc("one"));
        let whole = Beginning { keyword: None, smsc: smsc("one"), has_first: true };
        beginnings.remember(part(1), whole);
        assert!(beginnings.of(&part(1)).is_none());
        assert_eq!(beginnings.of(&part(2)).unwrap().smsc, smsc("one"));
    }

    // N-3, N-4
    #[test]
    fn parts_by_tlv_have_the_keyword_of_the_first() {
        let keywords = Beginnings::default();
        let part = |number: u8, text: &str| {
            let sar = [2, 0x0C, 0, 2, 0, 7, 2, 0x0E, 0, 1, 2, 2, 0x0F, 0, 1, number];
            Submission { tlvs: sar.to_vec().into(), ..submission(628_111_000, &[], text) }
        };
        assert_eq!(of(&keywords, &part(2, "too early")), None);
        assert_eq!(of(&keywords, &part(1, "vote for")).as_deref(), Some("VOTE"));
        assert_eq!(of(&keywords, &part(2, "the third")).as_deref(), Some("VOTE"));
        assert_eq!(of(&keywords, &part(3, "impossible")).as_deref(), Some("IMPOSSIBLE"), "no part");
    }

    #[test]
    fn others_have_their_own() {
        let keywords = Beginnings::default();
        assert_eq!(of(&keywords, &submission(628_111_000, &[], "stop it")).as_deref(), Some("STOP"));
        let ports = [6, 5, 4, 0x0B, 0x84, 0x23, 0xF0];
        assert_eq!(of(&keywords, &submission(628_111_000, &ports, "stop it")).as_deref(), Some("STOP"));
        assert_eq!(of(&keywords, &submission(628_111_000, &[9], "broken")), None);
    }

    // CMN-2
    #[test]
    fn octets_that_are_text_have_a_keyword() {
        let keywords = Beginnings::default();
        let brought = |data_coding, header: &[u8], octets: &[u8]| {
            let octets = [header, octets].concat().into();
            let content = Content::Encoded { data_coding, octets };
            of(&keywords, &Submission { content, ..submission(628_111_000, header, "") })
        };
        for data_coding in [4, 0xF5] {
            assert_eq!(brought(data_coding, &[], b"caf\xe9 1").as_deref(), Some("CAFÉ"));
            assert_eq!(brought(data_coding, &[], b"stop\0it"), None, "no text");
            assert_eq!(brought(data_coding, &[4, 4, 2, 9, 9], b"stop it"), None, "of a port");
        }
    }

    // G-1
    #[test]
    fn the_tables_of_the_header_read_the_keyword() {
        let keywords = Beginnings::default();
        let turkish = [3, 0x25, 1, 1];
        let keyword = of(&keywords, &submission(628_111_000, &turkish, "\x1Dans 5"));
        assert_eq!(keyword.as_deref(), Some("ŞANS"));
        let first = [8, 0x24, 1, 2, 0, 3, 7, 2, 1];
        let keyword = of(&keywords, &submission(628_111_000, &first, "m\x1Bas de"));
        assert_eq!(keyword.as_deref(), Some("MÁS"), "beside the number of a part");
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let keywords = Beginnings::default();
        for source in 0..3 * GENERATION_MAX {
            of(&keywords, &part(628_111_000 + source, 1, 1, "vote"));
        }
        let last = 628_111_000 + 3 * GENERATION_MAX - 1;
        assert_eq!(of(&keywords, &part(last, 1, 2, "x")).as_deref(), Some("VOTE"));
        assert_eq!(of(&keywords, &part(last - GENERATION_MAX, 1, 2, "x")).as_deref(), Some("VOTE"));
        assert_eq!(of(&keywords, &part(628_111_000, 1, 2, "x")), None);
    }
}
