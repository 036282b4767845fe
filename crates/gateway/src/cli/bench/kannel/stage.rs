//! What every subject finds.

use std::net::SocketAddr;
use std::path::Path;

use super::settings::Settings;

/// Where a subject is put.
pub(super) struct Stage<'a> {
    pub(super) settings: &'a Settings,
    /// An empty folder.
    pub(super) folder: &'a Path,
    /// Where the message centre listens; anybody may bind.
    pub(super) smsc: SocketAddr,
    /// Where receipts are told.
    pub(super) callback: SocketAddr,
}
