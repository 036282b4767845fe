//! The gateway under test.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use gateway::Gateway;
use gateway::config::Config;
use simulator::{BindError, Esme, EsmeConfig};
use smpp::{BindMode, CommandStatus};
use sms::LinkName;
use store::{Record, Status};
use tempfile::TempDir;

use super::{Caller, PASSWORD, SOON, until};

/// A gateway in a directory of its own that listens for SMPP and HTTP at free ports.
pub(crate) struct TestGateway {
    gateway: Gateway,
    dir: TempDir,
    listeners: Listeners,
}

/// Further lines for the tables of the listeners.
#[derive(Clone, Default)]
pub(crate) struct Listeners {
    pub(crate) smpp: String,
    pub(crate) http: String,
}

/// A gateway that was stopped, with what it kept.
pub(crate) struct Stopped {
    dir: TempDir,
    /// Whether everything ended by itself.
    pub(crate) graceful: bool,
}

impl TestGateway {
    /// Starts with these links and routes.
    pub(crate) async fn with<const N: usize>(links: [String; N]) -> Self {
        Self::listening(Listeners::default(), links).await
    }

    /// Starts with these listeners, links and routes.
    pub(crate) async fn listening<const N: usize>(listeners: Listeners, links: [String; N]) -> Self {
        Self::start(tempfile::tempdir().unwrap(), listeners, &links.concat()).await
    }

    async fn start(dir: TempDir, listeners: Listeners, links: &str) -> Self {
        let config = config(dir.path(), &listeners, links);
        Self { gateway: Gateway::start(config).await.unwrap(), dir, listeners }
    }

    /// Reloads with these links and routes.
    pub(crate) fn reload<const N: usize>(&self, links: [String; N]) {
        self.try_reload(links).unwrap();
    }

    /// Reloads with these links and routes; says why not.
    pub(crate) fn try_reload<const N: usize>(&self, links: [String; N]) -> Result<(), String> {
        let config = config(self.dir.path(), &self.listeners, &links.concat());
        self.gateway.reload(config).map_err(|error| format!("{error:#}"))
    }

    /// Stops, giving its peers time to end what they do.
    pub(crate) async fn stop(self) -> Stopped {
        let graceful = self.gateway.stop(STOP_WITHIN).await;
        Stopped { dir: self.dir, graceful }
    }

    pub(crate) fn gateway(&self) -> &Gateway {
        &self.gateway
    }

    pub(crate) fn smpp_address(&self) -> SocketAddr {
        self.gateway.smpp_address().unwrap()
    }

    /// How an ESME binds here.
    pub(crate) fn esme(&self, account: &str) -> EsmeConfig {
        EsmeConfig::at(self.smpp_address(), account, PASSWORD)
    }

    /// Binds an ESME as transceiver.
    pub(crate) async fn bind(&self, account: &str) -> Esme {
        self.bind_as(account, BindMode::Transceiver).await
    }

    pub(crate) async fn bind_as(&self, account: &str, mode: BindMode) -> Esme {
        Esme::bind(EsmeConfig { mode, ..self.esme(account) }).await.unwrap()
    }

    /// The status that refuses a bind.
    pub(crate) async fn refusal_of_bind(&self, account: &str, password: &str) -> CommandStatus {
        match Esme::bind(EsmeConfig::at(self.smpp_address(), account, password)).await {
            Err(BindError::Refused(status)) => status,
            Err(error) => panic!("{error}"),
            Ok(_) => CommandStatus::OK,
        }
    }

    /// Somebody with the credentials of `account` who calls the HTTP API.
    pub(crate) fn caller(&self, account: &str) -> Caller {
        Caller::new(self.gateway.http_address().unwrap(), account)
    }

    /// What is known of a message by its id as interfaces show it.
    pub(crate) async fn record(&self, id: &str) -> Record {
        self.gateway.store().find(id.parse().unwrap()).await.unwrap().unwrap()
    }

    /// Waits until the record is as wanted.
    pub(crate) async fn record_when(&self, id: &str, wanted: impl Fn(&Record) -> bool) -> Record {
        until("the record", async || wanted(&self.record(id).await)).await;
        self.record(id).await
    }

    /// Waits until every message has its final state and every owner was told.
    pub(crate) async fn settled(&self) -> Status {
        until("everything settled", async || self.status().await.live_messages == 0).await;
        self.status().await
    }

    pub(crate) async fn status(&self) -> Status {
        self.gateway.store().sync().await.unwrap();
        self.gateway.store().status()
    }

    /// Waits until a call by this link was made in vain, and is to be made again.
    pub(crate) async fn call_retried(&self, link: &str) {
        let (link, caller) = (format!("link=\"{link}\""), self.caller(""));
        let is_count = |line: &str| {
            let is_of_link = line.starts_with("estafet_deliveries_total{") && line.contains(&link);
            is_of_link && line.contains("outcome=\"retried\"") && !line.ends_with(" 0")
        };
        until("a call in vain", async || caller.metrics().await.lines().any(is_count)).await;
    }

    /// How much waits for a link.
    pub(crate) async fn waiting(&self, link: &str) -> u64 {
        let link = LinkName::from(link);
        let waiting = self.status().await.waiting;
        waiting.iter().find(|(name, _)| *name == link).map_or(0, |(_, count)| *count)
    }
}

impl Stopped {
    /// Starts again on what was kept.
    pub(crate) async fn start<const N: usize>(self, links: [String; N]) -> TestGateway {
        TestGateway::start(self.dir, Listeners::default(), &links.concat()).await
    }
}

fn config(dir: &Path, listeners: &Listeners, links: &str) -> Config {
    let data_dir = dir.join("data");
    let Listeners { smpp, http } = listeners;
    let text = format!(
        "data_dir = \"{}\"\n[smpp]\nlisten = \"127.0.0.1:0\"\noutbind_listen = \"127.0.0.1:0\"\n{smpp}\n\
         [http]\nlisten = \"127.0.0.1:0\"\n{http}\n{links}",
        data_dir.display()
    );
    Config::parse(&text, Path::new("estafet.toml")).unwrap()
}

const STOP_WITHIN: Duration = SOON;
