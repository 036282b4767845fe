//! Requests that may be repeated: `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header).
//!
//! The messages of a request with a key have ids that follow from account, key and day, and the first of them
//! carries what became of all. So the key is durable in the very commit that takes the messages over, and a
//! repetition finds them by id: nothing is kept beside the messages, and nothing in memory but keys in work.

mod in_work;
mod key;
mod outcome;

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use sms::{Address, LinkName, MessageId, Timestamp};
use store::{Entry, Record};

use self::key::{DAY_S, Day};
use self::outcome::{Outcome, REFUSALS};
use super::bodies;
use super::desk::Desk;
use super::messages::{batch_of, one_accepted, translated};
use super::problem::Problem;
use super::translate::{self, Accepted, Batch, MessageRequest, Receipts};
use crate::account::Account;
use crate::attributes::{Attributes, KeyedRequest};
use crate::refusal::Refusal;

pub(crate) use self::in_work::KeysInWork;
pub(super) use self::key::{KEY_PATTERN, Key};

/// A request with a key that is done for the first time.
pub(super) struct Once {
    key: Key,
    day: Day,
    account: LinkName,
    request: KeyedRequest,
    accepted: u32,
}

impl Once {
    fn new(key: Key, account: LinkName, content: [u8; 32], now: Timestamp) -> Self {
        let request = KeyedRequest { content, results: Vec::new() };
        Self { key, day: Day::of(now), account, request, accepted: 0 }
    }

    /// The id of the next message, should it be accepted.
    pub(super) fn next_id(&self) -> MessageId {
        self.key.id(self.day, self.accepted)
    }

    /// Notes that the next message is to be kept.
    pub(super) fn accepted(&mut self, entry: &Entry) {
        self.accepted += 1;
        self.request.results.push(Outcome::Accepted(entry.message.parts.len()).octet());
    }

    /// Notes that the next message is refused.
    pub(super) fn refused(&mut self, problem: &Problem) {
        let is_it = |refusal: &&Refusal| {
            let known = Problem::from(Refusal::clone(refusal));
            known.code() == problem.code() && known.detail() == problem.detail()
        };
        let outcome = REFUSALS.iter().find(is_it).map_or(Outcome::Invalid, Outcome::Refused);
        self.request.results.push(outcome.octet());
    }

    /// Gives what was noted to the first message, so that it is kept with it.
    pub(super) fn attach(&mut self, entries: &mut [Entry]) {
        let Some(first) = entries.first_mut() else { return };
        let message = Arc::make_mut(&mut first.message);
        let said = message.attached.as_deref().map(Attributes::readable).unwrap_or_default();
        let attributes = Attributes { keyed: Some(self.request.clone()), ..said };
        message.attached = attributes.attached(&self.account);
    }
}

impl Desk {
    /// Takes over what `body` holds, or answers as before if that was done within [`WINDOW`].
    pub(super) async fn submit_once(
        &self,
        account: Arc<Account>,
        key: Key,
        body: Bytes,
    ) -> Result<Response, Problem> {
        let (desk, name) = (self.clone(), account.name().clone());
        self.holding(&name, key, async move { desk.first_or_again(account, key, &body).await }).await
    }

    /// The same for one message, of which a request says no more than `content`.
    pub(super) async fn submit_one_once(
        &self,
        account: Arc<Account>,
        key: Key,
        content: &[u8],
        message: MessageRequest,
    ) -> Result<Sent, Problem> {
        let content = Sha256::digest(content).into();
        let (desk, name) = (self.clone(), account.name().clone());
        let work = async move { desk.one_first_or_again(account, key, content, message).await };
        self.holding(&name, key, work).await
    }

    /// Does something while nobody else may with this key.
    async fn holding<T: Send + 'static>(
        &self,
        account: &LinkName,
        key: Key,
        work: impl Future<Output = Result<T, Problem>> + Send + 'static,
    ) -> Result<T, Problem> {
        let (in_work, share) = (self.keys.begin(account, key)?, bodies::share());
        // A caller that hangs up must not free its key while the store may still take the messages over.
        let done = tokio::spawn(async move {
            let answer = work.await;
            drop((in_work, share));
            answer
        });
        done.await.unwrap_or_else(|_| Err(Refusal::Unavailable.into()))
    }

    async fn first_or_again(
        &self,
        account: Arc<Account>,
        key: Key,
        body: &Bytes,
    ) -> Result<Response, Problem> {
        let content = Sha256::digest(body).into();
        let now = self.intake.clock().wall();
        let Some(done) = self.done(key, content, now).await? else {
            let mut once = Once::new(key, account.name().clone(), content, now);
            return self.submit(account, batch_of(body).await?, Some(&mut once)).await;
        };
        let again = Again::of(&done, &account, key);
        let mut response = self.answer_again(again, batch_of(body).await?, &done.results).await?;
        response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
        Ok(response)
    }

    async fn one_first_or_again(
        &self,
        account: Arc<Account>,
        key: Key,
        content: [u8; 32],
        message: MessageRequest,
    ) -> Result<Sent, Problem> {
        let now = self.intake.clock().wall();
        let Some(done) = self.done(key, content, now).await? else {
            let mut once = Once::new(key, account.name().clone(), content, now);
            return self.submit_one(account, message, Some(&mut once)).await.map(Sent::first);
        };
        let octet = *done.results.first().ok_or(Refusal::Unavailable)?;
        let accepted = self.result_again(&mut Again::of(&done, &account, key), message, octet).await?;
        Ok(Sent { accepted, is_replayed: true })
    }

    /// The request with this key that was done within [`WINDOW`], if it had this content.
    async fn done(&self, key: Key, content: [u8; 32], now: Timestamp) -> Result<Option<Done>, Problem> {
        let Some((day, first)) = self.earlier(key, now).await? else { return Ok(None) };
        let attributes = first.attached.as_deref().map(Attributes::readable).unwrap_or_default();
        let request = attributes.keyed.ok_or(Refusal::Unavailable)?;
        if request.content != content {
            let detail = "the key was used for a request with another body";
            let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused", detail);
            return Err(problem.in_field("Idempotency-Key"));
        }
        Ok(Some(Done { day, accepted_at: first.accepted_at, results: request.results }))
    }

    /// The first message of the last request with this key, if that is still in the window.
    async fn earlier(&self, key: Key, now: Timestamp) -> Result<Option<(Day, Record)>, Problem> {
        for day in Day::in_window(now) {
            let found = self.store.find(key.id(day, 0)).await?;
            if let Some(record) = found.filter(|record| now.since(record.accepted_at) < WINDOW) {
                return Ok(Some((day, record)));
            }
        }
        Ok(None)
    }

    async fn answer_again(
        &self,
        mut again: Again<'_>,
        batch: Batch,
        results: &[u8],
    ) -> Result<Response, Problem> {
        let messages = match batch {
            Batch::One(message) => {
                let octet = *results.first().ok_or(Refusal::Unavailable)?;
                return Ok(one_accepted(self.result_again(&mut again, *message, octet).await?));
            }
            Batch::Many(messages) => messages,
        };
        let mut receipts = Receipts::with_capacity(messages.len());
        for (message, &octet) in messages.into_iter().zip(results) {
            let to = message.to.number().to_owned();
            match self.result_again(&mut again, message, octet).await {
                Ok(accepted) => receipts.accepted(accepted),
                Err(problem) => receipts.refused(to, problem),
            }
        }
        Ok((StatusCode::ACCEPTED, Json(receipts)).into_response())
    }

    /// What was said of one message.
    async fn result_again(
        &self,
        again: &mut Again<'_>,
        message: MessageRequest,
        octet: u8,
    ) -> Result<Accepted, Problem> {
        let segments = match Outcome::of(octet) {
            Outcome::Accepted(segments) => segments,
            Outcome::Refused(refusal) => {
                return Err(translate::unfit(refusal.clone(), message.content_field()));
            }
            Outcome::Invalid => return Err(again.why_invalid(message)),
        };
        let id = again.next_id();
        let segments = match segments {
            0 => self.store.find(id).await?.map_or(0, |record| usize::from(record.segments)),
            segments => segments,
        };
        let to = Address::number(message.to.number().as_bytes()).unwrap_or_default().text();
        let translated = translated(again.account, message, again.accepted_at);
        let substitutions = translated.map(|(_, substitutions)| substitutions).unwrap_or_default();
        Ok(translate::accepted_as(id, segments, to, substitutions))
    }
}

/// One message that was taken over, now or when its request came first.
pub(super) struct Sent {
    pub(super) accepted: Accepted,
    is_replayed: bool,
}

impl Sent {
    /// One that was taken over now.
    pub(super) fn first(accepted: Accepted) -> Self {
        Self { accepted, is_replayed: false }
    }
}

impl IntoResponse for Sent {
    fn into_response(self) -> Response {
        let mut response = one_accepted(self.accepted);
        if self.is_replayed {
            response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
        }
        response
    }
}

/// A request with a key that was done.
struct Done {
    day: Day,
    accepted_at: Timestamp,
    results: Vec<u8>,
}

/// A request with a key that was done at `accepted_at`, and is answered again.
struct Again<'a> {
    account: &'a Account,
    key: Key,
    day: Day,
    accepted_at: Timestamp,
    accepted: u32,
}

impl<'a> Again<'a> {
    fn of(done: &Done, account: &'a Account, key: Key) -> Self {
        Self { account, key, day: done.day, accepted_at: done.accepted_at, accepted: 0 }
    }

    fn next_id(&mut self) -> MessageId {
        let id = self.key.id(self.day, self.accepted);
        self.accepted += 1;
        id
    }

    fn why_invalid(&self, message: MessageRequest) -> Problem {
        let changed = |_| {
            let detail = "it was refused before the configuration was changed";
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "bad_value", detail)
        };
        translated(self.account, message, self.accepted_at).map_or_else(std::convert::identity, changed)
    }
}

const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
/// How long a key is remembered. Ids have the day in them, so that of the same key on the next day are others.
const WINDOW: Duration = Duration::from_secs(DAY_S);
