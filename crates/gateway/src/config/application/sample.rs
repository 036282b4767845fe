//! Tries a body: whatever a handset writes, it must be well-formed.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::events::Event;

use crate::template::{Escape, Field, Template};

/// Fills a body with the worst and with nothing, and says what is wrong with it.
pub(super) fn check(template: &Template, escape: Escape) -> Result<(), String> {
    let worst = template.fill(escape, |field| Some(sample(field)));
    let least = template.fill(escape, |field| is_number(field).then(|| sample(field)));
    let check = if escape == Escape::Json { check_json } else { check_xml };
    check(&worst).and_then(|()| check(&least))
}

fn sample(field: Field) -> Cow<'static, str> {
    Cow::Borrowed(if is_number(field) { "1" } else { WORST })
}

/// What is there for every message, and a number.
fn is_number(field: Field) -> bool {
    matches!(field, Field::Attempt | Field::ReceivedAtUnix)
}

fn check_json(body: &str) -> Result<(), String> {
    let parsed: Result<serde::de::IgnoredAny, _> = serde_json::from_str(body);
    parsed
        .map(drop)
        .map_err(|_| "the body is no JSON; placeholders stand between the quotes of a string".to_owned())
}

fn check_xml(body: &str) -> Result<(), String> {
    let mut reader = Reader::from_str(body);
    let mut depth = 0_usize;
    let mut elements = 0_usize;
    loop {
        let is_misplaced =
            match reader.read_event().map_err(|error| format!("the body is no XML: {error}"))? {
                Event::Eof if depth == 0 && elements > 0 => return Ok(()),
                Event::Eof => return Err("the body is no XML: an element does not end".to_owned()),
                Event::Start(start) => {
                    depth += 1;
                    elements += 1;
                    has_sample(start.name().as_ref()) || are_bad(&start)?
                }
                Event::Empty(start) => {
                    elements += 1;
                    has_sample(start.name().as_ref()) || are_bad(&start)?
                }
                Event::End(_) => {
                    depth = depth.saturating_sub(1);
                    false
                }
                Event::CData(data) => has_sample(&data),
                Event::Comment(comment) => has_sample(&comment),
                Event::PI(instruction) => has_sample(&instruction),
                Event::DocType(_) => return Err("the body has a document type, and must not".to_owned()),
                _ => false,
            };
        if is_misplaced {
            return Err("placeholders stand in the text of an element or the value of an attribute; \
                        they are escaped, so that no CDATA is needed"
                .to_owned());
        }
    }
}

/// Whether a placeholder stands beside the values of attributes.
fn are_bad(start: &quick_xml::events::BytesStart<'_>) -> Result<bool, String> {
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| format!("the body is no XML: {error}"))?;
        if has_sample(attribute.key.as_ref()) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn has_sample(octets: &[u8]) -> bool {
    octets.windows(MARK.len()).any(|window| window == MARK.as_bytes())
}

const MARK: &str = "sample";
const WORST: &str = "sample \"'<&>]]>\\{\n";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn checked(body: &str, escape: Escape) -> Result<(), String> {
        check(&Template::new(body).unwrap(), escape)
    }

    #[test]
    fn a_body_is_well_formed_whatever_a_handset_writes() {
        for body in [r#"{"msisdn": "{from}", "n": {attempt}, "a": [{"t": "x {text}"}]}"#, r#""{text}""#] {
            assert_eq!(checked(body, Escape::Json), Ok(()), "{body}");
        }
        for body in [
            "<?xml version=\"1.0\"?><mo a='{from}'><t>{text}</t><!-- x --><e/></mo>",
            "<mo><![CDATA[fixed]]>{text}</mo>",
        ] {
            assert_eq!(checked(body, Escape::Xml), Ok(()), "{body}");
        }
    }

    #[test]
    fn a_body_that_can_break_is_refused() {
        for body in ["{\"a\": {text}}", "{\"a\": \"{text}\"", "", "{from}", "{\"a\": {data_coding}}"] {
            assert!(checked(body, Escape::Json).is_err(), "{body}");
        }
        for body in [
            "<mo>{text}",
            "<mo>{text}</om>",
            "<mo><![CDATA[{text}]]></mo>",
            "<mo><!-- {text} --></mo>",
            "<mo {text}='a'/>",
            "<mo a={text}/>",
            "<{text}/>",
            "",
            "{text}",
            "<!DOCTYPE mo SYSTEM 'http://h/'><mo>{text}</mo>",
        ] {
            assert!(checked(body, Escape::Xml).is_err(), "{body}");
        }
    }
}
