//! The inbox over HTTP: fetch what is told to an account, acknowledge it.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Json;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use prometheus_client::metrics::gauge::Gauge;
use store::{Cause, Lease};

use super::caller;
use super::desk::Desk;
use super::messages::{check_is_json, read};
use super::problem::Problem;
use super::reason::{reasons, told};
use super::translate;
use crate::account::Account;
use crate::clock;
use crate::config::Scope;
use crate::dispatch::Outlet;
use crate::inbox::{EventId, Inbox, taken_over};

/// How much is fetched, and for how long.
pub(super) struct Fetch {
    /// The most items.
    pub(super) limit: usize,
    /// How long to wait for the first.
    pub(super) wait: Duration,
    /// How long they are nobody else's.
    pub(super) lease: Duration,
}

/// Somebody who fetches, and is counted as a session while it does.
struct Fetching(Gauge);

/// Items as they are shown, in a page of their own.
#[derive(Default)]
struct Shown {
    items: Vec<Vec<u8>>,
    octets: usize,
}

/// `GET /v1/inbox`: the oldest items that nobody is lent, once there are any.
pub(super) async fn fetch(
    State(desk): State<Desk>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    shown: Option<caller::Shown>,
    uri: Uri,
) -> Result<Response, Problem> {
    let account = desk.caller(peer, shown, Scope::Inbox).await?;
    let fetch = translate::inbox_query(&uri)?;
    let inbox = inbox_of(&account)?;
    let room = inbox.room(fetch.limit).ok_or_else(too_much_lent)?;
    let outlet = desk.outlets.of(account.name());
    let _fetching = Fetching::begin(&outlet);
    let shown = tokio::select! {
        shown = next_items(&desk, &outlet, inbox, room.items, fetch.lease) => shown,
        () = tokio::time::sleep(fetch.wait.max(WAIT_MIN)) => Shown::default(),
        () = account.revoked() => Shown::default(),
        () = desk.stop.cancelled() => Shown::default(),
    };
    Ok(([(header::CONTENT_TYPE, "application/json")], shown.page()).into_response())
}

/// `POST /v1/inbox/ack`: the caller has the items with these names.
///
/// Answers 200 only when none of them would come again after a power cut.
pub(super) async fn acknowledge(
    State(desk): State<Desk>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    shown: Option<caller::Shown>,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let account = desk.caller(peer, shown, Scope::Inbox).await?;
    let inbox = inbox_of(&account)?;
    check_is_json(&parts.headers)?;
    let ids: HashSet<EventId> = translate::acknowledgement(&read(body).await?)?;
    let named = ids.len();
    let unknown = inbox.acknowledge(&desk.outlets.of(account.name()), ids).await?;
    Ok(Json(translate::acknowledged(named - unknown.len(), &unknown)).into_response())
}

fn inbox_of(account: &Account) -> Result<&Inbox, Problem> {
    let detail = "the account has no inbox: inbox = true in the configuration gives it one";
    let none = || Problem::new(StatusCode::NOT_FOUND, "no_inbox", detail);
    account.inbox().map(|inbox| &**inbox).ok_or_else(none)
}

fn too_much_lent() -> Problem {
    let detail = "too much is lent that was not acknowledged";
    Problem::new(StatusCode::TOO_MANY_REQUESTS, "inbox_lent_out", detail).retry_after(RETRY_S)
}

/// Waits for items; they are lent when this returns.
async fn next_items(desk: &Desk, outlet: &Outlet, inbox: &Inbox, room: usize, lease: Duration) -> Shown {
    loop {
        let leases = outlet.take(room).await;
        let reasons = reasons(&*desk.store, leases.iter().map(told).collect()).await;
        let shown = lend(outlet, inbox, leases.into_iter().zip(reasons), lease);
        if !shown.items.is_empty() {
            return shown;
        }
    }
}

/// Lends as many items as a page has room for, each with the reason that it tells; the rest goes back.
fn lend(
    outlet: &Outlet,
    inbox: &Inbox,
    leases: impl Iterator<Item = (Lease, Option<Cause>)>,
    lease_time: Duration,
) -> Shown {
    let until = clock::now() + lease_time;
    let mut shown = Shown::default();
    let mut taken = Vec::new();
    for (lease, reason) in leases {
        if shown.octets >= PAGE_OCTETS {
            break;
        }
        let Some(item) = translate::inbox_item(&lease, reason.as_ref()) else {
            // A message is shown whole with its first segment.
            taken.push(taken_over(lease));
            continue;
        };
        if inbox.lend(lease, item.len(), until) {
            shown.add(item);
        }
    }
    outlet.settle(taken);
    shown
}

impl Fetching {
    fn begin(outlet: &Outlet) -> Self {
        let sessions = outlet.metrics().sessions.clone();
        sessions.inc();
        Self(sessions)
    }
}

impl Drop for Fetching {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Shown {
    fn add(&mut self, item: Vec<u8>) {
        self.octets += item.len() + 1;
        self.items.push(item);
    }

    fn page(self) -> Vec<u8> {
        let mut page = Vec::with_capacity(self.octets + 16);
        page.extend_from_slice(b"{\"items\":[");
        page.extend_from_slice(&self.items.join(&b','));
        page.extend_from_slice(b"]}");
        page
    }
}

/// With so many octets a page is full.
const PAGE_OCTETS: usize = 1 << 20;
/// So long even those wait who will not: the store needs a moment to answer.
const WAIT_MIN: Duration = Duration::from_millis(250);
const RETRY_S: u32 = 1;
