//! A message centre with handsets, that ESMEs bind to by SMPP.

mod centre;
mod config;
mod exchange;
mod handset;
mod id;
mod inbox;
mod limiter;
mod outbound;
mod receipt;
mod reception;
mod record;
mod session;

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::BytesMut;
use driver::Limits;
use smpp::{Bind, Body, CString, CommandStatus, Outbind, Pdu, Session, Settings, ShortMessage};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::centre::Centre;
use self::session::Attendant;
use crate::Latency;
use crate::cut::Cuttable;

pub use centre::MoError;
pub use config::{Credentials, Fates, Faults, ReceiptPath, SmscConfig};
pub use handset::Handset;
pub use id::IdForm;
pub use inbox::HandsetMessage;
pub use record::{SmscStats, Submit, Tally};

/// A message centre that runs until it is stopped; when it is dropped it is gone without a word.
pub struct Smsc {
    centre: Arc<Centre>,
    address: SocketAddr,
    stop: CancellationToken,
    cut: Arc<Mutex<CancellationToken>>,
    tasks: TaskTracker,
}

impl Smsc {
    /// Starts a message centre; it listens when this returns.
    ///
    /// # Errors
    /// The address cannot be listened at.
    pub async fn start(config: SmscConfig) -> io::Result<Self> {
        let listener = TcpListener::bind(config.listen).await?;
        let address = listener.local_addr()?;
        let smsc = Self {
            centre: Arc::new(Centre::new(config)),
            address,
            stop: CancellationToken::new(),
            cut: Arc::default(),
            tasks: TaskTracker::new(),
        };
        let (centre, stop) = (smsc.centre.clone(), smsc.stop.clone());
        smsc.tasks.spawn(async move { centre.exchange.run(&stop).await });
        smsc.tasks.spawn(smsc.door().listen(listener));
        Ok(smsc)
    }

    fn door(&self) -> Door {
        Door {
            centre: self.centre.clone(),
            stop: self.stop.clone(),
            cut: self.cut.clone(),
            tasks: self.tasks.clone(),
        }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The handset with this number, `+` or not. From now on it keeps what arrives; handsets that nobody
    /// asked for do not.
    #[must_use]
    pub fn handset(&self, number: &str) -> Handset {
        Handset::new(number, self.centre.handsets.inbox(number), self.centre.clone())
    }

    /// Delivers a message as it is to an ESME, and waits until one has taken it, as
    /// [`Handset::send`] does.
    ///
    /// # Errors
    /// An ESME refused it for good, or the time is over.
    pub async fn deliver(&self, message: ShortMessage) -> Result<(), MoError> {
        self.centre.offer(vec![message]).await
    }

    /// Changes what it does wrong, from the next submission on.
    pub fn set_faults(&self, faults: Faults) {
        self.centre.faults.send_replace(faults);
    }

    /// What it has counted.
    #[must_use]
    pub fn stats(&self) -> SmscStats {
        self.centre.stats()
    }

    /// Waits until the statistics are as wanted, and returns them; `None` if they are not in time.
    pub async fn stats_when(
        &self,
        within: Duration,
        wanted: impl Fn(&SmscStats) -> bool,
    ) -> Option<SmscStats> {
        let waiting = async {
            loop {
                let changed = self.centre.changed.notified();
                let stats = self.stats();
                if wanted(&stats) {
                    return stats;
                }
                changed.await;
            }
        };
        timeout(within, waiting).await.ok()
    }

    /// The submissions that it took, in order, up to [`SmscConfig::log_max`].
    #[must_use]
    pub fn submits(&self) -> Vec<Submit> {
        self.centre.record.log()
    }

    /// Waits until it has logged so many submissions, and returns them; `None` if it has not in time.
    pub async fn submits_when(&self, count: usize, within: Duration) -> Option<Vec<Submit>> {
        self.stats_when(within, |_| self.centre.record.log_len() >= count).await?;
        Some(self.submits())
    }

    /// The binds that it accepted, in order, up to a hundred.
    #[must_use]
    pub fn binds(&self) -> Vec<Bind> {
        self.centre.binds.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Calls an ESME at `address` by outbind; what follows on that connection is a session as any other.
    ///
    /// # Errors
    /// There is no connection.
    pub async fn outbind(&self, address: SocketAddr, credentials: &Credentials) -> io::Result<()> {
        let mut stream = TcpStream::connect(address).await?;
        let outbind = Outbind {
            system_id: CString::clipped(credentials.system_id.as_bytes()),
            password: CString::clipped(credentials.password.as_bytes()),
        };
        let mut octets = BytesMut::new();
        let pdu = Pdu { status: CommandStatus::OK, sequence: 1, body: Body::Outbind(outbind) };
        pdu.encode(&mut octets).map_err(io::Error::other)?;
        stream.write_all(&octets).await?;
        self.door().attend(stream);
        Ok(())
    }

    /// How often the messages of a [`crate::Load`] came, up to [`SmscConfig::serials_max`].
    #[must_use]
    pub fn tally(&self) -> Tally {
        self.centre.record.tally()
    }

    /// How long the stamped messages of a [`crate::Load`] took until they were here; nothing if
    /// [`SmscConfig::serials_max`] is 0.
    #[must_use]
    pub fn carried(&self) -> Latency {
        self.centre.record.carried()
    }

    /// Cuts all connections without a word; ESMEs may come back.
    pub fn cut(&self) {
        let mut cut = self.cut.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *cut).cancel();
    }

    /// Takes leave of all ESMEs and returns when they are gone, or after some seconds; what waits to be
    /// delivered is lost.
    pub async fn stop(self) {
        self.stop.cancel();
        self.tasks.close();
        // Whoever does not part in time is cut when this is dropped.
        let _ = timeout(2 * UNBIND_TIMEOUT + Duration::from_secs(1), self.tasks.wait()).await;
    }
}

impl Drop for Smsc {
    fn drop(&mut self) {
        self.stop.cancel();
        self.cut();
    }
}

/// Takes connections.
struct Door {
    centre: Arc<Centre>,
    stop: CancellationToken,
    cut: Arc<Mutex<CancellationToken>>,
    tasks: TaskTracker,
}

impl Door {
    async fn listen(self, listener: TcpListener) {
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = self.stop.cancelled() => return,
            };
            match accepted {
                // Two tasks are the exchange's and this one.
                Ok((stream, _))
                    if self.tasks.len() < self.centre.config.connections_max.saturating_add(2) =>
                {
                    self.attend(stream);
                }
                Ok((_, peer)) => tracing::warn!(%peer, "too many connections to the simulated SMSC"),
                Err(error) => {
                    tracing::warn!(%error, "the simulated SMSC cannot take a connection");
                    tokio::time::sleep(ACCEPT_REST).await;
                }
            }
        }
    }

    fn attend(&self, stream: TcpStream) {
        let cut = self.cut.lock().unwrap_or_else(PoisonError::into_inner).child_token();
        let (centre, stop) = (self.centre.clone(), self.stop.clone());
        self.tasks.spawn(async move {
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "no TCP_NODELAY");
            }
            let session = Session::server(centre::now(), settings(&centre.config));
            let mut attendant = Attendant::new(centre, cut.clone());
            let stream = Cuttable::new(stream, cut);
            let ended = driver::drive(stream, session, &mut attendant, &stop, Limits::default()).await;
            attendant.end(ended.pending);
        });
    }
}

fn settings(config: &SmscConfig) -> Settings {
    Settings {
        window_in: config.window,
        window_out: config.window,
        enquire_link_interval: config.enquire_link_interval,
        response_timeout: config.response_timeout,
        interface_version: config.interface_version,
        unbind_timeout: UNBIND_TIMEOUT,
        password_octets_max: smpp::pdu::PASSWORD_OCTETS_MAX,
        ..Settings::default()
    }
}

const UNBIND_TIMEOUT: Duration = Duration::from_secs(2);
/// How long to rest when there are no sockets.
const ACCEPT_REST: Duration = Duration::from_millis(100);
