//! `estafet bench backlog`: messages come, and the SMSC is not there; then the gateway is killed, and comes
//! back to an SMSC that is.

mod report;
mod watch;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Context;
use clap::Args;
use serde::Serialize;
use simulator::{Esme, EsmeConfig, Smsc, SmscConfig};
use tokio::net::TcpListener;
use tokio::time::{sleep, timeout};

use self::report::Report;
use self::watch::Watch;
use super::disk::Disk;
use super::gateway::{self, ACCOUNT, PASSWORD};
use super::machine::Machine;
use super::process::{PATIENCE, Process};
use super::stage::Stage;
use super::trial::LOAD_PATIENCE;
use super::usage::Usage;
use super::{Settings, folder_in};
use crate::cli::simulate::esme::LoadSummary;
use crate::cli::simulate::{say, until_stopped};

/// Measures how the gateway bears a long backlog, and how soon it is back with it.
///
/// An ESME submits as fast as its window allows while the SMSC is not there. Then the gateway is killed
/// (SIGKILL), and started again with the SMSC there.
#[derive(Clone, Debug, Args, Serialize)]
pub(crate) struct Backlog {
    /// Messages that shall wait.
    #[arg(long, default_value_t = 10_000_000, value_parser = clap::value_parser!(u64).range(100..=100_000_000))]
    messages: u64,
    /// Sessions of the ESME, and sessions with the SMSC.
    #[arg(long, default_value_t = 4)]
    sessions: usize,
    /// Unanswered requests per session, in every direction.
    #[arg(long, default_value_t = 50)]
    window: usize,
    /// Octets of each body.
    #[arg(long, default_value_t = 160)]
    octets: usize,
    /// Goes on until all messages have left, and counts them.
    #[arg(long)]
    drain: bool,
    /// Where the data go; a temporary folder here if left out.
    #[arg(long)]
    #[serde(skip)]
    data_dir: Option<PathBuf>,
    /// Also writes everything to this file as JSON.
    #[arg(long)]
    #[serde(skip)]
    json: Option<PathBuf>,
}

/// How the backlog came about.
#[derive(Clone, Debug, Serialize)]
struct Filled {
    accepted: u64,
    /// Messages a second, `None` if that was too quick to be measured.
    first_tenth_per_s: Option<f64>,
    last_tenth_per_s: Option<f64>,
    peak_rss_octets: u64,
    rss_octets: u64,
    journal_octets: u64,
}

/// How it went on after the kill.
#[derive(Clone, Debug, Serialize)]
struct Resumed {
    /// From the start of the process to the first OK, and to the first message at the SMSC.
    accepting_s: f64,
    first_out_s: f64,
    peak_rss_octets: u64,
    drained: Option<Drained>,
}

/// How it ended.
#[derive(Clone, Copy, Debug, Serialize)]
struct Drained {
    per_s: f64,
    lost: u64,
    duplicated: u64,
}

impl Backlog {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let place = folder_in(self.data_dir.as_deref())?;
        tokio::select! {
            report = self.measure(place.path()) => self.tell(&report?),
            stopped = until_stopped() => stopped.map(|()| ExitCode::FAILURE),
        }
    }

    async fn measure(&self, place: &Path) -> anyhow::Result<Report> {
        let machine = Machine::here();
        let disk = Disk::measure(place).await.context("cannot measure the disk")?;
        // Nobody listens there until the gateway has been killed.
        let smsc = TcpListener::bind("127.0.0.1:0").await?.local_addr()?;
        let settings = self.settings();
        let stage = Stage { settings: &settings, folder: place, smsc };
        let (process, esmes, metrics) = gateway::launch(&stage).await?;
        eprintln!("{} messages come in", self.messages);
        let filled = self.fill(&process, esmes, metrics).await?;
        process.kill().await?;
        eprintln!("the gateway was killed and comes back");
        let resumed = self.resume(&stage).await?;
        Ok(Report { machine, disk, settings: self.clone(), filled, resumed })
    }

    fn settings(&self) -> Settings {
        let &Self { messages, sessions, window, octets, .. } = self;
        Settings { messages, sessions, window, octets, rate: None, runs: 1, only: Vec::new() }
    }

    /// Lets the messages come.
    async fn fill(
        &self,
        process: &Process,
        esmes: SocketAddr,
        metrics: SocketAddr,
    ) -> anyhow::Result<Filled> {
        let id = process.id().context("the gateway is over")?;
        let mut esme = Process::start("ESME", self.load(esmes))?;
        let mut watch = Watch::default();
        let load: LoadSummary = tokio::select! {
            load = esme.say(LOAD_PATIENCE) => load?,
            lost = watch.run(metrics) => return Err(lost),
        };
        watch.look(metrics).await?;
        esme.end().await?;
        anyhow::ensure!(load.accepted == self.messages, "not all was accepted: {load:?}");
        let usage = Usage::of(id)?;
        let (first, last) = watch.first_and_last_tenth().unzip();
        Ok(Filled {
            accepted: load.accepted,
            first_tenth_per_s: first,
            last_tenth_per_s: last,
            peak_rss_octets: usage.peak_rss_octets,
            rss_octets: usage.rss_octets,
            journal_octets: gateway::counters(metrics).await?.journal_octets,
        })
    }

    fn load(&self, esmes: SocketAddr) -> Vec<String> {
        let options = [
            ("--address", esmes.to_string()),
            ("--system-id", ACCOUNT.to_owned()),
            ("--password", PASSWORD.to_owned()),
            ("--messages", self.messages.to_string()),
            ("--sessions", self.sessions.to_string()),
            ("--window", self.window.to_string()),
            ("--octets", self.octets.to_string()),
        ];
        let fixed = ["simulate", "esme", "--json", "--no-receipts", "--log-level", "warn"].map(str::to_owned);
        let options = options.into_iter().flat_map(|(name, value)| [name.to_owned(), value]);
        fixed.into_iter().chain(options).collect()
    }

    /// Starts the gateway again, with the SMSC there.
    async fn resume(&self, stage: &Stage<'_>) -> anyhow::Result<Resumed> {
        let serials_max = usize::try_from(self.messages)?;
        let smsc =
            Smsc::start(SmscConfig { listen: stage.smsc, serials_max, ..SmscConfig::default() }).await?;
        let start = Instant::now();
        let accepting = async {
            let (process, esmes, _) = gateway::launch(stage).await?;
            accepts(esmes).await?;
            anyhow::Ok((process, start.elapsed()))
        };
        let first_out = async {
            let first = smsc.stats_when(PATIENCE, |stats| stats.accepted > 0).await;
            first.map(|_| start.elapsed()).context("no message reaches the SMSC")
        };
        let (accepting, first_out) = tokio::join!(accepting, first_out);
        let ((process, accepting), first_out) = (accepting?, first_out?);
        let drained = if self.drain { Some(self.drained(&smsc).await?) } else { None };
        let usage = Usage::of(process.id().context("the gateway is over")?)?;
        process.kill().await?;
        Ok(Resumed {
            accepting_s: accepting.as_secs_f64(),
            first_out_s: first_out.as_secs_f64(),
            peak_rss_octets: usage.peak_rss_octets,
            drained,
        })
    }

    /// Waits until everything has left, the message with which was tried whether it accepts included.
    async fn drained(&self, smsc: &Smsc) -> anyhow::Result<Drained> {
        let (start, before) = (Instant::now(), smsc.stats().accepted);
        let mut last = (before, start);
        while last.0 <= self.messages && last.1.elapsed() < PATIENCE {
            sleep(LOOK_EVERY).await;
            let accepted = smsc.stats().accepted;
            if accepted > last.0 {
                last = (accepted, Instant::now());
            }
        }
        let tally = smsc.tally();
        Ok(Drained {
            per_s: (last.0 - before) as f64 / (last.1 - start).as_secs_f64().max(f64::MIN_POSITIVE),
            lost: self.messages.saturating_sub(tally.distinct()),
            duplicated: tally.duplicated(),
        })
    }

    fn tell(&self, report: &Report) -> anyhow::Result<ExitCode> {
        report.lines().iter().for_each(|line| say(line));
        if let Some(path) = &self.json {
            let text = serde_json::to_string_pretty(report)? + "\n";
            std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
        }
        Ok(if report.is_sound() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// Returns when a message was answered OK.
async fn accepts(esmes: SocketAddr) -> anyhow::Result<()> {
    let attempts = async {
        loop {
            if let Ok(esme) = Esme::bind(EsmeConfig::at(esmes, ACCOUNT, PASSWORD)).await
                && esme.submit("628110000000", "1234", "are you there", false).await.is_ok()
            {
                return;
            }
            sleep(LOOK_EVERY).await;
        }
    };
    timeout(PATIENCE, attempts).await.context("the gateway does not accept")
}

const LOOK_EVERY: Duration = Duration::from_millis(10);
