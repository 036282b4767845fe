//! The body of what a caller hands in: a text or octets, with what a handset shall do with it.

use sms::udh::Ports;
use sms::{Alphabet, DataCoding, MessageClass, UserDataHeader};
use utoipa::openapi::schema::{ObjectBuilder, Type};

use super::super::problem::Problem;
use super::presentation::{PortsRequest, class, presentation};
use super::submission::{MessageRequest, unfit};
use super::{octets_of_hex, words};
use crate::refusal::Refusal;
use crate::submission::Content;

/// What is to be carried, and whether it starts with a user data header.
pub(super) fn content(request: MessageRequest) -> Result<(Content, bool), Problem> {
    let class = class(request.flash, request.message_class)?;
    let is_sign = !request.waiting.is_empty();
    match (request.text, request.binary) {
        (Some(_), Some(_)) => Err(Problem::bad_value("binary", "either text or binary, not both")),
        (None, None) if !is_sign => Err(Problem::bad_value("text", "text or binary is needed")),
        (None, Some(_)) if is_sign => Err(Problem::bad_value("waiting", "goes with text, not with binary")),
        (None, Some(binary)) => {
            let header = header(request.udh.as_deref(), request.ports)?;
            encoded(&binary, header, data_coding(request.data_coding, class)?)
        }
        _ if request.udh.is_some() => Err(Problem::bad_value("udh", "goes with binary, not with text")),
        _ if request.data_coding.is_some() => {
            Err(Problem::bad_value("data_coding", "goes with binary, not with text"))
        }
        (text, None) => {
            let text = text.unwrap_or_default();
            let presentation = presentation(&text, class, request.ports, &request.waiting)?;
            Ok((Content::Text { text, presentation }, false))
        }
    }
}

/// What says the alphabet and class of octets: 8-bit data, if the caller says nothing.
fn data_coding(said: Option<u8>, class: Option<MessageClass>) -> Result<u8, Problem> {
    match (said, class) {
        (Some(_), Some(_)) => Err(Problem::bad_value("data_coding", "says the class itself")),
        // C-2: reserved in 23.038 and in SMPP alike.
        (Some(said), None) if DataCoding(said).is_reserved() => {
            Err(Problem::bad_value("data_coding", "a reserved value"))
        }
        (Some(said), None) => Ok(said),
        (None, class) => {
            let classed = class.and_then(|class| DataCoding::with_class(Alphabet::Octets, class));
            Ok(classed.map_or(Alphabet::Octets.data_coding(), |classed| classed.0))
        }
    }
}

words::word!(
    /// What [`data_coding`] takes.
    DataCodingNumber,
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .description(Some("data_coding of SMPP 3.4 section 5.2.19, but for reserved values."))
        .enum_values(Some((0..=u8::MAX).filter(|&octet| !DataCoding(octet).is_reserved())))
);

/// The user data header of octets, with its length octet; empty if there is none.
fn header(udh: Option<&str>, ports: Option<PortsRequest>) -> Result<Vec<u8>, Problem> {
    match (udh, ports) {
        (Some(_), Some(_)) => Err(Problem::bad_value("ports", "either ports or udh, not both")),
        (None, None) => Ok(Vec::new()),
        (None, Some(ports)) => {
            let element = Ports::from(ports).encode();
            Ok([&[element.len() as u8], &element[..]].concat())
        }
        (Some(udh), None) => {
            let octets = octets_of_hex(udh).ok_or_else(|| Problem::bad_value("udh", NOT_HEX))?;
            // U-1
            if !UserDataHeader::parse(&octets).is_ok_and(|(_, rest)| rest.is_empty()) {
                let detail = "not a user data header with its length octet (3GPP 23.040 section 9.2.3.24)";
                return Err(Problem::bad_value("udh", detail));
            }
            Ok(octets)
        }
    }
}

fn encoded(binary: &str, header: Vec<u8>, data_coding: u8) -> Result<(Content, bool), Problem> {
    let has_header = !header.is_empty();
    let mut octets = header;
    octets.extend(octets_of_hex(binary).ok_or_else(|| Problem::bad_value("binary", NOT_HEX))?);
    if octets.len() > OCTETS_MAX {
        return Err(unfit(Refusal::BadLength, "binary"));
    }
    Ok((Content::Encoded { data_coding, octets: octets.into() }, has_header))
}

/// The most octets of a binary message with its header: 255 segments of 140.
pub(super) const OCTETS_MAX: usize = 255 * 140;
const NOT_HEX: &str = "not pairs of hexadecimal digits";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use sms::Message;
    use sms::udh::Waiting;

    use super::super::submission::tests::read;
    use super::*;
    use crate::presentation::Presentation;

    #[test]
    fn octets_with_a_header() {
        let json = r#"{"to":"6281234567890","binary":"DEADbeef","udh":"0605040B8423F0","data_coding":245}"#;
        let submission = read(json).unwrap();
        let Content::Encoded { data_coding, octets } = submission.content else { panic!("text") };
        assert_eq!(data_coding, 245);
        assert_eq!(&octets[..], b"\x06\x05\x04\x0b\x84\x23\xf0\xde\xad\xbe\xef");
        assert_eq!(submission.esm_class, Message::UDHI);
        let plain = read(r#"{"to":"6281234567890","binary":"00"}"#).unwrap();
        assert!(matches!(plain.content, Content::Encoded { data_coding: 4, .. }));
        assert_eq!(plain.esm_class, 0);
    }

    // U-1, C-2
    #[test]
    fn content_that_cannot_be_meant_names_its_field() {
        let cases = [
            (r#""text":"x","binary":"00""#, "binary"),
            (r#""validity_s":5"#, "text"),
            (r#""text":"x","udh":"00""#, "udh"),
            (r#""text":"x","data_coding":8"#, "data_coding"),
            (r#""binary":"0""#, "binary"),
            (r#""binary":"zz""#, "binary"),
            (r#""binary":"00","udh":"060504""#, "udh"),
            (r#""binary":"00","udh":"""#, "udh"),
            (r#""binary":"00","udh":"0504050B8423F0""#, "udh"),
            (r#""binary":"00","data_coding":128"#, "data_coding"),
            (r#""text":"x","from":"twelve chars""#, "from"),
        ];
        for (fields, field) in cases {
            let problem = read(&format!(r#"{{"to":"6281234567890",{fields}}}"#)).unwrap_err();
            assert!(problem.contains(&format!("\"field\":\"{field}\"")), "{fields}: {problem}");
            assert!(problem.contains("\"status\":422"), "{fields}: {problem}");
        }
        let long = format!(r#"{{"to":"6281234567890","binary":"{}"}}"#, "00".repeat(OCTETS_MAX + 1));
        assert!(read(&long).unwrap_err().contains("bad_length"));
    }

    fn presented(fields: &str) -> Result<Presentation, String> {
        let submission = read(&format!(r#"{{"to":"6281234567890",{fields}}}"#))?;
        let Content::Text { presentation, .. } = submission.content else { panic!("octets") };
        Ok(presentation)
    }

    // I-4
    #[test]
    fn a_text_has_a_class() {
        let class = |fields: &str| presented(&format!(r#""text":"x",{fields}"#)).unwrap().class;
        assert_eq!(class(r#""flash":true"#), Some(MessageClass::Flash));
        assert_eq!(class(r#""flash":false"#), None);
        assert_eq!(class(r#""message_class":0"#), Some(MessageClass::Flash));
        assert_eq!(class(r#""message_class":1"#), Some(MessageClass::Handset));
        assert_eq!(class(r#""message_class":2"#), Some(MessageClass::Sim));
        assert_eq!(class(r#""message_class":3"#), Some(MessageClass::Terminal));
    }

    // I-3
    #[test]
    fn ports_go_with_text_and_with_octets() {
        let ports = presented(r#""text":"x","ports":{"destination":2948,"source":9200}"#).unwrap().ports;
        assert_eq!(ports, Some(Ports { destination: 2948, source: 9200 }));
        let alone = presented(r#""text":"x","ports":{"destination":16000}"#).unwrap().ports;
        assert_eq!(alone, Some(Ports { destination: 16000, source: 0 }));

        let json = r#"{"to":"6281234567890","binary":"0106","ports":{"destination":2948,"source":9200},"flash":true}"#;
        let submission = read(json).unwrap();
        assert_eq!(submission.esm_class, Message::UDHI);
        let Content::Encoded { data_coding, octets } = submission.content else { panic!("text") };
        assert_eq!((data_coding, &octets[..]), (0xF4, &b"\x06\x05\x04\x0b\x84\x23\xf0\x01\x06"[..]));
    }

    // I-1
    #[test]
    fn what_waits_is_said_once_or_of_several_kinds() {
        let waiting = |fields: &str| presented(fields).unwrap().waiting;
        let said = |is_kept, kind, count| Waiting { is_kept, kind, count };
        let voice = said(true, Waiting::VOICE, 3);
        assert_eq!(waiting(r#""text":"Three calls","waiting":{"kind":"voice","count":3}"#), [voice]);
        let cleared = said(false, Waiting::VIDEO, 0);
        assert_eq!(waiting(r#""waiting":[{"kind":"video","count":0}]"#), [cleared]);
        let several =
            r#""waiting":[{"kind":"fax","count":255},{"kind":"email","count":1},{"kind":"other","count":2}]"#;
        let kinds = [(Waiting::FAX, 255), (Waiting::EMAIL, 1), (Waiting::OTHER, 2)];
        assert_eq!(waiting(several), kinds.map(|(kind, count)| said(false, kind, count)));
    }

    // I-1, I-3, I-4
    #[test]
    fn what_does_not_go_together_names_its_field() {
        let cases = [
            (r#""text":"x","flash":true,"message_class":1"#, "message_class"),
            (r#""text":"x","message_class":4"#, "message_class"),
            (r#""text":"x","flash":true,"waiting":{"kind":"voice","count":1}"#, "waiting"),
            (
                r#""waiting":[{"kind":"voice","count":1},{"kind":"fax","count":1},{"kind":"voice","count":0}]"#,
                "waiting",
            ),
            (r#""binary":"00","waiting":{"kind":"voice","count":1}"#, "waiting"),
            (r#""binary":"00","udh":"0504020102","ports":{"destination":1}"#, "ports"),
            (r#""binary":"00","data_coding":4,"flash":true"#, "data_coding"),
            (r#""waiting":[]"#, "text"),
        ];
        for (fields, field) in cases {
            let problem = read(&format!(r#"{{"to":"6281234567890",{fields}}}"#)).unwrap_err();
            assert!(problem.contains(&format!("\"field\":\"{field}\"")), "{fields}: {problem}");
        }
        for (fields, clue) in [
            (
                r#""text":"x","waiting":{"kind":"carrier pigeon","count":1}"#,
                "unknown variant `carrier pigeon`",
            ),
            (r#""text":"x","waiting":{"kind":"voice"}"#, "missing field `count`"),
            (r#""text":"x","waiting":{"kind":"voice","count":256}"#, "256"),
            (r#""text":"x","waiting":3"#, "an object with kind and count, or an array of them"),
            (r#""text":"x","ports":{"source":1}"#, "missing field `destination`"),
            (r#""text":"x","ports":{"destination":65536}"#, "65536"),
        ] {
            let problem = presented(fields).unwrap_err();
            assert!(problem.contains("bad_json") && problem.contains(clue), "{fields}: {problem}");
        }
    }
}
