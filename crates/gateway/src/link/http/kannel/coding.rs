//! Texts and octets as Kannel encodes them, and the data_coding that it gives them.

use encoding_rs::{EUC_JP, EUC_KR, ISO_8859_5, ISO_8859_8, SHIFT_JIS};
use sms::alphabet::{gsm, ucs2};
use sms::data_coding::Encoding;
use sms::{Alphabet, DataCoding};

use super::answer::Answer;
use super::request::Request;
use crate::charset::{Charset, Missing};
use crate::submission::Content;

/// `coding` of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Coding {
    Gsm,
    Octets,
    Ucs2,
}

/// What a request says of how its message is shown.
#[derive(Clone, Copy, Debug, Default)]
pub(in super::super) struct Look {
    pub(in super::super) class: Option<u8>,
    pub(in super::super) waiting: Option<u8>,
    pub(in super::super) compressed: bool,
    pub(in super::super) alternative: bool,
}

/// What becomes of every text of an account.
pub(super) struct Around<'a> {
    pub(super) header: &'a str,
    pub(super) footer: &'a str,
    /// The most segments, if there is a limit.
    pub(super) most: Option<u8>,
    /// Behind which characters a text is cut, if there is one in its last segment.
    pub(super) split_chars: &'a str,
}

/// The text of a request, cut to so many segments if there is a limit; with its user data header in front if it
/// has one.
///
/// Where no `coding` is said, a text is in the alphabet that takes all of it; Kannel sends question marks there. A
/// `named` data_coding, of meta-data, counts where the request itself comes to 0.
pub(super) fn content(
    request: &Request,
    look: Look,
    named: Option<u8>,
    around: &Around<'_>,
) -> Result<Content, Answer> {
    let most = around.most;
    let udh = request.udh.as_deref().unwrap_or_default();
    let (coding, text) = coding_and_text(request)?;
    let text = text.map(|text| [around.header, &text, around.footer].concat());
    if let Some((named, text)) = named.zip(text.as_ref()).filter(|_| data_coding(coding, look) == 0) {
        let body = octets_of(named, text);
        return encoded(udh, body, named, Coding::of(named), most);
    }
    let is_free = request.coding.is_none() && udh.is_empty() && look.is_plain();
    if let Some(text) = text.as_ref().filter(|_| is_free) {
        let cut = |most| cut_text(text, most, around.split_chars);
        return Ok(Content::plain(most.map_or_else(|| text.clone(), cut)));
    }
    let coding = match &text {
        Some(text) if request.coding.is_none() && gsm::septets(text).is_none() => Coding::Ucs2,
        _ => coding,
    };
    let body = match (coding, text) {
        (Coding::Gsm, Some(text)) => gsm::encode_lossy(&text),
        (Coding::Ucs2, Some(text)) => Charset::UTF_16BE.encode(&text, Missing::Mark).into_owned(),
        (_, _) => request.text.clone(),
    };
    encoded(udh, body, data_coding(coding, look), coding, most)
}

/// A body behind its user data header, cut to so many segments if there is a limit.
fn encoded(
    udh: &[u8],
    mut body: Vec<u8>,
    data_coding: u8,
    coding: Coding,
    most: Option<u8>,
) -> Result<Content, Answer> {
    if Coding::of(data_coding) == Coding::Ucs2 && !body.len().is_multiple_of(2) {
        return Err(MISFORMED);
    }
    if let Some(most) = most {
        body.truncate(room(coding, udh.len(), most, body.len()));
    }
    Ok(Content::Encoded { data_coding, octets: [udh, &body].concat().into() })
}

/// The octets of a text in a data_coding that meta-data names, as Kannel takes the number; a question mark for what
/// its alphabet does not have.
pub(in super::super) fn octets_of(data_coding: u8, text: &str) -> Vec<u8> {
    let data_coding = DataCoding(data_coding);
    let charset = match data_coding.listed() {
        _ if data_coding.alphabet() == Alphabet::Ucs2 => Charset::UTF_16BE,
        Some(Encoding::Octets | Encoding::OtherOctets) => Charset::UTF_8,
        Some(Encoding::Ascii) => Charset::ASCII,
        Some(Encoding::Latin1) => Charset::LATIN_1,
        Some(Encoding::Jis) => Charset::of(SHIFT_JIS),
        Some(Encoding::Cyrillic) => Charset::of(ISO_8859_5),
        Some(Encoding::Hebrew) => Charset::of(ISO_8859_8),
        Some(Encoding::ExtendedKanji) => Charset::of(EUC_JP),
        Some(Encoding::Korean) => Charset::of(EUC_KR),
        _ => return gsm::encode_lossy(text),
    };
    charset.encode(text, Missing::Mark).into_owned()
}

/// What the octets are, and the text that they mean if they are one.
fn coding_and_text(request: &Request) -> Result<(Coding, Option<String>), Answer> {
    let coding = match request.coding {
        Some(1) => Coding::Octets,
        Some(2) => Coding::Ucs2,
        None if request.udh.as_ref().is_some_and(|udh| !udh.is_empty()) => Coding::Octets,
        _ => Coding::Gsm,
    };
    if coding == Coding::Octets {
        return Ok((coding, None));
    }
    let named = request.charset.as_deref().filter(|name| !name.is_empty());
    let Some(name) = named else {
        return Ok((coding, (coding == Coding::Gsm).then(|| marked(&request.text))));
    };
    let charset = std::str::from_utf8(name).ok().and_then(Charset::named).ok_or(MISFORMED)?;
    let text = match charset.decode(&request.text) {
        Some(text) => text.into_owned(),
        // Kannel looks at text that says that it is UTF-8 already no more closely than at text that says nothing.
        None if charset == Charset::UTF_8 && coding == Coding::Gsm => marked(&request.text),
        None => return Err(MISFORMED),
    };
    Ok((coding, Some(text)))
}

/// A text in UTF-8, with a question mark for what is none.
fn marked(octets: &[u8]) -> String {
    match std::str::from_utf8(octets) {
        Ok(text) => text.to_owned(),
        Err(_) => String::from_utf8_lossy(octets).replace(char::REPLACEMENT_CHARACTER, "?"),
    }
}

impl Coding {
    /// What the segments of a body in this data_coding hold.
    fn of(data_coding: u8) -> Self {
        match DataCoding(data_coding).alphabet() {
            Alphabet::Gsm7 => Self::Gsm,
            Alphabet::Ucs2 => Self::Ucs2,
            Alphabet::Ascii | Alphabet::Latin1 | Alphabet::Octets => Self::Octets,
        }
    }
}

impl Look {
    fn is_plain(self) -> bool {
        self.class.is_none() && self.is_classed_at_most()
    }

    /// Whether it says nothing but a class.
    pub(in super::super) fn is_classed_at_most(self) -> bool {
        self.waiting.is_none() && !self.compressed && !self.alternative
    }
}

/// 23.038 section 4: message waiting goes before a class, a class before the general group.
pub(in super::super) fn data_coding(coding: Coding, look: Look) -> u8 {
    let alphabet = match coding {
        Coding::Gsm => 0x00,
        Coding::Octets => 0x04,
        Coding::Ucs2 => 0x08,
    };
    if let Some(waiting) = look.waiting {
        return match waiting {
            0..=3 if coding == Coding::Gsm => 0xD8 | waiting,
            0..=3 => 0xE8 | waiting,
            _ => 0xC0 | (waiting & 3),
        };
    }
    let compressed = if look.compressed { 0x20 } else { 0 };
    match look.class {
        _ if look.compressed || coding == Coding::Ucs2 => {
            compressed | alphabet | look.class.map_or(0, |class| 0x10 | class)
        }
        Some(class) => 0xF0 | alphabet | class,
        None if look.alternative => 0xF1 | alphabet,
        None => alphabet,
    }
}

/// How many octets of a body are left if it may take so many segments.
fn room(coding: Coding, udh: usize, most: u8, octets: usize) -> usize {
    let one = match coding {
        Coding::Gsm if udh == 0 => SEPTETS,
        Coding::Gsm => (SEGMENT.saturating_sub(udh)) * 8 / 7,
        _ => SEGMENT.saturating_sub(udh),
    };
    if octets <= one || most == 1 {
        return one & if coding == Coding::Ucs2 { !1 } else { !0 };
    }
    let part = match coding {
        Coding::Gsm => SEGMENT.saturating_sub(udh.max(1) + CONCATENATION) * 8 / 7,
        _ => SEGMENT.saturating_sub(udh.max(1) + CONCATENATION) & !1,
    };
    part * usize::from(most)
}

/// The beginning of a text that takes no more segments: up to the last of `split_chars` in the last of them, if there
/// is one.
pub(in super::super) fn cut_text(text: &str, most: u8, split_chars: &str) -> String {
    let mut cut = beginning(text, most);
    if cut.len() < text.len() {
        let (one, part) = segment_of(text);
        let segment = if most == 1 { one } else { part };
        let behind = cut.char_indices().rev().take(segment).find(|(_, shown)| split_chars.contains(*shown));
        if let Some((at, shown)) = behind {
            cut.truncate(at + shown.len_utf8());
        }
    }
    cut
}

fn beginning(text: &str, most: u8) -> String {
    let is_gsm = gsm::septets(text).is_some();
    let (one, part) = segment_of(text);
    let length = |character: char| {
        if is_gsm { gsm::sequence(character).map_or(1, |s| s.len()) } else { character.len_utf16() }
    };
    let whole: usize = if is_gsm { gsm::septets(text).unwrap_or_default() } else { ucs2::units(text) };
    if whole <= one {
        return text.to_owned();
    }
    let mut room = if most == 1 { one } else { part * usize::from(most) };
    let fits = |character: &char| match room.checked_sub(length(*character)) {
        Some(left) => {
            room = left;
            true
        }
        None => false,
    };
    let mut cut: String = text.chars().take_while(fits).collect();
    // A pair that is not parted leaves room in a part.
    while sms::segments_needed(&cut).segments > usize::from(most) && cut.pop().is_some() {}
    cut
}

/// What a segment holds of a text that is one, and of one that is a part.
fn segment_of(text: &str) -> (usize, usize) {
    if gsm::septets(text).is_some() { (SEPTETS, PART_SEPTETS) } else { (UNITS, PART_UNITS) }
}

const MISFORMED: Answer = Answer::rejected("Charset or body misformed, rejected");
/// Octets of a segment, 23.040.
const SEGMENT: usize = 140;
const SEPTETS: usize = 160;
const PART_SEPTETS: usize = 153;
const UNITS: usize = 70;
const PART_UNITS: usize = 67;
/// What says which part a segment is, without the length of the header.
const CONCATENATION: usize = 5;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use super::*;

    // Observed of Kannel 1.4.5.
    #[test]
    fn data_codings_are_those_of_kannel() {
        use Coding::{Gsm, Octets, Ucs2};
        let look = |class, waiting, compressed, alternative| Look { class, waiting, compressed, alternative };
        for (coding, look, expected) in [
            (Gsm, look(None, None, false, false), 0x00),
            (Octets, look(None, None, false, false), 0x04),
            (Ucs2, look(None, None, false, false), 0x08),
            (Gsm, look(None, None, true, true), 0x20),
            (Octets, look(Some(1), None, true, false), 0x35),
            (Ucs2, look(Some(0), None, false, true), 0x18),
            (Ucs2, look(Some(3), None, true, false), 0x3B),
            (Gsm, look(Some(0), None, false, false), 0xF0),
            (Octets, look(Some(3), None, false, true), 0xF7),
            (Gsm, look(None, None, false, true), 0xF1),
            (Octets, look(None, None, false, true), 0xF5),
            (Ucs2, look(None, None, false, true), 0x08),
            (Gsm, look(Some(1), Some(1), true, true), 0xD9),
            (Octets, look(None, Some(0), false, false), 0xE8),
            (Ucs2, look(None, Some(3), false, false), 0xEB),
            (Octets, look(None, Some(4), false, false), 0xC0),
            (Gsm, look(None, Some(7), false, false), 0xC3),
        ] {
            assert_eq!(data_coding(coding, look), expected, "{coding:?} {look:?}");
        }
    }

    fn encoded(query: &str, most: Option<u8>) -> (u8, Vec<u8>) {
        match content(
            &Request::of_query(query),
            Look::default(),
            None,
            &Around { header: "", footer: "", most, split_chars: "" },
        ) {
            Ok(Content::Encoded { data_coding, octets }) => (data_coding, octets.to_vec()),
            Ok(Content::Text { text, .. }) => panic!("a text of {} octets", text.len()),
            Err(answer) => panic!("{answer:?}"),
        }
    }

    fn text(query: &str, most: Option<u8>) -> String {
        match content(
            &Request::of_query(query),
            Look::default(),
            None,
            &Around { header: "", footer: "", most, split_chars: "" },
        ) {
            Ok(Content::Text { text, .. }) => text,
            _ => panic!("no text"),
        }
    }

    #[test]
    fn character_sets_lead_to_the_alphabet_that_is_asked_for() {
        assert_eq!(encoded("coding=0&text=%C3%A4%E2%82%AC", None), (0, b"\x7b\x1b\x65".to_vec()));
        assert_eq!(encoded("coding=0&charset=latin1&text=%E4", None), (0, b"\x7b".to_vec()));
        assert_eq!(encoded("coding=0&text=%D0%94", None), (0, b"?".to_vec()));
        assert_eq!(encoded("coding=2&text=%04%14", None), (8, b"\x04\x14".to_vec()));
        assert_eq!(encoded("coding=2&charset=UTF-8&text=%D0%94", None), (8, b"\x04\x14".to_vec()));
        assert_eq!(encoded("coding=1&charset=klingon&text=%00", None), (4, b"\0".to_vec()));
        assert_eq!(encoded("udh=%01%00&text=%00", None), (4, b"\x01\0\0".to_vec()));
        assert_eq!(text("text=%D0%94", None), "Д");
        assert_eq!(text("text=a%E4b", None), "a?b", "what is no UTF-8 makes no UCS-2 of the rest");
    }

    // KN-35: observed of Kannel 1.4.5, but for what it sends in UTF-8 or in GSM under the number of another alphabet.
    #[test]
    fn a_data_coding_that_is_named_says_what_a_text_is_in() {
        for (named, octets) in [
            (0, &b"h\x7b\x1be?"[..]),
            (1, b"h???"),
            (2, "hä€Д".as_bytes()),
            (3, b"h\xe4??"),
            (4, "hä€Д".as_bytes()),
            (6, b"h??\xb4"),
            (8, b"\0h\0\xe4\x20\xac\x04\x14"),
            (0x18, b"\0h\0\xe4\x20\xac\x04\x14"),
            (9, b"h\x7b\x1be?"),
            (0xF0, b"h\x7b\x1be?"),
        ] {
            assert_eq!(octets_of(named, "hä€Д"), octets, "{named}");
        }
        assert_eq!(octets_of(5, "日"), b"\x93\xfa");
        assert_eq!(octets_of(14, "한"), b"\xc7\xd1");
    }

    // KN-35: observed of Kannel 1.4.5.
    #[test]
    fn a_data_coding_that_is_named_counts_where_nothing_else_is_said() {
        let around = Around { header: "", footer: "", most: None, split_chars: "" };
        let flash = Look { class: Some(0), ..Look::default() };
        for (query, look, expected) in [
            ("text=h", Look::default(), (8, &b"\0h"[..])),
            ("text=h&coding=0", Look::default(), (8, b"\0h")),
            ("text=h&coding=0&udh=%01%00", Look::default(), (8, b"\x01\0\0h")),
            ("text=h&udh=%01%00", Look::default(), (4, b"\x01\0h")),
            ("text=h&coding=1", Look::default(), (4, b"h")),
            ("text=h&coding=0", flash, (0xF0, b"h")),
        ] {
            let Ok(Content::Encoded { data_coding, octets }) =
                content(&Request::of_query(query), look, Some(8), &around)
            else {
                panic!("{query}: no octets")
            };
            assert_eq!((data_coding, &octets[..]), expected, "{query}");
        }
    }

    // KN-26, KN-44: observed of Kannel 1.4.5
    #[test]
    fn a_text_is_cut_between_words_if_that_is_asked_for() {
        let words = |count: usize| (0..count).map(|at| format!("word{at:02}")).collect::<Vec<_>>().join(" ");
        assert_eq!(cut_text(&words(60), 1, " "), format!("{} ", words(22)));
        assert_eq!(cut_text(&words(60), 1, "").len(), 160);
        assert_eq!(cut_text(&words(20), 1, " "), words(20));
        assert_eq!(cut_text(&"y".repeat(400), 1, " ").len(), 160);
        let far = format!("{} {}", words(10), "y".repeat(400));
        assert_eq!(cut_text(&far, 2, " ").len(), 306, "the last blank is in the first segment");
        assert_eq!(cut_text(&format!("д {}", "д".repeat(80)), 1, " ,"), "д ");
    }

    #[test]
    fn what_is_too_long_is_cut_to_the_segments_that_are_left() {
        let long = "a".repeat(500);
        assert_eq!(text(&format!("text={long}"), Some(1)).len(), 160);
        assert_eq!(text(&format!("text={long}"), Some(3)).len(), 459);
        assert_eq!(text(&format!("text={long}"), None).len(), 500);
        assert_eq!(text(&format!("text={}", "%D0%94".repeat(100)), Some(1)).chars().count(), 70);
        assert_eq!(encoded(&format!("coding=1&text={long}"), Some(1)).1.len(), 140);
        assert_eq!(encoded(&format!("coding=1&text={long}"), Some(3)).1.len(), 402);
        assert_eq!(encoded(&format!("coding=1&udh=%05%00%03%07%02%01&text={long}"), Some(1)).1.len(), 140);
        assert_eq!(encoded(&format!("coding=0&udh=%05%00%03%07%02%01&text={long}"), Some(1)).1.len(), 159);
    }
}
