//! `estafet bench urgent`

use std::path::Path;

use anyhow::Context;
use clap::Args;

use super::Settings;
use super::disk::Disk;
use super::figure::median;
use super::finding::{Finding, Findings};
use super::gateway::{ACCOUNT, URGENT_ACCOUNT};
use super::machine::Machine;
use super::order::{self, Order};
use super::process::PATIENCE;
use super::report::Bound;
use super::scenario::Place;
use super::stage::{Stage, start_smsc};
use super::subject::Subject;
use crate::cli::simulate::esme::{LatencySummary, LoadSummary};
use crate::cli::simulate::smsc::{Listening, SmscSummary};

/// Urgent messages by an account of their own, alone and then while another account submits bulk as fast
/// as it can, by one gateway to one message centre.
#[derive(Debug, Args)]
pub(super) struct Urgent {
    /// Urgent messages of a run.
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u64).range(100..=1_000_000))]
    messages: u64,
    /// Urgent messages a second.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..))]
    rate: u32,
    /// Bulk messages of a run; they must last longer than the urgent ones.
    #[arg(long, default_value_t = 1_200_000, value_parser = clap::value_parser!(u64).range(1..=50_000_000))]
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
    urgent: LoadSummary,
    bulk: Option<LoadSummary>,
    smsc: SmscSummary,
}

/// A figure of a run.
type Of = fn(&Run) -> &LatencySummary;

impl Urgent {
    pub(super) async fn measure(&self, folder: &Path) -> anyhow::Result<Findings> {
        let machine = Machine::here();
        let disk = Disk::measure(folder).await.context("cannot measure the disk")?;
        let (mut alone, mut loaded) = (Vec::new(), Vec::new());
        for run in 1..=self.runs {
            eprintln!("run {run} of {}: urgent messages alone", self.runs);
            alone.push(self.run(folder, false).await?);
            eprintln!("run {run} of {}: under load", self.runs);
            loaded.push(self.run(folder, true).await?);
        }
        let faults = alone.iter().chain(&loaded).flat_map(|run| self.faults(run)).collect();
        let findings = findings(&alone, &loaded);
        Ok(Findings { version: env!("CARGO_PKG_VERSION"), machine, disk, findings, faults })
    }

    async fn run(&self, folder: &Path, is_loaded: bool) -> anyhow::Result<Run> {
        let folder = tempfile::tempdir_in(folder)?;
        let (mut smsc, Listening { address }) = start_smsc(self.messages + self.bulk).await?;
        let settings = self.settings();
        let stage = Stage { settings: &settings, folder: folder.path(), smsc: address };
        let gateway = Subject::Gateway.start(&stage).await?;
        let bulk = if is_loaded { Some(self.bulk().start(gateway.address)?) } else { None };
        if is_loaded {
            tokio::time::sleep(RAMP).await;
        }
        let urgent = order::finish(self.urgent().start(gateway.address)?).await?;
        let bulk = match bulk {
            Some(bulk) => Some(order::finish(bulk).await?),
            None => None,
        };
        gateway.stop().await?;
        smsc.terminate()?;
        let summary: SmscSummary = smsc.say(PATIENCE).await?;
        smsc.end().await?;
        let lasted =
            bulk.as_ref().is_none_or(|bulk| bulk.submitting_s > urgent.elapsed_s + RAMP.as_secs_f64());
        anyhow::ensure!(lasted, "the bulk was over before the urgent messages were: --bulk must be more");
        Ok(Run { urgent, bulk, smsc: summary })
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

    fn bulk(&self) -> Order {
        Order {
            account: ACCOUNT,
            messages: self.bulk,
            first_serial: self.messages,
            sessions: self.sessions,
            rate: self.bulk_rate,
            urgent: false,
            ..self.urgent()
        }
    }

    fn faults(&self, run: &Run) -> Vec<String> {
        let wanted = self.messages + run.bulk.as_ref().map_or(0, |_| self.bulk);
        let loads = || std::iter::once(&run.urgent).chain(&run.bulk);
        let accepted: u64 = loads().map(|load| load.accepted).sum();
        let counts = [
            ("not accepted", wanted.saturating_sub(accepted)),
            ("lost", accepted.saturating_sub(run.smsc.distinct)),
            ("duplicated", run.smsc.duplicated),
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
    let bulk_per_s = loaded.iter().filter_map(|run| run.bulk.as_ref()).map(per_second);
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
/// How long the bulk has to reach its full speed.
const RAMP: std::time::Duration = std::time::Duration::from_secs(1);
