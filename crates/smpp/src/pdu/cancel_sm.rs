//! cancel_sm: takes back messages that wait (SMPP 3.4 section 4.9). Its answer is only a header.

use bytes::{Bytes, BytesMut};

use super::Address;
use crate::wire::{Fault, Reader, put_c_string};
use crate::{CString, CommandStatus, Tlvs};

/// A cancel_sm: one message by its id, or all that have the same source, destination and service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CancelSm {
    /// The service of the messages, if they are not named by an id.
    pub service_type: CString<5>,
    /// The id that the message centre gave the message; empty for all that match the other fields.
    pub message_id: CString<64>,
    /// The source of the messages.
    pub source: Address,
    /// Their destination; may be empty if an id is given.
    pub destination: Address,
    /// TLVs; the standard has none here.
    pub tlvs: Tlvs,
}

impl CancelSm {
    pub(super) fn decode(mut body: Bytes) -> Result<Self, Fault> {
        let mut reader = Reader::new(&body);
        let mut cancel = Self {
            service_type: reader.c_string("service_type", CommandStatus::INVSERTYP)?,
            message_id: reader.c_string("message_id", CommandStatus::INVMSGID)?,
            source: Address::decode_source(&mut reader)?,
            destination: Address::decode_destination(&mut reader)?,
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
        self.destination.encode(out);
        out.extend_from_slice(self.tlvs.as_wire());
    }
}
