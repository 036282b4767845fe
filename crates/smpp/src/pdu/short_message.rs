//! submit_sm and deliver_sm: the same fields in both directions (SMPP 3.4 sections 4.4 and 4.6).

use std::fmt;
use std::ops::Range;

use bytes::{Buf, Bytes, BytesMut};

use super::Address;
use super::error::EncodeError;
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
    pub(super) fn decode(body: Bytes) -> Result<Self, Fault> {
        let mut reader = Reader::new(&body);
        match Head::next(&mut reader) {
            Some(head) => Ok(head.of(body)),
            None => Err(reader.fault()),
        }
    }

    #[inline(always)]
    pub(super) fn encode(&self, out: &mut BytesMut) -> Result<(), EncodeError> {
        let sm_length = sm_length(&self.short_message)?;
        Writer::<HEAD_OCTETS_MAX>::append(out, |head| {
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
    pub(super) fn put_from_esm_class<const R: usize>(&self, head: &mut Writer<'_, R>, sm_length: u8) {
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

/// The fields of a message up to sm_length. They need no dropping, which lets the compiler keep them in registers.
pub(super) struct Head {
    service_type: CString<5>,
    source: Address,
    destination: Address,
    esm_class: u8,
    protocol_id: u8,
    priority_flag: u8,
    schedule_delivery_time: CString<16>,
    validity_period: CString<16>,
    registered_delivery: u8,
    replace_if_present: u8,
    data_coding: u8,
    sm_default_msg_id: u8,
    /// Where the text is in the body.
    text: Range<usize>,
}

impl Head {
    /// Reads the head of a submit_sm or a deliver_sm, and judges the form of what follows it.
    #[inline(always)]
    pub(super) fn next(reader: &mut Reader<'_>) -> Option<Self> {
        let service_type = reader.next_c_string("service_type", CommandStatus::INVSERTYP)?;
        let source = Address::next_source(reader)?;
        let destination = Address::next_destination(reader)?;
        Self::next_from_esm_class(reader, service_type, source, destination)
    }

    /// Reads the rest of a head, and judges the form of what follows it.
    #[inline(always)]
    pub(super) fn next_from_esm_class(
        reader: &mut Reader<'_>,
        service_type: CString<5>,
        source: Address,
        destination: Address,
    ) -> Option<Self> {
        let [esm_class, protocol_id, priority_flag] =
            reader.next(&["esm_class", "protocol_id", "priority_flag"])?;
        let schedule_delivery_time =
            reader.next_c_string("schedule_delivery_time", CommandStatus::INVSCHED)?;
        let validity_period = reader.next_c_string("validity_period", CommandStatus::INVEXPIRY)?;
        let [registered_delivery, replace_if_present, data_coding, sm_default_msg_id, sm_length] = reader
            .next(&[
                "registered_delivery",
                "replace_if_present",
                "data_coding",
                "sm_default_msg_id",
                "sm_length",
            ])?;
        let text = next_text(reader, sm_length)?;
        Some(Self {
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
            text,
        })
    }

    /// The message that this is the head of.
    #[inline(always)]
    pub(super) fn of(self, body: Bytes) -> ShortMessage {
        let (short_message, tlvs) = split(body, self.text);
        ShortMessage {
            service_type: self.service_type,
            source: self.source,
            destination: self.destination,
            esm_class: self.esm_class,
            protocol_id: self.protocol_id,
            priority_flag: self.priority_flag,
            schedule_delivery_time: self.schedule_delivery_time,
            validity_period: self.validity_period,
            registered_delivery: self.registered_delivery,
            replace_if_present: self.replace_if_present,
            data_coding: self.data_coding,
            sm_default_msg_id: self.sm_default_msg_id,
            short_message,
            tlvs,
        }
    }
}

/// Finds where the text is that sm_length tells of, and judges it and the TLVs behind it.
#[inline(always)]
pub(super) fn next_text(reader: &mut Reader<'_>, sm_length: u8) -> Option<Range<usize>> {
    let octets = usize::from(sm_length);
    let Some(tlvs) = reader.rest().get(octets..) else {
        return reader.refuse(CommandStatus::INVMSGLEN, "short_message");
    };
    if !Tlvs::are_whole(tlvs) {
        return reader.refuse(CommandStatus::INVOPTPARSTREAM, "TLVs");
    }
    let start = reader.position();
    Some(start..start + octets)
}

/// Takes the text and the TLVs behind it out of a body in which they are whole.
#[inline(always)]
pub(super) fn split(mut body: Bytes, text: Range<usize>) -> (Bytes, Tlvs) {
    let tlvs = if text.end == body.len() { Tlvs::new() } else { Tlvs::whole(body.split_off(text.end)) };
    if text.is_empty() {
        return (Bytes::new(), tlvs);
    }
    body.advance(text.start);
    (body, tlvs)
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
