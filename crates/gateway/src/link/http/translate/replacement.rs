//! What a message shall say instead, and that one was taken back.

use serde::{Deserialize, Serialize};
use sms::{Message, MessageId};
use utoipa::ToSchema;

use super::super::problem::Problem;
use super::presentation::class;
use super::submission::json;
use super::{as_text, whole, words};
use crate::presentation::Presentation;
use crate::submission::Content;

/// Another text as a caller writes it. What it does not name stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct Replacement {
    #[schema(value_type = words::MessageText)]
    text: String,
    /// Whether it is shown at once and not kept: the same as class 0. `false` takes the class away.
    flash: Option<bool>,
    /// The class of 23.038, 0 to 3.
    #[serde(default, deserialize_with = "whole::optional")]
    #[schema(minimum = 0, maximum = 3)]
    message_class: Option<u8>,
    /// Whether a text that is nearly in the GSM alphabet is put into it; as the account has it if left out.
    transliterate: Option<bool>,
}

/// The other text in a body.
pub(in super::super) fn replacement(body: &[u8]) -> Result<Replacement, Problem> {
    json(body)
}

impl Replacement {
    /// What the message shall say instead, with what it is meant for, and whether that shall be transliterated if it is
    /// said.
    pub(in super::super) fn instead_of(self, message: &Message) -> Result<(Content, Option<bool>), Problem> {
        let Self { text, flash, message_class, transliterate } = self;
        let detail = "the message has octets or a user data header of its own: it cannot be given a text";
        let mut presentation =
            Presentation::of_text(message).ok_or_else(|| Problem::does_not_fit("text", detail))?;
        if flash.is_some() || message_class.is_some() {
            presentation.class = class(flash.unwrap_or_default(), message_class)?;
        }
        if presentation.class.is_some() && !presentation.waiting.is_empty() {
            let field = if message_class.is_some() { "message_class" } else { "flash" };
            return Err(Problem::does_not_fit(field, "a message that says what waits has no class"));
        }
        for waiting in &mut presentation.waiting {
            waiting.is_kept = !text.is_empty();
        }
        Ok((Content::Text { text, presentation }, transliterate))
    }
}

/// That a message was taken back.
#[derive(Serialize, ToSchema)]
pub(in super::super) struct Cancelled {
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = words::MessageId)]
    id: MessageId,
    #[schema(value_type = Deleted)]
    state: &'static str,
}

words::word!(
    /// The state of a message that was taken back.
    Deleted,
    words::text().enum_values(Some([super::record::state_name(sms::State::Deleted)]))
);

pub(in super::super) fn cancelled(id: MessageId) -> Cancelled {
    Cancelled { id, state: super::record::state_name(sms::State::Deleted) }
}
