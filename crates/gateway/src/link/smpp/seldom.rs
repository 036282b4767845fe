//! What a peer can bring about as often as it likes, and the log shall not say as often.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use sms::Timestamp;

/// When something was logged last, and how often it happened since.
#[derive(Debug, Default)]
pub(crate) struct Seldom {
    last: Mutex<Option<(Timestamp, u64)>>,
}

impl Seldom {
    /// It happens at `now`: how often it happened since it was logged last, with this time, if it is to be logged.
    /// That is so at most once a minute, or at once after the clock was set back.
    pub(super) fn count(&self, now: Timestamp) -> Option<u64> {
        // A count is as good after a panic elsewhere as before.
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *last {
            Some((at, unsaid)) if *at <= now && now.since(*at) < INTERVAL => {
                *unsaid = unsaid.saturating_add(1);
                None
            }
            seldom => {
                let unsaid = seldom.map_or(0, |(_, unsaid)| unsaid);
                *seldom = Some((now, 0));
                Some(unsaid.saturating_add(1))
            }
        }
    }
}

const INTERVAL: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_said_once_a_minute_and_how_often_it_was() {
        let seldom = Seldom::default();
        let at = |second: u64| seldom.count(Timestamp(second * 1000));
        assert_eq!([at(100), at(101), at(159), at(160), at(161)], [Some(1), None, None, Some(3), None]);
        assert_eq!([at(40), at(41), at(100)], [Some(2), None, Some(2)], "the clock was set back");
    }
}
