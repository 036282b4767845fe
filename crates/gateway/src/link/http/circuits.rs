//! Many endpoints that are called by one link, none of which is held up by another.
//!
//! Each endpoint has calls under way, items that wait for one of them to end, and a circuit:
//!
//! ```text
//!            answers                 failures in a row
//! untried ────────────► closed ──────────────────────────► open ──┐
//!    │  ▲                                                   ▲      │ its time is up
//!    │  └───────────────────────────────────────────────────┼──────┘
//!    └──────────────────── the call fails ──────────────────┘
//! ```
//!
//! Closed, as many calls are made at a time as the window has, slowly at first; untried, one; open, none. What
//! cannot be called for soon is not kept: its turn comes again later, and what is behind it in the queue goes on.
//!
//! Calls of endpoints that answer, of those that failed, and of those of which nothing is known have places of their
//! own; the last stand in line for theirs ([`Newcomers`]).

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use hashlink::LruCache;
use store::Cause;

use super::newcomers::{Newcomers, Rank, Stand};
use super::trouble::Trouble;
use crate::chance::Chance;

/// The endpoints that were called lately. `T` is what one call is made for.
pub(super) struct Circuits<T> {
    /// Calls at a time of one endpoint.
    window: usize,
    chance: Chance,
    endpoints: LruCache<Box<str>, Circuit<T>>,
    /// Calls under way of endpoints that answer.
    known_calls: usize,
    /// Those of endpoints that failed.
    doubtful_calls: usize,
    newcomers: Newcomers,
    held: usize,
    /// An endpoint that is quick and has as much waiting as it may: it will soon have room.
    pressed: Option<Box<str>>,
}

/// What is known of an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// Nothing.
    Unknown,
    /// It failed, and has not answered since.
    Doubtful,
    /// It answers.
    Known,
}

struct Circuit<T> {
    rank: Rank,
    standing: Standing,
    calls: usize,
    /// Calls at a time that it has shown to stand.
    allowance: usize,
    held: VecDeque<T>,
    failures: u32,
    open_until: Option<Instant>,
    /// How long a call takes, about.
    pace: Duration,
    /// When something last came of it: a call that ended, or the first of those under way.
    moved_at: Instant,
    trouble: Trouble,
    /// How many items were given back since it last answered.
    deferred: u32,
}

/// What to do with an item now.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Turn<T> {
    /// Call for it; [`Circuits::ended`] is told what came of it.
    Call(T),
    /// The same, and [`Circuits::cut`] may say that it is to end unanswered.
    Probe(T),
    /// Give it back for so long.
    Later(T, Duration),
}

/// What a call showed of its endpoint.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Showing {
    /// It is there, whatever it said.
    Present,
    /// It is away or overloaded; how long it wants to be left alone, and why the call failed.
    Away { retry_after: Option<Duration>, cause: Option<Cause> },
}

/// That an endpoint changed its ways.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// Calls fail, or do for another cause.
    Fails(Cause),
    /// Calls succeed again.
    Succeeds,
}

impl<T> Circuits<T> {
    pub(super) fn new(window: usize, chance: Chance) -> Self {
        Self {
            window: window.max(1),
            chance,
            endpoints: LruCache::new_unbounded(),
            known_calls: 0,
            doubtful_calls: 0,
            newcomers: Newcomers::default(),
            held: 0,
            pressed: None,
        }
    }

    /// How many more items are wanted.
    pub(super) fn room(&self) -> usize {
        if self.pressed.is_some() { 0 } else { TAKE_MAX.min(HELD_MAX.saturating_sub(self.held)) }
    }

    /// An item for `endpoint` has come, which was `tried` before or not; `None` if it waits here for a call to end.
    pub(super) fn admit(&mut self, endpoint: &str, item: T, tried: bool, now: Instant) -> Option<Turn<T>> {
        self.make_room(endpoint);
        let Self { endpoints, newcomers, .. } = self;
        let circuit =
            endpoints.entry(endpoint.into()).or_insert_with(|| Circuit::new(newcomers.arrival(), tried, now));
        circuit.hear_of(tried);
        if let Some(until) = circuit.open_until.filter(|&until| now < until) {
            let rest = until.saturating_duration_since(now);
            return Some(circuit.later(item, rest, circuit.pause(), &self.chance));
        }
        circuit.open_until = None;
        if self.may_start(endpoint) {
            return Some(self.start(endpoint, item, now));
        }
        let circuit = self.endpoints.get_mut(endpoint)?;
        if circuit.stands_in_line() {
            return self.stand_in_line(endpoint, item);
        }
        let drain = circuit.drain_time();
        let has_enough = circuit.standing != Standing::Known && circuit.held.len() >= TRIES as usize;
        if circuit.calls == 0 || circuit.is_stalled(now) || has_enough {
            return Some(circuit.later(item, CROWDED_WAIT / 2, CROWDED_WAIT, &self.chance));
        }
        let is_quick = drain < QUICK;
        let quota = (SLOW_HELD_MAX.saturating_sub(self.held) / SLOW_SHARE).min(circuit.allowance);
        if !is_quick && circuit.held.len() >= quota {
            return Some(Turn::Later(item, self.chance.spread(drain.min(LONGEST), 0.7..1.3)));
        }
        circuit.held.push_back(item);
        self.held += 1;
        if is_quick && circuit.held.len() >= QUICK_HELD_MAX {
            self.pressed = Some(endpoint.into());
        }
        None
    }

    /// A call of `endpoint` has ended after `took`: what to do with what waited for that.
    pub(super) fn ended(
        &mut self,
        endpoint: &str,
        showing: Showing,
        took: Duration,
        now: Instant,
    ) -> (Vec<Turn<T>>, Option<Change>) {
        let window = self.window;
        // What has calls under way is never forgotten.
        let Some(circuit) = self.endpoints.get_mut(endpoint) else { return (Vec::new(), None) };
        let (standing, calls) = (circuit.standing, circuit.calls);
        circuit.calls -= 1;
        circuit.moved_at = now;
        let change = match showing {
            Showing::Present => circuit.succeed(took, window),
            Showing::Away { retry_after, cause } => circuit.fail(retry_after, cause, now, &self.chance),
        };
        let (standing_now, calls_now) = (circuit.standing, circuit.calls);
        self.leave(endpoint, standing, calls);
        self.enter(endpoint, standing_now, calls_now, now);
        let mut turns = self.advance(endpoint, now);
        self.advance_line(now, &mut turns);
        (turns, change)
    }

    /// When [`Circuits::cut`] has something to say next, if nothing else happens.
    pub(super) fn next_cut(&self) -> Option<Instant> {
        self.newcomers.next_cut()
    }

    /// The endpoints whose probes are to end now, because others stand in line for their places.
    pub(super) fn cut(&mut self, now: Instant) -> Vec<Box<str>> {
        self.newcomers.cut(now)
    }

    /// Whether anything waits here, which [`Circuits::relieve`] might give back.
    pub(super) fn holds_any(&self) -> bool {
        self.held > 0
    }

    /// What waits for endpoints from which nothing is heard any more is given back.
    pub(super) fn relieve(&mut self, now: Instant) -> Vec<Turn<T>> {
        let mut turns = Vec::new();
        for (endpoint, circuit) in &mut self.endpoints {
            if circuit.held.is_empty() || !circuit.is_stalled(now) {
                continue;
            }
            if self.pressed.as_ref() == Some(endpoint) {
                self.pressed = None;
            }
            let wait = circuit.drain_time().clamp(CROWDED_WAIT, LONGEST);
            self.held -= circuit.held.len();
            turns.extend(circuit.all_later(wait / 2, wait, &self.chance));
        }
        turns
    }

    /// Forgets what endpoints are known to be like: somebody says that they are mended.
    pub(super) fn renew(&mut self) {
        for (_, circuit) in &mut self.endpoints {
            (circuit.open_until, circuit.failures) = (None, 0);
        }
    }

    /// Whether another call of an endpoint may begin.
    fn may_start(&self, endpoint: &str) -> bool {
        let Some(circuit) = self.endpoints.peek(endpoint) else { return false };
        let has_room = match circuit.standing {
            Standing::Unknown => self.newcomers.has_room() && circuit.held.is_empty(),
            Standing::Doubtful => self.doubtful_calls < DOUBTFUL_CALLS_MAX,
            Standing::Known => self.known_calls < KNOWN_CALLS_MAX,
        };
        has_room && circuit.calls < circuit.allowance.min(self.window)
    }

    fn start(&mut self, endpoint: &str, item: T, now: Instant) -> Turn<T> {
        let Some(circuit) = self.endpoints.get_mut(endpoint) else { return Turn::Call(item) };
        circuit.start(now);
        let standing = circuit.standing;
        self.enter(endpoint, standing, 1, now);
        if standing == Standing::Unknown { Turn::Probe(item) } else { Turn::Call(item) }
    }

    /// So many calls take the places of those of which that is known.
    fn enter(&mut self, endpoint: &str, standing: Standing, calls: usize, now: Instant) {
        match standing {
            Standing::Unknown if calls > 0 => self.newcomers.probe(endpoint, now),
            Standing::Unknown => {}
            Standing::Doubtful => self.doubtful_calls += calls,
            Standing::Known => self.known_calls += calls,
        }
    }

    fn leave(&mut self, endpoint: &str, standing: Standing, calls: usize) {
        match standing {
            Standing::Unknown => self.newcomers.probed(endpoint),
            Standing::Doubtful => self.doubtful_calls -= calls,
            Standing::Known => self.known_calls -= calls,
        }
    }

    /// An item of an endpoint that is to be probed waits for that, if it is the first; otherwise it, or one that
    /// had to give way, is given back.
    fn stand_in_line(&mut self, endpoint: &str, item: T) -> Option<Turn<T>> {
        let Self { endpoints, newcomers, chance, .. } = self;
        let circuit = endpoints.get_mut(endpoint)?;
        let stand =
            if circuit.held.is_empty() { newcomers.stand(circuit.rank, endpoint) } else { Stand::Full };
        match stand {
            Stand::Full => Some(circuit.later(item, CROWDED_WAIT / 2, CROWDED_WAIT, chance)),
            Stand::InLine => {
                circuit.held.push_back(item);
                self.held += 1;
                None
            }
            Stand::InPlaceOf(left) => {
                circuit.held.push_back(item);
                let left = endpoints.get_mut(&left)?;
                let item = left.held.pop_front()?;
                Some(left.later(item, CROWDED_WAIT / 2, CROWDED_WAIT, chance))
            }
        }
    }

    /// Probes those whose turn it is.
    fn advance_line(&mut self, now: Instant, turns: &mut Vec<Turn<T>>) {
        while let Some(endpoint) = self.newcomers.next() {
            let Some(item) = self.endpoints.get_mut(&endpoint).and_then(|circuit| circuit.held.pop_front())
            else {
                continue;
            };
            self.held -= 1;
            turns.push(self.start(&endpoint, item, now));
        }
    }

    /// Starts what may start of what waits, or gives it back if nothing may.
    fn advance(&mut self, endpoint: &str, now: Instant) -> Vec<Turn<T>> {
        let mut turns = Vec::new();
        while self.may_start(endpoint)
            && let Some(circuit) = self.endpoints.get_mut(endpoint).filter(|it| it.open_until.is_none())
            && let Some(item) = circuit.held.pop_front()
        {
            self.held -= 1;
            turns.push(self.start(endpoint, item, now));
        }
        let Some(circuit) = self.endpoints.get_mut(endpoint) else { return turns };
        if circuit.calls == 0 || circuit.open_until.is_some() {
            let rest = circuit.open_until.map_or(CROWDED_WAIT, |until| until.saturating_duration_since(now));
            self.held -= circuit.held.len();
            turns.extend(circuit.all_later(rest, circuit.pause(), &self.chance));
        }
        if circuit.held.len() < QUICK_HELD_MAX && self.pressed.as_deref() == Some(endpoint) {
            self.pressed = None;
        }
        turns
    }

    /// Forgets the endpoint that was called least lately, if there are too many.
    fn make_room(&mut self, newcomer: &str) {
        if self.endpoints.contains_key(newcomer) {
            return;
        }
        // So many are busy at most that one of the others is found.
        while self.endpoints.len() >= ENDPOINTS_MAX
            && let Some((endpoint, circuit)) = self.endpoints.remove_lru()
        {
            if circuit.calls > 0 || !circuit.held.is_empty() {
                self.endpoints.insert(endpoint, circuit);
            }
        }
    }
}

impl<T> Circuit<T> {
    /// One that is heard of for the first time, by an item that was tried before or not.
    fn new(rank: Rank, tried: bool, now: Instant) -> Self {
        Self {
            rank,
            standing: if tried { Standing::Doubtful } else { Standing::Unknown },
            calls: 0,
            allowance: 1,
            held: VecDeque::new(),
            failures: 0,
            open_until: None,
            pace: Duration::ZERO,
            moved_at: now,
            trouble: Trouble::default(),
            deferred: 0,
        }
    }

    /// An item has come for it. One that was tried says that it failed once, before we started, and the next that was
    /// not may say that it does no more.
    fn hear_of(&mut self, tried: bool) {
        if !tried && self.standing == Standing::Doubtful && self.failures == 0 && self.calls == 0 {
            self.standing = Standing::Unknown;
        }
    }

    /// Whether it has to wait until others have been probed.
    fn stands_in_line(&self) -> bool {
        self.standing == Standing::Unknown && self.calls == 0
    }

    /// Gives an item back for `rest` and more: about [`TRIES`] of what waits come back in each `pause`, the others
    /// later, so that a long queue does not come and go in vain each time.
    fn later(&mut self, item: T, rest: Duration, pause: Duration, chance: &Chance) -> Turn<T> {
        self.deferred = self.deferred.saturating_add(1);
        let spread = pause.saturating_mul(self.deferred.div_ceil(TRIES)).min(LONGEST);
        Turn::Later(item, rest + chance.spread(spread, 0.0..1.0))
    }

    /// Gives back all that waits here.
    fn all_later(&mut self, rest: Duration, pause: Duration, chance: &Chance) -> Vec<Turn<T>> {
        let held = std::mem::take(&mut self.held);
        held.into_iter().map(|item| self.later(item, rest, pause, chance)).collect()
    }

    fn start(&mut self, now: Instant) {
        if self.calls == 0 {
            self.moved_at = now;
        }
        self.calls += 1;
    }

    fn succeed(&mut self, took: Duration, window: usize) -> Option<Change> {
        (self.failures, self.deferred) = (0, 0);
        self.standing = Standing::Known;
        self.open_until = None;
        self.allowance = (self.allowance + 1).min(window);
        self.pace = if self.pace.is_zero() { took } else { (self.pace * 7 + took) / 8 };
        self.trouble.is_over().then_some(Change::Succeeds)
    }

    fn fail(
        &mut self,
        retry_after: Option<Duration>,
        cause: Option<Cause>,
        now: Instant,
        chance: &Chance,
    ) -> Option<Change> {
        // Of calls that were under way when it opened, each fails; that says nothing new.
        if self.open_until.is_none_or(|until| until <= now) {
            self.failures = self.failures.saturating_add(1);
            self.allowance = (self.allowance / 2).max(1);
        }
        let is_known = self.standing == Standing::Known;
        if self.failures >= FAILURES_OF_MESSAGES || !is_known || retry_after.is_some() {
            let pause = chance.spread(self.pause(), 0.9..1.1).max(retry_after.unwrap_or_default());
            let until = now + pause;
            self.open_until = Some(self.open_until.map_or(until, |before| before.max(until)));
            (self.standing, self.allowance) = (Standing::Doubtful, 1);
            return cause.filter(|cause| self.trouble.is_news(cause, now)).map(Change::Fails);
        }
        None
    }

    /// How long it stays open.
    fn pause(&self) -> Duration {
        let doublings = self.failures.saturating_sub(1).min(16);
        FIRST.saturating_mul(1 << doublings).min(LONGEST)
    }

    /// How long until what waits has been called for, about.
    fn drain_time(&self) -> Duration {
        let is_known = self.standing == Standing::Known;
        let pace = if is_known { self.pace } else { self.pace.max(UNKNOWN_PACE) };
        pace * ((self.held.len() + self.calls) as u32) / (self.allowance.max(1) as u32)
    }

    fn is_stalled(&self, now: Instant) -> bool {
        self.calls > 0 && now.saturating_duration_since(self.moved_at) > STALL.max(self.pace * 2)
    }
}

/// Calls of one link under way at a time with endpoints that answer, each a connection.
const KNOWN_CALLS_MAX: usize = 512;
/// Those with endpoints that failed.
const DOUBTFUL_CALLS_MAX: usize = KNOWN_CALLS_MAX / 2;
/// Endpoints that are remembered.
const ENDPOINTS_MAX: usize = 4096;
/// The most items of one take: so many may be given back before more is known of their endpoints.
const TAKE_MAX: usize = 256;
/// Items of one link that wait for calls to end.
const HELD_MAX: usize = 4096;
/// Of these, those for one endpoint that takes them quickly; what comes beyond waits at the store.
const QUICK_HELD_MAX: usize = HELD_MAX / 4;
/// Of these, those for endpoints that do not; one may have a share of what is left.
const SLOW_HELD_MAX: usize = HELD_MAX / 2;
const SLOW_SHARE: usize = 8;
/// What waits for less is better kept than given back.
const QUICK: Duration = Duration::from_secs(1);
/// How long a call takes of which nobody knows.
const UNKNOWN_PACE: Duration = Duration::from_millis(100);
/// After so long without an answer, what waits for one is given back.
const STALL: Duration = Duration::from_secs(2);
/// For how long, if only others are in the way.
const CROWDED_WAIT: Duration = Duration::from_secs(1);
/// So many failures in a row may be those of single messages.
const FAILURES_OF_MESSAGES: u32 = 3;
const FIRST: Duration = Duration::from_secs(1);
/// Recovery is noticed after this and its spread at the latest.
const LONGEST: Duration = Duration::from_secs(300);
/// How much of what waits for an endpoint that does not answer comes back in the time that its circuit stays open.
const TRIES: u32 = 4;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::super::newcomers::{LINE_MAX, PROBE_TIME, PROBES_MAX};
    use super::*;

    const AWAY: Showing = Showing::Away { retry_after: None, cause: Some(Cause::Timeout) };
    const MILLI: Duration = Duration::from_millis(1);

    fn circuits() -> Circuits<u32> {
        Circuits::new(32, Chance::seeded(1))
    }

    fn is_call(turn: &Option<Turn<u32>>) -> bool {
        matches!(turn, Some(Turn::Call(_) | Turn::Probe(_)))
    }

    fn wait(turn: Option<Turn<u32>>) -> Duration {
        match turn {
            Some(Turn::Later(_, wait)) => wait,
            other => panic!("{other:?}"),
        }
    }

    /// `endpoint` has answered so often, one call after another.
    fn prove(circuits: &mut Circuits<u32>, endpoint: &str, times: usize, now: Instant) {
        for _ in 0..times {
            assert!(is_call(&circuits.admit(endpoint, 0, false, now)));
            circuits.ended(endpoint, Showing::Present, MILLI, now);
        }
    }

    // WH-3
    #[test]
    fn endpoints_that_never_answer_leave_room_for_one_that_does() {
        let (mut circuits, now) = (circuits(), Instant::now());
        prove(&mut circuits, "live", 1, now);
        let called =
            (0..1000).filter(|at| is_call(&circuits.admit(&format!("dead {at}"), 1, false, now))).count();
        assert_eq!(called, PROBES_MAX);
        for _ in 0..100 {
            assert!(circuits.room() > 0);
            assert!(is_call(&circuits.admit("live", 7, false, now)));
            circuits.ended("live", Showing::Present, MILLI, now);
        }
    }

    // WH-3
    #[test]
    fn who_is_new_is_called_soon_however_many_hang() {
        let (mut circuits, start) = (circuits(), Instant::now());
        for at in 0..4 * (PROBES_MAX + LINE_MAX) {
            circuits.admit(&format!("dead {at}"), 0, false, start);
        }
        assert_eq!(circuits.held, LINE_MAX);
        assert!(circuits.room() > 0);
        let gives_way = circuits.admit("live", 7, false, start);
        assert!(matches!(gives_way, Some(Turn::Later(0, _))), "it stands in line: {gives_way:?}");
        assert!(circuits.cut(start).is_empty());
        let then = circuits.next_cut().unwrap();
        assert_eq!(then, start + PROBE_TIME);

        let cut = circuits.cut(then);
        assert_eq!(cut.len(), PROBES_MAX);
        let (turns, _) = circuits.ended(&cut[0], AWAY, PROBE_TIME, then);
        assert_eq!(turns, [Turn::Probe(7)]);
        circuits.ended("live", Showing::Present, MILLI, then);
        assert_eq!(circuits.admit("live", 8, false, then), Some(Turn::Call(8)));
    }

    #[test]
    fn what_hung_before_a_restart_is_in_nobodys_way() {
        let (mut circuits, now) = (circuits(), Instant::now());
        let called =
            (0..1000).filter(|at| is_call(&circuits.admit(&format!("dead {at}"), 1, true, now))).count();
        assert_eq!(called, DOUBTFUL_CALLS_MAX);
        assert_eq!(circuits.admit("live", 7, false, now), Some(Turn::Probe(7)));
        // What is doubtful for nothing but an item that was tried is as good as new by one that was not.
        assert!(matches!(circuits.admit("perhaps", 1, true, now), Some(Turn::Later(..))));
        assert_eq!(circuits.admit("perhaps", 7, false, now), Some(Turn::Probe(7)));
    }

    #[test]
    fn a_circuit_opens_and_is_tried_by_one_call() {
        let (mut circuits, now) = (circuits(), Instant::now());
        assert!(is_call(&circuits.admit("dead", 1, false, now)));
        assert_eq!(circuits.admit("dead", 2, false, now), None, "it waits for the first");
        let (turns, change) = circuits.ended("dead", AWAY, MILLI, now);
        assert!(matches!(turns[..], [Turn::Later(2, _)]), "{turns:?}");
        assert_eq!(change, Some(Change::Fails(Cause::Timeout)));
        let rest = wait(circuits.admit("dead", 3, false, now));
        assert!(rest >= FIRST.mul_f64(0.9) && rest <= FIRST.mul_f64(2.1), "{rest:?}");

        let then = now + FIRST.mul_f64(1.2);
        assert!(is_call(&circuits.admit("dead", 3, false, then)));
        circuits.ended("dead", AWAY, MILLI, then);
        assert!(wait(circuits.admit("dead", 4, false, then)) >= FIRST.mul_f64(1.8), "longer each time");
        let then = then + FIRST * 3;
        assert!(is_call(&circuits.admit("dead", 4, false, then)));
        assert_eq!(circuits.admit("dead", 5, false, then), None);
        let (turns, change) = circuits.ended("dead", Showing::Present, MILLI, then);
        assert_eq!((turns, change), (vec![Turn::Call(5)], Some(Change::Succeeds)));
    }

    #[test]
    fn a_failure_now_and_then_opens_nothing() {
        let (mut circuits, now) = (circuits(), Instant::now());
        prove(&mut circuits, "mostly", 5, now);
        for _ in 0..50 {
            for showing in [AWAY, AWAY, Showing::Present] {
                assert!(is_call(&circuits.admit("mostly", 1, false, now)));
                assert_eq!(circuits.ended("mostly", showing, MILLI, now).1, None);
            }
        }
    }

    #[test]
    fn who_wants_to_be_left_alone_is() {
        let (mut circuits, now) = (circuits(), Instant::now());
        prove(&mut circuits, "busy", 5, now);
        assert!(is_call(&circuits.admit("busy", 1, false, now)));
        let minute = Duration::from_secs(60);
        circuits.ended("busy", Showing::Away { retry_after: Some(minute), cause: None }, MILLI, now);
        assert!(wait(circuits.admit("busy", 2, false, now)) >= minute);
        circuits.renew();
        assert!(is_call(&circuits.admit("busy", 2, false, now)), "somebody says that it is mended");
    }

    #[test]
    fn calls_at_a_time_grow_to_the_window_and_no_further() {
        let (mut circuits, now) = (circuits(), Instant::now());
        prove(&mut circuits, "live", 100, now);
        let turns: Vec<_> = (0..40).map(|item| circuits.admit("live", item, false, now)).collect();
        assert_eq!(turns.iter().filter(|turn| is_call(turn)).count(), 32);
        assert!(turns[32..].iter().all(Option::is_none));
        let (turns, _) = circuits.ended("live", Showing::Present, MILLI, now);
        assert_eq!(turns, [Turn::Call(32)]);
    }

    #[test]
    fn what_is_quick_has_the_store_wait() {
        let (mut circuits, now) = (circuits(), Instant::now());
        prove(&mut circuits, "live", 100, now);
        for item in 0..32 + QUICK_HELD_MAX as u32 {
            assert!(!matches!(circuits.admit("live", item, false, now), Some(Turn::Later(..))));
        }
        assert_eq!(circuits.room(), 0);
        circuits.ended("live", Showing::Present, MILLI, now);
        assert!(circuits.room() > 0);
    }

    #[test]
    fn what_falls_silent_keeps_nothing_waiting() {
        let (mut circuits, now) = (circuits(), Instant::now());
        prove(&mut circuits, "live", 100, now);
        assert!(!circuits.holds_any());
        for item in 0..32 + QUICK_HELD_MAX as u32 {
            circuits.admit("live", item, false, now);
        }
        assert!(circuits.holds_any() && circuits.relieve(now).is_empty());
        let then = now + STALL + MILLI;
        let turns = circuits.relieve(then);
        assert_eq!(turns.len(), QUICK_HELD_MAX);
        assert!(circuits.room() > 0 && !circuits.holds_any());
        assert!(wait(circuits.admit("live", 1, false, then)) > Duration::ZERO);
    }

    #[test]
    fn what_is_slow_keeps_little_waiting() {
        let (mut circuits, now) = (circuits(), Instant::now());
        for endpoint in 0..100 {
            let name = endpoint.to_string();
            assert!(is_call(&circuits.admit(&name, 0, false, now)));
            circuits.ended(&name, Showing::Present, Duration::from_secs(3), now);
            for item in 0..100 {
                circuits.admit(&name, item, false, now);
            }
        }
        assert!(circuits.held <= SLOW_HELD_MAX && circuits.room() > 0);
    }

    #[test]
    fn no_more_endpoints_are_remembered_than_there_is_room_for() {
        let (mut circuits, now) = (circuits(), Instant::now());
        assert!(is_call(&circuits.admit("under way", 0, false, now)));
        for at in 0..2 * ENDPOINTS_MAX {
            let name = at.to_string();
            circuits.admit(&name, 1, false, now);
            circuits.ended(&name, AWAY, MILLI, now);
        }
        assert!(circuits.endpoints.len() <= ENDPOINTS_MAX);
        assert!(circuits.endpoints.contains_key("under way"));
    }
}
