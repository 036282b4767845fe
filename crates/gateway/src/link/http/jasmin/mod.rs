//! What those expect that a Jasmin has called so far, or that have called one.

mod answer;
mod arguments;
mod batch;
mod fields;
mod multipart;
pub(super) mod report;
pub(super) mod rest;
mod rights;
pub(super) mod server;
pub(super) mod thrower;
mod tlvs;
mod translate;

pub(super) use answer::uuid;
