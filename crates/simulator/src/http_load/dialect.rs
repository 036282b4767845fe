//! How gateways are asked to carry a message, and how they tell receipts.

use std::net::SocketAddr;
use std::ops::Range;

use bytes::{BufMut, BytesMut};

use crate::Serial;

/// How a gateway is spoken to.
#[derive(Clone)]
pub enum Dialect {
    /// `POST /v1/messages` with JSON; receipts are JSON with the id of the answer.
    Estafet {
        /// The credentials, as HTTP Basic has them: `account:password` in Base64.
        credentials: String,
        /// Whether each message names where its receipt is told; otherwise the account has a callback.
        names_callback: bool,
    },
    /// `GET /cgi-bin/sendsms` of Kannel; receipts name the number of the message in their query.
    Kannel {
        /// The user.
        username: String,
        /// Its password.
        password: String,
    },
}

impl Dialect {
    /// How many messages a request can have, if `wanted` are.
    pub(super) fn per_request(&self, wanted: u64) -> u64 {
        match self {
            Self::Estafet { .. } => wanted.max(1),
            Self::Kannel { .. } => 1,
        }
    }

    /// Appends the request that hands in these messages; `callback` is where its receipt is told.
    pub(super) fn write(&self, numbers: Range<u64>, octets: usize, callback: SocketAddr, out: &mut BytesMut) {
        match self {
            Self::Estafet { credentials, names_callback } => {
                let more = names_callback.then(|| format!("\"callback_url\":\"http://{callback}/\","));
                write_json(credentials, numbers, &more.unwrap_or_default(), octets, out);
            }
            Self::Kannel { username, password } => {
                let number = numbers.start;
                let (host, port) = (callback.ip(), callback.port());
                let head = format!(
                    "GET /cgi-bin/sendsms?username={username}&password={password}&from={SOURCE}&to={}\
                     &dlr-mask=3&dlr-url=http%3A%2F%2F{host}%3A{port}%2F%3Fn%3D{number}%26state%3D%25d&text=",
                    destination(number)
                );
                out.put_slice(head.as_bytes());
                put_in_query(number, octets, out);
                out.put_slice(b" HTTP/1.1\r\nHost: localhost\r\n\r\n");
            }
        }
    }

    /// The keys by which receipts name messages that were answered so: of those that were taken over.
    pub(super) fn accepted(&self, numbers: Range<u64>, status: u16, body: &[u8]) -> Vec<u128> {
        match self {
            _ if status != ACCEPTED => Vec::new(),
            Self::Estafet { .. } => ids(body).collect(),
            Self::Kannel { .. } => numbers.map(u128::from).collect(),
        }
    }

    /// Shows `found` the keys of the messages that a call tells receipts of.
    pub(super) fn receipts(&self, target: &[u8], body: &[u8], mut found: impl FnMut(u128)) {
        match self {
            Self::Estafet { .. } => ids(body).for_each(found),
            Self::Kannel { .. } => {
                let number = target.strip_prefix(b"/?n=").unwrap_or_default();
                let digits = number.split(|octet| !octet.is_ascii_digit()).next().unwrap_or_default();
                if let Some(number) = std::str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok())
                {
                    found(number);
                }
            }
        }
    }
}

fn write_json(credentials: &str, numbers: Range<u64>, more: &str, octets: usize, out: &mut BytesMut) {
    let is_array = numbers.end - numbers.start > 1;
    let mut body = BytesMut::with_capacity(octets + MESSAGE_OCTETS);
    for number in numbers.clone() {
        body.put_u8(if number > numbers.start { b',' } else { b'[' });
        let fields = format!("{{{more}\"from\":\"{SOURCE}\",\"to\":\"{}\",\"text\":\"", destination(number));
        body.put_slice(fields.as_bytes());
        Serial { number, again: false }.write(octets, &mut body);
        body.put_slice(b"\"}");
    }
    body.put_u8(b']');
    let body = if is_array { &body[..] } else { body.get(1..body.len() - 1).unwrap_or_default() };
    let head = format!(
        "POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic {credentials}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    out.put_slice(head.as_bytes());
    out.put_slice(body);
}

/// A body of letters, digits and blanks, as a query has it.
fn put_in_query(number: u64, octets: usize, out: &mut BytesMut) {
    let start = out.len();
    Serial { number, again: false }.write(octets, out);
    for octet in out.iter_mut().skip(start).filter(|octet| **octet == b' ') {
        *octet = b'+';
    }
}

fn destination(number: u64) -> u64 {
    FIRST_DESTINATION + number % DESTINATIONS
}

/// The values of `"id"` in a JSON text.
fn ids(json: &[u8]) -> impl Iterator<Item = u128> {
    let mut rest = json;
    std::iter::from_fn(move || {
        let at = rest.windows(ID_NAME.len()).position(|window| window == ID_NAME)? + ID_NAME.len();
        let digits = rest.get(at..at + ID_DIGITS)?;
        rest = rest.get(at + ID_DIGITS..)?;
        u128::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
    })
}

const ACCEPTED: u16 = 202;
const SOURCE: &str = "1234";
const FIRST_DESTINATION: u64 = 628_110_000_000;
const DESTINATIONS: u64 = 10_000_000;
const ID_NAME: &[u8] = b"\"id\":\"";
const ID_DIGITS: usize = 32;
/// What a message in JSON has besides its text, in octets.
const MESSAGE_OCTETS: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    fn callback() -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], 9000))
    }

    #[test]
    fn kannel_is_asked_by_query_and_names_the_number() {
        let kannel = Dialect::Kannel { username: "u".to_owned(), password: "p".to_owned() };
        let mut out = BytesMut::new();
        kannel.write(7..8, 29, callback(), &mut out);
        let request = String::from_utf8_lossy(&out).into_owned();
        assert!(request.contains("&to=628110000007&dlr-mask=3&"), "{request}");
        assert!(
            request.contains("dlr-url=http%3A%2F%2F127.0.0.1%3A9000%2F%3Fn%3D7%26state%3D%25d"),
            "{request}"
        );
        assert!(request.contains("&text=msg+000000007+the+quick+brown HTTP/1.1\r\n"), "{request}");
        assert_eq!(kannel.accepted(7..8, 202, b"0: Accepted for delivery"), [7]);
        assert_eq!(kannel.accepted(7..8, 503, b"Temporal failure, try again later."), []);
        assert_eq!((kannel.per_request(10), kannel.per_request(0)), (1, 1));
        let mut found = Vec::new();
        kannel.receipts(b"/?n=7&state=1", b"", |key| found.push(key));
        kannel.receipts(b"/other", b"", |key| found.push(key));
        assert_eq!(found, [7]);
    }

    #[test]
    fn estafet_is_asked_in_json_and_names_its_id() {
        let estafet = Dialect::Estafet { credentials: "eDp5".to_owned(), names_callback: false };
        let mut out = BytesMut::new();
        estafet.write(7..8, 29, callback(), &mut out);
        let request = String::from_utf8_lossy(&out).into_owned();
        let (head, body) = request.split_once("\r\n\r\n").unwrap_or_default();
        assert!(head.ends_with(&format!("Content-Length: {}", body.len())), "{head}");
        let expected = r#"{"from":"1234","to":"628110000007","text":"msg 000000007 the quick brown"}"#;
        assert_eq!(body, expected);
        let id = format!("\"id\":\"{:032x}\"", 9);
        assert_eq!(estafet.accepted(7..8, 202, format!("{{{id}}}").as_bytes()), [9]);
        let mut found = Vec::new();
        let many = format!("[{{{id}}},{{\"id\":\"{:032x}\"}},{{\"id\":\"short", 10);
        estafet.receipts(b"/", many.as_bytes(), |key| found.push(key));
        assert_eq!(found, [9, 10]);
        out.clear();
        estafet.write(7..10, 29, callback(), &mut out);
        let request = String::from_utf8_lossy(&out).into_owned();
        assert_eq!(request.matches("\"text\":\"msg 00000000").count(), 3);
        let naming = Dialect::Estafet { credentials: "eDp5".to_owned(), names_callback: true };
        let mut out_naming = BytesMut::new();
        naming.write(7..8, 29, callback(), &mut out_naming);
        let named = String::from_utf8_lossy(&out_naming).into_owned();
        assert!(named.contains(r#"{"callback_url":"http://127.0.0.1:9000/","from""#), "{named}");
        assert!(request.contains("\r\n\r\n[{") && request.ends_with("}]"), "{request}");
    }
}
