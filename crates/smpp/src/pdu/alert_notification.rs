//! alert_notification: a mobile is reachable again (SMPP 3.4 section 4.12). It has no answer.

use bytes::{Bytes, BytesMut};

use super::LongAddress;
use crate::wire::{Fault, Reader};
use crate::{CommandStatus, Tlvs};

/// An alert_notification, for an ESME that had set the delivery pending flag of a mobile.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlertNotification {
    /// The mobile.
    pub source: LongAddress,
    /// The ESME that asked to be told.
    pub esme: LongAddress,
    /// TLVs: ms_availability_status.
    pub tlvs: Tlvs,
}

impl AlertNotification {
    pub(super) fn decode(mut body: Bytes) -> Result<Self, Fault> {
        let mut reader = Reader::new(&body);
        let mut alert = Self {
            source: LongAddress::decode_source(&mut reader)?,
            esme: LongAddress::decode(&mut reader, "esme address", CommandStatus::INVDSTADR)?,
            tlvs: Tlvs::new(),
        };
        let end = reader.position();
        alert.tlvs = Tlvs::decode(body.split_off(end))?;
        Ok(alert)
    }

    pub(super) fn encode(&self, out: &mut BytesMut) {
        self.source.encode(out);
        self.esme.encode(out);
        out.extend_from_slice(self.tlvs.as_wire());
    }
}
