//! When an SMSC stays away, what waits for it is given to the other targets of its route.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use sms::LinkName;
use store::Store;
use tokio_util::sync::CancellationToken;

use crate::clock;
use crate::directory::Directory;
use crate::intake::Intake;

use super::moving::{Moves, Refuge};

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
        let mut moves = Moves::default();
        for lease in leases {
            let there = lease.alternatives().iter().filter(|link| directory.is_up(link));
            let refuge = Refuge::among(there, directory, &lease);
            moves.add(lease, refuge);
        }
        let some = moves.make(store, intake).await;
        if some == 0 {
            break;
        }
        moved += some;
    }
    if moved > 0 {
        tracing::warn!(%link, segments = moved, "the link is away: what waited was given to other links");
    }
}

const TICK: Duration = Duration::from_secs(1);
const BATCH: usize = 1000;
