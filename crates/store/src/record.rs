//! What is kept of a message: its states, attempts, remote ids and times.

use std::sync::Arc;

use sms::{Address, Attached, Direction, LinkName, MessageId, State, Timestamp};

use crate::{Cause, RemoteId};

/// What is known of a message. Its text is not kept here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Our id.
    pub id: MessageId,
    /// Which way it travels.
    pub direction: Direction,
    /// The link that brought it.
    pub origin: LinkName,
    /// The link that it leaves by.
    pub target: LinkName,
    /// Who sends.
    pub source: Address,
    /// Who receives.
    pub destination: Address,
    /// How many segments it has.
    pub segments: u16,
    /// Its state.
    pub state: State,
    /// The network's error code of the final state, 0 for none.
    pub error: u32,
    /// When we took it over.
    pub accepted_at: Timestamp,
    /// Not to be sent before this.
    pub not_before: Option<Timestamp>,
    /// Not to be sent from then on, if nobody took it by then; `None` for what was kept by earlier versions, too.
    pub expires_at: Option<Timestamp>,
    /// When it got its final state.
    pub final_at: Option<Timestamp>,
    /// The message that this one answers.
    pub in_reply_to: Option<MessageId>,
    /// What its owner attached to it.
    pub attached: Option<Arc<Attached>>,
    /// All that happened to it, oldest first, up to [`Record::STEPS_MAX`].
    pub history: Vec<Step>,
}

impl Record {
    /// The most steps that are kept of one message; later ones replace the last but the final one.
    pub const STEPS_MAX: usize = 512;

    /// The link that it was handed to last.
    #[must_use]
    pub fn last_link(&self) -> Option<&LinkName> {
        self.history.iter().rev().find_map(|step| match &step.event {
            Event::Attempted { link } => Some(link),
            _ => None,
        })
    }

    /// The id that the other side gave to what it took over last.
    #[must_use]
    pub fn last_remote_id(&self) -> Option<&RemoteId> {
        self.history.iter().rev().find_map(|step| match &step.event {
            Event::Sent { remote_id } => remote_id.as_ref(),
            _ => None,
        })
    }
}

/// One thing that happened to a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// When it happened.
    pub at: Timestamp,
    /// The segment that it happened to, from 0.
    pub segment: u16,
    /// What happened.
    pub event: Event,
}

/// What can happen to a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Taken over; it waits for its link.
    Accepted,
    /// Handed to a link, outcome open.
    Attempted {
        /// The link.
        link: LinkName,
    },
    /// The other side took it over.
    Sent {
        /// The id that it gave.
        remote_id: Option<RemoteId>,
    },
    /// Not taken over, to be tried again.
    Retried {
        /// Why.
        cause: Cause,
        /// Not before this.
        at: Timestamp,
    },
    /// Given to another link.
    Redirected {
        /// The link that has it now.
        to: LinkName,
    },
    /// Nobody knows whether it was taken over.
    OutcomeUnknown {
        /// How contact was lost.
        cause: Cause,
    },
    /// Refused for good.
    Failed {
        /// Why.
        cause: Cause,
    },
    /// A receipt came.
    Receipt {
        /// The state that it reported.
        state: State,
        /// The network's error code, 0 for none.
        error: u32,
    },
    /// Got its final state.
    Final {
        /// The state.
        state: State,
    },
    /// The owner could not be told the receipt, which is tried again. Of several in a row the last alone is kept.
    OwnerRetried {
        /// Why.
        cause: Cause,
        /// How many attempts in a row that were.
        attempts: u16,
        /// Not before this; `None` if that is not known.
        at: Option<Timestamp>,
    },
    /// The owner took the receipt.
    OwnerTold {
        /// The link that took it.
        link: LinkName,
    },
    /// The owner's receipt could not be delivered.
    OwnerNotTold {
        /// Why.
        cause: Cause,
    },
}

/// Which messages to look for; what is `None` is not looked at.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// The links of which one brought the message or took it; of none of them is nothing.
    pub links: Option<Vec<LinkName>>,
    /// The digits or the name of the source or the destination.
    pub number: Option<Vec<u8>>,
    /// What its owner calls it ([`Attached::reference`]).
    pub reference: Option<Vec<u8>>,
    /// The states that it may have; of none of them is nothing.
    pub states: Option<Vec<State>>,
    /// Which way it travels.
    pub direction: Option<Direction>,
    /// The message that it answers.
    pub in_reply_to: Option<MessageId>,
    /// Accepted at or after this.
    pub from: Option<Timestamp>,
    /// Accepted before this.
    pub until: Option<Timestamp>,
    /// Go on where the page with this [`Page::next`] ended.
    pub cursor: Option<MessageId>,
    /// Who asks, if that is not the first of `links`: those who ask take turns, so that none waits for all that
    /// another asks.
    pub asker: Option<LinkName>,
    /// The most records of a page; at most [`Query::LIMIT_MAX`].
    pub limit: usize,
}

impl Query {
    /// The most records that a page can have.
    pub const LIMIT_MAX: usize = 1000;

    /// With whom it takes turns.
    pub(crate) fn asker(&self) -> Option<&LinkName> {
        self.asker.as_ref().or_else(|| self.links.as_ref()?.first())
    }

    /// Whether a record is what is looked for, whatever the page.
    #[cfg(feature = "simulation")]
    pub(crate) fn matches(&self, record: &Record) -> bool {
        let has = |number: &Vec<u8>| {
            record.source.value[..] == **number || record.destination.value[..] == **number
        };
        let is_called = |reference: &Vec<u8>| {
            record.attached.as_ref().is_some_and(|attached| attached.reference[..] == **reference)
        };
        let is_its = |links: &Vec<LinkName>| links.contains(&record.origin) || links.contains(&record.target);
        self.number.as_ref().is_none_or(has)
            && self.reference.as_ref().is_none_or(is_called)
            && self.links.as_ref().is_none_or(is_its)
            && self.states.as_ref().is_none_or(|states| states.contains(&record.state))
            && self.direction.is_none_or(|direction| record.direction == direction)
            && self.in_reply_to.is_none_or(|answered| record.in_reply_to == Some(answered))
            && self.from.is_none_or(|from| record.accepted_at >= from)
            && self.until.is_none_or(|until| record.accepted_at < until)
    }
}

/// Messages that were found, newest first.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// The records.
    pub records: Vec<Record>,
    /// Where the next page starts, if there is more.
    pub next: Option<MessageId>,
}
