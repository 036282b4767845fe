//! When an SMSC stays away, what waits for it is given to the other targets of its route.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use futures_util::future::join_all;
use sms::{LinkName, Message, MessageId};
use store::{Item, Lease, Outcome, Settlement, Store};
use tokio_util::sync::CancellationToken;

use crate::clock;
use crate::directory::Directory;
use crate::encoding;
use crate::intake::Intake;

/// Watches all SMSCs until it is stopped.
pub(crate) async fn watch(
    directory: Arc<ArcSwap<Directory>>,
    store: Arc<dyn Store>,
    intake: Intake,
    stop: CancellationToken,
) {
    let mut away: HashMap<LinkName, Instant> = HashMap::new();
    let mut ticks = tokio::time::interval(TICK);
    loop {
        tokio::select! {
            biased;
            _ = ticks.tick() => {}
            () = stop.cancelled() => return,
        }
        let directory = directory.load_full();
        let overdue = overdue(&directory, &mut away, clock::now());
        // What is lent and only comes back would be overtaken by what comes meanwhile.
        for link in overdue.into_iter().filter(|_| directory.has_refuge()) {
            evacuate(&directory, store.as_ref(), &intake, &link).await;
        }
    }
}

/// The SMSCs that have been away for longer than they may.
fn overdue(directory: &Directory, away: &mut HashMap<LinkName, Instant>, now: Instant) -> Vec<LinkName> {
    away.retain(|link, _| directory.smscs.get(link).is_some_and(|smsc| !smsc.presence.is_up()));
    let mut overdue = Vec::new();
    for (link, smsc) in directory.smscs.iter().filter(|(_, smsc)| !smsc.presence.is_up()) {
        let since = *away.entry(link.clone()).or_insert(now);
        if now.saturating_duration_since(since) >= smsc.failover_after {
            overdue.push(link.clone());
        }
    }
    // The same order each time, whatever that of the map is.
    overdue.sort_unstable();
    overdue
}

async fn evacuate(directory: &Directory, store: &dyn Store, intake: &Intake, link: &LinkName) {
    let mut moved = 0;
    while !directory.is_up(link) {
        let leases = match store.evacuate(link, BATCH).await {
            Ok(leases) => leases,
            Err(error) => {
                tracing::error!(%link, %error, "cannot move what waits");
                return;
            }
        };
        let mut settlements = Vec::new();
        let mut others = Others::default();
        for lease in leases {
            match refuge(directory, &lease) {
                Some(Refuge::AsItIs(to)) => settlements.push(redirect(lease, to)),
                Some(Refuge::Anew(to)) => others.add(lease.message(), to),
                None => {}
            }
        }
        let redirected = settlements.len();
        store.settle(settlements);
        let reformed = others.reform(store, intake).await;
        if redirected + reformed == 0 {
            break;
        }
        moved += redirected + reformed;
    }
    if moved > 0 {
        tracing::warn!(%link, segments = moved, "the link is away: what waited was given to other links");
    }
}

/// Who takes what waits.
enum Refuge {
    /// A link that takes it as it is.
    AsItIs(LinkName),
    /// One that takes the whole message in another form.
    Anew(LinkName),
}

/// The first alternative that is there and takes it as it is; if there is none, and it was never tried, the
/// first that is there. Without one it goes back to its place.
fn refuge(directory: &Directory, lease: &Lease) -> Option<Refuge> {
    let mut there = lease.alternatives().iter().filter(|link| directory.is_up(link));
    let suits = |link: &LinkName| {
        let smsc = directory.smscs.get(link);
        smsc.is_none_or(|smsc| encoding::suits(lease.message(), &smsc.profile))
    };
    let first = there.next()?;
    if let Some(link) = std::iter::once(first).chain(there).find(|link| suits(link)) {
        return Some(Refuge::AsItIs(link.clone()));
    }
    let is_untried = matches!(lease.item(), Item::Segment(_)) && lease.attempts() == 0;
    is_untried.then(|| Refuge::Anew(first.clone()))
}

fn redirect(lease: Lease, to: LinkName) -> Settlement {
    Settlement { lease, outcome: Outcome::Redirect { to }, answer: None }
}

/// Messages that links shall get in another form than they have, each once and in their order.
#[derive(Default)]
struct Others {
    messages: Vec<(LinkName, MessageId, LinkName)>,
    known: HashSet<MessageId>,
}

impl Others {
    fn add(&mut self, message: &Message, to: LinkName) {
        if self.known.insert(message.id) {
            self.messages.push((message.origin.clone(), message.id, to));
        }
    }

    /// Gives them to those links as far as nothing of them was tried; returns how many segments they have now.
    /// The store is asked for all of them together, as it looks through all that waits to find any.
    async fn reform(self, store: &dyn Store, intake: &Intake) -> usize {
        let waiting = self.messages.iter().map(async |(owner, id, to)| {
            let waiting = store.waiting(owner, *id).await.ok().flatten()?;
            intake.reform(&waiting, to).ok()
        });
        let replaced = join_all(waiting).await.into_iter().flatten().map(async |entry| {
            let segments = entry.message.parts.len();
            let is_replaced = store.replace(entry).await.unwrap_or(false);
            if is_replaced { segments } else { 0 }
        });
        join_all(replaced).await.into_iter().sum()
    }
}

const TICK: Duration = Duration::from_secs(1);
const BATCH: usize = 1000;
