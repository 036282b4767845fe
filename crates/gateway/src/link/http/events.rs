//! What happens to messages, told while it happens: server-sent events (WHATWG HTML, section 9.2).

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use store::{Happening, Seen, Watch};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, sleep_until};

use super::caller::Shown;
use super::desk::Desk;
use super::lasting::Lasting;
use super::problem::Problem;
use super::translate;
use crate::account::Account;
use crate::config::Scope;

/// `GET /v1/events`: what happens to the caller's messages from now on, until it leaves or we stop, or for as long as it
/// asks for.
pub(super) async fn follow(
    State(desk): State<Desk>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    shown: Option<Shown>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Problem> {
    let account = desk.caller(peer, shown, Scope::Read).await?;
    let (wanted, time) = translate::events_query(&uri)?;
    let place = account.listen().ok_or_else(too_many_listeners)?;
    let links = desk.directory.load().seen_by(account.name());
    let follower = Follower {
        watch: desk.store.watch(&links, Box::new(move |happening| wanted.has(happening))),
        greeting: Some(translate::greeting(&headers)),
        until: time.map(|time| Instant::now() + time),
        count: 0,
        account,
        desk,
        _place: place,
    };
    let events = stream::unfold(follower, async |mut follower| {
        let event = follower.next().await?;
        Some((Ok::<_, Infallible>(event), follower))
    });
    let events = Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE));
    let mut response = events.into_response();
    response.headers_mut().insert(BUFFERING, HeaderValue::from_static("no"));
    response.extensions_mut().insert(Lasting);
    Ok(response)
}

/// One who follows what happens.
struct Follower {
    watch: Watch,
    /// What it is told first, so that it knows that it is heard.
    greeting: Option<Event>,
    /// When it has heard enough, if it said so.
    until: Option<Instant>,
    /// Events so far.
    count: u64,
    account: Arc<Account>,
    desk: Desk,
    _place: OwnedSemaphorePermit,
}

impl Follower {
    /// Waits for the next event; `None` is the end.
    async fn next(&mut self) -> Option<Event> {
        if let Some(greeting) = self.greeting.take() {
            return Some(greeting);
        }
        loop {
            let seen = tokio::select! {
                biased;
                () = self.desk.stop.cancelled() => return None,
                () = self.account.revoked() => return None,
                () = over(self.until) => return None,
                seen = self.watch.next() => seen,
            };
            match seen {
                Seen::Missed(count) => return Some(translate::missed(count)),
                Seen::Happened(happening) if self.may_see(&happening) => {
                    self.count += 1;
                    return Some(translate::happened(&happening, self.count));
                }
                Seen::Happened(_) => {}
            }
        }
    }

    /// Whether it is the account's still: an application may have been given to another since.
    fn may_see(&self, happening: &Happening) -> bool {
        let ends = [&happening.subject.origin, &happening.subject.target];
        ends.contains(&self.account.name()) || {
            let seen = self.desk.directory.load().seen_by(self.account.name());
            ends.into_iter().any(|end| seen.contains(end))
        }
    }
}

/// Waits until then; without a time, for ever.
async fn over(until: Option<Instant>) {
    match until {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}

fn too_many_listeners() -> Problem {
    let detail = "as many follow the events of the account as may";
    Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_listeners", detail).retry_after(RETRY_S)
}

/// After so long without an event a comment shows that the connection is alive.
pub(super) const KEEP_ALIVE: Duration = Duration::from_secs(15);
const RETRY_S: u32 = 30;
/// By this nginx passes on what comes at once.
const BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");
