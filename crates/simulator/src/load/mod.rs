//! Load: many messages by many sessions, and an account of each of them.

mod books;
mod ledger;
mod pace;
mod report;
mod session;

use std::io::Write;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::{Duration, Instant};

use smpp::{Address, BindMode, CString};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use self::books::Books;
use self::ledger::Ledger;
use self::session::Worker;
use crate::esme::UNBIND_TIMEOUT;
use crate::{EsmeConfig, Serial, SubmitError, address};

pub use report::{Fate, LoadProgress, LoadReport};

/// A load: messages that are numbered in their bodies (see [`Serial`]), submitted as fast as the window
/// and the rate allow.
#[derive(Clone, Debug)]
pub struct Load {
    /// How its sessions bind.
    pub esme: EsmeConfig,
    /// How many sessions. Default 1.
    pub sessions: usize,
    /// How many messages, up to 100,000,000. Default 1000.
    pub messages: u64,
    /// The number of the first message. Default 0.
    pub first_serial: u64,
    /// How many messages a second, over all sessions; `None` is as many as possible.
    pub rate: Option<u32>,
    /// Who sends them, as [`address()`] reads it. Default `1234`.
    pub source: String,
    /// Whom they are for, in turn.
    pub destinations: RangeInclusive<u64>,
    /// How long the bodies are, in octets; at least what the number takes, at most 254.
    /// Default 160.
    pub body_octets: usize,
    /// The priority_flag of the messages. Default 0.
    pub priority: u8,
    /// Whether the bodies say when they were written, so that a message centre with the same clock
    /// can tell how long they took ([`crate::Smsc::carried`]). Default false.
    pub stamped: bool,
    /// Whether receipts are asked for. Default true.
    pub receipts: bool,
    /// How long to wait for the next receipt when everything is answered. Default 30 s.
    pub receipt_patience: Duration,
    /// Whether a session binds again when its connection ends or cannot be made, until the load is over
    /// or stopped.
    pub reconnect: bool,
    /// How long it waits before. Default 100 ms.
    pub reconnect_after: Duration,
    /// Whether messages that were not answered are submitted again, as new ones that say so in their
    /// bodies.
    pub resubmit_unknown: bool,
}

impl Load {
    /// A load with these defaults for this ESME.
    #[must_use]
    pub fn new(esme: EsmeConfig) -> Self {
        Self {
            esme,
            sessions: 1,
            messages: 1000,
            first_serial: 0,
            rate: None,
            source: "1234".to_owned(),
            destinations: 628_110_000_000..=628_119_999_999,
            body_octets: 160,
            priority: 0,
            stamped: false,
            receipts: true,
            receipt_patience: Duration::from_secs(30),
            reconnect: false,
            reconnect_after: Duration::from_millis(100),
            resubmit_unknown: false,
        }
    }

    /// Starts it. It ends by itself when everything is answered and, if asked for, receipted or the
    /// patience is over; or when no session is left.
    ///
    /// # Errors
    /// The source is no address, or the ESME would bind to receive only.
    pub fn start(self) -> Result<LoadRun, SubmitError> {
        if self.esme.mode == BindMode::Receiver {
            return Err(SubmitError::NotBound);
        }
        let source = address(&self.source).ok_or(SubmitError::BadAddress)?;
        let now = now();
        let load = Arc::new(self);
        let books = Arc::new(Books::new(Ledger::new(now, &load)));
        let (stop, cut, tasks) = (CancellationToken::new(), CancellationToken::new(), TaskTracker::new());
        for _ in 0..load.sessions.max(1) {
            let worker = Worker::new(now, load.clone(), books.clone(), source.clone());
            tasks.spawn(worker.run(stop.clone(), cut.clone()));
        }
        tasks.close();
        let patience = load.receipt_patience;
        let supervisor = Supervisor { books: books.clone(), stop: stop.clone(), tasks, patience };
        let run = tokio::spawn(supervisor.run());
        Ok(LoadRun { books, stop: stop.clone(), run, _guards: [stop.drop_guard(), cut.drop_guard()] })
    }

    /// Starts it and waits for its end.
    ///
    /// # Errors
    /// As [`Load::start`].
    pub async fn run(self) -> Result<LoadReport, SubmitError> {
        Ok(self.start()?.finish().await)
    }

    fn destination(&self, serial: Serial) -> Address {
        let count = self.destinations.end().saturating_sub(*self.destinations.start()).saturating_add(1);
        let number = self.destinations.start().saturating_add(serial.number % count);
        let mut digits = [0; 20];
        // Every u64 has room.
        let _ = write!(digits.as_mut_slice(), "{number}");
        Address { ton: 1, npi: 1, value: CString::clipped(&digits) }
    }
}

/// A load that runs; when it is dropped, its connections are cut.
pub struct LoadRun {
    books: Arc<Books>,
    stop: CancellationToken,
    run: JoinHandle<()>,
    _guards: [DropGuard; 2],
}

impl LoadRun {
    /// Where it stands.
    #[must_use]
    pub fn progress(&self) -> LoadProgress {
        self.books.lock().progress()
    }

    /// Lets it submit no more; what is in flight comes to its end.
    pub fn stop(&self) {
        self.stop.cancel();
    }

    /// Waits for its end and says what came of it.
    pub async fn finish(self) -> LoadReport {
        // It cannot fail, and if it did the books would still be right.
        let _ = self.run.await;
        self.books.lock().report()
    }
}

/// Ends a load when its time has come.
struct Supervisor {
    books: Arc<Books>,
    stop: CancellationToken,
    tasks: TaskTracker,
    patience: Duration,
}

impl Supervisor {
    async fn run(self) {
        loop {
            let complete = self.books.complete();
            if self.is_over() {
                break;
            }
            tokio::select! {
                () = complete => {}
                () = tokio::time::sleep(PATIENCE_STEP.min(self.patience)) => {}
                () = self.tasks.wait() => break,
                () = self.stop.cancelled() => break,
            }
        }
        self.stop.cancel();
        // Sessions bound their leave themselves.
        let _ = timeout(3 * UNBIND_TIMEOUT, self.tasks.wait()).await;
    }

    fn is_over(&self) -> bool {
        let ledger = self.books.lock();
        let is_silent = now().saturating_duration_since(ledger.last_news_at()) >= self.patience;
        ledger.is_complete() || (ledger.is_answered() && is_silent)
    }
}

fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

/// How often the patience is looked after.
const PATIENCE_STEP: Duration = Duration::from_millis(100);
/// The most messages that a load has.
const MESSAGES_MAX: u64 = 100_000_000;
/// The longest body that a load sends, in octets: what short_message takes in SMPP 3.4.
const BODY_OCTETS_MAX: usize = 254;
