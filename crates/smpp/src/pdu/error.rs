//! Why a PDU cannot be read, or written.

use super::short_message::SHORT_MESSAGE_OCTETS_MAX;
use crate::{CommandId, CommandStatus};

/// The body of a PDU is not what its command_id says; the session can go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{command_id} {sequence}: {what} is malformed, {status}")]
pub struct DecodeError {
    /// The sequence number, to be echoed.
    pub sequence: u32,
    /// Which operation it claims to be.
    pub command_id: CommandId,
    /// What to answer: the field's own code where the standard has one.
    pub status: CommandStatus,
    /// The name of the field.
    pub what: &'static str,
}

/// A PDU cannot be put on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// short_message is longer than its length field can say.
    #[error("short_message of {octets} octets is longer than {SHORT_MESSAGE_OCTETS_MAX}")]
    ShortMessageTooLong {
        /// Its length.
        octets: usize,
    },
    /// The whole is longer than command_length can say.
    #[error("the PDU is longer than command_length can say")]
    PduTooLong,
}
