//! `estafet bench callbacks`

mod dead;
mod manner;
mod scene;
mod stage;
mod turn;

use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use clap::Args;

use self::dead::Dead;
use self::manner::Manner;
use self::scene::Scene;
use self::turn::{Pair, Turn};
use super::bound::Bound;
use super::disk::Disk;
use super::figure::median;
use super::finding::{Finding, Findings};
use super::machine::Machine;
use super::place::Place;

/// One endpoint that takes receipts as fast as they come, alone and beside many that are dead, in turns by two
/// gateways that are alike. A third of the dead refuse connections, a third never answer, a third answer 500;
/// first each is the callback of an account of its own, then all are named by messages of the live one's account.
#[derive(Debug, Args)]
pub(super) struct Callbacks {
    /// Messages of each turn, each with a receipt.
    #[arg(long, default_value_t = 120_000, value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
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
    /// Pairs of turns of each run, of which the medians are shown.
    #[arg(long, default_value_t = 6, value_parser = clap::value_parser!(u32).range(1..=99))]
    pairs: u32,
    /// Seconds from when the dead were called first to the first of these.
    #[arg(long, default_value_t = 30)]
    seconds: u64,
    /// Seconds that the gateway with the dead has after it was frozen, for what was due meanwhile.
    #[arg(long, default_value_t = 15)]
    rest: u64,
    /// Runs, each with new gateways.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=99))]
    runs: u32,
    #[command(flatten)]
    pub(super) place: Place,
}

/// What the live endpoint was told while the dead were called for the first times, and later.
#[derive(Default)]
struct Seen {
    crowds: Vec<Pair>,
    pairs: Vec<Pair>,
}

impl Callbacks {
    pub(super) async fn measure(&self, folder: &Path) -> anyhow::Result<Findings> {
        let machine = Machine::here();
        let disk = Disk::measure(folder).await.context("cannot measure the disk")?;
        let dead = Dead::start(self.dead).await?;
        let (mut findings, mut faults) = (Vec::new(), Vec::new());
        for manner in [Manner::Accounts, Manner::Named] {
            let (mut seen, heard_before) = (Seen::default(), dead.heard());
            for run in 1..=self.runs {
                eprintln!("run {run} of {}: {}", self.runs, manner.name());
                self.run(manner, &dead, folder, &mut seen).await?;
            }
            findings.extend(seen.findings(manner));
            let heard = dead.heard() - heard_before;
            findings
                .push(Finding::told(format!("{}: calls that the dead heard", manner.name()), heard as f64));
            faults.extend(seen.turns().filter_map(Turn::fault));
        }
        Ok(Findings { version: env!("CARGO_PKG_VERSION"), machine, disk, findings, faults })
    }

    async fn run(&self, manner: Manner, dead: &Dead, place: &Path, seen: &mut Seen) -> anyhow::Result<()> {
        let mut scene = Scene::set(place, manner, dead, Duration::from_secs(self.rest)).await?;
        scene.warm_up(self.messages, self.connections).await?;
        seen.crowds.push(scene.crowd(dead, self.waiting, self.messages, self.connections).await?);
        tokio::time::sleep(Duration::from_secs(self.seconds)).await;
        for number in 0..self.pairs {
            let pair = scene.pair(number, self.messages, self.connections).await?;
            eprintln!("pair {} of {}: {:.2} is left", number + 1, self.pairs, pair.share());
            seen.pairs.push(pair);
        }
        scene.end().await
    }
}

impl Seen {
    fn turns(&self) -> impl Iterator<Item = &Turn> {
        self.crowds.iter().chain(&self.pairs).flat_map(|pair| [&pair.alone, &pair.beside])
    }

    fn findings(&self, manner: Manner) -> Vec<Finding> {
        let named = |what: &str| format!("{}: {what}", manner.name());
        let told = |what: &str, of: &dyn Fn(&Pair) -> f64| middle(named(what), &self.pairs, of, None);
        vec![
            told("alone, receipts per second", &|pair| pair.alone.rate()),
            told("beside the dead", &|pair| pair.beside.rate()),
            middle(named("share that is left"), &self.pairs, &Pair::share, Some(LEFT)),
            told("alone, CPU per receipt, µs", &|pair| pair.alone.cpu_us()),
            told("beside the dead, CPU per receipt, µs", &|pair| pair.beside.cpu_us()),
            told("beside ÷ alone, CPU per receipt", &Pair::cpu_ratio),
            told("alone, p99 to the receipt, ms", &|pair| pair.alone.p99_ms()),
            told("beside the dead, p99, ms", &|pair| pair.beside.p99_ms()),
            told("calls of the dead per second", &|pair| pair.beside.failed_calls_per_s()),
            middle(named("share at first"), &self.crowds, &Pair::share, None),
            middle(named("beside ÷ alone, CPU at first"), &self.crowds, &Pair::cpu_ratio, None),
            middle(
                named("calls of the dead per second at first"),
                &self.crowds,
                &|pair| pair.beside.failed_calls_per_s(),
                None,
            ),
        ]
    }
}

/// The median of a figure of pairs, with its spread.
fn middle(what: String, pairs: &[Pair], of: &dyn Fn(&Pair) -> f64, goal: Option<Bound>) -> Finding {
    let value = median(pairs.iter().map(of)).unwrap_or_default();
    let finding = match goal {
        Some(bound) => Finding::judged(what, value, bound),
        None => Finding::told(what, value),
    };
    finding.among(pairs.iter().map(of))
}

const LEFT: Bound = Bound::AtLeast(0.9);
