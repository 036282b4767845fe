//! Giving what waits for one link to others, in the form that those take.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::future::join_all;
use sms::{LinkName, Message, MessageId};
use store::{Item, Lease, Outcome, Settlement, Store};

use crate::directory::Directory;
use crate::encoding;
use crate::intake::Intake;

/// What was lent to be moved, with where it goes.
#[derive(Default)]
pub(super) struct Moves {
    settlements: Vec<Settlement>,
    others: Others,
}

impl Moves {
    /// Moves an item; without a refuge it goes back to its place.
    pub(super) fn add(&mut self, lease: Lease, refuge: Option<Refuge>) {
        match refuge {
            Some(Refuge::AsItIs(to)) => {
                let outcome = Outcome::Redirect { to };
                self.settlements.push(Settlement { lease, outcome, answer: None });
            }
            Some(Refuge::Anew(to)) => self.others.add(lease.message(), to),
            None => {}
        }
    }

    /// Makes the moves; returns how many items were moved.
    pub(super) async fn make(self, store: &dyn Store, intake: &Intake) -> u64 {
        let redirected = self.settlements.len() as u64;
        store.settle(self.settlements);
        redirected + self.others.reform(store, intake).await
    }
}

/// Who takes what waits.
pub(super) enum Refuge {
    /// A link that takes it as it is.
    AsItIs(LinkName),
    /// One that takes the whole message in another form.
    Anew(LinkName),
}

impl Refuge {
    /// The first of these links that takes it as it is; if there is none, and it was never tried, the first of all.
    pub(super) fn among<'a>(
        links: impl IntoIterator<Item = &'a LinkName>,
        directory: &Directory,
        lease: &Lease,
    ) -> Option<Self> {
        let mut links = links.into_iter();
        let suits = |link: &LinkName| {
            let smsc = directory.smscs.get(link);
            smsc.is_none_or(|smsc| encoding::suits(lease.message(), &smsc.profile))
        };
        let first = links.next()?;
        if let Some(link) = std::iter::once(first).chain(links).find(|link| suits(link)) {
            return Some(Self::AsItIs(link.clone()));
        }
        let is_untried = matches!(lease.item(), Item::Segment(_)) && lease.attempts() == 0;
        is_untried.then(|| Self::Anew(first.clone()))
    }
}

/// Messages that links shall get in another form than they have, each once and in their order.
#[derive(Default)]
struct Others {
    messages: Vec<Reformed>,
    /// Where they stand in that list.
    known: HashMap<MessageId, usize>,
}

struct Reformed {
    message: Arc<Message>,
    to: LinkName,
    /// How many items of it were lent.
    items: u64,
}

impl Others {
    fn add(&mut self, message: &Arc<Message>, to: LinkName) {
        let place = *self.known.entry(message.id).or_insert(self.messages.len());
        match self.messages.get_mut(place) {
            Some(known) => known.items += 1,
            None => self.messages.push(Reformed { message: message.clone(), to, items: 1 }),
        }
    }

    /// Gives them to those links as far as nothing of them was tried; returns how many items that were.
    /// The store is asked for all of them together, as it looks through all that waits to find any.
    async fn reform(self, store: &dyn Store, intake: &Intake) -> u64 {
        let waiting = self.messages.iter().map(async |Reformed { message, to, items }| {
            let waiting = store.waiting(&message.origin, message.id).await.ok().flatten()?;
            Some((intake.reform(&waiting, to).ok()?, *items))
        });
        let replaced = join_all(waiting).await.into_iter().flatten().map(async |(entry, items)| {
            let is_replaced = store.replace(entry).await.unwrap_or(false);
            if is_replaced { items } else { 0 }
        });
        join_all(replaced).await.into_iter().sum()
    }
}
