//! Which arguments there are, and what they may be: the checks of Jasmin in its order.

use super::answer::Failure;
use super::arguments::{Arguments, CUSTOM_TLVS};

/// An argument, whether it must be there, and what it must look like.
type Field = (&'static str, bool, fn(&[u8]) -> bool);

/// What `/send` knows, in the order in which it is looked at.
pub(super) const SEND: &[Field] = &[
    ("to", true, is_number),
    ("from", false, is_any),
    ("coding", false, is_coding),
    ("username", true, is_short),
    ("password", true, is_short),
    ("priority", false, is_priority),
    ("sdt", false, is_time),
    ("validity-period", false, is_digits),
    ("dlr", true, |value| value == b"yes" || value == b"no"),
    ("dlr-url", false, is_url),
    ("dlr-level", false, |value| matches!(value, b"1" | b"2" | b"3")),
    ("dlr-method", false, |value| value == b"GET" || value == b"POST"),
    ("tags", false, is_tags),
    ("content", false, is_any),
    ("hex-content", false, is_any),
    (CUSTOM_TLVS, false, is_any),
];

/// What `/rate` knows.
pub(super) const RATE: &[Field] = &[
    ("to", true, is_number),
    ("from", false, is_any),
    ("coding", false, is_coding),
    ("username", true, is_short),
    ("password", true, is_short),
    ("priority", false, is_priority),
    ("validity-period", false, is_digits),
    ("tags", false, is_tags),
    ("content", false, is_any),
    ("hex-content", false, is_any),
];

/// What `/balance` knows.
pub(super) const BALANCE: &[Field] = &[("username", true, is_short), ("password", true, is_short)];

/// Says of the first argument that is wrong what is wrong with it.
pub(super) fn check(arguments: &Arguments, fields: &[Field]) -> Result<(), Failure> {
    let unknown = |name: &str| !fields.iter().any(|(known, ..)| *known == name);
    let mut names = arguments.names();
    let Some(first) = names.next() else {
        let text = "Mandatory arguments not found, please refer to the HTTPAPI specifications.";
        return Err(Failure::argument(text));
    };
    let refuse = |name: &str| Err(Failure::argument(format!("Argument [{name}] is unknown.")));
    if unknown(first) {
        return refuse(first);
    }
    for (name, is_needed, is_right) in fields {
        match arguments.get(name) {
            Some(value) if !is_right(value) => {
                let value = String::from_utf8_lossy(value);
                return Err(Failure::argument(format!("Argument [{name}] has an invalid value: [{value}].")));
            }
            None if *is_needed => {
                return Err(Failure::argument(format!("Mandatory argument [{name}] is not found.")));
            }
            _ => {}
        }
    }
    match names.find(|name| unknown(name)) {
        Some(name) => refuse(name),
        None => Ok(()),
    }
}

/// Exactly one of both must be there.
pub(super) fn check_content(arguments: &Arguments) -> Result<(), Failure> {
    match (arguments.has("content"), arguments.has("hex-content")) {
        (false, false) => Err(Failure::argument("content or hex-content not present.")),
        (true, true) => {
            Err(Failure::argument("content and hex-content cannot be used both in same request."))
        }
        _ => Ok(()),
    }
}

fn is_any(_: &[u8]) -> bool {
    true
}

fn is_number(value: &[u8]) -> bool {
    is_digits(value.strip_prefix(b"+").unwrap_or(value))
}

fn is_digits(value: &[u8]) -> bool {
    !value.is_empty() && value.iter().all(u8::is_ascii_digit)
}

/// Jasmin's own passwords have 16 characters at most; ours may have more.
fn is_short(value: &[u8]) -> bool {
    (1..=255).contains(&value.len()) && is_line(value)
}

/// What a dot of an expression stands for is no end of line.
fn is_line(value: &[u8]) -> bool {
    !value.contains(&b'\n')
}

fn is_coding(value: &[u8]) -> bool {
    let number = std::str::from_utf8(value).ok().and_then(|text| text.parse::<u8>().ok());
    let is_plain = value.first() != Some(&b'+') && (value.len() == 1 || value.first() != Some(&b'0'));
    is_plain && number.is_some_and(|number| matches!(number, 0..=10 | 13 | 14))
}

fn is_priority(value: &[u8]) -> bool {
    matches!(value, [b'0'..=b'3'])
}

/// `YYMMDDhhmmsstnnp`, SMPP 3.4 section 7.1.1.
fn is_time(value: &[u8]) -> bool {
    matches!(value.split_last(), Some((b'+' | b'-' | b'R', digits)) if digits.len() == 15 && is_digits(digits))
}

fn is_url(value: &[u8]) -> bool {
    (value.starts_with(b"http://") || value.starts_with(b"https://")) && is_line(value)
}

fn is_tags(value: &[u8]) -> bool {
    value.iter().all(|octet| octet.is_ascii_alphanumeric() || b"-,".contains(octet))
}

#[cfg(test)]
mod tests {
    use super::super::translate::complete;
    use super::*;

    fn said(query: &str) -> String {
        let mut arguments = Arguments::of(query, &Default::default(), b"").unwrap_or_default();
        complete(&mut arguments);
        check(&arguments, SEND).err().map(|failure| failure.text).unwrap_or_default()
    }

    #[test]
    fn the_first_argument_that_is_wrong_is_named() {
        let good = "to=1&username=a&password=b&dlr=no";
        for (query, text) in [
            (good, ""),
            ("", "Mandatory argument [to] is not found."),
            ("x=1", "Argument [x] is unknown."),
            ("to=1&x=1", "Mandatory argument [username] is not found."),
            ("to=1&username=a&password=b&dlr=no&x=1", "Argument [x] is unknown."),
            ("username=a", "Mandatory argument [to] is not found."),
            ("to=a&coding=99", "Argument [to] has an invalid value: [a]."),
        ] {
            assert_eq!(said(query), text, "{query}");
        }
        // Only of a balance nothing is meant by what is not said.
        let nothing = check(&Arguments::default(), BALANCE).err().map(|failure| failure.text);
        let text = "Mandatory arguments not found, please refer to the HTTPAPI specifications.";
        assert_eq!(nothing.as_deref(), Some(text));
    }

    #[test]
    fn values_are_what_the_patterns_say() {
        let good = "password=b&to=%2B1";
        let user = |said: &str| if said.starts_with("username") { "" } else { "&username=a" };
        for right in [
            "coding=14",
            "coding=0",
            "priority=3",
            "sdt=261126032403000R",
            "validity-period=0",
            "dlr-level=3",
            "dlr-method=Get",
            "tags=a,b-1",
            "tags=",
            "dlr-url=https://x",
            "dlr-url=https://x%0A",
            "coding=8%0A&priority=1%0A&validity-period=5%0A&tags=a%0A",
        ] {
            assert_eq!(said(&format!("{good}{}&{right}", user(right))), "", "{right}");
        }
        for wrong in [
            "coding=11",
            "coding=00",
            "coding=",
            "priority=4",
            "sdt=261126032403000",
            "validity-period=-1",
            "dlr-level=4",
            "dlr-method=PUT",
            "tags=a%20b",
            "dlr-url=ftp://x",
            "dlr-url=HTTP://x",
            "dlr-url=http://x%0Ay",
            "username=a%0Ab",
            "dlr=YES",
            "coding=8%0A%0A",
            "coding=%0A8",
        ] {
            let query = format!("{good}{}&{wrong}", user(wrong));
            assert!(said(&query).contains("has an invalid value"), "{wrong}");
        }
    }
}
