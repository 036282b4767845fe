//! Messages over HTTP: hand them in, look them up.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Json;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::rejection::PathRejection;
use axum::extract::{ConnectInfo, Path, Request, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use bytes::BytesMut;
use futures_util::FutureExt;
use http_body_util::BodyExt;
use sms::{LinkName, MessageId, Substitution, Timestamp};
use store::Entry;

use super::bodies;
use super::caller::Shown;
use super::desk::Desk;
use super::idempotency::{Key, Once};
use super::problem::Problem;
use super::translate::{self, Accepted, Batch, MessageRequest, Quoted, Receipts, Sender};
use crate::account::Account;
use crate::config::Scope;
use crate::directory::Origin;
use crate::refusal::{NoReply, Refusal};
use crate::reply::Claim;
use crate::submission::Submission;
use crate::transliteration::transliterate;

/// `POST /v1/messages`: one message, or an array of them.
///
/// Answers 202 only when the messages would survive a power cut.
pub(super) async fn submit(
    State(desk): State<Desk>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    shown: Option<Shown>,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let account = desk.caller(peer, shown, Scope::Send).await?;
    check_is_json(&parts.headers)?;
    let key = Key::shown(&parts.headers, account.name())?;
    let body = read(body).await?;
    match key {
        None => desk.submit(account, batch_of(&body).await?, None).await,
        Some(key) => Box::pin(desk.submit_once(account, key, body)).await,
    }
}

/// `GET /v1/messages/{id}`: what became of a message of the caller's own, or of its applications.
pub(super) async fn find(
    State(desk): State<Desk>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    id: Result<Path<String>, PathRejection>,
    shown: Option<Shown>,
) -> Result<Response, Problem> {
    let account = desk.caller(peer, shown, Scope::Read).await?;
    let id = named(id)?;
    let record = desk.store.find(id).await?.ok_or_else(Problem::no_such_message)?;
    let seen = desk.directory.load().seen_by(account.name());
    if !seen.contains(&record.origin) && !seen.contains(&record.target) {
        return Err(Problem::no_such_message());
    }
    Ok(Json(translate::record(&record)).into_response())
}

/// `GET /v1/messages`: the messages of the caller and of its applications by number and time, newest first.
pub(super) async fn search(
    State(desk): State<Desk>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    shown: Option<Shown>,
    uri: Uri,
) -> Result<Response, Problem> {
    let account = desk.caller(peer, shown, Scope::Read).await?;
    let query = translate::search_query(&uri, desk.directory.load().seen_by(account.name()))?;
    let _place = account.search().ok_or_else(too_many_searches)?;
    let page = desk.store.search(query).await?;
    Ok(Json(translate::page(&page)).into_response())
}

fn too_many_searches() -> Problem {
    let detail = "as many searches of the account are under way as may be";
    Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_searches", detail).retry_after(1)
}

/// A message that can be kept.
struct Admitted {
    entry: Entry,
    /// What became of characters of its text on the way.
    substitutions: Vec<Substitution>,
    /// Its place among the replies, if it quotes a message of a handset.
    claim: Option<Claim>,
}

impl Desk {
    /// Takes over what a request holds; `once` ties it to its key.
    pub(super) async fn submit(
        &self,
        account: Arc<Account>,
        batch: Batch,
        once: Option<&mut Once>,
    ) -> Result<Response, Problem> {
        match batch {
            Batch::One(message) => self.submit_one(account, *message, once).await.map(one_accepted),
            // What few need has room of its own, so that all others carry none for it.
            Batch::Many(messages) => Box::pin(self.submit_many(account, messages, once)).await,
        }
    }

    /// Takes one message over.
    pub(super) async fn submit_one(
        &self,
        account: Arc<Account>,
        message: MessageRequest,
        mut once: Option<&mut Once>,
    ) -> Result<Accepted, Problem> {
        let id = once.as_ref().map(|once| once.next_id());
        let admitted = self.admit(&account, message, id).await;
        let Admitted { entry, substitutions, claim } =
            admitted.inspect_err(|_| self.count_refused(&account, 1))?;
        let accepted = translate::accepted(&entry, substitutions);
        let mut entries = vec![entry];
        if let Some(once) = &mut once {
            once.accepted(&entries[0]);
            once.attach(&mut entries);
        }
        self.keep(&account, entries, claim.into_iter().collect()).await?;
        Ok(accepted)
    }

    /// Keeps what can be admitted in one batch, and says of each message what became of it.
    async fn submit_many(
        &self,
        account: Arc<Account>,
        messages: Vec<MessageRequest>,
        mut once: Option<&mut Once>,
    ) -> Result<Response, Problem> {
        let mut entries = Vec::with_capacity(messages.len());
        let mut claims = Vec::new();
        let mut receipts = Receipts::with_capacity(messages.len());
        for (number, message) in messages.into_iter().enumerate() {
            if number % ADMITTED_AT_ONCE == ADMITTED_AT_ONCE - 1 {
                // Other calls have their turn.
                tokio::task::yield_now().await;
            }
            let to = message.to.number().to_owned();
            let id = once.as_ref().map(|once| once.next_id());
            match self.admit(&account, message, id).await {
                Ok(Admitted { entry, substitutions, claim }) => {
                    once.iter_mut().for_each(|once| once.accepted(&entry));
                    receipts.accepted(translate::accepted(&entry, substitutions));
                    entries.push(entry);
                    claims.extend(claim);
                }
                Err(problem) => {
                    once.iter_mut().for_each(|once| once.refused(&problem));
                    receipts.refused(to, problem);
                }
            }
        }
        once.iter_mut().for_each(|once| once.attach(&mut entries));
        self.count_refused(&account, receipts.len() - entries.len());
        let Some(problem) = receipts.first_problem().filter(|_| entries.is_empty()) else {
            self.keep(&account, entries, claims).await?;
            return Ok((StatusCode::ACCEPTED, Json(receipts)).into_response());
        };
        let mut response = (problem.status(), Json(&receipts)).into_response();
        problem.mark(&mut response);
        Ok(response)
    }

    async fn admit(
        &self,
        account: &Arc<Account>,
        mut message: MessageRequest,
        id: Option<MessageId>,
    ) -> Result<Admitted, Problem> {
        let (quoted, content_field) = (message.take_quoted()?, message.content_field());
        let (mut submission, substitutions) = translated(account, message, self.intake.clock().wall())?;
        submission.id = id.map(|id| (id, 0));
        let claim = match quoted {
            Some(quoted) => Some(Box::pin(self.claim(account, quoted, &mut submission)).await?),
            None => None,
        };
        let entry = self.intake.admit(&Origin::Account(account.clone()), submission);
        let entry = entry.map_err(|refusal| translate::unfit(refusal, content_field))?;
        Ok(Admitted { entry, substitutions, claim })
    }

    /// The place among the replies of a message of a handset.
    async fn claim(
        &self,
        account: &Arc<Account>,
        quoted: Quoted,
        reply: &mut Submission,
    ) -> Result<Claim, Problem> {
        let claimed = match quoted.id.parse() {
            Ok(id) => self.intake.as_reply(account, id, reply).await,
            Err(_) => Err(NoReply::Unknown.into()),
        };
        claimed.map_err(|refusal| match refusal {
            Refusal::NoReply(_) => Problem::from(refusal).in_field(quoted.field),
            other => other.into(),
        })
    }

    /// Keeps entries, durably, and for good the places that they took among the replies.
    pub(super) async fn keep(
        &self,
        account: &Account,
        entries: Vec<Entry>,
        claims: Vec<Claim>,
    ) -> Result<(), Refusal> {
        if claims.is_empty() {
            return self.take_over(account.name(), entries).await;
        }
        let (desk, account) = (self.clone(), account.name().clone());
        // A caller that hangs up must not free a place that the store may still take for good.
        let done = tokio::spawn(async move {
            let kept = desk.take_over(&account, entries).await;
            if kept.is_ok() {
                claims.into_iter().for_each(Claim::keep);
            }
            kept
        });
        done.await.unwrap_or(Err(Refusal::Unavailable))
    }

    async fn take_over(&self, account: &LinkName, entries: Vec<Entry>) -> Result<(), Refusal> {
        let count = entries.len();
        let since = Instant::now();
        let kept = self.intake.accept(entries).await;
        let outlet = self.outlets.of(account);
        match kept {
            Ok(()) => {
                outlet.metrics().accepted_in(since.elapsed());
                outlet.metrics().received.inc_by(count as u64);
            }
            Err(_) => {
                outlet.metrics().refused.inc_by(count as u64);
            }
        }
        kept
    }

    pub(super) fn count_refused(&self, account: &Account, count: usize) {
        if count > 0 {
            self.outlets.of(account.name()).metrics().refused.inc_by(count as u64);
        }
    }
}

/// What a caller wants carried, as it was handed in at `now`, with what became of characters of its text.
pub(super) fn translated(
    account: &Account,
    message: MessageRequest,
    now: Timestamp,
) -> Result<(Submission, Vec<Substitution>), Problem> {
    let wish = message.transliterate;
    let submission = translate::submission(message, Sender::of(account), now)?;
    Ok(transliterated(account, submission, wish))
}

/// The same in the GSM alphabet if it can be and is wanted, and what became of characters of its text.
pub(super) fn transliterated(
    account: &Account,
    mut submission: Submission,
    wish: Option<bool>,
) -> (Submission, Vec<Substitution>) {
    let is_wanted = wish.unwrap_or(account.config().transliterate);
    let substitutions = if is_wanted { transliterate(&mut submission) } else { Vec::new() };
    (submission, substitutions)
}

/// The answer to a request for one message that was taken over.
pub(super) fn one_accepted(accepted: Accepted) -> Response {
    let location = format!("/v1/messages/{}", accepted.id());
    (StatusCode::ACCEPTED, [(header::LOCATION, location)], Json(accepted)).into_response()
}

/// The id in a path; what is none is like one that does not exist.
pub(super) fn named(id: Result<Path<String>, PathRejection>) -> Result<MessageId, Problem> {
    id.ok().and_then(|Path(id)| id.parse().ok()).ok_or_else(Problem::no_such_message)
}

/// A browser sends other types without asking, from any page that its user looks at.
pub(super) fn check_is_json(headers: &HeaderMap) -> Result<(), Problem> {
    check_type(headers, "application/json")
}

pub(super) fn check_type(headers: &HeaderMap, wanted: &str) -> Result<(), Problem> {
    let essence = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .map(|value| value.split(';').next().unwrap_or_default().trim());
    let is_wanted = essence.is_some_and(|essence| essence.eq_ignore_ascii_case(wanted));
    if is_wanted && is_plain(headers) {
        return Ok(());
    }
    let detail = format!("the body must be {wanted}, as it is or with Content-Encoding: gzip");
    Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail))
}

/// Whether the body is as it is meant, undone by now or never coded.
fn is_plain(headers: &HeaderMap) -> bool {
    // RFC 9110, 8.4.1: identity is no coding, though nobody should say it here.
    headers
        .get_all(header::CONTENT_ENCODING)
        .iter()
        .all(|coding| coding.as_bytes().eq_ignore_ascii_case(b"identity"))
}

/// The body, if it is small enough and comes in time.
pub(super) async fn read(body: Body) -> Result<Bytes, Problem> {
    read_up_to(BODY_OCTETS_MAX, body).await
}

/// The messages in a body. Other calls do not wait until a long one is read.
pub(super) async fn batch_of(body: &Bytes) -> Result<Batch, Problem> {
    if body.len() <= READ_AT_ONCE_OCTETS_MAX {
        return translate::batch(body);
    }
    let body = body.clone();
    let read = tokio::task::spawn_blocking(move || translate::batch(&body)).await;
    read.unwrap_or_else(|_| Err(Refusal::Unavailable.into()))
}

pub(super) async fn read_up_to(octets_max: usize, body: Body) -> Result<Bytes, Problem> {
    // Who asks whether to go on (Expect, RFC 9110, 10.1.1) is told so when the first octet is waited for.
    if body.size_hint().lower() > octets_max as u64 {
        return Err(too_large(octets_max));
    }
    let mut body = pin!(collected(octets_max, body));
    // Most have come with the head. A clock is large, and is not carried along for nothing.
    if let Some(read) = body.as_mut().now_or_never() {
        return read;
    }
    Box::pin(tokio::time::timeout(BODY_TIMEOUT, body)).await.unwrap_or_else(|_| {
        let detail = "the body did not come in time";
        Err(Problem::new(StatusCode::REQUEST_TIMEOUT, "body_timeout", detail))
    })
}

/// All octets in one piece: each of the pieces that they come in takes more memory than it has octets.
async fn collected(octets_max: usize, mut body: Body) -> Result<Bytes, Problem> {
    let mut whole = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(broken)?.into_data() else { continue };
        if whole.len() + data.len() > octets_max {
            return Err(too_large(octets_max));
        }
        let rest = usize::try_from(body.size_hint().lower()).unwrap_or(octets_max);
        whole.reserve(data.len() + rest.min(octets_max));
        whole.extend_from_slice(&data);
    }
    Ok(whole.freeze())
}

fn broken(error: axum::Error) -> Problem {
    if bodies::is_no_room(&error) {
        return bodies::no_room();
    }
    Problem::new(StatusCode::BAD_REQUEST, "broken_body", "the body broke off")
}

pub(super) fn too_large(octets_max: usize) -> Problem {
    let detail = format!("the body has more than {} KiB", octets_max >> 10);
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", detail)
}

/// The most octets of a body.
pub(super) const BODY_OCTETS_MAX: usize = 4 << 20;
/// So many messages are admitted before other calls have a turn.
const ADMITTED_AT_ONCE: usize = 64;
/// Less than a millisecond's worth.
const READ_AT_ONCE_OCTETS_MAX: usize = 64 << 10;
const BODY_TIMEOUT: Duration = Duration::from_secs(30);
