//! data_sm: a message in either direction whose body is a TLV (SMPP 3.4 section 4.7). Its answer is a
//! [`MessageResp`](super::MessageResp).

use bytes::{Bytes, BytesMut};

use super::LongAddress;
use crate::wire::{Fault, Reader, put_c_string};
use crate::{CString, CommandStatus, Tlvs};

/// A data_sm.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DataSm {
    /// The service, often empty.
    pub service_type: CString<5>,
    /// Who sends.
    pub source: LongAddress,
    /// Who receives.
    pub destination: LongAddress,
    /// Mode, type and GSM features.
    pub esm_class: u8,
    /// Which receipts are asked for.
    pub registered_delivery: u8,
    /// The alphabet and class.
    pub data_coding: u8,
    /// TLVs, the body among them as message_payload.
    pub tlvs: Tlvs,
}

impl DataSm {
    pub(super) fn decode(mut body: Bytes) -> Result<Self, Fault> {
        let mut reader = Reader::new(&body);
        let mut data = Self {
            service_type: reader.c_string("service_type", CommandStatus::INVSERTYP)?,
            source: LongAddress::decode_source(&mut reader)?,
            destination: LongAddress::decode_destination(&mut reader)?,
            esm_class: reader.octet("esm_class")?,
            registered_delivery: reader.octet("registered_delivery")?,
            data_coding: reader.octet("data_coding")?,
            tlvs: Tlvs::new(),
        };
        let end = reader.position();
        data.tlvs = Tlvs::decode(body.split_off(end))?;
        Ok(data)
    }

    pub(super) fn encode(&self, out: &mut BytesMut) {
        put_c_string(out, &self.service_type);
        self.source.encode(out);
        self.destination.encode(out);
        out.extend_from_slice(&[self.esm_class, self.registered_delivery, self.data_coding]);
        out.extend_from_slice(self.tlvs.as_wire());
    }

    pub(super) fn octets_estimate(&self) -> usize {
        FIXED_OCTETS_MAX + self.tlvs.as_wire().len()
    }
}

/// The octets of all fields but TLVs, each at its longest.
const FIXED_OCTETS_MAX: usize = 6 + 2 * 67 + 3;
