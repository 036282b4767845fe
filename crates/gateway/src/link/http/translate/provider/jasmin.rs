//! A message as Jasmin tells it to an HTTP client connector.

use std::borrow::Cow;

use sms::Joined;

use super::super::hex;
use super::facts::Facts;
use super::form::append;
use crate::charset::{Charset, Missing};
use crate::link::http::jasmin::uuid;

/// The fields of a call. `content` is the octets of the SMSC, unless a character set is asked for.
pub(super) fn form(facts: &Facts<'_>, charset: Option<Charset>) -> String {
    let message = facts.message();
    let joined = Joined::of(message);
    let octets = joined.octets();
    let told = facts.told();
    let content = match (&told.text, charset) {
        (Some(text), Some(charset)) => charset.encode(text, Missing::Mark),
        _ => Cow::Borrowed(&octets[..]),
    };
    let mut form = String::with_capacity(FORM_OCTETS);
    append(&mut form, "id", uuid(message.shown_id()).as_bytes());
    append(&mut form, "from", message.source.text().as_bytes());
    append(&mut form, "to", message.destination.text().as_bytes());
    append(&mut form, "origin-connector", message.origin.as_str().as_bytes());
    append(&mut form, "content", &content);
    append(&mut form, "binary", hex(&octets).as_bytes());
    append(&mut form, "priority", message.priority.0.to_string().as_bytes());
    append(&mut form, "coding", message.data_coding.to_string().as_bytes());
    form
}

const FORM_OCTETS: usize = 512;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::collections::HashMap;

    use super::super::{rules, sample};

    fn fields(options: &str, data_coding: u8, octets: &'static [u8]) -> HashMap<String, Vec<u8>> {
        let call = super::super::call(
            &rules(&format!("format = \"jasmin\"\n{options}")).request,
            &sample(data_coding, 0, &[octets]),
            1,
        );
        let body = call.body.unwrap().1;
        let pairs = body.split(|&octet| octet == b'&').map(|pair| {
            let pair = std::str::from_utf8(pair).unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            let value = value.replace('+', " ");
            let mut octets = Vec::new();
            let mut rest = value.as_bytes();
            while let [first, after @ ..] = rest {
                if *first == b'%' {
                    octets.push(u8::from_str_radix(std::str::from_utf8(&after[..2]).unwrap(), 16).unwrap());
                    rest = &after[2..];
                } else {
                    octets.push(*first);
                    rest = after;
                }
            }
            (name.to_owned(), octets)
        });
        pairs.collect()
    }

    // JS-27
    #[test]
    fn content_is_what_the_smsc_sent_unless_a_character_set_is_asked_for() {
        let raw = fields("", 8, b"\x04\x30\x00 ");
        assert_eq!(raw["content"], b"\x04\x30\x00 ");
        assert_eq!((&raw["binary"][..], &raw["coding"][..]), (&b"04300020"[..], &b"8"[..]));
        assert_eq!(
            (&raw["from"][..], &raw["origin-connector"][..]),
            (&b"6281234567890"[..], &b"telco-a"[..])
        );
        let text = fields("charset = \"UTF-8\"", 8, b"\x04\x30\x00 ");
        assert_eq!(text["content"], "а ".as_bytes());
    }

    // JS-29
    #[test]
    fn a_long_message_is_told_once_and_whole() {
        let call = |item: &'static [&'static [u8]]| {
            super::super::call(&rules("format = \"jasmin\"").request, &sample(0, sms::Message::UDHI, item), 1)
        };
        let parts: &[&[u8]] = &[b"\x05\x00\x03\x07\x02\x01one ", b"\x05\x00\x03\x07\x02\x02two"];
        let body = String::from_utf8(call(parts).body.unwrap().1).unwrap();
        assert!(body.ends_with("&content=one+two&binary=6f6e652074776f&priority=0&coding=0"), "{body}");
    }
}
