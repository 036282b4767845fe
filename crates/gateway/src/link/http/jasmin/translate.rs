//! The only place that knows both what is said to Jasmin and a message.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use arrayvec::ArrayVec;
use sms::alphabet::gsm;
use sms::{Address, Attached, DataCoding, Direction, Npi, Priority, ReceiptRequest, Timestamp, Ton};
use url::Url;

use super::super::translate::octets_of_hex;
use super::answer::Failure;
use super::arguments::Arguments;
use super::tlvs;
use crate::account::Account;
use crate::attributes::{Attributes, Callback, Events, Form, TAG_OCTETS_MAX, TAGS_MAX};
use crate::callback_url::URL_OCTETS_MAX;
use crate::config::Method;
use crate::submission::{Content, Submission};

/// Puts in what is meant by what is not said, and takes the end of line off that programs leave behind values: what
/// Jasmin compares them with does not see it either.
pub(super) fn complete(said: &mut Arguments) {
    for name in LINES {
        said.trim_line(name);
    }
    if said.has("dlr-url") || said.has("dlr-level") {
        said.set("dlr", "yes");
    } else if !said.has("dlr") {
        said.set("dlr", "no");
    }
    if said.get("dlr") == Some(b"yes") {
        // It takes the right to say what is meant, too.
        for (name, meant) in [("dlr-level", "1"), ("dlr-method", "POST")] {
            if !said.has(name) {
                said.set(name, meant);
            }
        }
    }
    if let Some(method) = said.get("dlr-method") {
        said.set("dlr-method", method.to_ascii_uppercase());
    }
}

/// The same for what is only to be counted: nothing is content, too.
pub(super) fn complete_rate(said: &mut Arguments) {
    for name in LINES {
        said.trim_line(name);
    }
    if !said.has("content") && !said.has("hex-content") {
        said.set("content", "");
    }
}

/// What is wanted; the arguments are checked, and when it is due is said by [`times`].
pub(super) fn submission(
    said: &Arguments,
    account: &Account,
    content: Content,
) -> Result<Submission, Failure> {
    let (attached, receipt) = receipts(said, account)?;
    Ok(Submission {
        id: None,
        direction: Direction::Mt,
        source: source(said, account)?,
        destination: destination(said)?,
        service_type: ArrayVec::new(),
        protocol_id: 0,
        esm_class: 0,
        priority: said.text("priority").and_then(|text| text.parse().ok()).map(Priority).unwrap_or_default(),
        receipt,
        not_before: None,
        expires_at: None,
        in_reply_to: None,
        attached,
        tlvs: tlvs::of(said)?,
        content,
        may_be_odd: true,
        back_to: None,
        wish: None,
    })
}

/// When a message is due and when it is over, if that is said, for one that is not sent before `due`.
pub(super) fn times(
    said: &Arguments,
    now: Timestamp,
    due: Timestamp,
) -> Result<(Option<Timestamp>, Option<Timestamp>), Failure> {
    let not_before = said.text("sdt").map(|sdt| schedule(sdt, now, due)).transpose()?;
    let not_before = Some(not_before.unwrap_or(due)).filter(|at| *at > now);
    let minutes = said.text("validity-period").map(|minutes| minutes.parse().unwrap_or(u64::MAX));
    let valid = |minutes: u64| Duration::from_secs(minutes.saturating_mul(60)).min(VALIDITY_MAX);
    Ok((not_before, minutes.map(|minutes| not_before.unwrap_or(now).plus(valid(minutes)))))
}

/// How many segments a message takes in the usual form.
pub(super) fn segments(content: &Content) -> usize {
    match content {
        Content::Text { text, .. } => sms::segments_needed(text).segments,
        Content::Encoded { data_coding, octets } => {
            let septets = DataCoding(*data_coding).alphabet() == sms::Alphabet::Gsm7;
            let (one, part) = if septets { (160, 153) } else { (140, 134) };
            if octets.len() <= one { 1 } else { octets.len().div_ceil(part) }
        }
    }
}

/// Text with coding 0 is in GSM, and what is not in it is a question mark if that was said; what no coding is said of
/// is in the alphabet that has all of it. With other codings octets are what they are.
pub(super) fn content(said: &Arguments) -> Result<Content, Failure> {
    let coding = said.text("coding").and_then(|coding| coding.parse::<u8>().ok());
    let octets = match (said.get("hex-content"), said.get("content").unwrap_or_default()) {
        (Some(digits), _) => {
            let octets = std::str::from_utf8(digits).ok().and_then(octets_of_hex);
            octets.ok_or_else(|| Failure::hex(digits))?
        }
        (None, text) if coding.is_none() => return Ok(Content::plain(utf8(text)?.to_owned())),
        (None, text) if coding == Some(0) => gsm::encode_lossy(&alike(utf8(text)?)),
        (None, octets) => octets.to_vec(),
    };
    Ok(Content::Encoded { data_coding: coding.unwrap_or_default(), octets: octets.into() })
}

/// With the letters that Jasmin's table of the GSM alphabet has in the place of others.
fn alike(text: &str) -> String {
    let instead =
        |letter| ALIKE.iter().find(|(other, _)| *other == letter).map_or(letter, |(_, known)| *known);
    text.chars().map(instead).collect()
}

fn utf8(text: &[u8]) -> Result<&str, Failure> {
    std::str::from_utf8(text).map_err(|_| Failure::argument("Unknown error: the content is not in UTF-8"))
}

/// A name may have as many octets as SMPP carries, whatever they are: the SMSC says what it takes.
fn source(said: &Arguments, account: &Account) -> Result<Address, Failure> {
    let usual = account.config().jasmin.default_source.as_deref().map(str::as_bytes);
    let from = said.get("from").or(usual).unwrap_or_default();
    if from.is_empty() {
        return Ok(Address::default());
    }
    let is_carried = from.len() <= SOURCE_OCTETS_MAX && !from.contains(&0);
    let name = || Address::new(Ton::ALPHANUMERIC, Npi::UNKNOWN, from).filter(|_| is_carried);
    let shown = || String::from_utf8_lossy(from);
    let wrong = || Failure::argument(format!("Argument [from] has an invalid value: [{}].", shown()));
    Address::guess(from).or_else(name).ok_or_else(wrong)
}

fn destination(said: &Arguments) -> Result<Address, Failure> {
    let to = said.text("to").unwrap_or_default();
    let wrong = || Failure::argument(format!("Argument [to] has an invalid value: [{to}]."));
    Address::guess(to.as_bytes()).ok_or_else(wrong)
}

/// What is kept for callbacks, and the receipts that it takes to make them: of level 1 the SMSC's answer is enough.
fn receipts(said: &Arguments, account: &Account) -> Result<(Option<Arc<Attached>>, ReceiptRequest), Failure> {
    let tags = tags(said);
    let kept = |callback: Option<Callback>| {
        let attributes = Attributes { callback, tags: tags.clone(), ..Attributes::default() };
        attributes.checked().ok().and_then(|attributes| attributes.attached(account.name()))
    };
    if said.text("dlr") != Some("yes") {
        return Ok((kept(None), ReceiptRequest::NONE));
    }
    let url = said.text("dlr-url").filter(|_| account.config().jasmin.dlr);
    let Some(url) = url else { return Ok((kept(None), account.receipts_by_http())) };
    called_url("dlr-url", url, account)?;
    let by_smsc = Events::ACCEPTED | Events::REJECTED;
    let events = match said.text("dlr-level") {
        Some("2") => Events::FINAL,
        Some("3") => by_smsc | Events::FINAL,
        _ => by_smsc,
    };
    let method = if said.text("dlr-method") == Some("GET") { Method::Get } else { Method::Post };
    let callback = Callback { url: url.to_owned(), events, form: Form::Jasmin, method };
    Ok((kept(Some(callback)), events.receipts()))
}

/// The URL in an argument, if it may be called.
pub(super) fn called_url(argument: &str, url: &str, account: &Account) -> Result<Url, Failure> {
    let wrong = || Failure::argument(format!("Argument [{argument}] has an invalid value: [{url}]."));
    let parsed = Some(url).filter(|url| url.len() <= URL_OCTETS_MAX).and_then(|url| url.parse().ok());
    let is_meant = |url: &Url| matches!(url.scheme(), "http" | "https") && url.has_host();
    parsed.filter(|url| is_meant(url) && account.may_call(url)).ok_or_else(wrong)
}

/// The words of `tags` by their number, for the record and for those who are told of it.
fn tags(said: &Arguments) -> BTreeMap<String, String> {
    let words = said.text("tags").unwrap_or_default().split(',').filter(|tag| !tag.is_empty());
    let short = words.filter(|tag| tag.len() <= TAG_OCTETS_MAX).take(TAGS_MAX);
    short.map(|tag| (tag.to_owned(), String::new())).collect()
}

/// D-3: a schedule in the past is when it is due anyway, one far ahead is refused.
fn schedule(sdt: &str, now: Timestamp, due: Timestamp) -> Result<Timestamp, Failure> {
    let wrong = || Failure::argument(format!("Argument [sdt] has an invalid value: [{sdt}]."));
    let at = sms::parse_smpp_time(sdt.as_bytes(), due).ok().flatten().ok_or_else(wrong)?;
    if at.since(now) > SCHEDULE_MAX {
        return Err(wrong());
    }
    Ok(at.max(due))
}

/// Greek capitals that look like Latin ones, and the cedilla.
const ALIKE: [(char, char); 15] = [
    ('ç', 'Ç'),
    ('Α', 'A'),
    ('Β', 'B'),
    ('Ε', 'E'),
    ('Ζ', 'Z'),
    ('Η', 'H'),
    ('Ι', 'I'),
    ('Κ', 'K'),
    ('Μ', 'M'),
    ('Ν', 'N'),
    ('Ο', 'O'),
    ('Ρ', 'P'),
    ('Τ', 'T'),
    ('Υ', 'Y'),
    ('Χ', 'X'),
];
/// What is compared with expressions whose `$` is also in front of an end of line.
const LINES: [&str; 9] =
    ["to", "coding", "priority", "sdt", "validity-period", "dlr", "dlr-url", "dlr-level", "tags"];
/// The longest source_addr of a submit_sm, SMPP 3.4 section 5.2.8.
const SOURCE_OCTETS_MAX: usize = 20;
/// A later schedule is refused, D-3.
pub(super) const SCHEDULE_MAX: Duration = Duration::from_secs(30 * 24 * 3600);
/// A longer validity is cut, D-3.
const VALIDITY_MAX: Duration = Duration::from_secs(7 * 24 * 3600);
