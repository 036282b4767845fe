//! Laws: what holds for whatever octets a peer sends.
//!
//! Each law is a function that panics if its octets break it. The fuzzers in `fuzz/` look for such octets
//! for as long as they are let; the tests of this crate do it for a second, beginning with the corpus that
//! the fuzzers have left in `fuzz/corpus/<law>`.
// A law that is broken has no better way to say so.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod pdu;
mod session;
mod text;
mod tlvs;
mod words;

pub use pdu::{identity, pdu};
pub use session::session;
pub use text::{alphabets, split};
pub use tlvs::tlvs;
pub use words::{receipts, times, udh};

/// One law.
#[derive(Clone, Copy, Debug)]
pub struct Law {
    /// Its name: that of the fuzz target and of the folder of its corpus.
    pub name: &'static str,
    /// Panics if the octets break it.
    pub check: fn(&[u8]),
}

/// All laws, a target of the fuzzers each.
pub const LAWS: &[Law] = &[
    Law { name: "alphabets", check: alphabets },
    Law { name: "identity", check: identity },
    Law { name: "pdu", check: pdu },
    Law { name: "receipts", check: receipts },
    Law { name: "session", check: session },
    Law { name: "split", check: split },
    Law { name: "times", check: times },
    Law { name: "tlvs", check: tlvs },
    Law { name: "udh", check: udh },
];
