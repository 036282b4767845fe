//! `estafet simulate esme`

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use simulator::{EsmeConfig, Load, LoadReport};

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
    /// Does not ask for receipts.
    #[arg(long)]
    no_receipts: bool,
    /// Binds again when a connection ends.
    #[arg(long)]
    reconnect: bool,
    /// Seconds to wait for the next receipt when everything is answered.
    #[arg(long, default_value_t = 30)]
    receipt_patience_s: u64,
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
        tell(&report);
        let complete = report.accepted == self.messages && (!receipts || report.without_receipt == 0);
        Ok(if complete { ExitCode::SUCCESS } else { ExitCode::FAILURE })
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
    lines.iter().for_each(|line| super::say(line));
    if let Some(failure) = &report.last_failure {
        super::say(&format!("last failure     {failure}"));
    }
}
