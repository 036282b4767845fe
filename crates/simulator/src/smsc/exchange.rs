//! The exchange: what waits to be delivered to ESMEs, and which session delivers it.
//!
//! Sessions post what they accepted in batches, and each takes what is due for it in batches: one lock
//! per batch. A delivery belongs to nobody until a session that receives takes it; what a session
//! leaves unsettled when it ends comes back.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use smpp::{CString, CommandStatus, ShortMessage};
use tokio::sync::{Notify, oneshot};
use tokio_util::sync::CancellationToken;

use super::ReceiptPath;
use super::receipt::Receipt;

/// Something for an ESME.
pub(super) struct Delivery {
    pub(super) to: Recipient,
    /// How often it was refused or left unanswered.
    pub(super) attempts: u8,
    pub(super) cargo: Cargo,
}

/// Who may have a delivery.
#[derive(Clone, Copy)]
pub(super) enum Recipient {
    /// An ESME, preferably the session that submitted.
    Account { account: AccountId, submitter: u64 },
    /// Whoever receives.
    Anyone,
}

/// What a delivery is.
pub(super) enum Cargo {
    Receipt(Receipt),
    Message(Box<Offer>),
}

/// A message of a handset, until somebody took it or the handset gave up.
pub(super) struct Offer {
    pub(super) pdu: ShortMessage,
    /// Who waits for the final answer.
    pub(super) answer: oneshot::Sender<CommandStatus>,
}

/// An ESME that has bound at least once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct AccountId(usize);

/// The place of a session that receives.
pub(super) struct Seat {
    number: u64,
    account: AccountId,
    wake: Arc<Notify>,
}

impl Delivery {
    /// The receipt of a message, for whoever submitted it.
    pub(super) fn receipt(to: Recipient, receipt: Receipt) -> Self {
        Self { to, attempts: 0, cargo: Cargo::Receipt(receipt) }
    }

    /// Whether nobody waits for it any more.
    pub(super) fn is_given_up(&self) -> bool {
        matches!(&self.cargo, Cargo::Message(offer) if offer.answer.is_closed())
    }
}

/// Where deliveries wait.
pub(super) struct Exchange {
    since: Instant,
    path: ReceiptPath,
    state: Mutex<State>,
    waiting: AtomicUsize,
    /// The schedule has a new first entry.
    sooner: Notify,
}

#[derive(Default)]
struct State {
    names: HashMap<CString<15>, AccountId>,
    accounts: Vec<Account>,
    /// Not due yet, by milliseconds.
    schedule: BTreeMap<u64, Vec<Delivery>>,
    /// For anyone, while there is no one.
    homeless: VecDeque<Delivery>,
    seats_given: u64,
    turn: usize,
}

#[derive(Default)]
struct Account {
    places: Vec<Place>,
    /// For this ESME, while none of its sessions receives.
    stranded: VecDeque<Delivery>,
    turn: usize,
}

struct Place {
    number: u64,
    due: VecDeque<Delivery>,
    wake: Arc<Notify>,
}

impl Exchange {
    pub(super) fn new(now: Instant, path: ReceiptPath) -> Self {
        let (state, waiting) = (Mutex::default(), AtomicUsize::new(0));
        Self { since: now, path, state, waiting, sooner: Notify::new() }
    }

    /// How many deliveries are not settled.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// The ESME of this name, or `None` if there are too many.
    pub(super) fn account(&self, name: &CString<15>) -> Option<AccountId> {
        let mut state = self.lock();
        if let Some(account) = state.names.get(name) {
            return Some(*account);
        }
        if state.accounts.len() >= ACCOUNTS_MAX {
            return None;
        }
        let account = AccountId(state.accounts.len());
        state.accounts.push(Account::default());
        state.names.insert(name.clone(), account);
        Some(account)
    }

    /// A number for a session, which is that of its seat if it takes one.
    pub(super) fn number(&self) -> u64 {
        let mut state = self.lock();
        state.seats_given += 1;
        state.seats_given
    }

    /// A session receives from now on, beginning with what waited for one.
    pub(super) fn sit(&self, account: AccountId, number: u64) -> Seat {
        let wake = Arc::new(Notify::new());
        let state = &mut *self.lock();
        if let Some(entry) = state.accounts.get_mut(account.0) {
            let mut due = std::mem::take(&mut entry.stranded);
            due.append(&mut state.homeless);
            entry.places.push(Place { number, due, wake: wake.clone() });
        }
        Seat { number, account, wake }
    }

    /// A session is over; what it had taken and not settled is `unsettled`.
    pub(super) fn leave(&self, seat: Option<Seat>, unsettled: Vec<Delivery>) {
        let mut state = self.lock();
        let left = seat
            .and_then(|seat| state.accounts.get_mut(seat.account.0)?.remove(seat.number))
            .unwrap_or_default();
        for delivery in unsettled.into_iter().chain(left) {
            self.route(&mut state, delivery);
        }
    }

    /// Adds deliveries, each to be made when its time has come; `batch` is empty afterwards.
    pub(super) fn post(&self, now: Instant, batch: &mut Vec<(Instant, Delivery)>) {
        self.waiting.fetch_add(batch.len(), Ordering::Relaxed);
        self.schedule(now, batch);
    }

    /// Puts deliveries that were taken back, each to be made when its time has come.
    pub(super) fn put_back(&self, now: Instant, batch: &mut Vec<(Instant, Delivery)>) {
        self.schedule(now, batch);
    }

    /// So many deliveries are made that were never posted; they may come back.
    pub(super) fn adopt(&self, count: usize) {
        self.waiting.fetch_add(count, Ordering::Relaxed);
    }

    /// So many deliveries will not be made again.
    pub(super) fn settled(&self, count: usize) {
        self.waiting.fetch_sub(count, Ordering::Relaxed);
    }

    /// Waits for deliveries that are due for a session and takes at most `room` of them.
    ///
    /// Cancel-safe: what is taken is returned at once.
    pub(super) async fn take(&self, seat: &Seat, room: usize) -> Vec<Delivery> {
        loop {
            let posted = seat.wake.notified();
            let batch = self.take_due(seat, room);
            if !batch.is_empty() {
                return batch;
            }
            posted.await;
        }
    }

    /// Hands out what is scheduled when it is due, until stopped.
    pub(super) async fn run(&self, stop: &CancellationToken) {
        loop {
            let sooner = self.sooner.notified();
            let next = self.hand_out(tokio::time::Instant::now().into_std());
            let alarm = async {
                match next {
                    Some(at) => tokio::time::sleep_until(at.into()).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = alarm => {}
                () = sooner => {}
                () = stop.cancelled() => return,
            }
        }
    }

    fn take_due(&self, seat: &Seat, room: usize) -> Vec<Delivery> {
        let mut state = self.lock();
        let account = state.accounts.get_mut(seat.account.0);
        let place =
            account.and_then(|account| account.places.iter_mut().find(|place| place.number == seat.number));
        place.map_or_else(Vec::new, |place| {
            let count = room.min(place.due.len());
            place.due.drain(..count).collect()
        })
    }

    fn schedule(&self, now: Instant, batch: &mut Vec<(Instant, Delivery)>) {
        let mut state = self.lock();
        let first = state.schedule.keys().next().copied();
        for (at, delivery) in batch.drain(..) {
            if at <= now {
                self.route(&mut state, delivery);
            } else {
                state.schedule.entry(self.tick(at)).or_default().push(delivery);
            }
        }
        let is_sooner = state.schedule.keys().next().copied() != first;
        drop(state);
        if is_sooner {
            self.sooner.notify_one();
        }
    }

    /// Hands out what is due, and says when there will be more.
    fn hand_out(&self, now: Instant) -> Option<Instant> {
        let mut state = self.lock();
        let elapsed = now.saturating_duration_since(self.since).as_millis();
        while let Some(entry) = state.schedule.first_entry() {
            if u128::from(*entry.key()) > elapsed {
                return self.since.checked_add(Duration::from_millis(*entry.key()));
            }
            for delivery in entry.remove() {
                self.route(&mut state, delivery);
            }
        }
        None
    }

    /// Gives a delivery to a session that may have it, or keeps it until there is one.
    fn route(&self, state: &mut State, delivery: Delivery) {
        match delivery.to {
            Recipient::Account { account, submitter } => {
                let preferred = (self.path == ReceiptPath::Submitter).then_some(submitter);
                if let Some(account) = state.accounts.get_mut(account.0) {
                    account.route(delivery, preferred);
                }
            }
            Recipient::Anyone => {
                let count = state.accounts.len();
                let after = state.turn;
                let next = (0..count).map(|step| (after + 1 + step) % count);
                let next = next
                    .into_iter()
                    .find(|&at| state.accounts.get(at).is_some_and(|it| !it.places.is_empty()));
                match next.and_then(|at| Some((at, state.accounts.get_mut(at)?))) {
                    Some((at, account)) => {
                        account.route(delivery, None);
                        state.turn = at;
                    }
                    None => state.homeless.push_back(delivery),
                }
            }
        }
    }

    /// The first millisecond that is not before `at`.
    fn tick(&self, at: Instant) -> u64 {
        let after = at.saturating_duration_since(self.since).as_nanos().div_ceil(1_000_000);
        u64::try_from(after).unwrap_or(u64::MAX)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Account {
    fn route(&mut self, delivery: Delivery, preferred: Option<u64>) {
        let preferred =
            preferred.and_then(|number| self.places.iter().position(|place| place.number == number));
        let at = preferred.unwrap_or_else(|| {
            self.turn = self.turn.wrapping_add(1);
            self.turn % self.places.len().max(1)
        });
        match self.places.get_mut(at) {
            Some(place) => {
                if place.due.is_empty() {
                    place.wake.notify_one();
                }
                place.due.push_back(delivery);
            }
            None => self.stranded.push_back(delivery),
        }
    }

    /// Removes a place, and gives back what was due there.
    fn remove(&mut self, number: u64) -> Option<VecDeque<Delivery>> {
        let at = self.places.iter().position(|place| place.number == number)?;
        Some(self.places.swap_remove(at).due)
    }
}

/// How many ESMEs may have bound.
const ACCOUNTS_MAX: usize = 10_000;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Waker};

    use super::*;

    fn message() -> (Cargo, oneshot::Receiver<CommandStatus>) {
        let (answer, answered) = oneshot::channel();
        (Cargo::Message(Box::new(Offer { pdu: ShortMessage::default(), answer })), answered)
    }

    fn for_account(account: AccountId, submitter: u64) -> Delivery {
        let (cargo, _) = message();
        Delivery { to: Recipient::Account { account, submitter }, attempts: 0, cargo }
    }

    fn taken(exchange: &Exchange, seat: &Seat) -> usize {
        let taking = pin!(exchange.take(seat, 100));
        match taking.poll(&mut Context::from_waker(Waker::noop())) {
            std::task::Poll::Ready(batch) => batch.len(),
            std::task::Poll::Pending => 0,
        }
    }

    fn post(exchange: &Exchange, now: Instant, at: Instant, deliveries: impl IntoIterator<Item = Delivery>) {
        exchange.post(now, &mut deliveries.into_iter().map(|delivery| (at, delivery)).collect());
    }

    #[test]
    fn the_submitter_is_preferred_and_another_takes_over() {
        // S-8
        let now = Instant::now();
        let exchange = Exchange::new(now, ReceiptPath::Submitter);
        let account = exchange.account(&CString::clipped(b"bank")).unwrap();
        let (first, second) = (exchange.sit(account, 1), exchange.sit(account, 2));
        post(&exchange, now, now, [for_account(account, 2), for_account(account, 2)]);
        assert_eq!((taken(&exchange, &first), taken(&exchange, &second)), (0, 2));
        post(&exchange, now, now, [for_account(account, 2)]);
        exchange.leave(Some(second), vec![for_account(account, 2)]);
        assert_eq!(taken(&exchange, &first), 2);
        exchange.leave(Some(first), Vec::new());
        post(&exchange, now, now, [for_account(account, 1)]);
        let third = exchange.sit(account, 3);
        assert_eq!(taken(&exchange, &third), 1, "it waited");
    }

    #[test]
    fn in_turn_every_session_has_its_share() {
        let now = Instant::now();
        let exchange = Exchange::new(now, ReceiptPath::RoundRobin);
        let account = exchange.account(&CString::clipped(b"bank")).unwrap();
        let (first, second) = (exchange.sit(account, 1), exchange.sit(account, 2));
        post(&exchange, now, now, (0..10).map(|_| for_account(account, 2)));
        assert_eq!((taken(&exchange, &first), taken(&exchange, &second)), (5, 5));
        assert_eq!(exchange.waiting(), 10);
        exchange.settled(10);
        assert_eq!(exchange.waiting(), 0);
    }

    #[test]
    fn nothing_is_handed_out_before_its_time() {
        let now = Instant::now();
        let exchange = Exchange::new(now, ReceiptPath::Submitter);
        let account = exchange.account(&CString::clipped(b"bank")).unwrap();
        let seat = exchange.sit(account, 1);
        let later = now + Duration::from_millis(20);
        post(&exchange, now, later, [for_account(account, 1)]);
        assert_eq!(exchange.hand_out(now + Duration::from_millis(19)), Some(later));
        assert_eq!(taken(&exchange, &seat), 0);
        assert_eq!(exchange.hand_out(later), None);
        assert_eq!(taken(&exchange, &seat), 1);
    }

    #[test]
    fn a_message_for_anyone_waits_for_the_first_that_comes() {
        let now = Instant::now();
        let exchange = Exchange::new(now, ReceiptPath::Submitter);
        let bank = exchange.account(&CString::clipped(b"bank")).unwrap();
        exchange.account(&CString::clipped(b"shop")).unwrap();
        let (cargo, answered) = message();
        post(&exchange, now, now, [Delivery { to: Recipient::Anyone, attempts: 0, cargo }]);
        let seat = exchange.sit(bank, 1);
        assert_eq!(taken(&exchange, &seat), 1);
        drop(answered);
    }
}
