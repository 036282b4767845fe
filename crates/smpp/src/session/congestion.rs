//! congestion_state: how busy either end is, said in responses from SMPP 5.0 on (section 4.8.4.18).

use super::Session;
use crate::{Body, CommandId, CommandStatus, Frame, Pdu, TlvTag, Tlvs, VERSION_5_0};

/// How busy we and the peer are, as far as it was said.
#[derive(Debug, Default)]
pub(super) struct Congestion {
    /// Ours as the TLVs of a response.
    ours: Option<Tlvs>,
    theirs: Option<u8>,
}

impl<T> Session<T> {
    /// Says in all responses from now on how busy we are, from 0 for idle to 100 for congested, where
    /// both ends speak 5.0; `None` says nothing.
    pub fn set_congestion(&mut self, state: Option<u8>) {
        self.congestion.ours = state.map(|state| {
            let mut tlvs = Tlvs::new();
            tlvs.push_u8(TlvTag::CONGESTION_STATE, state.min(CONGESTED));
            tlvs
        });
    }

    /// How busy the peer said that it is in its last response that told it, from 0 for idle to 100 for
    /// congested; `None` if it never did.
    #[must_use]
    pub fn peer_congestion(&self) -> Option<u8> {
        self.congestion.theirs
    }

    /// Appends a response to the output, with our congestion_state where the peer knows it.
    pub(super) fn put_response(&mut self, status: CommandStatus, sequence: u32, mut body: Body) {
        if self.version >= VERSION_5_0
            && let Some(ours) = &self.congestion.ours
        {
            let command_id = body.command_id();
            match body.tlvs_mut() {
                Some(tlvs) if tlvs.is_empty() => *tlvs = ours.clone(),
                Some(tlvs) if tlvs.congestion_state().is_none() => tlvs.append_all(ours),
                Some(_) => {}
                None if command_id == CommandId::GENERIC_NACK => {}
                // Behind a header that is all there is.
                None => body = Body::Unknown { command_id, body: ours.as_wire().clone() },
            }
        }
        self.put(status, sequence, body);
    }

    /// Reads how busy the peer is from a response of it.
    pub(super) fn hear_congestion(&mut self, response: &Pdu) {
        if self.version >= VERSION_5_0
            && let Some(state) = response.body.tlvs().and_then(Tlvs::congestion_state)
        {
            self.congestion.theirs = Some(state.min(CONGESTED));
        }
    }

    /// The same from a response that is only a header, whose body can only be TLVs.
    pub(super) fn hear_congestion_behind_header(&mut self, response: &Frame) {
        if self.version >= VERSION_5_0
            && let Some(state) =
                Tlvs::from_wire(response.body.clone()).as_ref().and_then(Tlvs::congestion_state)
        {
            self.congestion.theirs = Some(state.min(CONGESTED));
        }
    }
}

/// The highest congestion_state.
const CONGESTED: u8 = 100;
