//! SMSCs that we bind to.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use driver::Handler;
use smpp::{Bind, BindMode, CString, Event, Settings, Tlvs};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::alert::Courier;
use super::dialect::Dialect;
use super::redelivery::Redelivery;
use super::relay::{Relay, Sent, Session, Work};
use super::seldom::Seldom;
use super::to_smsc::{ToSmsc, WINDOW_IN};
use crate::access_log::AccessLog;
use crate::clock;
use crate::config::{BindKind, SmscConfig};
use crate::directory::Origin;
use crate::dispatch::Outlet;
use crate::intake::Intake;
use crate::network::{Network, Stream};
use crate::presence::{Presence, PresenceGuard};
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

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const RECONNECT_FIRST: Duration = Duration::from_secs(1);
/// A session that lived this long was no failure.
const STABLE_AFTER: Duration = Duration::from_secs(30);
