//! What Jasmin's throwers say of themselves: some of those that are called let in nobody else.

use http::header::{ACCEPT, HeaderMap, HeaderValue, USER_AGENT};

/// The user agent that tells what becomes of messages.
pub(in super::super) const OF_REPORTS: HeaderValue =
    HeaderValue::from_static("Jasmin gateway/1.0 DLRThrower");
/// The user agent that tells messages of handsets.
pub(in super::super) const OF_MESSAGES: HeaderValue =
    HeaderValue::from_static("Jasmin gateway/1.0 deliverSmHttpThrower");

/// What stands in each call, beside what it has for its body.
pub(in super::super) fn headers(agent: HeaderValue) -> HeaderMap {
    HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("text/plain")), (USER_AGENT, agent)])
}
