//! Dead letters: what could not be told by HTTP waits here for somebody to look at it.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{ConnectInfo, Path, Request, State};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use sms::{LinkName, MessageId, State as Final};
use store::{Cause, Glimpse, Lease, Mark, Outcome, Part, Settlement, Store, StoreError};

use super::caller::Shown;
use super::desk::Desk;
use super::messages::read;
use super::problem::Problem;
use super::reason::reasons;
use super::translate;
use crate::account::Account;
use crate::config::{Scope, shelf_of};

/// `GET /v1/dead-letters`: those of the caller's callback or inbox and of its applications, oldest first.
pub(super) async fn list(
    State(desk): State<Desk>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    shown: Option<Shown>,
    uri: Uri,
) -> Result<Response, Problem> {
    let account = desk.caller(peer, shown, Scope::Inbox).await?;
    let (after, limit) = translate::letters_query(&uri)?;
    let shelves = desk.shelves_of(&account);
    let names: Vec<LinkName> = shelves.iter().map(|(_, shelf)| shelf.clone()).collect();
    let letters = desk.store.browse(&names, after, limit).await?;
    let link_of = |of: &LinkName| shelves.iter().find(|(_, shelf)| shelf == of).map(|(link, _)| link);
    let told = letters.iter().map(|letter| (letter.item, letter.message.id)).collect();
    let reasons = reasons(&*desk.store, told).await;
    Ok(Json(translate::dead_letters(&letters, &reasons, limit, link_of)).into_response())
}

/// `POST /v1/dead-letters/replay`: those with these ids, or all without a body, are told anew.
pub(super) async fn replay(
    State(desk): State<Desk>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    shown: Option<Shown>,
    request: Request,
) -> Result<Response, Problem> {
    let body = request.into_body();
    let account = desk.caller(peer, shown, Scope::Inbox).await?;
    let wanted = translate::replay_request(&read(body).await?)?;
    let until = desk.intake.clock().wall().plus(REPLAY_TIME);
    let again = |link: &LinkName| Outcome::Move { to: link.clone(), until, cause: None };
    let _turn = account.dead_letters().await;
    let shelves = desk.shelves_of(&account);
    for (link, _) in &shelves {
        // Whoever wants it told again says that the other side is mended.
        desk.outlets.of(link).renew();
    }
    let (replayed, has_more) = match wanted {
        Some(wanted) => (desk.settle_those(&shelves, &wanted, again).await?, false),
        None => desk.settle_all(&shelves, again).await?,
    };
    Ok(Json(translate::Replayed { replayed, has_more }).into_response())
}

/// `DELETE /v1/dead-letters/{id}`: nobody wants it any more.
pub(super) async fn delete(
    State(desk): State<Desk>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    id: Result<Path<String>, PathRejection>,
    shown: Option<Shown>,
) -> Result<Response, Problem> {
    let account = desk.caller(peer, shown, Scope::Inbox).await?;
    let id: MessageId = id.ok().and_then(|Path(id)| id.parse().ok()).ok_or_else(Problem::no_such_message)?;
    let cause = || Cause::Other("deleted by its owner".into());
    let over = |_: &LinkName| Outcome::Failed { state: Final::Deleted, cause: cause() };
    let _turn = account.dead_letters().await;
    match desk.settle_those(&desk.shelves_of(&account), &HashSet::from([id]), over).await? {
        0 => Err(Problem::no_such_message()),
        _ => Ok(StatusCode::NO_CONTENT.into_response()),
    }
}

/// A link that is called, and its shelf.
type Shelved = (LinkName, LinkName);

impl Desk {
    /// The shelves that are the account's.
    fn shelves_of(&self, account: &Arc<Account>) -> Vec<Shelved> {
        let links = self.directory.load().told_for(account.name());
        links.into_iter().map(|link| (link.clone(), shelf_of(&link))).collect()
    }

    /// Settles all that is on these shelves, durably, or as much as one request may; how many items that were,
    /// and whether there are more.
    async fn settle_all(
        &self,
        shelves: &[Shelved],
        outcome: impl Fn(&LinkName) -> Outcome,
    ) -> Result<(usize, bool), Problem> {
        let mut count = 0;
        for (link, shelf) in shelves {
            loop {
                let leases = self.store.evacuate(shelf, STEP).await?;
                let is_last = leases.len() < STEP;
                count += leases.len();
                self.settle_leases(leases, &outcome(link)).await?;
                if is_last {
                    break;
                }
                if count >= SETTLED_MAX {
                    return Ok((count, true));
                }
            }
        }
        Ok((count, false))
    }

    /// Settles what is on these shelves of the messages with these ids, durably; how many items that were. A few
    /// are found however much waits beside them; for many, or if one is not known, all is looked through once.
    async fn settle_those(
        &self,
        shelves: &[Shelved],
        wanted: &HashSet<MessageId>,
        outcome: impl Fn(&LinkName) -> Outcome,
    ) -> Result<usize, Problem> {
        let named = if wanted.len() <= NAMED_MAX { self.with_members(wanted).await? } else { None };
        let mut count = 0;
        for (link, shelf) in shelves {
            if let Some(ids) = &named {
                let mut leases = self.store.evacuate_of(shelf, ids).await?;
                leases.retain(|lease| wanted.contains(&translate::told_id(lease.item(), lease.message())));
                count += leases.len();
                self.settle_leases(leases, &outcome(link)).await?;
                continue;
            }
            let mut survey = Survey::of(&*self.store, shelf);
            while let Some(leases) = survey
                .lend_next(|letter| wanted.contains(&translate::told_id(letter.item, &letter.message)))
                .await?
            {
                count += leases.len();
                if !leases.is_empty() {
                    self.settle_leases(leases, &outcome(link)).await?;
                }
            }
        }
        Ok(count)
    }

    /// These ids, and those of messages that were handed in at once with one of them: these are shown with the id of
    /// the first. `None` if there is no record of one, which says nothing of what waits.
    async fn with_members(&self, wanted: &HashSet<MessageId>) -> Result<Option<Vec<MessageId>>, StoreError> {
        let mut ids = Vec::new();
        for first in wanted {
            if self.store.find(*first).await?.is_none() {
                return Ok(None);
            }
            ids.push(*first);
            for member in (1..=u8::MAX).map(|number| first.member(number)) {
                if self.store.find(member).await?.is_none() {
                    break;
                }
                ids.push(member);
            }
        }
        Ok(Some(ids))
    }

    async fn settle_leases(&self, leases: Vec<Lease>, outcome: &Outcome) -> Result<(), Problem> {
        let settlement = |lease| Settlement { lease, outcome: outcome.clone(), answer: None };
        self.store.settle(leases.into_iter().map(settlement).collect());
        Ok(self.store.sync().await?)
    }
}

/// Goes once through what waits for a link, in order of acceptance, a page at a time: as much as waits may be
/// looked through, and no more than a page is in memory.
struct Survey<'a> {
    store: &'a dyn Store,
    link: &'a LinkName,
    after: Option<Mark>,
    is_over: bool,
}

impl<'a> Survey<'a> {
    fn of(store: &'a dyn Store, link: &'a LinkName) -> Self {
        Self { store, link, after: None, is_over: false }
    }

    /// Lends what is wanted of the next page, perhaps nothing; `None` when all has been looked through.
    async fn lend_next(
        &mut self,
        is_wanted: impl Fn(&Glimpse) -> bool,
    ) -> Result<Option<Vec<Lease>>, StoreError> {
        if self.is_over {
            return Ok(None);
        }
        let page = self.store.browse(std::slice::from_ref(self.link), self.after, STEP).await?;
        self.is_over = page.len() < STEP;
        self.after = page.last().map(|last| last.mark);
        let wanted: Vec<Part> = page.iter().filter(|one| is_wanted(one)).map(|one| one.part).collect();
        if wanted.is_empty() {
            return Ok(Some(Vec::new()));
        }
        self.store.evacuate_those(self.link, wanted).await.map(Some)
    }
}

/// So much is looked at in one step, of which a request takes as many as it needs.
const STEP: usize = 1024;
/// At most so many ids are looked up one by one.
const NAMED_MAX: usize = 16;
/// So much is done in one request.
const SETTLED_MAX: usize = 100_000;
/// How long it is tried again.
const REPLAY_TIME: std::time::Duration = std::time::Duration::from_secs(72 * 3600);
