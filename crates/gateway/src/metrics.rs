//! What is counted, in Prometheus' form.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use sms::LinkName;
use sms::reassembly::Ending;
use store::{Outcome, Settlement, Status};

use crate::login::LoginMetrics;

/// All metrics of the process.
pub(crate) struct Metrics {
    registry: Registry,
    received: Family<LinkLabel, Counter>,
    refused: Family<LinkLabel, Counter>,
    receipts: Family<LinkLabel, Counter>,
    unreadable_receipts: Family<LinkLabel, Counter>,
    given_up: Family<LinkLabel, Counter>,
    settled: Family<OutcomeLabel, Counter>,
    alerts: Family<OutcomeLabel, Counter>,
    sessions: Family<LinkLabel, Gauge>,
    tls_unverified: Family<LinkLabel, Gauge>,
    inbox_lent: Family<LinkLabel, Gauge>,
    accept_seconds: Family<LinkLabel, Histogram>,
    response_seconds: Family<LinkLabel, Histogram>,
    reassembly: ReassemblyMetrics,
    login: LoginMetrics,
    store: StoreMetrics,
}

/// The metrics of one link, at hand without a look-up.
#[derive(Clone)]
pub(crate) struct LinkMetrics {
    /// Messages that the link brought and that were taken over.
    pub(crate) received: Counter,
    /// Messages that the link brought and that were refused.
    pub(crate) refused: Counter,
    /// Receipts that the link brought.
    pub(crate) receipts: Counter,
    /// Receipts that the link brought and that say nothing that could be applied.
    pub(crate) unreadable_receipts: Counter,
    /// Messages of handsets that a content provider did not take.
    pub(crate) given_up: Counter,
    /// Sessions that are bound.
    pub(crate) sessions: Gauge,
    sent: Counter,
    retried: Counter,
    failed: Counter,
    unknown: Counter,
    accept_seconds: Histogram,
    response_seconds: Histogram,
}

/// What becomes of the alert_notifications of an SMSC.
#[derive(Debug)]
pub(crate) struct AlertMetrics {
    /// Handed to a session.
    pub(crate) handed: Counter,
    /// Nobody asked for it, and no route leads to an account.
    pub(crate) no_account: Counter,
    /// No session of its account could be told.
    pub(crate) no_session: Counter,
    /// Too many waited for the sessions of its account.
    pub(crate) queue_full: Counter,
    /// The session that it was for ended first.
    pub(crate) session_gone: Counter,
}

/// What becomes of the parts of long messages of handsets.
#[derive(Clone, Default)]
pub(crate) struct ReassemblyMetrics {
    ended: Family<EndingLabel, Counter>,
    duplicates: Counter,
    parts: Gauge,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct EndingLabel {
    ending: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LinkLabel {
    link: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabel {
    link: String,
    outcome: &'static str,
}

/// What the store tells when it is asked.
#[derive(Default)]
struct StoreMetrics {
    waiting: Family<LinkLabel, Gauge>,
    awaiting_receipt: Gauge,
    unmatched_receipts: Gauge,
    live_messages: Gauge,
    healthy: Gauge,
    accepted: Counter<u64, AtomicU64>,
    possible_duplicates: Counter<u64, AtomicU64>,
    syncs: Counter<u64, AtomicU64>,
    written_octets: Counter<u64, AtomicU64>,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("estafet"),
            received: Family::default(),
            refused: Family::default(),
            receipts: Family::default(),
            unreadable_receipts: Family::default(),
            given_up: Family::default(),
            settled: Family::default(),
            alerts: Family::default(),
            sessions: Family::default(),
            tls_unverified: Family::default(),
            inbox_lent: Family::default(),
            accept_seconds: Family::new_with_constructor(latency as fn() -> Histogram),
            response_seconds: Family::new_with_constructor(latency as fn() -> Histogram),
            reassembly: ReassemblyMetrics::default(),
            login: LoginMetrics::default(),
            store: StoreMetrics::default(),
        };
        metrics.register();
        metrics
    }

    /// The metrics of a link.
    pub(crate) fn link(&self, link: &LinkName) -> LinkMetrics {
        let label = LinkLabel { link: link.to_string() };
        let settled = |outcome| {
            let label = OutcomeLabel { link: link.to_string(), outcome };
            self.settled.get_or_create_owned(&label)
        };
        LinkMetrics {
            received: self.received.get_or_create_owned(&label),
            refused: self.refused.get_or_create_owned(&label),
            receipts: self.receipts.get_or_create_owned(&label),
            unreadable_receipts: self.unreadable_receipts.get_or_create_owned(&label),
            given_up: self.given_up.get_or_create_owned(&label),
            sessions: self.sessions.get_or_create_owned(&label),
            sent: settled("sent"),
            retried: settled("retried"),
            failed: settled("failed"),
            unknown: settled("unknown"),
            accept_seconds: self.accept_seconds.get_or_create_owned(&label),
            response_seconds: self.response_seconds.get_or_create_owned(&label),
        }
    }

    /// The metrics of the alert_notifications of an SMSC.
    pub(crate) fn alerts(&self, smsc: &LinkName) -> AlertMetrics {
        let counter = |outcome| {
            let label = OutcomeLabel { link: smsc.to_string(), outcome };
            self.alerts.get_or_create_owned(&label)
        };
        AlertMetrics {
            handed: counter("handed"),
            no_account: counter("no_account"),
            no_session: counter("no_session"),
            queue_full: counter("queue_full"),
            session_gone: counter("session_gone"),
        }
    }

    /// Says whether nobody looks at who an SMSC is.
    pub(crate) fn tls_unverified(&self, link: &LinkName, unverified: bool) {
        let label = LinkLabel { link: link.to_string() };
        if unverified {
            self.tls_unverified.get_or_create(&label).set(1);
        } else {
            self.tls_unverified.remove(&label);
        }
    }

    /// How many items of an inbox are lent.
    pub(crate) fn inbox(&self, account: &LinkName) -> Gauge {
        self.inbox_lent.get_or_create_owned(&LinkLabel { link: account.to_string() })
    }

    /// The metrics of long messages of handsets.
    pub(crate) fn reassembly(&self) -> ReassemblyMetrics {
        self.reassembly.clone()
    }

    /// The metrics of who comes in and who does not.
    pub(crate) fn login(&self) -> LoginMetrics {
        self.login.clone()
    }

    /// Everything, in the text form that Prometheus reads.
    pub(crate) fn text(&self, store: &Status) -> Result<String, std::fmt::Error> {
        self.store.update(store);
        let mut text = String::new();
        text::encode(&mut text, &self.registry)?;
        Ok(text)
    }

    fn register(&mut self) {
        let registry = &mut self.registry;
        registry.register("messages_received", "Messages taken over from a link", self.received.clone());
        registry.register("messages_refused", "Messages of a link that were refused", self.refused.clone());
        registry.register("receipts_received", "Receipts that a link brought", self.receipts.clone());
        let help = "Receipts that a link brought and that name no message, or no state that there is";
        registry.register("receipts_unreadable", help, self.unreadable_receipts.clone());
        let help = "Messages of handsets that a content provider did not take";
        registry.register("given_up", help, self.given_up.clone());
        registry.register("deliveries", "Attempts to deliver to a link, by outcome", self.settled.clone());
        let help = "alert_notifications that an SMSC brought, by what became of them";
        registry.register("alerts", help, self.alerts.clone());
        registry.register("sessions", "Bound sessions", self.sessions.clone());
        let help = "1 for an SMSC that is connected to by TLS without looking at who it is";
        registry.register("tls_unverified", help, self.tls_unverified.clone());
        let help = "Items of an inbox that were fetched and not acknowledged yet";
        registry.register("inbox_lent", help, self.inbox_lent.clone());
        let help = "From a batch of messages to their being durable";
        registry.register("accept_seconds", help, self.accept_seconds.clone());
        let help = "From a request to its response";
        registry.register("response_seconds", help, self.response_seconds.clone());
        self.reassembly.register(registry);
        self.login.register(registry);
        self.store.register(registry);
    }
}

impl ReassemblyMetrics {
    fn register(&self, registry: &mut Registry) {
        let help = "Long messages of handsets that were put together, by why their parts went on";
        registry.register("reassembled", help, self.ended.clone());
        let help = "Parts of long messages that came twice";
        registry.register("reassembly_duplicates", help, self.duplicates.clone());
        let help = "Parts that wait for the rest of their message";
        registry.register("reassembly_parts", help, self.parts.clone());
    }

    /// Counts a message whose parts went on.
    pub(crate) fn ended(&self, ending: Ending) {
        let ending = match ending {
            Ending::Complete => "complete",
            Ending::TimedOut => "timed_out",
            Ending::Crowded => "crowded",
            Ending::Replaced => "replaced",
        };
        self.ended.get_or_create(&EndingLabel { ending }).inc();
    }

    /// Counts a part that came twice.
    pub(crate) fn duplicate(&self) {
        self.duplicates.inc();
    }

    /// Says how many parts wait.
    pub(crate) fn waits(&self, parts: usize) {
        self.parts.set(i64::try_from(parts).unwrap_or(i64::MAX));
    }
}

impl StoreMetrics {
    fn register(&self, registry: &mut Registry) {
        registry.register("waiting", "Segments and receipts that wait for a link", self.waiting.clone());
        let help = "Segments that wait for their receipt";
        registry.register("awaiting_receipt", help, self.awaiting_receipt.clone());
        let help = "Receipts that match nothing so far";
        registry.register("unmatched_receipts", help, self.unmatched_receipts.clone());
        registry.register("live_messages", "Messages without a final state", self.live_messages.clone());
        registry.register("store_healthy", "1 while the store accepts", self.healthy.clone());
        registry.register("accepted", "Messages accepted", self.accepted.clone());
        let help = "Attempts with unknown outcome that were repeated";
        registry.register("possible_duplicates", help, self.possible_duplicates.clone());
        registry.register("store_syncs", "Times that the journal was synced", self.syncs.clone());
        let help = "Octets written to the journal";
        registry.register("store_written_octets", help, self.written_octets.clone());
    }

    fn update(&self, status: &Status) {
        self.waiting.clear();
        for (link, waiting) in &status.waiting {
            let label = LinkLabel { link: link.to_string() };
            self.waiting.get_or_create(&label).set(clamp(*waiting));
        }
        self.awaiting_receipt.set(clamp(status.awaiting_receipt));
        self.unmatched_receipts.set(clamp(status.unmatched_receipts));
        self.live_messages.set(clamp(status.live_messages));
        self.healthy.set(i64::from(status.poisoned.is_none()));
        let set = |counter: &Counter<u64, AtomicU64>, total| {
            counter.inner().store(total, std::sync::atomic::Ordering::Relaxed);
        };
        set(&self.accepted, status.accepted_total);
        set(&self.possible_duplicates, status.possible_duplicates_total);
        set(&self.syncs, status.syncs_total);
        set(&self.written_octets, status.written_octets_total);
    }
}

impl LinkMetrics {
    /// Counts what became of items.
    pub(crate) fn settled(&self, batch: &[Settlement]) {
        for settlement in batch {
            let counter = match settlement.outcome {
                Outcome::Deferred { .. } => continue,
                Outcome::Done { .. } | Outcome::Sent { .. } => &self.sent,
                Outcome::Retry { .. } | Outcome::Redirect { .. } | Outcome::Move { .. } => &self.retried,
                Outcome::Failed { .. } => &self.failed,
                Outcome::Unknown { .. } => &self.unknown,
            };
            counter.inc();
        }
    }

    /// How long a batch took to become durable.
    pub(crate) fn accepted_in(&self, elapsed: Duration) {
        self.accept_seconds.observe(elapsed.as_secs_f64());
    }

    /// How long the other side took to answer.
    pub(crate) fn answered_in(&self, elapsed: Duration) {
        self.response_seconds.observe(elapsed.as_secs_f64());
    }
}

/// Shares the metrics with whoever shows them.
pub(crate) type SharedMetrics = Arc<Metrics>;

fn latency() -> Histogram {
    Histogram::new(LATENCY_BUCKETS_S)
}

fn clamp(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

const LATENCY_BUCKETS_S: [f64; 12] =
    [0.000_5, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0];
