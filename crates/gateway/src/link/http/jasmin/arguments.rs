//! What a request says, wherever it stands.

use axum::http::{HeaderMap, header};
use serde_json::Value;

use super::super::octets;
use super::answer::Failure;
use super::multipart;

/// Names and values in the order in which they came, each name once. Values are octets: with most codings they are
/// no text. Has no `Debug` form, so that neither password nor text can get into a log.
#[derive(Clone, Default)]
pub(super) struct Arguments(Vec<(String, Vec<u8>)>);

impl Arguments {
    /// Those of the query, and in their place those of a body that is a form or JSON. Of what is said twice in one of
    /// them the first counts, in JSON the last.
    pub(super) fn of(query: &str, headers: &HeaderMap, body: &[u8]) -> Result<Self, Failure> {
        let mut arguments = Self::default();
        arguments.add(form(query.as_bytes()));
        let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        match kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
            "application/json" => arguments.add_json(body)?,
            "multipart/form-data" => arguments.add(multipart::fields(kind, body)?.into_iter()),
            _ => arguments.add(form(body)),
        }
        Ok(arguments)
    }

    /// Those of a query, in which an underscore may stand for a dash.
    pub(super) fn of_query(query: &str) -> Self {
        let mut arguments = Self::default();
        arguments.add(form(query.as_bytes()).map(|(name, value)| (dashed(&name), value)));
        arguments
    }

    /// Those of an object; an underscore may stand for a dash. What is null is not said.
    pub(super) fn of_object(object: &serde_json::Map<String, Value>) -> Result<Self, Failure> {
        let mut arguments = Self::default();
        for (name, value) in object.iter().filter(|(_, value)| !value.is_null()).take(NAMES_MAX) {
            let name = dashed(name);
            let octets = octets_of(&name, value)?;
            arguments.set(&name, octets);
        }
        Ok(arguments)
    }

    /// The first value with this name.
    pub(super) fn get(&self, name: &str) -> Option<&[u8]> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_slice())
    }

    /// The same, if it is text.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        std::str::from_utf8(self.get(name)?).ok()
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// In place of what was said so far.
    pub(super) fn set(&mut self, name: &str, value: impl Into<Vec<u8>>) {
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => *known = value.into(),
            None => self.0.push((name.to_owned(), value.into())),
        }
    }

    /// Without the end of line behind a value, if there is one.
    pub(super) fn trim_line(&mut self, name: &str) {
        if let Some((_, value)) = self.0.iter_mut().find(|(known, _)| known == name)
            && value.last() == Some(&b'\n')
        {
            value.pop();
        }
    }

    /// The first of each name, in place of what was said so far.
    fn add(&mut self, pairs: impl Iterator<Item = (String, Vec<u8>)>) {
        let mut said = Self::default();
        for (name, value) in pairs {
            // There are fewer names than this, so that one of those that are kept is refused.
            if !said.has(&name) && said.0.len() < NAMES_MAX {
                said.set(&name, value);
            }
        }
        for (name, value) in said.0 {
            self.set(&name, value);
        }
    }

    fn add_json(&mut self, body: &[u8]) -> Result<(), Failure> {
        let object: serde_json::Map<String, Value> = serde_json::from_slice(body)
            .map_err(|_| Failure::argument("Unknown error: the body is no object of JSON"))?;
        for (name, value) in object.iter().filter(|(_, value)| !value.is_null()).take(NAMES_MAX) {
            self.set(name, octets_of(name, value)?);
        }
        Ok(())
    }
}

/// The pairs of a query or a form; what has no `=` says nothing.
fn form(text: &[u8]) -> impl Iterator<Item = (String, Vec<u8>)> + '_ {
    let said = text.split(|octet| *octet == b'&').filter(|part| part.contains(&b'='));
    said.flat_map(octets::pairs).map(|(name, value)| (String::from_utf8_lossy(&name).into_owned(), value))
}

/// What a value says, in the words of Python; an object or an array says something in one place only.
fn octets_of(name: &str, value: &Value) -> Result<Vec<u8>, Failure> {
    match value {
        Value::String(text) => Ok(text.clone().into_bytes()),
        Value::Bool(is_true) => Ok(if *is_true { b"True".to_vec() } else { b"False".to_vec() }),
        Value::Object(_) | Value::Array(_) if name != CUSTOM_TLVS => {
            let detail = "an object or an array";
            Err(Failure::argument(format!("Argument [{name}] has an invalid value: [{detail}].")))
        }
        other => Ok(other.to_string().into_bytes()),
    }
}

/// Names of JSON cannot have a dash everywhere.
fn dashed(name: &str) -> String {
    if name == CUSTOM_TLVS { name.to_owned() } else { name.replace('_', "-") }
}

/// The one name that has an underscore itself.
pub(super) const CUSTOM_TLVS: &str = "custom_tlvs";
/// How many names are kept of a query, a form or an object.
const NAMES_MAX: usize = 64;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use axum::http::HeaderValue;

    use super::*;

    fn posted(query: &str, kind: &'static str, body: &[u8]) -> Arguments {
        let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(kind))]);
        Arguments::of(query, &headers, body).unwrap_or_default()
    }

    // JS-1: Twisted's `request.args`: what is posted takes the place of what the query says
    #[test]
    fn what_is_posted_takes_the_place_of_the_query() {
        let multipart = b"--x\r\nContent-Disposition: form-data; name=\"to\"\r\n\r\n2\r\n--x--\r\n";
        for (kind, body) in [
            ("application/x-www-form-urlencoded", &b"to=2&to=3&tags"[..]),
            ("text/plain", b"to=2"),
            ("application/json", br#"{"to": 3, "to": 2}"#),
            ("Application/JSON; charset=utf-8", br#"{"to": "2"}"#),
            ("multipart/form-data; boundary=x", multipart),
        ] {
            let said = posted("to=1&from=a&from=b&x&content=", kind, body);
            assert_eq!(said.names().collect::<Vec<_>>(), ["to", "from", "content"], "{kind}");
            assert_eq!((said.text("to"), said.text("from")), (Some("2"), Some("a")), "{kind}");
        }
        let many: String = (0..1000).map(|number| format!("{number}=&")).collect();
        assert_eq!(posted(&many, "text/plain", b"").names().count(), 64);
        assert_eq!(posted("", "application/json", br#"{"dlr": true}"#).text("dlr"), Some("True"));
    }

    // JS-1
    #[test]
    fn what_is_null_is_not_said() {
        let json = br#"{"from": null, "to": 628, "content": "null"}"#;
        let headers =
            HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
        let Ok(body) = Arguments::of("", &headers, json) else { panic!("refused") };
        let Ok(object) = Arguments::of_object(&serde_json::from_slice(json).unwrap()) else {
            panic!("refused")
        };
        for said in [body, object] {
            assert!(!said.has("from"));
            assert_eq!((said.text("to"), said.text("content")), (Some("628"), Some("null")));
        }
    }

    // JS-1
    #[test]
    fn an_object_is_no_content() {
        for json in [r#"{"content": {"a": 1}}"#, r#"{"hex_content": ["00"]}"#, r#"{"content": []}"#] {
            let object: serde_json::Map<String, Value> = serde_json::from_str(json).unwrap();
            let failure = Arguments::of_object(&object).err().unwrap();
            assert!(failure.text.contains("content] has an invalid value"), "{}", failure.text);
            let headers =
                HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
            assert!(Arguments::of("", &headers, json.as_bytes()).is_err());
        }
        let tlvs = serde_json::from_str(r#"{"custom_tlvs": [[1, null, "Int1", 2]]}"#).unwrap();
        assert!(Arguments::of_object(&tlvs).is_ok_and(|said| said.has("custom_tlvs")));
    }
}
