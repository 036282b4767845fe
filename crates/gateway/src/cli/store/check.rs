//! `estafet store check`

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Args;
use store::embedded::inspect::Report;

use super::place::{Place, until_reader_leaves};

#[derive(Debug, Args)]
pub(crate) struct Check {
    #[command(flatten)]
    place: Place,
}

impl Check {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let report = self.place.open()?.check()?;
        until_reader_leaves(write(&mut io::stdout().lock(), &report))?;
        Ok(if report.is_damaged() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }
}

/// One line per finding, and one for the whole.
fn write(out: &mut impl Write, report: &Report) -> io::Result<()> {
    for finding in &report.findings {
        writeln!(out, "{finding}")?;
    }
    let rows: u64 = report.ledger.iter().map(|file| file.rows).sum();
    let verdict = if report.is_damaged() { "DAMAGED" } else { "sound" };
    writeln!(
        out,
        "{verdict}: {} journal files with {} live messages, {} ledger files with {rows} records",
        report.journal.len(),
        report.standing.live_messages,
        report.ledger.len(),
    )
}
