//! What is said in the log of calls that fail.

use std::time::{Duration, Instant};

use store::Cause;

/// Why calls of one endpoint fail, as far as the log has been told: at once, and again when it is for another cause,
/// but not more than once a minute.
#[derive(Default)]
pub(super) struct Trouble(Option<(Cause, Instant)>);

impl Trouble {
    /// A call has failed; whether that is to be told.
    pub(super) fn is_news(&mut self, cause: &Cause, now: Instant) -> bool {
        let is_known = self.0.as_ref().is_some_and(|(known, told_at)| {
            known == cause || now.saturating_duration_since(*told_at) < TOLD_AGAIN
        });
        if !is_known {
            self.0 = Some((cause.clone(), now));
        }
        !is_known
    }

    /// A call has succeeded; whether that is to be told.
    pub(super) fn is_over(&mut self) -> bool {
        self.0.take().is_some()
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
        assert!(trouble.is_news(&Cause::Http(500), start + TOLD_AGAIN));
    }
}
