//! What the sessions of a message centre share.

use std::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use smpp::{Bind, CommandStatus, ShortMessage};
use sms::{SplitError, Timestamp};
use tokio::sync::{Notify, oneshot, watch};

use super::exchange::{Cargo, Delivery, Exchange, Offer, Recipient};
use super::id::NUMBERS;
use super::inbox::Handsets;
use super::limiter::Limiter;
use super::record::{Counters, Record, SmscStats};
use super::{Faults, SmscConfig};

/// The common knowledge of a message centre.
pub(super) struct Centre {
    pub(super) config: SmscConfig,
    pub(super) exchange: Exchange,
    pub(super) record: Record,
    pub(super) handsets: Handsets,
    pub(super) counters: Counters,
    /// The binds that were accepted, the first [`BINDS_MAX`] of them.
    pub(super) binds: Mutex<Vec<Bind>>,
    pub(super) faults: watch::Sender<Faults>,
    /// Something was counted.
    pub(super) changed: Notify,
    limiter: Option<Limiter>,
    submits: AtomicU64,
    last_id: AtomicU32,
    last_reference: AtomicU8,
}

/// Why a message of a handset did not get out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoError {
    /// The number cannot be put on the wire.
    #[error("this is no address")]
    BadAddress,
    /// The text is too long.
    #[error(transparent)]
    Split(#[from] SplitError),
    /// An ESME refused it for good.
    #[error("the ESME refused it: {0}")]
    Refused(CommandStatus),
    /// No ESME took it in the time that [`super::SmscConfig::mo_patience`] gives.
    #[error("no ESME took it in time")]
    NotTaken,
}

impl Centre {
    pub(super) fn new(config: SmscConfig) -> Self {
        let now = now();
        let first_id = config.first_id.unwrap_or_else(|| rand::random_range(0..NUMBERS)) % NUMBERS;
        Self {
            exchange: Exchange::new(now, config.receipt_path),
            record: Record::new(config.log_max, config.serials_max),
            handsets: Handsets::default(),
            counters: Counters::default(),
            binds: Mutex::default(),
            faults: watch::Sender::new(config.faults),
            changed: Notify::new(),
            limiter: config.segments_per_second.map(|limit| Limiter::new(now, limit)),
            submits: AtomicU64::new(0),
            last_id: AtomicU32::new(first_id),
            last_reference: AtomicU8::new(0),
            config,
        }
    }

    /// The verdict on a bind. What is wrong about it is not told apart (S-9).
    pub(super) fn judge(&self, bind: &Bind) -> CommandStatus {
        let matches = self.config.credentials.as_ref().is_none_or(|credentials| {
            bind.system_id.as_slice() == credentials.system_id.as_bytes()
                && bind.password.as_slice() == credentials.password.as_bytes()
        });
        if !matches {
            return CommandStatus::BINDFAIL;
        }
        let mut binds = self.binds.lock().unwrap_or_else(PoisonError::into_inner);
        if binds.len() < BINDS_MAX {
            binds.push(bind.clone());
        }
        CommandStatus::OK
    }

    /// Counts a submission, from 1.
    pub(super) fn count_submit(&self) -> u64 {
        self.submits.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// The number of a new message.
    pub(super) fn next_number(&self) -> u32 {
        let next = |last: u32| Some((last + 1) % NUMBERS);
        self.last_id.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next).unwrap_or_else(|last| last)
    }

    /// What the segments of the next long message have in common.
    pub(super) fn next_reference(&self) -> u8 {
        self.last_reference.fetch_add(1, Ordering::Relaxed)
    }

    /// Whether the limit of segments per second lets one more pass.
    pub(super) fn admits(&self, now: Instant) -> bool {
        self.limiter.as_ref().is_none_or(|limiter| limiter.admits(now))
    }

    /// Whether somebody may ask later what was submitted.
    pub(super) fn remembers(&self) -> bool {
        self.record.is_on() || self.handsets.are_there()
    }

    pub(super) fn stats(&self) -> SmscStats {
        self.counters.snapshot(self.exchange.waiting())
    }

    /// Offers messages to the ESMEs until all are taken or one is refused.
    pub(super) async fn offer(self: &Arc<Self>, messages: Vec<ShortMessage>) -> Result<(), MoError> {
        let now = now();
        let mut answers = Vec::with_capacity(messages.len());
        let mut batch = Vec::with_capacity(messages.len());
        for pdu in messages {
            let (answer, answered) = oneshot::channel();
            let cargo = Cargo::Message(Box::new(Offer { pdu, answer }));
            batch.push((now, Delivery { to: Recipient::Anyone, attempts: 0, cargo }));
            answers.push(answered);
        }
        if self.exchange.waiting() + batch.len() > self.config.deliveries_max {
            return Err(MoError::NotTaken);
        }
        self.exchange.post(now, &mut batch);
        let all = async {
            for answered in answers {
                match answered.await {
                    Ok(CommandStatus::OK) => {}
                    Ok(status) => return Err(MoError::Refused(status)),
                    Err(_) => return Err(MoError::NotTaken),
                }
            }
            Ok(())
        };
        tokio::time::timeout(self.config.mo_patience, all).await.unwrap_or(Err(MoError::NotTaken))
    }
}

/// How many binds are remembered.
const BINDS_MAX: usize = 100;

/// The runtime's clock, which tests can stop.
pub(super) fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

/// The time of day, for receipts.
pub(super) fn wall_clock() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
