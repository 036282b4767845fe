//! alert_notification: that a mobile is reachable again, from an SMSC to the ESME that wanted to know (O-7).
//!
//! It is no message: it is neither kept nor answered nor told twice. It belongs to the account that last sent that
//! mobile a message with set_dpf from that address by that SMSC. What is remembered of that is in memory and
//! bounded; where it does not say, the route counts that a message of the mobile to that address would take.

mod asked;
mod queue;

use std::sync::Arc;

use arc_swap::ArcSwap;
use smpp::{AlertNotification, ShortMessage, VERSION_3_4};
use sms::{Direction, LinkName, Message};

use self::asked::Asked;
use super::dialect::Dialect;
use crate::account::Account;
use crate::directory::Directory;
use crate::metrics::AlertMetrics;

pub(crate) use queue::Queue;
pub(super) use queue::{Alert, Seat};

/// Finds who the alerts of one SMSC are for.
pub(crate) struct Courier {
    link: LinkName,
    dialect: Option<Arc<Dialect>>,
    directory: Arc<ArcSwap<Directory>>,
    metrics: Arc<AlertMetrics>,
    asked: Asked,
}

impl Courier {
    pub(crate) fn new(
        link: LinkName,
        dialect: Option<Arc<Dialect>>,
        directory: Arc<ArcSwap<Directory>>,
        metrics: AlertMetrics,
    ) -> Self {
        Self { link, dialect, directory, metrics: Arc::new(metrics), asked: Asked::default() }
    }

    /// Remembers whose message it was if it leaves with set_dpf, in a PDU for an SMSC that speaks `version`.
    pub(super) fn heed(&self, message: &Message, pdu: &ShortMessage, version: u8) {
        if version >= VERSION_3_4 && pdu.tlvs.set_dpf() == Some(true) {
            self.asked.note(&message.source.value, &message.destination.value, &message.origin);
        }
    }

    /// Gives an alert to a session of the account that it belongs to, or drops it and counts why.
    pub(super) fn carry(&self, alert: AlertNotification) {
        let mut alert = alert;
        if let Some(dialect) = &self.dialect {
            dialect.hear_alert(&mut alert);
        }
        let Some(account) = self.account_of(&alert) else {
            self.metrics.no_account.inc();
            tracing::debug!(link = %self.link, "an alert_notification belongs to no account");
            return;
        };
        let alert = Alert { pdu: Box::new(alert), metrics: self.metrics.clone() };
        if let Err(refused) = account.alerts().offer(alert) {
            refused.counter(&self.metrics).inc();
            tracing::debug!(link = %self.link, account = %account.name(), reason = %refused, "an alert_notification is dropped");
        }
    }

    fn account_of(&self, alert: &AlertNotification) -> Option<Arc<Account>> {
        let directory = self.directory.load();
        let (mobile, esme) = (&alert.source.value, &alert.esme.value);
        let asker = self.asked.of(esme, mobile);
        let account = match &asker {
            Some(asker) => asker,
            None => directory.target(&route::Question {
                from: &self.link,
                direction: Direction::Mo,
                source: mobile,
                destination: esme,
                keyword: None,
            })?,
        };
        directory.accounts.get(account).cloned()
    }
}
