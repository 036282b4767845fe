//! submit_sm and deliver_sm: the same fields in both directions (SMPP 3.4 sections 4.4 and 4.6).

use std::fmt;

use bytes::{Buf, Bytes, BytesMut};

use super::{Address, EncodeError};
use crate::wire::{Fault, Reader, Writer};
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
    #[inline(always)]
    pub(super) fn decode(body: Bytes) -> Result<Self, Fault> {
        let mut reader = Reader::new(&body);
        let service_type = reader.c_string("service_type", CommandStatus::INVSERTYP)?;
        let source = Address::decode_source(&mut reader)?;
        let destination = Address::decode_destination(&mut reader)?;
        let position = reader.position();
        Self::decode_from_esm_class(service_type, source, destination, body, position)
    }

    /// Reads the rest of a message, which begins at `position` of `body`.
    #[inline(always)]
    pub(super) fn decode_from_esm_class(
        service_type: CString<5>,
        source: Address,
        destination: Address,
        body: Bytes,
        position: usize,
    ) -> Result<Self, Fault> {
        let mut reader = Reader::at(&body, position);
        let [esm_class, protocol_id, priority_flag] =
            reader.octets(["esm_class", "protocol_id", "priority_flag"])?;
        let schedule_delivery_time = reader.c_string("schedule_delivery_time", CommandStatus::INVSCHED)?;
        let validity_period = reader.c_string("validity_period", CommandStatus::INVEXPIRY)?;
        let [registered_delivery, replace_if_present, data_coding, sm_default_msg_id] = reader.octets([
            "registered_delivery",
            "replace_if_present",
            "data_coding",
            "sm_default_msg_id",
        ])?;
        let position = reader.position();
        let (short_message, tlvs) = decode_text(body, position)?;
        Ok(Self {
            service_type,
            source,
            destination,
            esm_class,
            protocol_id,
            priority_flag,
            schedule_delivery_time,
            validity_period,
            registered_delivery,
            replace_if_present,
            data_coding,
            sm_default_msg_id,
            short_message,
            tlvs,
        })
    }

    #[inline(always)]
    pub(super) fn encode(&self, out: &mut BytesMut) -> Result<(), EncodeError> {
        let sm_length = sm_length(&self.short_message)?;
        Writer::append(out, HEAD_OCTETS_MAX, |head| {
            head.put_c_string(&self.service_type);
            self.source.put(head);
            self.destination.put(head);
            self.put_from_esm_class(head, sm_length);
        });
        self.encode_text(out);
        Ok(())
    }

    /// Writes the fields from esm_class to sm_length.
    #[inline(always)]
    pub(super) fn put_from_esm_class(&self, head: &mut Writer<'_>, sm_length: u8) {
        head.put([self.esm_class, self.protocol_id, self.priority_flag]);
        head.put_c_string(&self.schedule_delivery_time);
        head.put_c_string(&self.validity_period);
        head.put([
            self.registered_delivery,
            self.replace_if_present,
            self.data_coding,
            self.sm_default_msg_id,
            sm_length,
        ]);
    }

    /// Writes short_message and the TLVs.
    #[inline(always)]
    pub(super) fn encode_text(&self, out: &mut BytesMut) {
        out.extend_from_slice(&self.short_message);
        if !self.tlvs.is_empty() {
            out.extend_from_slice(self.tlvs.as_wire());
        }
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
#[inline(always)]
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

/// What sm_length says of this text.
#[inline(always)]
pub(super) fn sm_length(short_message: &[u8]) -> Result<u8, EncodeError> {
    let octets = short_message.len();
    u8::try_from(octets).map_err(|_| EncodeError::ShortMessageTooLong { octets })
}

/// The most octets of the fields up to sm_length, and one field more so that each can be written whole.
pub(super) const HEAD_OCTETS_MAX: usize = 6 + 2 * 23 + 3 + 2 * 17 + 5 + 20;

/// The octets of all fields but short_message and TLVs, each at its longest.
const FIXED_OCTETS_MAX: usize = 6 + 2 * 23 + 3 + 2 * 17 + 5;
