//! The body of a PDU: one variant per operation.

use std::fmt;

use bytes::{Bytes, BytesMut};

use super::{
    AlertNotification, Bind, BindMode, BindResp, BroadcastSm, CancelBroadcastSm, CancelSm, DataSm,
    EncodeError, MessageResp, Outbind, QueryBroadcastSm, QuerySm, QuerySmResp, ReplaceSm, ShortMessage,
    SubmitMulti, SubmitMultiResp,
};
use crate::wire::Fault;
use crate::{CommandId, CommandStatus, Tlvs};

/// Which operation a PDU is, with its fields.
#[derive(Clone, PartialEq, Eq)]
pub enum Body {
    /// bind_receiver, bind_transmitter or bind_transceiver.
    Bind(Bind),
    /// The answer to a bind.
    BindResp(BindResp),
    /// A message centre asks an ESME to bind.
    Outbind(Outbind),
    /// The sender takes its leave.
    Unbind,
    /// The answer to unbind.
    UnbindResp,
    /// Asks whether the peer is alive.
    EnquireLink,
    /// The answer to enquire_link.
    EnquireLinkResp,
    /// The answer to what has no answer of its own.
    GenericNack,
    /// An ESME hands a message over.
    SubmitSm(ShortMessage),
    /// The answer to submit_sm.
    SubmitSmResp(MessageResp),
    /// An ESME hands a message for many destinations over.
    SubmitMulti(SubmitMulti),
    /// The answer to submit_multi.
    SubmitMultiResp(SubmitMultiResp),
    /// A message centre hands a message or a receipt over.
    DeliverSm(ShortMessage),
    /// The answer to deliver_sm; its message id is empty.
    DeliverSmResp(MessageResp),
    /// Either side hands a message over.
    DataSm(DataSm),
    /// The answer to data_sm.
    DataSmResp(MessageResp),
    /// Asks for the state of a message.
    QuerySm(QuerySm),
    /// The answer to query_sm.
    QuerySmResp(QuerySmResp),
    /// Cancels messages that wait.
    CancelSm(CancelSm),
    /// The answer to cancel_sm.
    CancelSmResp,
    /// Changes a message that waits.
    ReplaceSm(ReplaceSm),
    /// The answer to replace_sm.
    ReplaceSmResp,
    /// A mobile is reachable again; it has no answer.
    AlertNotification(AlertNotification),
    /// An ESME hands a cell broadcast over (5.0).
    BroadcastSm(BroadcastSm),
    /// The answer to broadcast_sm.
    BroadcastSmResp(MessageResp),
    /// Asks for the state of a broadcast (5.0).
    QueryBroadcastSm(QueryBroadcastSm),
    /// The answer to query_broadcast_sm; all but the id is in its TLVs.
    QueryBroadcastSmResp(MessageResp),
    /// Ends a broadcast (5.0).
    CancelBroadcastSm(CancelBroadcastSm),
    /// The answer to cancel_broadcast_sm.
    CancelBroadcastSmResp,
    /// An operation that is not known here.
    Unknown {
        /// Which one.
        command_id: CommandId,
        /// What follows its header.
        body: Bytes,
    },
}

/// Borrows the TLVs of a body, one way or the other.
macro_rules! tlvs_of {
    ($body:expr $(, $mutable:ident)?) => {
        match $body {
            Body::Bind(bind) => Some(&$($mutable)? bind.tlvs),
            Body::BindResp(response) => Some(&$($mutable)? response.tlvs),
            Body::SubmitSm(message) | Body::DeliverSm(message) => Some(&$($mutable)? message.tlvs),
            Body::SubmitMulti(multi) => Some(&$($mutable)? multi.message.tlvs),
            Body::SubmitMultiResp(response) => Some(&$($mutable)? response.tlvs),
            Body::SubmitSmResp(response)
            | Body::DeliverSmResp(response)
            | Body::DataSmResp(response)
            | Body::BroadcastSmResp(response)
            | Body::QueryBroadcastSmResp(response) => Some(&$($mutable)? response.tlvs),
            Body::DataSm(data) => Some(&$($mutable)? data.tlvs),
            Body::QuerySm(query) => Some(&$($mutable)? query.tlvs),
            Body::QuerySmResp(response) => Some(&$($mutable)? response.tlvs),
            Body::CancelSm(cancel) => Some(&$($mutable)? cancel.tlvs),
            Body::ReplaceSm(replace) => Some(&$($mutable)? replace.tlvs),
            Body::AlertNotification(alert) => Some(&$($mutable)? alert.tlvs),
            Body::BroadcastSm(broadcast) => Some(&$($mutable)? broadcast.tlvs),
            Body::QueryBroadcastSm(query) => Some(&$($mutable)? query.tlvs),
            Body::CancelBroadcastSm(cancel) => Some(&$($mutable)? cancel.tlvs),
            Body::Outbind(_)
            | Body::Unbind
            | Body::UnbindResp
            | Body::EnquireLink
            | Body::EnquireLinkResp
            | Body::GenericNack
            | Body::CancelSmResp
            | Body::ReplaceSmResp
            | Body::CancelBroadcastSmResp
            | Body::Unknown { .. } => None,
        }
    };
}

impl Body {
    /// The command_id of this operation.
    #[must_use]
    pub fn command_id(&self) -> CommandId {
        match self {
            Self::Bind(bind) => bind.mode.command_id(),
            Self::BindResp(response) => response.mode.command_id().response(),
            Self::Outbind(_) => CommandId::OUTBIND,
            Self::Unbind => CommandId::UNBIND,
            Self::UnbindResp => CommandId::UNBIND_RESP,
            Self::EnquireLink => CommandId::ENQUIRE_LINK,
            Self::EnquireLinkResp => CommandId::ENQUIRE_LINK_RESP,
            Self::GenericNack => CommandId::GENERIC_NACK,
            Self::SubmitSm(_) => CommandId::SUBMIT_SM,
            Self::SubmitSmResp(_) => CommandId::SUBMIT_SM_RESP,
            Self::SubmitMulti(_) => CommandId::SUBMIT_MULTI,
            Self::SubmitMultiResp(_) => CommandId::SUBMIT_MULTI_RESP,
            Self::DeliverSm(_) => CommandId::DELIVER_SM,
            Self::DeliverSmResp(_) => CommandId::DELIVER_SM_RESP,
            Self::DataSm(_) => CommandId::DATA_SM,
            Self::DataSmResp(_) => CommandId::DATA_SM_RESP,
            Self::QuerySm(_) => CommandId::QUERY_SM,
            Self::QuerySmResp(_) => CommandId::QUERY_SM_RESP,
            Self::CancelSm(_) => CommandId::CANCEL_SM,
            Self::CancelSmResp => CommandId::CANCEL_SM_RESP,
            Self::ReplaceSm(_) => CommandId::REPLACE_SM,
            Self::ReplaceSmResp => CommandId::REPLACE_SM_RESP,
            Self::AlertNotification(_) => CommandId::ALERT_NOTIFICATION,
            Self::BroadcastSm(_) => CommandId::BROADCAST_SM,
            Self::BroadcastSmResp(_) => CommandId::BROADCAST_SM_RESP,
            Self::QueryBroadcastSm(_) => CommandId::QUERY_BROADCAST_SM,
            Self::QueryBroadcastSmResp(_) => CommandId::QUERY_BROADCAST_SM_RESP,
            Self::CancelBroadcastSm(_) => CommandId::CANCEL_BROADCAST_SM,
            Self::CancelBroadcastSmResp => CommandId::CANCEL_BROADCAST_SM_RESP,
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
            CommandId::UNBIND => Self::UnbindResp,
            CommandId::ENQUIRE_LINK => Self::EnquireLinkResp,
            CommandId::SUBMIT_SM => Self::SubmitSmResp(MessageResp::default()),
            CommandId::SUBMIT_MULTI => Self::SubmitMultiResp(SubmitMultiResp::default()),
            CommandId::DELIVER_SM => Self::DeliverSmResp(MessageResp::default()),
            CommandId::DATA_SM => Self::DataSmResp(MessageResp::default()),
            CommandId::QUERY_SM => Self::QuerySmResp(QuerySmResp::default()),
            CommandId::CANCEL_SM => Self::CancelSmResp,
            CommandId::REPLACE_SM => Self::ReplaceSmResp,
            CommandId::BROADCAST_SM => Self::BroadcastSmResp(MessageResp::default()),
            CommandId::QUERY_BROADCAST_SM => Self::QueryBroadcastSmResp(MessageResp::default()),
            CommandId::CANCEL_BROADCAST_SM => Self::CancelBroadcastSmResp,
            _ => Self::GenericNack,
        }
    }

    /// The TLVs of this operation; `None` if it is only a header, an outbind or not known here.
    #[must_use]
    pub fn tlvs(&self) -> Option<&Tlvs> {
        tlvs_of!(self)
    }

    /// The TLVs of this operation, to be changed; `None` where [`Body::tlvs`] is.
    pub fn tlvs_mut(&mut self) -> Option<&mut Tlvs> {
        tlvs_of!(self, mut)
    }

    // Inlined, it would be built in the place of the messages that `Pdu::decode` builds itself.
    #[inline(never)]
    pub(super) fn decode(command_id: CommandId, body: Bytes) -> Result<Self, Fault> {
        if let Some(mode) = BindMode::from_command_id(command_id) {
            return Bind::decode(mode, body).map(Self::Bind);
        }
        if let Some(mode) = BindMode::from_response_id(command_id) {
            return Ok(Self::BindResp(BindResp::decode(mode, body)));
        }
        Ok(match command_id {
            CommandId::OUTBIND => Self::Outbind(Outbind::decode(&body)?),
            CommandId::UNBIND => Self::Unbind,
            CommandId::UNBIND_RESP => Self::UnbindResp,
            CommandId::ENQUIRE_LINK => Self::EnquireLink,
            CommandId::ENQUIRE_LINK_RESP => Self::EnquireLinkResp,
            CommandId::GENERIC_NACK => Self::GenericNack,
            CommandId::SUBMIT_SM => Self::SubmitSm(ShortMessage::decode(body)?),
            CommandId::SUBMIT_SM_RESP => Self::SubmitSmResp(MessageResp::decode(body)),
            CommandId::SUBMIT_MULTI => Self::SubmitMulti(SubmitMulti::decode(body)?),
            CommandId::SUBMIT_MULTI_RESP => Self::SubmitMultiResp(SubmitMultiResp::decode(body)),
            CommandId::DELIVER_SM => Self::DeliverSm(ShortMessage::decode(body)?),
            CommandId::DELIVER_SM_RESP => Self::DeliverSmResp(MessageResp::decode(body)),
            CommandId::DATA_SM => Self::DataSm(DataSm::decode(body)?),
            CommandId::DATA_SM_RESP => Self::DataSmResp(MessageResp::decode(body)),
            CommandId::QUERY_SM => Self::QuerySm(QuerySm::decode(body)?),
            CommandId::QUERY_SM_RESP => Self::QuerySmResp(QuerySmResp::decode(body)),
            CommandId::CANCEL_SM => Self::CancelSm(CancelSm::decode(body)?),
            CommandId::CANCEL_SM_RESP => Self::CancelSmResp,
            CommandId::REPLACE_SM => Self::ReplaceSm(ReplaceSm::decode(body)?),
            CommandId::REPLACE_SM_RESP => Self::ReplaceSmResp,
            CommandId::ALERT_NOTIFICATION => Self::AlertNotification(AlertNotification::decode(body)?),
            CommandId::BROADCAST_SM => Self::BroadcastSm(BroadcastSm::decode(body)?),
            CommandId::BROADCAST_SM_RESP => Self::BroadcastSmResp(MessageResp::decode(body)),
            CommandId::QUERY_BROADCAST_SM => Self::QueryBroadcastSm(QueryBroadcastSm::decode(body)?),
            CommandId::QUERY_BROADCAST_SM_RESP => Self::QueryBroadcastSmResp(MessageResp::decode(body)),
            CommandId::CANCEL_BROADCAST_SM => Self::CancelBroadcastSm(CancelBroadcastSm::decode(body)?),
            CommandId::CANCEL_BROADCAST_SM_RESP => Self::CancelBroadcastSmResp,
            _ => Self::Unknown { command_id, body },
        })
    }

    pub(super) fn encode(&self, status: CommandStatus, out: &mut BytesMut) -> Result<(), EncodeError> {
        match self {
            Self::Bind(bind) => bind.encode(out),
            Self::BindResp(response) => response.encode(status, out),
            Self::Outbind(outbind) => outbind.encode(out),
            Self::SubmitSm(message) | Self::DeliverSm(message) => message.encode(out)?,
            Self::SubmitMulti(multi) => multi.encode(out)?,
            Self::SubmitSmResp(response)
            | Self::DataSmResp(response)
            | Self::BroadcastSmResp(response)
            | Self::QueryBroadcastSmResp(response)
                if !status.is_ok() && response.is_empty() => {}
            Self::SubmitSmResp(response)
            | Self::DeliverSmResp(response)
            | Self::DataSmResp(response)
            | Self::BroadcastSmResp(response)
            | Self::QueryBroadcastSmResp(response) => response.encode(out),
            Self::SubmitMultiResp(response) if !status.is_ok() && response.is_empty() => {}
            Self::SubmitMultiResp(response) => response.encode(out),
            Self::DataSm(data) => data.encode(out),
            Self::QuerySm(query) => query.encode(out),
            Self::QuerySmResp(response) if !status.is_ok() && response.is_empty() => {}
            Self::QuerySmResp(response) => response.encode(out),
            Self::CancelSm(cancel) => cancel.encode(out),
            Self::ReplaceSm(replace) => replace.encode(out)?,
            Self::AlertNotification(alert) => alert.encode(out),
            Self::BroadcastSm(broadcast) => broadcast.encode(out),
            Self::QueryBroadcastSm(query) => query.encode(out),
            Self::CancelBroadcastSm(cancel) => cancel.encode(out),
            Self::Unknown { body, .. } => out.extend_from_slice(body),
            Self::Unbind
            | Self::UnbindResp
            | Self::EnquireLink
            | Self::EnquireLinkResp
            | Self::GenericNack
            | Self::CancelSmResp
            | Self::ReplaceSmResp
            | Self::CancelBroadcastSmResp => {}
        }
        Ok(())
    }

    /// How many octets the body takes on the wire, at most.
    pub(super) fn octets_estimate(&self) -> usize {
        match self {
            Self::SubmitSm(message) | Self::DeliverSm(message) => message.octets_estimate(),
            Self::SubmitMulti(multi) => multi.octets_estimate(),
            Self::SubmitMultiResp(response) => response.octets_estimate(),
            Self::DataSm(data) => data.octets_estimate(),
            Self::ReplaceSm(replace) => replace.octets_estimate(),
            Self::BroadcastSm(broadcast) => broadcast.octets_estimate(),
            Self::Outbind(_) => SMALL_OCTETS_MAX,
            Self::Unknown { body, .. } => body.len(),
            other => other.tlvs().map_or(0, |tlvs| SMALL_OCTETS_MAX + tlvs.as_wire().len()),
        }
    }
}

/// Shows the fields but never a text or a password: the body of an unknown operation by its length.
impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bind(bind) => fmt::Debug::fmt(bind, f),
            Self::BindResp(response) => fmt::Debug::fmt(response, f),
            Self::Outbind(outbind) => fmt::Debug::fmt(outbind, f),
            Self::SubmitSm(message) => f.debug_tuple("SubmitSm").field(message).finish(),
            Self::SubmitSmResp(response) => f.debug_tuple("SubmitSmResp").field(response).finish(),
            Self::SubmitMulti(multi) => fmt::Debug::fmt(multi, f),
            Self::SubmitMultiResp(response) => fmt::Debug::fmt(response, f),
            Self::DeliverSm(message) => f.debug_tuple("DeliverSm").field(message).finish(),
            Self::DeliverSmResp(response) => f.debug_tuple("DeliverSmResp").field(response).finish(),
            Self::DataSm(data) => fmt::Debug::fmt(data, f),
            Self::DataSmResp(response) => f.debug_tuple("DataSmResp").field(response).finish(),
            Self::QuerySm(query) => fmt::Debug::fmt(query, f),
            Self::QuerySmResp(response) => fmt::Debug::fmt(response, f),
            Self::CancelSm(cancel) => fmt::Debug::fmt(cancel, f),
            Self::ReplaceSm(replace) => fmt::Debug::fmt(replace, f),
            Self::AlertNotification(alert) => fmt::Debug::fmt(alert, f),
            Self::BroadcastSm(broadcast) => fmt::Debug::fmt(broadcast, f),
            Self::BroadcastSmResp(response) => f.debug_tuple("BroadcastSmResp").field(response).finish(),
            Self::QueryBroadcastSm(query) => fmt::Debug::fmt(query, f),
            Self::QueryBroadcastSmResp(response) => {
                f.debug_tuple("QueryBroadcastSmResp").field(response).finish()
            }
            Self::CancelBroadcastSm(cancel) => fmt::Debug::fmt(cancel, f),
            Self::Unknown { command_id, body } => write!(f, "Unknown({command_id}, {} octets)", body.len()),
            Self::Unbind
            | Self::UnbindResp
            | Self::EnquireLink
            | Self::EnquireLinkResp
            | Self::GenericNack
            | Self::CancelSmResp
            | Self::ReplaceSmResp
            | Self::CancelBroadcastSmResp => fmt::Display::fmt(&self.command_id(), f),
        }
    }
}

/// The most octets, without TLVs, of the bodies that have no estimate of their own: a bind.
const SMALL_OCTETS_MAX: usize = 160;
