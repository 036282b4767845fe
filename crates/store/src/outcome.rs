//! What became of something that was lent, and what the SMSC said of it later.

use std::sync::Arc;

use bytes::Bytes;
use smallvec::SmallVec;
use sms::{LinkName, Message, State, Timestamp};

use crate::{Entry, Lease};

/// A lease with its outcome.
#[derive(Debug)]
pub struct Settlement {
    /// What was lent.
    pub lease: Lease,
    /// What became of it.
    pub outcome: Outcome,
    /// The message that the other side answered with, to be taken over together with the outcome.
    pub answer: Option<Entry>,
}

/// What became of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The other side took it over, and that is all that will be known: `state` is final.
    Done {
        /// [`State::Delivered`] for a peer that is the destination, [`State::HandedOver`] otherwise.
        state: State,
        /// The id that the other side gave, if any.
        remote_id: Option<RemoteId>,
    },
    /// The SMSC took it over and will send a receipt.
    Sent {
        /// The id that the receipt will name.
        remote_id: RemoteId,
    },
    /// It was not taken over; try again.
    Retry {
        /// Not before this.
        at: Timestamp,
        /// Why it was not taken over.
        cause: Cause,
    },
    /// It was not tried, and that was no attempt.
    Deferred {
        /// Lend it again not before this; a store that was reopened may do so at once.
        at: Timestamp,
    },
    /// It was not taken over; another link shall have it.
    Redirect {
        /// The link that shall have it.
        to: LinkName,
    },
    /// Another link shall have it as if it were new, until its time there is up.
    Move {
        /// The link that shall have it.
        to: LinkName,
        /// The end of its validity from now on.
        until: Timestamp,
        /// Why it was given up, if it was.
        cause: Option<Cause>,
    },
    /// It will never be taken over.
    Failed {
        /// The final state.
        state: State,
        /// Why.
        cause: Cause,
    },
    /// Nobody knows whether it was taken over.
    Unknown {
        /// When to send it again, at the risk of a duplicate; `None` holds it until a late response or
        /// a receipt tells, or its time is up.
        retry_at: Option<Timestamp>,
        /// How contact was lost.
        cause: Cause,
    },
}

/// Why an attempt did not succeed, in the words of the other side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A command_status of SMPP.
    Smpp(u32),
    /// A status code of HTTP.
    Http(u16),
    /// The error of a receipt: the three characters of `err:` or a network error code.
    Network(u32),
    /// The other side did not answer in time.
    Timeout,
    /// The connection was lost while the answer was awaited.
    ConnectionLost,
    /// The process ended while the answer was awaited.
    Restart,
    /// Anything else, in words.
    Other(Arc<str>),
}

impl Cause {
    /// The error that a record and a receipt show for it, 0 for none: a network's code, or a status that
    /// the SMSC's vendor made up, which means nothing without its number.
    #[must_use]
    pub const fn error(&self) -> u32 {
        match *self {
            Self::Network(code) | Self::Smpp(code @ 0x400..=0x4FF) => code,
            _ => 0,
        }
    }
}

impl std::fmt::Display for Cause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Smpp(status) => write!(f, "command_status 0x{status:08X}"),
            Self::Http(status) => write!(f, "HTTP {status}"),
            Self::Network(code) => write!(f, "network error {code}"),
            Self::Timeout => f.write_str("no answer in time"),
            Self::ConnectionLost => f.write_str("connection lost before the answer"),
            Self::Restart => f.write_str("restart before the answer"),
            Self::Other(text) => f.write_str(text),
        }
    }
}

/// How an SMSC writes its message ids; ids of the same value are the same id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum RemoteIdForm {
    /// Compared octet by octet, without regard to case.
    #[default]
    Text = 0,
    /// A decimal number; leading zeros do not count.
    Decimal = 1,
    /// A hexadecimal number; leading zeros and case do not count.
    Hexadecimal = 2,
}

/// The message id that the other side gave, as it was written and how to read it.
///
/// An id that is not a number of its declared form is compared as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteId {
    /// The octets as they came.
    pub raw: SmallVec<[u8; 64]>,
    /// How to read them.
    pub form: RemoteIdForm,
}

impl RemoteId {
    /// The most octets of an id that are kept. SMPP 3.4 section 5.3.2.12 allows 64 and the final NUL, and up to that
    /// they take no allocation; some message centres give longer ones.
    pub const OCTETS_MAX: usize = 255;

    /// The id with these octets, cut at [`RemoteId::OCTETS_MAX`].
    #[must_use]
    pub fn new(raw: &[u8], form: RemoteIdForm) -> Self {
        Self { raw: raw.iter().copied().take(Self::OCTETS_MAX).collect(), form }
    }

    /// The id as it was written; what is no text in it is marked.
    #[must_use]
    pub fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.raw)
    }

    /// The number that the id is, or `None` if it is not one of its form or does not fit.
    #[must_use]
    pub fn number(&self) -> Option<u128> {
        let radix = match self.form {
            RemoteIdForm::Text => return None,
            RemoteIdForm::Decimal => 10,
            RemoteIdForm::Hexadecimal => 16,
        };
        let number = |digits: &[u8]| {
            digits.iter().try_fold(0_u128, |value, &octet| {
                let digit = char::from(octet).to_digit(radix)?;
                value.checked_mul(u128::from(radix))?.checked_add(u128::from(digit))
            })
        };
        if self.raw.is_empty() { None } else { number(&self.raw) }
    }
}

impl std::fmt::Display for RemoteId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.raw.escape_ascii().fmt(f)
    }
}

/// A receipt as an SMSC sent it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteReceipt {
    /// The SMSC that sent it.
    pub smsc: LinkName,
    /// The message id that it names.
    pub remote_id: RemoteId,
    /// The state that it reports; [`State::Enroute`] for an intermediate notification.
    pub state: State,
    /// The network's error code, 0 for none.
    pub error: u32,
    /// When that state was reached, if it says so; otherwise when it arrived.
    pub done_at: Timestamp,
    /// What else it says that its owner is to be told, octet for octet. More than
    /// [`RemoteReceipt::TLVS_OCTETS_MAX`] is not kept, and none of it.
    pub tlvs: Bytes,
}

impl RemoteReceipt {
    /// The most octets of [`RemoteReceipt::tlvs`] that are kept.
    pub const TLVS_OCTETS_MAX: usize = 1024;

    /// Its TLVs if they are not too many octets to be kept.
    pub(crate) fn bounded_tlvs(&self) -> Bytes {
        if self.tlvs.len() > Self::TLVS_OCTETS_MAX { Bytes::new() } else { self.tlvs.clone() }
    }
}

/// What a receipt was found to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sighting {
    /// It told something new.
    Applied,
    /// It told something new that is not the end, and the owner wants to know (bit 4 of
    /// registered_delivery). That the owner is told is up to whoever brought the receipt.
    OnTheWay {
        /// The message.
        message: Arc<Message>,
        /// The network's error code, 0 for none.
        error: u32,
        /// When it was so.
        done_at: Timestamp,
        /// [`RemoteReceipt::tlvs`].
        tlvs: Bytes,
    },
    /// Its segment already had a final state; noted in the history only.
    Repeated,
    /// It matches nothing so far and is kept for a while.
    Unmatched,
}
