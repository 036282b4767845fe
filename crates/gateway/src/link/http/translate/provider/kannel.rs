//! A message as Kannel tells it to a `get-url`, a `post-url` or a `post-xml`.

use std::fmt::Write;

use form_urlencoded::byte_serialize;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use sms::{Address, Alphabet, DataCoding, Joined, Timestamp, Ton};

use super::super::{instant_of, octets_of_hex};
use super::facts::Facts;
use crate::charset::{Charset, Missing};
use crate::config::RequestForm;
use crate::escape_codes::{Pattern, Said, Values, packed};
use crate::link::http::call::Call;
use crate::link::http::kannel::meta_of;

/// What a message says, as Kannel has it: in UTF-8 if it came in GSM and in UTF-16BE if it came in UCS-2; or in the
/// character set that is asked for, as with its `mo-recode`, unless UCS-2 has letters that it has not.
struct Body {
    said: Said,
    octets: Vec<u8>,
    /// 0 for GSM, 1 for octets, 2 for UCS-2.
    coding: u8,
    charset: &'static str,
    /// Whether it came in UCS-2.
    is_ucs2: bool,
    /// What a document says that it is in, which is that of its text where UCS-2 was written anew.
    declared: &'static str,
}

impl Body {
    fn of(facts: &Facts<'_>, charset: Option<Charset>) -> Self {
        let message = facts.message();
        let is_ucs2 = DataCoding(message.data_coding).alphabet() == Alphabet::Ucs2;
        let Some(text) = &facts.told().text else {
            let octets = Joined::of(message).octets();
            let (said, declared) = (Said::octets(&octets), Charset::LATIN_1.name());
            return Self { said, octets, coding: 1, charset: "8-BIT", is_ucs2, declared };
        };
        let asked = charset.filter(|charset| !is_ucs2 || charset.has_all_of(text));
        let (charset, coding) = match asked {
            Some(charset) => (charset, 0),
            None if is_ucs2 => (Charset::UTF_16BE, 2),
            None => (Charset::UTF_8, 0),
        };
        let encode = |text: &str| charset.encode(text, Missing::Mark).into_owned();
        let declared = asked.filter(|_| is_ucs2).unwrap_or(Charset::LATIN_1).name();
        let said = Said::text(text, encode);
        Self { said, octets: encode(text), coding, charset: charset.name(), is_ucs2, declared }
    }
}

/// The URL for a message.
pub(super) fn url(pattern: &Pattern, request: &RequestForm, facts: &Facts<'_>) -> String {
    let message = facts.message();
    let body = Body::of(facts, request.charset);
    pattern.fill(&Values {
        handset: number(&message.source).into(),
        service_number: number(&message.destination).into(),
        said: body.said,
        at: Some(message.accepted_at),
        smsc: message.origin.as_str(),
        id: message.shown_id().to_string().into(),
        service: &request.service,
        billing: String::from_utf8_lossy(&message.service_type),
        coding: Some(body.coding),
        charset: body.charset,
        class: DataCoding(message.data_coding).class().map(|class| class as u8),
        waiting: waiting(message.data_coding),
        data_coding: Some(message.data_coding),
        udh: udh(facts).into(),
        meta: vec![meta_of(&message.tlvs, &request.tlv)],
        ..Values::default()
    })
}

/// A `get-url`: all is in the URL, but for the sender if it is to stand in a header, too.
pub(super) fn get(call: &mut Call, facts: &Facts<'_>, with_sender: bool) {
    let sender = with_sender.then(|| number(&facts.message().source));
    let value = sender.and_then(|sender| HeaderValue::from_bytes(sender.as_bytes()).ok());
    call.headers.extend(value.map(|value| (HeaderName::from_static("x-kannel-from"), value)));
}

/// A `post-url`: the text in the body, all else in headers.
pub(super) fn post(call: &mut Call, request: &RequestForm, facts: &Facts<'_>, with_sender: bool) {
    let message = facts.message();
    let body = Body::of(facts, request.charset);
    let class = DataCoding(message.data_coding).class().map(|class| (class as u8).to_string());
    let at = time(message.accepted_at);
    let billing = String::from_utf8_lossy(&message.service_type).into_owned();
    let headers = [
        ("x-kannel-from", with_sender.then(|| number(&message.source))),
        ("x-kannel-to", Some(number(&message.destination))),
        ("x-kannel-time", Some(at.clone())),
        ("date", Some(at)),
        ("x-kannel-udh", maybe(byte_serialize(&udh(facts)).collect())),
        ("x-kannel-smsc", Some(message.origin.to_string())),
        ("x-kannel-mclass", class),
        ("x-kannel-pid", Some(message.protocol_id.to_string())),
        ("x-kannel-alt-dcs", Some(alternative(message.data_coding).to_string())),
        ("x-kannel-mwi", waiting(message.data_coding).map(|waiting| waiting.to_string())),
        ("x-kannel-coding", Some(body.coding.to_string())),
        ("x-kannel-compress", compressed(message.data_coding).map(|compressed| compressed.to_string())),
        ("x-kannel-service", Some(request.service.clone())),
        ("x-kannel-binfo", maybe(billing)),
        ("x-kannel-meta-data", Some(packed(&[meta_of(&message.tlvs, &request.tlv)]))),
    ];
    for (name, value) in headers {
        let value = value.and_then(|value| HeaderValue::from_bytes(value.as_bytes()).ok());
        call.headers.extend(value.map(|value| (HeaderName::from_static(name), value)));
    }
    let content_type = match body.coding {
        1 => "application/octet-stream".to_owned(),
        _ => format!("text/plain; charset=\"{}\"", body.charset),
    };
    if let Ok(content_type) = HeaderValue::try_from(content_type) {
        call.headers.remove(CONTENT_TYPE);
        call.body = Some((content_type, body.octets));
    }
}

/// A `post-xml`: the document is Kannel's, blank by blank. The text in it is URL-encoded.
pub(super) fn post_xml(call: &mut Call, request: &RequestForm, facts: &Facts<'_>, with_sender: bool) {
    let message = facts.message();
    let body = Body::of(facts, request.charset);
    let class = DataCoding(message.data_coding).class().map(|class| class as u8);
    let element = |number: String| format!("  \t\t<number>{}</number>\n", quick_xml::escape::escape(number));
    let mut dcs = format!("  \t\t<coding>{}</coding>\n", body.coding);
    if let Some(class) = class {
        let _ = writeln!(dcs, "  \t\t<mclass>{class}</mclass>");
    }
    let _ = writeln!(dcs, "  \t\t<alt-dcs>{}</alt-dcs>", alternative(message.data_coding));
    if let Some(waiting) = waiting(message.data_coding) {
        let _ = writeln!(dcs, "  \t\t<mwi>{waiting}</mwi>");
    }
    if let Some(compressed) = compressed(message.data_coding) {
        let _ = writeln!(dcs, "  \t\t<compress>{compressed}</compress>");
    }
    let smsc = quick_xml::escape::escape(message.origin.as_str());
    let service = quick_xml::escape::escape(request.service.as_str());
    let meta = packed(&[meta_of(&message.tlvs, &request.tlv)]);
    let at = instant_of(message.accepted_at);
    let at = at.strftime(
        "<year>%Y</year><month>%m</month><day>%d</day><hour>%H</hour><minute>%M</minute>\
         <second>%S</second><timezone>0</timezone>",
    );
    let elements = [
        with_sender.then(|| ("oa", element(number(&message.source)))),
        Some(("da", element(number(&message.destination)))),
        maybe(byte_serialize(&udh(facts)).collect()).map(|udh| ("udh", udh)),
        Some(("ud", byte_serialize(&body.octets).collect())),
        Some(("pid", message.protocol_id.to_string())),
        Some(("dcs", dcs)),
        Some(("at", at.to_string())),
        Some(("from", format!("  \t\t<account>{smsc}</account>\n"))),
        Some(("to", format!("  \t\t<service>{service}</service>\n"))),
        Some(("meta-data", quick_xml::escape::escape(meta).into_owned())),
    ];
    let declared = body.declared;
    let mut document =
        format!("<?xml version=\"1.0\" encoding=\"{declared}\"?>\n<message cid=\"1\">\n\t<submit>\n");
    for (name, value) in elements.into_iter().flatten() {
        let _ = writeln!(document, "  \t\t<{name}>{value}</{name}>");
    }
    document.push_str("\t</submit>\n</message>\n");
    let content_type = match body.is_ucs2 {
        true => HeaderValue::try_from(format!("text/xml; charset=\"{declared}\"")).unwrap_or(XML),
        false => XML,
    };
    call.body = Some((content_type, document.into_bytes()));
}

/// An international number has a plus, whether the SMSC wrote one, 00 or neither.
fn number(address: &Address) -> String {
    let text = address.text();
    if address.ton != Ton::INTERNATIONAL || text.starts_with('+') {
        return text;
    }
    format!("+{}", text.strip_prefix("00").unwrap_or(&text))
}

/// Whether the class is said by a group of its own, 1111 (23.038, 4).
fn alternative(data_coding: u8) -> u8 {
    (data_coding >> 4 == 0xF).into()
}

/// What waits, by kind, and 4 more if the sign is taken away (23.038, 4: groups 1100 to 1110).
fn waiting(data_coding: u8) -> Option<u8> {
    let is_taken_away = data_coding & 0x08 == 0;
    (0xC0..0xF0).contains(&data_coding).then_some(data_coding & 0x07 | if is_taken_away { 4 } else { 0 })
}

/// Whether the text is compressed, where that is said.
fn compressed(data_coding: u8) -> Option<u8> {
    (data_coding < 0xC0).then_some((data_coding < 0x80 && data_coding & 0x20 != 0).into())
}

/// The user data header with its length.
fn udh(facts: &Facts<'_>) -> Vec<u8> {
    facts.told().udh.as_deref().and_then(octets_of_hex).unwrap_or_default()
}

fn maybe(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

/// In UTC.
fn time(at: Timestamp) -> String {
    instant_of(at).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

const XML: HeaderValue = HeaderValue::from_static("text/xml");

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use sms::Message;

    use super::super::{rules_at, sample};

    fn url_of(options: &str, message: &Message) -> String {
        let url = "http://cp.example/sms?k=%k&a=%a&b=%b&p=%p&P=%P&t=%t&i=%i&c=%c&C=%C&m=%m&O=%O&u=%u";
        let rules = rules_at(url, &format!("format = \"kannel\"\n{options}"));
        super::super::call(&rules.request, message, 1).url.unwrap().query().unwrap().to_owned()
    }

    // KN-36
    #[test]
    fn a_get_url_is_filled_as_kannel_fills_it() {
        assert_eq!(
            url_of("", &sample(0, 0, &[b"game  on"])),
            "k=game&a=game+on&b=game++on&p=%2B6281234567890&P=1234&t=2026-01-01+00:00:00&i=telco-a&c=0&C=UTF-8&m=-1&O=00&u="
        );
        let mut abroad = sample(0, 0, &[b"x"]);
        abroad.source.value =
            sms::Address::new(sms::Ton::UNKNOWN, sms::Npi::UNKNOWN, b"006281234567890").unwrap().value;
        assert!(url_of("", &abroad).contains("&p=%2B6281234567890&"), "00 is a plus");
        let ucs2 = url_of("", &sample(0x18, 0, &[b"\x04\x30\x00 \x00b"]));
        assert!(ucs2.starts_with("k=%040&a=%040+%00b&b=%040%00+%00b&"), "{ucs2}");
        assert!(ucs2.ends_with("c=2&C=UTF-16BE&m=0&O=24&u="), "{ucs2}");
        let recoded = url_of("charset = \"UTF-8\"", &sample(8, 0, &[b"\x04\x30"]));
        assert!(
            recoded.starts_with("k=%D0%B0&") && recoded.ends_with("c=0&C=UTF-8&m=-1&O=08&u="),
            "{recoded}"
        );
        let ported = url_of("", &sample(4, Message::UDHI, &[b"\x06\x05\x04\x0b\x84\x23\xf0\x00\xff"]));
        assert!(
            ported.contains("&b=%00%FF&")
                && ported.ends_with("c=1&C=8-BIT&m=-1&O=04&u=%06%05%04%0B%84%23%F0"),
            "{ported}"
        );
    }

    // KN-36, KN-37, KN-38: as smsbox 1.4.5 takes a data_coding apart.
    #[test]
    fn groups_of_data_coding_are_told_as_kannel_tells_them() {
        for (data_coding, alternative, waiting, compressed) in [
            (0x00, "0", None, Some("0")),
            (0x10, "0", None, Some("0")),
            (0xC0, "0", Some("4"), None),
            (0xC9, "0", Some("1"), None),
            (0xDA, "0", Some("2"), None),
            (0xF1, "1", None, None),
        ] {
            let message = sample(data_coding, 0, &[b"x"]);
            let url = "http://cp.example/sms?M=%M";
            let rules = rules_at(url, "format = \"kannel\"");
            let url = super::super::call(&rules.request, &message, 1).url.unwrap();
            assert_eq!(url.query().unwrap(), format!("M={}", waiting.unwrap_or("-1")), "{data_coding:#x}");
            let (headers, ..) = posted("format = \"kannel\"\nmethod = \"POST\"", &message);
            let header =
                |name: &str| headers.iter().find(|(is, _)| is == name).map(|(_, value)| value.as_str());
            let said = ["x-kannel-alt-dcs", "x-kannel-mwi", "x-kannel-compress"].map(header);
            assert_eq!(said, [Some(alternative), waiting, compressed], "{data_coding:#x}");
            let (.., document) = posted("format = \"kannel-xml\"", &message);
            let document = String::from_utf8(document).unwrap();
            for (name, value) in [("alt-dcs", Some(alternative)), ("mwi", waiting), ("compress", compressed)]
            {
                let element = value.map(|value| format!("<{name}>{value}</{name}>"));
                let is_there = element.map_or_else(|| !document.contains(name), |is| document.contains(&is));
                assert!(is_there, "{data_coding:#x} {name}: {document}");
            }
        }
    }

    fn posted(options: &str, message: &Message) -> (Vec<(String, String)>, String, Vec<u8>) {
        let rules = rules_at("http://cp.example/sms?t=%k", &format!("{options}\nsend_sender = true"));
        let call = super::super::call(&rules.request, message, 1);
        let headers = call.headers.iter();
        let headers = headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
        let (content_type, body) = call.body.unwrap();
        (headers.collect(), content_type.to_str().unwrap().to_owned(), body)
    }

    // KN-37: octet by octet what smsbox 1.4.5 posts.
    #[test]
    fn a_post_url_is_posted_what_kannel_posts() {
        let post = "format = \"kannel\"\nmethod = \"POST\"";
        let (headers, content_type, body) = posted(post, &sample(0, 0, &[b"purl \x7b"]));
        let shown: Vec<_> = headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        assert_eq!(
            shown,
            [
                "x-kannel-from: +6281234567890",
                "x-kannel-to: 1234",
                "x-kannel-time: 2026-01-01 00:00:00",
                "date: 2026-01-01 00:00:00",
                "x-kannel-smsc: telco-a",
                "x-kannel-pid: 0",
                "x-kannel-alt-dcs: 0",
                "x-kannel-coding: 0",
                "x-kannel-compress: 0",
                "x-kannel-service: games",
                "x-kannel-meta-data: ?smpp?",
            ]
        );
        assert_eq!(
            (content_type.as_str(), &body[..]),
            ("text/plain; charset=\"UTF-8\"", "purl ä".as_bytes())
        );
        let (_, content_type, body) = posted(post, &sample(8, 0, &[b"\x04\x14"]));
        assert_eq!(
            (content_type.as_str(), &body[..]),
            ("text/plain; charset=\"UTF-16BE\"", &b"\x04\x14"[..])
        );
        let ported = sample(0xF5, Message::UDHI, &[b"\x06\x05\x04\x0b\x84\x23\xf0\x00\xff"]);
        let (headers, content_type, body) = posted(post, &ported);
        assert_eq!((content_type.as_str(), &body[..]), ("application/octet-stream", &b"\x00\xff"[..]));
        for (name, value) in [("x-kannel-udh", "%06%05%04%0B%84%23%F0"), ("x-kannel-mclass", "1")] {
            assert!(headers.contains(&(name.to_owned(), value.to_owned())), "{headers:?}");
        }
    }

    // KN-38: octet by octet what smsbox 1.4.5 posts.
    #[test]
    fn a_post_xml_is_posted_the_document_of_kannel() {
        let (_, content_type, body) =
            posted("format = \"kannel-xml\"", &sample(0x10, 0, &[b"pxml <a> & \x7b"]));
        let expected = "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n<message cid=\"1\">\n\t<submit>\n  \t\t<oa>  \t\t<number>+6281234567890</number>\n</oa>\n  \t\t<da>  \t\t<number>1234</number>\n</da>\n  \t\t<ud>pxml+%3Ca%3E+%26+%C3%A4</ud>\n  \t\t<pid>0</pid>\n  \t\t<dcs>  \t\t<coding>0</coding>\n  \t\t<mclass>0</mclass>\n  \t\t<alt-dcs>0</alt-dcs>\n  \t\t<compress>0</compress>\n</dcs>\n  \t\t<at><year>2026</year><month>01</month><day>01</day><hour>00</hour><minute>00</minute><second>00</second><timezone>0</timezone></at>\n  \t\t<from>  \t\t<account>telco-a</account>\n</from>\n  \t\t<to>  \t\t<service>games</service>\n</to>\n  \t\t<meta-data>?smpp?</meta-data>\n\t</submit>\n</message>\n";
        assert_eq!((content_type.as_str(), std::str::from_utf8(&body).unwrap()), ("text/xml", expected));
        for (options, head, content_type, ud) in [
            ("", "ISO-8859-1", "text/xml; charset=\"ISO-8859-1\"", "%04%14%00+%00x"),
            ("charset = \"UTF-8\"", "UTF-8", "text/xml; charset=\"UTF-8\"", "%D0%94+x"),
            ("charset = \"latin1\"", "ISO-8859-1", "text/xml; charset=\"ISO-8859-1\"", "%04%14%00+%00x"),
        ] {
            let options = format!("format = \"kannel-xml\"\n{options}");
            let (_, said, body) = posted(&options, &sample(8, 0, &[b"\x04\x14\0 \0x"]));
            let body = String::from_utf8(body).unwrap();
            assert_eq!(said, content_type, "{options}");
            assert!(body.starts_with(&format!("<?xml version=\"1.0\" encoding=\"{head}\"?>\n")), "{body}");
            assert!(body.contains(&format!("<ud>{ud}</ud>\n")), "{body}");
        }
        let ported = sample(4, Message::UDHI, &[b"\x06\x05\x04\x0b\x84\x23\xf0\xff"]);
        let (_, _, body) = posted("format = \"kannel-xml\"", &ported);
        let body = std::str::from_utf8(&body).unwrap();
        assert!(body.contains("  \t\t<udh>%06%05%04%0B%84%23%F0</udh>\n  \t\t<ud>%FF</ud>\n"), "{body}");
    }
}
