//! `estafet bench idle`

use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use clap::Args;

use super::bound::Bound;
use super::disk::Disk;
use super::finding::{Finding, Findings};
use super::gateway::{ACCOUNT, PASSWORD};
use super::machine::Machine;
use super::place::Place;
use super::process::{PATIENCE, Process};
use super::running::Running;
use super::settings::Settings;
use super::stage::{Stage, start_smsc};
use super::subject::Subject;
use super::usage::Usage;
use crate::cli::simulate::idle::Bound as Sessions;
use crate::cli::simulate::smsc::Listening;

/// Many sessions of ESMEs that are bound and say nothing but enquire_link, as both sides do by default.
#[derive(Debug, Args)]
pub(super) struct Idle {
    /// Sessions; each takes a descriptor of the gateway and one of the ESME.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..=20_000))]
    sessions: u64,
    /// Seconds over which the CPU time is measured; both sides ask each other twice a minute.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,
    #[command(flatten)]
    pub(super) place: Place,
}

impl Idle {
    pub(super) async fn measure(&self, folder: &Path) -> anyhow::Result<Findings> {
        let machine = Machine::here();
        let disk = Disk::measure(folder).await.context("cannot measure the disk")?;
        let (smsc, Listening { address }) = start_smsc(0).await?;
        let settings = self.settings();
        let stage = Stage { settings: &settings, folder, smsc: address };
        let gateway = Running::start(Subject::Gateway, &stage).await?;
        let (findings, left) = self.observe(&gateway).await?;
        gateway.stop().await?;
        smsc.terminate()?;
        smsc.end().await?;
        let gone = (self.sessions as usize).saturating_sub(left);
        let faults = if gone > 0 { vec![format!("{gone} sessions ended")] } else { Vec::new() };
        Ok(Findings { version: env!("CARGO_PKG_VERSION"), machine, disk, findings, faults })
    }

    /// What the sessions cost, and how many are bound in the end.
    async fn observe(&self, gateway: &Running) -> anyhow::Result<(Vec<Finding>, usize)> {
        let id = gateway.process.id().context("the gateway is over")?;
        let empty = Usage::when_quiet(id).await?;
        let mut esme = self.bind(gateway)?;
        let Sessions { bound } = esme.say(PATIENCE).await?;
        let full = Usage::when_quiet(id).await?;
        eprintln!("{bound} sessions are bound; {} s of silence", self.seconds);
        let since = tokio::time::Instant::now();
        tokio::time::sleep(Duration::from_secs(self.seconds)).await;
        let after = Usage::of(id)?;
        let used = (after.cpu - full.cpu).as_secs_f64() / since.elapsed().as_secs_f64();
        esme.terminate()?;
        let Sessions { bound: left } = esme.say(PATIENCE).await?;
        esme.end().await?;
        let octets = after.rss_octets.saturating_sub(empty.rss_octets) as f64 / self.sessions as f64;
        let findings = vec![
            Finding::told("sessions bound", bound as f64),
            Finding::told("sessions bound in the end", left as f64),
            Finding::told("memory without them, KiB", empty.rss_octets as f64 / 1024.0),
            Finding::told("memory with them, KiB", after.rss_octets as f64 / 1024.0),
            Finding::judged("memory per session, KiB", octets / 1024.0, KIB_PER_SESSION),
            Finding::judged("CPU, % of one core", used * 100.0, CPU_PERCENT),
        ];
        Ok((findings, left))
    }

    fn bind(&self, gateway: &Running) -> anyhow::Result<Process> {
        let (address, sessions) = (gateway.address.to_string(), self.sessions.to_string());
        let arguments = ["simulate", "idle", "--json", "--log-level", "warn", "--system-id", ACCOUNT];
        let more = ["--password", PASSWORD, "--address", &address, "--sessions", &sessions];
        Process::start("ESME", arguments.into_iter().chain(more))
    }

    fn settings(&self) -> Settings {
        Settings {
            messages: 0,
            sessions: 1,
            window: 10,
            octets: 0,
            rate: None,
            runs: 1,
            only: vec![Subject::Gateway],
        }
    }
}

/// 20,000 octets.
const KIB_PER_SESSION: Bound = Bound::AtMost(19.5);
const CPU_PERCENT: Bound = Bound::AtMost(2.0);
