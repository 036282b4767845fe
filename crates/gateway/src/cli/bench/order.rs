//! A load that a simulated ESME shall make, as a process of its own.

use std::net::SocketAddr;
use std::time::Duration;

use super::gateway::PASSWORD;
use super::process::Process;
use crate::cli::simulate::esme::LoadSummary;

/// What an ESME shall submit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Order {
    /// The account that it binds as.
    pub(super) account: &'static str,
    pub(super) messages: u64,
    /// The number of the first message.
    pub(super) first_serial: u64,
    pub(super) sessions: usize,
    pub(super) window: usize,
    pub(super) octets: usize,
    /// Messages a second; `None` is as many as possible.
    pub(super) rate: Option<u32>,
    /// Whether a receipt of each message is asked for.
    pub(super) receipts: bool,
    /// Whether the messages have the highest priority, and say when they were written.
    pub(super) urgent: bool,
}

impl Order {
    /// Starts to submit to whoever listens at this address.
    pub(super) fn start(&self, address: SocketAddr) -> anyhow::Result<Process> {
        let mut arguments: Vec<String> =
            ["simulate", "esme", "--json", "--log-level", "warn"].map(str::to_owned).to_vec();
        let mut option = |name: &str, value: String| arguments.extend([name.to_owned(), value]);
        option("--address", address.to_string());
        option("--system-id", self.account.to_owned());
        option("--password", PASSWORD.to_owned());
        option("--messages", self.messages.to_string());
        option("--first-serial", self.first_serial.to_string());
        option("--sessions", self.sessions.to_string());
        option("--window", self.window.to_string());
        option("--octets", self.octets.to_string());
        if let Some(rate) = self.rate {
            option("--rate", rate.to_string());
        }
        if self.urgent {
            arguments.extend(["--priority", "3", "--stamped"].map(str::to_owned));
        }
        if !self.receipts {
            arguments.push("--no-receipts".to_owned());
        }
        Process::start("ESME", arguments)
    }
}

/// What came of the load that this process makes, when it is over.
pub(super) async fn finish(mut esme: Process) -> anyhow::Result<LoadSummary> {
    let load: LoadSummary = esme.say(LOAD_PATIENCE).await?;
    esme.end().await?;
    anyhow::ensure!(load.accepted > 0, "nothing was accepted: {:?}", load.last_failure);
    Ok(load)
}

/// How long a load may take.
const LOAD_PATIENCE: Duration = Duration::from_secs(3600);
