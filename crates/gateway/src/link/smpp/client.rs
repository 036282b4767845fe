//! SMSCs that we bind to.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use driver::Handler;
use futures_util::FutureExt;
use smpp::{
    Bind, BindMode, Body, CString, CommandId, CommandStatus, Event, MessageResp, Settings, ShortMessage,
    TlvTag, Tlvs,
};
use sms::{Direction, ReceiptRequest, Timestamp};
use store::{Cause, Lease, Outcome, RemoteId, RemoteIdForm, RemoteReceipt, StoreError};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::alert::Courier;
use super::dialect::Dialect;
use super::late::Attempt;
use super::redelivery::{Redelivery, Trace};
use super::relay::{Answer, Incoming, Judgement, Operation, Relay, Sent, Session, Side, Work};
use super::seldom::Seldom;
use super::steps::Running;
use super::{data, retry, translate};
use crate::access_log::AccessLog;
use crate::chance::Chance;
use crate::clock::{self, Clock};
use crate::config::{BindKind, OnUnknown, SharedProfile, SmscConfig, Version};
use crate::directory::Origin;
use crate::dispatch::{Outlet, back_off};
use crate::intake::Intake;
use crate::network::{Network, Stream};
use crate::presence::{Presence, PresenceGuard};
use crate::refusal::Refusal;
use crate::report;
use crate::submission::Submission;
use crate::tls::Tls;

/// One SMSC with all its sessions.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) config: Arc<SmscConfig>,
    pub(crate) dialect: Option<Arc<Dialect>>,
    pub(crate) redelivery: Arc<Redelivery>,
    pub(crate) alerts: Arc<Courier>,
    pub(crate) intake: Intake,
    pub(crate) outlet: Arc<Outlet>,
    pub(crate) presence: Arc<Presence>,
    pub(crate) network: Arc<dyn Network>,
    pub(crate) tls: Arc<ArcSwap<Tls>>,
    pub(crate) stop: CancellationToken,
    pub(crate) tasks: TaskTracker,
    pub(crate) access_log: Option<Arc<AccessLog>>,
    /// The sessions that it may ask for by outbind.
    pub(crate) called: Arc<Semaphore>,
    /// Its receipts that cannot be applied.
    pub(crate) unreadable: Arc<Seldom>,
    /// Its receipts with more TLVs than are passed on.
    pub(crate) overlong: Arc<Seldom>,
}

impl Client {
    /// Opens the sessions and keeps them open until it is stopped.
    pub(crate) fn start(&self) {
        if !self.config.connect {
            return;
        }
        let modes: &[BindMode] = match self.config.bind {
            BindKind::Transceiver => &[BindMode::Transceiver],
            BindKind::Transmitter => &[BindMode::Transmitter],
            BindKind::Receiver => &[BindMode::Receiver],
            BindKind::Both => &[BindMode::Transmitter, BindMode::Receiver],
        };
        for mode in modes {
            for _ in 0..self.config.sessions.get() {
                let (client, mode) = (self.clone(), *mode);
                self.tasks.spawn(async move { client.keep_bound(mode).await });
            }
        }
    }

    /// M-6: connects again and again, ever more slowly while it fails.
    async fn keep_bound(self, mode: BindMode) {
        let mut failures = 0;
        while !self.stop.is_cancelled() {
            let since = clock::now();
            self.connect(mode).await;
            failures = if clock::now() - since > STABLE_AFTER { 0 } else { failures + 1 };
            let wait = self.reconnect_wait(failures);
            tokio::select! {
                biased;
                () = tokio::time::sleep(wait) => {}
                () = self.stop.cancelled() => return,
            }
        }
    }

    async fn connect(&self, mode: BindMode) {
        let connecting = tokio::time::timeout(CONNECT_TIMEOUT, self.dial());
        let connected = tokio::select! {
            biased;
            connected = connecting => connected,
            () = self.stop.cancelled() => return,
        };
        match connected {
            Ok(Ok(stream)) => self.serve(stream, mode).await,
            Ok(Err(error)) => {
                tracing::warn!(link = %self.outlet.link(), address = %self.config.address, %error, "cannot connect");
            }
            Err(_) => {
                tracing::warn!(link = %self.outlet.link(), address = %self.config.address, "cannot connect in time");
            }
        }
    }

    async fn dial(&self) -> io::Result<Box<dyn Stream>> {
        let stream = self.network.connect(&self.config.address).await?;
        if !self.config.tls {
            return Ok(stream);
        }
        let tls = self.tls.load().smscs.get(self.outlet.link()).cloned();
        // Gone by a reload: this link ends, too.
        let tls = tls.ok_or_else(|| io::Error::other("the link is no longer configured"))?;
        Ok(Box::new(tls.connect(stream).await?))
    }

    /// Binds on a connection that the SMSC made, to receive at least, until it is over.
    pub(crate) async fn answer_outbind(&self, stream: Box<dyn Stream>) {
        let mode = match self.config.bind {
            BindKind::Transceiver => BindMode::Transceiver,
            BindKind::Transmitter | BindKind::Receiver | BindKind::Both => BindMode::Receiver,
        };
        self.serve(stream, mode).await;
    }

    async fn serve(&self, stream: Box<dyn Stream>, mode: BindMode) {
        let settings = Settings {
            window_in: WINDOW_IN.max(usize::from(self.config.window.get())),
            window_out: usize::from(self.config.window.get()),
            enquire_link_interval: super::enquire_link_interval(
                self.config.enquire_link_s,
                self.intake.chance(),
            ),
            enquire_link_timeout: Duration::from_secs(self.config.enquire_link_timeout_s),
            response_timeout: Duration::from_secs(self.config.response_timeout_s),
            inactivity_timeout: None,
            interface_version: self.config.speaks.version.number(),
            unstated_version: self.config.speaks.unstated_version().number(),
            pdu_octets_max: self.config.pdu_octets_max.octets(),
            ..Settings::default()
        };
        let session = Session::client(clock::now(), settings, self.bind(mode));
        let mut smsc = Smsc { client: self, mode, relay: self.relay(), bound: None };
        let ended = driver::drive(stream, session, &mut smsc, &self.stop, driver::Limits::default()).await;
        smsc.end(ended);
    }

    fn relay(&self) -> Relay<ToSmsc> {
        let side = ToSmsc {
            profile: self.config.speaks.clone(),
            dialect: self.dialect.clone(),
            redelivery: self.redelivery.clone(),
            alerts: self.alerts.clone(),
            outlet: self.outlet.clone(),
            intake: self.intake.clone(),
            clock: self.intake.clock(),
            chance: self.intake.chance().clone(),
            access_log: self.access_log.clone(),
            unreadable: self.unreadable.clone(),
            overlong: self.overlong.clone(),
        };
        let origin = Origin::Trusted(self.outlet.link().clone());
        Relay::new(side, self.intake.clone(), self.outlet.clone(), origin)
    }

    fn bind(&self, mode: BindMode) -> Bind {
        let config = &self.config;
        Bind {
            mode,
            system_id: CString::clipped(config.system_id.as_bytes()),
            password: CString::clipped(config.password.expose().as_bytes()),
            system_type: CString::clipped(config.speaks.system_type.as_bytes()),
            interface_version: config.speaks.version.number(),
            addr_ton: config.speaks.address_range_ton,
            addr_npi: config.speaks.address_range_npi,
            address_range: CString::clipped(config.speaks.address_range.as_bytes()),
            tlvs: Tlvs::new(),
        }
    }

    fn reconnect_wait(&self, failures: u32) -> Duration {
        let longest = Duration::from_secs(self.config.reconnect_max_s).max(RECONNECT_FIRST);
        let doubled = RECONNECT_FIRST.saturating_mul(1 << failures.saturating_sub(1).min(16));
        self.intake.chance().spread(doubled.min(longest), 0.5..1.0)
    }
}

/// One session with an SMSC.
struct Smsc<'a> {
    client: &'a Client,
    mode: BindMode,
    relay: Relay<ToSmsc>,
    bound: Option<Option<PresenceGuard>>,
}

impl Handler for Smsc<'_> {
    type Tag = Sent;
    type Work = Work;

    fn event(&mut self, now: Instant, session: &mut Session, event: Event<Sent>) {
        match event {
            Event::Bound { .. } => self.entered(),
            Event::BindRefused { status } => {
                tracing::error!(link = %self.relay.outlet().link(), %status, "the SMSC refuses the bind");
            }
            Event::Request { sequence, body } => self.relay.request(now, session, sequence, body),
            Event::Response { tag, status, body } => self.relay.response(now, tag, status, &body),
            Event::Expired { tag, sequence } => self.relay.expired(tag, sequence),
            Event::Late { sequence, status, body } => self.relay.late(sequence, status, &body),
            Event::Alert { alert } => self.client.alerts.carry(alert),
            Event::BindRequest { .. } | Event::Outbind { .. } | Event::Unbinding | Event::Closed { .. } => {}
        }
    }

    fn flush(&mut self, _now: Instant, _session: &mut Session) {
        self.relay.flush();
    }

    async fn next(&mut self, room: usize) -> Work {
        self.relay.next(room).await
    }

    fn hold(&mut self) {
        self.relay.let_go();
    }

    fn apply(&mut self, now: Instant, session: &mut Session, work: Work) {
        self.relay.apply(now, session, work);
    }
}

impl Smsc<'_> {
    fn entered(&mut self) {
        tracing::info!(link = %self.relay.outlet().link(), mode = ?self.mode, "bound to SMSC");
        self.relay.outlet().metrics().sessions.inc();
        let sends = self.mode != BindMode::Receiver;
        if sends && !self.client.presence.is_up() {
            self.relay.outlet().begin_anew();
        }
        self.bound = Some(sends.then(|| self.client.presence.enter()));
    }

    fn end(mut self, ended: driver::Ended<Sent>) {
        self.relay.lost(ended.pending);
        if self.bound.is_some() {
            self.relay.outlet().metrics().sessions.dec();
        }
        tracing::info!(link = %self.relay.outlet().link(), reason = %ended.cause, "session with SMSC ended");
    }
}

/// The side of an SMSC: it is submitted to, and delivers.
struct ToSmsc {
    profile: SharedProfile,
    dialect: Option<Arc<Dialect>>,
    redelivery: Arc<Redelivery>,
    alerts: Arc<Courier>,
    outlet: Arc<Outlet>,
    intake: Intake,
    clock: Clock,
    chance: Chance,
    access_log: Option<Arc<AccessLog>>,
    unreadable: Arc<Seldom>,
    overlong: Arc<Seldom>,
}

impl Side for ToSmsc {
    fn incoming(&self, body: Body) -> Result<Incoming, CommandStatus> {
        let request = body.command_id();
        let mut pdu = match body {
            Body::DeliverSm(pdu) => pdu,
            Body::DataSm(pdu) => data::as_deliver(pdu)?,
            _ => return Err(CommandStatus::INVCMDID),
        };
        if let Some(dialect) = &self.dialect {
            dialect.hear(&mut pdu, Direction::Mo);
        }
        if self.is_receipt(&pdu) {
            let receipt = translate::receipt(&pdu, self.outlet.link(), &self.profile, self.clock.wall());
            return Ok(match receipt {
                Ok(receipt) => {
                    self.note_length(&receipt);
                    Incoming::Receipt(receipt)
                }
                Err(why) => self.unreadable_receipt(why),
            });
        }
        let submission = translate::mobile_originated(&pdu);
        let now = self.clock.wall();
        if let Some(log) = &self.access_log {
            log.brought(&submission, self.outlet.link(), now);
        }
        let Some(trace) = self.redelivery.trace(&pdu) else {
            return Ok(Incoming::Message(Box::new(submission)));
        };
        if self.redelivery.is_unsure(&trace, now) {
            return Ok(Incoming::Prepared(self.recall(request, submission, trace, now)));
        }
        let submission = self.redelivery.traced(submission, &trace, now, || self.chance.message_id(now));
        Ok(Incoming::Message(Box::new(submission)))
    }

    fn taken_over(&self, request: CommandId, id: Option<sms::MessageId>) -> Body {
        if let Some(id) = id {
            self.redelivery.taken_over(id);
        }
        taken(request)
    }

    fn outgoing(&self, lease: &Lease, version: u8) -> Body {
        let mut pdu = translate::submit_sm(lease, version, self.profile.validity, self.clock);
        if let Some(dialect) = &self.dialect {
            dialect.say(&mut pdu, Direction::Mt, version);
        }
        self.alerts.heed(lease.message(), &pdu, version);
        Body::SubmitSm(pdu)
    }

    fn judge(&self, lease: &Lease, status: CommandStatus, body: &Body) -> Judgement {
        self.heed_congestion(body);
        let outcome = if status == CommandStatus::OK {
            self.sent(lease.message().receipt, body)
        } else {
            let now = self.clock.wall();
            retry::outcome(&self.profile, status, lease.attempts(), now, &self.chance)
        };
        let throttled = retry::is_throttled(status) && matches!(outcome, Outcome::Retry { .. });
        if let Some(log) = &self.access_log {
            log.answered(lease, &outcome, self.outlet.link(), self.clock.wall());
        }
        let brought = report::of_answer(lease, &outcome, status.0, self.clock.wall(), &self.chance);
        Judgement { outcome, throttled, brought }
    }

    fn unknown(&self, lease: &Lease, cause: Cause) -> Outcome {
        let wait =
            if cause == Cause::Timeout { back_off(lease.attempts(), &self.chance) } else { Duration::ZERO };
        let retry_at = match self.profile.on_unknown {
            OnUnknown::Retry => Some(self.clock.wall().plus(wait)),
            OnUnknown::Hold => None,
        };
        Outcome::Unknown { retry_at, cause }
    }

    fn late(&self, attempt: &Attempt, status: CommandStatus, body: &Body) -> Option<Outcome> {
        if status == CommandStatus::OK {
            return Some(self.sent(attempt.receipt, body));
        }
        let outcome = retry::outcome(&self.profile, status, attempt.before, self.clock.wall(), &self.chance);
        if retry::is_throttled(status) && matches!(outcome, Outcome::Retry { .. }) {
            self.outlet.throttled();
        }
        Some(outcome)
    }

    fn congestion(&self, unanswered: usize) -> u8 {
        translate::congestion(unanswered, WINDOW_IN, &**self.outlet.store())
    }
}

impl ToSmsc {
    /// Asks the records whether a message came before; then it is taken over, in its turn.
    fn recall(
        &self,
        request: CommandId,
        submission: Submission,
        trace: Trace,
        now: Timestamp,
    ) -> Running<Operation> {
        let (redelivery, intake, chance) =
            (self.redelivery.clone(), self.intake.clone(), self.chance.clone());
        let link = self.outlet.link().clone();
        let take_over = async move |recalled: Result<(), StoreError>| {
            recalled?;
            let submission = redelivery.traced(submission, &trace, now, || chance.message_id(now));
            let entry = intake.admit(&Origin::Trusted(link), submission)?;
            let id = entry.message.id;
            intake.accept(vec![entry]).await?;
            redelivery.taken_over(id);
            Ok(())
        };
        let (redelivery, store) = (self.redelivery.clone(), self.outlet.store().clone());
        let recalled = async move { redelivery.recall(&*store, &trace, now).await };
        Box::pin(recalled.map(move |recalled| answering(request, take_over(recalled))))
    }

    fn sent(&self, receipt: ReceiptRequest, body: &Body) -> Outcome {
        match self.remote_id(body) {
            Some(remote_id) if receipt.asks_smsc() => Outcome::Sent { remote_id },
            // No receipt can name it: its owner, who wants to know, is told that nobody can tell.
            None if receipt.on_success || receipt.on_failure => {
                Outcome::Done { state: sms::State::Unknown, remote_id: None }
            }
            remote_id => Outcome::Done { state: sms::State::HandedOver, remote_id },
        }
    }

    fn remote_id(&self, body: &Body) -> Option<RemoteId> {
        let Body::SubmitSmResp(response) = body else { return None };
        let form = RemoteIdForm::from(self.profile.response_id);
        let id = response.id();
        (!id.is_empty()).then(|| RemoteId::new(id, form))
    }

    fn is_receipt(&self, pdu: &ShortMessage) -> bool {
        translate::is_receipt(pdu) || self.profile.receipts_by_content && translate::reads_as_receipt(pdu)
    }

    /// It is answered OK, or else it would come for ever, and changes nothing.
    fn unreadable_receipt(&self, reason: &'static str) -> Incoming {
        self.outlet.metrics().unreadable_receipts.inc();
        if let Some(receipts) = self.unreadable.count(self.clock.wall()) {
            tracing::warn!(link = %self.outlet.link(), reason, receipts, "a receipt cannot be applied");
        }
        Incoming::Nothing
    }

    /// A receipt whose TLVs are too long counts all the same; that they are lost is said.
    fn note_length(&self, receipt: &RemoteReceipt) {
        if receipt.tlvs.len() > RemoteReceipt::TLVS_OCTETS_MAX
            && let Some(receipts) = self.overlong.count(self.clock.wall())
        {
            tracing::warn!(link = %self.outlet.link(), receipts, "TLVs of a receipt are too long to be passed on");
        }
    }

    /// W-6: SMPP 5.0 says in responses how much more it can take.
    fn heed_congestion(&self, body: &Body) {
        if self.profile.version < Version::V5_0 {
            return;
        }
        if let Body::SubmitSmResp(response) = body
            && let Some(&[level]) = response.tlvs.get(TlvTag::CONGESTION_STATE)
        {
            self.outlet.congested(level);
        }
    }
}

/// Answers when a message was taken over, or was not.
fn answering(
    request: CommandId,
    take_over: impl Future<Output = Result<(), Refusal>> + Send + 'static,
) -> Operation {
    Box::pin(async move {
        match take_over.await {
            Ok(()) => Answer { status: CommandStatus::OK, body: taken(request), messages: 1 },
            Err(refusal) => {
                let status = translate::status(&refusal);
                Answer { status, body: Body::refusal(request), messages: 0 }
            }
        }
    })
}

/// The answer to a message that was taken over.
fn taken(request: CommandId) -> Body {
    match request {
        CommandId::DATA_SM => Body::DataSmResp(MessageResp::default()),
        _ => Body::DeliverSmResp(MessageResp::default()),
    }
}

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const RECONNECT_FIRST: Duration = Duration::from_secs(1);
/// A session that lived this long was no failure.
const STABLE_AFTER: Duration = Duration::from_secs(30);
/// Deliveries of the SMSC that may be unanswered at a time: its window is its own affair.
const WINDOW_IN: usize = 1000;
