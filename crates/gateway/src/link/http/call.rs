//! One call: the request, its answer, and what it means for what was said.

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use async_compression::tokio::bufread::{GzipDecoder, ZlibDecoder};
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use http::{Response, StatusCode};
use rustls::ClientConfig;
use sms::{State, Timestamp};
use store::{Cause, Lease, Outcome};
use tokio::io::{AsyncRead, AsyncReadExt};
use url::Url;

use super::outbound::{Outbound, REPLY_OCTETS_MAX};
use super::own_addresses::OwnAddresses;
use super::signature::Signer;
use super::target::Target;
use super::translate::UnreadableReply;
use crate::chance::Chance;
use crate::config::{EndpointConfig, OutOfReach, Reach};
use crate::dispatch::back_off;
use crate::reply::Reply;

/// A URL that we call, with the connections to it.
pub(super) struct Endpoint {
    manner: Arc<Manner>,
    url: Url,
    /// What the URL itself says against a call.
    refusal: Option<OutOfReach>,
    /// `None` if no request can be made for the URL.
    target: Option<Target>,
}

/// How a URL is called, and those that are called in the same manner.
struct Manner {
    outbound: Outbound,
    reach: Reach,
    own: OwnAddresses,
    signer: Option<Signer>,
}

/// What is said in a call.
#[derive(Default)]
pub(crate) struct Call {
    /// Where to, if not to the URL of the endpoint; the host is the same.
    pub(super) url: Option<Url>,
    /// What is added to the query.
    pub(super) query: Option<String>,
    /// Beside those that every call has.
    pub(super) headers: HeaderMap,
    /// What is posted, with what it is; without it the call is a GET.
    pub(super) body: Option<(HeaderValue, Vec<u8>)>,
}

/// What was answered.
pub(crate) struct Heard {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    /// With its Content-Encoding undone, if it has one.
    pub(super) body: Result<Vec<u8>, UnreadableReply>,
    /// How long we shall leave it alone.
    pub(super) retry_after: Option<Duration>,
}

/// What became of a call. Its `Debug` form hides the reply.
pub(crate) enum Answer {
    /// It has the message. Its reply, if it wants to say something and that can be read.
    Taken(Result<Option<Reply>, UnreadableReply>),
    /// A status that does not take it, with how long it wants to be left alone.
    Refused { status: u16, retry_after: Option<Duration> },
    /// The status takes it, and the body does not; for good, or for now.
    Unlike { is_final: bool },
    /// It was never asked.
    NotAsked(Cause),
    /// It was asked, and nobody knows whether it heard.
    Lost(Cause),
    /// It answered with more than is read of a head, and nobody knows whether it took the message.
    Unread(Cause),
}

impl Call {
    /// A JSON text, posted.
    pub(super) fn json(body: Vec<u8>) -> Self {
        Self { body: Some((JSON, body)), ..Self::default() }
    }

    /// Where to, if not to just this URL.
    fn elsewhere(&mut self, url: &Url) -> Option<Url> {
        let Some(more) = self.query.take() else { return self.url.take() };
        let mut url = self.url.take().unwrap_or_else(|| url.clone());
        let query = match url.query() {
            Some(query) if !query.is_empty() => format!("{query}&{more}"),
            _ => more,
        };
        url.set_query(Some(&query));
        Some(url)
    }
}

impl Heard {
    pub(super) fn content_type(&self) -> Option<&str> {
        self.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok())
    }

    /// What the status means by itself.
    pub(super) fn refusal(&self) -> Answer {
        Answer::Refused { status: self.status, retry_after: self.retry_after }
    }
}

impl Endpoint {
    /// Its connections are nobody else's.
    ///
    /// # Errors
    /// There is no TLS.
    pub(super) fn new(
        config: &EndpointConfig,
        own: OwnAddresses,
        tls: Option<&Arc<ClientConfig>>,
    ) -> Result<Self, rustls::Error> {
        let outbound = Outbound::new(config, tls)?;
        let (reach, signer) = (config.reach.clone(), Signer::new(&config.signed_with));
        let manner = Arc::new(Manner { outbound, reach, own, signer });
        Ok(Self::of(manner, config.url.clone()))
    }

    /// Another URL that is called in the same manner, under the same rules.
    pub(super) fn at(&self, url: Url) -> Self {
        Self::of(self.manner.clone(), url)
    }

    fn of(manner: Arc<Manner>, url: Url) -> Self {
        Self { refusal: manner.reach.check(&url).err(), target: Target::of(&url), manner, url }
    }

    /// A call that tells of `leases`, signed if it has a body and the endpoint a secret.
    pub(super) fn signed(&self, mut call: Call, leases: &[Lease], now: Timestamp) -> Call {
        if let (Some(signer), Some((_, body))) = (&self.manner.signer, &call.body) {
            signer.sign(&mut call.headers, leases, now, body);
        }
        call
    }

    /// Calls with this; `attempt` counts from 1. What was answered, or why nothing was.
    pub(super) async fn call(&self, mut call: Call, attempt: u32, now: Timestamp) -> Result<Heard, Answer> {
        let Manner { outbound, own, .. } = &*self.manner;
        if let Some(refusal) = self.refusal {
            return Err(Answer::NotAsked(Cause::Other(refusal.to_string().into())));
        }
        if own.are_at(&self.url).await {
            return Err(Answer::NotAsked(Cause::Other("the URL leads to this gateway itself".into())));
        }
        let request = match call.elsewhere(&self.url) {
            Some(url) => Target::of(&url).map(|target| target.request(call, attempt)),
            None => self.target.as_ref().map(|target| target.request(call, attempt)),
        };
        let unbuilt = || Answer::NotAsked(Cause::Other("the request could not be built".into()));
        Ok(heard(outbound.ask(request.ok_or_else(unbuilt)?).await?, now).await)
    }
}

impl Answer {
    /// What is to become of the message; `attempts` went before this one.
    pub(super) fn outcome(&self, attempts: u16, now: Timestamp, chance: &Chance) -> Outcome {
        match self {
            Self::Refused { status, .. } if !is_temporary(*status) => {
                Outcome::Failed { state: State::Rejected, cause: Cause::Http(*status) }
            }
            Self::Unlike { is_final: true } => Outcome::Failed {
                state: State::Rejected,
                cause: Cause::Other("the answer refuses it".into()),
            },
            // Each call says it again to somebody who has heard it.
            Self::Unread(cause) if attempts + 1 >= UNREAD_MAX => {
                Outcome::Failed { state: State::Undeliverable, cause: cause.clone() }
            }
            _ => self.insistent_outcome(attempts, now, chance),
        }
    }

    /// The same for what is said again until it is taken: no refusal is for good, but that there is nobody any
    /// more.
    pub(super) fn insistent_outcome(&self, attempts: u16, now: Timestamp, chance: &Chance) -> Outcome {
        let wait = || back_off(attempts, chance);
        match self {
            Self::Taken(_) => Outcome::Done { state: State::Delivered, remote_id: None },
            Self::Refused { status: GONE, .. } => {
                Outcome::Failed { state: State::Rejected, cause: Cause::Http(GONE) }
            }
            Self::Refused { status, retry_after } => {
                let wait = wait().max(retry_after.unwrap_or_default());
                Outcome::Retry { at: now.plus(wait), cause: Cause::Http(*status) }
            }
            Self::Unlike { .. } => {
                let cause = Cause::Other("the answer does not say that it was taken".into());
                Outcome::Retry { at: now.plus(wait()), cause }
            }
            Self::NotAsked(cause) => Outcome::Retry { at: now.plus(wait()), cause: cause.clone() },
            Self::Lost(cause) | Self::Unread(cause) => {
                Outcome::Unknown { retry_at: Some(now.plus(wait())), cause: cause.clone() }
            }
        }
    }

    /// Whether the same call might succeed later.
    pub(super) fn is_for_now(&self) -> bool {
        match self {
            Self::Taken(_) => false,
            Self::Refused { status, .. } => is_temporary(*status),
            Self::Unlike { is_final } => !is_final,
            Self::NotAsked(_) | Self::Lost(_) | Self::Unread(_) => true,
        }
    }

    /// What somebody answers who is not there any more.
    pub(super) const fn gone() -> Self {
        Self::Refused { status: GONE, retry_after: None }
    }

    /// What is known of a call that was not waited for any longer.
    pub(super) fn cut_short() -> Self {
        Self::Lost(Cause::Other("no answer soon, and others wait to be called for the first time".into()))
    }

    pub(super) const fn is_gone(&self) -> bool {
        matches!(self, Self::Refused { status: GONE, .. })
    }

    /// How long it wants to be left alone.
    pub(super) const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// Whether it says that it is too much.
    pub(super) fn is_throttled(&self) -> bool {
        matches!(self, Self::Refused { status, .. } if *status == StatusCode::TOO_MANY_REQUESTS)
    }
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Taken(Ok(reply)) => {
                write!(f, "taken, with a reply: {}", reply.is_some())
            }
            Self::Taken(Err(error)) => write!(f, "taken, but {error}"),
            Self::Refused { status, retry_after } => {
                write!(f, "refused: {status}, come back {retry_after:?}")
            }
            Self::Unlike { is_final } => write!(f, "the body does not take it, for good: {is_final}"),
            Self::NotAsked(cause) => write!(f, "not asked: {cause}"),
            Self::Lost(cause) => write!(f, "lost: {cause}"),
            Self::Unread(cause) => write!(f, "not read: {cause}"),
        }
    }
}

async fn heard(response: Response<Option<Vec<u8>>>, now: Timestamp) -> Heard {
    let (head, body) = response.into_parts();
    // What a redirection or an error says is nobody's reply, but may be what a success is known by.
    let body = match body {
        Some(body) => plain(body, &head.headers).await,
        None => Err(UnreadableReply::TooLong),
    };
    let retry_after = retry_after(&head.headers, now);
    Heard { status: head.status.as_u16(), headers: head.headers, body, retry_after }
}

/// The body as it was before it was coded (RFC 9110, 8.4), which some servers do although nobody asked for it.
async fn plain(body: Vec<u8>, headers: &HeaderMap) -> Result<Vec<u8>, UnreadableReply> {
    let said = headers
        .get_all(CONTENT_ENCODING)
        .iter()
        .flat_map(|value| value.as_bytes().split(|&octet| octet == b','));
    let mut codings = said.map(<[u8]>::trim_ascii).filter(|coding| !coding.eq_ignore_ascii_case(b"identity"));
    let (coding, other) = (codings.next().unwrap_or_default(), codings.next());
    let is = |name: &str| coding.eq_ignore_ascii_case(name.as_bytes());
    match other {
        _ if coding.is_empty() || body.is_empty() => Ok(body),
        None if is("gzip") || is("x-gzip") => {
            let mut decoder = GzipDecoder::new(&body[..]);
            decoder.multiple_members(true);
            Box::pin(inflated(decoder)).await
        }
        None if is("deflate") => Box::pin(inflated(ZlibDecoder::new(&body[..]))).await,
        _ => Err(UnreadableReply::Coding),
    }
}

async fn inflated(decoder: impl AsyncRead + Unpin) -> Result<Vec<u8>, UnreadableReply> {
    let mut body = Vec::new();
    let mut bounded = decoder.take(REPLY_OCTETS_MAX as u64 + 1);
    bounded.read_to_end(&mut body).await.map_err(|_| UnreadableReply::Coding)?;
    if body.len() > REPLY_OCTETS_MAX { Err(UnreadableReply::TooLong) } else { Ok(body) }
}

/// 429 and 503 say when to come back: seconds or a date in any of its three forms, RFC 9110 sections 10.2.3 and
/// 5.6.7.
fn retry_after(headers: &HeaderMap<HeaderValue>, now: Timestamp) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let is_number = !value.is_empty() && value.bytes().all(|octet| octet.is_ascii_digit());
    let wait = match is_number {
        // What has no room in a number is longer than we wait all the same.
        true => value.parse().map_or(RETRY_AFTER_MAX, Duration::from_secs),
        false => {
            let date = httpdate::parse_http_date(value).ok()?.duration_since(UNIX_EPOCH).ok()?;
            Timestamp(u64::try_from(date.as_millis()).ok()?).since(now)
        }
    };
    Some(wait.min(RETRY_AFTER_MAX))
}

/// 5xx, and the 4xx that speak of now and not of the message.
fn is_temporary(status: u16) -> bool {
    matches!(status, 408 | 425 | 429 | 500..=599)
}

const JSON: HeaderValue = HeaderValue::from_static("application/json");
/// WH-2.
const GONE: u16 = 410;
/// As many calls as are answered with what is not read.
const UNREAD_MAX: u16 = 3;
pub(super) const RETRY_AFTER_MAX: Duration = Duration::from_secs(3600);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    /// 1994-11-06T08:49:37Z
    const NOW: Timestamp = Timestamp(784_111_777_000);

    fn refused(status: u16, retry_after: Option<u64>) -> Outcome {
        Answer::Refused { status, retry_after: retry_after.map(Duration::from_secs) }.outcome(
            0,
            NOW,
            &Chance::default(),
        )
    }

    // WH-2
    #[test]
    fn a_status_says_whether_to_come_again() {
        for status in [408, 425, 429, 500, 502, 503, 504, 599] {
            assert!(
                matches!(refused(status, None), Outcome::Retry { cause: Cause::Http(at), .. } if at == status)
            );
        }
        for status in [301, 302, 307, 400, 401, 403, 404, 410, 422] {
            let expected = Outcome::Failed { state: State::Rejected, cause: Cause::Http(status) };
            assert_eq!(refused(status, None), expected);
        }
        let taken = Answer::Taken(Err(UnreadableReply::Type)).outcome(3, NOW, &Chance::default());
        assert_eq!(taken, Outcome::Done { state: State::Delivered, remote_id: None });
        let insistent =
            Answer::Refused { status: 404, retry_after: None }.insistent_outcome(0, NOW, &Chance::default());
        assert!(matches!(insistent, Outcome::Retry { cause: Cause::Http(404), .. }));
    }

    #[test]
    fn a_wish_to_be_left_alone_is_respected() {
        let Outcome::Retry { at, .. } = refused(503, Some(120)) else { unreachable!() };
        assert_eq!(at.since(NOW), Duration::from_secs(120));
        let Outcome::Retry { at, .. } = refused(503, Some(0)) else { unreachable!() };
        assert!(at.since(NOW) >= Duration::from_millis(900));
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let read = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, value.parse().unwrap());
            retry_after(&headers, NOW)
        };
        assert_eq!(read("120"), Some(Duration::from_secs(120)));
        assert_eq!(read("Sun, 06 Nov 1994 08:50:07 GMT"), Some(Duration::from_secs(30)));
        assert_eq!(read("Sunday, 06-Nov-94 08:50:07 GMT"), Some(Duration::from_secs(30)));
        assert_eq!(read("Sun Nov  6 08:50:07 1994"), Some(Duration::from_secs(30)));
        assert_eq!(read("Sun, 06 Nov 1994 07:00:00 GMT"), Some(Duration::ZERO));
        assert_eq!(read("Mon, 07 Nov 1994 08:49:37 GMT"), Some(RETRY_AFTER_MAX));
        assert_eq!(read("99999999"), Some(RETRY_AFTER_MAX));
        assert_eq!(read("99999999999999999999"), Some(RETRY_AFTER_MAX));
        assert_eq!(read("soon"), None);
        assert_eq!(read("-1"), None);
        assert_eq!(read("+1"), None);
    }

    #[test]
    fn what_is_answered_in_vain_is_not_said_for_ever() {
        let unread = Answer::Unread(Cause::Other("long".into()));
        let outcome = |attempts| unread.outcome(attempts, NOW, &Chance::default());
        assert!(matches!(outcome(0), Outcome::Unknown { retry_at: Some(_), .. }));
        assert!(matches!(outcome(1), Outcome::Unknown { retry_at: Some(_), .. }));
        assert!(matches!(outcome(2), Outcome::Failed { state: State::Undeliverable, .. }));
        let insistent = unread.insistent_outcome(9, NOW, &Chance::default());
        assert!(matches!(insistent, Outcome::Unknown { retry_at: Some(_), .. }));
    }

    // DUR-7
    #[test]
    fn only_what_was_perhaps_heard_is_unknown() {
        let lost = Answer::Lost(Cause::Timeout).outcome(0, NOW, &Chance::default());
        assert!(matches!(lost, Outcome::Unknown { retry_at: Some(_), cause: Cause::Timeout }));
        let not_asked = Answer::NotAsked(Cause::ConnectionLost).outcome(0, NOW, &Chance::default());
        assert!(matches!(not_asked, Outcome::Retry { .. }));
    }
}
