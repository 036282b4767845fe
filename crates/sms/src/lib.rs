//! Short messages without any I/O: who, what, when, in which alphabet, in how many parts.
//!
//! Nothing here reads a clock, opens a file or knows a protocol's PDUs.

mod address;
pub mod alphabet;
mod attached;
mod calendar;
pub mod data_coding;
mod id;
mod join;
mod keyword;
mod link;
mod message;
pub mod reassembly;
mod receipt;
mod split;
mod time;
mod transliteration;
pub mod udh;
mod validity;

pub use address::{ADDRESS_OCTETS_MAX, Address, Npi, Ton};
pub use alphabet::national::{Language, Tables};
pub use alphabet::{Alphabet, Unencodable, decode, decode_by};
pub use attached::Attached;
pub use data_coding::{DataCoding, MessageClass};
pub use id::{MessageId, ParseIdError};
pub use join::Joined;
pub use keyword::{behind_keyword, keyword, keywords};
pub use link::LinkName;
pub use message::{Direction, Message, Parts, Priority, ReceiptRequest, State};
pub use receipt::{
    ParsedReceipt, RECEIPT_ID_OCTETS_MAX, RECEIPT_TEXT_OCTETS_MAX, ReceiptText, excerpt, parse_receipt,
};
pub use split::{
    Coding, Preview, SEGMENT_OCTETS_MAX, SEGMENTS_MAX, SplitError, cheapest, segments_needed, split_encoded,
    split_text, units_per_segment,
};
pub use time::Timestamp;
pub use transliteration::{Substitution, transliterated};
pub use udh::UserDataHeader;
pub use validity::{TimeError, format_smpp_span, format_smpp_time, parse_smpp_time};
