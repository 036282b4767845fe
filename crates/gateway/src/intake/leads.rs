//! Where the routes that hold now lead what waits already.

use sms::{LinkName, Message};

use super::{Intake, choose, question_of};
use crate::directory::Directory;
use crate::keywords::{self, Part};
use crate::recoding::Body;
use crate::submission::Submission;

/// What the routes say of a message that waits.
pub(crate) struct Leads {
    /// The links that take it, best first; none if no route does.
    pub(crate) links: Vec<LinkName>,
    /// False for a later part of a long message if its keyword might decide and is not known any more.
    pub(crate) is_certain: bool,
}

impl Intake {
    /// Asks the routes as for a new message.
    pub(crate) fn leads(&self, directory: &Directory, message: &Message) -> Leads {
        let words = directory.routes.keyword_words();
        let (keyword, is_certain) = if words > 0 { self.keyword_of(message, words) } else { (None, true) };
        let question = question_of(&message.origin, message, keyword.as_deref());
        let links = match choose(directory, &question, None) {
            Ok((target, alternatives)) => std::iter::once(target).chain(alternatives).collect(),
            Err(_) => Vec::new(),
        };
        Leads { links, is_certain }
    }

    /// The keyword of a message that waits, and whether it is known for sure.
    fn keyword_of(&self, message: &Message, words: usize) -> (Option<String>, bool) {
        let Some(octets) = message.parts.first().cloned() else { return (None, true) };
        let first = Body { data_coding: message.data_coding, esm_class: message.esm_class, octets };
        let submission = Submission::whole(message, first);
        match Part::of(&message.origin, &submission).filter(|part| !part.is_first()) {
            Some(later) => match self.beginnings.of(&later).filter(|begun| begun.has_first) {
                Some(begun) => (begun.keyword, true),
                None => (None, false),
            },
            None => (keywords::first_words(&submission, words), true),
        }
    }
}
