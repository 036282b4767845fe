//! The bind to the message centre.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use bytes::BytesMut;
use smpp::frame::HEADER_OCTETS;
use smpp::{Bind, BindMode, Body, CString, CommandId, CommandStatus, EncodeError, Pdu, VERSION_3_4};

use crate::RelayConfig;
use crate::frame::{self, PDU_OCTETS_MAX};

/// Why a relay is not bound.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// There is no connection, or it ended.
    #[error(transparent)]
    Connection(#[from] io::Error),
    /// The name or the password cannot be put on the wire.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// The message centre refused.
    #[error("refused: {0}")]
    Refused(CommandStatus),
    /// The answer is no answer to a bind.
    #[error("answered by {0}")]
    Unexpected(CommandId),
}

/// Connects and binds as transceiver. The connection does not block afterwards, and its next request is
/// [`NEXT_SEQUENCE`].
pub(crate) fn bind(config: &RelayConfig) -> Result<TcpStream, BindError> {
    let mut stream = TcpStream::connect_timeout(&config.upstream, PATIENCE)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(&request(config)?)?;
    let mut answer = vec![0; HEADER_OCTETS];
    stream.read_exact(&mut answer)?;
    let announced = answer.first_chunk().map_or(0, |length| u32::from_be_bytes(*length));
    let length = usize::try_from(announced).unwrap_or(usize::MAX).clamp(HEADER_OCTETS, PDU_OCTETS_MAX);
    answer.resize(length, 0);
    stream.read_exact(answer.get_mut(HEADER_OCTETS..).unwrap_or_default())?;
    match frame::first(&answer) {
        Ok(Some((frame, _))) if frame.command != CommandId::BIND_TRANSCEIVER_RESP => {
            return Err(BindError::Unexpected(frame.command));
        }
        Ok(Some((frame, _))) if !frame.status.is_ok() => return Err(BindError::Refused(frame.status)),
        Ok(Some(_)) => {}
        Ok(None) | Err(_) => return Err(io::Error::from(io::ErrorKind::InvalidData).into()),
    }
    stream.set_nonblocking(true)?;
    Ok(stream)
}

fn request(config: &RelayConfig) -> Result<BytesMut, EncodeError> {
    let bind = Bind {
        mode: BindMode::Transceiver,
        system_id: CString::clipped(config.system_id.as_bytes()),
        password: CString::clipped(config.password.as_bytes()),
        interface_version: VERSION_3_4,
        ..Bind::default()
    };
    let mut out = BytesMut::new();
    Pdu { status: CommandStatus::OK, sequence: NEXT_SEQUENCE - 1, body: Body::Bind(bind) }
        .encode(&mut out)?;
    Ok(out)
}

/// The sequence number after the bind's.
pub(crate) const NEXT_SEQUENCE: u32 = 2;
/// How long connecting and binding may take, each.
const PATIENCE: Duration = Duration::from_secs(10);
