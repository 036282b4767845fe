//! Why we say no.

use store::StoreError;

/// Why a submission is not taken over.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("no route leads to this destination")]
    NoRoute,
    #[error("this source address is not allowed for the account")]
    SourceNotAllowed,
    #[error("this protocol_id is not allowed for the account")]
    ProtocolNotAllowed,
    #[error("the destination is empty, too long or not a number")]
    BadDestination,
    #[error("the message is too long, or its user data header is broken")]
    BadLength,
    #[error("its validity has ended")]
    Expired,
    #[error("too many messages per second")]
    Throttled,
    #[error("too many messages wait already")]
    QueueFull,
    #[error("temporarily out of service")]
    Unavailable,
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Full | StoreError::Overloaded => Self::QueueFull,
            StoreError::Failed(_) | StoreError::Closed => Self::Unavailable,
        }
    }
}
