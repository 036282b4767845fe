//! One run of one subject: message centre, subject and ESME, each a process of its own.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use serde::Serialize;

use super::figure::{Figure, Figures};
use super::gateway::ACCOUNT;
use super::order::{self, Order};
use super::process::PATIENCE;
use super::running::Running;
use super::settings::Settings;
use super::stage::{Counters, Stage, start_smsc};
use super::subject::Subject;
use super::usage::Usage;
use crate::cli::simulate::esme::LoadSummary;
use crate::cli::simulate::smsc::{Listening, SmscSummary};

/// A run that is to be made.
pub(super) struct Trial<'a> {
    pub(super) subject: Subject,
    pub(super) settings: &'a Settings,
    /// Messages a second; `None` is as many as possible.
    pub(super) rate: Option<u32>,
    /// Whether a receipt of each message is asked for.
    pub(super) receipts: bool,
    /// Where its folder is made.
    pub(super) place: &'a Path,
}

/// What a run brought.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Measured {
    /// The rate that was asked for; `None` is as much as possible.
    pub(super) rate: Option<u32>,
    #[serde(flatten)]
    pub(super) figures: Figures,
    /// CPU time per message by the name of the thread, in microseconds.
    pub(super) threads_cpu_us: BTreeMap<String, f64>,
}

/// Everything that a run is judged by.
struct Evidence {
    load: LoadSummary,
    smsc: SmscSummary,
    counters: Counters,
    before: Usage,
    after: Usage,
}

impl Trial<'_> {
    /// Makes the run.
    pub(super) async fn run(&self) -> anyhow::Result<Measured> {
        let folder = tempfile::tempdir_in(self.place)?;
        let (mut smsc, Listening { address }) = start_smsc(self.settings.messages).await?;
        let stage = Stage { settings: self.settings, folder: folder.path(), smsc: address };
        let subject = Running::start(self.subject, &stage).await?;
        let id = subject.process.id().context("the subject is over")?;
        let before = Usage::of(id)?;
        let load = self.load(&subject).await?;
        let after = Usage::when_quiet(id).await?;
        let counters = subject.stop().await?;
        smsc.terminate()?;
        let summary: SmscSummary = smsc.say(PATIENCE).await?;
        smsc.end().await?;
        let evidence = Evidence { load, smsc: summary, counters, before, after };
        Ok(Measured {
            rate: self.rate,
            figures: evidence.figures(self.settings.messages, self.subject),
            threads_cpu_us: evidence.threads(self.settings.messages),
        })
    }

    async fn load(&self, subject: &Running) -> anyhow::Result<LoadSummary> {
        let Settings { messages, sessions, window, octets, .. } = *self.settings;
        let order = Order {
            account: ACCOUNT,
            messages,
            first_serial: 0,
            sessions,
            window,
            octets,
            rate: self.rate,
            receipts: self.receipts,
            urgent: false,
        };
        order::finish(order.start(subject.address)?).await
    }
}

impl Evidence {
    fn figures(&self, messages: u64, subject: Subject) -> Figures {
        let Self { load, smsc, counters, before, after } = self;
        let per_message = |total: u64| total as f64 / messages as f64;
        let per_s = |count: u64, seconds: f64| if seconds > 0.0 { count as f64 / seconds } else { 0.0 };
        let ms = |us: u64| us as f64 / 1e3;
        let mut figures = Figures::from([
            (Figure::AcceptedPerS, per_s(load.accepted, load.submitting_s)),
            (Figure::ReceiptsPerS, per_s(load.receipts, load.elapsed_s)),
            (Figure::CpuUsPerMessage, (after.cpu - before.cpu).as_secs_f64() * 1e6 / messages as f64),
            (Figure::ResponseP50Ms, ms(load.response_us.p50)),
            (Figure::ResponseP99Ms, ms(load.response_us.p99)),
            (Figure::ResponseP999Ms, ms(load.response_us.p999)),
            (Figure::ReceiptP50Ms, ms(load.receipt_us.p50)),
            (Figure::ReceiptP99Ms, ms(load.receipt_us.p99)),
            (Figure::ReceiptP999Ms, ms(load.receipt_us.p999)),
            (Figure::PeakRssMib, after.peak_rss_octets as f64 / f64::from(1 << 20)),
            (Figure::NotAccepted, messages.saturating_sub(load.accepted) as f64),
            (Figure::Lost, load.accepted.saturating_sub(smsc.distinct) as f64),
            (Figure::Duplicated, smsc.duplicated as f64),
            (Figure::WithoutReceipt, load.without_receipt as f64),
            (Figure::ReceiptsTwice, load.receipts_twice as f64),
        ]);
        if let (Some(before), Some(after)) = (before.written_octets, after.written_octets) {
            figures.insert(Figure::WrittenOctetsPerMessage, per_message(after.saturating_sub(before)));
        }
        if subject != Subject::Relay {
            figures.insert(Figure::JournalOctetsPerMessage, per_message(counters.journal_octets));
            figures.insert(Figure::SyncsPerS, per_s(counters.syncs, load.elapsed_s));
        }
        figures
    }

    fn threads(&self, messages: u64) -> BTreeMap<String, f64> {
        let used = |(name, after): (&String, &Duration)| {
            let before = self.before.threads.get(name).copied().unwrap_or_default();
            (name.clone(), after.saturating_sub(before).as_secs_f64() * 1e6 / messages as f64)
        };
        self.after.threads.iter().map(used).collect()
    }
}
