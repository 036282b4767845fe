//! Dead letters: what could not be told by HTTP waits here for somebody to look at it.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{ConnectInfo, Path, Request, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use sms::{LinkName, MessageId, State as Final};
use store::{Cause, Lease, Outcome, Settlement};

use super::caller;
use super::desk::Desk;
use super::messages::read;
use super::problem::Problem;
use super::translate::{self, DeadLetter};
use crate::account::Account;
use crate::config::Scope;

/// The shelf of a link: see [`store::Store::shelve`].
pub(crate) fn shelf_of(link: &LinkName) -> LinkName {
    LinkName::from(format!("{link}{SHELF_SUFFIX}"))
}

/// What was found on the shelf of a link.
struct Shelved {
    link: LinkName,
    leases: Vec<Lease>,
}

/// `GET /v1/dead-letters`: those of the caller's callback or inbox and of its applications, oldest first.
pub(super) async fn list(
    State(desk): State<Desk>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Problem> {
    let account = desk.caller(peer, caller::shown(&headers), Scope::Inbox).await?;
    let limit = translate::limit_query(&uri)?;
    let _turn = desk.shelves.lock().await;
    let found = desk.shelved(&account).await?;
    let mut letters: Vec<DeadLetter<'_>> = found
        .iter()
        .flat_map(|shelved| shelved.leases.iter().map(|lease| DeadLetter { link: &shelved.link, lease }))
        .collect();
    letters.sort_by_key(|letter| letter.lease.message().accepted_at);
    letters.truncate(limit);
    Ok(Json(translate::dead_letters(&letters)).into_response())
}

/// `POST /v1/dead-letters/replay`: those with these ids, or all without a body, are told anew.
pub(super) async fn replay(
    State(desk): State<Desk>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let account = desk.caller(peer, caller::shown(&parts.headers), Scope::Inbox).await?;
    let wanted = translate::replay_request(&read(body).await?)?;
    let until = desk.intake.clock().wall().plus(REPLAY_TIME);
    let again = |link: &LinkName| Outcome::Move { to: link.clone(), until, cause: None };
    let is_wanted = |id: MessageId| wanted.as_ref().is_none_or(|wanted| wanted.contains(&id));
    let count = desk.settle_shelved(&account, is_wanted, again).await?;
    Ok(Json(translate::Replayed { replayed: count }).into_response())
}

/// `DELETE /v1/dead-letters/{id}`: nobody wants it any more.
pub(super) async fn delete(
    State(desk): State<Desk>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let account = desk.caller(peer, caller::shown(&headers), Scope::Inbox).await?;
    let id: MessageId = id.ok().and_then(|Path(id)| id.parse().ok()).ok_or_else(Problem::no_such_message)?;
    let cause = || Cause::Other("deleted by its owner".into());
    let over = |_: &LinkName| Outcome::Failed { state: Final::Deleted, cause: cause() };
    match desk.settle_shelved(&account, |found| found == id, over).await? {
        0 => Err(Problem::no_such_message()),
        _ => Ok(StatusCode::NO_CONTENT.into_response()),
    }
}

impl Desk {
    /// What is on the shelves that are the account's; it goes back to them when it is dropped.
    async fn shelved(&self, account: &Arc<Account>) -> Result<Vec<Shelved>, Problem> {
        let mut found = Vec::new();
        let mut room = SHELVED_MAX;
        for link in self.directory.load().told_for(account.name()) {
            let leases = self.store.evacuate(&shelf_of(&link), room).await?;
            room = room.saturating_sub(leases.len());
            found.push(Shelved { link, leases });
        }
        Ok(found)
    }

    /// Settles what is wanted of the account's shelves, durably; how many that were.
    async fn settle_shelved(
        &self,
        account: &Arc<Account>,
        is_wanted: impl Fn(MessageId) -> bool,
        outcome: impl Fn(&LinkName) -> Outcome,
    ) -> Result<usize, Problem> {
        let _turn = self.shelves.lock().await;
        let mut settled = Vec::new();
        for Shelved { link, leases } in self.shelved(account).await? {
            let wanted = leases.into_iter().filter(|lease| is_wanted(lease.message().id));
            let settlement = |lease| Settlement { lease, outcome: outcome(&link), answer: None };
            settled.extend(wanted.map(settlement));
        }
        let count = settled.len();
        self.store.settle(settled);
        self.store.sync().await?;
        Ok(count)
    }
}

/// What a link's shelf has behind the link's name.
pub(crate) const SHELF_SUFFIX: &str = "/dead-letters";
/// So much is looked at in one request.
const SHELVED_MAX: usize = 4096;
/// How long it is tried again.
const REPLAY_TIME: std::time::Duration = std::time::Duration::from_secs(72 * 3600);
