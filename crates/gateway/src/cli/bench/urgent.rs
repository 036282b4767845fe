//! `estafet bench urgent`

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use clap::Args;

use super::bound::Bound;
use super::disk::Disk;
use super::figure::median;
use super::finding::{Finding, Findings};
use super::gateway::{ACCOUNT, PLAIN_ACCOUNT, URGENT_ACCOUNT};
use super::machine::Machine;
use super::order::{self, Order};
use super::place::Place;
use super::process::PATIENCE;
use super::running::Running;
use super::settings::Settings;
use super::stage::{Stage, start_smsc};
use super::subject::Subject;
use crate::cli::simulate::esme::LoadSummary;
use crate::cli::simulate::latency::LatencySummary;
use crate::cli::simulate::smsc::{Listening, SmscSummary};

/// Urgent messages by an account of their own, alone and then while another account submits bulk as fast
/// as it can, by one gateway to one message centre. Beside them under load go as many without priority,
/// to show what the priority is worth.
#[derive(Debug, Args)]
pub(super) struct Urgent {
    /// Urgent messages of a run.
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u64).range(100..=1_000_000))]
    messages: u64,
    /// Urgent messages a second.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..))]
    rate: u32,
    /// Bulk messages of a run; twice as many, again and again, if they do not last longer than the urgent ones.
    #[arg(long, default_value_t = 1_200_000, value_parser = clap::value_parser!(u64).range(1..=BULK_MAX))]
    bulk: u64,
    /// Bulk messages a second; as many as possible if left out.
    #[arg(long)]
    bulk_rate: Option<u32>,
    /// Sessions of the bulk, and sessions with the SMSC.
    #[arg(long, default_value_t = 4)]
    sessions: usize,
    /// Unanswered requests per session, in every direction.
    #[arg(long, default_value_t = 50)]
    window: usize,
    /// Octets of each body.
    #[arg(long, default_value_t = 160)]
    octets: usize,
    /// Runs alone and runs under load, in turn; medians are shown.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=99))]
    runs: u32,
    #[command(flatten)]
    pub(super) place: Place,
}

/// What a run brought.
struct Run {
    /// How many messages it was to carry.
    wanted: u64,
    urgent: LoadSummary,
    smsc: SmscSummary,
    load: Option<Load>,
}

/// What else a gateway was given.
struct Load {
    bulk: LoadSummary,
    /// As many messages as the urgent ones, without priority.
    plain: LoadSummary,
}

/// A figure of a run.
type Of = fn(&Run) -> &LatencySummary;
/// A figure of a load.
type OfLoad = fn(&LoadSummary) -> &LatencySummary;

impl Urgent {
    pub(super) async fn measure(&self, folder: &Path) -> anyhow::Result<Findings> {
        let machine = Machine::here();
        let disk = Disk::measure(folder).await.context("cannot measure the disk")?;
        let (mut alone, mut loaded) = (Vec::new(), Vec::new());
        let mut bulk = self.bulk;
        for run in 1..=self.runs {
            eprintln!("run {run} of {}: urgent messages alone", self.runs);
            alone.push(self.run(folder, 0).await?);
            eprintln!("run {run} of {}: under load", self.runs);
            loaded.push(self.run_under_load(folder, &mut bulk).await?);
        }
        let faults = alone.iter().chain(&loaded).flat_map(Run::faults).collect();
        let findings = findings(&alone, &loaded);
        Ok(Findings { version: env!("CARGO_PKG_VERSION"), machine, disk, findings, faults })
    }

    /// One run with so much bulk that it lasts; `bulk` says how much that was.
    async fn run_under_load(&self, folder: &Path, bulk: &mut u64) -> anyhow::Result<Run> {
        loop {
            let run = self.run(folder, *bulk).await?;
            if run.is_loaded_throughout() {
                return Ok(run);
            }
            anyhow::ensure!(*bulk < BULK_MAX, "{bulk} bulk messages were over before the urgent ones were");
            *bulk = (*bulk * 2).min(BULK_MAX);
            eprintln!("the bulk was over before the urgent messages were: again, with {bulk}");
        }
    }

    async fn run(&self, folder: &Path, bulk: u64) -> anyhow::Result<Run> {
        let folder = tempfile::tempdir_in(folder)?;
        let wanted = if bulk > 0 { 2 * self.messages + bulk } else { self.messages };
        let (mut smsc, Listening { address }) = start_smsc(wanted).await?;
        let settings = self.settings();
        let stage = Stage { settings: &settings, folder: folder.path(), smsc: address };
        let gateway = Running::start(Subject::Gateway, &stage).await?;
        let (urgent, load) = if bulk > 0 {
            let (urgent, load) = self.submit_under_load(gateway.address, bulk).await?;
            (urgent, Some(load))
        } else {
            (order::finish(self.urgent().start(gateway.address)?).await?, None)
        };
        gateway.stop().await?;
        smsc.terminate()?;
        let summary: SmscSummary = smsc.say(PATIENCE).await?;
        smsc.end().await?;
        Ok(Run { wanted, urgent, smsc: summary, load })
    }

    async fn submit_under_load(&self, gateway: SocketAddr, bulk: u64) -> anyhow::Result<(LoadSummary, Load)> {
        let bulk = self.bulk(bulk).start(gateway)?;
        tokio::time::sleep(RAMP).await;
        let (plain, urgent) = (self.plain().start(gateway)?, self.urgent().start(gateway)?);
        let (urgent, plain) = (order::finish(urgent).await?, order::finish(plain).await?);
        Ok((urgent, Load { bulk: order::finish(bulk).await?, plain }))
    }

    fn settings(&self) -> Settings {
        Settings {
            messages: self.messages,
            sessions: self.sessions,
            window: self.window,
            octets: self.octets,
            rate: Some(self.rate),
            runs: self.runs,
            only: vec![Subject::Gateway],
        }
    }

    fn urgent(&self) -> Order {
        Order {
            account: URGENT_ACCOUNT,
            messages: self.messages,
            first_serial: 0,
            sessions: 1,
            window: self.window,
            octets: self.octets,
            rate: Some(self.rate),
            receipts: true,
            urgent: true,
        }
    }

    fn plain(&self) -> Order {
        Order { account: PLAIN_ACCOUNT, first_serial: self.messages, urgent: false, ..self.urgent() }
    }

    fn bulk(&self, messages: u64) -> Order {
        Order {
            account: ACCOUNT,
            messages,
            first_serial: 2 * self.messages,
            sessions: self.sessions,
            rate: self.bulk_rate,
            urgent: false,
            ..self.urgent()
        }
    }
}

impl Run {
    /// Whether the bulk lasted until the urgent messages were over.
    fn is_loaded_throughout(&self) -> bool {
        let needed = self.urgent.submitting_s + RAMP.as_secs_f64();
        self.load.as_ref().is_some_and(|load| load.bulk.submitting_s > needed)
    }

    fn faults(&self) -> Vec<String> {
        let others = self.load.as_ref().map(|load| [&load.bulk, &load.plain]);
        let loads = || std::iter::once(&self.urgent).chain(others.into_iter().flatten());
        let accepted: u64 = loads().map(|load| load.accepted).sum();
        let counts = [
            ("not accepted", self.wanted.saturating_sub(accepted)),
            ("lost", accepted.saturating_sub(self.smsc.distinct)),
            ("duplicated", self.smsc.duplicated),
            ("without receipt", loads().map(|load| load.without_receipt).sum()),
            ("receipts twice", loads().map(|load| load.receipts_twice).sum()),
        ];
        let bad = counts.into_iter().filter(|(_, count)| *count > 0);
        bad.map(|(what, count)| format!("{count} {what}")).collect()
    }
}

fn findings(alone: &[Run], loaded: &[Run]) -> Vec<Finding> {
    let stretches: [(&str, Of, Option<Bound>); 3] = [
        ("submit to OK", |run| &run.urgent.response_us, Some(STRETCH)),
        ("submit to SMSC", |run| &run.smsc.carried_us, Some(STRETCH)),
        ("submit to receipt", |run| &run.urgent.receipt_us, None),
    ];
    let mut findings: Vec<Finding> =
        stretches.into_iter().flat_map(|(name, of, bound)| stretch(name, of, bound, alone, loaded)).collect();
    let loads = || loaded.iter().filter_map(|run| run.load.as_ref());
    let plain: [(&str, OfLoad); 2] =
        [("submit to OK", |load| &load.response_us), ("submit to receipt", |load| &load.receipt_us)];
    for (name, of) in plain {
        let p99 = median(loads().map(|load| of(&load.plain).p99 as f64 / 1e3));
        let what = format!("{name}, under load, without priority, p99, ms");
        findings.push(Finding::told(what, p99.unwrap_or_default()));
    }
    let bulk_per_s = loads().map(|load| per_second(&load.bulk));
    findings
        .push(Finding::told("bulk meanwhile, receipts per second", median(bulk_per_s).unwrap_or_default()));
    findings
}

/// How long one part of the way takes alone, under load, and in proportion.
fn stretch(name: &str, of: Of, bound: Option<Bound>, alone: &[Run], loaded: &[Run]) -> Vec<Finding> {
    let ms = |runs: &[Run], quantile: fn(&LatencySummary) -> u64| {
        median(runs.iter().map(|run| quantile(of(run)) as f64 / 1e3)).unwrap_or_default()
    };
    let p99 = |runs: &[Run]| ms(runs, |latency| latency.p99);
    let p50 = |runs: &[Run]| ms(runs, |latency| latency.p50);
    let ratio = p99(loaded) / p99(alone).max(f64::MIN_POSITIVE);
    let times = format!("{name}, p99 under load ÷ alone");
    vec![
        Finding::told(format!("{name}, alone, p50, ms"), p50(alone)),
        Finding::told(format!("{name}, alone, p99, ms"), p99(alone)),
        Finding::told(format!("{name}, under load, p50, ms"), p50(loaded)),
        Finding::told(format!("{name}, under load, p99, ms"), p99(loaded)),
        bound.map_or_else(
            || Finding::told(times.clone(), ratio),
            |bound| Finding::judged(times.clone(), ratio, bound),
        ),
    ]
}

fn per_second(load: &LoadSummary) -> f64 {
    if load.elapsed_s > 0.0 { load.receipts as f64 / load.elapsed_s } else { 0.0 }
}

/// How much longer than alone an urgent message may take under load.
const STRETCH: Bound = Bound::AtMost(2.0);
/// The most bulk messages of a run.
const BULK_MAX: u64 = 50_000_000;
/// How long the bulk has to reach its full speed.
const RAMP: Duration = Duration::from_secs(1);
