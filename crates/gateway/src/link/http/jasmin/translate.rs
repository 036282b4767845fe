//! The only place that knows both what is said to Jasmin and a message.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use arrayvec::ArrayVec;
use reqwest::Url;
use sms::alphabet::gsm;
use sms::{Address, Attached, DataCoding, Direction, Priority, ReceiptRequest, Timestamp};

use super::super::translate::octets_of_hex;
use super::answer::Failure;
use super::arguments::Arguments;
use super::tlvs;
use crate::account::Account;
use crate::attributes::{Attributes, Callback, Events, Form, TAG_OCTETS_MAX, TAGS_MAX};
use crate::callback_url::URL_OCTETS_MAX;
use crate::config::Method;
use crate::submission::{Content, Submission};

/// Puts in what is meant by what is not said.
pub(super) fn complete(said: &mut Arguments) {
    if said.has("dlr-url") || said.has("dlr-level") {
        said.set("dlr", "yes");
    } else if !said.has("dlr") {
        said.set("dlr", "no");
    }
}

/// What is wanted; the arguments are checked.
pub(super) fn submission(said: &Arguments, account: &Account, now: Timestamp) -> Result<Submission, Failure> {
    let not_before = said.text("sdt").map(|sdt| schedule(sdt, now)).transpose()?.flatten();
    let minutes = said.text("validity-period").and_then(|minutes| minutes.parse::<u64>().ok());
    let (attached, receipt) = receipts(said, account)?;
    let valid = |minutes: u64| Duration::from_secs(minutes.saturating_mul(60)).min(VALIDITY_MAX);
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
        not_before,
        expires_at: minutes.map(|minutes| not_before.unwrap_or(now).plus(valid(minutes))),
        in_reply_to: None,
        attached,
        tlvs: tlvs::of(said)?,
        content: content(said)?,
        back_to: None,
        wish: None,
    })
}

/// The same for a message that is not to be sent, with how many segments it would take.
pub(super) fn preview(
    said: &Arguments,
    account: &Account,
    now: Timestamp,
) -> Result<(Submission, usize), Failure> {
    let submission = submission(said, account, now)?;
    let segments = segments(&submission);
    Ok((submission, segments))
}

/// How many segments a message takes in the usual form.
pub(super) fn segments(submission: &Submission) -> usize {
    match &submission.content {
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
fn content(said: &Arguments) -> Result<Content, Failure> {
    let coding = said.text("coding").and_then(|coding| coding.parse::<u8>().ok());
    let octets = match (said.text("hex-content"), said.get("content")) {
        (Some(digits), _) => octets_of_hex(digits).ok_or_else(|| {
            // A batch tells it in the query of a URL.
            let start: String = digits.chars().take(QUOTED_MAX).collect();
            Failure::argument(format!("Invalid hex-content data: '{start}'"))
        })?,
        (None, Some(text)) if coding.is_none() => {
            return Ok(Content::plain(String::from_utf8_lossy(text).into_owned()));
        }
        (None, Some(text)) if coding == Some(0) => gsm::encode_lossy(&String::from_utf8_lossy(text)),
        (None, content) => content.unwrap_or_default().to_vec(),
    };
    Ok(Content::Encoded { data_coding: coding.unwrap_or_default(), octets: octets.into() })
}

fn source(said: &Arguments, account: &Account) -> Result<Address, Failure> {
    let usual = account.config().jasmin.default_source.as_deref().map(str::as_bytes);
    let from = said.get("from").filter(|from| !from.is_empty());
    let Some(from) = from.or(usual) else { return Ok(Address::default()) };
    let shown = || String::from_utf8_lossy(from);
    let wrong = || Failure::argument(format!("Argument [from] has an invalid value: [{}].", shown()));
    Address::guess(from).ok_or_else(wrong)
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
    let is_get = said.text("dlr-method").is_some_and(|method| method.eq_ignore_ascii_case("get"));
    let method = if is_get { Method::Get } else { Method::Post };
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

/// D-3: a schedule in the past is now, one far ahead is refused.
fn schedule(sdt: &str, now: Timestamp) -> Result<Option<Timestamp>, Failure> {
    let wrong = || Failure::argument(format!("Argument [sdt] has an invalid value: [{sdt}]."));
    let at = sms::parse_smpp_time(sdt.as_bytes(), now).ok().flatten().ok_or_else(wrong)?;
    if at.since(now) > SCHEDULE_MAX {
        return Err(wrong());
    }
    Ok(Some(at).filter(|at| *at > now))
}

/// How many characters of what is wrong an answer quotes.
const QUOTED_MAX: usize = 32;
/// A later schedule is refused, D-3.
pub(super) const SCHEDULE_MAX: Duration = Duration::from_secs(30 * 24 * 3600);
/// A longer validity is cut, D-3.
const VALIDITY_MAX: Duration = Duration::from_secs(7 * 24 * 3600);
