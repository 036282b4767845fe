//! Requests that may be repeated: `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header).
//!
//! The messages of a request with a key have ids that follow from account, key and day, and the first of them
//! carries what became of all. So the key is durable in the very commit that takes the messages over, and a
//! repetition finds them by id: nothing is kept beside the messages, and nothing in memory but keys in work.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use sms::{Address, LinkName, MessageId, Timestamp};
use store::{Entry, Record};

use super::bodies;
use super::desk::Desk;
use super::messages::{batch_of, one_accepted, translated};
use super::problem::Problem;
use super::translate::{self, Accepted, Batch, MessageRequest, Receipts};
use crate::account::Account;
use crate::attributes::{Attributes, KeyedRequest};
use crate::refusal::{NoReply, Refusal};

/// A key that an account gave to a request, as a digest of both.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Key([u8; 32]);

impl Key {
    /// The key that a request of `account` shows, if it does: a string of RFC 8941 section 3.3.3 or the same
    /// without its quotes, 1 to [`KEY_OCTETS_MAX`] octets.
    pub(super) fn shown(headers: &HeaderMap, account: &LinkName) -> Result<Option<Self>, Problem> {
        let mut values = headers.get_all(KEY).iter();
        let Some(value) = values.next() else { return Ok(None) };
        let key = if values.next().is_some() { None } else { key_of(value.as_bytes()) };
        key.map(|key| Some(Self::of(account, &key))).ok_or_else(|| {
            let detail =
                format!("one key of 1 to {KEY_OCTETS_MAX} printable ASCII characters, quoted or not");
            Problem::new(StatusCode::BAD_REQUEST, "bad_idempotency_key", detail).in_field("Idempotency-Key")
        })
    }

    fn of(account: &LinkName, key: &[u8]) -> Self {
        let account = account.as_str().as_bytes();
        let digest = Sha256::new().chain_update((account.len() as u64).to_le_bytes()).chain_update(account);
        Self(digest.chain_update(key).finalize().into())
    }

    /// The id of the `ordinal`th message, from 0, that is accepted with this key on `day`.
    fn id(self, day: Day, ordinal: u32) -> MessageId {
        let Day(seconds) = day;
        let digest = Sha256::new().chain_update(self.0).chain_update(seconds.to_be_bytes());
        let digest = digest.chain_update(ordinal.to_be_bytes()).finalize();
        let mut octets = [0; 16];
        octets[..4].copy_from_slice(&seconds.to_be_bytes());
        octets[4..].copy_from_slice(&digest[..12]);
        MessageId::from_octets(octets)
    }
}

/// The first second of a day in UTC: the instant in the ids of its messages.
#[derive(Clone, Copy)]
struct Day(u32);

impl Day {
    fn of(at: Timestamp) -> Self {
        let seconds = at.0 / 1000;
        Self(u32::try_from(seconds - seconds % DAY_S).unwrap_or(u32::MAX))
    }

    fn before(self) -> Self {
        Self(self.0.saturating_sub(DAY_S as u32))
    }

    fn after(self) -> Self {
        Self(self.0.saturating_add(DAY_S as u32))
    }

    /// The days, the latest first, on which a request may have come that is in the window at `now`: on the next,
    /// too, if the clock was set back since.
    fn in_window(now: Timestamp) -> impl Iterator<Item = Self> {
        let today = Self::of(now);
        let may_have_been_later = Self::of(now.plus(SET_BACK_MAX)).0 != today.0;
        let tomorrow = may_have_been_later.then(|| today.after());
        tomorrow.into_iter().chain([today, today.before()])
    }
}

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

/// What became of one message of a request.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Outcome<'a> {
    /// Accepted, with so many segments; with 0, the record says how many.
    Accepted(usize),
    Refused(&'a Refusal),
    /// Refused for its own values, which say why when they are read again.
    Invalid,
}

/// An outcome as it is kept, in one octet.
///
/// ```text
/// 0 accepted, with more than 239 segments    1 to 239 accepted, with so many segments
/// 240 to 254 refused, by the place in REFUSALS    255 refused for its own values
/// ```
impl Outcome<'_> {
    fn octet(self) -> u8 {
        match self {
            Self::Accepted(segments) => {
                u8::try_from(segments).ok().filter(|&octet| octet < FIRST_REFUSAL).unwrap_or(0)
            }
            Self::Refused(refusal) => {
                let place = REFUSALS.iter().position(|known| known == refusal);
                place.map_or(INVALID, |place| FIRST_REFUSAL + place as u8)
            }
            Self::Invalid => INVALID,
        }
    }

    fn of(octet: u8) -> Self {
        match octet.checked_sub(FIRST_REFUSAL) {
            None => Self::Accepted(usize::from(octet)),
            Some(place) => REFUSALS.get(usize::from(place)).map_or(Self::Invalid, Outcome::Refused),
        }
    }
}

/// The keys of requests that have no answer yet.
#[derive(Clone, Default)]
pub(crate) struct KeysInWork(Arc<Mutex<Keys>>);

#[derive(Default)]
struct Keys {
    all: HashSet<Key>,
    /// How many are an account's; none that has none is here.
    of_one: HashMap<LinkName, usize>,
}

impl KeysInWork {
    fn begin(&self, account: &LinkName, key: Key) -> Result<InWork, Problem> {
        let mut keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of_one = keys.of_one.get(account).copied().unwrap_or(0);
        if keys.all.len() >= IN_WORK_MAX || of_one >= IN_WORK_OF_ONE_MAX {
            return Err(Refusal::QueueFull.into());
        }
        if !keys.all.insert(key) {
            let detail = "a request with this key has no answer yet";
            let problem = Problem::new(StatusCode::CONFLICT, "idempotency_key_in_use", detail);
            return Err(problem.in_field("Idempotency-Key").retry_after(IN_USE_RETRY_S));
        }
        keys.of_one.insert(account.clone(), of_one + 1);
        Ok(InWork { keys: self.clone(), account: account.clone(), key })
    }
}

impl Keys {
    fn end(&mut self, account: &LinkName, key: &Key) {
        self.all.remove(key);
        if let Some(of_one) = self.of_one.get_mut(account) {
            *of_one = of_one.saturating_sub(1);
            if *of_one == 0 {
                self.of_one.remove(account);
            }
        }
    }
}

/// A key in work, until it is dropped.
struct InWork {
    keys: KeysInWork,
    account: LinkName,
    key: Key,
}

impl Drop for InWork {
    fn drop(&mut self) {
        self.keys.0.lock().unwrap_or_else(PoisonError::into_inner).end(&self.account, &self.key);
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

/// The key in the value of a header: between quotes with escapes, or as it stands.
fn key_of(value: &[u8]) -> Option<Vec<u8>> {
    let key = match value.strip_prefix(b"\"") {
        Some(quoted) => unescaped(quoted.strip_suffix(b"\"")?)?,
        None => {
            value.iter().all(|&octet| octet.is_ascii_graphic() && octet != b'"').then(|| value.to_vec())?
        }
    };
    (1..=KEY_OCTETS_MAX).contains(&key.len()).then_some(key)
}

/// What [`key_of`] takes, for people to read; the length is [`KEY_OCTETS_MAX`].
pub(super) const KEY_PATTERN: &str = r#"^(?:[!#-~]{1,64}|"(?:[ !#-\[\]-~]|\\["\\]){1,64}")$"#;

/// What stands between the quotes of a string (RFC 8941 section 4.2.5).
fn unescaped(quoted: &[u8]) -> Option<Vec<u8>> {
    let mut octets = quoted.iter();
    let mut key = Vec::new();
    while let Some(&octet) = octets.next() {
        match octet {
            b'\\' => key.push(*octets.next().filter(|octet| matches!(octet, b'"' | b'\\'))?),
            b'"' => return None,
            b' '..=b'~' => key.push(octet),
            _ => return None,
        }
    }
    Some(key)
}

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
/// The longest key, in octets.
const KEY_OCTETS_MAX: usize = 64;
const DAY_S: u64 = 24 * 3600;
/// How long a key is remembered. Ids have the day in them, so that of the same key on the next day are others.
const WINDOW: Duration = Duration::from_secs(DAY_S);
/// So much a clock may be set back over midnight, and keys are found all the same.
const SET_BACK_MAX: Duration = Duration::from_secs(6 * 3600);
/// Requests with a key at a time.
const IN_WORK_MAX: usize = 4096;
/// Those of one account.
const IN_WORK_OF_ONE_MAX: usize = IN_WORK_MAX / 4;
const IN_USE_RETRY_S: u32 = 1;

/// What messages are refused with, in the order of their octets on disk: never changed.
const REFUSALS: [Refusal; 15] = [
    Refusal::NoRoute,
    Refusal::SourceNotAllowed,
    Refusal::ProtocolNotAllowed,
    Refusal::BadDestination,
    Refusal::BadLength,
    Refusal::Expired,
    Refusal::Throttled,
    Refusal::QueueFull,
    Refusal::Unavailable,
    Refusal::NoReply(NoReply::Unknown),
    Refusal::NoReply(NoReply::Foreign),
    Refusal::NoReply(NoReply::OtherHandset),
    Refusal::NoReply(NoReply::OtherShortCode),
    Refusal::NoReply(NoReply::TooLate),
    Refusal::NoReply(NoReply::Answered),
];
const FIRST_REFUSAL: u8 = 240;
const INVALID: u8 = 255;
const _: () = assert!(FIRST_REFUSAL as usize + REFUSALS.len() <= INVALID as usize);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_with_its_quotes_and_without() {
        let cases: [(&[u8], Option<&[u8]>); 13] = [
            (b"8e03978e-40d5-43dd-bc93-6894a57f9324", Some(b"8e03978e-40d5-43dd-bc93-6894a57f9324")),
            (b"\"8e03978e\"", Some(b"8e03978e")),
            (b"\"a \\\"b\\\\\"", Some(b"a \"b\\")),
            (&[b'x'; 64], Some(&[b'x'; 64])),
            (&[b'x'; 65], None),
            (b"", None),
            (b"\"\"", None),
            (b"\"", None),
            (b"\"a", None),
            (b"a b", None),
            (b"\"a\";p=1", None),
            (b"\"a\\\"", None),
            (b"\"\xc3\xa9\"", None),
        ];
        for (value, key) in cases {
            assert_eq!(key_of(value).as_deref(), key, "{}", value.escape_ascii());
        }
    }

    #[test]
    fn outcomes_are_read_as_they_were_kept() {
        for octet in 0..=u8::MAX {
            assert_eq!(Outcome::of(octet).octet(), octet);
        }
        assert_eq!(Outcome::Accepted(240).octet(), 0);
    }

    #[test]
    fn ids_differ_by_account_key_day_and_place() {
        let key = |account: &str, key: &str| Key::of(&LinkName::from(account), key.as_bytes());
        let at = Timestamp(1_767_225_600_000 + 5);
        let (today, before) = (Day::of(at), Day::of(at).before());
        let ids = [
            key("bank", "1").id(today, 0),
            key("bank", "1").id(today, 1),
            key("bank", "1").id(before, 0),
            key("bank", "2").id(today, 0),
            key("ban", "k1").id(today, 0),
        ];
        assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len());
        assert_eq!(ids[0], key("bank", "1").id(Day::of(Timestamp(at.0 + 86_399_000)), 0));
        assert_eq!(ids[0].accepted_at(), Timestamp(1_767_225_600_000));
        assert_eq!(ids[2].accepted_at(), Timestamp(1_767_139_200_000));
    }

    fn key_of_account(account: &LinkName, number: usize) -> Key {
        Key::of(account, number.to_string().as_bytes())
    }

    #[test]
    fn a_key_is_in_work_until_it_is_dropped() {
        let (keys, bank) = (KeysInWork::default(), LinkName::from("bank"));
        let begin = |number| keys.begin(&bank, key_of_account(&bank, number));
        let first = begin(1);
        assert!(first.is_ok() && begin(2).is_ok());
        assert_eq!(begin(1).err().map(|problem| problem.status()), Some(StatusCode::CONFLICT));
        drop(first);
        assert!(begin(1).is_ok());
        assert!(keys.0.lock().unwrap_or_else(PoisonError::into_inner).of_one.is_empty());
    }

    #[test]
    fn an_account_has_its_share_of_keys_in_work_and_leaves_others_theirs() {
        let keys = KeysInWork::default();
        let (bank, shop) = (LinkName::from("bank"), LinkName::from("shop"));
        let begin = |account, number| keys.begin(account, key_of_account(account, number));
        let mut held: Vec<_> = (0..IN_WORK_OF_ONE_MAX).map(|number| begin(&bank, number)).collect();
        assert!(held.iter().all(Result::is_ok));
        let more = begin(&bank, IN_WORK_OF_ONE_MAX).err();
        assert_eq!(more.map(|problem| problem.status()), Some(StatusCode::SERVICE_UNAVAILABLE));
        assert!(begin(&shop, 0).is_ok());
        held.pop();
        assert!(begin(&bank, IN_WORK_OF_ONE_MAX).is_ok());
    }
}
