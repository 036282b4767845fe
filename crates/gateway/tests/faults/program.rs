//! `estafet serve` as a process of its own, which can be killed and kept short.

use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal};
use store::Record;
use tempfile::TempDir;

use crate::checker::records_in;
use crate::harness::{Caller, SOON, free_address, until};

/// The running program and its directory.
pub(crate) struct Program {
    dir: TempDir,
    process: Child,
    smpp: SocketAddr,
    http: SocketAddr,
}

impl Program {
    /// Starts with these links and routes.
    pub(crate) fn start<const N: usize>(links: [String; N]) -> Self {
        Self::start_with("", "", links)
    }

    /// Starts after `limits`, commands of a shell such as `ulimit -n 64`; `smpp_more` are further lines of
    /// the section `smpp`.
    pub(crate) fn start_with<const N: usize>(limits: &str, smpp_more: &str, links: [String; N]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (smpp, http) = (free_address(), free_address());
        let data = data(dir.path());
        let head = format!(
            "data_dir = \"{}\"\n[smpp]\nlisten = \"{smpp}\"\n{smpp_more}\n[http]\nlisten = \"{http}\"\n",
            data.display()
        );
        std::fs::write(dir.path().join("estafet.toml"), head + &links.concat()).unwrap();
        Self { process: serve(dir.path(), limits), dir, smpp, http }
    }

    /// SIGKILL, and on again in the same directory without limits.
    pub(crate) fn kill_and_start(&mut self) {
        self.kill();
        self.start_again();
    }

    /// On again after a kill, in the same directory without limits.
    pub(crate) fn start_again(&mut self) {
        self.process = serve(self.dir.path(), "");
    }

    /// SIGKILL.
    ///
    /// # Panics
    /// When it ended by itself before.
    pub(crate) fn kill(&mut self) {
        assert_eq!(self.process.try_wait().unwrap(), None, "{}", self.log());
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    pub(crate) fn smpp_address(&self) -> SocketAddr {
        self.smpp
    }

    pub(crate) fn http_address(&self) -> SocketAddr {
        self.http
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("log")).unwrap_or_default()
    }

    /// Somebody with the credentials of `account` who calls the HTTP API.
    pub(crate) fn caller(&self, account: &str) -> Caller {
        Caller::new(self.http, account)
    }

    /// The status code and the body of `GET path`; `None` when nobody answers.
    pub(crate) async fn get(&self, path: &str) -> Option<(u16, String)> {
        // Fails when there is one already, and that is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().no_proxy().timeout(SOON).tls_certs_only([]).build().unwrap();
        let answer = client.get(format!("http://{}{path}", self.http)).send().await.ok()?;
        let status = answer.status().as_u16();
        Some((status, answer.text().await.ok()?))
    }

    /// Waits until it listens.
    pub(crate) async fn ready(&self) {
        until("it is ready", async || self.get("/readyz").await.is_some_and(|(status, _)| status == 200))
            .await;
    }

    /// Waits until every message has its final state and its owner was told, ends it in good order, and
    /// returns what it kept of the messages of `link`.
    pub(crate) async fn records_when_idle(mut self, link: &str) -> Vec<Record> {
        until("nothing is live", async || {
            let metrics = self.get("/metrics").await.unwrap_or_default().1;
            metrics.lines().any(|line| line == "estafet_live_messages 0")
        })
        .await;
        let process = Pid::from_child(&self.process);
        rustix::process::kill_process(process, Signal::TERM).unwrap();
        assert!(self.process.wait().unwrap().success(), "{}", self.log());
        records_in(&data(self.dir.path()), link).await
    }

    /// Octets of memory that it holds, where the system tells.
    pub(crate) fn resident_octets(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
        Some(kilobytes * 1024)
    }

    /// The data directory as the process sees it, whatever is mounted there.
    pub(crate) fn data_as_it_sees_it(&self) -> PathBuf {
        let root = PathBuf::from(format!("/proc/{}/root", self.process.id()));
        root.join(data(self.dir.path()).strip_prefix("/").unwrap())
    }

    /// Descriptors that it has open, where the system tells.
    pub(crate) fn descriptors(&self) -> Option<usize> {
        Some(std::fs::read_dir(format!("/proc/{}/fd", self.process.id())).ok()?.count())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn serve(dir: &Path, limits: &str) -> Child {
    let log = File::options().create(true).append(true).open(dir.join("log")).unwrap();
    let mut command = Command::new("/bin/sh");
    command.args(["-c", &format!("{limits}\nexec \"$0\" \"$@\""), env!("CARGO_BIN_EXE_estafet")]);
    command.args(["serve", "--log-level", "warn", "--config"]).arg(dir.join("estafet.toml"));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap()
}

fn data(dir: &Path) -> PathBuf {
    dir.join("data")
}
