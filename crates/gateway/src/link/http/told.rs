//! What a URL is told that a message names.

use sms::Message;
use store::{Notice, Record};

use crate::attributes::{Attributes, Report};

/// What is told, with all that can be said of it.
pub(super) struct Told<'l> {
    /// The message itself, or the one that tells of it.
    pub(super) message: &'l Message,
    pub(super) attributes: Attributes,
    pub(super) news: News,
    /// What is known of the message.
    pub(super) record: Option<Record>,
}

/// What happened.
#[derive(Clone, Copy)]
pub(super) enum News {
    /// It has its final state.
    Final(Notice),
    /// Something on the way.
    OnTheWay(Report),
}
