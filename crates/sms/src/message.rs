//! A message: what somebody wants carried.

use std::fmt;
use std::sync::Arc;

use arrayvec::ArrayVec;
use bytes::Bytes;
use smallvec::SmallVec;

use crate::{
    Address, Attached, LinkName, MessageId, RECEIPT_TEXT_OCTETS_MAX, Timestamp, UserDataHeader, excerpt,
};

/// The bodies of a message's segments, in order: one for nearly every message.
pub type Parts = SmallVec<[Bytes; 1]>;

/// Which way a message travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Mobile-terminated: towards a handset.
    Mt,
    /// Mobile-originated: from a handset.
    Mo,
}

/// How urgent a message is; higher goes first (SMPP 3.4 section 5.2.14).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Priority(pub u8);

impl Priority {
    /// Ordinary traffic.
    pub const BULK: Self = Self(0);
    /// What a person waits for: one-time passwords, bank alerts.
    pub const URGENT: Self = Self(3);
}

/// Which receipts the owner of a message asked for (SMPP 3.4 section 5.2.17).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ReceiptRequest {
    /// A receipt when the message was delivered.
    pub on_success: bool,
    /// A receipt when it failed for good.
    pub on_failure: bool,
    /// The record shall show the final state, whether or not the owner is told: the SMSC is asked for
    /// a receipt in any case.
    pub tracked: bool,
    /// What is asked for beside them: any of [`ReceiptRequest::INTERMEDIATE`] and
    /// [`ReceiptRequest::ACKNOWLEDGEMENTS`], the bits of registered_delivery as they stand there.
    pub others: u8,
}

impl ReceiptRequest {
    /// Bit 4 of registered_delivery: the owner is told on the way, too.
    pub const INTERMEDIATE: u8 = 0x10;
    /// Bits 3-2 of registered_delivery: the destination itself shall acknowledge.
    pub const ACKNOWLEDGEMENTS: u8 = 0x0C;
    /// No receipts.
    pub const NONE: Self = Self { on_success: false, on_failure: false, tracked: false, others: 0 };
    /// No receipt for the owner, but a final state in the record.
    pub const TRACKED: Self = Self { tracked: true, ..Self::NONE };
    /// One receipt with the final state, whatever it is.
    pub const FINAL: Self = Self { on_success: true, on_failure: true, tracked: true, others: 0 };

    /// Whether the SMSC is to be asked for a receipt.
    #[must_use]
    pub const fn asks_smsc(self) -> bool {
        self.on_success || self.on_failure || self.tracked
    }

    /// Whether a message that ended in `state` owes its owner a receipt.
    #[must_use]
    pub fn wants(self, state: State) -> bool {
        match state {
            State::Delivered => self.on_success,
            State::HandedOver | State::Enroute => false,
            _ => self.on_failure,
        }
    }
}

/// The state of a message; the numbers below 16 are those of SMPP 3.4 section 5.2.28.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum State {
    /// On its way: waiting here or with the SMSC.
    Enroute = 1,
    /// Reached its destination.
    Delivered = 2,
    /// Its validity ended first.
    Expired = 3,
    /// Cancelled.
    Deleted = 4,
    /// Refused by the network for good.
    Undeliverable = 5,
    /// Read on the destination's behalf, by customer service for example.
    Accepted = 6,
    /// Nobody can tell: the receipt did not come, or said so.
    Unknown = 7,
    /// Refused by the SMSC or by us.
    Rejected = 8,
    /// The next one took it over and will not tell more: nobody asked for a receipt.
    HandedOver = 16,
}

impl State {
    /// The state with this number, or `None` if there is none.
    #[must_use]
    pub const fn from_number(number: u8) -> Option<Self> {
        Some(match number {
            1 => Self::Enroute,
            2 => Self::Delivered,
            3 => Self::Expired,
            4 => Self::Deleted,
            5 => Self::Undeliverable,
            6 => Self::Accepted,
            7 => Self::Unknown,
            8 => Self::Rejected,
            16 => Self::HandedOver,
            _ => return None,
        })
    }

    /// Whether nothing more can happen to the message.
    #[must_use]
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Enroute)
    }
}

/// What somebody wants carried, encoded and split for the link that it leaves by. Its `Debug` form hides
/// the bodies.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// Our id.
    pub id: MessageId,
    /// Which of the messages it is that were handed over at once under one id, that of the first: 0 for
    /// the first, and for a message that was alone. See [`Message::shown_id`].
    pub member: u8,
    /// Which way it travels.
    pub direction: Direction,
    /// The link that brought it, and that owns it: receipts go back there.
    pub origin: LinkName,
    /// Who sends.
    pub source: Address,
    /// Who receives.
    pub destination: Address,
    /// The service type (SMPP 3.4 section 5.2.11), often empty, often the tariff.
    pub service_type: ArrayVec<u8, 5>,
    /// TP-PID of 23.040.
    pub protocol_id: u8,
    /// The alphabet and class: data_coding of SMPP 3.4 section 5.2.19.
    pub data_coding: u8,
    /// Message type and GSM features: esm_class of SMPP 3.4 section 5.2.12 without the mode bits.
    pub esm_class: u8,
    /// How urgent it is.
    pub priority: Priority,
    /// Which receipts the owner asked for.
    pub receipt: ReceiptRequest,
    /// When we took it over.
    pub accepted_at: Timestamp,
    /// Not to be sent before this.
    pub not_before: Option<Timestamp>,
    /// Not to be sent after this.
    pub expires_at: Option<Timestamp>,
    /// The message that this one answers.
    pub in_reply_to: Option<MessageId>,
    /// What its owner attached to it; nothing for most messages.
    pub attached: Option<Arc<Attached>>,
    /// Encoded SMPP TLVs that are carried along untouched; empty for most messages.
    pub tlvs: Bytes,
    /// The bodies of the segments: 1 to 255, each with its user data header if `esm_class` says so.
    pub parts: Parts,
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("id", &self.id)
            .field("direction", &self.direction)
            .field("origin", &self.origin)
            .field("data_coding", &self.data_coding)
            .field("parts", &self.parts.len())
            .finish_non_exhaustive()
    }
}

impl Message {
    /// UDHI, bit 6 of esm_class: each part starts with a user data header (23.040 section 9.2.3.23).
    pub const UDHI: u8 = 0x40;

    /// The id that its owner was told: its own, or that of the first of the messages that were handed over
    /// at once.
    #[must_use]
    pub const fn shown_id(&self) -> MessageId {
        self.id.first_of(self.member)
    }

    /// How its text begins, as a receipt shows it: see [`excerpt`](crate::excerpt); empty if it is no text.
    #[must_use]
    pub fn beginning(&self) -> ArrayVec<u8, RECEIPT_TEXT_OCTETS_MAX> {
        let Some(part) = self.parts.first() else { return ArrayVec::new() };
        let body = if self.has_udh() {
            UserDataHeader::parse(part).map_or(&part[..0], |(_, body)| body)
        } else {
            part
        };
        excerpt(self.data_coding, body)
    }

    /// Whether each part starts with a user data header.
    #[must_use]
    pub const fn has_udh(&self) -> bool {
        self.esm_class & Self::UDHI != 0
    }
}
