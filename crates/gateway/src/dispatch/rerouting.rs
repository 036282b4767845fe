//! What waits for a link that the configuration leads it to no more is routed anew.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use sms::{LinkName, MessageId};
use store::{Glimpse, Item, Store};
use tokio_util::sync::CancellationToken;

use super::moving::{Moves, Refuge};
use crate::directory::Directory;
use crate::intake::{Intake, Leads};

/// Looks after each start and each reload at what waits, until it is stopped; and from then on at what comes back
/// from links that are gone.
pub(crate) async fn watch(
    directory: Arc<ArcSwap<Directory>>,
    store: Arc<dyn Store>,
    intake: Intake,
    stop: CancellationToken,
) {
    let mut rerouting = Rerouting { store, intake, seen: None, rechecks: 0, left: HashMap::new() };
    let mut ticks = tokio::time::interval(TICK);
    let watching = async {
        loop {
            ticks.tick().await;
            rerouting.look(&directory.load_full()).await;
        }
    };
    stop.run_until_cancelled(watching).await;
}

struct Rerouting {
    store: Arc<dyn Store>,
    intake: Intake,
    /// What was looked at last.
    seen: Option<Arc<Directory>>,
    /// How often SMSCs that are there are still to be looked at.
    rechecks: u8,
    /// Links that are gone, with how much waits for them that cannot be moved.
    left: HashMap<LinkName, u64>,
}

impl Rerouting {
    async fn look(&mut self, directory: &Arc<Directory>) {
        let seen = self.seen.replace(Arc::clone(directory));
        if seen.as_ref().is_none_or(|seen| !Arc::ptr_eq(seen, directory)) {
            self.left.clear();
        }
        match seen {
            None => self.rechecks = 1,
            // Once more a little later, for what was just being taken over by the routes before.
            Some(seen) if !seen.routes_like(directory) => self.rechecks = 2,
            Some(_) => {}
        }
        if self.rechecks > 0 {
            self.rechecks -= 1;
            self.recheck_smscs(directory).await;
        }
        self.clear_gone(directory).await;
    }

    /// Moves what waits for SMSCs that are there, but that its route names no more.
    async fn recheck_smscs(&self, directory: &Directory) {
        for link in directory.smscs.keys() {
            let Tally { moved, .. } = self.reroute(directory, link).await;
            if moved > 0 {
                tracing::warn!(%link, segments = moved, "routes changed: what waited for it was routed anew");
            }
        }
    }

    /// Moves what waits for links that are gone, as far as routes lead anywhere. The rest waits until its time is up,
    /// or another reload brings the link or a route.
    async fn clear_gone(&mut self, directory: &Directory) {
        for link in self.gone(directory) {
            let Tally { moved, left } = self.reroute(directory, &link).await;
            let is_news = self.left.insert(link.clone(), left).is_none();
            if moved > 0 || is_news {
                tracing::warn!(
                    %link, segments = moved, left,
                    "the link is gone: what waited for it was routed anew"
                );
            }
        }
    }

    /// The links that are gone and that more waits for than is known to stay.
    fn gone(&mut self, directory: &Directory) -> Vec<LinkName> {
        let mut gone = self.store.status().waiting;
        gone.retain(|(link, count)| *count > 0 && !directory.has(link));
        gone.retain(|(link, count)| match self.left.get_mut(link) {
            Some(left) => {
                let is_more = *count > *left;
                // What is over makes room for what comes back.
                *left = (*left).min(*count);
                is_more
            }
            None => true,
        });
        gone.into_iter().map(|(link, _)| link).collect()
    }

    /// Gives what waits for `link` to the links that routes lead it to now.
    async fn reroute(&self, directory: &Directory, link: &LinkName) -> Tally {
        let (mut after, mut tally) = (None, Tally::default());
        loop {
            let page = match self.store.browse(std::slice::from_ref(link), after, PAGE).await {
                Ok(page) => page,
                Err(error) => {
                    tracing::error!(%link, %error, "cannot look at what waits");
                    return tally;
                }
            };
            let Some(last) = page.last() else { return tally };
            after = Some(last.mark);
            let moved = self.reroute_some(directory, link, &page).await;
            tally.moved += moved;
            tally.left += (page.len() as u64).saturating_sub(moved);
            // Others use the store meanwhile.
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// How many of these were moved.
    async fn reroute_some(&self, directory: &Directory, link: &LinkName, page: &[Glimpse]) -> u64 {
        let mut ways: HashMap<MessageId, Option<Vec<LinkName>>> = HashMap::new();
        let mut goes = |glimpse: &&Glimpse| {
            let way = || self.elsewhere(directory, glimpse);
            ways.entry(glimpse.message.id).or_insert_with(way).is_some()
        };
        let parts = page.iter().filter(&mut goes).map(|glimpse| glimpse.part).collect();
        let leases = match self.store.evacuate_those(link, parts).await {
            Ok(leases) => leases,
            Err(error) => {
                tracing::error!(%link, %error, "cannot move what waits");
                return 0;
            }
        };
        let mut moves = Moves::default();
        for lease in leases {
            let links = ways.get(&lease.message().id).and_then(Option::as_deref).unwrap_or_default();
            let refuge = Refuge::among(those_up(links, directory), directory, &lease);
            moves.add(lease, refuge);
        }
        moves.make(self.store.as_ref(), &self.intake).await
    }

    /// The links that something goes to instead, best first; `None` if it stays. What tells the owner of a message of it
    /// stays, as nobody else can have that; and so does what answers a message, which goes back by the SMSC that brought
    /// that, whatever routes say, as long as that is there.
    fn elsewhere(&self, directory: &Directory, glimpse: &Glimpse) -> Option<Vec<LinkName>> {
        let Glimpse { link, message, item, .. } = glimpse;
        let is_gone = !directory.has(link);
        let is_for_owner = matches!(item, Item::Notice(_)) || message.origin == *link;
        if is_for_owner || (message.in_reply_to.is_some() && !is_gone) {
            return None;
        }
        let Leads { links, is_certain } = self.intake.leads(directory, message);
        let is_led_away = !links.is_empty() && !links.contains(link) && (is_certain || is_gone);
        is_led_away.then_some(links)
    }
}

/// How much was moved, and how much was not.
#[derive(Default)]
struct Tally {
    moved: u64,
    left: u64,
}

/// Those of these links that are up; all of them if none is, to wait there.
fn those_up<'a>(links: &'a [LinkName], directory: &'a Directory) -> impl Iterator<Item = &'a LinkName> {
    let is_any_up = links.iter().any(|link| directory.is_up(link));
    links.iter().filter(move |link| !is_any_up || directory.is_up(link))
}

const TICK: Duration = Duration::from_secs(1);
/// How much is looked at in one step.
const PAGE: usize = 1000;
const PAUSE: Duration = Duration::from_millis(10);
