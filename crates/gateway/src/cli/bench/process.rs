//! This program again, or another one, as a process of its own.

use std::collections::VecDeque;
use std::ffi::OsStr;
use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context;
use rustix::process::{Pid, Signal, kill_process};
use serde::de::DeserializeOwned;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStderr, ChildStdout, Command};
use tokio::sync::mpsc;
use tokio::time::timeout;

/// A process that is killed when this is dropped.
pub(super) struct Process {
    name: &'static str,
    child: Child,
    output: Lines<BufReader<ChildStdout>>,
    log: mpsc::Receiver<String>,
    last_words: LastWords,
}

/// The end of a log.
#[derive(Clone, Default)]
struct LastWords(Arc<Mutex<VecDeque<String>>>);

impl Process {
    /// Runs this program with these arguments.
    pub(super) fn start<S: AsRef<OsStr>>(
        name: &'static str,
        arguments: impl IntoIterator<Item = S>,
    ) -> anyhow::Result<Self> {
        let program = std::env::current_exe().context("cannot find this program")?;
        Self::start_program(name, &program, arguments)
    }

    /// Runs another program with these arguments; what it says is not waited for.
    pub(super) fn start_program<S: AsRef<OsStr>>(
        name: &'static str,
        program: &Path,
        arguments: impl IntoIterator<Item = S>,
    ) -> anyhow::Result<Self> {
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start the {name}"))?;
        let (output, errors) = child.stdout.take().zip(child.stderr.take()).context("no pipes")?;
        let (heard, log) = mpsc::channel(LOG_LINES_MAX);
        let last_words = LastWords::default();
        tokio::spawn(listen(errors, heard, last_words.clone()));
        Ok(Self { name, child, output: BufReader::new(output).lines(), log, last_words })
    }

    /// Its number; `None` if it is over.
    pub(super) fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// The next line that it says, which is JSON.
    pub(super) async fn say<T: DeserializeOwned>(&mut self, within: Duration) -> anyhow::Result<T> {
        let line = match timeout(within, self.output.next_line()).await {
            Ok(Ok(Some(line))) => line,
            Ok(_) => return Err(self.failure("ended without a word")),
            Err(_) => return Err(self.failure("does not say a word")),
        };
        serde_json::from_str(&line).with_context(|| format!("the {} says {line:?}", self.name))
    }

    /// The next line of its log.
    pub(super) async fn log_line(&mut self) -> anyhow::Result<String> {
        match timeout(PATIENCE, self.log.recv()).await {
            Ok(Some(line)) => Ok(line),
            Ok(None) => Err(self.failure("ended")),
            Err(_) => Err(self.failure("is silent")),
        }
    }

    /// Asks it to end.
    pub(super) fn terminate(&self) -> anyhow::Result<()> {
        self.signal(Signal::TERM)
    }

    /// Lets it do nothing until it is thawed; what happens to it meanwhile waits for it.
    pub(super) fn freeze(&self) -> anyhow::Result<()> {
        self.signal(Signal::STOP)
    }

    /// Lets it go on.
    pub(super) fn thaw(&self) -> anyhow::Result<()> {
        self.signal(Signal::CONT)
    }

    fn signal(&self, signal: Signal) -> anyhow::Result<()> {
        let id = self.child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        let id = id.ok_or_else(|| self.failure("has ended before"))?;
        kill_process(id, signal).with_context(|| format!("{signal:?} does not reach the {}", self.name))
    }

    /// Asks it to end and waits until it has.
    pub(super) async fn end(mut self) -> anyhow::Result<()> {
        // It may have ended by itself.
        let _ = self.terminate();
        match timeout(PATIENCE, self.child.wait()).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(error.into()),
            Err(_) => Err(self.failure("does not end")),
        }
    }

    /// Kills it (SIGKILL) and waits until it is gone.
    pub(super) async fn kill(mut self) -> anyhow::Result<()> {
        self.child.kill().await.with_context(|| format!("cannot kill the {}", self.name))
    }

    /// What went wrong, with the last lines of the log.
    pub(super) fn failure(&self, what: &str) -> anyhow::Error {
        let words = self.last_words.0.lock().unwrap_or_else(PoisonError::into_inner);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        anyhow::anyhow!("the {} {what}\n{}", self.name, words.join("\n"))
    }
}

/// Reads a log to its end, so that who writes it never waits.
async fn listen(errors: ChildStderr, heard: mpsc::Sender<String>, last_words: LastWords) {
    let mut lines = BufReader::new(errors).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let mut words = last_words.0.lock().unwrap_or_else(PoisonError::into_inner);
        if words.len() >= LAST_WORDS_MAX {
            words.pop_front();
        }
        words.push_back(line.clone());
        drop(words);
        // Nobody may be interested.
        let _ = heard.try_send(line);
    }
}

/// How long a process may take to start, to speak and to end.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);
/// How many lines of a log wait to be read.
const LOG_LINES_MAX: usize = 1000;
/// How many lines of a log are shown when something fails.
const LAST_WORDS_MAX: usize = 20;
