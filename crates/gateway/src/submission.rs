//! What a link wants carried, before it is a message.

use std::sync::Arc;

use arrayvec::ArrayVec;
use bytes::Bytes;
use sms::reassembly;
use sms::udh::Element;
use sms::{
    Address, Attached, Direction, LinkName, Message, MessageId, Priority, ReceiptRequest, Timestamp,
    UserDataHeader,
};

use crate::attributes::Attributes;
use crate::presentation::Presentation;
use crate::recoding::Body;
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
    pub(crate) attached: Option<Arc<Attached>>,
    pub(crate) tlvs: Bytes,
    pub(crate) content: Content,
    /// Whether it goes with octets that UCS-2 cannot have, an odd number of them: as they came, for the SMSC to judge.
    pub(crate) may_be_odd: bool,
    /// The link that takes it unless a route that names the origin says otherwise: for answers.
    pub(crate) back_to: Option<LinkName>,
    /// The link that it shall leave by, if its route leads there.
    pub(crate) wish: Option<LinkName>,
}

/// What is to be carried.
#[derive(Clone)]
pub(crate) enum Content {
    /// Text, to be encoded for the link that it leaves by.
    Text {
        /// The text.
        text: String,
        /// What it is meant for.
        presentation: Presentation,
    },
    /// Octets that are encoded already, with their user data header if there is one.
    Encoded {
        /// The alphabet and class.
        data_coding: u8,
        /// The octets.
        octets: Bytes,
    },
}

/// Reply path in esm_class, SMPP 3.4 section 5.2.12.
pub(crate) const REPLY_PATH: u8 = 0x80;

impl Submission {
    /// The same message again, saying this, without a user data header.
    pub(crate) fn again(message: &Message, content: Content) -> Self {
        Self {
            id: None,
            direction: message.direction,
            source: message.source.clone(),
            destination: message.destination.clone(),
            service_type: message.service_type.clone(),
            protocol_id: message.protocol_id,
            esm_class: message.esm_class & !Message::UDHI,
            priority: message.priority,
            receipt: message.receipt,
            not_before: message.not_before,
            expires_at: message.expires_at,
            in_reply_to: message.in_reply_to,
            attached: message.attached.clone(),
            tlvs: message.tlvs.clone(),
            content,
            may_be_odd: true,
            back_to: None,
            wish: None,
        }
    }

    /// The same message again, of one body.
    pub(crate) fn whole(message: &Message, body: Body) -> Self {
        let Body { data_coding, esm_class, octets } = body;
        Self { esm_class, ..Self::again(message, Content::Encoded { data_coding, octets }) }
    }

    /// Another text in the place of what a message says.
    pub(crate) fn reworded(message: &Message, content: Content) -> Self {
        let mut submission = Self::again(message, content);
        Attributes::amend(&mut submission.attached, |attributes| {
            attributes.transliterated = None;
            attributes.said = None;
        });
        submission
    }

    /// Other octets in the place of what a message says, as its sender says them: in the data_coding that it
    /// said, and with a user data header in front if it wrote one itself. Of a header that we wrote stays what
    /// is not of the text.
    pub(crate) fn rewritten(message: &Message, octets: Bytes) -> Self {
        let noted = message.attached.as_deref().map(Attributes::readable).unwrap_or_default();
        let transliterated = noted.transliterated.and_then(|transliterated| transliterated.said_in);
        let said_in = transliterated.or(noted.said.map(|said| said.data_coding));
        let ours = if noted.has_our_header { lasting_elements(message) } else { Vec::new() };
        let has_header = match noted.said {
            _ if noted.has_our_header => !ours.is_empty(),
            Some(said) => said.has_header,
            None => has_own_header(message),
        };
        let content = Content::Encoded {
            data_coding: said_in.unwrap_or(message.data_coding),
            octets: with_header(&ours, octets),
        };
        let udhi = if has_header { Message::UDHI } else { 0 };
        let mut submission = Self::again(message, content);
        submission.esm_class |= udhi;
        Attributes::amend(&mut submission.attached, |attributes| {
            attributes.transliterated = None;
            attributes.said = None;
            attributes.has_our_header = !ours.is_empty();
        });
        submission
    }

    /// Whether it is a part of a long message of a handset, to be put together with the others (N-3).
    pub(crate) fn is_part(&self) -> bool {
        let Content::Encoded { octets, .. } = &self.content else { return false };
        self.direction == Direction::Mo && reassembly::concatenation(self.esm_class, octets).is_some()
    }
}

/// The elements of the user data header of a body, and what comes behind it.
pub(crate) fn header_and_body(esm_class: u8, octets: &Bytes) -> Result<(Option<&[u8]>, Bytes), Refusal> {
    if esm_class & Message::UDHI == 0 {
        return Ok((None, octets.clone()));
    }
    let length = usize::from(*octets.first().ok_or(Refusal::BadLength)?);
    let elements = octets.get(1..=length).ok_or(Refusal::BadLength)?;
    Ok((Some(elements), octets.slice(1 + length..)))
}

/// Whether its parts have more in their headers than what says that they are parts.
fn has_own_header(message: &Message) -> bool {
    let [first, others @ ..] = &message.parts[..] else { return false };
    let header = UserDataHeader::parse(first);
    let is_more = header.is_ok_and(|(header, _)| !header.elements().all(is_of_parts));
    message.has_udh() && (others.is_empty() || is_more)
}

/// What stands in the header of a message whatever its text is, encoded.
fn lasting_elements(message: &Message) -> Vec<u8> {
    let header = message.parts.first().and_then(|first| UserDataHeader::parse(first).ok());
    let lasts = |element: Element<'_>| !is_of_parts(element) && !element.names_table();
    header.map(|(header, _)| header.encoded(lasts)).unwrap_or_default()
}

/// Whether an element says which part of a message this is.
fn is_of_parts(element: Element<'_>) -> bool {
    matches!(element.id, Element::CONCATENATION_8 | Element::CONCATENATION_16)
}

/// The octets behind a header of these elements, if there are any.
fn with_header(elements: &[u8], octets: Bytes) -> Bytes {
    match u8::try_from(elements.len()) {
        Ok(0) | Err(_) => octets,
        Ok(length) => [&[length], elements, &octets[..]].concat().into(),
    }
}

impl Content {
    /// A text that is to be kept and shown, as nearly every text is.
    pub(crate) fn plain(text: String) -> Self {
        Self::Text { text, presentation: Presentation::default() }
    }
}

impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text { text, .. } => write!(f, "text of {} octets", text.len()),
            Self::Encoded { data_coding, octets } => {
                write!(f, "{} octets, data_coding {data_coding:#04x}", octets.len())
            }
        }
    }
}
