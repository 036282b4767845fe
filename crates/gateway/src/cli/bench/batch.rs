//! `estafet bench batch`

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context;
use clap::Args;
use serde::Deserialize;
use serde_json::json;

use super::bound::Bound;
use super::disk::Disk;
use super::figure::median;
use super::finding::{Finding, Findings};
use super::gateway::{self, ACCOUNT, PASSWORD};
use super::machine::Machine;
use super::place::Place;
use super::process::PATIENCE;
use super::settings::Settings;
use super::stage::{Stage, start_smsc};
use super::subject::Subject;
use crate::cli::loopback::Loopback;
use crate::cli::simulate::smsc::Listening;

/// One HTTP request with many messages after another, each answered when all of its messages are synced,
/// while the SMSC takes those of the requests before it.
#[derive(Debug, Args)]
pub(super) struct Batch {
    /// Messages of a request, each with a text of its own.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    messages: u64,
    /// Requests, of which the median is judged.
    #[arg(long, default_value_t = 25, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    requests: u64,
    /// Octets of each text.
    #[arg(long, default_value_t = 160, value_parser = clap::value_parser!(u64).range(16..=160))]
    octets: u64,
    #[command(flatten)]
    pub(super) place: Place,
}

/// An element of the answer.
#[derive(Deserialize)]
struct Answered {
    id: Option<String>,
}

impl Batch {
    pub(super) async fn measure(&self, folder: &Path) -> anyhow::Result<Findings> {
        let machine = Machine::here();
        let disk = Disk::measure(folder).await.context("cannot measure the disk")?;
        let (smsc, Listening { address }) = start_smsc(0).await?;
        let settings = self.settings();
        let stage = Stage { settings: &settings, folder, smsc: address };
        let (gateway, _, http) = gateway::start(&stage).await?;
        let (times, accepted) = self.hand_in(http).await?;
        gateway.end().await?;
        smsc.terminate()?;
        smsc.end().await?;
        let handed_in = self.messages * self.requests;
        let faults = match handed_in - accepted.min(handed_in) {
            0 => Vec::new(),
            missing => vec![format!("{missing} messages were not accepted")],
        };
        let findings = self.findings(&times);
        Ok(Findings { version: env!("CARGO_PKG_VERSION"), machine, disk, findings, faults })
    }

    /// The time of each request in milliseconds, and how many messages have got an id.
    async fn hand_in(&self, http: SocketAddr) -> anyhow::Result<(Vec<f64>, u64)> {
        let client = Loopback::new(ACCOUNT, PASSWORD, PATIENCE)?;
        let url = format!("http://{http}/v1/messages");
        let (mut times, mut accepted) = (Vec::new(), 0);
        for request in 0..self.requests {
            let body = self.body(request)?;
            let since = Instant::now();
            let (status, answer) = client.post(&url, body).await?;
            times.push(milliseconds(since.elapsed()));
            anyhow::ensure!(status.is_success(), "the gateway answers {status}");
            let answered: Vec<Answered> = serde_json::from_slice(&answer)?;
            accepted += answered.iter().filter(|one| one.id.is_some()).count() as u64;
        }
        Ok((times, accepted))
    }

    fn body(&self, request: u64) -> anyhow::Result<Vec<u8>> {
        let first = request * self.messages;
        let message = |number: u64| {
            let text = format!("{number:0>width$}", width = self.octets as usize);
            json!({"from": "1234", "to": format!("62811{number:07}"), "text": text})
        };
        let messages: Vec<_> = (first..first + self.messages).map(message).collect();
        Ok(serde_json::to_vec(&messages)?)
    }

    fn findings(&self, times: &[f64]) -> Vec<Finding> {
        let middle = median(times.iter().copied()).unwrap_or_default();
        let longest = times.iter().copied().fold(0.0, f64::max);
        let per_s = self.messages as f64 * times.len() as f64 / times.iter().sum::<f64>() * 1000.0;
        vec![
            Finding::told("messages of a request", self.messages as f64),
            Finding::told("requests", times.len() as f64),
            Finding::judged("request to answer, median, ms", middle, MEDIAN_MS),
            Finding::told("request to answer, longest, ms", longest),
            Finding::told("accepted per second", per_s),
        ]
    }

    fn settings(&self) -> Settings {
        Settings {
            messages: 0,
            sessions: 4,
            window: 50,
            octets: self.octets as usize,
            rate: None,
            runs: 1,
            only: vec![Subject::Gateway],
        }
    }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// For 10,000 messages.
const MEDIAN_MS: Bound = Bound::AtMost(250.0);
