//! The body of a PDU: one variant per operation.

use std::fmt;

use bytes::{Bytes, BytesMut};

use super::{Bind, BindMode, BindResp, EncodeError, MessageResp, Outbind, ShortMessage};
use crate::wire::Fault;
use crate::{CommandId, CommandStatus};

/// Which operation a PDU is, with its fields.
#[derive(Clone, PartialEq, Eq)]
pub enum Body {
    /// bind_receiver, bind_transmitter or bind_transceiver.
    Bind(Bind),
    /// The answer to a bind.
    BindResp(BindResp),
    /// An ESME hands a message over.
    SubmitSm(ShortMessage),
    /// The answer to submit_sm.
    SubmitSmResp(MessageResp),
    /// A message centre hands a message or a receipt over.
    DeliverSm(ShortMessage),
    /// The answer to deliver_sm; its message id is empty.
    DeliverSmResp(MessageResp),
    /// Asks whether the peer is alive.
    EnquireLink,
    /// The answer to enquire_link.
    EnquireLinkResp,
    /// The sender takes its leave.
    Unbind,
    /// The answer to unbind.
    UnbindResp,
    /// The answer to what has no answer of its own.
    GenericNack,
    /// A message centre asks an ESME to bind.
    Outbind(Outbind),
    /// An operation that is not known here.
    Unknown {
        /// Which one.
        command_id: CommandId,
        /// What follows its header.
        body: Bytes,
    },
}

impl Body {
    /// The command_id of this operation.
    #[must_use]
    pub fn command_id(&self) -> CommandId {
        match self {
            Self::Bind(bind) => bind.mode.command_id(),
            Self::BindResp(response) => response.mode.command_id().response(),
            Self::SubmitSm(_) => CommandId::SUBMIT_SM,
            Self::SubmitSmResp(_) => CommandId::SUBMIT_SM_RESP,
            Self::DeliverSm(_) => CommandId::DELIVER_SM,
            Self::DeliverSmResp(_) => CommandId::DELIVER_SM_RESP,
            Self::EnquireLink => CommandId::ENQUIRE_LINK,
            Self::EnquireLinkResp => CommandId::ENQUIRE_LINK_RESP,
            Self::Unbind => CommandId::UNBIND,
            Self::UnbindResp => CommandId::UNBIND_RESP,
            Self::GenericNack => CommandId::GENERIC_NACK,
            Self::Outbind(_) => CommandId::OUTBIND,
            Self::Unknown { command_id, .. } => *command_id,
        }
    }

    /// The answer without content to a request with this command_id: what a refusal carries.
    /// generic_nack for what has no answer of its own or is not known here.
    #[must_use]
    pub fn refusal(command_id: CommandId) -> Self {
        if let Some(mode) = BindMode::from_command_id(command_id) {
            return Self::BindResp(BindResp::new(mode));
        }
        match command_id {
            CommandId::SUBMIT_SM => Self::SubmitSmResp(MessageResp::default()),
            CommandId::DELIVER_SM => Self::DeliverSmResp(MessageResp::default()),
            CommandId::ENQUIRE_LINK => Self::EnquireLinkResp,
            CommandId::UNBIND => Self::UnbindResp,
            _ => Self::GenericNack,
        }
    }

    #[inline]
    pub(super) fn decode(command_id: CommandId, body: Bytes) -> Result<Self, Fault> {
        if let Some(mode) = BindMode::from_command_id(command_id) {
            return Bind::decode(mode, body).map(Self::Bind);
        }
        if let Some(mode) = BindMode::from_response_id(command_id) {
            return Ok(Self::BindResp(BindResp::decode(mode, body)));
        }
        Ok(match command_id {
            CommandId::SUBMIT_SM => Self::SubmitSm(ShortMessage::decode(body)?),
            CommandId::SUBMIT_SM_RESP => Self::SubmitSmResp(MessageResp::decode(body)),
            CommandId::DELIVER_SM => Self::DeliverSm(ShortMessage::decode(body)?),
            CommandId::DELIVER_SM_RESP => Self::DeliverSmResp(MessageResp::decode(body)),
            CommandId::ENQUIRE_LINK => Self::EnquireLink,
            CommandId::ENQUIRE_LINK_RESP => Self::EnquireLinkResp,
            CommandId::UNBIND => Self::Unbind,
            CommandId::UNBIND_RESP => Self::UnbindResp,
            CommandId::GENERIC_NACK => Self::GenericNack,
            CommandId::OUTBIND => Self::Outbind(Outbind::decode(&body)?),
            _ => Self::Unknown { command_id, body },
        })
    }

    pub(super) fn encode(&self, status: CommandStatus, out: &mut BytesMut) -> Result<(), EncodeError> {
        match self {
            Self::Bind(bind) => bind.encode(out),
            Self::BindResp(response) => response.encode(status, out),
            Self::SubmitSm(message) | Self::DeliverSm(message) => message.encode(out)?,
            Self::SubmitSmResp(response) if !status.is_ok() && response.is_empty() => {}
            Self::SubmitSmResp(response) | Self::DeliverSmResp(response) => response.encode(out),
            Self::Outbind(outbind) => outbind.encode(out),
            Self::Unknown { body, .. } => out.extend_from_slice(body),
            Self::EnquireLink
            | Self::EnquireLinkResp
            | Self::Unbind
            | Self::UnbindResp
            | Self::GenericNack => {}
        }
        Ok(())
    }

    /// How many octets the body takes on the wire, at most.
    pub(super) fn octets_estimate(&self) -> usize {
        match self {
            Self::Bind(bind) => 160 + bind.tlvs.as_wire().len(),
            Self::BindResp(response) => 16 + response.tlvs.as_wire().len(),
            Self::SubmitSm(message) | Self::DeliverSm(message) => message.octets_estimate(),
            Self::SubmitSmResp(response) | Self::DeliverSmResp(response) => {
                65 + response.tlvs.as_wire().len()
            }
            Self::Outbind(_) => 96,
            Self::Unknown { body, .. } => body.len(),
            Self::EnquireLink
            | Self::EnquireLinkResp
            | Self::Unbind
            | Self::UnbindResp
            | Self::GenericNack => 0,
        }
    }
}

/// Shows the fields but never a text or a password: the body of an unknown operation by its length.
impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bind(bind) => fmt::Debug::fmt(bind, f),
            Self::BindResp(response) => fmt::Debug::fmt(response, f),
            Self::SubmitSm(message) => f.debug_tuple("SubmitSm").field(message).finish(),
            Self::SubmitSmResp(response) => f.debug_tuple("SubmitSmResp").field(response).finish(),
            Self::DeliverSm(message) => f.debug_tuple("DeliverSm").field(message).finish(),
            Self::DeliverSmResp(response) => f.debug_tuple("DeliverSmResp").field(response).finish(),
            Self::Outbind(outbind) => fmt::Debug::fmt(outbind, f),
            Self::Unknown { command_id, body } => write!(f, "Unknown({command_id}, {} octets)", body.len()),
            header_only => fmt::Display::fmt(&header_only.command_id(), f),
        }
    }
}
