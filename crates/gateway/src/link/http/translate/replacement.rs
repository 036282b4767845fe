//! What a message shall say instead, and that one was taken back.

use serde::{Deserialize, Serialize};
use sms::MessageId;

use super::super::problem::Problem;
use super::as_text;
use super::presentation::{class, presentation};
use super::submission::not_json;
use crate::submission::Content;

/// Another text as a caller writes it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Replacement {
    text: String,
    #[serde(default)]
    flash: bool,
    message_class: Option<u8>,
}

/// The other text in a body.
pub(in super::super) fn replacement(body: &[u8]) -> Result<Content, Problem> {
    let Replacement { text, flash, message_class } = serde_json::from_slice(body).map_err(not_json)?;
    let presentation = presentation(&text, class(flash, message_class)?, None, &[])?;
    Ok(Content::Text { text, presentation })
}

/// That a message was taken back.
#[derive(Serialize)]
pub(in super::super) struct Cancelled {
    #[serde(serialize_with = "as_text")]
    id: MessageId,
    state: &'static str,
}

pub(in super::super) fn cancelled(id: MessageId) -> Cancelled {
    Cancelled { id, state: super::record::state_name(sms::State::Deleted) }
}
