//! Dead letters as their owner sees them, and what it wants done with them.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use sms::{LinkName, Message, MessageId};
use store::{Cause, Glimpse, Item, Mark};
use utoipa::ToSchema;

use super::callback::{EventView, event};
use super::content::id_of;
use super::record::Text;
use super::submission::json;
use super::{ids, words};
use crate::link::http::problem::Problem;

/// A page of dead letters.
#[derive(Serialize, ToSchema)]
#[schema(as = DeadLetters)]
pub(in super::super) struct DeadLettersView<'a> {
    dead_letters: Vec<LetterView<'a>>,
    /// The `cursor` of the next page, if there may be more.
    #[schema(value_type = Option<words::Mark>)]
    next: Option<Text<Mark>>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = DeadLetter)]
struct LetterView<'a> {
    /// Whom it was for.
    link: &'a str,
    #[serde(flatten)]
    event: EventView<'a>,
}

/// A page of up to `limit`, each with the reason that stands in its place; `link_of` says whom it was for that waits for a shelf.
pub(in super::super) fn dead_letters<'a>(
    letters: &'a [Glimpse],
    reasons: &[Option<Cause>],
    limit: usize,
    link_of: impl Fn(&LinkName) -> Option<&'a LinkName>,
) -> DeadLettersView<'a> {
    let view = |(letter, reason): (&'a Glimpse, &Option<Cause>)| {
        let link = link_of(&letter.link)?.as_str();
        Some(LetterView { link, event: event(letter.item, &letter.message, reason.as_ref())? })
    };
    let last = letters.last().filter(|_| letters.len() >= limit);
    DeadLettersView {
        dead_letters: letters.iter().zip(reasons).filter_map(view).collect(),
        next: last.map(|last| Text(last.mark)),
    }
}

/// The id that a page shows.
pub(in super::super) fn told_id(item: Item, message: &Message) -> MessageId {
    match item {
        Item::Notice(_) => message.shown_id(),
        Item::Segment(_) => id_of(message),
    }
}

/// What [`replay_request`] reads.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct ReplayRequest {
    #[schema(value_type = Vec<words::MessageId>)]
    ids: Vec<String>,
}

/// The ids that are named; `None` stands for all, which is what an empty body says.
pub(in super::super) fn replay_request(body: &[u8]) -> Result<Option<HashSet<MessageId>>, Problem> {
    if body.trim_ascii().is_empty() {
        return Ok(None);
    }
    let request: ReplayRequest = json(body)?;
    ids("ids", &request.ids, "an id of a message has 32 hexadecimal digits").map(Some)
}

/// How many are told anew.
#[derive(Serialize, ToSchema)]
pub(in super::super) struct Replayed {
    pub(in super::super) replayed: usize,
    /// There are more than one request does: the next goes on.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(in super::super) has_more: bool,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn an_empty_body_means_all() {
        assert_eq!(replay_request(b" \n").unwrap(), None);
        let one = replay_request(br#"{"ids": ["000102030405060708090a0b0c0d0e0f"]}"#).unwrap().unwrap();
        assert_eq!(one.len(), 1);
        for bad in [&b"{"[..], br#"{"ids": ["7"]}"#, br#"{"all": true}"#] {
            assert!(replay_request(bad).is_err());
        }
    }
}
