//! What those expect that a Kannel has called so far, or that have called one.

mod answer;
mod coding;
pub(crate) mod escape;
mod meta;
mod order;
pub(super) mod report;
mod request;
pub(super) mod server;
mod translate;
mod xml;
