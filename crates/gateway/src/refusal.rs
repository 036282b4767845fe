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
    #[error("{0}")]
    NoReply(NoReply),
    #[error("too many messages per second")]
    Throttled,
    #[error("too many messages wait already")]
    QueueFull,
    #[error("temporarily out of service")]
    Unavailable,
}

/// Why a submission is no reply to the message that it quotes (CMN-5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoReply {
    #[error("there is no message of a handset with the id that is quoted")]
    Unknown,
    #[error("the message that is quoted was told to somebody else")]
    Foreign,
    #[error("the message that is quoted came from another handset")]
    OtherHandset,
    #[error("the message that is quoted went to another number or short code")]
    OtherShortCode,
    #[error("the message that is quoted is too old for a reply")]
    TooLate,
    #[error("the message that is quoted has had all the replies that it may have")]
    Answered,
}

impl From<NoReply> for Refusal {
    fn from(no_reply: NoReply) -> Self {
        Self::NoReply(no_reply)
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Full | StoreError::Overloaded => Self::QueueFull,
            StoreError::Failed(_) | StoreError::Closed => Self::Unavailable,
        }
    }
}
