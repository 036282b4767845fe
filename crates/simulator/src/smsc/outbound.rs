//! What a session delivers to its ESME, and what the ESME says of it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use smpp::{Body, CommandStatus, Session};

use super::centre::{Centre, wall_clock};
use super::exchange::{Cargo, Delivery};
use super::receipt::Pen;
use super::record::Counts;

/// Delivers receipts and messages of handsets.
pub(super) struct Outbound {
    pub(super) counts: Counts,
    centre: Arc<Centre>,
    pen: Pen,
    again: Vec<(Instant, Delivery)>,
    settled: usize,
}

impl Outbound {
    pub(super) fn new(centre: Arc<Centre>) -> Self {
        Self { counts: Counts::default(), centre, pen: Pen::new(), again: Vec::new(), settled: 0 }
    }

    /// Sends a delivery that the exchange handed out.
    pub(super) fn deliver(&mut self, now: Instant, session: &mut Session<Delivery>, delivery: Delivery) {
        if delivery.is_given_up() {
            self.settled += 1;
            return;
        }
        let pdu = match &delivery.cargo {
            Cargo::Receipt(receipt) => {
                self.counts.receipts_sent += 1;
                self.pen.write(receipt, self.centre.config.id_form, wall_clock())
            }
            Cargo::Message(offer) => {
                self.counts.messages_sent += 1;
                offer.pdu.clone()
            }
        };
        if let Err(delivery) = session.request(now, Body::DeliverSm(pdu), delivery) {
            self.again.push((now, delivery));
        }
    }

    /// Sends a delivery that the exchange does not know.
    pub(super) fn deliver_unposted(
        &mut self,
        now: Instant,
        session: &mut Session<Delivery>,
        delivery: Delivery,
    ) {
        self.centre.exchange.adopt(1);
        self.deliver(now, session, delivery);
    }

    /// The ESME answered.
    pub(super) fn answered(&mut self, now: Instant, mut delivery: Delivery, status: CommandStatus) {
        if is_for_now(status) && delivery.attempts < ATTEMPTS_MAX {
            delivery.attempts += 1;
            self.again.push((now + RETRY_AFTER, delivery));
            return;
        }
        self.settled += 1;
        match delivery.cargo {
            Cargo::Receipt(_) if status.is_ok() => self.counts.receipts_acknowledged += 1,
            Cargo::Receipt(_) => self.counts.receipts_refused += 1,
            Cargo::Message(offer) => {
                self.counts.messages_acknowledged += u64::from(status.is_ok());
                // The handset may have given up just now.
                let _ = offer.answer.send(status);
            }
        }
    }

    /// The ESME did not answer: it may have taken it or not, and gets it again.
    pub(super) fn expired(&mut self, now: Instant, delivery: Delivery) {
        self.counts.deliveries_expired += 1;
        self.answered(now, delivery, CommandStatus::SYSERR);
    }

    /// Hands on what the round brought.
    pub(super) fn hand_on(&mut self, now: Instant) {
        if !self.again.is_empty() {
            self.centre.exchange.put_back(now, &mut self.again);
        }
        if self.settled > 0 {
            self.centre.exchange.settled(std::mem::take(&mut self.settled));
        }
        if self.centre.counters.add(&mut self.counts) {
            self.centre.changed.notify_waiters();
        }
    }
}

fn is_for_now(status: CommandStatus) -> bool {
    matches!(
        status,
        CommandStatus::SYSERR | CommandStatus::MSGQFUL | CommandStatus::THROTTLED | CommandStatus::X_T_APPN
    )
}

/// How long a delivery rests that was refused for now.
const RETRY_AFTER: Duration = Duration::from_millis(500);
/// How often a delivery is tried again.
const ATTEMPTS_MAX: u8 = 250;
