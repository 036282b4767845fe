//! The text of an answer, and how much of it a provider may say.

use std::borrow::Cow;

use super::unreadable::UnreadableReply;
use crate::charset::{self, Charset};
use crate::config::AnswerRules;
use crate::link::http::call::Heard;

/// What an answer says that it is, without parameters.
pub(super) fn essence(heard: &Heard) -> &str {
    heard.content_type().and_then(|value| value.split(';').next()).unwrap_or_default().trim()
}

pub(super) fn decoded<'a>(
    rules: &AnswerRules,
    heard: &Heard,
    body: &'a [u8],
) -> Result<Cow<'a, str>, UnreadableReply> {
    charset_of(rules, heard).decode(body).ok_or(UnreadableReply::Alphabet)
}

pub(super) fn charset_of(rules: &AnswerRules, heard: &Heard) -> Charset {
    heard.content_type().and_then(charset::of_content_type).unwrap_or(rules.charset)
}

/// Programs end a line, also when it is the only one.
pub(super) fn spoken(text: &str) -> Option<String> {
    let text = text.strip_suffix('\n').unwrap_or(text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    (!text.is_empty()).then(|| text.to_owned())
}

/// As much of a reply as the provider may say.
pub(super) fn cut(mut text: String, rules: &AnswerRules) -> String {
    let most = rules.characters_max.map_or(usize::MAX, |most| most.get() as usize);
    if let Some((end, _)) = text.char_indices().nth(most) {
        text.truncate(end);
    }
    text
}
