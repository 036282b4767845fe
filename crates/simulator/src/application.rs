//! A content provider: it is called by HTTP with what handsets send, and answers. It can also be told
//! receipts.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::Every;

/// How a content provider behaves. The default knows a game and repeats everything else.
#[derive(Clone)]
pub struct ApplicationConfig {
    /// Where it listens; port 0 is any free one. Default a free port of 127.0.0.1.
    pub listen: SocketAddr,
    /// Its answers; the first that fits counts.
    pub replies: Vec<Reply>,
    /// Its answer to everything else, `{text}` being what it was sent; `None` is no answer.
    pub otherwise: Option<String>,
    /// Its answers in code, instead of those above; `None` of it is no answer.
    pub answer: Option<Answer>,
    /// How long it thinks.
    pub delay: Duration,
    /// Which calls fail, counted from 1.
    pub fail: Every,
    /// The HTTP status that they fail with. Default 500.
    pub fail_status: u16,
    /// How many calls are kept, the newest. Default 10,000.
    pub calls_max: usize,
}

/// What answers a call; `None` is no answer.
pub type Answer = Arc<dyn Fn(&Call) -> Option<String> + Send + Sync>;

/// An answer to texts that begin in a certain way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// How the text begins, in any case; words must be whole.
    pub keyword: String,
    /// The answer, `{text}` being what it was sent.
    pub text: String,
}

impl Default for ApplicationConfig {
    fn default() -> Self {
        let reply = |keyword: &str, text: &str| Reply { keyword: keyword.to_owned(), text: text.to_owned() };
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            replies: vec![
                reply("GAME JOIN", "Welcome to the game. Send GAME STOP to leave."),
                reply("GAME STOP", "You left the game."),
            ],
            otherwise: Some("You wrote: {text}".to_owned()),
            answer: None,
            delay: Duration::ZERO,
            fail: Every::NEVER,
            fail_status: 500,
            calls_max: 10_000,
        }
    }
}

/// A call, or one event of a call that tells several in a JSON array.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Call {
    /// The caller's id of the message, the same when it calls again.
    pub id: String,
    /// Who sent the message.
    pub from: String,
    /// The number or short code that it was sent to.
    pub to: String,
    /// The text.
    pub text: String,
    /// All fields of the form, query or JSON object, these four too; what is no text is shown as JSON.
    pub fields: BTreeMap<String, String>,
    /// All headers of which the value is text.
    pub headers: BTreeMap<String, String>,
}

impl Call {
    fn new(fields: BTreeMap<String, String>, headers: &HeaderMap) -> Self {
        let field = |name: &str| fields.get(name).cloned().unwrap_or_default();
        let headers = headers.iter();
        Self {
            id: field("id"),
            from: field("from"),
            to: field("to"),
            text: field("text"),
            headers: headers
                .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())))
                .collect(),
            fields,
        }
    }
}

/// Hides the text.
impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("id", &self.id)
            .field("from", &self.from)
            .field("to", &self.to)
            .finish_non_exhaustive()
    }
}

/// A content provider that runs until it is stopped or dropped.
pub struct Application {
    desk: Arc<Desk>,
    address: SocketAddr,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Application {
    /// Starts it; it listens when this returns.
    ///
    /// # Errors
    /// The address cannot be listened at.
    pub async fn start(config: ApplicationConfig) -> io::Result<Self> {
        let listener = TcpListener::bind(config.listen).await?;
        let address = listener.local_addr()?;
        let desk = Arc::new(Desk::new(config));
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let router = Router::new()
            .fallback(any(called))
            .layer(DefaultBodyLimit::max(BODY_OCTETS_MAX))
            .with_state(desk.clone());
        let stopped = stop.clone().cancelled_owned();
        tasks.spawn(async move {
            if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(stopped).await {
                tracing::error!(%error, "the simulated application ended");
            }
        });
        tasks.close();
        Ok(Self { desk, address, stop, tasks })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where to call it; any path will do.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/mo", self.address)
    }

    /// The calls that are kept, oldest first, those that failed too.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.desk.lock().calls.iter().cloned().collect()
    }

    /// How many calls there were.
    #[must_use]
    pub fn call_count(&self) -> u64 {
        self.desk.count.load(Ordering::Relaxed)
    }

    /// The next call that this was not asked for yet, or `None` if none comes within that time.
    pub async fn next_call(&self, within: Duration) -> Option<Call> {
        timeout(within, self.desk.next()).await.ok()
    }

    /// Answers what it has been asked and returns when it is over, or after some seconds.
    pub async fn stop(self) {
        self.stop.cancel();
        // A caller that holds its connection open has no claim to more.
        let _ = timeout(STOP_TIMEOUT, self.tasks.wait()).await;
    }
}

impl Drop for Application {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// What the calls share.
struct Desk {
    config: ApplicationConfig,
    count: AtomicU64,
    calls: Mutex<Calls>,
    arrived: Notify,
}

#[derive(Default)]
struct Calls {
    calls: VecDeque<Call>,
    /// How many of the newest nobody has asked for yet.
    unread: usize,
}

impl Desk {
    fn new(config: ApplicationConfig) -> Self {
        Self { config, count: AtomicU64::new(0), calls: Mutex::default(), arrived: Notify::new() }
    }

    /// Keeps a call, and returns its place among all, from 1.
    fn record(&self, call: Call) -> u64 {
        let mut calls = self.lock();
        let max = self.config.calls_max.max(1);
        if calls.calls.len() >= max {
            calls.calls.pop_front();
        }
        calls.calls.push_back(call);
        calls.unread = (calls.unread + 1).min(max);
        let count = self.count.fetch_add(1, Ordering::Relaxed) + 1;
        drop(calls);
        self.arrived.notify_waiters();
        count
    }

    async fn next(&self) -> Call {
        loop {
            let arrived = self.arrived.notified();
            if let Some(call) = self.lock().take() {
                return call;
            }
            arrived.await;
        }
    }

    fn reply(&self, call: &Call) -> Option<String> {
        let config = &self.config;
        if let Some(answer) = &config.answer {
            return answer(call);
        }
        let reply = config.replies.iter().find(|reply| begins_with(&call.text, &reply.keyword));
        let text = reply.map(|reply| &reply.text).or(config.otherwise.as_ref());
        text.map(|text| text.replace("{text}", &call.text))
    }

    fn lock(&self) -> MutexGuard<'_, Calls> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Calls {
    fn take(&mut self) -> Option<Call> {
        let first = self.calls.len().checked_sub(self.unread)?;
        let call = self.calls.get(first)?.clone();
        self.unread -= 1;
        Some(call)
    }
}

async fn called(State(desk): State<Arc<Desk>>, headers: HeaderMap, uri: Uri, body: Bytes) -> Response {
    let Some(events) = events(&headers, &uri, &body) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let (mut reply, mut count) = (None, 0);
    for fields in events {
        let is_receipt = fields.get("event").is_some_and(|event| event == "receipt");
        let call = Call::new(fields, &headers);
        reply = if is_receipt { None } else { desk.reply(&call) };
        count = desk.record(call);
    }
    tokio::time::sleep(desk.config.delay).await;
    if desk.config.fail.hits(count) {
        return StatusCode::from_u16(desk.config.fail_status)
            .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
            .into_response();
    }
    match reply {
        Some(text) => text.into_response(),
        None => StatusCode::NO_CONTENT.into_response(),
    }
}

/// The fields of what a call tells: one event, or as many as its JSON array has.
fn events(headers: &HeaderMap, uri: &Uri, body: &[u8]) -> Option<Vec<BTreeMap<String, String>>> {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if content_type.is_some_and(|value| value.starts_with("application/json")) {
        return match serde_json::from_slice(body).ok()? {
            Value::Array(events) => events.into_iter().map(fields).collect(),
            event => Some(vec![fields(event)?]),
        };
    }
    let form = if body.is_empty() { uri.query().unwrap_or_default().as_bytes() } else { body };
    Some(vec![form_urlencoded::parse(form).into_owned().collect()])
}

fn fields(event: Value) -> Option<BTreeMap<String, String>> {
    let Value::Object(fields) = event else { return None };
    let text = |value| if let Value::String(text) = value { text } else { value.to_string() };
    Some(fields.into_iter().map(|(name, value)| (name, text(value))).collect())
}

/// Whether the first words of a text are these, in any case.
fn begins_with(text: &str, keyword: &str) -> bool {
    let mut words = text.split_whitespace().map(str::to_uppercase);
    keyword.split_whitespace().all(|word| words.next() == Some(word.to_uppercase()))
}

/// The longest call.
const BODY_OCTETS_MAX: usize = 256 * 1024;
const STOP_TIMEOUT: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_are_whole_words_in_any_case() {
        assert!(begins_with("game  join me", "GAME JOIN"));
        assert!(begins_with("anything", ""));
        assert!(!begins_with("GAMES JOIN", "GAME"));
        assert!(!begins_with("GAME", "GAME JOIN"));
    }
}
