//! Kannel's escape codes: `%p`, `%a`, `%d` … in a `get-url` or a `dlr-url`.
//!
//! A [`Pattern`] is read once and filled for every call. As Kannel has it, values are URL-encoded, what is not
//! known of a message leaves nothing (`-1` where a number is wanted), and what is no code stays as it is, so that
//! a `%20` of the URL does. One thing is otherwise: `%S` is URL-encoded, too, or a handset could write
//! parameters.

use std::borrow::Cow;
use std::fmt::Write;

use form_urlencoded::byte_serialize;
use sms::Timestamp;

/// A URL with escape codes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pattern(Box<[Piece]>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Literal(String),
    Code(char),
    /// `%#group#name#`
    Meta {
        group: String,
        name: String,
    },
}

/// What codes stand for. All of it may be missing.
#[derive(Debug, Default)]
pub(crate) struct Values<'a> {
    /// `%p`, `%q`: the handset, whichever way the message went.
    pub(crate) handset: Cow<'a, str>,
    /// `%P`, `%Q`: the number at our side.
    pub(crate) service_number: Cow<'a, str>,
    /// `%k`, `%s`, `%S`, `%r`, `%a`, `%b`, `%e`, `%A`: what it says; in a receipt what the SMSC said.
    pub(crate) said: Said,
    /// `%t`, `%T`: when it came.
    pub(crate) at: Option<Timestamp>,
    /// `%i`: the link of the SMSC.
    pub(crate) smsc: &'a str,
    /// `%f`: the number of the SMSC.
    pub(crate) smsc_number: &'a str,
    /// `%F`: the id that the SMSC gave.
    pub(crate) remote_id: Cow<'a, str>,
    /// `%I`: our id.
    pub(crate) id: Cow<'a, str>,
    /// `%n`: the service, or the user of sendsms.
    pub(crate) service: &'a str,
    /// `%o`: the account that a request named.
    pub(crate) account: &'a str,
    /// `%B`: the billing information that a request named.
    pub(crate) billing: Cow<'a, str>,
    /// `%R`: the URL that receipts are told to.
    pub(crate) dlr_url: &'a str,
    /// `%d`: the kind of receipt, one bit of the mask.
    pub(crate) dlr: Option<u8>,
    /// `%c`: 0 for GSM, 1 for octets, 2 for UCS-2.
    pub(crate) coding: Option<u8>,
    /// `%C`: the character set of `said`.
    pub(crate) charset: &'a str,
    /// `%m`: the class of the message.
    pub(crate) class: Option<u8>,
    /// `%M`: what waits for the subscriber.
    pub(crate) waiting: Option<u8>,
    /// `%O`: data_coding.
    pub(crate) data_coding: Option<u8>,
    /// `%v`, `%V`: minutes that it is still valid, and that it is still deferred.
    pub(crate) validity_min: Option<u64>,
    pub(crate) deferred_min: Option<u64>,
    /// `%u`: the user data header with its length octet.
    pub(crate) udh: Cow<'a, [u8]>,
    /// `%D` and `%#group#name#`.
    pub(crate) meta: Vec<MetaGroup<'a>>,
}

/// A group of meta-data: its name, and names with values, often none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct MetaGroup<'a> {
    pub(crate) name: &'a str,
    pub(crate) values: Vec<(&'a str, Cow<'a, [u8]>)>,
}

/// Groups as Kannel writes them: `?group?name=value&name=value&`, the values encoded.
pub(crate) fn packed(groups: &[MetaGroup<'_>]) -> String {
    let mut text = String::new();
    for group in groups {
        text.extend(["?", group.name, "?"]);
        for (name, value) in &group.values {
            text.push_str(name);
            text.push('=');
            text.extend(byte_serialize(value));
            text.push('&');
        }
    }
    text
}

/// What a message says, in the octets of its character set.
#[derive(Debug, Default)]
pub(crate) struct Said {
    octets: Vec<u8>,
    words: Vec<Vec<u8>>,
}

impl Said {
    /// A text, in the character set that `encode` writes.
    pub(crate) fn text(text: &str, encode: impl Fn(&str) -> Vec<u8>) -> Self {
        Self { octets: encode(text), words: text.split_whitespace().map(&encode).collect() }
    }

    /// Octets that are no text; words are between blanks of ASCII all the same.
    pub(crate) fn octets(octets: &[u8]) -> Self {
        let words = octets.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
        Self { octets: octets.to_vec(), words: words.map(<[u8]>::to_vec).collect() }
    }
}

impl Pattern {
    /// Reads a URL. There is none that is wrong.
    pub(crate) fn new(text: &str) -> Self {
        let mut pieces = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('%') {
            literal.push_str(&rest[..at]);
            let (piece, after) = piece(&rest[at + 1..]);
            rest = after;
            match piece {
                Piece::Literal(text) => literal.push_str(&text),
                code => {
                    if !literal.is_empty() {
                        pieces.push(Piece::Literal(std::mem::take(&mut literal)));
                    }
                    pieces.push(code);
                }
            }
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            pieces.push(Piece::Literal(literal));
        }
        Self(pieces.into())
    }

    /// Whether no code stands before the path: what a handset writes must not say whom we call.
    pub(crate) fn names_its_host(&self) -> bool {
        let Some(Piece::Literal(start)) = self.0.first() else { return false };
        let Some((_, authority)) = start.split_once("://") else { return false };
        self.0.len() == 1 || authority.contains(['/', '?'])
    }

    /// The URL with values in place of its codes.
    pub(crate) fn fill(&self, values: &Values<'_>) -> String {
        let mut filled = Filled { url: String::with_capacity(URL_OCTETS), values, next_word: 1 };
        for piece in &self.0 {
            match piece {
                Piece::Literal(text) => filled.url.push_str(text),
                Piece::Code(code) => filled.code(*code),
                Piece::Meta { group, name } => filled.meta(group, name),
            }
        }
        filled.url
    }
}

/// What stands behind a percent sign, and what follows it.
fn piece(behind: &str) -> (Piece, &str) {
    let literal = |text: &str| Piece::Literal(text.to_owned());
    let Some(code) = behind.chars().next() else { return (literal("%"), behind) };
    let after = &behind[code.len_utf8()..];
    match code {
        '%' => (literal("%"), after),
        '#' => match after.split_once('#').and_then(|(group, rest)| Some((group, rest.split_once('#')?))) {
            Some((group, (name, rest))) => {
                (Piece::Meta { group: group.to_owned(), name: name.to_owned() }, rest)
            }
            None => (literal("%"), behind),
        },
        code if CODES.contains(code) => (Piece::Code(code), after),
        _ => (literal("%"), behind),
    }
}

struct Filled<'v> {
    url: String,
    values: &'v Values<'v>,
    /// The next word that `%s`, `%S` or `%r` takes: the first is the keyword's.
    next_word: usize,
}

impl Filled<'_> {
    fn code(&mut self, code: char) {
        let values = self.values;
        match code {
            'k' => self.words(0..1),
            's' | 'S' => self.word(code == 'S'),
            'r' => self.words(self.next_word..usize::MAX),
            'a' => self.words(0..usize::MAX),
            'b' | 'A' => self.encoded(&values.said.octets),
            'e' => self.hex(&values.said.octets),
            'p' => self.encoded(values.handset.as_bytes()),
            'P' => self.encoded(values.service_number.as_bytes()),
            'q' => self.encoded(with_plus(&values.handset).as_bytes()),
            'Q' => self.encoded(with_plus(&values.service_number).as_bytes()),
            't' => self.time(),
            'T' => self.maybe(values.at.map(|at| at.0 / 1000)),
            'i' => self.encoded(values.smsc.as_bytes()),
            'f' => self.encoded(values.smsc_number.as_bytes()),
            'F' => self.encoded(values.remote_id.as_bytes()),
            'I' => self.encoded(values.id.as_bytes()),
            'n' => self.encoded(values.service.as_bytes()),
            'o' => self.encoded(values.account.as_bytes()),
            'B' => self.encoded(values.billing.as_bytes()),
            'R' => self.encoded(values.dlr_url.as_bytes()),
            'C' => self.encoded(values.charset.as_bytes()),
            'd' => self.number(values.dlr),
            'c' => self.number(values.coding),
            'm' => self.number(values.class),
            'M' => self.number(values.waiting),
            'O' => self.put(format_args!("{:02}", values.data_coding.unwrap_or_default())),
            'v' => self.maybe(values.validity_min),
            'V' => self.maybe(values.deferred_min),
            'u' => self.encoded(&values.udh),
            'D' => self.all_meta(),
            _ => {}
        }
    }

    fn put(&mut self, what: std::fmt::Arguments<'_>) {
        // A string takes everything.
        let _ = self.url.write_fmt(what);
    }

    fn encoded(&mut self, octets: &[u8]) {
        self.url.extend(byte_serialize(octets));
    }

    fn hex(&mut self, octets: &[u8]) {
        octets.iter().for_each(|octet| self.put(format_args!("{octet:02X}")));
    }

    fn number(&mut self, number: Option<u8>) {
        self.put(format_args!("{}", number.map_or(-1, i16::from)));
    }

    fn maybe(&mut self, number: Option<u64>) {
        if let Some(number) = number {
            self.put(format_args!("{number}"));
        }
    }

    fn words(&mut self, range: std::ops::Range<usize>) {
        let words = &self.values.said.words;
        let words = words.get(range.start..range.end.min(words.len())).unwrap_or_default();
        for (number, word) in words.iter().enumerate() {
            if number > 0 {
                self.url.push('+');
            }
            self.encoded(word);
        }
    }

    fn word(&mut self, with_tildes: bool) {
        let Some(word) = self.values.said.words.get(self.next_word) else { return };
        self.next_word += 1;
        if with_tildes {
            let word: Vec<u8> = word.iter().map(|&octet| if octet == b'*' { b'~' } else { octet }).collect();
            let encoded: String = byte_serialize(&word).collect();
            // Not to be encoded: the code is there for paths.
            self.url.push_str(&encoded.replace("%7E", "~"));
        } else {
            self.encoded(word);
        }
    }

    /// In UTC. The plus is a blank of the query.
    fn time(&mut self) {
        let Some(at) = self.values.at else { return };
        let milliseconds = i64::try_from(at.0).unwrap_or(i64::MAX);
        let at = jiff::Timestamp::from_millisecond(milliseconds).unwrap_or(jiff::Timestamp::MAX);
        self.put(format_args!("{}", at.strftime("%Y-%m-%d+%H:%M:%S")));
    }

    fn meta(&mut self, group: &str, name: &str) {
        let groups = self.values.meta.iter().filter(|known| known.name == group);
        let mut values = groups.flat_map(|known| &known.values);
        if let Some((_, value)) = values.find(|(known, _)| *known == name) {
            self.encoded(value);
        }
    }

    /// All of it, encoded once more.
    fn all_meta(&mut self) {
        self.encoded(packed(&self.values.meta).as_bytes());
    }
}

/// A number with 00 in front has a plus there instead.
fn with_plus(number: &str) -> Cow<'_, str> {
    match number.strip_prefix("00") {
        Some(rest) => Cow::Owned(format!("+{rest}")),
        None => Cow::Borrowed(number),
    }
}

/// Every code that is one letter. In URLs of 1.4.5 `%N`, `%U`, `%x` and `%y` are none.
const CODES: &str = "kaAbBcCdDefFiIkmMnoOpPqQrRsStTuvV";
/// An ordinary URL is in these octets.
const URL_OCTETS: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    fn utf8(text: &str) -> Vec<u8> {
        text.as_bytes().to_vec()
    }

    fn message() -> Values<'static> {
        Values {
            handset: "+628111".into(),
            service_number: "1234".into(),
            said: Said::text("GAME  join*me & you", utf8),
            at: Some(Timestamp(1_767_225_600_000)),
            smsc: "telco-a",
            id: "abcd".into(),
            service: "games",
            charset: "UTF-8",
            coding: Some(0),
            udh: Cow::Borrowed(&[5, 0, 3, 7, 2, 1]),
            meta: vec![
                MetaGroup {
                    name: "smpp",
                    values: vec![("a b", Cow::Borrowed(b"c&d")), ("e", Cow::Borrowed(b"\x03\x00\xFF"))],
                },
                MetaGroup { name: "none", values: Vec::new() },
            ],
            ..Values::default()
        }
    }

    fn filled(pattern: &str) -> String {
        Pattern::new(pattern).fill(&message())
    }

    // KN-36
    #[test]
    fn every_code_has_its_value() {
        for (pattern, url) in [
            ("%k", "GAME"),
            ("%s/%s/%s/%s/%s", "join*me/%26/you//"),
            ("%S", "join~me"),
            ("%s-%r", "join*me-%26+you"),
            ("%r", "join*me+%26+you"),
            ("%a", "GAME+join*me+%26+you"),
            ("%b", "GAME++join*me+%26+you"),
            ("%A", "GAME++join*me+%26+you"),
            ("%p %q %P %Q", "%2B628111 %2B628111 1234 1234"),
            ("%t", "2026-01-01+00:00:00"),
            ("%T", "1767225600"),
            ("%i|%I|%n", "telco-a|abcd|games"),
            ("%c%m%M%d", "0-1-1-1"),
            ("%C %O", "UTF-8 00"),
            ("%u", "%05%00%03%07%02%01"),
            ("%f%F%o%B%v%V%R", ""),
            ("%#smpp#a b#", "c%26d"),
            ("%#smpp#none#%#box#e#", ""),
            ("%#smpp#e#", "%03%00%FF"),
            ("%D", "%3Fsmpp%3Fa+b%3Dc%2526d%26e%3D%2503%2500%25FF%26%3Fnone%3F"),
        ] {
            assert_eq!(filled(pattern), url, "{pattern}");
        }
    }

    // KN-36
    #[test]
    fn what_is_no_code_stays() {
        for text in ["http://h/a%20b", "%N", "%U", "%x", "%y", "100%", "%#half", "%Ü", "", "%zz"] {
            assert_eq!(filled(text), text, "{text}");
        }
        assert_eq!(filled("%%p"), "%p");
    }

    #[test]
    fn a_text_in_another_character_set_keeps_its_words() {
        let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<u8>>();
        let values = Values { said: Said::text("Я да", utf16), ..Values::default() };
        assert_eq!(Pattern::new("%k,%s,%e").fill(&values), "%04%2F,%044%040,042F002004340430");
        let values = Values { said: Said::octets(b"\x00 \xff"), ..Values::default() };
        assert_eq!(Pattern::new("%k,%s,%b").fill(&values), "%00,%FF,%00+%FF");
    }

    #[test]
    fn numbers_with_00_have_a_plus_on_request() {
        let values = Values { handset: "00628".into(), service_number: "0062".into(), ..Values::default() };
        assert_eq!(Pattern::new("%p,%q,%Q").fill(&values), "00628,%2B628,%2B62");
    }

    #[test]
    fn nothing_that_is_filled_in_writes_parameters_or_the_host() {
        let values = Values {
            said: Said::text("x a&b=c#d/é\r\n", utf8),
            handset: "BA&NK=1".into(),
            ..Values::default()
        };
        assert_eq!(Pattern::new("?t=%S&p=%p").fill(&values), "?t=a%26b%3Dc%23d%2F%C3%A9&p=BA%26NK%3D1");
        assert!(Pattern::new("http://h/%p").names_its_host());
        assert!(Pattern::new("http://h?%p").names_its_host());
        assert!(Pattern::new("http://h").names_its_host());
        for text in ["http://%p/", "http://h%p/", "%p", "/a/%p"] {
            assert!(!Pattern::new(text).names_its_host(), "{text}");
        }
    }
}
