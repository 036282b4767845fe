//! Sessions in virtual time: alone against a peer that says anything, and in pairs on a simulated wire.
#![allow(clippy::unwrap_used)]

mod bind;
mod congestion;
mod faults;
mod lone;
mod operations;
mod outbind;
mod pair;
mod timers;
mod unbind;
mod window;
mod wire;
