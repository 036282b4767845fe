//! What owners are told of a message before it has its final state: each time by a message of its own, which goes to
//! the URL that the message names, and is as durable as any other.

use std::sync::Arc;

use bytes::Bytes;
use sms::{Attached, Direction, LinkName, Message, Parts, Priority, ReceiptRequest, Timestamp};
use store::{Entry, Item, Lease, Outcome};

use crate::attributes::{Attributes, Events, Form, Report};
use crate::chance::Chance;

/// Whether a URL that the message names is told what becomes of it, and nobody else.
pub(crate) fn is_told_elsewhere(message: &Message) -> bool {
    message.attached.as_ref().is_some_and(|attached| attached.told.is_some())
}

/// What an SMSC answered a segment with, if its owner wants to know: of a long message the answer to its last one.
pub(crate) fn of_answer(
    lease: &Lease,
    outcome: &Outcome,
    status: u32,
    now: Timestamp,
    chance: &Chance,
) -> Option<Entry> {
    let message = lease.message();
    if !is_told_elsewhere(message) || !is_last(lease) {
        return None;
    }
    let event = match outcome {
        Outcome::Sent { .. } | Outcome::Done { .. } => Events::ACCEPTED,
        Outcome::Failed { .. } => Events::REJECTED,
        _ => return None,
    };
    let attributes = wanted(message, event)?;
    let is_told_at_the_end =
        attributes.callback.as_ref().is_some_and(|callback| callback.form == Form::Kannel);
    if event == Events::REJECTED && is_told_at_the_end {
        return None;
    }
    let attributes = Attributes { report: Some(Report { event, status }), ..attributes };
    of(&Subject::of(message)?, attributes, Bytes::new(), now, chance)
}

/// What an SMSC said that is not the end, in its words, if the owner wants to know.
pub(crate) fn of_notification(
    message: &Message,
    words: Bytes,
    now: Timestamp,
    chance: &Chance,
) -> Option<Entry> {
    let report = Some(Report { event: Events::BUFFERED, status: 0 });
    let attributes = Attributes { report, ..wanted(message, Events::BUFFERED)? };
    of(&Subject::of(message)?, attributes, words, now, chance)
}

/// Who is told of what.
pub(crate) struct Subject<'m> {
    /// Whoever brought that message.
    pub(crate) owner: &'m LinkName,
    /// The link that tells.
    pub(crate) told: LinkName,
    /// The message that it is about, if that ever was one.
    pub(crate) id: Option<sms::MessageId>,
    /// The ends of that message.
    pub(crate) source: &'m sms::Address,
    pub(crate) destination: &'m sms::Address,
    pub(crate) priority: Priority,
}

impl<'m> Subject<'m> {
    /// `None` if nobody but its owner is told.
    fn of(message: &'m Message) -> Option<Self> {
        Some(Self {
            owner: &message.origin,
            told: message.attached.as_ref()?.told.clone()?,
            id: Some(message.shown_id()),
            source: &message.source,
            destination: &message.destination,
            priority: message.priority,
        })
    }
}

/// A message that tells the callback among `attributes`; `None` if there is none, or more than can be kept.
pub(crate) fn of(
    subject: &Subject<'_>,
    attributes: Attributes,
    words: Bytes,
    now: Timestamp,
    chance: &Chance,
) -> Option<Entry> {
    let attached = attributes.checked().ok()?.attached(subject.owner)?;
    let message = Message {
        id: chance.message_id(now),
        member: 0,
        direction: Direction::Mo,
        origin: subject.owner.clone(),
        source: subject.destination.clone(),
        destination: subject.source.clone(),
        service_type: arrayvec::ArrayVec::new(),
        protocol_id: 0,
        data_coding: 0,
        esm_class: 0,
        priority: subject.priority,
        receipt: ReceiptRequest::NONE,
        accepted_at: now,
        not_before: None,
        expires_at: Some(now.plus(VALIDITY)),
        in_reply_to: subject.id,
        // It is told itself; nobody is told of it.
        attached: Some(Arc::new(Attached { told: None, ..Attached::clone(&attached) })),
        tlvs: Bytes::new(),
        parts: Parts::from_elem(words, 1),
    };
    Some(Entry { message: Arc::new(message), target: subject.told.clone(), alternatives: Vec::new() })
}

fn is_last(lease: &Lease) -> bool {
    let last = lease.message().parts.len().saturating_sub(1);
    matches!(lease.item(), Item::Segment(number) if usize::from(number) == last)
}

/// What the owner said of the message, if it wants to be told of such an event.
fn wanted(message: &Message, event: Events) -> Option<Attributes> {
    let mut attributes = Attributes::of(message.attached.as_deref()?).ok()?;
    attributes.callback.as_ref().filter(|callback| callback.events.has(event))?;
    // The record of the message itself has them.
    attributes.client_reference.clear();
    attributes.keyed = None;
    Some(attributes)
}

/// How long it is tried to tell.
const VALIDITY: std::time::Duration = std::time::Duration::from_secs(3 * 24 * 3600);
