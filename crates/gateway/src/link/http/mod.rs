//! HTTP links: ESMEs that call us, and content providers and accounts that we call.

pub(crate) mod bodies;
mod call;
mod caller;
mod circuits;
pub(crate) mod client;
mod coding;
pub(crate) mod connection;
mod connector;
pub(crate) mod dead_letters;
pub(crate) mod desk;
mod events;
mod failure;
pub(crate) mod idempotency;
mod inbox;
mod jasmin;
mod kannel;
mod lasting;
mod leftover;
mod messages;
pub(crate) mod named;
mod newcomers;
mod octets;
mod openapi;
mod outbound;
pub(crate) mod own_addresses;
pub(crate) mod owner;
mod passage;
mod preview;
mod probes;
mod problem;
pub(crate) mod provider;
mod rate_limit;
mod reason;
mod recall;
mod resolver;
mod send;
pub(crate) mod server;
mod signature;
mod signed;
mod target;
#[cfg(test)]
mod tests;
mod told;
mod translate;
mod trouble;

pub use translate::record as record_view;
