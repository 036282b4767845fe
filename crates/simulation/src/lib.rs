//! The core of the gateway, whole worlds of it, each from one seed.
//!
//! In a world everything runs in one thread whose time jumps whenever all wait: the gateway with its
//! links, intake, routes, store and dispatch as in production, and around it simulated SMSCs and ESMEs, a
//! network and a disk in memory. For a while all of them fail as the seed says; then they stop failing,
//! and when nothing is under way any more the book of what the peers did and saw is judged.
//!
//! A seed says everything: the same seed is the same world, octet for octet and millisecond for
//! millisecond. HTTP and the ledger in SQLite are not simulated.

mod book;
mod dice;
mod judge;
mod layout;
mod machine;
mod network;
mod peer;
mod plan;
mod trace;
mod world;

pub use world::{Verdict, live};

/// The runtime's clock, which jumps.
fn now() -> std::time::Instant {
    tokio::time::Instant::now().into_std()
}
