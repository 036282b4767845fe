//! Where subjects are put, and what they count.

use std::net::SocketAddr;
use std::path::Path;

use super::Settings;

/// Where a subject is put.
pub(super) struct Stage<'a> {
    pub(super) settings: &'a Settings,
    /// An empty folder.
    pub(super) folder: &'a Path,
    /// Where the message centre listens; anybody may bind.
    pub(super) smsc: SocketAddr,
}

/// What a subject has counted itself.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counters {
    pub(super) syncs: u64,
    pub(super) journal_octets: u64,
}
