//! One run of one subject: SMSC, subject and customer, each a process of its own.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::time::Duration;

use anyhow::Context;

use super::super::figure::{Figure, Figures};
use super::super::process::{PATIENCE, Process};
use super::super::trial::Measured;
use super::super::usage::Usage;
use super::boxes::Boxes;
use super::estafet;
use super::settings::Settings;
use super::stage::Stage;
use super::subject::Subject;
use crate::cli::simulate::caller::CallerSummary;
use crate::cli::simulate::smsc::{Listening, SmscSummary};

use super::super::gateway::{ACCOUNT, PASSWORD};

/// A run that is to be made.
pub(super) struct Trial<'a> {
    pub(super) subject: Subject,
    pub(super) settings: &'a Settings,
    /// Where its folder is made.
    pub(super) place: &'a Path,
}

/// A subject that is bound to the message centre.
enum Running {
    Estafet(Box<Process>, SocketAddr),
    Kannel(Box<Boxes>),
}

impl Trial<'_> {
    /// Makes the run.
    pub(super) async fn run(&self) -> anyhow::Result<Measured> {
        let folder = tempfile::tempdir_in(self.place)?;
        let mut smsc = self.start_smsc()?;
        let Listening { address } = smsc.say(PATIENCE).await?;
        let callback = free_address()?;
        let stage = Stage { settings: self.settings, folder: folder.path(), smsc: address, callback };
        let subject = Running::start(self.subject, &stage).await?;
        let before = subject.usage()?;
        let load = self.load(subject.address(), callback).await?;
        let after = subject.usage_when_quiet().await?;
        subject.end().await?;
        smsc.terminate()?;
        let summary: SmscSummary = smsc.say(PATIENCE).await?;
        smsc.end().await?;
        Ok(Measured {
            rate: None,
            figures: self.figures(&load, &summary, &before, &after),
            threads_cpu_us: threads(&before, &after, load.accepted),
        })
    }

    fn start_smsc(&self) -> anyhow::Result<Process> {
        let count = self.settings.messages_of(self.subject).to_string();
        let arguments = ["simulate", "smsc", "--listen", "127.0.0.1:0", "--count", &count];
        Process::start("SMSC", arguments.into_iter().chain(["--json", "--log-level", "warn"]))
    }

    async fn load(&self, target: SocketAddr, callback: SocketAddr) -> anyhow::Result<CallerSummary> {
        let mut arguments: Vec<String> =
            ["simulate", "caller", "--json", "--log-level", "warn"].map(str::to_owned).to_vec();
        let mut option = |name: &str, value: String| arguments.extend([name.to_owned(), value]);
        option("--address", target.to_string());
        option("--dialect", self.subject.dialect().to_owned());
        option("--account", ACCOUNT.to_owned());
        option("--password", PASSWORD.to_owned());
        option("--callback", callback.to_string());
        option("--messages", self.settings.messages_of(self.subject).to_string());
        option("--connections", self.settings.connections.to_string());
        option("--per-request", self.settings.messages_per_request(self.subject).to_string());
        option("--octets", self.settings.octets.to_string());
        option("--seconds", self.settings.seconds.to_string());
        let mut caller = Process::start("customer", arguments)?;
        let load: CallerSummary = caller.say(LOAD_PATIENCE).await?;
        caller.end().await?;
        anyhow::ensure!(load.accepted > 0, "nothing was accepted");
        Ok(load)
    }

    fn figures(
        &self,
        load: &CallerSummary,
        smsc: &SmscSummary,
        before: &[Usage],
        after: &[Usage],
    ) -> Figures {
        let per_s = |count: u64, seconds: f64| if seconds > 0.0 { count as f64 / seconds } else { 0.0 };
        let ms = |us: u64| us as f64 / 1e3;
        let cpu = |usage: &[Usage]| usage.iter().map(|usage| usage.cpu).sum::<Duration>();
        let cpu = cpu(after).saturating_sub(cpu(before));
        let rss: u64 = after.iter().map(|usage| usage.peak_rss_octets).sum();
        Figures::from([
            (Figure::AcceptedPerS, per_s(load.accepted, load.submitting_s)),
            (Figure::ReceiptsPerS, per_s(load.receipts, load.elapsed_s)),
            (Figure::CpuUsPerMessage, cpu.as_secs_f64() * 1e6 / load.accepted as f64),
            (Figure::ResponseP50Ms, ms(load.response_us.p50)),
            (Figure::ResponseP99Ms, ms(load.response_us.p99)),
            (Figure::ReceiptP50Ms, ms(load.receipt_us.p50)),
            (Figure::ReceiptP99Ms, ms(load.receipt_us.p99)),
            (Figure::PeakRssMib, rss as f64 / f64::from(1 << 20)),
            (Figure::NotAccepted, (load.refused + load.unanswered) as f64),
            (Figure::Lost, load.accepted.saturating_sub(smsc.distinct) as f64),
            (Figure::Duplicated, smsc.duplicated as f64),
            (Figure::WithoutReceipt, load.without_receipt as f64),
            (Figure::ReceiptsTwice, load.receipts_twice as f64),
        ])
    }
}

impl Running {
    async fn start(subject: Subject, stage: &Stage<'_>) -> anyhow::Result<Self> {
        if subject == Subject::Kannel {
            return Ok(Self::Kannel(Box::new(Boxes::start(stage).await?)));
        }
        let batch = stage.settings.receipts_per_call(subject);
        let (process, address) = estafet::start(stage, batch).await?;
        Ok(Self::Estafet(Box::new(process), address))
    }

    fn address(&self) -> SocketAddr {
        match self {
            Self::Estafet(_, address) => *address,
            Self::Kannel(boxes) => boxes.address,
        }
    }

    /// The numbers of its processes.
    fn ids(&self) -> anyhow::Result<Vec<u32>> {
        let ids = match self {
            Self::Estafet(process, _) => vec![process.id()],
            Self::Kannel(boxes) => vec![boxes.bearerbox.id(), boxes.smsbox.id()],
        };
        ids.into_iter().collect::<Option<_>>().context("the subject is over")
    }

    fn usage(&self) -> anyhow::Result<Vec<Usage>> {
        self.ids()?.into_iter().map(Usage::of).collect()
    }

    async fn usage_when_quiet(&self) -> anyhow::Result<Vec<Usage>> {
        let mut usage = Vec::new();
        for id in self.ids()? {
            usage.push(Usage::when_quiet(id).await?);
        }
        Ok(usage)
    }

    async fn end(self) -> anyhow::Result<()> {
        match self {
            Self::Estafet(process, _) => process.end().await,
            Self::Kannel(boxes) => (*boxes).end().await,
        }
    }
}

fn threads(before: &[Usage], after: &[Usage], messages: u64) -> BTreeMap<String, f64> {
    let mut threads = BTreeMap::new();
    for (before, after) in before.iter().zip(after) {
        for (name, time) in &after.threads {
            let used = time.saturating_sub(before.threads.get(name).copied().unwrap_or_default());
            *threads.entry(name.clone()).or_default() += used.as_secs_f64() * 1e6 / messages as f64;
        }
    }
    threads
}

/// An address that nobody listens at.
fn free_address() -> std::io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}

/// How long a load may take.
const LOAD_PATIENCE: Duration = Duration::from_secs(900);
