//! A rule in its place in the table: what it lets pass, and where to.

use smallvec::SmallVec;
use sms::LinkName;

use crate::rule::{Condition, LinkKind, Rule};
use crate::{keyword, rank};

/// Targets of one rule, best first, each with the time that it needed in the race of [`rank`].
pub(crate) type Ranking<'a> = SmallVec<[(f64, &'a Place); 4]>;

/// A rule, with its links resolved.
#[derive(Debug)]
pub(crate) struct Entry {
    /// The rule as it is compared: numbers without plus, the keyword upper-cased.
    pub(crate) rule: Rule,
    /// The number of the link in `from`.
    pub(crate) from: Option<u32>,
    /// The targets in the order of the file.
    pub(crate) places: Box<[Place]>,
}

/// A target with what its rank depends on.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) link: LinkName,
    pub(crate) number: u32,
    pub(crate) kind: LinkKind,
    pub(crate) weight: u32,
    pub(crate) hash: u64,
}

/// A question as the rules see it.
#[derive(Clone, Copy)]
pub(crate) struct Probe<'q> {
    /// The number of the link that brought the message, if there still is such a link.
    pub(crate) origin: Option<u32>,
    /// Whether the message came from the mobile network.
    pub(crate) mobile: bool,
    /// Without its plus.
    pub(crate) destination: &'q [u8],
    /// Without its plus.
    pub(crate) source: &'q [u8],
    pub(crate) keyword: Option<&'q str>,
}

/// Why a rule without `from` may not send a message to one of its targets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Bar {
    /// The target is an SMSC, and the message came from the mobile network.
    #[error("it is an SMSC, the message comes from one, and the rule has no from")]
    BackToNetwork,
    /// The target is the link that brought the message.
    #[error("the message came from it, and the rule has no from")]
    BackToOrigin,
}

impl Entry {
    /// How many words the keyword has; 0 if there is none.
    pub(crate) fn keyword_words(&self) -> usize {
        self.rule.keyword.as_deref().map_or(0, keyword::words)
    }

    /// The first condition that the question does not meet, in the order of [`Condition`].
    pub(crate) fn mismatch(&self, probe: &Probe<'_>) -> Option<Condition> {
        let rule = &self.rule;
        if self.from.is_some() && self.from != probe.origin {
            return Some(Condition::From);
        }
        if rule.destination.as_ref().is_some_and(|whole| whole != probe.destination) {
            return Some(Condition::Destination);
        }
        if rule.prefix.as_ref().is_some_and(|prefix| !probe.destination.starts_with(prefix)) {
            return Some(Condition::Prefix);
        }
        if rule.source.as_ref().is_some_and(|whole| whole != probe.source) {
            return Some(Condition::Source);
        }
        if rule.source_prefix.as_ref().is_some_and(|prefix| !probe.source.starts_with(prefix)) {
            return Some(Condition::SourcePrefix);
        }
        let wanted = rule.keyword.as_ref()?;
        let met = probe.keyword.is_some_and(|keyword| keyword::leads(keyword, wanted));
        (!met).then_some(Condition::Keyword)
    }

    /// Whether the rule matches and has a target that may take the message.
    pub(crate) fn carries(&self, probe: &Probe<'_>) -> bool {
        self.mismatch(probe).is_none() && self.has_target(probe)
    }

    /// The same if the message had the right keyword.
    pub(crate) fn carries_if_keyword(&self, probe: &Probe<'_>) -> bool {
        matches!(self.mismatch(probe), None | Some(Condition::Keyword)) && self.has_target(probe)
    }

    fn has_target(&self, probe: &Probe<'_>) -> bool {
        self.places.iter().any(|place| self.bar(place, probe).is_none())
    }

    /// Why the message may not go to this target, if so.
    pub(crate) fn bar(&self, place: &Place, probe: &Probe<'_>) -> Option<Bar> {
        if self.from.is_some() {
            None
        } else if probe.origin == Some(place.number) {
            Some(Bar::BackToOrigin)
        } else if probe.mobile && place.kind == LinkKind::Smsc {
            Some(Bar::BackToNetwork)
        } else {
            None
        }
    }

    /// The targets that may take the message, best first, whether they are up or not.
    pub(crate) fn ranking(&self, probe: &Probe<'_>) -> Ranking<'_> {
        let allowed = || self.places.iter().filter(|place| self.bar(place, probe).is_none());
        let mut ranking = Ranking::new();
        if self.places.len() == 1 {
            // Nothing to rank, so nothing to hash.
            ranking.extend(allowed().map(|place| (0.0, place)));
            return ranking;
        }
        let conversation = rank::conversation(probe.source, probe.destination);
        for place in allowed() {
            ranking.push((rank::time(conversation, place.hash, f64::from(place.weight)), place));
        }
        // Stable: of two equal times, which is one case in 2^52, the earlier in the file wins.
        ranking.sort_by(|left, right| left.0.total_cmp(&right.0));
        ranking
    }
}
