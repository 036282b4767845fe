//! `estafet serve` as a subject: configured, started, and asked for its metrics.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use serde::Deserialize;
use tokio::time::timeout;

use super::fetch::fetch;
use super::process::{PATIENCE, Process};
use super::settings::Settings;
use super::stage::{Counters, Stage};

/// The account that the ESME binds as.
pub(super) const ACCOUNT: &str = "bench";
/// An account with few messages that are not urgent, whose receipts are its own.
pub(super) const PLAIN_ACCOUNT: &str = "plain";
/// The account whose messages are urgent.
pub(super) const URGENT_ACCOUNT: &str = "urgent";
/// Their password.
pub(super) const PASSWORD: &str = "bench";
/// The link to the message centre.
pub(super) const SMSC: &str = "centre";

/// A line of the log that names an address.
#[derive(Deserialize)]
struct Line {
    message: String,
    address: Option<SocketAddr>,
}

/// Starts a gateway, waits until it is bound, and says where ESMEs bind and where its metrics are.
pub(super) async fn start(stage: &Stage<'_>) -> anyhow::Result<(Process, SocketAddr, SocketAddr)> {
    start_as(stage.folder, &text_of(stage), stage.settings.sessions).await
}

/// The same with this configuration, which has so many sessions with the message centre.
pub(super) async fn start_as(
    folder: &Path,
    text: &str,
    sessions: usize,
) -> anyhow::Result<(Process, SocketAddr, SocketAddr)> {
    let (process, smpp, http) = serve(folder, text).await?;
    timeout(PATIENCE, bound(http, sessions))
        .await
        .map_err(|_| process.failure("does not bind to the SMSC"))?;
    Ok((process, smpp, http))
}

/// Starts a gateway, which goes on where the one before it in the same folder ended, and says the same once
/// it listens.
pub(super) async fn launch(stage: &Stage<'_>) -> anyhow::Result<(Process, SocketAddr, SocketAddr)> {
    serve(stage.folder, &text_of(stage)).await
}

async fn serve(folder: &Path, text: &str) -> anyhow::Result<(Process, SocketAddr, SocketAddr)> {
    let config = folder.join("estafet.toml");
    std::fs::write(&config, text)?;
    let config = config.display().to_string();
    let mut process =
        Process::start("gateway", ["serve", "--log-format", "json", "--config", config.as_str()])?;
    let smpp = address(&mut process, "listening for smpp").await?;
    let http = address(&mut process, "listening for http").await?;
    Ok((process, smpp, http))
}

/// What the gateway says about its journal.
pub(super) async fn counters(metrics: SocketAddr) -> anyhow::Result<Counters> {
    let text = fetch(metrics, METRICS).await?;
    let count =
        |name| value(&text, name).map(|value| value as u64).with_context(|| format!("no metric {name}"));
    Ok(Counters {
        syncs: count("estafet_store_syncs_total")?,
        journal_octets: count("estafet_store_written_octets_total")?,
    })
}

/// How many messages the gateway has accepted.
pub(super) async fn accepted(metrics: SocketAddr) -> anyhow::Result<u64> {
    let accepted = value(&fetch(metrics, METRICS).await?, "estafet_accepted_total");
    accepted.map(|count| count as u64).context("no metric of accepted messages")
}

fn text_of(stage: &Stage<'_>) -> String {
    text(stage.settings, &stage.folder.join("data"), stage.smsc)
}

fn text(settings: &Settings, data_dir: &Path, smsc: SocketAddr) -> String {
    let Settings { sessions, window, .. } = settings;
    let account = |name| {
        format!(
            "[[account]]\nname = \"{name}\"\npassword = \"{PASSWORD}\"\nwindow = {window}\n\
             max_binds = {BINDS_MAX}\n"
        )
    };
    format!(
        "data_dir = {data_dir:?}\n\
         [smpp]\nlisten = \"127.0.0.1:0\"\n\
         [http]\nlisten = \"127.0.0.1:0\"\n\
         [[smsc]]\nname = \"{SMSC}\"\naddress = \"{smsc}\"\nsystem_id = \"estafet\"\npassword = \"bench\"\n\
         sessions = {sessions}\nwindow = {window}\n\
         {}{}[[route]]\nto = [\"{SMSC}\"]\n",
        account(ACCOUNT),
        account(URGENT_ACCOUNT) + &account(PLAIN_ACCOUNT)
    )
}

/// The address that a line of the log with this message names.
async fn address(process: &mut Process, message: &str) -> anyhow::Result<SocketAddr> {
    loop {
        let line = process.log_line().await?;
        if let Ok(Line { message: said, address: Some(address) }) = serde_json::from_str(&line)
            && said == message
        {
            return Ok(address);
        }
    }
}

/// Returns when all sessions with the message centre are bound.
async fn bound(metrics: SocketAddr, sessions: usize) {
    let name = format!("estafet_sessions{{link=\"{SMSC}\"}}");
    loop {
        let is_bound = fetch(metrics, METRICS).await.ok().and_then(|text| value(&text, &name));
        if is_bound.is_some_and(|bound| bound >= sessions as f64) {
            return;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// The value of a metric in Prometheus' text form.
pub(super) fn value(text: &str, name: &str) -> Option<f64> {
    let mut values = text.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    values.next()?.trim().parse().ok()
}

/// More sessions of an account than any scenario has.
const BINDS_MAX: usize = 20_000;
pub(super) const METRICS: &str = "/metrics";
const LOOK_EVERY: Duration = Duration::from_millis(50);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_configuration_is_right() {
        let settings = Settings {
            messages: 1,
            sessions: 12,
            window: 34,
            octets: 160,
            rate: None,
            runs: 1,
            only: Vec::new(),
        };
        let text = text(&settings, Path::new("/tmp/a \"b\""), ([127, 0, 0, 1], 2776).into());
        let config = ::gateway::config::Config::parse(&text, Path::new("estafet.toml")).unwrap();
        assert_eq!(config.data_dir, Path::new("/tmp/a \"b\""));
        assert_eq!((config.smsc.len(), config.account.len(), config.route.len()), (1, 3, 1));
    }

    #[test]
    fn metrics_are_found_by_their_whole_name() {
        let text = "# TYPE a counter\na_total_more 1\na_total 23\nb{link=\"x\"} 4\n";
        assert_eq!(value(text, "a_total"), Some(23.0));
        assert_eq!(value(text, "b{link=\"x\"}"), Some(4.0));
        assert_eq!((value(text, "a"), value(text, "c")), (None, None));
    }
}
