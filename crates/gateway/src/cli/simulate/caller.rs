//! `estafet simulate caller`

use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};
use simulator::{Dialect, HttpLoad, HttpLoadReport};

use super::latency::LatencySummary;
use crate::cli::console::say;

#[derive(Debug, Args)]
pub(crate) struct CallerArguments {
    /// The gateway's address and port for HTTP.
    #[arg(long, default_value = "127.0.0.1:8080")]
    address: SocketAddr,
    /// How the gateway is spoken to.
    #[arg(long, value_enum, default_value = "estafet")]
    dialect: Speech,
    /// Whose messages they are.
    #[arg(long)]
    account: String,
    /// The password of the account.
    #[arg(long)]
    password: String,
    /// Where it listens for receipts: the callback_url of the account leads here.
    #[arg(long, default_value = "127.0.0.1:9000")]
    callback: SocketAddr,
    /// Each message names the address for its receipts itself.
    #[arg(long)]
    name_callback: bool,
    /// How many messages.
    #[arg(long, default_value_t = 1000)]
    messages: u64,
    /// How many connections, each with one request at a time.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// Messages of a request; more than one are an array.
    #[arg(long, default_value_t = 1)]
    per_request: u64,
    /// Octets of each body.
    #[arg(long, default_value_t = 160)]
    octets: usize,
    /// Hands in nothing more after so many seconds.
    #[arg(long, default_value_t = 3600)]
    seconds: u64,
    /// Seconds to wait for the next receipt when everything is handed in.
    #[arg(long, default_value_t = 30)]
    receipt_patience_s: u64,
    /// Says what came of it as one line of JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Speech {
    /// POST /v1/messages, receipts in JSON.
    Estafet,
    /// GET /cgi-bin/sendsms, receipts by the dlr-url of each message.
    Kannel,
}

/// What came of a load over HTTP, for machines. Seconds and microseconds.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct CallerSummary {
    pub(crate) accepted: u64,
    pub(crate) refused: u64,
    pub(crate) unanswered: u64,
    pub(crate) receipts: u64,
    pub(crate) receipts_twice: u64,
    pub(crate) without_receipt: u64,
    pub(crate) submitting_s: f64,
    pub(crate) elapsed_s: f64,
    pub(crate) response_us: LatencySummary,
    pub(crate) receipt_us: LatencySummary,
}

impl CallerArguments {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let (json, messages) = (self.json, self.messages);
        let report = self.load().run().await?;
        if json {
            say(&serde_json::to_string(&CallerSummary::of(&report))?);
        } else {
            say(&format!("{report:#?}"));
        }
        let complete = report.accepted == messages && report.without_receipt == 0;
        Ok(if complete { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn load(self) -> HttpLoad {
        let credentials = BASE64_STANDARD.encode(format!("{}:{}", self.account, self.password));
        HttpLoad {
            target: self.address,
            dialect: match self.dialect {
                Speech::Estafet => Dialect::Estafet { credentials, names_callback: self.name_callback },
                Speech::Kannel => Dialect::Kannel { username: self.account, password: self.password },
            },
            callback: self.callback,
            messages: self.messages,
            connections: self.connections,
            per_request: self.per_request,
            body_octets: self.octets,
            submit_for: Duration::from_secs(self.seconds),
            receipt_patience: Duration::from_secs(self.receipt_patience_s),
        }
    }
}

impl CallerSummary {
    fn of(report: &HttpLoadReport) -> Self {
        Self {
            accepted: report.accepted,
            refused: report.refused,
            unanswered: report.unanswered,
            receipts: report.receipts,
            receipts_twice: report.receipts_twice,
            without_receipt: report.without_receipt,
            submitting_s: report.submitting.as_secs_f64(),
            elapsed_s: report.elapsed.as_secs_f64(),
            response_us: LatencySummary::of(&report.response),
            receipt_us: LatencySummary::of(&report.receipt),
        }
    }
}
