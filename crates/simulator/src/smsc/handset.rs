//! Handsets: what they receive, and what they send.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use smpp::{CommandStatus, ShortMessage};
use sms::{Alphabet, SplitError};
use tokio::sync::Notify;
use tokio::time::timeout;

use super::centre::Centre;
use crate::address::{address, without_plus};
use crate::join::{Joiner, UDHI};

/// A handset in the network of a message centre.
#[derive(Clone)]
pub struct Handset {
    number: String,
    inbox: Arc<Inbox>,
    centre: Arc<Centre>,
}

/// A message as a handset shows it; long ones are whole.
#[derive(Clone, PartialEq, Eq)]
pub struct HandsetMessage {
    /// Who sent it.
    pub from: String,
    /// The text; empty if the message is data.
    pub text: String,
    /// The alphabet and class.
    pub data_coding: u8,
    /// The octets, without user data headers.
    pub body: Bytes,
}

/// Hides the text.
impl fmt::Debug for HandsetMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HandsetMessage")
            .field("from", &self.from)
            .field("data_coding", &self.data_coding)
            .field("octets", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// Why a message of a handset did not get out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoError {
    /// The number cannot be put on the wire.
    #[error("this is no address")]
    BadAddress,
    /// The text is too long.
    #[error(transparent)]
    Split(#[from] SplitError),
    /// An ESME refused it for good.
    #[error("the ESME refused it: {0}")]
    Refused(CommandStatus),
    /// No ESME took it in the time that [`super::SmscConfig::mo_patience`] gives.
    #[error("no ESME took it in time")]
    NotTaken,
}

impl Handset {
    pub(super) fn new(number: &str, inbox: Arc<Inbox>, centre: Arc<Centre>) -> Self {
        Self { number: number.to_owned(), inbox, centre }
    }

    /// The number, as it was asked for.
    #[must_use]
    pub fn number(&self) -> &str {
        &self.number
    }

    /// Sends a text to a number or short code, in as many segments as it takes, and waits until an ESME
    /// has taken all of them.
    ///
    /// A segment is offered to the sessions that receive, in turn; when it is refused for now, not
    /// answered, or nobody is bound, it is offered again.
    ///
    /// # Errors
    /// The text or the address cannot be sent, an ESME refused a segment for good, or the time is over.
    pub async fn send(&self, to: &str, text: &str) -> Result<(), MoError> {
        let source = address(&self.number).ok_or(MoError::BadAddress)?;
        let destination = address(to).ok_or(MoError::BadAddress)?;
        let alphabet = Alphabet::best_for(text);
        let parts = sms::split_text(text, alphabet, self.centre.next_reference())?;
        let esm_class = if parts.len() > 1 { UDHI } else { 0 };
        let segments = parts.into_iter().map(|short_message| ShortMessage {
            source: source.clone(),
            destination: destination.clone(),
            esm_class,
            data_coding: alphabet.data_coding(),
            short_message,
            ..ShortMessage::default()
        });
        self.centre.offer(segments.collect()).await
    }

    /// What arrived and is still kept, oldest first: the newest 10,000.
    #[must_use]
    pub fn inbox(&self) -> Vec<HandsetMessage> {
        self.inbox.lock().messages.iter().cloned().collect()
    }

    /// The next message that this was not called for yet, or `None` if none arrives within that time.
    pub async fn next_message(&self, within: Duration) -> Option<HandsetMessage> {
        timeout(within, self.inbox.next()).await.ok()
    }
}

/// The handsets that somebody asked for. Messages for others are delivered to nowhere.
#[derive(Default)]
pub(super) struct Handsets {
    inboxes: Mutex<HashMap<Box<[u8]>, Arc<Inbox>>>,
    any: AtomicBool,
}

impl Handsets {
    /// The inbox of a number, `+` or not.
    pub(super) fn inbox(&self, number: &str) -> Arc<Inbox> {
        let mut inboxes = self.inboxes.lock().unwrap_or_else(PoisonError::into_inner);
        self.any.store(true, Ordering::Release);
        inboxes.entry(without_plus(number.as_bytes()).into()).or_default().clone()
    }

    /// Whether there are any.
    pub(super) fn are_there(&self) -> bool {
        self.any.load(Ordering::Acquire)
    }

    /// Delivers a batch.
    pub(super) fn deliver<'a>(&self, batch: impl Iterator<Item = &'a ShortMessage>) {
        let inboxes = self.inboxes.lock().unwrap_or_else(PoisonError::into_inner);
        for message in batch {
            if let Some(inbox) = inboxes.get(without_plus(&message.destination.value)) {
                inbox.add(message);
            }
        }
    }
}

/// What arrived at a handset.
#[derive(Default)]
pub(super) struct Inbox {
    state: Mutex<InboxState>,
    arrived: Notify,
}

#[derive(Default)]
struct InboxState {
    joiner: Joiner,
    messages: VecDeque<HandsetMessage>,
    /// How many of the newest [`Inbox::next`] has not given yet.
    unread: usize,
}

impl Inbox {
    fn add(&self, message: &ShortMessage) {
        let mut state = self.lock();
        let Some(body) = state.joiner.add(message) else { return };
        if state.messages.len() >= INBOX_MESSAGES_MAX {
            state.messages.pop_front();
        }
        let data_coding = message.data_coding;
        let text = sms::decode(data_coding, &body).unwrap_or_default();
        state.messages.push_back(HandsetMessage {
            from: message.source.value.to_string(),
            text,
            data_coding,
            body,
        });
        state.unread = (state.unread + 1).min(INBOX_MESSAGES_MAX);
        drop(state);
        self.arrived.notify_waiters();
    }

    async fn next(&self) -> HandsetMessage {
        loop {
            let arrived = self.arrived.notified();
            if let Some(message) = self.lock().take() {
                return message;
            }
            arrived.await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, InboxState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl InboxState {
    fn take(&mut self) -> Option<HandsetMessage> {
        let first = self.messages.len().checked_sub(self.unread)?;
        let message = self.messages.get(first)?.clone();
        self.unread -= 1;
        Some(message)
    }
}

/// How many messages an inbox keeps.
const INBOX_MESSAGES_MAX: usize = 10_000;

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    #[test]
    fn an_inbox_is_bounded_and_read_once() {
        let inbox = Inbox::default();
        let text = |number: usize| Bytes::from(number.to_string());
        for number in 0..INBOX_MESSAGES_MAX + 2 {
            inbox.add(&ShortMessage { short_message: text(number), ..ShortMessage::default() });
        }
        assert_eq!(inbox.lock().messages.len(), INBOX_MESSAGES_MAX);
        assert_eq!(inbox.lock().take().map(|message| message.text).as_deref(), Some("2"));
        assert_eq!(inbox.lock().take().map(|message| message.text).as_deref(), Some("3"));
        let rest = std::iter::from_fn(|| inbox.lock().take()).count();
        assert_eq!(rest, INBOX_MESSAGES_MAX - 2);
    }

    #[test]
    fn a_number_is_the_same_with_and_without_plus() {
        let handsets = Handsets::default();
        assert!(!handsets.are_there());
        let inbox = handsets.inbox("+628111");
        let message = ShortMessage {
            destination: address("628111").unwrap_or_default(),
            short_message: b"hi"[..].into(),
            ..ShortMessage::default()
        };
        handsets.deliver([&message].into_iter());
        assert_eq!(inbox.lock().take().map(|message| message.text).as_deref(), Some("hi"));
    }
}
