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

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use hashlink::LruCache;

use crate::chance::Chance;

/// The endpoints that were called lately. `T` is what one call is made for.
pub(super) struct Circuits<T> {
    /// Calls at a time of one endpoint.
    window: usize,
    chance: Chance,
    endpoints: LruCache<Box<str>, Circuit<T>>,
    calls: usize,
    untried_calls: usize,
    held: usize,
    /// An endpoint that is quick and has as much waiting as it may: it will soon have room.
    pressed: Option<Box<str>>,
}

struct Circuit<T> {
    calls: usize,
    /// Calls at a time that it has shown to stand.
    allowance: usize,
    held: VecDeque<T>,
    failures: u32,
    /// It has answered since it was last open.
    is_proven: bool,
    open_until: Option<Instant>,
    /// How long a call takes, about.
    pace: Duration,
    /// When something last came of it: a call that ended, or the first of those under way.
    moved_at: Instant,
    is_told: bool,
    /// How many items were given back since it last answered.
    deferred: u32,
}

/// What to do with an item now.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Turn<T> {
    /// Call for it; [`Circuits::ended`] is told what came of it.
    Call(T),
    /// Give it back for so long.
    Later(T, Duration),
}

/// What a call showed of its endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Showing {
    /// It is there, whatever it said.
    Present,
    /// It is away or overloaded; and how long it wants to be left alone.
    Away { retry_after: Option<Duration> },
}

/// That an endpoint changed its ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// Calls begin to fail.
    Fails,
    /// Calls succeed again.
    Succeeds,
}

impl<T> Circuits<T> {
    pub(super) fn new(window: usize, chance: Chance) -> Self {
        Self {
            window: window.max(1),
            chance,
            endpoints: LruCache::new_unbounded(),
            calls: 0,
            untried_calls: 0,
            held: 0,
            pressed: None,
        }
    }

    /// How many more items are wanted.
    pub(super) fn room(&self) -> usize {
        if self.pressed.is_some() { 0 } else { TAKE_MAX.min(HELD_MAX.saturating_sub(self.held)) }
    }

    /// An item for `endpoint` has come; `None` if it waits here for a call to end.
    pub(super) fn admit(&mut self, endpoint: &str, item: T, now: Instant) -> Option<Turn<T>> {
        self.make_room(endpoint);
        let window = self.window;
        let circuit = self.endpoints.entry(endpoint.into()).or_insert_with(|| Circuit::new(now));
        if let Some(until) = circuit.open_until.filter(|&until| now < until) {
            let rest = until.saturating_duration_since(now);
            return Some(circuit.later(item, rest, circuit.pause(), &self.chance));
        }
        circuit.open_until = None;
        let may_start = starts(circuit, self.calls, self.untried_calls, window);
        if may_start {
            circuit.start(now);
            self.calls += 1;
            self.untried_calls += usize::from(!circuit.is_proven);
            return Some(Turn::Call(item));
        }
        let drain = circuit.drain_time();
        let has_enough = !circuit.is_proven && circuit.held.len() >= TRIES as usize;
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
        let was_untried = usize::from(!circuit.is_proven);
        self.untried_calls -= was_untried * circuit.calls;
        self.calls -= 1;
        circuit.calls -= 1;
        circuit.moved_at = now;
        let change = match showing {
            Showing::Present => circuit.succeed(took, window),
            Showing::Away { retry_after } => circuit.fail(retry_after, now, &self.chance),
        };
        self.untried_calls += usize::from(!circuit.is_proven) * circuit.calls;
        let turns = self.advance(endpoint, now);
        (turns, change)
    }

    /// What waits for endpoints from which nothing is heard any more is given back.
    pub(super) fn relieve(&mut self, now: Instant) -> Vec<Turn<T>> {
        if self.held == 0 {
            return Vec::new();
        }
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

    /// Starts what may start of what waits, or gives it back if nothing may.
    fn advance(&mut self, endpoint: &str, now: Instant) -> Vec<Turn<T>> {
        let mut turns = Vec::new();
        let Some(circuit) = self.endpoints.get_mut(endpoint) else { return turns };
        while circuit.open_until.is_none()
            && !circuit.held.is_empty()
            && starts(circuit, self.calls, self.untried_calls, self.window)
            && let Some(item) = circuit.held.pop_front()
        {
            circuit.start(now);
            self.held -= 1;
            self.calls += 1;
            self.untried_calls += usize::from(!circuit.is_proven);
            turns.push(Turn::Call(item));
        }
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
            if circuit.calls > 0 {
                self.endpoints.insert(endpoint, circuit);
            }
        }
    }
}

impl<T> Circuit<T> {
    fn new(now: Instant) -> Self {
        Self {
            calls: 0,
            allowance: 1,
            held: VecDeque::new(),
            failures: 0,
            is_proven: false,
            open_until: None,
            pace: Duration::ZERO,
            moved_at: now,
            is_told: false,
            deferred: 0,
        }
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
        self.is_proven = true;
        self.open_until = None;
        self.allowance = (self.allowance + 1).min(window);
        self.pace = if self.pace.is_zero() { took } else { (self.pace * 7 + took) / 8 };
        std::mem::take(&mut self.is_told).then_some(Change::Succeeds)
    }

    fn fail(&mut self, retry_after: Option<Duration>, now: Instant, chance: &Chance) -> Option<Change> {
        // Of calls that were under way when it opened, each fails; that says nothing new.
        if self.open_until.is_none_or(|until| until <= now) {
            self.failures = self.failures.saturating_add(1);
            self.allowance = (self.allowance / 2).max(1);
        }
        if self.failures >= FAILURES_OF_MESSAGES || !self.is_proven || retry_after.is_some() {
            let pause = chance.spread(self.pause(), 0.9..1.1).max(retry_after.unwrap_or_default());
            let until = now + pause;
            self.open_until = Some(self.open_until.map_or(until, |before| before.max(until)));
            (self.is_proven, self.allowance) = (false, 1);
            return (!std::mem::replace(&mut self.is_told, true)).then_some(Change::Fails);
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
        let pace = if self.is_proven { self.pace } else { self.pace.max(UNKNOWN_PACE) };
        pace * ((self.held.len() + self.calls) as u32) / (self.allowance.max(1) as u32)
    }

    fn is_stalled(&self, now: Instant) -> bool {
        self.calls > 0 && now.saturating_duration_since(self.moved_at) > STALL.max(self.pace * 2)
    }
}

/// Whether another call of an endpoint may begin, with so many under way altogether.
fn starts<T>(circuit: &Circuit<T>, calls: usize, untried_calls: usize, window: usize) -> bool {
    let has_room = if circuit.is_proven { calls < CALLS_MAX } else { untried_calls < UNTRIED_CALLS_MAX };
    has_room && circuit.calls < circuit.allowance.min(window)
}

/// Calls of one link under way at a time, each a connection.
const CALLS_MAX: usize = 512;
/// So many of them with endpoints of which nobody knows whether they answer: these never take all.
const UNTRIED_CALLS_MAX: usize = CALLS_MAX / 2;
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

    use super::*;

    const AWAY: Showing = Showing::Away { retry_after: None };
    const MILLI: Duration = Duration::from_millis(1);

    fn circuits() -> Circuits<u32> {
        Circuits::new(32, Chance::seeded(1))
    }

    fn is_call(turn: &Option<Turn<u32>>) -> bool {
        matches!(turn, Some(Turn::Call(_)))
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
            assert!(is_call(&circuits.admit(endpoint, 0, now)));
            circuits.ended(endpoint, Showing::Present, MILLI, now);
        }
    }

    // WH-3
    #[test]
    fn endpoints_that_never_answer_leave_room_for_one_that_does() {
        let (mut circuits, now) = (circuits(), Instant::now());
        prove(&mut circuits, "live", 1, now);
        let called = (0..1000).filter(|at| is_call(&circuits.admit(&format!("dead {at}"), 1, now))).count();
        assert_eq!(called, UNTRIED_CALLS_MAX);
        for _ in 0..100 {
            assert!(circuits.room() > 0);
            assert!(is_call(&circuits.admit("live", 7, now)));
            circuits.ended("live", Showing::Present, MILLI, now);
        }
    }

    #[test]
    fn a_circuit_opens_and_is_tried_by_one_call() {
        let (mut circuits, now) = (circuits(), Instant::now());
        assert!(is_call(&circuits.admit("dead", 1, now)));
        assert_eq!(circuits.admit("dead", 2, now), None, "it waits for the first");
        let (turns, change) = circuits.ended("dead", AWAY, MILLI, now);
        assert!(matches!(turns[..], [Turn::Later(2, _)]), "{turns:?}");
        assert_eq!(change, Some(Change::Fails));
        let rest = wait(circuits.admit("dead", 3, now));
        assert!(rest >= FIRST.mul_f64(0.9) && rest <= FIRST.mul_f64(2.1), "{rest:?}");

        let then = now + FIRST.mul_f64(1.2);
        assert!(is_call(&circuits.admit("dead", 3, then)));
        circuits.ended("dead", AWAY, MILLI, then);
        assert!(wait(circuits.admit("dead", 4, then)) >= FIRST.mul_f64(1.8), "longer each time");
        let then = then + FIRST * 3;
        assert!(is_call(&circuits.admit("dead", 4, then)));
        assert_eq!(circuits.admit("dead", 5, then), None);
        let (turns, change) = circuits.ended("dead", Showing::Present, MILLI, then);
        assert_eq!((turns, change), (vec![Turn::Call(5)], Some(Change::Succeeds)));
    }

    #[test]
    fn a_failure_now_and_then_opens_nothing() {
        let (mut circuits, now) = (circuits(), Instant::now());
        prove(&mut circuits, "mostly", 5, now);
        for _ in 0..50 {
            for showing in [AWAY, AWAY, Showing::Present] {
                assert!(is_call(&circuits.admit("mostly", 1, now)));
                assert_eq!(circuits.ended("mostly", showing, MILLI, now).1, None);
            }
        }
    }

    #[test]
    fn who_wants_to_be_left_alone_is() {
        let (mut circuits, now) = (circuits(), Instant::now());
        prove(&mut circuits, "busy", 5, now);
        assert!(is_call(&circuits.admit("busy", 1, now)));
        let minute = Duration::from_secs(60);
        circuits.ended("busy", Showing::Away { retry_after: Some(minute) }, MILLI, now);
        assert!(wait(circuits.admit("busy", 2, now)) >= minute);
        circuits.renew();
        assert!(is_call(&circuits.admit("busy", 2, now)), "somebody says that it is mended");
    }

    #[test]
    fn calls_at_a_time_grow_to_the_window_and_no_further() {
        let (mut circuits, now) = (circuits(), Instant::now());
        prove(&mut circuits, "live", 100, now);
        let turns: Vec<_> = (0..40).map(|item| circuits.admit("live", item, now)).collect();
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
            assert!(!matches!(circuits.admit("live", item, now), Some(Turn::Later(..))));
        }
        assert_eq!(circuits.room(), 0);
        circuits.ended("live", Showing::Present, MILLI, now);
        assert!(circuits.room() > 0);
    }

    #[test]
    fn what_falls_silent_keeps_nothing_waiting() {
        let (mut circuits, now) = (circuits(), Instant::now());
        prove(&mut circuits, "live", 100, now);
        for item in 0..32 + QUICK_HELD_MAX as u32 {
            circuits.admit("live", item, now);
        }
        assert!(circuits.relieve(now).is_empty());
        let then = now + STALL + MILLI;
        let turns = circuits.relieve(then);
        assert_eq!(turns.len(), QUICK_HELD_MAX);
        assert!(circuits.room() > 0);
        assert!(wait(circuits.admit("live", 1, then)) > Duration::ZERO);
    }

    #[test]
    fn what_is_slow_keeps_little_waiting() {
        let (mut circuits, now) = (circuits(), Instant::now());
        for endpoint in 0..100 {
            let name = endpoint.to_string();
            assert!(is_call(&circuits.admit(&name, 0, now)));
            circuits.ended(&name, Showing::Present, Duration::from_secs(3), now);
            for item in 0..100 {
                circuits.admit(&name, item, now);
            }
        }
        assert!(circuits.held <= SLOW_HELD_MAX && circuits.room() > 0);
    }

    #[test]
    fn no_more_endpoints_are_remembered_than_there_is_room_for() {
        let (mut circuits, now) = (circuits(), Instant::now());
        assert!(is_call(&circuits.admit("under way", 0, now)));
        for at in 0..2 * ENDPOINTS_MAX {
            let name = at.to_string();
            circuits.admit(&name, 1, now);
            circuits.ended(&name, AWAY, MILLI, now);
        }
        assert!(circuits.endpoints.len() <= ENDPOINTS_MAX);
        assert!(circuits.endpoints.contains_key("under way"));
    }
}
