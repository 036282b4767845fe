//! What a simulated message centre is told to be like.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::time::Duration;

use smpp::CommandStatus;
use sms::State;

use super::IdForm;
use crate::Every;

/// How a message centre behaves. The default takes any ESME at a free port of 127.0.0.1, accepts
/// everything, and sends its receipts at once.
#[derive(Clone, Debug)]
pub struct SmscConfig {
    /// Where it listens; port 0 is any free one.
    pub listen: SocketAddr,
    /// Who it says it is, up to 15 octets.
    pub system_id: String,
    /// Who may bind; `None` is anybody.
    pub credentials: Option<Credentials>,
    /// The version it speaks; below 3.4 it does not say so. Default 3.4.
    pub interface_version: u8,
    /// How many requests may wait for an answer, in either direction. Default 1000.
    pub window: usize,
    /// The form of its message ids.
    pub id_form: IdForm,
    /// The number of its first message id, below 100,000,000; `None` is a random one, so that a
    /// message centre that comes back does not give the ids of the one before it.
    pub first_id: Option<u32>,
    /// How long after its answer a message gets its receipt at the earliest. Default 0.
    pub receipt_delay_min: Duration,
    /// How long after its answer a message gets its receipt at the latest. Default 0.
    pub receipt_delay_max: Duration,
    /// Which session brings a receipt.
    pub receipt_path: ReceiptPath,
    /// How messages end.
    pub fates: Fates,
    /// What it does wrong.
    pub faults: Faults,
    /// How many segments a second it takes from all sessions together; more are answered
    /// ESME_RTHROTTLED. `None` is without limit.
    pub segments_per_second: Option<NonZeroU32>,
    /// How many connections it takes at a time; more are hung up on. Default 1000.
    pub connections_max: usize,
    /// How many receipts and messages may wait to be delivered; while they do, submissions that ask
    /// for a receipt are answered ESME_RMSGQFUL. Default 1,000,000.
    pub deliveries_max: usize,
    /// How long a delivery may go unanswered before it is tried again. Default 10 s.
    pub response_timeout: Duration,
    /// After hearing nothing for this long it sends enquire_link. Default 30 s.
    pub enquire_link_interval: Duration,
    /// How long a message of a handset is offered before it is given up. Default 30 s.
    pub mo_patience: Duration,
    /// How many of the submissions that it took are kept for [`super::Smsc::submits`]; the first ones
    /// are. Default 0.
    pub log_max: usize,
    /// Up to which number the messages of a [`crate::Load`] are counted for [`super::Smsc::tally`], an
    /// octet each. Default 0.
    pub serials_max: usize,
}

impl Default for SmscConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            system_id: "simulator".to_owned(),
            credentials: None,
            interface_version: smpp::VERSION_3_4,
            window: 1000,
            id_form: IdForm::Decimal,
            first_id: None,
            receipt_delay_min: Duration::ZERO,
            receipt_delay_max: Duration::ZERO,
            receipt_path: ReceiptPath::Submitter,
            fates: Fates::default(),
            faults: Faults::default(),
            segments_per_second: None,
            connections_max: 1000,
            deliveries_max: 1_000_000,
            response_timeout: Duration::from_secs(10),
            enquire_link_interval: Duration::from_secs(30),
            mo_patience: Duration::from_secs(30),
            log_max: 0,
            serials_max: 0,
        }
    }
}

/// What an ESME must say to bind.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// Who it is, up to 15 octets.
    pub system_id: String,
    /// The proof of it, up to 64 octets.
    pub password: String,
}

/// Hides the password.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("system_id", &self.system_id).finish_non_exhaustive()
    }
}

/// Which of the sessions of the ESME that submitted brings a receipt; if it has none that receives,
/// the receipt waits for one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReceiptPath {
    /// The session that submitted, if it receives and is still there; otherwise any other.
    #[default]
    Submitter,
    /// All in turn.
    RoundRobin,
}

/// How messages end: by the end of their destination, or by shares; the others are delivered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fates {
    /// Destinations that end so, end so. The first that fits counts.
    pub by_suffix: Vec<(String, State)>,
    /// How many of a hundred end so, evenly spread. What is above a hundred in sum does not count.
    pub percent: Vec<(u8, State)>,
}

impl Fates {
    /// How the message with this number ends.
    pub(super) fn of(&self, number: u32, destination: &[u8]) -> State {
        let by_suffix = self.by_suffix.iter().find(|(suffix, _)| destination.ends_with(suffix.as_bytes()));
        if let Some((_, state)) = by_suffix {
            return *state;
        }
        let mut place = u64::from(number) * SPREAD % 100;
        for &(percent, state) in &self.percent {
            match place.checked_sub(u64::from(percent)) {
                Some(beyond) => place = beyond,
                None => return state,
            }
        }
        State::Delivered
    }
}

/// What a message centre does wrong. Submissions are counted from 1 over all sessions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// Answers ESME_RTHROTTLED.
    pub throttle: Every,
    /// Answers with a status of its own.
    pub status: Option<(Every, CommandStatus)>,
    /// Takes the message, sends its receipt, but never answers.
    pub silent: Every,
    /// Cuts the connection without a word and without taking the message. Answers that were not
    /// written yet are lost with it.
    pub drop: Every,
    /// Says in its answers that it is so congested, if it speaks 5.0 (SMPP 5.0 section 4.8.4.18).
    pub congestion: Option<u8>,
    /// Answers this late.
    pub answer_delay: Duration,
    /// Sends the receipt before the answer.
    pub receipt_first: Every,
    /// Sends the receipt twice.
    pub receipt_twice: Every,
    /// Never sends the receipt.
    pub receipt_lost: Every,
}

/// Has no factor in common with 100, so that each hundred of numbers has every place once.
const SPREAD: u64 = 61;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fates_go_by_suffix_and_then_by_share() {
        let fates = Fates {
            by_suffix: vec![("99".to_owned(), State::Rejected)],
            percent: vec![(5, State::Undeliverable), (3, State::Expired)],
        };
        assert_eq!(fates.of(1, b"62899"), State::Rejected);
        let count = |state| (1000..1100).filter(|&number| fates.of(number, b"62811") == state).count();
        assert_eq!([State::Undeliverable, State::Expired, State::Delivered].map(count), [5, 3, 92]);
        assert_eq!(Fates::default().of(7, b"62899"), State::Delivered);
    }

    #[test]
    fn the_password_is_not_shown() {
        let credentials = Credentials { system_id: "me".to_owned(), password: "hunter22".to_owned() };
        let config = SmscConfig { credentials: Some(credentials), ..SmscConfig::default() };
        assert!(!format!("{config:?}").contains("hunter22"));
    }
}
