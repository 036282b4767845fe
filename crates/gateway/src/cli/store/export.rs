//! `estafet store export`

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use clap::Args;
use gateway::record_view;
use sms::{LinkName, Timestamp};
use store::Query;
use store::embedded::inspect::{Inspector, RecordsError};

use super::place::{Place, until_reader_leaves};

#[derive(Debug, Args)]
pub(crate) struct Export {
    #[command(flatten)]
    place: Place,
    /// Only what this link brought or took.
    #[arg(long)]
    link: Option<String>,
    /// Only from or to this number, short code or name; the whole of it.
    #[arg(long)]
    number: Option<String>,
    /// Only what its owner calls so: the whole of its client_reference.
    #[arg(long)]
    client_reference: Option<String>,
    /// Only what was accepted at or after this, as in 2026-01-31T12:00:00Z.
    #[arg(long)]
    from: Option<jiff::Timestamp>,
    /// Only what was accepted before this.
    #[arg(long)]
    until: Option<jiff::Timestamp>,
}

impl Export {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let query = Query {
            links: self.link.as_deref().map(|link| vec![LinkName::from(link)]),
            number: self
                .number
                .as_deref()
                .map(|number| number.strip_prefix('+').unwrap_or(number).as_bytes().to_vec()),
            reference: self.client_reference.map(String::into_bytes),
            from: self.from.map(timestamp),
            until: self.until.map(timestamp),
            ..Query::default()
        };
        let inspector = self.place.open()?;
        let report = inspector.report()?;
        for finding in &report.findings {
            eprintln!("estafet: {finding}");
        }
        if report.ledger_behind_octets > 0 {
            eprintln!(
                "estafet: the newest records are missing: {} octets of the journal are not in the ledger yet",
                report.ledger_behind_octets
            );
        }
        write(&inspector, &query)?;
        Ok(if report.is_damaged() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }
}

fn write(inspector: &Inspector, query: &Query) -> Result<(), RecordsError> {
    let mut out = BufWriter::new(io::stdout().lock());
    let written = inspector.records(query, |record| {
        serde_json::to_writer(&mut out, &record_view(&record))?;
        out.write_all(b"\n")
    });
    match written {
        Err(RecordsError::Io(error)) => until_reader_leaves(Err(error))?,
        written => written?,
    }
    Ok(until_reader_leaves(out.flush())?)
}

/// What lies before 1970 is all the same to us.
fn timestamp(at: jiff::Timestamp) -> Timestamp {
    Timestamp(u64::try_from(at.as_millisecond()).unwrap_or(0))
}
