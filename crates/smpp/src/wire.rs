//! Reading and writing the fields of a PDU's body.

use bytes::BytesMut;

use crate::{CString, CommandStatus};

/// What is wrong with a body, and the status that tells the peer so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) status: CommandStatus,
    pub(crate) what: &'static str,
}

/// Reads fields off the front of a body and never beyond its end.
pub(crate) struct Reader<'a> {
    octets: &'a [u8],
    position: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(octets: &'a [u8]) -> Self {
        Self { octets, position: 0 }
    }

    /// Reads on where another has stopped.
    pub(crate) fn at(octets: &'a [u8], position: usize) -> Self {
        Self { octets, position }
    }

    /// How many octets have been read.
    pub(crate) fn position(&self) -> usize {
        self.position
    }

    /// The next octet, the field `what`.
    pub(crate) fn octet(&mut self, what: &'static str) -> Result<u8, Fault> {
        let octet = self.rest().first().ok_or(Fault { status: CommandStatus::INVCMDLEN, what })?;
        self.position += 1;
        Ok(*octet)
    }

    /// The next four octets as a number, the field `what`.
    pub(crate) fn number(&mut self, what: &'static str) -> Result<u32, Fault> {
        let octets = self.rest().first_chunk().ok_or(Fault { status: CommandStatus::INVCMDLEN, what })?;
        self.position += octets.len();
        Ok(u32::from_be_bytes(*octets))
    }

    /// The next C-octet string, the field `what`; one that is longer than `N` is answered `too_long`.
    pub(crate) fn c_string<const N: usize>(
        &mut self,
        what: &'static str,
        too_long: CommandStatus,
    ) -> Result<CString<N>, Fault> {
        let rest = self.rest();
        let within = &rest[..rest.len().min(N + 1)];
        let Some(end) = within.iter().position(|&octet| octet == 0) else {
            let status = if rest.len() > N { too_long } else { CommandStatus::INVCMDLEN };
            return Err(Fault { status, what });
        };
        self.position += end + 1;
        CString::without_nul(&rest[..end]).ok_or(Fault { status: too_long, what })
    }

    fn rest(&self) -> &'a [u8] {
        self.octets.get(self.position..).unwrap_or_default()
    }
}

/// Appends a C-octet string with its NUL.
pub(crate) fn put_c_string(out: &mut BytesMut, octets: &[u8]) {
    out.extend_from_slice(octets);
    out.extend_from_slice(&[0]);
}
