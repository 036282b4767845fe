//! What is said in the log of calls that fail.

use std::time::{Duration, Instant};

use store::Cause;

/// Why calls of one endpoint fail, as far as the log has been told: at once, and again when it is for another cause or
/// they have succeeded in between, but not more than once a minute.
#[derive(Default)]
pub(super) struct Trouble {
    /// What was told and is not over.
    told: Option<Cause>,
    told_at: Option<Instant>,
}

impl Trouble {
    /// A call has failed; whether that is to be told.
    pub(super) fn is_news(&mut self, cause: &Cause, now: Instant) -> bool {
        let was_just_told = |at: Instant| now.saturating_duration_since(at) < TOLD_AGAIN;
        if self.told.as_ref() == Some(cause) || self.told_at.is_some_and(was_just_told) {
            return false;
        }
        *self = Self { told: Some(cause.clone()), told_at: Some(now) };
        true
    }

    /// A call has succeeded; whether that is to be told.
    pub(super) fn is_over(&mut self) -> bool {
        self.told.take().is_some()
    }
}

const TOLD_AGAIN: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_cause_is_told_once_a_minute() {
        let (mut trouble, start) = (Trouble::default(), Instant::now());
        assert!(!trouble.is_over());
        assert!(trouble.is_news(&Cause::Timeout, start));
        assert!(!trouble.is_news(&Cause::Http(500), start + TOLD_AGAIN / 2));
        assert!(!trouble.is_news(&Cause::Timeout, start + TOLD_AGAIN));
        assert!(trouble.is_news(&Cause::Http(500), start + TOLD_AGAIN));
        assert!(trouble.is_over() && !trouble.is_over());
        assert!(!trouble.is_news(&Cause::Http(500), start + TOLD_AGAIN * 3 / 2), "it comes and goes");
        assert!(!trouble.is_over(), "it was not told that it has come back");
        assert!(trouble.is_news(&Cause::Http(500), start + TOLD_AGAIN * 2));
    }
}
