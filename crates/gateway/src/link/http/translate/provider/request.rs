//! A message as a content provider is told it, in the form that its configuration asks for.

use std::borrow::Cow;

use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use sms::Message;
use url::Url;

use super::facts::Facts;
use super::form::append;
use super::{jasmin, kannel};
use crate::charset::{Charset, Missing};
use crate::config::{Content, Method, RequestForm, Told, Where};
use crate::link::http::call::Call;
use crate::link::http::jasmin::thrower;
use crate::template::{Escape, Field, Template};

/// The call that tells a message; `attempt` counts from 1.
///
/// The id is the transaction: the same at every attempt. Octets that are no text go as hexadecimal digits in
/// `binary` with `data_coding`; a user data header goes as `udh`. A long message is told whole;
/// `incomplete` and `missing` are told when parts of it never came.
pub(in super::super::super) fn call(request: &RequestForm, message: &Message, attempt: u32) -> Call {
    let facts = Facts::of(message, attempt);
    let charset = request.charset.unwrap_or(Charset::UTF_8);
    let mut call =
        Call { url: url(request, &facts, charset), headers: headers(request, &facts), ..Call::default() };
    match &request.content {
        Content::Form(fields) => put_form(&mut call, request, form(fields, &facts, charset)),
        Content::Jasmin => put_form(&mut call, request, jasmin::form(&facts, request.charset)),
        Content::Object(fields) => {
            call.body = Some((JSON, charset.encode(&object(fields, &facts), Missing::Mark).into_owned()))
        }
        Content::Body { template, escape, content_type } => {
            let missing = if *escape == Escape::Xml { Missing::Reference } else { Missing::Mark };
            let body = template.fill(*escape, |field| facts.value(field));
            call.body = Some((content_type.clone(), charset.encode(&body, missing).into_owned()));
        }
        Content::KannelPost { with_sender } => kannel::post(&mut call, request, &facts, *with_sender),
        Content::KannelXml { with_sender } => kannel::post_xml(&mut call, request, &facts, *with_sender),
        Content::KannelGet { with_sender } => kannel::get(&mut call, &facts, *with_sender),
    }
    call
}

/// The URL, if it changes from call to call. What cannot be called leaves it as it was configured.
fn url(request: &RequestForm, facts: &Facts<'_>, charset: Charset) -> Option<Url> {
    let text = match &request.place {
        Where::Fixed => return None,
        Where::Template(template) => template.fill(Escape::Url(charset), |field| facts.value(field)),
        Where::Kannel(pattern) => kannel::url(pattern, request, facts),
    };
    Url::parse(&text).ok()
}

fn headers(request: &RequestForm, facts: &Facts<'_>) -> HeaderMap {
    let value = |template: &Template| {
        HeaderValue::from_bytes(template.fill(Escape::Header, |field| facts.value(field)).as_bytes()).ok()
    };
    let filled = request.headers.iter().filter_map(|(name, template)| Some((name.clone(), value(template)?)));
    let authorization: Option<(HeaderName, HeaderValue)> =
        request.authorization.as_ref().map(|value| (AUTHORIZATION, value.clone()));
    let mut headers: HeaderMap = filled.chain(authorization).collect();
    if matches!(request.content, Content::Jasmin) {
        let own = thrower::headers(thrower::OF_MESSAGES);
        for (name, value) in &own {
            headers.entry(name).or_insert_with(|| value.clone());
        }
        if request.method == Method::Get {
            headers.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static(FORM));
        }
    }
    headers
}

fn put_form(call: &mut Call, request: &RequestForm, form: String) {
    match request.method {
        Method::Get => call.query = Some(form),
        Method::Post => {
            let content_type = match request.charset {
                Some(charset) => HeaderValue::try_from(format!("{FORM}; charset={}", charset.name())).ok(),
                None => None,
            };
            call.body = Some((content_type.unwrap_or(HeaderValue::from_static(FORM)), form.into_bytes()));
        }
    }
}

/// The fields of a message, encoded as `application/x-www-form-urlencoded`.
fn form(fields: &[(String, Told)], facts: &Facts<'_>, charset: Charset) -> String {
    let mut form = String::with_capacity(FORM_OCTETS);
    for (name, told) in fields {
        let value = match told {
            Told::Constant(value) => Some(Cow::Borrowed(value.expose())),
            Told::Field(field) => facts.value(*field),
        };
        if let Some(value) = value {
            append(&mut form, name, &charset.encode(&value, Missing::Mark));
        }
    }
    form
}

/// The fields of a message as an object of JSON: texts, but for what is a number or a truth.
fn object(fields: &[(String, Told)], facts: &Facts<'_>) -> String {
    let mut object = serde_json::Map::new();
    for (name, told) in fields {
        let value = match told {
            Told::Constant(value) => Some(value.expose().into()),
            Told::Field(field) => facts.value(*field).map(|value| json_value(*field, &value)),
        };
        if let Some(value) = value {
            object.insert(name.clone(), value);
        }
    }
    serde_json::Value::Object(object).to_string()
}

fn json_value(field: Field, value: &str) -> serde_json::Value {
    let number = || value.parse::<u64>().map_or(serde_json::Value::Null, Into::into);
    match field {
        Field::DataCoding | Field::ReceivedAtUnix | Field::Attempt => number(),
        Field::Incomplete | Field::Duplicate => true.into(),
        Field::Missing => value.split(',').filter_map(|part| part.parse::<u8>().ok()).collect(),
        _ => value.into(),
    }
}

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: HeaderValue = HeaderValue::from_static("application/json");
/// The fields of an ordinary message are in these octets.
const FORM_OCTETS: usize = 512;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::collections::HashMap;

    use sms::Direction;

    use super::super::{rules, sample};
    use super::*;

    fn told(options: &str, message: &Message) -> Call {
        call(&rules(options).request, message, 3)
    }

    fn body(call: &Call) -> &str {
        std::str::from_utf8(&call.body.as_ref().unwrap().1).unwrap()
    }

    fn fields(message: &Message) -> HashMap<String, String> {
        form_urlencoded::parse(body(&told("", message)).as_bytes()).into_owned().collect()
    }

    #[test]
    fn a_text_is_told_in_utf8() {
        let message = sample(8, 0, &[b"\x00G\x00A\x00M\x00E\x00 \xd8\x3d\xde\x00\x00&"]);
        let fields = fields(&message);
        let expected = [
            ("id", "abababababababababababababababab"),
            ("from", "6281234567890"),
            ("to", "1234"),
            ("text", "GAME 😀&"),
            ("received_at", "2026-01-01T00:00:00.000Z"),
            ("smsc", "telco-a"),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(fields, HashMap::from(expected));
    }

    #[test]
    fn octets_are_told_in_hexadecimal() {
        let fields = fields(&sample(4, 0, &[b"\x00\xff"]));
        assert_eq!((fields["binary"].as_str(), fields["data_coding"].as_str()), ("00ff", "4"));
        assert!(!fields.contains_key("text"));
    }

    // U-1
    #[test]
    fn a_header_is_told_apart_from_the_text() {
        let ports = fields(&sample(0, Message::UDHI, &[b"\x06\x05\x04\x0b\x84\x23\xf0ab"]));
        assert_eq!((ports["udh"].as_str(), ports["text"].as_str()), ("0605040b8423f0", "ab"));
        let broken = fields(&sample(4, Message::UDHI, &[b"\x09ab"]));
        assert_eq!(broken["binary"], "096162");
        assert!(!broken.contains_key("udh"));
    }

    // N-3
    #[test]
    fn a_long_message_is_told_whole() {
        let parts: [&[u8]; 2] = [b"\x05\x00\x03\x07\x02\x01ab", b"\x05\x00\x03\x07\x02\x02cd"];
        let whole = fields(&sample(0, Message::UDHI, &parts));
        assert_eq!(whole["text"], "abcd");
        for name in ["udh", "incomplete", "missing"] {
            assert!(!whole.contains_key(name), "{name}");
        }
        let ported: [&[u8]; 2] =
            [b"\x0b\x00\x03\x07\x02\x01\x05\x04\x0b\x84\x23\xf0\x00", b"\x05\x00\x03\x07\x02\x02\xff"];
        let data = fields(&sample(4, Message::UDHI, &ported));
        assert_eq!((data["binary"].as_str(), data["udh"].as_str()), ("00ff", "0605040b8423f0"));
    }

    // N-3
    #[test]
    fn what_never_came_is_named() {
        let parts: [&[u8]; 2] = [b"\x05\x00\x03\x07\x05\x02ab", b"\x05\x00\x03\x07\x05\x04cd"];
        let gaps = fields(&sample(0, Message::UDHI, &parts));
        assert_eq!((gaps["text"].as_str(), gaps["incomplete"].as_str()), ("abcd", "true"));
        assert_eq!(gaps["missing"], "1,3,5");
        let one = fields(&sample(0, Message::UDHI, &parts[..1]));
        assert_eq!((one["text"].as_str(), one["missing"].as_str()), ("ab", "1,3,4,5"));
        let mut own = sample(0, Message::UDHI, &parts[..1]);
        own.direction = Direction::Mt;
        let own = fields(&own);
        assert_eq!((own["udh"].as_str(), own.get("incomplete")), ("050003070502", None), "an account's part");
    }

    // CMN-3
    #[test]
    fn a_message_that_came_again_has_the_id_of_the_first() {
        let first = sample(0, 0, &[b"GAME"]);
        let mut again = first.clone();
        (again.id, again.member) = (first.id.member(1), 1);
        let (first, again) = (fields(&first), fields(&again));
        assert_eq!(first["id"], again["id"]);
        assert_eq!((first.get("duplicate"), again["duplicate"].as_str()), (None, "true"));
    }

    fn game() -> Message {
        sample(0, 0, &[b"reg <Game> & \"more\""])
    }

    #[test]
    fn fields_have_the_names_of_the_partner() {
        let options = "fields = { msisdn = \"from\", sms = \"text\", trx_id = \"id\", sid = \"to\", udh = \"udh\" }\n\
                       constants = { cp_name = \"estafet\", pwd = \"s&cret\" }";
        let call = told(options, &game());
        assert_eq!(
            body(&call),
            "cp_name=estafet&pwd=s%26cret&msisdn=6281234567890&sid=1234&sms=reg+%3CGame%3E+%26+%22more%22\
             &trx_id=abababababababababababababababab"
        );
        let call = told(&format!("method = \"GET\"\n{options}"), &game());
        assert!(call.body.is_none() && call.query.unwrap().starts_with("cp_name=estafet&pwd="));
    }

    #[test]
    fn a_form_goes_in_the_character_set_of_the_partner() {
        let message = sample(8, 0, &[b"\x00c\x00a\x00f\x00\xe9\x04\x30"]);
        let call = told("charset = \"iso-8859-1\"\nfields = { t = \"text\" }", &message);
        assert_eq!(body(&call), "t=caf%E9%3F");
        let (content_type, _) = call.body.as_ref().unwrap();
        assert_eq!(content_type, "application/x-www-form-urlencoded; charset=ISO-8859-1");
        let call = told("charset = \"UTF-16BE\"\nfields = { t = \"keyword\" }", &sample(0, 0, &[b"a b"]));
        assert_eq!(body(&call), "t=%00A");
    }

    #[test]
    fn a_body_of_xml_is_escaped_and_keeps_every_character() {
        let options = "format = \"xml\"\ncharset = \"ISO-8859-1\"\n\
                       body = '<mo id=\"{id}\"><k>{keyword}</k><r>{rest}</r><n>{attempt}</n></mo>'";
        let call = told(options, &game());
        assert_eq!(
            body(&call),
            "<mo id=\"abababababababababababababababab\"><k>REG</k>\
             <r>&lt;Game&gt; &amp; &quot;more&quot;</r><n>3</n></mo>"
        );
        assert_eq!(call.body.as_ref().unwrap().0, "text/xml; charset=ISO-8859-1");
        let call = told(options, &sample(8, 0, &[b"\x00a\x00 \x04\x30\x00\xe9"]));
        assert!(call.body.unwrap().1.windows(12).any(|part| part == b"<r>&#1072;\xe9<"), "by reference");
    }

    #[test]
    fn json_is_an_object_or_a_body() {
        let call = told(
            "format = \"json\"\nfields = { n = \"attempt\", t = \"text\" }\nconstants = { k = \"v\" }",
            &game(),
        );
        let json: serde_json::Value = serde_json::from_str(body(&call)).unwrap();
        assert_eq!(json, serde_json::json!({"n": 3, "t": "reg <Game> & \"more\"", "k": "v"}));
        let options = "format = \"json\"\nbody = '{\"mo\": {\"t\": \"{text}\"}}'\ncontent_type = \"application/vnd.x+json\"";
        let call = told(options, &game());
        assert_eq!(body(&call), r#"{"mo": {"t": "reg <Game> & \"more\""}}"#);
        assert_eq!(call.body.unwrap().0, "application/vnd.x+json");
    }

    #[test]
    fn the_url_and_headers_have_placeholders() {
        let options =
            "headers = { X-Trx = \"t-{id}\", X-Text = \"{text}\" }\nusername = \"u\"\npassword = \"p\"";
        let message = sample(0, 0, &[b"a/b?\nc"]);
        let form = rules(options);
        let call = super::call(&form.request, &message, 1);
        assert_eq!(call.headers["x-trx"], "t-abababababababababababababababab");
        assert_eq!(call.headers["x-text"], "a/b? c");
        assert_eq!(call.headers["authorization"], "Basic dTpw");
        let form = super::super::rules_at("https://cp.example/mo/{to}/{text}?f={from}", "");
        let url = super::call(&form.request, &message, 1).url.unwrap();
        assert_eq!(url.as_str(), "https://cp.example/mo/1234/a%2Fb%3F%0Ac?f=6281234567890");
    }

    #[test]
    fn an_account_s_own_part_is_told_as_it_is() {
        let mut own = sample(0, Message::UDHI, &[b"\x05\x00\x03\x07\x05\x02ab"]);
        own.direction = Direction::Mt;
        let own = fields(&own);
        assert_eq!((own["udh"].as_str(), own.get("incomplete")), ("050003070502", None));
    }
}
