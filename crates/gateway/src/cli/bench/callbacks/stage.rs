//! SMSC and gateway, the live customer, and what waits for the dead.

use std::fmt::Write;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use http::StatusCode;
use serde_json::{Value, json};

use super::super::fetch::fetch;
use super::super::gateway::{ACCOUNT, METRICS, PASSWORD, SMSC, start_as, value};
use super::super::process::{PATIENCE, Process};
use super::super::stage::start_smsc;
use super::super::usage::Usage;
use super::dead::Dead;
use super::manner::Manner;
use super::turn::Turn;
use crate::cli::loopback::Loopback;
use crate::cli::simulate::caller::CallerSummary;
use crate::cli::simulate::smsc::Listening;

/// A gateway between a message centre and those that it calls.
pub(super) struct Stage {
    manner: Manner,
    smsc: Process,
    gateway: Process,
    http: SocketAddr,
    callback: SocketAddr,
}

impl Stage {
    pub(super) async fn set(folder: &Path, manner: Manner, dead: &Dead) -> anyhow::Result<Self> {
        let (smsc, Listening { address }) = start_smsc(0).await?;
        let callback = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let text = text(folder, address, callback, manner, dead)?;
        let (gateway, _, http) = start_as(folder, &text, SESSIONS).await?;
        Ok(Self { manner, smsc, gateway, http, callback })
    }

    /// Messages of the live customer, until all their receipts have come.
    pub(super) async fn load(&self, messages: u64, connections: usize) -> anyhow::Result<Turn> {
        let id = self.gateway.id().context("the gateway is over")?;
        let failed_before = self.failed_calls().await?;
        let used_before = Usage::of(id)?.cpu;
        let load = self.call(messages, connections).await?;
        let cpu = Usage::of(id)?.cpu - used_before;
        Ok(Turn { load, cpu, failed_calls: self.failed_calls().await? - failed_before })
    }

    async fn call(&self, messages: u64, connections: usize) -> anyhow::Result<CallerSummary> {
        let (target, callback) = (self.http.to_string(), self.callback.to_string());
        let (messages, connections) = (messages.to_string(), connections.to_string());
        let mut arguments = vec!["simulate", "caller", "--json", "--log-level", "warn", "--account", ACCOUNT];
        arguments.extend(["--password", PASSWORD, "--address", &target, "--callback", &callback]);
        arguments.extend(["--messages", &messages, "--connections", &connections]);
        if self.manner == Manner::Named {
            arguments.push("--name-callback");
        }
        let mut caller = Process::start("customer", arguments)?;
        let load: CallerSummary = caller.say(LOAD_PATIENCE).await?;
        caller.end().await?;
        anyhow::ensure!(load.accepted > 0, "nothing was accepted");
        Ok(load)
    }

    /// How many calls were not taken so far; only the dead take none.
    async fn failed_calls(&self) -> anyhow::Result<f64> {
        let metrics = fetch(self.http, METRICS).await?;
        let failed = ["outcome=\"retried\"} ", "outcome=\"unknown\"} "];
        let counts = metrics.lines().filter(|line| line.starts_with(DELIVERIES)).filter_map(|line| {
            let (_, count) = failed.iter().find_map(|outcome| line.split_once(outcome))?;
            count.trim().parse::<f64>().ok()
        });
        Ok(counts.sum())
    }

    /// Hands in messages whose receipts are for the dead, and waits until the receipts are there.
    pub(super) async fn feed(&self, dead: &Dead, each: u32) -> anyhow::Result<()> {
        match self.manner {
            Manner::Accounts => {
                for (number, _) in dead.urls().enumerate() {
                    let all: Vec<Value> = (0..each).map(|_| message()).collect();
                    let client = Loopback::new(&account(number), PASSWORD, PATIENCE)?;
                    self.hand_in(&client, &all).await?;
                }
            }
            Manner::Named => {
                let naming = |url: String| {
                    let mut message = message();
                    message["callback_url"] = url.into();
                    message
                };
                let all: Vec<Value> = (0..each).flat_map(|_| dead.urls().map(naming)).collect();
                let client = Loopback::new(ACCOUNT, PASSWORD, PATIENCE)?;
                for some in all.chunks(MESSAGES_MAX) {
                    self.hand_in(&client, some).await?;
                }
            }
        }
        tokio::time::timeout(PATIENCE, self.receipted()).await.context("the receipts do not come")?
    }

    async fn hand_in(&self, client: &Loopback, all: &[Value]) -> anyhow::Result<()> {
        let url = format!("http://{}/v1/messages", self.http);
        let (status, _) = client.post(&url, serde_json::to_vec(all)?).await?;
        anyhow::ensure!(status == StatusCode::ACCEPTED, "what is for the dead is answered {status}");
        Ok(())
    }

    /// Returns when no message waits for the message centre or its receipt.
    async fn receipted(&self) -> anyhow::Result<()> {
        let waiting = format!("estafet_waiting{{link=\"{SMSC}\"}}");
        loop {
            let metrics = fetch(self.http, METRICS).await?;
            let is_none = |name: &str| value(&metrics, name).unwrap_or_default() == 0.0;
            if is_none(&waiting) && is_none("estafet_awaiting_receipt") {
                return Ok(());
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Lets the gateway do nothing until it is thawed.
    pub(super) fn freeze(&self) -> anyhow::Result<()> {
        self.gateway.freeze()
    }

    /// Lets the gateway go on.
    pub(super) fn thaw(&self) -> anyhow::Result<()> {
        self.gateway.thaw()
    }

    pub(super) async fn end(self) -> anyhow::Result<()> {
        // It would wait for the calls of the dead.
        self.gateway.kill().await?;
        self.smsc.end().await
    }
}

fn message() -> Value {
    json!({ "from": "1234", "to": "628110000000", "text": "nobody hears of this" })
}

fn account(number: usize) -> String {
    format!("dead-{number}")
}

fn text(
    folder: &Path,
    smsc: SocketAddr,
    callback: SocketAddr,
    manner: Manner,
    dead: &Dead,
) -> Result<String, std::fmt::Error> {
    let data_dir = folder.join("data");
    let called = |name: &str, url: &str| {
        format!(
            "[[account]]\nname = \"{name}\"\npassword = \"{PASSWORD}\"\ncallback_url = \"{url}\"\n\
             allow_private_address = true\n"
        )
    };
    let mut text = format!(
        "data_dir = {data_dir:?}\n\
         [smpp]\nlisten = \"127.0.0.1:0\"\n\
         [http]\nlisten = \"127.0.0.1:0\"\n\
         [[smsc]]\nname = \"{SMSC}\"\naddress = \"{smsc}\"\nsystem_id = \"estafet\"\npassword = \"bench\"\n\
         sessions = {SESSIONS}\nwindow = 200\n[[route]]\nto = [\"{SMSC}\"]\n"
    );
    text += &called(ACCOUNT, &format!("http://{callback}/"));
    if manner == Manner::Accounts {
        for (number, url) in dead.urls().enumerate() {
            writeln!(text, "{}callback_window = {DEAD_WINDOW}", called(&account(number), &url))?;
        }
    }
    Ok(text)
}

const SESSIONS: usize = 1;
const DELIVERIES: &str = "estafet_deliveries_total{";
/// Calls at a time of an account that nobody answers: each takes a descriptor on both sides.
const DEAD_WINDOW: u16 = 4;
/// Messages of a request.
const MESSAGES_MAX: usize = 10_000;
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// How long a load may take.
const LOAD_PATIENCE: Duration = Duration::from_secs(900);
