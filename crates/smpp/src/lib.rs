//! SMPP: PDUs, TLVs, statuses and the session as a pure state machine.
//!
//! [`frame`] cuts a stream into PDUs, [`pdu`] decodes and encodes them, [`session`] knows what may be
//! said when. Nothing here owns a socket, starts a task or reads a clock: bytes and instants come in
//! as arguments, bytes, events and deadlines go out.

mod cstring;
mod names;
mod wire;

pub mod command;
pub mod frame;
pub mod pdu;
pub mod session;
pub mod status;
pub mod tlv;

pub use command::CommandId;
pub use cstring::{CString, CStringError};
pub use frame::{Frame, FrameError};
pub use pdu::{
    Address, AddressUpTo, AlertNotification, Bind, BindMode, BindResp, Body, BroadcastSm, CancelBroadcastSm,
    CancelSm, DataSm, DecodeError, Destination, Destinations, EncodeError, FailedDestination,
    FailedDestinations, LongAddress, MessageResp, Outbind, Pdu, QueryBroadcastSm, QuerySm, QuerySmResp,
    ReplaceSm, ShortMessage, SubmitMulti, SubmitMultiResp,
};
pub use session::{CloseReason, Event, Role, Session, Settings, State};
pub use status::CommandStatus;
pub use tlv::{TlvTag, Tlvs};

/// SMPP 3.3 as an interface_version (3.4 section 5.2.4): the lowest of the versions without TLVs is 0.
pub const VERSION_3_3: u8 = 0x33;
/// SMPP 3.4 as an interface_version (3.4 section 5.2.4).
pub const VERSION_3_4: u8 = 0x34;
/// SMPP 5.0 as an interface_version (5.0 section 4.7.13).
pub const VERSION_5_0: u8 = 0x50;
