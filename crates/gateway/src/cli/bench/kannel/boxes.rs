//! Kannel's bearerbox and smsbox: configured, started, waited for.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use tokio::time::timeout;

use super::super::fetch::fetch;
use super::super::gateway::{ACCOUNT, PASSWORD};
use super::super::process::{PATIENCE, Process};
use super::settings::Settings;
use super::stage::Stage;

/// Where Kannel's programs are.
pub(super) struct Programs {
    bearerbox: PathBuf,
    smsbox: PathBuf,
}

/// The two boxes, with the address that the customer calls.
pub(super) struct Boxes {
    pub(super) bearerbox: Process,
    pub(super) smsbox: Process,
    pub(super) address: SocketAddr,
}

/// The ports of both boxes on 127.0.0.1.
struct Ports {
    admin: u16,
    smsbox: u16,
    sendsms: u16,
}

impl Programs {
    /// Looks in PATH and where Debian has them.
    ///
    /// # Errors
    /// Says which one is missing, and where it comes from.
    pub(super) fn find() -> anyhow::Result<Self> {
        Ok(Self { bearerbox: find("bearerbox")?, smsbox: find("smsbox")? })
    }
}

impl Boxes {
    /// Starts both, and waits until they know each other and the SMSC.
    pub(super) async fn start(stage: &Stage<'_>) -> anyhow::Result<Self> {
        let programs = Programs::find()?;
        let ports = Ports { admin: free_port()?, smsbox: free_port()?, sendsms: free_port()? };
        let spool = stage.folder.join("spool");
        std::fs::create_dir_all(&spool)?;
        let path = stage.folder.join("kannel.conf");
        std::fs::write(&path, text(stage.settings, &ports, &spool, stage.smsc))?;
        let bearerbox = Process::start_program("bearerbox", &programs.bearerbox, [&path])?;
        let at = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        ready(at(ports.admin), |status| status.contains("SMSC"))
            .await
            .map_err(|_| bearerbox.failure("does not start"))?;
        let smsbox = Process::start_program("smsbox", &programs.smsbox, [&path])?;
        let is_whole = |status: &str| {
            let links = status.matches("(online").count();
            status.contains("smsbox:") && links >= stage.settings.sessions
        };
        ready(at(ports.admin), is_whole).await.map_err(|_| smsbox.failure("does not reach the bearerbox"))?;
        Ok(Self { bearerbox, smsbox, address: at(ports.sendsms) })
    }

    /// Ends both.
    pub(super) async fn end(self) -> anyhow::Result<()> {
        self.smsbox.end().await?;
        self.bearerbox.end().await
    }
}

/// As fast as Kannel goes with messages on disk: no limits that could be lifted, no logs.
fn text(settings: &Settings, ports: &Ports, spool: &Path, smsc: SocketAddr) -> String {
    let Ports { admin, smsbox, sendsms } = ports;
    let Settings { sessions, window, .. } = settings;
    let spool = spool.display();
    let (host, port) = (smsc.ip(), smsc.port());
    format!(
        "group = core\nadmin-port = {admin}\nadmin-interface = 127.0.0.1\nadmin-password = {PASSWORD}\n\
         smsbox-port = {smsbox}\nsmsbox-interface = 127.0.0.1\nlog-level = {LOG_ERRORS}\n\
         store-type = spool\nstore-location = \"{spool}\"\ndlr-storage = internal\n\
         smsbox-max-pending = 1000\nsms-outgoing-queue-limit = 10000000\nsms-incoming-queue-limit = -1\n\n\
         group = smsc\nsmsc = smpp\nsmsc-id = centre\nhost = {host}\nport = {port}\n\
         smsc-username = kannel\nsmsc-password = {PASSWORD}\nsystem-type = \"\"\ntransceiver-mode = true\n\
         max-pending-submits = {window}\nthroughput = 0\ninstances = {sessions}\n\n\
         group = smsbox\nbearerbox-host = 127.0.0.1\nsendsms-port = {sendsms}\n\
         sendsms-interface = 127.0.0.1\nlog-level = {LOG_ERRORS}\nmax-pending-requests = 1000\n\
         http-request-retry = 3\n\n\
         group = sendsms-user\nusername = {ACCOUNT}\npassword = {PASSWORD}\nmax-messages = 10\n\
         concatenation = true\n"
    )
}

fn find(name: &str) -> anyhow::Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let places = std::env::split_paths(&path).chain(std::iter::once(PathBuf::from("/usr/sbin")));
    places.map(|place| place.join(name)).find(|program| program.is_file()).with_context(|| {
        format!("there is no {name} in PATH or /usr/sbin; Kannel is the Debian package \"kannel\"")
    })
}

/// A port that nobody listens at: Kannel cannot be told to choose.
fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// Returns when the bearerbox says so of itself.
async fn ready(admin: SocketAddr, is_so: impl Fn(&str) -> bool) -> Result<(), tokio::time::error::Elapsed> {
    timeout(PATIENCE, async {
        while !fetch(admin, "/status.txt").await.is_ok_and(|status| is_so(&status)) {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    })
    .await
}

/// Kannel's number for logging errors alone.
const LOG_ERRORS: u8 = 3;
const LOOK_EVERY: Duration = Duration::from_millis(50);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::super::subject::Subject;
    use super::*;

    #[test]
    fn kannel_has_as_many_sessions_and_as_much_window() {
        let settings = Settings {
            messages: 1,
            kannel_messages: None,
            connections: 1,
            sessions: 3,
            window: 45,
            octets: 160,
            batch: 100,
            seconds: 1,
            runs: 1,
            only: Subject::ALL.to_vec(),
        };
        let ports = Ports { admin: 1, smsbox: 2, sendsms: 3 };
        let text = text(&settings, &ports, Path::new("/tmp/spool"), ([127, 0, 0, 1], 2776).into());
        for line in ["instances = 3", "max-pending-submits = 45", "port = 2776", "store-type = spool"] {
            assert!(text.lines().any(|other| other == line), "{line}");
        }
        let groups: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("group = ")).collect();
        assert_eq!(groups, ["core", "smsc", "smsbox", "sendsms-user"]);
    }

    #[test]
    fn a_program_that_is_missing_is_named_with_its_package() {
        let error = find("no-such-box").unwrap_err().to_string();
        assert!(error.contains("no-such-box") && error.contains("\"kannel\""), "{error}");
    }
}
