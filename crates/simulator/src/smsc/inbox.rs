//! What arrives at the handsets that somebody asked for.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use smpp::ShortMessage;
use tokio::sync::Notify;

use crate::address::without_plus;
use crate::join::{Joiner, tables_of};

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
        let text = sms::decode_by(tables_of(message), data_coding, &body).unwrap_or_default();
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

    /// All that arrived and is kept, oldest first.
    pub(super) fn all(&self) -> Vec<HandsetMessage> {
        self.lock().messages.iter().cloned().collect()
    }

    /// Waits for the next that this was not called for yet.
    pub(super) async fn next(&self) -> HandsetMessage {
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
    use crate::address::address;

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
