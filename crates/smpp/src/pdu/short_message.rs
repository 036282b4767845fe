//! submit_sm and deliver_sm: the same fields in both directions (SMPP 3.4 sections 4.4 and 4.6).

use std::fmt;

use bytes::{Buf, Bytes, BytesMut};

use super::{Address, EncodeError};
use crate::wire::{Fault, Reader, put_c_string};
use crate::{CString, CommandStatus, Tlvs};

/// The longest short_message that its length field can say, in octets; SMPP 3.4 allows one less.
pub const SHORT_MESSAGE_OCTETS_MAX: usize = 255;

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
    pub(super) fn decode(body: Bytes) -> Result<Self, Fault> {
        let mut reader = Reader::new(&body);
        let message = Self {
            service_type: reader.c_string("service_type", CommandStatus::INVSERTYP)?,
            source: Address::decode_source(&mut reader)?,
            destination: Address::decode_destination(&mut reader)?,
            ..Self::default()
        };
        let position = reader.position();
        message.decode_from_esm_class(body, position)
    }

    /// Reads the rest of the message, which begins at `position` of `body`.
    #[inline]
    pub(super) fn decode_from_esm_class(mut self, body: Bytes, position: usize) -> Result<Self, Fault> {
        let mut reader = Reader::at(&body, position);
        self.esm_class = reader.octet("esm_class")?;
        self.protocol_id = reader.octet("protocol_id")?;
        self.priority_flag = reader.octet("priority_flag")?;
        self.schedule_delivery_time = reader.c_string("schedule_delivery_time", CommandStatus::INVSCHED)?;
        self.validity_period = reader.c_string("validity_period", CommandStatus::INVEXPIRY)?;
        self.registered_delivery = reader.octet("registered_delivery")?;
        self.replace_if_present = reader.octet("replace_if_present")?;
        self.data_coding = reader.octet("data_coding")?;
        self.sm_default_msg_id = reader.octet("sm_default_msg_id")?;
        let position = reader.position();
        (self.short_message, self.tlvs) = decode_text(body, position)?;
        Ok(self)
    }

    #[inline]
    pub(super) fn encode(&self, out: &mut BytesMut) -> Result<(), EncodeError> {
        put_c_string(out, &self.service_type);
        self.source.encode(out);
        self.destination.encode(out);
        self.encode_from_esm_class(out)
    }

    /// Writes the fields behind the destination.
    #[inline]
    pub(super) fn encode_from_esm_class(&self, out: &mut BytesMut) -> Result<(), EncodeError> {
        out.extend_from_slice(&[self.esm_class, self.protocol_id, self.priority_flag]);
        put_c_string(out, &self.schedule_delivery_time);
        put_c_string(out, &self.validity_period);
        out.extend_from_slice(&[
            self.registered_delivery,
            self.replace_if_present,
            self.data_coding,
            self.sm_default_msg_id,
        ]);
        encode_text(&self.short_message, &self.tlvs, out)
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

/// Reads sm_length, short_message and the TLVs, which begin at `position` of `body` and end it.
#[inline]
pub(super) fn decode_text(mut body: Bytes, position: usize) -> Result<(Bytes, Tlvs), Fault> {
    let mut reader = Reader::at(&body, position);
    let octets = usize::from(reader.octet("sm_length")?);
    let start = reader.position();
    if body.len() - start < octets {
        return Err(Fault { status: CommandStatus::INVMSGLEN, what: "short_message" });
    }
    let tlvs = Tlvs::decode(body.split_off(start + octets))?;
    if octets == 0 {
        return Ok((Bytes::new(), tlvs));
    }
    body.advance(start);
    Ok((body, tlvs))
}

/// Writes sm_length, short_message and the TLVs.
#[inline]
pub(super) fn encode_text(text: &Bytes, tlvs: &Tlvs, out: &mut BytesMut) -> Result<(), EncodeError> {
    let octets = text.len();
    let sm_length = u8::try_from(octets).map_err(|_| EncodeError::ShortMessageTooLong { octets })?;
    out.extend_from_slice(&[sm_length]);
    out.extend_from_slice(text);
    out.extend_from_slice(tlvs.as_wire());
    Ok(())
}

/// The octets of all fields but short_message and TLVs, each at its longest.
const FIXED_OCTETS_MAX: usize = 6 + 2 * 23 + 3 + 2 * 17 + 5;
