//! query_sm: what became of a message (SMPP 3.4 section 4.8).

use bytes::{Bytes, BytesMut};

use super::Address;
use super::response::{leading_octet, leading_string};
use crate::wire::{Fault, Reader, put_c_string};
use crate::{CString, CommandStatus, Tlvs};

/// A query_sm.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QuerySm {
    /// The id that the message centre gave the message.
    pub message_id: CString<64>,
    /// The source of the message.
    pub source: Address,
    /// TLVs; the standard has none here.
    pub tlvs: Tlvs,
}

impl QuerySm {
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

/// The answer to query_sm. What a peer left out is empty or 0.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QuerySmResp {
    /// The id that was asked about.
    pub message_id: CString<64>,
    /// When it came to its end, as an absolute time; empty if it has not.
    pub final_date: CString<16>,
    /// Its state (3.4 section 5.2.28).
    pub message_state: u8,
    /// The network's own error, 0 if there is none.
    pub error_code: u8,
    /// TLVs.
    pub tlvs: Tlvs,
}

impl QuerySmResp {
    pub(super) fn decode(body: Bytes) -> Self {
        let (message_id, rest) = leading_string(body);
        let (final_date, mut rest) = leading_string(rest);
        Self {
            message_id,
            final_date,
            message_state: leading_octet(&mut rest),
            error_code: leading_octet(&mut rest),
            tlvs: Tlvs::from_wire(rest).unwrap_or_default(),
        }
    }

    /// Whether it says nothing.
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub(super) fn encode(&self, out: &mut BytesMut) {
        put_c_string(out, &self.message_id);
        put_c_string(out, &self.final_date);
        out.extend_from_slice(&[self.message_state, self.error_code]);
        out.extend_from_slice(self.tlvs.as_wire());
    }
}
