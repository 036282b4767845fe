//! Faults, each under traffic: what breaks off, lies, chokes or is killed, and what must hold all the same.
//!
//! The tests are named after the fault list in `docs/testing.md`; [`checker`] compares what both ends saw
//! with what the store kept.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "../it/harness/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the words of another test binary, not all used here")]
mod harness;

mod checker;
mod fickle;
mod program;
mod proxy;
mod wire;

mod backlog;
mod breaking_disk;
mod broken_links;
mod deaf_esmes;
mod full_disk;
mod killed;
mod no_descriptors;
mod odd_answers;
mod odd_receipts;
mod taken_back;
mod throttled;
mod told_after_kills;
