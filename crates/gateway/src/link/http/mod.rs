//! HTTP links: ESMEs that call us, and content providers that we call.

mod call;
mod caller;
pub(crate) mod client;
pub(crate) mod desk;
mod messages;
mod probes;
mod problem;
mod public_address;
pub(crate) mod server;
#[cfg(test)]
mod tests;
mod translate;

pub use translate::record as record_view;
