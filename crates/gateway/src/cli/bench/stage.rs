//! Where subjects are put, and what they count.

use std::net::SocketAddr;
use std::path::Path;

use super::process::{PATIENCE, Process};
use super::settings::Settings;
use crate::cli::simulate::smsc::Listening;

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

/// Starts a message centre that tells apart so many messages, and says where it listens.
pub(super) async fn start_smsc(count: u64) -> anyhow::Result<(Process, Listening)> {
    let count = count.to_string();
    let arguments = ["simulate", "smsc", "--listen", "127.0.0.1:0", "--count", &count];
    let mut smsc = Process::start("SMSC", arguments.into_iter().chain(["--json", "--log-level", "warn"]))?;
    let listening = smsc.say(PATIENCE).await?;
    Ok((smsc, listening))
}
