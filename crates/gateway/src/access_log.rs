//! What SMSCs took and brought, a line each, in the form of Kannel's access log, for programs that read that.
//!
//! Otherwise than there no text is written, only how long it is. Lines are no promise: those of the last moment
//! before a crash may be missing; the records of messages have all.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sms::{Address, Alphabet, DataCoding, LinkName, Message, Timestamp, UserDataHeader};
use store::{Item, Lease, Outcome, RemoteId};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::attributes::Attributes;
use crate::submission::{Content, Submission};

/// The log, if there is one. Whoever renames its file gets a new one with the next lines.
pub(crate) struct AccessLog {
    path: PathBuf,
    waiting: Mutex<Waiting>,
    is_waiting: Notify,
}

#[derive(Default)]
struct Waiting {
    lines: Vec<u8>,
    lost: u64,
}

/// What a line says beside its time and what happened.
struct Line<'a> {
    smsc: &'a str,
    service: &'a str,
    account: &'a str,
    billing: &'a str,
    foreign_id: &'a str,
    meta: &'a str,
    from: String,
    to: String,
    class: Option<u8>,
    coding: Option<u8>,
    mask: Option<u32>,
    octets: usize,
    header: Vec<u8>,
}

impl AccessLog {
    pub(crate) fn new(path: PathBuf) -> Arc<Self> {
        Arc::new(Self { path, waiting: Mutex::default(), is_waiting: Notify::new() })
    }

    /// Writes lines as they come, until it is stopped; what comes later is for [`AccessLog::write`].
    pub(crate) async fn run(self: Arc<Self>, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = self.is_waiting.notified() => self.write().await,
                () = stop.cancelled() => return,
            }
        }
    }

    /// Writes what waits.
    pub(crate) async fn write(self: &Arc<Self>) {
        let Waiting { lines, lost } = std::mem::take(&mut *self.waiting());
        if lost > 0 {
            tracing::warn!(lost, "the access log is slower than the traffic: lines are missing");
        }
        if lines.is_empty() {
            return;
        }
        let log = self.clone();
        let written = tokio::task::spawn_blocking(move || log.append(&lines)).await;
        if let Err(error) = written.unwrap_or_else(|error| Err(io::Error::other(error))) {
            tracing::error!(%error, "the access log cannot be written");
        }
    }

    /// An SMSC answered a segment: one line for a message, with the answer to the last.
    pub(crate) fn answered(&self, lease: &Lease, outcome: &Outcome, smsc: &LinkName, now: Timestamp) {
        let message = lease.message();
        let last = message.parts.len().saturating_sub(1);
        if !matches!(lease.item(), Item::Segment(number) if usize::from(number) == last) {
            return;
        }
        let (what, id) = match outcome {
            Outcome::Sent { remote_id } => ("Sent SMS", Some(remote_id)),
            Outcome::Done { remote_id, .. } => ("Sent SMS", remote_id.as_ref()),
            Outcome::Failed { .. } => ("REJECTED Send SMS", None),
            _ => return,
        };
        let id = id.map(RemoteId::text).unwrap_or_default();
        let attributes = message.attached.as_deref().map(Attributes::readable).unwrap_or_default();
        let tag = |name: &str| attributes.tags.get(name).map(String::as_str).unwrap_or_default();
        let billing = String::from_utf8_lossy(&message.service_type);
        let header = own_header(message);
        let line = Line {
            smsc: smsc.as_str(),
            service: message.origin.as_str(),
            account: tag("account"),
            billing: if tag("binfo").is_empty() { &billing } else { tag("binfo") },
            foreign_id: &id,
            meta: &attributes.meta,
            from: message.source.text(),
            to: message.destination.text(),
            class: DataCoding(message.data_coding).class().map(|class| class as u8),
            coding: Some(coding(message.data_coding)),
            mask: attributes.callback.as_ref().map(|callback| callback.events.0),
            octets: length(message),
            header,
        };
        self.line(now, what, &line);
    }

    /// An SMSC brought a message of a handset.
    pub(crate) fn brought(&self, submission: &Submission, smsc: &LinkName, now: Timestamp) {
        let Content::Encoded { data_coding, octets } = &submission.content else { return };
        let (header, body) = if submission.esm_class & Message::UDHI == 0 {
            (Vec::new(), octets.len())
        } else {
            UserDataHeader::parse(octets)
                .map(|(_, body)| (octets[..octets.len() - body.len()].to_vec(), body.len()))
                .unwrap_or_default()
        };
        let line = Line {
            smsc: smsc.as_str(),
            service: "",
            account: "",
            billing: "",
            foreign_id: "",
            meta: "?smpp?",
            from: with_plus(&submission.source),
            to: with_plus(&submission.destination),
            class: DataCoding(*data_coding).class().map(|class| class as u8),
            coding: Some(coding(*data_coding)),
            mask: None,
            octets: body,
            header,
        };
        self.line(now, "Receive SMS", &line);
    }

    /// A report is told to a `dlr-url`.
    pub(crate) fn reported(
        &self,
        message: &Message,
        kind: u32,
        octets: usize,
        smsc: &str,
        id: &str,
        now: Timestamp,
    ) {
        let attributes = message.attached.as_deref().map(Attributes::readable).unwrap_or_default();
        let tag = |name: &str| attributes.tags.get(name).map(String::as_str).unwrap_or_default();
        let is_report = attributes.report.is_some();
        let (from, to) = (message.source.text(), message.destination.text());
        let (from, to) = if is_report { (to, from) } else { (from, to) };
        let line = Line {
            smsc,
            service: message.origin.as_str(),
            account: tag("account"),
            billing: tag("binfo"),
            foreign_id: id,
            meta: &attributes.meta,
            from,
            to,
            class: None,
            coding: None,
            mask: Some(kind),
            octets,
            header: Vec::new(),
        };
        self.line(now, "Receive DLR", &line);
    }

    fn line(&self, now: Timestamp, what: &str, line: &Line<'_>) {
        let milliseconds = i64::try_from(now.0).unwrap_or(i64::MAX);
        let at = jiff::Timestamp::from_millisecond(milliseconds).unwrap_or(jiff::Timestamp::MAX);
        let number = |value: Option<i64>| value.unwrap_or(-1);
        let mut text = String::with_capacity(LINE_OCTETS);
        // A string takes everything.
        let _ = write!(text, "{} {what}", at.strftime("%Y-%m-%d %H:%M:%S"));
        for (name, value) in [
            ("SMSC", line.smsc),
            ("SVC", line.service),
            ("ACT", line.account),
            ("BINF", line.billing),
            ("FID", line.foreign_id),
            ("META", line.meta),
        ] {
            let _ = write!(text, " [{name}:{}]", Shown(value));
        }
        let _ = write!(text, " [from:{}] [to:{}]", Shown(&line.from), Shown(&line.to));
        let (class, coding) = (number(line.class.map(i64::from)), number(line.coding.map(i64::from)));
        let mask = number(line.mask.map(i64::from));
        let _ = write!(
            text,
            " [flags:{class}:{coding}:-1:-1:{mask}] [msg:{}:] [udh:{}:",
            line.octets,
            line.header.len()
        );
        line.header.iter().for_each(|octet| {
            let _ = write!(text, "{octet:02X}");
        });
        text.push_str("]\n");
        let mut waiting = self.waiting();
        if waiting.lines.len() + text.len() > WAITING_OCTETS_MAX {
            waiting.lost += 1;
        } else {
            waiting.lines.extend_from_slice(text.as_bytes());
        }
        drop(waiting);
        self.is_waiting.notify_one();
    }

    fn append(&self, lines: &[u8]) -> io::Result<()> {
        OpenOptions::new().create(true).append(true).open(&self.path)?.write_all(lines)
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        // Lines are as good after a panic elsewhere as before.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A value that cannot end its field or its line.
struct Shown<'a>(&'a str);

impl std::fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.chars().try_for_each(|character| match character {
            '[' | ']' => f.write_char('.'),
            character if character.is_control() => f.write_char('.'),
            character => f.write_char(character),
        })
    }
}

/// 0 for GSM, 1 for octets, 2 for UCS-2.
fn coding(data_coding: u8) -> u8 {
    match DataCoding(data_coding).alphabet() {
        Alphabet::Ucs2 => 2,
        Alphabet::Octets => 1,
        _ => 0,
    }
}

/// The octets of all segments without their headers.
fn length(message: &Message) -> usize {
    let body = |part: &bytes::Bytes| match UserDataHeader::parse(part) {
        Ok((_, body)) if message.has_udh() => body.len(),
        _ => part.len(),
    };
    message.parts.iter().map(body).sum()
}

/// The user data header of a message that is not long: that of a long one is ours.
fn own_header(message: &Message) -> Vec<u8> {
    match &message.parts[..] {
        [part] if message.has_udh() => UserDataHeader::parse(part)
            .map(|(_, body)| part[..part.len() - body.len()].to_vec())
            .unwrap_or_default(),
        _ => Vec::new(),
    }
}

/// An international number has a plus, as Kannel has it.
fn with_plus(address: &Address) -> String {
    let text = address.text();
    let is_bare = address.ton == sms::Ton::INTERNATIONAL && !text.starts_with('+');
    if is_bare { format!("+{text}") } else { text }
}

/// An ordinary line is in these octets.
const LINE_OCTETS: usize = 256;
/// More does not wait for the disk.
const WAITING_OCTETS_MAX: usize = 16 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    fn line(line: &Line<'_>) -> String {
        let log = AccessLog::new(PathBuf::new());
        log.line(Timestamp(1_767_225_600_000), "Sent SMS", line);
        String::from_utf8_lossy(&log.waiting().lines).into_owned()
    }

    // KN-30: field by field what bearerbox 1.4.5 writes, but for the text.
    #[test]
    fn a_line_is_that_of_kannel_without_the_text() {
        let sent = Line {
            smsc: "telco-a",
            service: "bank",
            account: "acc",
            billing: "bi",
            foreign_id: "id14",
            meta: "?smpp?foo=a%26b&",
            from: "BANK".to_owned(),
            to: "628111".to_owned(),
            class: None,
            coding: Some(0),
            mask: Some(31),
            octets: 3,
            header: vec![6, 5, 4, 0x0B],
        };
        assert_eq!(
            line(&sent),
            "2026-01-01 00:00:00 Sent SMS [SMSC:telco-a] [SVC:bank] [ACT:acc] [BINF:bi] [FID:id14] \
             [META:?smpp?foo=a%26b&] [from:BANK] [to:628111] [flags:-1:0:-1:-1:31] [msg:3:] [udh:4:0605040B]\n"
        );
        let forged = Line { from: "x]\n2026 Sent".to_owned(), header: Vec::new(), ..sent };
        assert!(line(&forged).contains("[from:x..2026 Sent] "), "{}", line(&forged));
    }

    #[test]
    fn what_waits_has_a_limit() {
        let log = AccessLog::new(PathBuf::new());
        log.waiting().lines = vec![0; WAITING_OCTETS_MAX];
        let nothing = Line {
            smsc: "",
            service: "",
            account: "",
            billing: "",
            foreign_id: "",
            meta: "",
            from: String::new(),
            to: String::new(),
            class: None,
            coding: None,
            mask: None,
            octets: 0,
            header: Vec::new(),
        };
        log.line(Timestamp(0), "Sent SMS", &nothing);
        let waiting = log.waiting();
        assert_eq!((waiting.lines.len(), waiting.lost), (WAITING_OCTETS_MAX, 1));
    }
}
