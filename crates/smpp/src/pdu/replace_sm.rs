//! replace_sm: changes a message that waits (SMPP 3.4 section 4.10). Its answer is only a header.

use std::fmt;

use bytes::{Bytes, BytesMut};

use super::Address;
use super::error::EncodeError;
use super::short_message::{next_text, sm_length, split};
use crate::wire::{Fault, Reader, put_c_string};
use crate::{CString, CommandStatus, Tlvs};

/// A replace_sm. It begins with the id: there is no service_type in it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ReplaceSm {
    /// The id that the message centre gave the message.
    pub message_id: CString<64>,
    /// The source of the message.
    pub source: Address,
    /// When to deliver; empty keeps what was said.
    pub schedule_delivery_time: CString<16>,
    /// Until when to try; empty keeps what was said.
    pub validity_period: CString<16>,
    /// Which receipts are asked for.
    pub registered_delivery: u8,
    /// A predefined message, 0 for none.
    pub sm_default_msg_id: u8,
    /// The new body, in the alphabet of the old one.
    pub short_message: Bytes,
    /// TLVs; from 5.0 the body may be among them as message_payload.
    pub tlvs: Tlvs,
}

impl ReplaceSm {
    pub(super) fn decode(body: Bytes) -> Result<Self, Fault> {
        let mut reader = Reader::new(&body);
        let mut replace = Self {
            message_id: reader.c_string("message_id", CommandStatus::INVMSGID)?,
            source: Address::decode_source(&mut reader)?,
            schedule_delivery_time: reader.c_string("schedule_delivery_time", CommandStatus::INVSCHED)?,
            validity_period: reader.c_string("validity_period", CommandStatus::INVEXPIRY)?,
            registered_delivery: reader.octet("registered_delivery")?,
            sm_default_msg_id: reader.octet("sm_default_msg_id")?,
            short_message: Bytes::new(),
            tlvs: Tlvs::new(),
        };
        let sm_length = reader.octet("sm_length")?;
        let text = next_text(&mut reader, sm_length).ok_or_else(|| reader.fault())?;
        (replace.short_message, replace.tlvs) = split(body, text);
        Ok(replace)
    }

    pub(super) fn encode(&self, out: &mut BytesMut) -> Result<(), EncodeError> {
        let sm_length = sm_length(&self.short_message)?;
        put_c_string(out, &self.message_id);
        self.source.encode(out);
        put_c_string(out, &self.schedule_delivery_time);
        put_c_string(out, &self.validity_period);
        out.extend_from_slice(&[self.registered_delivery, self.sm_default_msg_id, sm_length]);
        out.extend_from_slice(&self.short_message);
        out.extend_from_slice(self.tlvs.as_wire());
        Ok(())
    }

    pub(super) fn octets_estimate(&self) -> usize {
        FIXED_OCTETS_MAX + self.short_message.len() + self.tlvs.as_wire().len()
    }
}

/// Shows the length of the body, never the text.
impl fmt::Debug for ReplaceSm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReplaceSm")
            .field("message_id", &self.message_id)
            .field("source", &self.source)
            .field("schedule_delivery_time", &self.schedule_delivery_time)
            .field("validity_period", &self.validity_period)
            .field("registered_delivery", &self.registered_delivery)
            .field("sm_default_msg_id", &self.sm_default_msg_id)
            .field("short_message_octets", &self.short_message.len())
            .field("tlvs", &self.tlvs)
            .finish()
    }
}

/// The octets of all fields but short_message and TLVs, each at its longest.
const FIXED_OCTETS_MAX: usize = 65 + 23 + 2 * 17 + 3;
