//! `estafet bench callbacks`

mod dead;
mod manner;
mod stage;

use std::path::Path;

use anyhow::Context;
use clap::Args;

use self::dead::Dead;
use self::manner::Manner;
use self::stage::Stage;
use super::bound::Bound;
use super::disk::Disk;
use super::figure::median;
use super::finding::{Finding, Findings};
use super::machine::Machine;
use super::place::Place;
use crate::cli::simulate::caller::CallerSummary;

/// One endpoint that takes receipts as fast as they come, alone and then beside many that are dead, by the same
/// gateway within one run. A third of the dead refuse connections, a third never answer, a third answer 500;
/// first each is the callback of an account of its own, then all are named by messages of the live one's account.
#[derive(Debug, Args)]
pub(super) struct Callbacks {
    /// Messages of each measurement, each with a receipt.
    #[arg(long, default_value_t = 60_000, value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    messages: u64,
    /// Dead endpoints.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    dead: u32,
    /// Receipts that wait for each dead endpoint.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    waiting: u32,
    /// Connections of the live customer, each with one request at a time.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// Runs, of which the medians are shown.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=99))]
    runs: u32,
    #[command(flatten)]
    pub(super) place: Place,
}

/// What the live endpoint was told in one run.
struct Run {
    alone: CallerSummary,
    beside: CallerSummary,
}

impl Callbacks {
    pub(super) async fn measure(&self, folder: &Path) -> anyhow::Result<Findings> {
        let machine = Machine::here();
        let disk = Disk::measure(folder).await.context("cannot measure the disk")?;
        let dead = Dead::start(self.dead).await?;
        let (mut findings, mut faults) = (Vec::new(), Vec::new());
        for manner in [Manner::Accounts, Manner::Named] {
            let mut runs = Vec::new();
            for run in 1..=self.runs {
                eprintln!("run {run} of {}: {}", self.runs, manner.name());
                runs.push(self.run(manner, &dead, folder).await?);
            }
            findings.extend(told(manner, &runs));
            faults.extend(runs.iter().flat_map(|run| [&run.alone, &run.beside]).filter_map(fault));
        }
        Ok(Findings { version: env!("CARGO_PKG_VERSION"), machine, disk, findings, faults })
    }

    async fn run(&self, manner: Manner, dead: &Dead, place: &Path) -> anyhow::Result<Run> {
        let folder = tempfile::tempdir_in(place)?;
        let stage = Stage::set(folder.path(), manner, dead).await?;
        // The first load finds everything cold, and would make whoever comes second look good.
        stage.load(self.messages, self.connections).await?;
        let alone = stage.load(self.messages, self.connections).await?;
        stage.feed(dead, self.waiting).await?;
        let beside = stage.load(self.messages, self.connections).await?;
        stage.end().await?;
        Ok(Run { alone, beside })
    }
}

fn told(manner: Manner, runs: &[Run]) -> Vec<Finding> {
    let rate = |load: &CallerSummary| load.receipts as f64 / load.elapsed_s.max(f64::EPSILON);
    let of = |figure: &dyn Fn(&Run) -> f64| median(runs.iter().map(figure)).unwrap_or_default();
    let ms = |us: u64| us as f64 / 1e3;
    let named = |what: &str| format!("{}: {what}", manner.name());
    vec![
        Finding::told(named("alone, receipts per second"), of(&|run| rate(&run.alone))),
        Finding::told(named("beside the dead"), of(&|run| rate(&run.beside))),
        Finding::judged(named("share that is left"), of(&|run| rate(&run.beside) / rate(&run.alone)), LEFT),
        Finding::told(named("alone, p99 to the receipt, ms"), of(&|run| ms(run.alone.receipt_us.p99))),
        Finding::told(named("beside the dead, p99, ms"), of(&|run| ms(run.beside.receipt_us.p99))),
    ]
}

/// What must not be.
fn fault(load: &CallerSummary) -> Option<String> {
    let wrong = load.refused + load.unanswered + load.without_receipt + load.receipts_twice;
    (wrong > 0).then(|| {
        format!(
            "{} refused, {} unanswered, {} without a receipt, {} with two",
            load.refused, load.unanswered, load.without_receipt, load.receipts_twice
        )
    })
}

const LEFT: Bound = Bound::AtLeast(0.9);
