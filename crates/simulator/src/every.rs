//! Every n-th time.

use std::num::NonZeroU64;

/// Something that happens every n-th time, or never.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Every(Option<NonZeroU64>);

impl Every {
    /// It never happens.
    pub const NEVER: Self = Self(None);

    /// It happens the n-th time, the 2n-th and so on; with `0` never.
    #[must_use]
    pub const fn nth(n: u64) -> Self {
        Self(NonZeroU64::new(n))
    }

    /// Whether it happens at this one, counted from 1.
    #[must_use]
    pub const fn hits(self, count: u64) -> bool {
        match self.0 {
            Some(n) => count.is_multiple_of(n.get()),
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hits_the_nth_only() {
        let hits = |every: Every| (1..=7).filter(|&count| every.hits(count)).collect::<Vec<u64>>();
        assert_eq!(hits(Every::nth(3)), [3, 6]);
        assert_eq!(hits(Every::nth(1)).len(), 7);
        assert!(hits(Every::nth(0)).is_empty());
        assert_eq!(Every::nth(0), Every::NEVER);
    }
}
