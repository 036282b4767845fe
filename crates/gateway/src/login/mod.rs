//! The door that accounts come in by, whatever they speak.
//!
//! ```text
//! address, certificate ─► known password, at home ──────────────────────────────► in
//!                              │ no
//!                              ▼
//!                         failures: heard? ─► known password ────────────────────► in
//!                              │ no                │ no
//!                              │                   ▼
//!                              │              lanes: a turn ─► Argon2 ─► right ──► in
//!                              │                   │ crowded       │ wrong
//!                              ▼                   ▼               ▼
//!                              refused at the next whole second, all alike
//! ```
//!
//! An account is *at home* at the addresses of its `allow_from`, and where it came in before. What others
//! fail elsewhere keeps nobody out who is at home. Whoever is no account waits for a turn like those who are,
//! so that the time of an answer does not tell which accounts there are (S-9); his turn costs nothing.

mod access;
mod caller;
mod door;
mod failures;
mod holder;
mod home;
mod keys;
mod lanes;
mod metrics;
mod password;
mod siege;
mod signature;
mod signatures;
#[cfg(test)]
mod tests;
mod visitor;

pub(crate) use access::Access;
pub(crate) use door::{Door, refusal_due};
pub(crate) use holder::{KeyHolder, SigningKey};
pub(crate) use metrics::LoginMetrics;
pub(crate) use signature::{Signature, Unproven};
pub(crate) use visitor::{Credentials, Entrance, Refused, Visitor};
