//! What a status of an SMSC means for the segment that it refuses.

use std::time::Duration;

use smpp::CommandStatus;
use store::{Cause, Outcome};

use super::translate;
use crate::chance::Chance;
use crate::config::Profile;
use crate::dispatch::back_off;

/// Whether the SMSC says that it is too much, and not that anything is wrong.
pub(super) fn is_throttled(status: CommandStatus) -> bool {
    matches!(status, CommandStatus::THROTTLED | CommandStatus::MSGQFUL)
}

/// What becomes of a segment that was refused with `status` after so many `attempts` before this one. A
/// status that nobody knows is permanent unless the profile says otherwise.
pub(super) fn outcome(
    profile: &Profile,
    status: CommandStatus,
    attempts: u16,
    now: sms::Timestamp,
    chance: &Chance,
) -> Outcome {
    let cause = Cause::Smpp(status.0);
    match wait(profile, status, attempts, chance) {
        Some(wait) => Outcome::Retry { at: now.plus(wait), cause },
        None => Outcome::Failed { state: sms::State::Rejected, cause },
    }
}

/// How long to wait for the next attempt; `None` if there is none.
fn wait(profile: &Profile, status: CommandStatus, attempts: u16, chance: &Chance) -> Option<Duration> {
    let rule = profile.retry.iter().find(|rule| rule.status.contains(status.0));
    let again = match (rule, &profile.retry_statuses) {
        (Some(rule), _) => rule.attempts.is_none_or(|most| attempts.saturating_add(1) < most),
        (None, Some(statuses)) => statuses.contains(&status.0),
        (None, None) => translate::is_temporary(status),
    };
    let wait = match rule.and_then(|rule| rule.after_s) {
        Some(seconds) => Duration::from_secs(seconds.into()),
        // W-4: what was throttled goes back to its place; the whole link rests instead.
        None if is_throttled(status) => rest(attempts, IN_PLACE_MAX, chance),
        None => back_off(attempts, chance),
    };
    again.then_some(wait)
}

/// How long what was throttled waits by itself after so many `attempts`: not at all, and so in its place, while the
/// other side may mean all; what is never taken steps aside ever longer, and holds up nothing behind it for good.
pub(super) fn rest(attempts: u16, in_place_max: u16, chance: &Chance) -> Duration {
    match attempts.checked_sub(in_place_max) {
        None => Duration::ZERO,
        Some(beyond) => back_off(beyond, chance),
    }
}

/// How often a segment that the SMSC throttles is sent again before those behind it.
const IN_PLACE_MAX: u16 = 20;
