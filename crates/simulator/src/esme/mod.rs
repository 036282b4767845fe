//! An ESME that binds to a message centre.

mod config;
mod incoming;
mod session;

use std::time::Duration;

use bytes::Bytes;
use driver::Limits;
use smpp::{CommandStatus, ShortMessage};
use sms::udh::Reference;
use sms::{Alphabet, SplitError};
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::time::timeout;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use self::session::{Client, Command};
use crate::address::address;
use crate::cut::Cuttable;
use crate::join::UDHI;

pub(crate) use config::UNBIND_TIMEOUT;
pub use config::{BindError, EsmeConfig};
pub use incoming::{IncomingMessage, IncomingReceipt};
pub(crate) use incoming::{Outcome, is_receipt};

/// A bound ESME. Its methods may be called concurrently; when it is dropped, the connection is cut.
pub struct Esme {
    commands: mpsc::Sender<Command>,
    receipts: Mutex<mpsc::Receiver<IncomingReceipt>>,
    messages: Mutex<mpsc::Receiver<IncomingMessage>>,
    stop: CancellationToken,
    tasks: TaskTracker,
    _cut: DropGuard,
}

/// Why a submission has no message id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubmitError {
    /// An address cannot be put on the wire.
    #[error("this is no address")]
    BadAddress,
    /// The text cannot be sent.
    #[error(transparent)]
    Split(#[from] SplitError),
    /// The text takes more than one segment.
    #[error("the text takes more than one segment")]
    NotOneSegment,
    /// The message centre refused it.
    #[error("the message centre refused it: {0}")]
    Refused(CommandStatus),
    /// The message centre did not answer in time: whether it took the message is not known.
    #[error("the message centre did not answer in time")]
    NotAnswered,
    /// The connection ended first: whether the message centre took the message is not known.
    #[error("the connection ended before the answer")]
    Lost,
    /// It was not sent: the session is over or not bound for it.
    #[error("the session is not bound for it")]
    NotBound,
}

impl Esme {
    /// Connects and binds; returns when bound.
    ///
    /// # Errors
    /// There is no connection, or the bind is refused or not answered.
    pub async fn bind(config: EsmeConfig) -> Result<Self, BindError> {
        let stream = config.connect().await?;
        let (stop, cut, tasks) = (CancellationToken::new(), CancellationToken::new(), TaskTracker::new());
        let (commands, to_do) = mpsc::channel(COMMANDS_MAX);
        let (receipts_in, receipts) = mpsc::channel(config.inbox_max.max(1));
        let (messages_in, messages) = mpsc::channel(config.inbox_max.max(1));
        let (binding, bound) = oneshot::channel();
        let mut client = Client::new(to_do, receipts_in, messages_in, binding);
        let (stream, stopped) = (Cuttable::new(stream, cut.clone()), stop.clone());
        tasks.spawn(async move {
            let session = config.session();
            let ended = driver::drive(stream, session, &mut client, &stopped, Limits::default()).await;
            client.end(ended);
        });
        tasks.close();
        let (receipts, messages) = (Mutex::new(receipts), Mutex::new(messages));
        let esme = Self { commands, receipts, messages, stop, tasks, _cut: cut.drop_guard() };
        bound.await.unwrap_or_else(|_| Err(BindError::NotAnswered("the session is over".to_owned())))?;
        Ok(esme)
    }

    /// Submits a text of one segment, GSM 7-bit if possible and UCS-2 otherwise, and returns its id.
    /// Addresses are read by [`address()`]; with `receipt` a receipt is asked for.
    ///
    /// # Errors
    /// It was not taken, or nobody knows; see [`SubmitError`].
    pub async fn submit(
        &self,
        to: &str,
        from: &str,
        text: &str,
        receipt: bool,
    ) -> Result<String, SubmitError> {
        let mut segments = segments(to, from, text, receipt)?;
        match (segments.pop(), segments.is_empty()) {
            (Some(message), true) => self.submit_pdu(message).await,
            _ => Err(SubmitError::NotOneSegment),
        }
    }

    /// Submits a text in as many segments as it takes, one after the other, and returns their ids.
    ///
    /// # Errors
    /// A segment was not taken; those after it are not submitted.
    pub async fn submit_long(
        &self,
        to: &str,
        from: &str,
        text: &str,
        receipt: bool,
    ) -> Result<Vec<String>, SubmitError> {
        let mut ids = Vec::new();
        for message in segments(to, from, text, receipt)? {
            ids.push(self.submit_pdu(message).await?);
        }
        Ok(ids)
    }

    /// Submits octets in one segment and returns its id.
    ///
    /// # Errors
    /// As [`Esme::submit`].
    pub async fn submit_octets(
        &self,
        to: &str,
        from: &str,
        (data_coding, octets): (u8, Bytes),
        receipt: bool,
    ) -> Result<String, SubmitError> {
        let message = ShortMessage { data_coding, short_message: octets, ..envelope(to, from, receipt)? };
        self.submit_pdu(message).await
    }

    /// Submits a message just as it is and returns its id.
    ///
    /// # Errors
    /// As [`Esme::submit`].
    pub async fn submit_pdu(&self, message: ShortMessage) -> Result<String, SubmitError> {
        let (asker, answered) = oneshot::channel();
        let command = Command { message, asker };
        self.commands.send(command).await.map_err(|_| SubmitError::NotBound)?;
        answered.await.unwrap_or(Err(SubmitError::Lost))
    }

    /// The next receipt, or `None` if none comes within that time.
    pub async fn next_receipt(&self, within: Duration) -> Option<IncomingReceipt> {
        timeout(within, async { self.receipts.lock().await.recv().await }).await.ok().flatten()
    }

    /// The next message of a handset, or `None` if none comes within that time.
    pub async fn next_mo(&self, within: Duration) -> Option<IncomingMessage> {
        timeout(within, async { self.messages.lock().await.recv().await }).await.ok().flatten()
    }

    /// Whether the session is over.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.commands.is_closed()
    }

    /// Waits until the session is over, whoever ends it; `false` if it is not within that time.
    pub async fn over(&self, within: Duration) -> bool {
        timeout(within, self.tasks.wait()).await.is_ok()
    }

    /// Finishes what is in flight, unbinds and returns when the session is over.
    pub async fn unbind(self) {
        self.stop.cancel();
        // The session bounds this itself; what is cut in the end is cut by the drop.
        let _ = timeout(3 * UNBIND_TIMEOUT, self.tasks.wait()).await;
    }
}

fn segments(to: &str, from: &str, text: &str, receipt: bool) -> Result<Vec<ShortMessage>, SubmitError> {
    let alphabet = Alphabet::best_for(text);
    let parts = sms::split_text(text, alphabet, Reference::Short(rand::random()))?;
    let esm_class = if parts.len() > 1 { UDHI } else { 0 };
    let envelope =
        ShortMessage { esm_class, data_coding: alphabet.data_coding(), ..envelope(to, from, receipt)? };
    Ok(parts.into_iter().map(|short_message| ShortMessage { short_message, ..envelope.clone() }).collect())
}

fn envelope(to: &str, from: &str, receipt: bool) -> Result<ShortMessage, SubmitError> {
    Ok(ShortMessage {
        source: address(from).ok_or(SubmitError::BadAddress)?,
        destination: address(to).ok_or(SubmitError::BadAddress)?,
        registered_delivery: u8::from(receipt),
        ..ShortMessage::default()
    })
}

/// How many submissions may wait for the window.
const COMMANDS_MAX: usize = 1000;
