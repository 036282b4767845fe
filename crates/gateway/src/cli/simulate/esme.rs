//! `estafet simulate esme`

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use serde::{Deserialize, Serialize};
use simulator::{EsmeConfig, Load, LoadReport};

use super::latency::LatencySummary;
use crate::cli::console::say;

#[derive(Debug, Args)]
pub(crate) struct EsmeArguments {
    /// The gateway's or message centre's host:port.
    #[arg(long, default_value = "127.0.0.1:2775")]
    address: String,
    /// Who it is.
    #[arg(long)]
    system_id: String,
    /// The password to bind with.
    #[arg(long)]
    password: String,
    /// How many messages.
    #[arg(long, default_value_t = 1000)]
    messages: u64,
    /// How many sessions.
    #[arg(long, default_value_t = 1)]
    sessions: usize,
    /// Unanswered requests per session.
    #[arg(long, default_value_t = 100)]
    window: usize,
    /// Messages a second over all sessions; as many as possible if left out.
    #[arg(long)]
    rate: Option<u32>,
    /// Who sends.
    #[arg(long, default_value = "1234")]
    source: String,
    /// Octets of each body.
    #[arg(long, default_value_t = 160)]
    octets: usize,
    /// The priority_flag of the messages: 3 is urgent.
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=3))]
    priority: u8,
    /// The number of the first message.
    #[arg(long, default_value_t = 0)]
    first_serial: u64,
    /// Writes into the bodies when they were written, so that a message centre with the same clock can
    /// tell how long they took.
    #[arg(long)]
    stamped: bool,
    /// Does not ask for receipts.
    #[arg(long)]
    no_receipts: bool,
    /// Binds again when a connection ends.
    #[arg(long)]
    reconnect: bool,
    /// Seconds to wait for the next receipt when everything is answered.
    #[arg(long, default_value_t = 30)]
    receipt_patience_s: u64,
    /// Says what came of it as one line of JSON.
    #[arg(long)]
    json: bool,
}

/// What came of a load, for machines. Seconds and microseconds.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct LoadSummary {
    pub(crate) submitted: u64,
    pub(crate) accepted: u64,
    pub(crate) refused: u64,
    pub(crate) unknown: u64,
    pub(crate) unsettled: u64,
    pub(crate) receipts: u64,
    pub(crate) receipts_twice: u64,
    pub(crate) without_receipt: u64,
    pub(crate) submitting_s: f64,
    pub(crate) elapsed_s: f64,
    pub(crate) response_us: LatencySummary,
    pub(crate) receipt_us: LatencySummary,
    pub(crate) last_failure: Option<String>,
}

impl EsmeArguments {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let receipts = !self.no_receipts;
        let report = Load {
            sessions: self.sessions,
            messages: self.messages,
            rate: self.rate,
            source: self.source,
            body_octets: self.octets,
            priority: self.priority,
            first_serial: self.first_serial,
            stamped: self.stamped,
            receipts,
            receipt_patience: Duration::from_secs(self.receipt_patience_s),
            reconnect: self.reconnect,
            ..Load::new(EsmeConfig {
                window: self.window,
                ..EsmeConfig::new(self.address, self.system_id, self.password)
            })
        }
        .run()
        .await?;
        if self.json {
            say(&serde_json::to_string(&LoadSummary::of(&report))?);
        } else {
            tell(&report);
        }
        let complete = report.accepted == self.messages && (!receipts || report.without_receipt == 0);
        Ok(if complete { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

impl LoadSummary {
    fn of(report: &LoadReport) -> Self {
        Self {
            submitted: report.submitted,
            accepted: report.accepted,
            refused: report.refused.values().sum(),
            unknown: report.unknown,
            unsettled: report.unsettled,
            receipts: report.receipts.iter().map(|(_, count)| count).sum(),
            receipts_twice: report.receipts_twice,
            without_receipt: report.without_receipt,
            submitting_s: report.submitting.as_secs_f64(),
            elapsed_s: report.elapsed.as_secs_f64(),
            response_us: LatencySummary::of(&report.response),
            receipt_us: LatencySummary::of(&report.receipt),
            last_failure: report.last_failure.clone(),
        }
    }
}

fn tell(report: &LoadReport) {
    let lines = [
        format!("submitted        {}", report.submitted),
        format!("accepted         {}", report.accepted),
        format!("refused          {:?}", report.refused),
        format!("unknown          {}", report.unknown),
        format!("receipts         {:?}", report.receipts),
        format!("receipts twice   {}", report.receipts_twice),
        format!("without receipt  {}", report.without_receipt),
        format!("to response      {:?}", report.response),
        format!("to receipt       {:?}", report.receipt),
        format!("elapsed          {:.1} s", report.elapsed.as_secs_f64()),
        format!("messages/s       {:.0}", report.per_second()),
    ];
    lines.iter().for_each(|line| say(line));
    if let Some(failure) = &report.last_failure {
        say(&format!("last failure     {failure}"));
    }
}
