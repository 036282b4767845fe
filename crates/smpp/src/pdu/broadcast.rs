//! broadcast_sm, query_broadcast_sm and cancel_broadcast_sm (SMPP 5.0 sections 4.4 and 4.6). The first two
//! are answered by a [`MessageResp`](super::MessageResp), the third by a header.

use bytes::{Bytes, BytesMut};

use super::Address;
use crate::wire::{Fault, Reader, put_c_string};
use crate::{CString, CommandStatus, Tlvs};

/// A broadcast_sm: a message for all mobiles in some areas. Areas, content and repetition are TLVs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BroadcastSm {
    /// The service, often empty.
    pub service_type: CString<5>,
    /// Who sends.
    pub source: Address,
    /// The id of the broadcast that is replaced; empty for a new one.
    pub message_id: CString<64>,
    /// 0 to 4, higher is more urgent.
    pub priority_flag: u8,
    /// When to begin, empty for now.
    pub schedule_delivery_time: CString<16>,
    /// Until when to go on, empty for the default.
    pub validity_period: CString<16>,
    /// Whether it replaces one that is under way.
    pub replace_if_present: u8,
    /// The alphabet and class.
    pub data_coding: u8,
    /// A predefined message, 0 for none.
    pub sm_default_msg_id: u8,
    /// TLVs: the areas, what it is, how often, and the body as message_payload.
    pub tlvs: Tlvs,
}

impl BroadcastSm {
    pub(super) fn decode(mut body: Bytes) -> Result<Self, Fault> {
        let mut reader = Reader::new(&body);
        let mut broadcast = Self {
            service_type: reader.c_string("service_type", CommandStatus::INVSERTYP)?,
            source: Address::decode_source(&mut reader)?,
            message_id: reader.c_string("message_id", CommandStatus::INVMSGID)?,
            priority_flag: reader.octet("priority_flag")?,
            schedule_delivery_time: reader.c_string("schedule_delivery_time", CommandStatus::INVSCHED)?,
            validity_period: reader.c_string("validity_period", CommandStatus::INVEXPIRY)?,
            replace_if_present: reader.octet("replace_if_present")?,
            data_coding: reader.octet("data_coding")?,
            sm_default_msg_id: reader.octet("sm_default_msg_id")?,
            tlvs: Tlvs::new(),
        };
        let end = reader.position();
        broadcast.tlvs = Tlvs::decode(body.split_off(end))?;
        Ok(broadcast)
    }

    pub(super) fn encode(&self, out: &mut BytesMut) {
        put_c_string(out, &self.service_type);
        self.source.encode(out);
        put_c_string(out, &self.message_id);
        out.extend_from_slice(&[self.priority_flag]);
        put_c_string(out, &self.schedule_delivery_time);
        put_c_string(out, &self.validity_period);
        out.extend_from_slice(&[self.replace_if_present, self.data_coding, self.sm_default_msg_id]);
        out.extend_from_slice(self.tlvs.as_wire());
    }

    pub(super) fn octets_estimate(&self) -> usize {
        FIXED_OCTETS_MAX + self.tlvs.as_wire().len()
    }
}

/// A query_broadcast_sm: what became of a broadcast.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QueryBroadcastSm {
    /// The id that the message centre gave the broadcast.
    pub message_id: CString<64>,
    /// The source of the broadcast.
    pub source: Address,
    /// TLVs: user_message_reference.
    pub tlvs: Tlvs,
}

impl QueryBroadcastSm {
    pub(super) fn decode(mut body: Bytes) -> Result<Self, Fault> {
        let mut reader = Reader::new(&body);
        let mut query = Self {
            message_id: reader.c_string("message_id", CommandStatus::INVMSGID)?,
            source: Address::decode_source(&mut reader)?,
            tlvs: Tlvs::new(),
        };
        let end = reader.position();
        query.tlvs = Tlvs::decode(body.split_off(end))?;
        Ok(query)
    }

    pub(super) fn encode(&self, out: &mut BytesMut) {
        put_c_string(out, &self.message_id);
        self.source.encode(out);
        out.extend_from_slice(self.tlvs.as_wire());
    }
}

/// A cancel_broadcast_sm: ends a broadcast.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CancelBroadcastSm {
    /// The service of the broadcasts, if they are not named by an id.
    pub service_type: CString<5>,
    /// The id that the message centre gave the broadcast; empty for all that match the other fields.
    pub message_id: CString<64>,
    /// The source of the broadcasts.
    pub source: Address,
    /// TLVs: broadcast_content_type, user_message_reference.
    pub tlvs: Tlvs,
}

impl CancelBroadcastSm {
    pub(super) fn decode(mut body: Bytes) -> Result<Self, Fault> {
        let mut reader = Reader::new(&body);
        let mut cancel = Self {
            service_type: reader.c_string("service_type", CommandStatus::INVSERTYP)?,
            message_id: reader.c_string("message_id", CommandStatus::INVMSGID)?,
            source: Address::decode_source(&mut reader)?,
            tlvs: Tlvs::new(),
        };
        let end = reader.position();
        cancel.tlvs = Tlvs::decode(body.split_off(end))?;
        Ok(cancel)
    }

    pub(super) fn encode(&self, out: &mut BytesMut) {
        put_c_string(out, &self.service_type);
        put_c_string(out, &self.message_id);
        self.source.encode(out);
        out.extend_from_slice(self.tlvs.as_wire());
    }
}

/// The octets of all fields of a broadcast_sm but TLVs, each at its longest.
const FIXED_OCTETS_MAX: usize = 6 + 23 + 65 + 1 + 2 * 17 + 3;
