//! Receipts as SMSCs write them: every one its own way.

use arrayvec::ArrayVec;
use smallvec::SmallVec;

use super::{ParsedReceipt, RECEIPT_ID_OCTETS_MAX};
use crate::calendar::{Civil, two_digits};
use crate::{State, Timestamp, parse_smpp_time};

/// Reads the body of a receipt, or gives `None` if it names neither a message id nor a state.
///
/// Names are read in any case and order, with or without blanks around the colon; every field may be
/// missing or blank; of a field that comes twice, the first counts. Dates have 10, 12 or 14 digits or
/// are absolute SMPP times. A body in UCS-2 is read too. What follows `text:` is text as soon as id and
/// state are known, so that a message cannot speak for its receipt.
///
/// The list `00,YYMMDDhhmm,YYMMDDhhmm,,number,text` that Vodafone sends is read as error, done date and
/// submit date; error 0 is [`State::Delivered`], of another the state is not known.
#[must_use]
pub fn parse_receipt(body: &[u8]) -> Option<ParsedReceipt> {
    let narrowed = narrow(body);
    let body = narrowed.as_deref().unwrap_or(body);
    comma_list(body).or_else(|| fields(body))
}

/// A body in UCS-2 as ASCII, `?` for what is not; `None` if it does not begin like one.
fn narrow(body: &[u8]) -> Option<SmallVec<[u8; 256]>> {
    let body = body.strip_prefix(&[0xFE, 0xFF]).unwrap_or(body);
    if !matches!(body, [0, first, ..] if first.is_ascii_graphic() || *first == b' ') {
        return None;
    }
    let (units, _) = body.as_chunks::<2>();
    Some(units.iter().map(|unit| if let [0, octet @ ..0x80] = unit { *octet } else { b'?' }).collect())
}

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Id,
    Submitted,
    Delivered,
    SubmitDate,
    DoneDate,
    State,
    Error,
    Text,
}

/// The names that begin with a letter, in lower case and without it; a blank stands for any number of
/// blanks or underscores.
const fn names(first: u8) -> &'static [(&'static [u8], Field)] {
    match first.to_ascii_lowercase() {
        b'i' => &[(b"d", Field::Id)],
        b's' => &[(b"ub", Field::Submitted), (b"ubmit date", Field::SubmitDate), (b"tat", Field::State)],
        b'd' => &[(b"lvrd", Field::Delivered), (b"one date", Field::DoneDate)],
        b'e' => &[(b"rr", Field::Error)],
        b't' => &[(b"ext", Field::Text)],
        _ => &[],
    }
}

fn fields(body: &[u8]) -> Option<ParsedReceipt> {
    let mut parsed = ParsedReceipt::default();
    let mut rest = body;
    while let Some((_, field, value)) = next_name(rest) {
        rest = match field {
            Field::Text if parsed.text_is_last() => {
                parsed.set(field, value);
                break;
            }
            Field::Text => {
                let length = next_name(value).map_or(value.len(), |(at, ..)| at);
                let (text, after) = value.split_at_checked(length)?;
                parsed.set(field, text.trim_ascii_end());
                after
            }
            _ => {
                let (word, after) = split_word(value);
                parsed.set(field, word);
                after
            }
        };
    }
    (parsed.id.is_some() || !parsed.state_text.is_empty()).then_some(parsed)
}

impl ParsedReceipt {
    fn text_is_last(&self) -> bool {
        self.id.is_some() && !self.state_text.is_empty()
    }

    /// Takes a value over, unless it is blank or the field already has one.
    fn set(&mut self, field: Field, value: &[u8]) {
        match field {
            _ if value.is_empty() => {}
            Field::Id if self.id.is_none() && value.len() <= RECEIPT_ID_OCTETS_MAX => {
                self.id = Some(value.into())
            }
            Field::Submitted if self.submitted.is_none() => self.submitted = number(value),
            Field::Delivered if self.delivered.is_none() => self.delivered = number(value),
            Field::SubmitDate if self.submitted_at.is_none() => self.submitted_at = date(value),
            Field::DoneDate if self.done_at.is_none() => self.done_at = date(value),
            Field::State if self.state_text.is_empty() => {
                self.state = State::from_receipt_word(value);
                self.state_text = start(value);
            }
            Field::Error if self.error_text.is_empty() => {
                self.error = error(value);
                self.error_text = start(value);
            }
            Field::Text if self.text.is_empty() => self.text = start(value),
            _ => {}
        }
    }
}

/// The next name at the start of a word: where it is, what it means, and all that follows its colon.
fn next_name(body: &[u8]) -> Option<(usize, Field, &[u8])> {
    let mut rest = body;
    loop {
        rest = trim_blanks(rest);
        if let Some((field, value)) = name(rest) {
            return Some((body.len() - rest.len(), field, value));
        }
        let end = rest.iter().position(|&octet| is_blank(octet))?;
        rest = rest.get(end..)?;
    }
}

/// The name that `rest` begins with and what follows its colon.
fn name(rest: &[u8]) -> Option<(Field, &[u8])> {
    let (&first, rest) = rest.split_first()?;
    names(first).iter().find_map(|&(name, field)| {
        let after = trim_blanks(without_name(rest, name)?);
        Some((field, after.strip_prefix(b":")?))
    })
}

fn without_name<'a>(mut rest: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    // Most receipts are written as the standard has it.
    if let Some(after) = rest.strip_prefix(name) {
        return Some(after);
    }
    for &letter in name {
        if letter == b' ' {
            while let [b' ' | b'\t' | b'_', after @ ..] = rest {
                rest = after;
            }
        } else {
            let (first, after) = rest.split_first()?;
            if !first.eq_ignore_ascii_case(&letter) {
                return None;
            }
            rest = after;
        }
    }
    Some(rest)
}

/// The word after a colon, which is nothing if the next name comes first, and what follows it.
fn split_word(value: &[u8]) -> (&[u8], &[u8]) {
    let word = trim_blanks(value);
    if word.len() < value.len() && name(word).is_some() {
        return (&[], word);
    }
    let end = word.iter().position(|&octet| is_blank(octet)).unwrap_or(word.len());
    word.split_at_checked(end).unwrap_or((word, &[]))
}

fn trim_blanks(mut octets: &[u8]) -> &[u8] {
    while let [first, rest @ ..] = octets
        && is_blank(*first)
    {
        octets = rest;
    }
    octets
}

const fn is_blank(octet: u8) -> bool {
    octet <= b' ' && (octet.is_ascii_whitespace() || octet == 0)
}

fn start<const MAX: usize>(value: &[u8]) -> ArrayVec<u8, MAX> {
    let mut kept = ArrayVec::new();
    // It is cut to what there is room for.
    let _ = kept.try_extend_from_slice(value.get(..MAX).unwrap_or(value));
    kept
}

fn number(value: &[u8]) -> Option<u16> {
    std::str::from_utf8(value).ok()?.parse().ok()
}

fn error(value: &[u8]) -> Option<u32> {
    let radix = if value.iter().all(u8::is_ascii_digit) { 10 } else { 16 };
    // What is neither, a sign included, is no number.
    let value = value.iter().all(u8::is_ascii_hexdigit).then_some(value)?;
    let text = std::str::from_utf8(value).ok();
    text.and_then(|text| u32::from_str_radix(text, radix).ok())
}

/// YYMMDDhhmm, YYMMDDhhmmss, YYYYMMDDhhmmss, YYYYMMDDhhmm, or an absolute time of SMPP.
fn date(value: &[u8]) -> Option<Timestamp> {
    match value.len() {
        10 | 12 => in_century(b"20", value).or_else(|| civil(value)),
        14 => civil(value),
        16 if !value.ends_with(b"R") => parse_smpp_time(value, Timestamp::default()).ok()?,
        _ => None,
    }
}

fn in_century(century: &[u8; 2], value: &[u8]) -> Option<Timestamp> {
    let mut digits = ArrayVec::<u8, 14>::from_iter(*century);
    digits.try_extend_from_slice(value).ok()?;
    civil(&digits)
}

/// YYYYMMDDhhmm, with or without seconds.
fn civil(digits: &[u8]) -> Option<Timestamp> {
    let (pairs, _) = digits.as_chunks::<2>();
    let mut fields = [0; 7];
    let used = fields.get_mut(..pairs.len()).filter(|used| used.len() >= 6)?;
    for (field, &[tens, ones]) in used.iter_mut().zip(pairs) {
        *field = two_digits(tens, ones)?;
    }
    let [century, year, month, day, hour, minute, second] = fields;
    let year = i64::from(century) * 100 + i64::from(year);
    Civil { year, month, day, hour, minute, second, millisecond: 0 }.instant()
}

/// `00,0210021543,0210021500,,447887123456,text`: error, done date, submit date, nothing, number, text.
fn comma_list(body: &[u8]) -> Option<ParsedReceipt> {
    let code_octets = body.iter().take_while(|octet| octet.is_ascii_digit()).count();
    let (code, rest) = body.split_at_checked(code_octets)?;
    if !(1..=3).contains(&code.len()) {
        return None;
    }
    let mut values = rest.strip_prefix(b",")?.splitn(5, |&octet| octet == b',');
    let (done, submitted) = (values.next()?, values.next()?);
    let (_, _number) = (values.next()?, values.next()?);
    let mut parsed = ParsedReceipt { done_at: Some(date(done)?), ..ParsedReceipt::default() };
    parsed.set(Field::SubmitDate, submitted);
    parsed.set(Field::Error, code);
    parsed.set(Field::Text, values.next().unwrap_or_default());
    parsed.state = (parsed.error == Some(0)).then_some(State::Delivered);
    Some(parsed)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    /// 2012-05-17T08:30:00Z.
    const MAY: u64 = 1_337_243_400_000;

    fn parse(body: &str) -> ParsedReceipt {
        parse_receipt(body.as_bytes()).unwrap()
    }

    fn id(receipt: &ParsedReceipt) -> Option<&str> {
        receipt.id.as_ref().map(|id| std::str::from_utf8(id).unwrap())
    }

    //
    #[test]
    fn names_in_any_case_and_order_with_any_blanks() {
        let bodies = [
            "id:7 sub:001 dlvrd:001 submit date:1205170830 done date:1205170830 stat:DELIVRD err:004 text:x y",
            "ID:7 SUB:001 DLVRD:001 SUBMIT DATE:1205170830 DONE DATE:1205170830 STAT:delivrd ERR:004 Text:x y",
            "  id: 7  sub : 1\tdlvrd:1 submit  date: 1205170830\r\ndone_date:1205170830 stat:DELIVRD err: 4 text:x y",
            "stat:DELIVRD err:4 done date:1205170830 submitdate:1205170830 dlvrd:001 sub:001 id:7 text:x y",
            "text:x y id:7 sub:001 dlvrd:001 submit date:1205170830 done date:1205170830 stat:DELIVRD err:4",
            "MSG id:7 vendor:A sub:001 dlvrd:001 submit date:1205170830 done date:1205170830 stat:DELIVRD err:4 text:x y",
        ];
        for body in bodies {
            let receipt = parse(body);
            assert_eq!(id(&receipt), Some("7"), "{body}");
            assert_eq!((receipt.submitted, receipt.delivered), (Some(1), Some(1)), "{body}");
            assert_eq!(receipt.submitted_at, Some(Timestamp(MAY)), "{body}");
            assert_eq!(receipt.done_at, Some(Timestamp(MAY)), "{body}");
            assert_eq!((receipt.state, receipt.error), (Some(State::Delivered), Some(4)), "{body}");
            assert_eq!(receipt.text.as_slice(), b"x y", "{body}");
        }
    }

    //
    #[test]
    fn fields_may_be_missing_or_blank() {
        let receipt = parse("id:9f stat:EXPIRED");
        assert_eq!((id(&receipt), receipt.state), (Some("9f"), Some(State::Expired)));
        let receipt = parse("id:9f submit date: done date: stat:UNDELIV err: text:");
        assert_eq!((receipt.submitted_at, receipt.done_at), (None, None));
        assert_eq!((receipt.state, receipt.error), (Some(State::Undeliverable), None));
        assert_eq!((receipt.error_text.len(), receipt.text.len()), (0, 0));
        let receipt = parse("stat:ACKED");
        assert_eq!((id(&receipt), receipt.state), (None, Some(State::Enroute)));
        let receipt = parse("id: sub:001 stat:REJECTD\0");
        assert_eq!((id(&receipt), receipt.state), (None, Some(State::Rejected)));
    }

    //
    #[test]
    fn bodies_that_are_no_receipt() {
        for body in ["", "\0", "hello", "hello there id", "msgid:7", "text:id", ":", "id:", "err:001 sub:001"]
        {
            assert_eq!(parse_receipt(body.as_bytes()), None, "{body}");
        }
        assert_eq!(parse_receipt(format!("id:{}", "1".repeat(RECEIPT_ID_OCTETS_MAX + 1)).as_bytes()), None);
    }

    //
    #[test]
    fn dates_of_every_length() {
        let done = |date: &str| parse(&format!("id:1 done date:{date} stat:DELIVRD")).done_at;
        for date in ["1205170830", "120517083000", "20120517083000", "120517083000000+", "120517153000028+"] {
            assert_eq!(done(date), Some(Timestamp(MAY)), "{date}");
        }
        assert_eq!(done("202405170830"), done("2405170830"), "a year of four digits");
        assert!(done("2405170830").is_some());
        for date in ["0", "1213170830", "12051708300", "1205170860", "none", "000001000000000R", "12O5170830"]
        {
            assert_eq!(done(date), None, "{date}");
        }
    }

    //
    #[test]
    fn errors_of_every_form() {
        let read = |text: &str| {
            let receipt = parse(&format!("id:1 stat:UNDELIV err:{text} text:"));
            (receipt.error, String::from_utf8(receipt.error_text.to_vec()).unwrap())
        };
        let errors = [
            ("0000", Some(0)),
            ("5", Some(5)),
            ("075", Some(75)),
            ("1234", Some(1234)),
            ("0A1", Some(0xA1)),
            ("SMSC-7", None),
            ("+7", None),
        ];
        for (text, value) in errors {
            assert_eq!(read(text), (value, text.to_owned()));
        }
        assert_eq!(read("99999999999999999999"), (None, "9999999999999999".to_owned()));
    }

    //
    #[test]
    fn a_state_that_nobody_knows_is_kept_as_it_was_written() {
        let receipt = parse("id:1 stat:LOST err:000 text:");
        assert_eq!((receipt.state, receipt.state_text.as_slice()), (None, &b"LOST"[..]));
    }

    #[test]
    fn a_message_cannot_speak_for_its_receipt() {
        let receipt = parse("id:1 stat:UNDELIV text:id:2 stat:DELIVRD err:009 done date:1205170830");
        assert_eq!(
            (id(&receipt), receipt.state, receipt.error),
            (Some("1"), Some(State::Undeliverable), None)
        );
        assert_eq!(receipt.done_at, None);
        assert_eq!(receipt.text.as_slice(), b"id:2 stat:DELIVRD er");
    }

    // data_coding 8
    #[test]
    fn a_body_in_ucs2() {
        let body = "id:7 stat:DELIVRD err:000 text:ж";
        for mark in [&[][..], &[0xFE, 0xFF]] {
            let wide: Vec<u8> = body.encode_utf16().flat_map(u16::to_be_bytes).collect();
            let receipt = parse_receipt(&[mark, &wide].concat()).unwrap();
            assert_eq!((id(&receipt), receipt.state), (Some("7"), Some(State::Delivered)));
            assert_eq!(receipt.text.as_slice(), b"?");
        }
    }

    // data_coding 3, and text in UCS-2 behind a head in ASCII
    #[test]
    fn a_text_in_another_alphabet() {
        let latin1 = parse_receipt(b"id:7 stat:DELIVRD text:\xE9t\xE9").unwrap();
        assert_eq!(latin1.text.as_slice(), b"\xE9t\xE9");
        let ucs2 = parse_receipt(b"id:7 stat:DELIVRD text:\x04\x36\x00i\x00d\x00:").unwrap();
        assert_eq!((id(&ucs2), ucs2.text.as_slice()), (Some("7"), &b"\x04\x36\x00i\x00d\x00:"[..]));
    }

    //
    #[test]
    fn the_comma_list_of_vodafone() {
        let receipt = parse("00,0210021543,0210021500,,447887123456,Halo, dunia");
        assert_eq!((id(&receipt), receipt.state, receipt.error), (None, Some(State::Delivered), Some(0)));
        assert_eq!(receipt.done_at, Some(Timestamp(1_033_573_380_000)));
        assert_eq!(receipt.submitted_at, Some(Timestamp(1_033_570_800_000)));
        assert_eq!(receipt.text.as_slice(), b"Halo, dunia");
        let receipt = parse("46,0210021543,,,447887123456");
        assert_eq!((receipt.state, receipt.error, receipt.submitted_at), (None, Some(46), None));
        assert_eq!(parse_receipt(b"10,20,30,40,50,60"), None);
        assert_eq!(parse_receipt(b"00,0210021543,0210021500"), None);
    }

    proptest! {
        #[test]
        fn any_octets_are_read(body in any::<Vec<u8>>()) {
            let receipt = parse_receipt(&body);
            prop_assert!(receipt.is_none_or(|receipt| receipt != ParsedReceipt::default()));
        }

        #[test]
        fn anything_like_a_receipt_is_read(body in "((id|sub|submit date|done  date|stat|err|text|,)[: ,]{0,2}[0-9A-F ]{0,14}){0,12}") {
            let receipt = parse_receipt(body.as_bytes());
            prop_assert!(receipt.is_none_or(|receipt| receipt != ParsedReceipt::default()));
        }
    }
}
