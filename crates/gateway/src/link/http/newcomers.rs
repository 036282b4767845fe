//! Endpoints of which nothing is known: those that are probed, each by one call, and those in line for that.
//!
//! However many of them never answer, the next has its turn soon: while somebody stands in line, a probe that is not
//! answered in [`PROBE_TIME`] is cut short. The newest goes first, so that a crowd that came at once is behind who
//! comes after it; every fourth turn is that of the oldest, so that nobody is overtaken for ever.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

/// Endpoints of which nothing is known.
#[derive(Default)]
pub(super) struct Newcomers {
    probes: VecDeque<Probe>,
    line: BTreeMap<Rank, Box<str>>,
    arrivals: u64,
    turns: u64,
}

/// When an endpoint was heard of first, among all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank(u64);

struct Probe {
    endpoint: Box<str>,
    ends_at: Instant,
    is_cut: bool,
}

/// Whether an endpoint stands in line now.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Stand {
    /// It does.
    InLine,
    /// It does, and this one does no more.
    InPlaceOf(Box<str>),
    /// The line is full of newer ones.
    Full,
}

impl Newcomers {
    /// The rank of one that is heard of for the first time.
    pub(super) const fn arrival(&mut self) -> Rank {
        self.arrivals += 1;
        Rank(self.arrivals)
    }

    /// Whether one more may be probed.
    pub(super) fn has_room(&self) -> bool {
        self.probes.len() < PROBES_MAX
    }

    pub(super) fn probe(&mut self, endpoint: &str, now: Instant) {
        self.probes.push_back(Probe { endpoint: endpoint.into(), ends_at: now + PROBE_TIME, is_cut: false });
    }

    /// The probe of `endpoint` is over.
    pub(super) fn probed(&mut self, endpoint: &str) {
        if let Some(at) = self.probes.iter().position(|probe| *probe.endpoint == *endpoint) {
            self.probes.remove(at);
        }
    }

    pub(super) fn stand(&mut self, rank: Rank, endpoint: &str) -> Stand {
        let oldest = self.line.first_key_value().map(|(&oldest, _)| oldest);
        let left = match oldest.filter(|_| self.line.len() >= LINE_MAX) {
            Some(oldest) if oldest > rank => return Stand::Full,
            Some(oldest) => self.line.remove(&oldest),
            None => None,
        };
        self.line.insert(rank, endpoint.into());
        left.map_or(Stand::InLine, Stand::InPlaceOf)
    }

    /// Whose turn it is, if another may be probed.
    pub(super) fn next(&mut self) -> Option<Box<str>> {
        if !self.has_room() {
            return None;
        }
        self.turns += 1;
        let next = match self.turns % TURNS_OF_OLDEST {
            0 => self.line.pop_first(),
            _ => self.line.pop_last(),
        };
        next.map(|(_, endpoint)| endpoint)
    }

    /// When the next probe is to be cut short, if somebody stands in line for that.
    pub(super) fn next_cut(&self) -> Option<Instant> {
        let cut = self.probes.iter().take_while(|probe| probe.is_cut).count();
        self.probes.get(cut).filter(|_| cut < self.line.len()).map(|probe| probe.ends_at)
    }

    /// Whose probes are to be cut short now.
    pub(super) fn cut(&mut self, now: Instant) -> Vec<Box<str>> {
        let mut cut = Vec::new();
        while self.next_cut().is_some_and(|at| at <= now)
            && let Some(probe) = self.probes.iter_mut().find(|probe| !probe.is_cut)
        {
            probe.is_cut = true;
            cut.push(probe.endpoint.clone());
        }
        cut
    }
}

/// Probes at a time, each a connection.
pub(super) const PROBES_MAX: usize = 128;
/// How long one has at least.
pub(super) const PROBE_TIME: Duration = Duration::from_secs(1);
/// The most that stand in line; each has one item waiting.
pub(super) const LINE_MAX: usize = 512;
const TURNS_OF_OLDEST: u64 = 4;

#[cfg(test)]
mod tests {
    use super::*;

    /// A line of so many, which are named by their order, and all places taken.
    fn crowd(count: usize, now: Instant) -> Newcomers {
        let mut newcomers = Newcomers::default();
        for at in 0..PROBES_MAX {
            assert!(newcomers.has_room());
            newcomers.probe(&format!("probe {at}"), now);
        }
        for at in 0..count {
            let rank = newcomers.arrival();
            assert_eq!(newcomers.stand(rank, &at.to_string()), Stand::InLine);
        }
        newcomers
    }

    #[test]
    fn the_newest_goes_first_and_the_oldest_is_not_forgotten() {
        let mut newcomers = crowd(8, Instant::now());
        assert_eq!(newcomers.next(), None, "there is no room");
        for at in 0..PROBES_MAX {
            newcomers.probed(&format!("probe {at}"));
        }
        let order: Vec<Box<str>> = std::iter::from_fn(|| newcomers.next()).collect();
        assert_eq!(order, ["7", "6", "5", "0", "4", "3", "2", "1"].map(Box::from));
    }

    #[test]
    fn a_probe_is_cut_short_for_those_in_line_only() {
        let now = Instant::now();
        assert_eq!(crowd(0, now).next_cut(), None);
        let mut newcomers = crowd(2, now);
        assert_eq!(newcomers.next_cut(), Some(now + PROBE_TIME));
        assert!(newcomers.cut(now).is_empty());
        assert_eq!(newcomers.cut(now + PROBE_TIME), ["probe 0", "probe 1"].map(Box::from));
        assert_eq!(newcomers.next_cut(), None, "no more than are in line");
        newcomers.probed("probe 0");
        assert!(newcomers.next().is_some());
        assert_eq!(newcomers.next_cut(), None, "one is in line, and one is cut");
    }

    #[test]
    fn in_a_full_line_the_oldest_gives_way() {
        let mut newcomers = crowd(LINE_MAX, Instant::now());
        let rank = newcomers.arrival();
        assert_eq!(newcomers.stand(rank, "new"), Stand::InPlaceOf("0".into()));
        assert_eq!(newcomers.stand(Rank(1), "0"), Stand::Full);
    }
}
