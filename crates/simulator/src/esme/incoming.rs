//! What an ESME is delivered: receipts and messages.

use std::fmt;

use bytes::Bytes;
use smpp::ShortMessage;
use sms::State;

use crate::join::{Joiner, tables_of, text_of};

/// A receipt as an ESME understands it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncomingReceipt {
    /// The id of the message that it is about, from the TLV or else the text.
    pub message_id: String,
    /// The state that it tells, from the TLV or else the text; `None` if it tells none that is known.
    pub state: Option<State>,
    /// The error in its text, 0 if there is none.
    pub error: u32,
    /// Who it says it is from: the destination of the message.
    pub from: String,
    /// Whom it is for: the source of the message.
    pub to: String,
    /// The deliver_sm itself.
    pub pdu: ShortMessage,
}

/// A message from a handset; long ones are whole.
#[derive(Clone, PartialEq, Eq)]
pub struct IncomingMessage {
    /// Who sent it.
    pub from: String,
    /// The number or short code that it was sent to.
    pub to: String,
    /// The text; empty if the message is data.
    pub text: String,
    /// The octets, without user data headers.
    pub body: Bytes,
    /// The deliver_sm that brought it, or its last segment.
    pub pdu: ShortMessage,
}

/// Hides the text.
impl fmt::Debug for IncomingMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IncomingMessage")
            .field("from", &self.from)
            .field("to", &self.to)
            .field("octets", &self.body.len())
            .finish_non_exhaustive()
    }
}

impl IncomingReceipt {
    /// Reads a receipt; it has no id if neither TLV nor text names one.
    pub(super) fn read(pdu: ShortMessage) -> Self {
        let parsed = sms::parse_receipt(&text_of(&pdu));
        let Outcome { message_id, state } = Outcome::read(&pdu);
        Self {
            message_id: String::from_utf8_lossy(&message_id).into_owned(),
            state,
            error: parsed.and_then(|parsed| parsed.error).unwrap_or(0),
            from: pdu.source.value.to_string(),
            to: pdu.destination.value.to_string(),
            pdu,
        }
    }
}

impl IncomingMessage {
    /// The message that a segment completes, if it does.
    pub(super) fn read(pdu: ShortMessage, joiner: &mut Joiner) -> Option<Self> {
        let body = joiner.add(&pdu)?;
        Some(Self {
            from: pdu.source.value.to_string(),
            to: pdu.destination.value.to_string(),
            text: sms::decode_by(tables_of(&pdu), pdu.data_coding, &body).unwrap_or_default(),
            body,
            pdu,
        })
    }
}

/// What a receipt is about, and no more.
pub(crate) struct Outcome {
    pub(crate) message_id: Vec<u8>,
    pub(crate) state: Option<State>,
}

impl Outcome {
    /// From the TLVs, and what is not there from the text.
    pub(crate) fn read(pdu: &ShortMessage) -> Self {
        let id = pdu.tlvs.receipted_message_id().filter(|id| !id.is_empty());
        let state = pdu.tlvs.message_state().and_then(State::from_number);
        if let (Some(id), Some(_)) = (id, state) {
            return Self { message_id: id.to_vec(), state };
        }
        let parsed = sms::parse_receipt(&text_of(pdu)).unwrap_or_default();
        let message_id = id.map(<[u8]>::to_vec).or_else(|| parsed.id.map(|id| id.to_vec()));
        Self { message_id: message_id.unwrap_or_default(), state: state.or(parsed.state) }
    }
}

/// Whether a deliver_sm is a receipt or an intermediate notification (SMPP 3.4 section 5.2.12).
pub(crate) fn is_receipt(pdu: &ShortMessage) -> bool {
    matches!(pdu.esm_class & TYPE, RECEIPT | NOTIFICATION)
}

const TYPE: u8 = 0x3C;
const RECEIPT: u8 = 0x04;
const NOTIFICATION: u8 = 0x20;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use smpp::TlvTag;

    use super::*;

    //
    #[test]
    fn tlvs_go_before_the_text_and_either_is_enough() {
        let text =
            b"id:77 sub:001 dlvrd:001 submit date:1205170830 done date:1205170831 stat:EXPIRED err:012 text:";
        let mut pdu =
            ShortMessage { esm_class: 0x04, short_message: text[..].into(), ..ShortMessage::default() };
        let receipt = IncomingReceipt::read(pdu.clone());
        assert_eq!(
            (receipt.message_id.as_str(), receipt.state, receipt.error),
            ("77", Some(State::Expired), 12)
        );
        pdu.tlvs.push(TlvTag::RECEIPTED_MESSAGE_ID, b"78\0").unwrap();
        pdu.tlvs.push_u8(TlvTag::MESSAGE_STATE, 2);
        let receipt = IncomingReceipt::read(pdu.clone());
        assert_eq!((receipt.message_id.as_str(), receipt.state), ("78", Some(State::Delivered)));
        pdu.short_message = Bytes::new();
        assert_eq!(IncomingReceipt::read(pdu).message_id, "78");
    }

    // B-1
    #[test]
    fn receipts_are_told_by_their_type() {
        let with = |esm_class| is_receipt(&ShortMessage { esm_class, ..ShortMessage::default() });
        assert_eq!([0x00, 0x04, 0x44, 0x20, 0x40, 0x08].map(with), [false, true, true, true, false, false]);
    }
}
