//! submit_sm and deliver_sm: the same fields in both directions (SMPP 3.4 sections 4.4 and 4.6).

use std::fmt;

use bytes::{Buf, Bytes, BytesMut};

use super::EncodeError;
use super::bind::decode_response;
use crate::wire::{Fault, Reader, put_c_string};
use crate::{CString, CommandStatus, Tlvs};

/// The longest short_message that its length field can say, in octets; SMPP 3.4 allows one less.
pub const SHORT_MESSAGE_OCTETS_MAX: usize = 255;

/// An address as submit_sm and deliver_sm carry it (3.4 sections 5.2.5 to 5.2.9).
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Address {
    /// Type of number.
    pub ton: u8,
    /// Numbering plan.
    pub npi: u8,
    /// The digits or the name.
    pub value: CString<20>,
}

impl Address {
    /// An address with these octets, or `None` if they are more than 20 or hold a NUL.
    #[must_use]
    pub fn new(ton: u8, npi: u8, value: &[u8]) -> Option<Self> {
        Some(Self { ton, npi, value: CString::new(value)? })
    }

    fn decode(reader: &mut Reader<'_>, what: &'static str, too_long: CommandStatus) -> Result<Self, Fault> {
        Ok(Self {
            ton: reader.octet(what)?,
            npi: reader.octet(what)?,
            value: reader.c_string(what, too_long)?,
        })
    }

    fn encode(&self, out: &mut BytesMut) {
        out.extend_from_slice(&[self.ton, self.npi]);
        put_c_string(out, &self.value);
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}:{}", self.ton, self.npi, self.value)
    }
}

/// A submit_sm or a deliver_sm.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ShortMessage {
    /// The service, often empty, often the tariff (3.4 section 5.2.11).
    pub service_type: CString<5>,
    /// Who sends.
    pub source: Address,
    /// Who receives.
    pub destination: Address,
    /// Mode, type and GSM features (3.4 section 5.2.12).
    pub esm_class: u8,
    /// TP-PID of 23.040.
    pub protocol_id: u8,
    /// 0 to 3, higher is more urgent (3.4 section 5.2.14).
    pub priority_flag: u8,
    /// When to deliver, empty for now (3.4 section 5.2.15); empty in deliver_sm.
    pub schedule_delivery_time: CString<16>,
    /// Until when to try, empty for the default (3.4 section 5.2.16); empty in deliver_sm.
    pub validity_period: CString<16>,
    /// Which receipts are asked for (3.4 section 5.2.17).
    pub registered_delivery: u8,
    /// Whether it replaces one that waits (3.4 section 5.2.18); 0 in deliver_sm.
    pub replace_if_present: u8,
    /// The alphabet and class (3.4 section 5.2.19).
    pub data_coding: u8,
    /// A predefined message, 0 for none (3.4 section 5.2.20); 0 in deliver_sm.
    pub sm_default_msg_id: u8,
    /// The body, up to [`SHORT_MESSAGE_OCTETS_MAX`] octets; empty if it is in message_payload.
    pub short_message: Bytes,
    /// TLVs.
    pub tlvs: Tlvs,
}

impl ShortMessage {
    #[inline]
    pub(super) fn decode(mut body: Bytes) -> Result<Self, Fault> {
        let mut reader = Reader::new(&body);
        let mut message = Self {
            service_type: reader.c_string("service_type", CommandStatus::INVSERTYP)?,
            source: Address::decode(&mut reader, "source address", CommandStatus::INVSRCADR)?,
            destination: Address::decode(&mut reader, "destination address", CommandStatus::INVDSTADR)?,
            esm_class: reader.octet("esm_class")?,
            protocol_id: reader.octet("protocol_id")?,
            priority_flag: reader.octet("priority_flag")?,
            schedule_delivery_time: reader.c_string("schedule_delivery_time", CommandStatus::INVSCHED)?,
            validity_period: reader.c_string("validity_period", CommandStatus::INVEXPIRY)?,
            registered_delivery: reader.octet("registered_delivery")?,
            replace_if_present: reader.octet("replace_if_present")?,
            data_coding: reader.octet("data_coding")?,
            sm_default_msg_id: reader.octet("sm_default_msg_id")?,
            short_message: Bytes::new(),
            tlvs: Tlvs::new(),
        };
        let octets = usize::from(reader.octet("sm_length")?);
        let start = reader.position();
        if body.len() - start < octets {
            return Err(Fault { status: CommandStatus::INVMSGLEN, what: "short_message" });
        }
        message.tlvs = Tlvs::decode(body.split_off(start + octets))?;
        if octets > 0 {
            body.advance(start);
            message.short_message = body;
        }
        Ok(message)
    }

    pub(super) fn encode(&self, out: &mut BytesMut) -> Result<(), EncodeError> {
        let octets = self.short_message.len();
        let sm_length = u8::try_from(octets).map_err(|_| EncodeError::ShortMessageTooLong { octets })?;
        put_c_string(out, &self.service_type);
        self.source.encode(out);
        self.destination.encode(out);
        out.extend_from_slice(&[self.esm_class, self.protocol_id, self.priority_flag]);
        put_c_string(out, &self.schedule_delivery_time);
        put_c_string(out, &self.validity_period);
        out.extend_from_slice(&[
            self.registered_delivery,
            self.replace_if_present,
            self.data_coding,
            self.sm_default_msg_id,
            sm_length,
        ]);
        out.extend_from_slice(&self.short_message);
        out.extend_from_slice(self.tlvs.as_wire());
        Ok(())
    }

    pub(super) fn octets_estimate(&self) -> usize {
        FIXED_OCTETS_MAX + self.short_message.len() + self.tlvs.as_wire().len()
    }
}

/// Shows the length of the body, never the text.
impl fmt::Debug for ShortMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ShortMessage")
            .field("service_type", &self.service_type)
            .field("source", &self.source)
            .field("destination", &self.destination)
            .field("esm_class", &self.esm_class)
            .field("protocol_id", &self.protocol_id)
            .field("priority_flag", &self.priority_flag)
            .field("schedule_delivery_time", &self.schedule_delivery_time)
            .field("validity_period", &self.validity_period)
            .field("registered_delivery", &self.registered_delivery)
            .field("replace_if_present", &self.replace_if_present)
            .field("data_coding", &self.data_coding)
            .field("sm_default_msg_id", &self.sm_default_msg_id)
            .field("short_message_octets", &self.short_message.len())
            .field("tlvs", &self.tlvs)
            .finish()
    }
}

/// The answer to submit_sm or deliver_sm (3.4 sections 4.4.2 and 4.6.2).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MessageResp {
    /// The id that the message centre gave the message; empty in a refusal and for deliver_sm.
    pub message_id: CString<64>,
    /// TLVs.
    pub tlvs: Tlvs,
}

impl MessageResp {
    /// An answer with this id and no TLVs.
    #[must_use]
    pub const fn new(message_id: CString<64>) -> Self {
        Self { message_id, tlvs: Tlvs::new() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.message_id.is_empty() && self.tlvs.is_empty()
    }

    pub(super) fn decode(body: Bytes) -> Self {
        let (message_id, tlvs) = decode_response(body);
        Self { message_id, tlvs }
    }

    pub(super) fn encode(&self, out: &mut BytesMut) {
        put_c_string(out, &self.message_id);
        out.extend_from_slice(self.tlvs.as_wire());
    }
}

/// The octets of all fields but short_message and TLVs, each at its longest.
const FIXED_OCTETS_MAX: usize = 6 + 2 * 23 + 3 + 2 * 17 + 5;
