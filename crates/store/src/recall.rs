//! What the owner of messages wants of them after they were taken over.

use sms::{Address, LinkName, MessageId};

/// Which of its messages an owner means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// The one with this id.
    Message(MessageId),
    /// All with the same ends and the same service type.
    Like(Likeness),
}

/// What messages have in common that can stand for each other (SMPP 3.4 sections 4.9.1 and 5.2.18).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Likeness {
    /// The link that brought them.
    pub owner: LinkName,
    /// Who sends.
    pub source: Address,
    /// Who receives.
    pub destination: Address,
    /// The service type.
    pub service_type: Vec<u8>,
}

impl Likeness {
    /// What other messages must be like to stand for this one.
    #[must_use]
    pub fn of(message: &sms::Message) -> Self {
        Self {
            owner: message.origin.clone(),
            source: message.source.clone(),
            destination: message.destination.clone(),
            service_type: message.service_type.to_vec(),
        }
    }

    /// Whether a message is like that. Numbers are alike by their digits: what kind of number they are is told by
    /// some and guessed by others.
    #[must_use]
    pub fn fits(&self, message: &sms::Message) -> bool {
        self.owner == message.origin
            && self.source.value == message.source.value
            && self.destination.value == message.destination.value
            && self.service_type[..] == message.service_type[..]
    }
}
