//! `dlr-url` and `dlr-mask`: which reports are wanted, and where.

use reqwest::Url;

use super::escape::Pattern;
use super::request;
use crate::attributes::{Callback, Events, Form, URL_OCTETS_MAX};
use crate::config::Method;

/// The callback that these words ask for; `None` if they cannot be meant.
pub(crate) fn callback_of_words(url: &str, mask: &str) -> Option<Callback> {
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

/// The URL, if it can be called whatever its escape codes become: those stand behind its host.
pub(crate) fn callable(url: &str) -> Option<Url> {
    let starts =
        |scheme: &str| url.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    let is_meant = (8..=URL_OCTETS_MAX).contains(&url.len())
        && (starts("http://") || starts("https://"))
        && Pattern::new(url).names_its_host();
    if is_meant { url.parse().ok() } else { None }
}

/// What there are bits for.
pub(in super::super) const TOLD: Events = Events(1 | 2 | 4 | 8 | 16);
/// All bits that Kannel knows.
const MASK_MAX: u32 = 66;
