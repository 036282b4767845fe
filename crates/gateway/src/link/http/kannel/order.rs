//! The checks of a request, in the order in which Kannel makes them: the first that fails is the answer.

use std::time::Duration;

use arrayvec::ArrayVec;
use bytes::Bytes;
use sms::{Address, Npi, Priority, Timestamp, Ton, UserDataHeader};

use super::answer::Answer;
use super::coding::{self, Around, Look};
use super::meta::{self, Overrides};
use super::request::Request;
use super::wanted::{self, TOLD};
use crate::account::Account;
use crate::attributes::{Events, META_OCTETS_MAX};
use crate::callback_url::callable;
use crate::submission::Content;

/// A request that can be meant.
pub(super) struct Order {
    pub(super) receivers: Vec<Written>,
    /// What stands among the receivers and is none, or may not be sent to.
    pub(super) denied: Vec<String>,
    pub(super) source: Written,
    pub(super) content: Content,
    pub(super) has_udh: bool,
    pub(super) protocol_id: u8,
    pub(super) reply_path: bool,
    pub(super) priority: Priority,
    pub(super) not_before: Option<Timestamp>,
    pub(super) expires_at: Option<Timestamp>,
    pub(super) service_type: ArrayVec<u8, 5>,
    pub(super) smsc: Option<String>,
    pub(super) tlvs: Bytes,
    pub(super) reports: Reports,
}

/// A number, and how it is written: that is how it is told again.
pub(super) struct Written {
    pub(super) address: Address,
    pub(super) text: String,
}

/// Which reports are wanted, and what they are told with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reports {
    /// `dlr-mask`
    pub(super) mask: Events,
    /// `dlr-url`
    pub(super) url: Option<String>,
    pub(super) account: String,
    pub(super) binfo: String,
    /// `meta-data`
    pub(super) meta: String,
}

impl Order {
    /// What a request of `account` asks for.
    pub(super) fn of(request: &Request, account: &Account, now: Timestamp) -> Result<Self, Answer> {
        let has_udh = check_udh(request)?;
        let (receivers, denied) = receivers(request, account)?;
        let source = source(request, account)?;
        let reports = reports(request, account)?;
        let class = field(request.mclass, 0..=3, "MClass field misformed, rejected")?;
        let protocol_id = field(request.pid, 0..=255, "PID field misformed, rejected")?;
        let reply_path = field(request.rpi, 0..=2, "RPI field misformed, rejected")?;
        let alternative = field(request.alt_dcs, 0..=1, "Alt-DCS field misformed, rejected")?;
        let waiting = field(request.mwi, 0..=7, "MWI field misformed, rejected")?;
        field(request.coding, 0..=2, "Coding field misformed, rejected")?;
        let compressed = field(request.compress, 0..=1, "Compress field misformed, rejected")?;
        let validity = minutes(request.validity, i32::MAX, "Validity field misformed, rejected")?;
        let deferred = minutes(request.deferred, DEFERRED_MAX_MIN, "Deferred field misformed, rejected")?;
        let priority = field(request.priority, 0..=3, "Priority field misformed, rejected")?;
        let set = |value: Option<u8>| value.is_some_and(|value| value > 0);
        let look = Look { class, waiting, compressed: set(compressed), alternative: set(alternative) };
        let overrides = Overrides::of(&reports.meta);
        let said = &account.config().kannel;
        let around = Around {
            header: said.header.as_deref().unwrap_or_default(),
            footer: said.footer.as_deref().unwrap_or_default(),
            most: said.max_messages.map(std::num::NonZeroU8::get),
            split_chars: said.split_chars.as_deref().unwrap_or_default(),
        };
        Ok(Self {
            content: coding::content(request, look, overrides.data_coding(), &around)?,
            denied,
            receivers: receivers
                .into_iter()
                .map(|Written { address, text }| Written { address: overrides.destination(address), text })
                .collect(),
            source: Written { address: overrides.source(source.address), text: source.text },
            has_udh,
            protocol_id: protocol_id.unwrap_or_default(),
            reply_path: set(reply_path),
            priority: priority.map_or_else(Priority::default, Priority),
            not_before: deferred.map(|after| now.plus(after)).filter(|at| *at > now),
            // Not past at once: what may be sent this minute may be sent.
            expires_at: validity.map(|valid| now.plus(valid.clamp(Duration::from_secs(1), VALIDITY_MAX))),
            service_type: request.binfo.iter().flatten().copied().take(5).collect(),
            smsc: request.smsc.as_deref().and_then(text),
            tlvs: meta::tlvs(&reports.meta, &said.tlv),
            reports,
        })
    }
}

/// A user data header starts with its own length and is filled by its elements; an empty one is none.
fn check_udh(request: &Request) -> Result<bool, Answer> {
    let Some((length, _)) = request.udh.as_ref().and_then(|udh| udh.split_first()) else { return Ok(false) };
    let octets = request.udh.as_ref().map_or(0, Vec::len);
    if octets != usize::from(*length) + 1 {
        return Err(MISFORMED_UDH);
    }
    if octets > UDH_OCTETS_MAX {
        return Err(Answer::rejected("UDH field is too long, rejected"));
    }
    if UserDataHeader::parse(request.udh.as_deref().unwrap_or_default()).is_err() {
        return Err(MISFORMED_UDH);
    }
    Ok(true)
}

/// Those that can be numbers and may be sent to, each once, and the others.
fn receivers(request: &Request, account: &Account) -> Result<(Vec<Written>, Vec<String>), Answer> {
    let words = request.to.as_deref().unwrap_or_default().split(u8::is_ascii_whitespace);
    let (mut receivers, mut denied): (Vec<Written>, Vec<String>) = Default::default();
    for word in words.filter(|word| !word.is_empty()) {
        let text = String::from_utf8_lossy(word).into_owned();
        let kannel = &account.config().kannel;
        let meant = kannel.unified_prefix.apply(&text).into_owned();
        match receiver(meant.as_bytes()).filter(|_| kannel.allows(&text)) {
            Some(address) if receivers.iter().any(|known| known.address == address) => {}
            Some(address) => receivers.push(Written { address, text: meant }),
            None => denied.push(text),
        }
    }
    if receivers.is_empty() { Err(Answer::NUMBERS_DENIED) } else { Ok((receivers, denied)) }
}

fn receiver(word: &[u8]) -> Option<Address> {
    let number: Vec<u8> = word.iter().copied().filter(|octet| *octet != b'-').collect();
    Address::guess(&number).filter(|address| address.value.iter().all(u8::is_ascii_digit))
}

fn source(request: &Request, account: &Account) -> Result<Written, Answer> {
    let said = &account.config().kannel;
    let from = request.from.as_deref().filter(|from| !from.is_empty());
    let from = said.faked_sender.as_deref().map(str::as_bytes).or(from);
    let from = from.or(said.default_sender.as_deref().map(str::as_bytes));
    let from = from.or(account.only_source().map(|only| only.written().as_bytes()));
    let from = from.ok_or(Answer::rejected("Sender missing and no global set, rejected"))?;
    let longer = || {
        let is_plain = from.len() <= SENDER_OCTETS_MAX
            && from.iter().all(|octet| *octet >= b' ')
            && from.iter().any(|octet| *octet > b' ');
        Address::new(Ton::ALPHANUMERIC, Npi::UNKNOWN, from).filter(|_| is_plain)
    };
    let address = Address::guess(from).or_else(longer);
    let address = address.ok_or(Answer::rejected("From field misformed, rejected"))?;
    Ok(Written { address, text: String::from_utf8_lossy(from).into_owned() })
}

fn reports(request: &Request, account: &Account) -> Result<Reports, Answer> {
    let name = request.account.as_deref().unwrap_or_default();
    if name.len() > ACCOUNT_OCTETS_MAX || name.iter().any(|octet| b"[]\r\n".contains(octet)) {
        return Err(Answer::rejected("Account field misformed or too long, rejected"));
    }
    let mask = wanted::mask(request.dlr_mask.unwrap_or_default());
    let is_called = account.config().kannel.dlr && mask.is_some_and(|mask| mask.has_any(TOLD));
    let usable = |url: &str| callable(url).is_some_and(|url| !is_called || account.may_call(&url));
    let misformed = Answer::rejected("DLR-URL field misformed, rejected");
    let url = match request.dlr_url.as_deref().filter(|url| !url.is_empty()) {
        Some(url) => Some(text(url).filter(|url| usable(url)).ok_or(misformed)?),
        None => account.config().kannel.dlr_url.clone(),
    };
    let lossy = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
    Ok(Reports {
        mask: mask.ok_or(Answer::rejected("DLR-Mask field misformed, rejected"))?,
        url,
        account: lossy(name),
        binfo: request.binfo.as_deref().map(lossy).unwrap_or_default(),
        meta: request
            .meta
            .as_deref()
            .map(lossy)
            .filter(|meta| meta.len() <= META_OCTETS_MAX)
            .unwrap_or_default(),
    })
}

fn field(
    number: Option<i32>,
    range: std::ops::RangeInclusive<i32>,
    wrong: &'static str,
) -> Result<Option<u8>, Answer> {
    match number {
        None => Ok(None),
        Some(number) if range.contains(&number) => Ok(u8::try_from(number).ok()),
        Some(_) => Err(Answer::rejected(wrong)),
    }
}

fn minutes(number: Option<i32>, most: i32, wrong: &'static str) -> Result<Option<Duration>, Answer> {
    let Some(number) = number else { return Ok(None) };
    let minutes = u64::try_from(number).ok().filter(|_| number <= most).ok_or(Answer::rejected(wrong))?;
    Ok(Some(Duration::from_secs(minutes * 60)))
}

fn text(octets: &[u8]) -> Option<String> {
    std::str::from_utf8(octets).ok().map(str::to_owned)
}

const MISFORMED_UDH: Answer = Answer::rejected("UDH field misformed, rejected");
/// A segment has no room for more.
const UDH_OCTETS_MAX: usize = 140;
/// SMPP 3.4 section 5.2.8: source_addr has 20 characters.
const SENDER_OCTETS_MAX: usize = 20;
const ACCOUNT_OCTETS_MAX: usize = 64;
/// A later schedule is refused, D-3.
const DEFERRED_MAX_MIN: i32 = 30 * 24 * 60;
/// A longer validity is cut, D-3.
const VALIDITY_MAX: Duration = Duration::from_secs(7 * 24 * 3600);
