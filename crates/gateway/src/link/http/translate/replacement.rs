//! What a message shall say instead, and that one was taken back.

use serde::{Deserialize, Serialize};
use sms::MessageId;
use utoipa::ToSchema;

use super::super::problem::Problem;
use super::presentation::{class, presentation};
use super::submission::json;
use super::{as_text, whole, words};
use crate::submission::Content;

/// Another text as a caller writes it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct Replacement {
    #[schema(value_type = words::MessageText)]
    text: String,
    /// Whether it is shown at once and not kept: the same as class 0.
    #[serde(default)]
    flash: bool,
    /// The class of 23.038, 0 to 3.
    #[serde(default, deserialize_with = "whole::optional")]
    #[schema(minimum = 0, maximum = 3)]
    message_class: Option<u8>,
    /// Whether a text that is nearly in the GSM alphabet is put into it; as the account has it if left out.
    transliterate: Option<bool>,
}

/// The other text in a body, and whether it shall be transliterated if it says so.
pub(in super::super) fn replacement(body: &[u8]) -> Result<(Content, Option<bool>), Problem> {
    let Replacement { text, flash, message_class, transliterate } = json(body)?;
    let presentation = presentation(&text, class(flash, message_class)?, None, &[])?;
    Ok((Content::Text { text, presentation }, transliterate))
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
