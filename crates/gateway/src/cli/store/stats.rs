//! `estafet store stats`

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::Args;
use serde::Serialize;
use sms::Timestamp;
use store::embedded::inspect::{JournalFile, LedgerFile, Report};

use super::place::{Place, until_reader_leaves};

#[derive(Debug, Args)]
pub(crate) struct Stats {
    #[command(flatten)]
    place: Place,
    /// Writes one JSON object instead of a table.
    #[arg(long)]
    json: bool,
}

impl Stats {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let report = self.place.open()?.report()?;
        for finding in &report.findings {
            eprintln!("estafet: {finding}");
        }
        let view = View::new(&report);
        let mut out = io::stdout().lock();
        let written = if self.json {
            serde_json::to_writer_pretty(&mut out, &view)
                .map_err(io::Error::from)
                .and_then(|()| writeln!(out))
        } else {
            view.write(&mut out)
        };
        until_reader_leaves(written)?;
        Ok(if report.is_damaged() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }
}

/// The numbers as they are shown.
#[derive(Serialize)]
struct View<'a> {
    live_messages: u64,
    waiting: BTreeMap<&'a str, u64>,
    outcome_unknown: u64,
    held: u64,
    awaiting_receipt: u64,
    unmatched_receipts: u64,
    journal: Vec<JournalView<'a>>,
    ledger: Vec<LedgerView<'a>>,
    ledger_behind_octets: u64,
    damaged: bool,
}

#[derive(Serialize)]
struct JournalView<'a> {
    file: &'a str,
    octets: u64,
    messages: u64,
    live: u64,
    /// Of the messages of the file, 0 to 1.
    live_share: f64,
    unmatched_receipts: u64,
}

#[derive(Serialize)]
struct LedgerView<'a> {
    file: &'a str,
    octets: u64,
    records: u64,
    first_accepted_at: Option<String>,
    last_accepted_at: Option<String>,
}

impl<'a> View<'a> {
    fn new(report: &'a Report) -> Self {
        let standing = &report.standing;
        Self {
            live_messages: standing.live_messages,
            waiting: standing.waiting.iter().map(|(link, count)| (link.as_str(), *count)).collect(),
            outcome_unknown: standing.outcome_unknown,
            held: standing.held,
            awaiting_receipt: standing.awaiting_receipt,
            unmatched_receipts: standing.unmatched_receipts,
            journal: report.journal.iter().map(JournalView::new).collect(),
            ledger: report.ledger.iter().map(LedgerView::new).collect(),
            ledger_behind_octets: report.ledger_behind_octets,
            damaged: report.is_damaged(),
        }
    }

    fn write(&self, out: &mut impl Write) -> io::Result<()> {
        self.write_standing(out)?;
        writeln!(out, "\n{:<40}{:>14}{:>11}{:>11}{:>7}", "journal", "octets", "messages", "live", "share")?;
        for file in &self.journal {
            let share = file.live_share * 100.0;
            let JournalView { file, octets, messages, live, .. } = file;
            writeln!(out, "{file:<40}{octets:>14}{messages:>11}{live:>11}{share:>6.0}%")?;
        }
        writeln!(out, "\n{:<40}{:>14}{:>11}  {:<24}  last", "ledger", "octets", "records", "first accepted")?;
        for LedgerView { file, octets, records, first_accepted_at, last_accepted_at } in &self.ledger {
            let (first, last) = (first_accepted_at.as_deref(), last_accepted_at.as_deref());
            let (first, last) = (first.unwrap_or("-"), last.unwrap_or("-"));
            writeln!(out, "{file:<40}{octets:>14}{records:>11}  {first:<24}  {last}")?;
        }
        if self.ledger_behind_octets > 0 {
            writeln!(out, "\n{} octets of the journal are not in the ledger yet", self.ledger_behind_octets)?;
        }
        Ok(())
    }

    fn write_standing(&self, out: &mut impl Write) -> io::Result<()> {
        for (what, count) in [
            ("live messages", self.live_messages),
            ("awaiting their receipt", self.awaiting_receipt),
            ("unmatched receipts", self.unmatched_receipts),
            ("outcome unknown", self.outcome_unknown),
            ("held", self.held),
        ] {
            writeln!(out, "{what:<40}{count:>14}")?;
        }
        for (link, count) in &self.waiting {
            let what = format!("waiting for {link}");
            writeln!(out, "{what:<40}{count:>14}")?;
        }
        Ok(())
    }
}

impl<'a> JournalView<'a> {
    fn new(file: &'a JournalFile) -> Self {
        Self {
            file: &file.name,
            octets: file.octets,
            messages: file.messages,
            live: file.live,
            live_share: file.live as f64 / file.messages.max(1) as f64,
            unmatched_receipts: file.unmatched_receipts,
        }
    }
}

impl<'a> LedgerView<'a> {
    fn new(file: &'a LedgerFile) -> Self {
        Self {
            file: &file.name,
            octets: file.octets,
            records: file.rows,
            first_accepted_at: file.accepted.map(|(first, _)| instant(first)),
            last_accepted_at: file.accepted.map(|(_, last)| instant(last)),
        }
    }
}

fn instant(at: Timestamp) -> String {
    let at = i64::try_from(at.0).ok().and_then(|at| jiff::Timestamp::from_millisecond(at).ok());
    format!("{:.3}", at.unwrap_or(jiff::Timestamp::MAX))
}
