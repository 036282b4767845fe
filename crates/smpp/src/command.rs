//! command_id: which operation a PDU is.

use crate::names::named_number;

named_number! {
    /// command_id, SMPP 3.4 section 5.1.2.1; 5.0 section 4.7.5. Values without a name are kept.
    pub struct CommandId(u32, "{:#010x}");
    0x0000_0001 BIND_RECEIVER "bind_receiver" "An ESME asks to receive.";
    0x8000_0001 BIND_RECEIVER_RESP "bind_receiver_resp" "Answer to bind_receiver.";
    0x0000_0002 BIND_TRANSMITTER "bind_transmitter" "An ESME asks to transmit.";
    0x8000_0002 BIND_TRANSMITTER_RESP "bind_transmitter_resp" "Answer to bind_transmitter.";
    0x0000_0003 QUERY_SM "query_sm" "Asks for the state of a message.";
    0x8000_0003 QUERY_SM_RESP "query_sm_resp" "Answer to query_sm.";
    0x0000_0004 SUBMIT_SM "submit_sm" "An ESME hands a message over.";
    0x8000_0004 SUBMIT_SM_RESP "submit_sm_resp" "Answer to submit_sm.";
    0x0000_0005 DELIVER_SM "deliver_sm" "A message centre hands a message or a receipt over.";
    0x8000_0005 DELIVER_SM_RESP "deliver_sm_resp" "Answer to deliver_sm.";
    0x0000_0006 UNBIND "unbind" "The sender takes its leave.";
    0x8000_0006 UNBIND_RESP "unbind_resp" "Answer to unbind.";
    0x0000_0007 REPLACE_SM "replace_sm" "Replaces a message that waits.";
    0x8000_0007 REPLACE_SM_RESP "replace_sm_resp" "Answer to replace_sm.";
    0x0000_0008 CANCEL_SM "cancel_sm" "Cancels messages that wait.";
    0x8000_0008 CANCEL_SM_RESP "cancel_sm_resp" "Answer to cancel_sm.";
    0x0000_0009 BIND_TRANSCEIVER "bind_transceiver" "An ESME asks to transmit and to receive.";
    0x8000_0009 BIND_TRANSCEIVER_RESP "bind_transceiver_resp" "Answer to bind_transceiver.";
    0x0000_000B OUTBIND "outbind" "A message centre asks an ESME to bind; it has no answer.";
    0x0000_0015 ENQUIRE_LINK "enquire_link" "Asks whether the peer is alive.";
    0x8000_0015 ENQUIRE_LINK_RESP "enquire_link_resp" "Answer to enquire_link.";
    0x0000_0021 SUBMIT_MULTI "submit_multi" "An ESME hands a message for many destinations over.";
    0x8000_0021 SUBMIT_MULTI_RESP "submit_multi_resp" "Answer to submit_multi.";
    0x0000_0102 ALERT_NOTIFICATION "alert_notification" "A mobile is reachable again; it has no answer.";
    0x0000_0103 DATA_SM "data_sm" "Either side hands a message over, body in a TLV.";
    0x8000_0103 DATA_SM_RESP "data_sm_resp" "Answer to data_sm.";
    0x0000_0111 BROADCAST_SM "broadcast_sm" "An ESME hands a cell broadcast over (5.0).";
    0x8000_0111 BROADCAST_SM_RESP "broadcast_sm_resp" "Answer to broadcast_sm.";
    0x0000_0112 QUERY_BROADCAST_SM "query_broadcast_sm" "Asks for the state of a broadcast (5.0).";
    0x8000_0112 QUERY_BROADCAST_SM_RESP "query_broadcast_sm_resp" "Answer to query_broadcast_sm.";
    0x0000_0113 CANCEL_BROADCAST_SM "cancel_broadcast_sm" "Cancels a broadcast (5.0).";
    0x8000_0113 CANCEL_BROADCAST_SM_RESP "cancel_broadcast_sm_resp" "Answer to cancel_broadcast_sm.";
    0x8000_0000 GENERIC_NACK "generic_nack" "Answer to what has no answer of its own.";
}

/// The bit of command_id that makes a response.
const RESPONSE_BIT: u32 = 0x8000_0000;

impl CommandId {
    /// Whether this is a response; generic_nack is one.
    #[must_use]
    pub const fn is_response(self) -> bool {
        self.0 & RESPONSE_BIT != 0
    }

    /// Whether this is a request that is about messages: the owner of a session says and answers it, and
    /// it waits in a window.
    #[must_use]
    pub const fn is_operation(self) -> bool {
        matches!(
            self,
            Self::SUBMIT_SM
                | Self::SUBMIT_MULTI
                | Self::DELIVER_SM
                | Self::DATA_SM
                | Self::QUERY_SM
                | Self::CANCEL_SM
                | Self::REPLACE_SM
        ) || self.is_broadcast()
    }

    /// Whether this is one of the requests about cell broadcasts, which came with SMPP 5.0.
    #[must_use]
    pub const fn is_broadcast(self) -> bool {
        matches!(self, Self::BROADCAST_SM | Self::QUERY_BROADCAST_SM | Self::CANCEL_BROADCAST_SM)
    }

    /// The command_id of the answer to this request; a response is returned as it is.
    #[must_use]
    pub const fn response(self) -> Self {
        Self(self.0 | RESPONSE_BIT)
    }
}
