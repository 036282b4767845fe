//! Forms as `curl -F` posts them: multipart/form-data, RFC 7578.

use super::answer::Failure;

/// Names and values in the order in which they came; a part without a name says nothing. What the closing delimiter
/// is missing behind counts, as it does for Jasmin.
pub(super) fn fields(content_type: &str, body: &[u8]) -> Result<Vec<(String, Vec<u8>)>, Failure> {
    let boundary = parameter(content_type, "boundary").filter(|boundary| !boundary.is_empty());
    let boundary = boundary.ok_or_else(|| Failure::argument("Unknown error: the form names no boundary"))?;
    let delimiter = format!("--{boundary}");
    let mut fields = Vec::new();
    let mut part: Option<Part> = None;
    for line in body.split_inclusive(|octet| *octet == b'\n') {
        match line.trim_ascii_end().strip_prefix(delimiter.as_bytes()) {
            Some(b"") => fields.extend(part.replace(Part::default()).and_then(Part::field)),
            Some(b"--") => {
                fields.extend(part.take().and_then(Part::field));
                break;
            }
            _ => {
                if let Some(part) = &mut part {
                    part.line(line);
                }
            }
        }
        if fields.len() > PARTS_MAX {
            return Err(Failure::argument("Unknown error: the form has too many parts"));
        }
    }
    fields.extend(part.and_then(Part::field));
    Ok(fields)
}

/// A part that is being read.
#[derive(Default)]
struct Part {
    name: Option<String>,
    /// What is behind the header, as soon as that is over.
    value: Option<Vec<u8>>,
}

impl Part {
    fn line(&mut self, line: &[u8]) {
        match &mut self.value {
            Some(value) => value.extend_from_slice(line),
            None if line.trim_ascii().is_empty() => self.value = Some(Vec::new()),
            None => {
                let line = String::from_utf8_lossy(line);
                let (field, says) = line.split_once(':').unwrap_or_default();
                if field.trim().eq_ignore_ascii_case("content-disposition") {
                    self.name = parameter(says, "name");
                }
            }
        }
    }

    fn field(self) -> Option<(String, Vec<u8>)> {
        let mut value = self.value?;
        // The end of line in front of a delimiter belongs to it.
        if value.last() == Some(&b'\n') {
            value.pop();
            if value.last() == Some(&b'\r') {
                value.pop();
            }
        }
        Some((self.name?, value))
    }
}

/// A parameter of a header field, with or without quotes.
fn parameter(field: &str, name: &str) -> Option<String> {
    let mut rest = field.split_once(';')?.1;
    loop {
        let (known, behind) = rest.split_once('=')?;
        let behind = behind.trim_start();
        let (value, after) = match behind.strip_prefix('"') {
            Some(quoted) => unquoted(quoted),
            None => {
                let (value, after) = behind.split_once(';').unwrap_or((behind, ""));
                (value.trim_end().to_owned(), after)
            }
        };
        if known.trim_matches([';', ' ', '\t']).eq_ignore_ascii_case(name) {
            return Some(value);
        }
        rest = after;
    }
}

/// What is in quotes, and what stands behind them.
fn unquoted(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return (value, text.get(at + 1..).unwrap_or_default()),
            '\\' => value.extend(letters.next().map(|(_, letter)| letter)),
            _ => value.push(letter),
        }
    }
    (value, "")
}

/// More parts than arguments exist are no request.
const PARTS_MAX: usize = 64;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn said(content_type: &str, body: &str) -> Vec<(String, String)> {
        let text = |(name, value)| (name, String::from_utf8(value).unwrap());
        fields(content_type, body.as_bytes()).unwrap().into_iter().map(text).collect()
    }

    const FORM: &str = "multipart/form-data; boundary=x";

    // JS-1: what Twisted's `request.args` has of a form of this kind
    #[test]
    fn parts_are_fields() {
        let disposition = |name: &str| format!("--x\r\nContent-Disposition: form-data; name={name}\r\n");
        for (body, fields) in [
            (format!("{}\r\na b\r\n--x--\r\n", disposition("\"to\"")), &[("to", "a b")][..]),
            (format!("{}\r\n1\r\n2\r\n\r\n--x--", disposition("to")), &[("to", "1\r\n2\r\n")]),
            (format!("preamble\n{}\r\n1\r\n--x--\r\nto=2", disposition("to")), &[("to", "1")]),
            (format!("{}\r\n1", disposition("\"t\\\"o\"")), &[("t\"o", "1")]),
            (
                format!(
                    "{}Content-Type: text/plain\r\n\r\n--y\r\n--xy\r\n--x--",
                    disposition("to; filename=\"a;name=b\"")
                ),
                &[("to", "--y\r\n--xy")],
            ),
            (format!("{0}\r\n1\r\n{0}\r\n\r\n--x--", disposition("to")), &[("to", "1"), ("to", "")]),
            ("--x\ncontent-disposition:form-data;NAME=to\n\n1\n--x--".to_owned(), &[("to", "1")]),
            ("--x\r\nContent-Type: text/plain\r\n\r\n1\r\n--x--\r\n".to_owned(), &[]),
            ("--x--".to_owned(), &[]),
            ("garbage".to_owned(), &[]),
            (String::new(), &[]),
        ] {
            let expected: Vec<_> =
                fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            assert_eq!(said(FORM, &body), expected, "{body}");
            assert_eq!(
                said("multipart/form-data; charset=\"a;b\"; Boundary=\"x\" ", &body),
                expected,
                "{body}"
            );
        }
    }

    #[test]
    fn a_form_that_cannot_be_read_is_refused() {
        for kind in
            ["multipart/form-data", "multipart/form-data; boundary", "multipart/form-data; boundary=\"\""]
        {
            assert!(fields(kind, b"").is_err(), "{kind}");
        }
        let many = "--x\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n".repeat(100);
        assert!(fields(FORM, many.as_bytes()).is_err());
    }
}
