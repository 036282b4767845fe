//! The simulated operator: everything around the gateway, and the gateway in the middle.

#![allow(clippy::print_stdout)]

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use gateway::Gateway;
use gateway::config::Config;
use simulator::{Application, ApplicationConfig, Credentials, Esme, EsmeConfig, Handset, Smsc, SmscConfig};
use tempfile::TempDir;

/// The whole scene.
pub(super) struct Operator {
    pub(super) bank: Esme,
    pub(super) budi: Handset,
    pub(super) siti: Handset,
    pub(super) smpp: SocketAddr,
    pub(super) http: SocketAddr,
    gateway: Gateway,
    smsc: Smsc,
    content_provider: Application,
    _data: TempDir,
}

impl Operator {
    /// Starts everything on 127.0.0.1; at the usual ports if `usual_ports` and they are free.
    pub(super) async fn start(usual_ports: bool) -> anyhow::Result<Self> {
        let data = tempfile::tempdir().context("cannot make a folder for the store")?;
        let smsc = Smsc::start(smsc()).await.context("cannot start the simulated SMSC")?;
        let content_provider = Application::start(ApplicationConfig::default())
            .await
            .context("cannot start the content provider")?;
        let port = |usual| if usual_ports { free_or_any(usual) } else { 0 };
        let text = config(data.path(), port(2775), port(8080), smsc.address(), content_provider.address());
        let gateway = Gateway::start(Config::parse(&text, Path::new("the demo's configuration"))?).await?;
        let smpp = gateway.smpp_address().context("the gateway listens for SMPP")?;
        let http = gateway.http_address().context("the gateway listens for HTTP")?;
        let bank = Esme::bind(EsmeConfig::at(smpp, BANK.0, BANK.1)).await.context("the bank cannot bind")?;
        let bound = smsc.stats_when(PATIENCE, |stats| stats.sessions >= SESSIONS).await;
        bound.context("the gateway does not bind to the SMSC")?;
        let (budi, siti) = (smsc.handset("628111000111"), smsc.handset("628111000222"));
        Ok(Self { bank, budi, siti, smpp, http, gateway, smsc, content_provider, _data: data })
    }

    /// Says who is there.
    pub(super) fn introduce(&self) {
        println!("Estafet demo: the gateway, with a simulated operator around it.\n");
        println!("  handsets {} and {}", self.budi.number(), self.siti.number());
        println!("      │");
        println!("  SMSC {} ◄── SMPP, {SESSIONS} sessions", self.smsc.address());
        println!("      │");
        println!("  Estafet   SMPP {}   HTTP {}", self.smpp, self.http);
        println!("      │");
        println!("  bank, bound by SMPP      content provider, http://{}/", self.content_provider.address());
    }

    /// Says how to join in.
    pub(super) fn invite(&self) {
        let number = self.budi.number();
        println!("\nNow you. It stays up until you press Ctrl-C.\n");
        println!(
            "  Bind your own SMPP client:  {}  system_id \"{}\"  password \"{}\"",
            self.smpp, YOU.0, YOU.1
        );
        println!("  What handsets write to 5678 comes to you.\n");
        println!("  Or call the HTTP API:\n");
        println!("    curl -u {}:{} http://{}/v1/messages \\", YOU.0, YOU.1, self.http);
        println!("         -H 'content-type: application/json' \\");
        println!(
            "         -d '{{\"from\": \"5678\", \"to\": \"{number}\", \"text\": \"Hello from curl\"}}'\n"
        );
        println!("  Its answer has an id; see what became of the message:\n");
        println!("    curl -u {}:{} http://{}/v1/messages/ID", YOU.0, YOU.1, self.http);
        println!("    curl http://{}/metrics\n", self.http);
    }

    /// Ends everything; whether it ended by itself.
    pub(super) async fn stop(self, grace: Duration) -> bool {
        self.bank.unbind().await;
        let graceful = self.gateway.stop(grace).await;
        self.content_provider.stop().await;
        self.smsc.stop().await;
        graceful
    }
}

/// An SMSC that takes a moment to reach its handsets, with hexadecimal ids in responses and decimal
/// ones in receipts, as some have.
fn smsc() -> SmscConfig {
    SmscConfig {
        credentials: Some(Credentials { system_id: "estafet".to_owned(), password: "secret".to_owned() }),
        id_form: simulator::IdForm::HexThenDecimal,
        receipt_delay_min: Duration::from_millis(200),
        receipt_delay_max: Duration::from_millis(600),
        ..SmscConfig::default()
    }
}

fn config(data: &Path, smpp: u16, http: u16, smsc: SocketAddr, provider: SocketAddr) -> String {
    let (bank, bank_password) = BANK;
    let (you, your_password) = YOU;
    let data = data.display();
    format!(
        r#"
data_dir = '{data}'

[smpp]
listen = "127.0.0.1:{smpp}"

[http]
listen = "127.0.0.1:{http}"

[[smsc]]
name = "telco-a"
address = "{smsc}"
system_id = "estafet"
password = "secret"
sessions = {SESSIONS}
window = 100
response_id = "hex"
receipt_id = "decimal"

[[account]]
name = "{bank}"
password = "{bank_password}"
window = 100

[[account]]
name = "{you}"
password = "{your_password}"
window = 100

[[application]]
name = "games"
url = "http://{provider}/mo"
allow_private_address = true

[[route]]
name = "what the bank sends"
from = {{ link = "{bank}" }}
to = ["telco-a"]

[[route]]
name = "what you send"
from = {{ link = "{you}" }}
to = ["telco-a"]

[[route]]
name = "the game"
match = {{ destination = "1234", keyword = "GAME" }}
to = ["games"]

[[route]]
name = "your short code"
match = {{ destination = "5678" }}
to = ["{you}"]
"#
    )
}

/// The usual port if nobody has it, or any free one.
fn free_or_any(usual: u16) -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, usual)).map_or(0, |_| usual)
}

const BANK: (&str, &str) = ("bank", "hunter22");
const YOU: (&str, &str) = ("you", "secret12");
const SESSIONS: u64 = 2;
const PATIENCE: Duration = Duration::from_secs(10);
