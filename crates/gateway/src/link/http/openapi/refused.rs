//! What a request may be refused with: the statuses and codes of [`Problem`] that the document promises.

/// A code of a problem, with its status.
#[derive(Clone, Copy)]
pub(super) struct Refused {
    pub(super) status: u16,
    pub(super) code: &'static str,
    /// When it is said, for people.
    pub(super) when: &'static str,
}

const fn refused(status: u16, code: &'static str, when: &'static str) -> Refused {
    Refused { status, code, when }
}

/// Of every request that needs credentials.
pub(super) const OF_CALLERS: [Refused; 10] = [
    refused(401, "unauthorised", "nobody with these credentials may call from here"),
    refused(401, "unfit_signature", "the signature cannot be read, or covers too little"),
    refused(401, "stale_signature", "the signature was not made within 5 minutes, or is over"),
    refused(401, "replayed_signature", "the signature was used"),
    refused(401, "wrong_digest", "the body is not the one that was signed"),
    refused(403, "scope_missing", "the key is good, but not for this"),
    refused(403, "cross_site", "a page of another site made a browser show a password that it remembers"),
    refused(429, "too_many_failures", "too many logins failed or wait"),
    refused(429, "too_many_signatures", "more signatures of the key than can be remembered"),
    UNAVAILABLE,
];
/// Of every request with a body.
pub(super) const OF_BODIES: [Refused; 4] = [
    refused(400, "broken_body", "the body broke off, or is not gzip"),
    refused(408, "body_timeout", "the body did not come in 30 s"),
    refused(413, "body_too_large", "the body, or what it makes, is too large"),
    refused(503, "too_many_bodies", "as many octets of bodies are in memory as may be"),
];
/// Of what hands messages in.
pub(super) const OF_MESSAGES: [Refused; 16] = [
    refused(403, "source_not_allowed", "the account may not send from this source"),
    refused(403, "protocol_not_allowed", "the account may not use this protocol_id"),
    refused(403, "callback_not_allowed", "the account may not have this `callback_url` called"),
    refused(404, "reply_to_unknown", "there is no message of a handset with the id that is quoted"),
    BAD_VALUE,
    refused(422, "no_route", "no route leads to the destination"),
    refused(422, "bad_destination", "the destination is empty, too long or not a number"),
    BAD_LENGTH,
    refused(422, "expired", "the validity has ended"),
    refused(422, "reply_to_foreign", "the message that is quoted was told to somebody else"),
    refused(422, "reply_to_other_handset", "the message that is quoted came from another handset"),
    refused(422, "reply_from_other_code", "the message that is quoted went to another number"),
    refused(422, "reply_too_late", "the message that is quoted is too old for a reply"),
    refused(422, "reply_quota", "the message that is quoted has had all its replies"),
    refused(429, "throttled", "the account has used its rate up"),
    refused(503, "queue_full", "too many messages wait already"),
];
/// Of requests with an idempotency key.
pub(super) const OF_KEYS: [Refused; 3] = [
    refused(400, "bad_idempotency_key", "the header is not one key"),
    refused(409, "idempotency_key_in_use", "the first request with the key is still in work"),
    refused(422, "idempotency_key_reused", "the key was used for a request with another body"),
];
pub(super) const BAD_BATCH: Refused =
    refused(400, "bad_batch", "not 1 to 10,000 messages, each for somebody");
pub(super) const BAD_QUERY: Refused = refused(400, "bad_query", "the query is not of this form");
pub(super) const BAD_VALUE: Refused = refused(422, "bad_value", "a value cannot be meant; `field` names it");
pub(super) const BAD_LENGTH: Refused =
    refused(422, "bad_length", "the message is too long, or its user data header is broken");
pub(super) const NOT_OF_TYPE: Refused =
    refused(415, "unsupported_media_type", "the body is of another type or coding");
pub(super) const BAD_JSON: Refused = refused(400, "bad_json", "the body is not JSON of this form");
pub(super) const BAD_FORM: Refused = refused(400, "bad_form", "the form is not of this form");
pub(super) const NOT_WAITING: Refused =
    refused(409, "not_waiting", "the message was sent, may have been, or is over");
pub(super) const DOES_NOT_FIT: Refused =
    refused(409, "does_not_fit", "a message of this kind cannot be given that; `field` names what");
pub(super) const NO_INBOX: Refused = refused(404, "no_inbox", "the account has no inbox");
pub(super) const INBOX_LENT_OUT: Refused =
    refused(429, "inbox_lent_out", "too much is lent that was not acknowledged");
pub(super) const TOO_MANY_LISTENERS: Refused =
    refused(429, "too_many_listeners", "as many follow the events of the account as may");
pub(super) const TOO_MANY_SEARCHES: Refused =
    refused(429, "too_many_searches", "as many searches of the account are under way as may be");
pub(super) const QUEUE_FULL: Refused = refused(503, "queue_full", "too many messages wait already");
pub(super) const UNKNOWN_MESSAGE: Refused =
    refused(404, "unknown_message", "there is no such message, or it is somebody else's");
pub(super) const UNAVAILABLE: Refused = refused(503, "unavailable", "temporarily out of service");
pub(super) const METRICS_FAILED: Refused = refused(500, "metrics_failed", "the metrics could not be written");
