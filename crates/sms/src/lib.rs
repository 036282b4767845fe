//! Short messages without any I/O: who, what, when, in which alphabet, in how many parts.
//!
//! Nothing here reads a clock, opens a file or knows a protocol's PDUs.

mod address;
mod id;
mod link;
mod message;
mod time;

pub use address::{ADDRESS_OCTETS_MAX, Address, Npi, Ton};
pub use id::{MessageId, ParseIdError};
pub use link::LinkName;
pub use message::{Direction, Message, Parts, Priority, ReceiptRequest, State};
pub use time::Timestamp;
