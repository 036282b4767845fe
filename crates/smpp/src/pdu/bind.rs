//! bind_receiver, bind_transmitter, bind_transceiver and outbind (SMPP 3.4 section 4.1).

use std::fmt;

use bytes::{Bytes, BytesMut};

use super::response::leading_string;
use crate::wire::{Fault, Reader, put_c_string};
use crate::{CString, CommandId, CommandStatus, Tlvs};

/// The longest password that is decoded, in octets. The standard says 8 (3.4 section 5.2.2); longer
/// ones are in use, and how many octets a session takes is a setting of the session.
pub const PASSWORD_OCTETS_MAX: usize = 64;

/// Which directions a bind is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum BindMode {
    /// The ESME receives: deliver_sm.
    Receiver,
    /// The ESME transmits: submit_sm.
    Transmitter,
    /// Both (from SMPP 3.4).
    #[default]
    Transceiver,
}

impl BindMode {
    /// The command_id of the request that binds so.
    #[must_use]
    pub const fn command_id(self) -> CommandId {
        match self {
            Self::Receiver => CommandId::BIND_RECEIVER,
            Self::Transmitter => CommandId::BIND_TRANSMITTER,
            Self::Transceiver => CommandId::BIND_TRANSCEIVER,
        }
    }

    /// The mode that the request with this command_id asks for.
    #[must_use]
    pub const fn from_command_id(command_id: CommandId) -> Option<Self> {
        match command_id {
            CommandId::BIND_RECEIVER => Some(Self::Receiver),
            CommandId::BIND_TRANSMITTER => Some(Self::Transmitter),
            CommandId::BIND_TRANSCEIVER => Some(Self::Transceiver),
            _ => None,
        }
    }

    pub(crate) const fn from_response_id(command_id: CommandId) -> Option<Self> {
        match command_id {
            CommandId::BIND_RECEIVER_RESP => Some(Self::Receiver),
            CommandId::BIND_TRANSMITTER_RESP => Some(Self::Transmitter),
            CommandId::BIND_TRANSCEIVER_RESP => Some(Self::Transceiver),
            _ => None,
        }
    }
}

/// A request to bind (3.4 sections 4.1.1, 4.1.3, 4.1.5).
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Bind {
    /// Which directions it is for.
    pub mode: BindMode,
    /// Who binds.
    pub system_id: CString<15>,
    /// The proof of it.
    pub password: CString<PASSWORD_OCTETS_MAX>,
    /// What kind of ESME it is; often empty.
    pub system_type: CString<12>,
    /// The version that the ESME speaks.
    pub interface_version: u8,
    /// Type of number of `address_range`.
    pub addr_ton: u8,
    /// Numbering plan of `address_range`.
    pub addr_npi: u8,
    /// The addresses that the ESME serves, as a pattern; a hint, not to be compiled.
    pub address_range: CString<40>,
    /// TLVs; the standard has none here.
    pub tlvs: Tlvs,
}

impl Bind {
    pub(super) fn decode(mode: BindMode, mut body: Bytes) -> Result<Self, Fault> {
        let mut reader = Reader::new(&body);
        let mut bind = Self {
            mode,
            system_id: reader.c_string("system_id", CommandStatus::INVSYSID)?,
            password: reader.c_string("password", CommandStatus::INVPASWD)?,
            system_type: reader.c_string("system_type", CommandStatus::INVSYSTYP)?,
            interface_version: reader.octet("interface_version")?,
            addr_ton: reader.octet("addr_ton")?,
            addr_npi: reader.octet("addr_npi")?,
            address_range: reader.c_string("address_range", CommandStatus::INVCMDLEN)?,
            tlvs: Tlvs::new(),
        };
        let end = reader.position();
        bind.tlvs = Tlvs::decode(body.split_off(end))?;
        Ok(bind)
    }

    pub(super) fn encode(&self, out: &mut BytesMut) {
        put_c_string(out, &self.system_id);
        put_c_string(out, &self.password);
        put_c_string(out, &self.system_type);
        out.extend_from_slice(&[self.interface_version, self.addr_ton, self.addr_npi]);
        put_c_string(out, &self.address_range);
        out.extend_from_slice(self.tlvs.as_wire());
    }
}

/// Hides the password.
impl fmt::Debug for Bind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bind")
            .field("mode", &self.mode)
            .field("system_id", &self.system_id)
            .field("system_type", &self.system_type)
            .field("interface_version", &self.interface_version)
            .field("addr_ton", &self.addr_ton)
            .field("addr_npi", &self.addr_npi)
            .field("address_range", &self.address_range)
            .field("tlvs", &self.tlvs)
            .finish_non_exhaustive()
    }
}

/// The answer to a bind (3.4 sections 4.1.2, 4.1.4, 4.1.6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BindResp {
    /// Which of the three binds it answers.
    pub mode: BindMode,
    /// Who the message centre is; empty in a refusal.
    pub system_id: CString<15>,
    /// TLVs: sc_interface_version.
    pub tlvs: Tlvs,
}

impl BindResp {
    /// An answer that says nothing beside its status.
    #[must_use]
    pub const fn new(mode: BindMode) -> Self {
        Self { mode, system_id: CString::EMPTY, tlvs: Tlvs::new() }
    }

    pub(super) fn decode(mode: BindMode, body: Bytes) -> Self {
        let (system_id, rest) = leading_string(body);
        Self { mode, system_id, tlvs: Tlvs::from_wire(rest).unwrap_or_default() }
    }

    pub(super) fn encode(&self, status: CommandStatus, out: &mut BytesMut) {
        if status.is_ok() || !self.system_id.is_empty() || !self.tlvs.is_empty() {
            put_c_string(out, &self.system_id);
            out.extend_from_slice(self.tlvs.as_wire());
        }
    }
}

/// A message centre asks an ESME to bind as a receiver (3.4 section 4.1.7).
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Outbind {
    /// Who the message centre is.
    pub system_id: CString<15>,
    /// The proof of it.
    pub password: CString<PASSWORD_OCTETS_MAX>,
}

impl Outbind {
    pub(super) fn decode(body: &[u8]) -> Result<Self, Fault> {
        let mut reader = Reader::new(body);
        Ok(Self {
            system_id: reader.c_string("system_id", CommandStatus::INVSYSID)?,
            password: reader.c_string("password", CommandStatus::INVPASWD)?,
        })
    }

    pub(super) fn encode(&self, out: &mut BytesMut) {
        put_c_string(out, &self.system_id);
        put_c_string(out, &self.password);
    }
}

/// Hides the password.
impl fmt::Debug for Outbind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbind").field("system_id", &self.system_id).finish_non_exhaustive()
    }
}
