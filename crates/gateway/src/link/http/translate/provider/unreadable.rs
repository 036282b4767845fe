//! Answers that cannot be read.

/// Why an answer holds no reply, although it is not empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UnreadableReply {
    #[error("it has more than 64 KiB")]
    TooLong,
    #[error("it has a Content-Encoding that is not undone, or is not what that says")]
    Coding,
    #[error("it is neither text/plain, text/html nor application/json")]
    Type,
    #[error("it is not in the character set that it should be in")]
    Alphabet,
    #[error("it is not an object with \"reply\": a text")]
    Json,
    #[error("it is no JSON that has a text there")]
    Pointer,
    #[error("it is no XML")]
    Xml,
    #[error("a header of Kannel says what is not possible")]
    Header,
}
