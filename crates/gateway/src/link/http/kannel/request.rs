//! What a request says: in its query, or in its headers and body.

use axum::http::{HeaderMap, header};

use super::answer::Answer;

/// A request as it came. Values are octets: what they mean, the request itself says. Has no `Debug` form, so that
/// neither password nor text can get into a log.
#[derive(Default)]
pub(super) struct Request {
    pub(super) username: Option<Vec<u8>>,
    pub(super) password: Option<Vec<u8>>,
    pub(super) to: Option<Vec<u8>>,
    pub(super) from: Option<Vec<u8>>,
    pub(super) text: Vec<u8>,
    pub(super) charset: Option<Vec<u8>>,
    pub(super) udh: Option<Vec<u8>>,
    pub(super) smsc: Option<Vec<u8>>,
    pub(super) account: Option<Vec<u8>>,
    pub(super) binfo: Option<Vec<u8>>,
    pub(super) dlr_url: Option<Vec<u8>>,
    pub(super) dlr_mask: Option<i32>,
    pub(super) mclass: Option<i32>,
    pub(super) pid: Option<i32>,
    pub(super) rpi: Option<i32>,
    pub(super) alt_dcs: Option<i32>,
    pub(super) mwi: Option<i32>,
    pub(super) coding: Option<i32>,
    pub(super) compress: Option<i32>,
    pub(super) validity: Option<i32>,
    pub(super) deferred: Option<i32>,
    pub(super) priority: Option<i32>,
    pub(super) meta: Option<Vec<u8>>,
}

/// What the body of a POST says that it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ContentType {
    Text,
    Octets,
    Xml,
    /// Markup, which Kannel knows and does not take.
    Markup,
}

impl Request {
    /// A GET: everything stands in the query. Of what is there twice, the first counts.
    pub(super) fn of_query(query: &str) -> Self {
        let pairs: Vec<_> = query.split('&').map(|part| part.split_once('=').unwrap_or((part, ""))).collect();
        let value = |name: &str| {
            let named = pairs.iter().find(|(key, _)| decoded(key.as_bytes()) == name.as_bytes());
            named.map(|(_, value)| decoded(value.as_bytes()))
        };
        Self {
            username: value("username").or_else(|| value("user")),
            password: value("password").or_else(|| value("pass")),
            text: value("text").unwrap_or_default(),
            charset: value("charset"),
            udh: value("udh"),
            dlr_url: value("dlr-url").or_else(|| value("dlrurl")),
            dlr_mask: value("dlr-mask").or_else(|| value("dlrmask")).and_then(|value| number(&value)),
            ..Self::of(value)
        }
    }

    /// A POST: the headers say everything, but for the text. Of what is there twice, the last counts.
    pub(super) fn of_headers(headers: &HeaderMap, body: &[u8]) -> Self {
        let value = |name: &str| {
            let value = headers.get_all(format!("x-kannel-{name}")).iter().next_back()?;
            Some(value.as_bytes().trim_ascii().to_vec())
        };
        Self {
            text: body.to_vec(),
            charset: charset(headers),
            udh: value("udh").map(|udh| header_of_text(&udh)),
            ..Self::of(value)
        }
    }

    /// What is called the same everywhere.
    fn of(value: impl Fn(&str) -> Option<Vec<u8>>) -> Self {
        let number = |name: &str| number(&value(name)?);
        Self {
            username: value("username"),
            password: value("password"),
            to: value("to"),
            from: value("from"),
            smsc: value("smsc"),
            account: value("account"),
            binfo: value("binfo"),
            dlr_url: value("dlr-url"),
            dlr_mask: number("dlr-mask"),
            mclass: number("mclass"),
            pid: number("pid"),
            rpi: number("rpi"),
            alt_dcs: number("alt-dcs"),
            mwi: number("mwi"),
            coding: number("coding"),
            compress: number("compress"),
            validity: number("validity"),
            deferred: number("deferred"),
            priority: number("priority"),
            meta: value("meta-data"),
            ..Self::default()
        }
    }
}

impl ContentType {
    /// Octets, if nothing is said.
    pub(super) fn of(headers: &HeaderMap) -> Result<Self, Answer> {
        let Some(value) = headers.get(header::CONTENT_TYPE) else { return Ok(Self::Octets) };
        let value = value.to_str().unwrap_or_default();
        match value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
            "text/plain" => Ok(Self::Text),
            "application/octet-stream" => Ok(Self::Octets),
            "text/xml" => Ok(Self::Xml),
            "text/html" | "text/vnd.wap.wml" => Ok(Self::Markup),
            _ => Err(Answer::rejected("Invalid content-type")),
        }
    }
}

/// The character set that the content type names; text has one in any case, if it says so in lower case.
fn charset(headers: &HeaderMap) -> Option<Vec<u8>> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let mut parts = value.split(';');
    let is_text = parts.next()?.trim_start().starts_with("text/");
    let named = parts.find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let value = value.trim().trim_matches('"').as_bytes().to_vec();
        (name.trim().eq_ignore_ascii_case("charset") && !value.is_empty()).then_some(value)
    });
    named.or_else(|| is_text.then(|| b"ISO-8859-1".to_vec()))
}

/// A user data header in a header: percent-encoded or in hexadecimal digits, or else itself.
pub(super) fn header_of_text(text: &[u8]) -> Vec<u8> {
    if text.first() == Some(&b'%') {
        return decoded(text);
    }
    let digits = std::str::from_utf8(text).ok();
    digits.and_then(super::super::translate::octets_of_hex).unwrap_or_else(|| text.to_vec())
}

/// Without percent signs and plusses. What is no code stays, all three octets of it; what is cut off at the end is
/// dropped.
pub(super) fn decoded(text: &[u8]) -> Vec<u8> {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, behind)) = rest.split_first() {
        rest = match (first, behind) {
            (b'+', _) => {
                octets.push(b' ');
                behind
            }
            (b'%', [high, low, after @ ..]) => {
                match digit(*high).zip(digit(*low)) {
                    Some((high, low)) => octets.push(high << 4 | low),
                    None => octets.extend([b'%', *high, *low]),
                }
                after
            }
            (b'%', _) => break,
            _ => {
                octets.push(*first);
                behind
            }
        };
    }
    octets
}

fn digit(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// As `scanf` reads a `%d`: what stands before a number may be blanks, what stands behind it does not matter. No
/// number and -1 are both nothing.
pub(super) fn number(text: &[u8]) -> Option<i32> {
    let text = text.trim_ascii_start();
    let (sign, digits) = match text.split_first() {
        Some((b'-', digits)) => (-1, digits),
        Some((b'+', digits)) => (1, digits),
        _ => (1, text),
    };
    let digits: Vec<u8> = digits.iter().copied().take_while(u8::is_ascii_digit).collect();
    if digits.is_empty() {
        return None;
    }
    let add = |sum: i32, digit: &u8| sum.saturating_mul(10).saturating_add(i32::from(digit - b'0'));
    let number = sign * digits.iter().fold(0, add);
    (number != -1).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_code_stays_and_what_is_cut_off_is_dropped() {
        for (query, text) in [
            ("text=a+b%2Bc", "a b+c"),
            ("te%78t=x", "x"),
            ("text=100%", "100"),
            ("text=a%4", "a"),
            ("text=x%%", "x"),
            ("text=a%zzb&x=%", "a%zzb"),
            ("text=%%41", "%%41"),
            ("text=%2%", "%2%"),
            ("text=%%%", "%%%"),
        ] {
            assert_eq!(Request::of_query(query).text, text.as_bytes(), "{query}");
        }
    }

    #[test]
    fn numbers_are_read_as_scanf_does() {
        for (text, read) in [
            ("5", Some(5)),
            (" 7x", Some(7)),
            ("+3", Some(3)),
            ("-2", Some(-2)),
            ("-1", None),
            ("", None),
            ("x", None),
            ("-", None),
            ("99999999999", Some(i32::MAX)),
        ] {
            assert_eq!(number(text.as_bytes()), read, "{text}");
        }
    }

    #[test]
    fn the_first_of_two_values_counts_in_a_query_and_old_names_are_known() {
        let request = Request::of_query("to=1&to=2&user=a&pass=b&dlrmask=3&dlrurl=u&x&=&text=c");
        assert_eq!(request.to.as_deref(), Some(&b"1"[..]));
        assert_eq!((request.username, request.password), (Some(b"a".to_vec()), Some(b"b".to_vec())));
        assert_eq!((request.dlr_mask, request.dlr_url), (Some(3), Some(b"u".to_vec())));
        assert_eq!(request.text, b"c");
    }
}
