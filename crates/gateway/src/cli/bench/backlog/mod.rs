//! `estafet bench backlog`: messages come, and the SMSC is not there; then the gateway is killed, and comes
//! back to an SMSC that is.

mod watch;

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context;
use clap::Args;
use simulator::{Esme, EsmeConfig, Smsc, SmscConfig};
use tokio::net::TcpListener;
use tokio::time::{sleep, timeout};

use self::watch::Watch;
use super::bound::Bound;
use super::disk::Disk;
use super::finding::{Finding, Findings};
use super::gateway::{self, ACCOUNT, PASSWORD};
use super::machine::Machine;
use super::order::{self, Order};
use super::place::Place;
use super::process::{PATIENCE, Process};
use super::settings::Settings;
use super::stage::Stage;
use super::usage::Usage;

/// Measures how the gateway bears a long backlog, and how soon it is back with it.
///
/// An ESME submits as fast as its window allows while the SMSC is not there. Then the gateway is killed
/// (SIGKILL), and started again with the SMSC there.
#[derive(Debug, Args)]
pub(super) struct Backlog {
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
    #[command(flatten)]
    pub(super) place: Place,
}

/// How the backlog came about.
#[derive(Debug)]
struct Filled {
    /// Messages a second, `None` if that was too quick to be measured.
    first_tenth_per_s: Option<f64>,
    last_tenth_per_s: Option<f64>,
    peak_rss_octets: u64,
    rss_octets: u64,
    journal_octets: u64,
}

/// How it went on after the kill.
#[derive(Debug)]
struct Resumed {
    /// From the start of the process to the first OK, and to the first message at the SMSC.
    accepting_s: f64,
    first_out_s: f64,
    peak_rss_octets: u64,
    drained: Option<Drained>,
}

/// How it ended.
#[derive(Clone, Copy, Debug)]
struct Drained {
    per_s: f64,
    lost: u64,
    duplicated: u64,
}

impl Backlog {
    pub(super) async fn measure(&self, folder: &Path) -> anyhow::Result<Findings> {
        let machine = Machine::here();
        let disk = Disk::measure(folder).await.context("cannot measure the disk")?;
        // Nobody listens there until the gateway has been killed.
        let smsc = TcpListener::bind("127.0.0.1:0").await?.local_addr()?;
        let settings = self.settings();
        let stage = Stage { settings: &settings, folder, smsc };
        let (process, esmes, metrics) = gateway::launch(&stage).await?;
        eprintln!("{} messages come in", self.messages);
        let filled = self.fill(&process, esmes, metrics).await?;
        process.kill().await?;
        eprintln!("the gateway was killed and comes back");
        let resumed = self.resume(&stage).await?;
        let mut findings = filled.findings(self.messages);
        findings.extend(resumed.findings(self.messages));
        let faults = resumed.drained.map_or_else(Vec::new, Drained::faults);
        Ok(Findings { version: env!("CARGO_PKG_VERSION"), machine, disk, findings, faults })
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
        let esme = self.order().start(esmes)?;
        let mut watch = Watch::default();
        let load = tokio::select! {
            load = order::finish(esme) => load?,
            lost = watch.run(metrics) => return Err(lost),
        };
        watch.look(metrics).await?;
        anyhow::ensure!(load.accepted == self.messages, "not all was accepted: {load:?}");
        let usage = Usage::of(id)?;
        let (first, last) = watch.first_and_last_tenth().unzip();
        Ok(Filled {
            first_tenth_per_s: first,
            last_tenth_per_s: last,
            peak_rss_octets: usage.peak_rss_octets,
            rss_octets: usage.rss_octets,
            journal_octets: gateway::counters(metrics).await?.journal_octets,
        })
    }

    fn order(&self) -> Order {
        Order {
            account: ACCOUNT,
            messages: self.messages,
            first_serial: 0,
            sessions: self.sessions,
            window: self.window,
            octets: self.octets,
            rate: None,
            urgent: false,
            receipts: false,
        }
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
}

impl Filled {
    fn findings(&self, messages: u64) -> Vec<Finding> {
        let mut findings = vec![Finding::told("messages that wait", messages as f64)];
        if let (Some(first), Some(last)) = (self.first_tenth_per_s, self.last_tenth_per_s) {
            findings.extend([
                Finding::told("accepted per second, first tenth", first),
                Finding::told("accepted per second, last tenth", last),
                Finding::judged("last tenth ÷ first tenth", last / first, RATIO),
            ]);
        }
        findings.extend([
            memory("peak memory, MB", self.peak_rss_octets, messages),
            Finding::told("memory at the end, MB", self.rss_octets as f64 / 1e6),
            Finding::told("journal, MB", self.journal_octets as f64 / 1e6),
        ]);
        findings
    }
}

impl Resumed {
    fn findings(&self, messages: u64) -> Vec<Finding> {
        let mut findings = vec![
            Finding::judged("killed, then accepting after, s", self.accepting_s, ACCEPTING_S),
            Finding::judged("first message out after, s", self.first_out_s, FIRST_OUT_S),
            memory("peak memory after the kill, MB", self.peak_rss_octets, messages),
        ];
        findings.extend(self.drained.map(|drained| Finding::told("sent per second", drained.per_s)));
        findings
    }
}

impl Drained {
    fn faults(self) -> Vec<String> {
        let counts = [(self.lost, "lost"), (self.duplicated, "duplicated")];
        counts
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{count} {what}"))
            .collect()
    }
}

/// Memory, which has a goal for backlogs up to that which the goal is for.
fn memory(what: &str, octets: u64, messages: u64) -> Finding {
    let megaoctets = octets as f64 / 1e6;
    if messages <= GOAL_MESSAGES {
        Finding::judged(what, megaoctets, RSS_MB)
    } else {
        Finding::told(what, megaoctets)
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
/// What is asked of a gateway with ten million messages that wait.
const GOAL_MESSAGES: u64 = 10_000_000;
const RSS_MB: Bound = Bound::AtMost(600.0);
const RATIO: Bound = Bound::AtLeast(0.8);
const ACCEPTING_S: Bound = Bound::AtMost(2.0);
const FIRST_OUT_S: Bound = Bound::AtMost(5.0);
