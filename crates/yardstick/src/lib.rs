//! The least that an SMPP relay costs: what the gateway is measured against.
//!
//! A [`Relay`] takes messages from ESMEs, hands them to a message centre, and brings the receipts back to
//! whoever submitted. It knows one thing per message, its remote id, and forgets it with the receipt.
//! It routes nothing, checks nothing and, without a journal, keeps nothing; with one it has everything
//! on disk before it says OK, and never reads it again. It is a measure, not a product: one thread, one
//! wake-up, one write per connection and one sync for all that has arrived.

mod connect;
mod frame;
mod hub;
mod journal;
mod origin;
mod outbox;
mod peer;
mod poll;
mod receipt;

use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::thread::JoinHandle;

use self::hub::Hub;
use self::journal::Journal;

pub use connect::BindError;

/// How a relay is set up.
#[derive(Clone)]
pub struct RelayConfig {
    /// Where it listens; port 0 is any free one.
    pub listen: SocketAddr,
    /// The message centre.
    pub upstream: SocketAddr,
    /// Who it is there, up to 15 octets.
    pub system_id: String,
    /// The proof of it, up to 64 octets.
    pub password: String,
    /// How many sessions it has with the message centre; at least 1.
    pub sessions: usize,
    /// How many of its requests may wait for an answer, per session in either direction; at least 1.
    pub window: usize,
    /// The file that everything is written to and synced before the OK; `None` keeps nothing.
    pub journal: Option<PathBuf>,
}

/// A relay that runs until it is stopped or dropped.
pub struct Relay {
    address: SocketAddr,
    stop: UnixStream,
    thread: JoinHandle<io::Result<Counts>>,
}

/// What a relay has counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Messages that it said OK to.
    pub accepted: u64,
    /// Messages that the message centre said OK to.
    pub sent: u64,
    /// Receipts that were handed to whoever submitted.
    pub receipts: u64,
    /// Messages and receipts that the other side refused; they are not tried again.
    pub refused: u64,
    /// Times that the journal was synced.
    pub syncs: u64,
    /// Octets written to the journal.
    pub journal_octets: u64,
}

/// Why a relay does not run.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address cannot be listened at.
    #[error("cannot listen: {0}")]
    Listen(#[source] io::Error),
    /// The journal cannot be made.
    #[error("cannot make the journal: {0}")]
    Journal(#[source] io::Error),
    /// It is not bound to the message centre.
    #[error("cannot bind to the message centre: {0}")]
    Bind(#[from] BindError),
    /// The system has no thread or pipe for it.
    #[error("cannot run: {0}")]
    Run(#[source] io::Error),
}

impl Relay {
    /// Binds to the message centre and listens. A journal that is there already is cut to nothing.
    ///
    /// # Errors
    /// Says what could not be had; nothing runs then.
    pub fn start(config: &RelayConfig) -> Result<Self, StartError> {
        let listener = TcpListener::bind(config.listen).map_err(StartError::Listen)?;
        listener.set_nonblocking(true).map_err(StartError::Listen)?;
        let address = listener.local_addr().map_err(StartError::Listen)?;
        let journal = config.journal.as_deref().map(Journal::create).transpose();
        let journal = journal.map_err(StartError::Journal)?;
        let upstreams =
            (0..config.sessions.max(1)).map(|_| connect::bind(config)).collect::<Result<Vec<_>, _>>()?;
        let (stop, stopped) = UnixStream::pair().map_err(StartError::Run)?;
        let hub = Hub::new(listener, stopped, upstreams, journal, config.window.max(1));
        let thread = std::thread::Builder::new()
            .name("relay".to_owned())
            .spawn(move || hub.run())
            .map_err(StartError::Run)?;
        Ok(Self { address, stop, thread })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Hangs up, waits for its end and says what it has counted.
    ///
    /// # Errors
    /// It had ended before: the message centre was lost, or the journal could not be written.
    pub fn stop(self) -> io::Result<Counts> {
        drop(self.stop);
        self.thread.join().unwrap_or_else(|_| Err(io::Error::other("the relay panicked")))
    }
}

/// Hides the password.
impl fmt::Debug for RelayConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RelayConfig")
            .field("listen", &self.listen)
            .field("upstream", &self.upstream)
            .field("system_id", &self.system_id)
            .field("sessions", &self.sessions)
            .field("window", &self.window)
            .field("journal", &self.journal)
            .finish_non_exhaustive()
    }
}
