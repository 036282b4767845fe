//! `dlr-url` and `dlr-mask`: which reports are wanted, and where.

use super::request;
use crate::attributes::{Callback, Events, Form};
use crate::callback_url::{MASK_MAX, callable};
use crate::config::Method;

/// The callback that these words ask for; `None` if they cannot be meant.
pub(in super::super) fn callback_of_words(url: &str, mask: &str) -> Option<Callback> {
    callable(url)?;
    Some(callback(url.to_owned(), self::mask(request::number(mask.as_bytes())?)?))
}

/// What is called, and for what.
pub(super) fn callback(url: String, events: Events) -> Callback {
    Callback { url, events, form: Form::Kannel, method: Method::Get }
}

/// What a mask stands for; `None` if Kannel has no such mask.
pub(super) fn mask(number: i32) -> Option<Events> {
    u32::try_from(number).ok().filter(|mask| *mask <= MASK_MAX).map(Events)
}

/// What there are bits for.
pub(in super::super) const TOLD: Events = Events(1 | 2 | 4 | 8 | 16);
