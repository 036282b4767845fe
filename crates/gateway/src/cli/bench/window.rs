//! `estafet bench window`

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::time::Instant;

use anyhow::Context;
use clap::Args;

use super::bound::Bound;
use super::disk::Disk;
use super::figure::{Figure, median};
use super::finding::{Finding, Findings};
use super::machine::Machine;
use super::place::Place;
use super::settings::Settings;
use super::subject::Subject;
use super::trial::{Measured, Trial};

/// One session that always has its window full. It cannot be answered faster than one sync and one
/// round trip per window.
#[derive(Debug, Args)]
pub(super) struct Window {
    /// Messages of a run.
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    messages: u64,
    /// Unanswered requests, in every direction.
    #[arg(long, default_value_t = 10)]
    window: usize,
    /// Octets of each body.
    #[arg(long, default_value_t = 160)]
    octets: usize,
    /// Runs, of which the medians are shown.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=99))]
    runs: u32,
    #[command(flatten)]
    pub(super) place: Place,
}

impl Window {
    pub(super) async fn measure(&self, folder: &Path) -> anyhow::Result<Findings> {
        let machine = Machine::here();
        let round_trip_us = tokio::task::spawn_blocking(round_trip_us).await?.context("no round trip")?;
        let (mut without, mut with, mut fdatasync_us) = (Vec::new(), Vec::new(), Vec::new());
        for run in 1..=self.runs {
            eprintln!("run {run} of {}", self.runs);
            fdatasync_us.push(Disk::measure(folder).await.context("cannot measure the disk")?.fdatasync_us);
            without.push(self.run(folder, false).await?);
            with.push(self.run(folder, true).await?);
        }
        let faults = without.iter().chain(&with).flat_map(faults).collect();
        let disk = Disk { fdatasync_us: median(fdatasync_us.into_iter()).unwrap_or_default() };
        let most = self.window as f64 * 1e6 / (disk.fdatasync_us + round_trip_us);
        let mut findings = vec![
            Finding::told("round trip of an octet over loopback, µs", round_trip_us),
            Finding::told("window ÷ (fdatasync + round trip), per second", most),
        ];
        findings.extend(told("without receipts", &without, most, true));
        findings.extend(told("with receipts", &with, most, false));
        Ok(Findings { version: env!("CARGO_PKG_VERSION"), machine, disk, findings, faults })
    }

    async fn run(&self, folder: &Path, receipts: bool) -> anyhow::Result<Measured> {
        let settings = self.settings();
        Trial { subject: Subject::Gateway, settings: &settings, rate: None, receipts, place: folder }
            .run()
            .await
    }

    fn settings(&self) -> Settings {
        Settings {
            messages: self.messages,
            sessions: 1,
            window: self.window,
            octets: self.octets,
            rate: None,
            runs: self.runs,
            only: vec![Subject::Gateway],
        }
    }
}

/// What came of these runs, of which `most` per second could be hoped for.
fn told(which: &str, runs: &[Measured], most: f64, is_judged: bool) -> Vec<Finding> {
    let of = |figure: Figure| {
        median(runs.iter().filter_map(|run| run.figures.get(&figure)).copied()).unwrap_or_default()
    };
    let figures = [
        Figure::AcceptedPerS,
        Figure::CpuUsPerMessage,
        Figure::SyncsPerS,
        Figure::ResponseP50Ms,
        Figure::ResponseP99Ms,
    ];
    let named = |what: &str| format!("{which}: {what}");
    let mut findings: Vec<Finding> =
        figures.into_iter().map(|figure| Finding::told(named(figure.label()), of(figure))).collect();
    let (what, share) = (named("share of that"), of(Figure::AcceptedPerS) / most);
    findings.push(if is_judged { Finding::judged(what, share, SHARE) } else { Finding::told(what, share) });
    findings
}

fn faults(run: &Measured) -> Vec<String> {
    let count = |fault: Figure| run.figures.get(&fault).copied().filter(|count| *count > 0.0);
    let told = |fault: Figure| count(fault).map(|count| format!("{count} {}", fault.label()));
    Figure::FAULTS.into_iter().filter_map(told).collect()
}

/// The median time that an octet takes to a thread behind a loopback connection and back, in
/// microseconds.
fn round_trip_us() -> io::Result<f64> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let mut near = TcpStream::connect(listener.local_addr()?)?;
    let (mut far, _) = listener.accept()?;
    near.set_nodelay(true)?;
    far.set_nodelay(true)?;
    let echo = std::thread::spawn(move || {
        let mut octet = [0];
        while far.read_exact(&mut octet).is_ok() && far.write_all(&octet).is_ok() {}
    });
    let mut times = Vec::with_capacity(ROUND_TRIPS);
    for _ in 0..ROUND_TRIPS {
        let start = Instant::now();
        near.write_all(&[0])?;
        near.read_exact(&mut [0])?;
        times.push(start.elapsed().as_secs_f64() * 1e6);
    }
    drop(near);
    // It ends with the connection.
    let _ = echo.join();
    Ok(median(times.into_iter()).unwrap_or_default())
}

const ROUND_TRIPS: usize = 1000;
const SHARE: Bound = Bound::AtLeast(0.5);
