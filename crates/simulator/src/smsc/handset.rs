//! Handsets: what they send, and what arrives.

use std::sync::Arc;
use std::time::Duration;

use smpp::ShortMessage;
use sms::Alphabet;
use sms::udh::Reference;
use tokio::time::timeout;

use super::centre::{Centre, MoError};
use super::inbox::{HandsetMessage, Inbox};
use crate::address::address;
use crate::join::UDHI;

/// A handset in the network of a message centre.
#[derive(Clone)]
pub struct Handset {
    number: String,
    inbox: Arc<Inbox>,
    centre: Arc<Centre>,
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
        self.send_segments(self.segments(to, text)?).await
    }

    /// The segments that a text to a number or short code takes, in order.
    ///
    /// # Errors
    /// The text or the address cannot be sent.
    pub fn segments(&self, to: &str, text: &str) -> Result<Vec<ShortMessage>, MoError> {
        let source = address(&self.number).ok_or(MoError::BadAddress)?;
        let destination = address(to).ok_or(MoError::BadAddress)?;
        let alphabet = Alphabet::best_for(text);
        let parts = sms::split_text(text, alphabet, Reference::Short(self.centre.next_reference()))?;
        let esm_class = if parts.len() > 1 { UDHI } else { 0 };
        let segments = parts.into_iter().map(|short_message| ShortMessage {
            source: source.clone(),
            destination: destination.clone(),
            esm_class,
            data_coding: alphabet.data_coding(),
            short_message,
            ..ShortMessage::default()
        });
        Ok(segments.collect())
    }

    /// Sends segments in whatever order they stand, as [`Handset::send`] does.
    ///
    /// # Errors
    /// An ESME refused one of them for good, or the time is over.
    pub async fn send_segments(&self, segments: Vec<ShortMessage>) -> Result<(), MoError> {
        self.centre.offer(segments).await
    }

    /// What arrived and is still kept, oldest first: the newest 10,000.
    #[must_use]
    pub fn inbox(&self) -> Vec<HandsetMessage> {
        self.inbox.all()
    }

    /// The next message that this was not called for yet, or `None` if none arrives within that time.
    pub async fn next_message(&self, within: Duration) -> Option<HandsetMessage> {
        timeout(within, self.inbox.next()).await.ok()
    }
}
