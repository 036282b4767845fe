//! What those expect that a Kannel has called so far, or that have called one.

pub(crate) mod escape;
