//! What a link wants carried, before it is a message.

use arrayvec::ArrayVec;
use bytes::Bytes;
use sms::reassembly;
use sms::{Address, Direction, LinkName, Message, MessageId, Priority, ReceiptRequest, Timestamp};

use crate::refusal::Refusal;

/// What a link wants carried.
#[derive(Clone, Debug)]
pub(crate) struct Submission {
    /// The id of the first of the messages that are handed over at once, and which of them this is;
    /// `None` for a new id of its own.
    pub(crate) id: Option<(MessageId, u8)>,
    pub(crate) direction: Direction,
    pub(crate) source: Address,
    pub(crate) destination: Address,
    pub(crate) service_type: ArrayVec<u8, 5>,
    pub(crate) protocol_id: u8,
    /// Message type and GSM features, without the mode bits.
    pub(crate) esm_class: u8,
    pub(crate) priority: Priority,
    pub(crate) receipt: ReceiptRequest,
    pub(crate) not_before: Option<Timestamp>,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) in_reply_to: Option<MessageId>,
    pub(crate) tlvs: Bytes,
    pub(crate) content: Content,
    /// The link that takes it unless a route that names the origin says otherwise: for answers.
    pub(crate) back_to: Option<LinkName>,
}

/// What is to be carried.
#[derive(Clone)]
pub(crate) enum Content {
    /// Text, to be encoded for the link that it leaves by.
    Text(String),
    /// Octets that are encoded already, with their user data header if there is one.
    Encoded {
        /// The alphabet and class.
        data_coding: u8,
        /// The octets.
        octets: Bytes,
    },
}

impl Submission {
    /// Whether it is a part of a long message of a handset, to be put together with the others (N-3).
    pub(crate) fn is_part(&self) -> bool {
        let Content::Encoded { octets, .. } = &self.content else { return false };
        self.direction == Direction::Mo && reassembly::concatenation(self.esm_class, octets).is_some()
    }

    /// The elements of the user data header, and what comes behind it.
    pub(crate) fn header_and_body<'a>(&self, octets: &'a Bytes) -> Result<(&'a [u8], Bytes), Refusal> {
        if self.esm_class & Message::UDHI == 0 {
            return Ok((&[], octets.clone()));
        }
        let length = usize::from(*octets.first().ok_or(Refusal::BadLength)?);
        let elements = octets.get(1..=length).ok_or(Refusal::BadLength)?;
        Ok((elements, octets.slice(1 + length..)))
    }
}

impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(text) => write!(f, "text of {} octets", text.len()),
            Self::Encoded { data_coding, octets } => {
                write!(f, "{} octets, data_coding {data_coding:#04x}", octets.len())
            }
        }
    }
}
