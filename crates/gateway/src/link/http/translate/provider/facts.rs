//! What a content provider can be told of a message.

use std::borrow::Cow;

use sms::{Message, Timestamp};

use super::super::content::{Told, came_again};
use super::super::{Rfc3339, instant_of};
use crate::template::Field;

/// What is known of a message, ready to be told.
pub(super) struct Facts<'m> {
    message: &'m Message,
    attempt: u32,
    told: Told,
}

impl<'m> Facts<'m> {
    /// `attempt` counts from 1.
    pub(super) fn of(message: &'m Message, attempt: u32) -> Self {
        Self { message, attempt, told: Told::of(message) }
    }

    pub(super) fn told(&self) -> &Told {
        &self.told
    }

    pub(super) fn message(&self) -> &'m Message {
        self.message
    }

    /// What one field tells; `None` if there is nothing to tell.
    pub(super) fn value(&self, field: Field) -> Option<Cow<'_, str>> {
        let message = self.message;
        let text = self.told.text.as_deref();
        Some(match field {
            Field::Id => Cow::Owned(message.shown_id().to_string()),
            Field::From => Cow::Owned(message.source.text()),
            Field::To => Cow::Owned(message.destination.text()),
            Field::Text => Cow::Borrowed(text?),
            Field::Keyword => sms::keyword(text?)?,
            Field::Rest => Cow::Borrowed(sms::behind_keyword(text?)),
            Field::Binary => Cow::Borrowed(self.told.binary.as_deref()?),
            Field::DataCoding => {
                self.told.binary.as_ref()?;
                Cow::Owned(message.data_coding.to_string())
            }
            Field::Udh => Cow::Borrowed(self.told.udh.as_deref()?),
            Field::Incomplete => self.flag(!self.told.missing.is_empty())?,
            Field::Missing => self.missing()?,
            Field::Duplicate => self.flag(came_again(message))?,
            Field::ReceivedAt => Cow::Owned(Rfc3339(message.accepted_at).to_string()),
            Field::ReceivedAtUnix => Cow::Owned((message.accepted_at.0 / 1000).to_string()),
            Field::ReceivedAtDigits => Cow::Owned(digits(message.accepted_at)),
            Field::Smsc => Cow::Borrowed(message.origin.as_str()),
            Field::Attempt => Cow::Owned(self.attempt.to_string()),
        })
    }

    fn flag(&self, is_set: bool) -> Option<Cow<'_, str>> {
        is_set.then_some(Cow::Borrowed("true"))
    }

    fn missing(&self) -> Option<Cow<'_, str>> {
        let missing: Vec<String> = self.told.missing.iter().map(u8::to_string).collect();
        (!missing.is_empty()).then(|| Cow::Owned(missing.join(",")))
    }
}

fn digits(at: Timestamp) -> String {
    instant_of(at).strftime("%Y%m%d%H%M%S").to_string()
}
