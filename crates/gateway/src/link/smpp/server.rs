//! ESMEs that bind to us.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use driver::Handler;
use smpp::pdu::PASSWORD_OCTETS_MAX;
use smpp::{Bind, BindMode, CommandStatus, Event, Settings, VERSION_3_4};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::alert::{Alert, Seat};
use super::operations::Desk;
use super::relay::{Relay, Sent, Session, Work};
use super::short_id::ShortIds;
use super::to_esme::ToEsme;
use crate::account::{Account, BindGuard};
use crate::clock;
use crate::config::SmppConfig;
use crate::directory::{Directory, Origin};
use crate::dispatch::Outlets;
use crate::intake::Intake;
use crate::login::{Credentials, Door, Entrance, Visitor, refusal_due};
use crate::metrics::LinkMetrics;
use crate::network::{Listener, Stream, accept_each};
use crate::places::{Place, Places};
use crate::tls::{PeerCertificate, ServerTls, Tls};

/// What every connection needs.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) config: Arc<SmppConfig>,
    pub(crate) directory: Arc<ArcSwap<Directory>>,
    pub(crate) door: Arc<Door>,
    pub(crate) intake: Intake,
    pub(crate) outlets: Arc<Outlets>,
    pub(crate) short_ids: Arc<ShortIds>,
    pub(crate) places: Places,
    pub(crate) tls: Arc<ArcSwap<Tls>>,
    pub(crate) stop: CancellationToken,
    pub(crate) tasks: TaskTracker,
    pub(crate) started_at: Instant,
}

impl Server {
    /// Takes connections until it is stopped.
    pub(crate) async fn run(self, listener: Box<dyn Listener>, security: Security) {
        accept_each(|| listener.accept(), &self.stop, |stream, peer| self.take(stream, peer, security)).await;
    }

    fn take(&self, stream: Box<dyn Stream>, peer: SocketAddr, security: Security) {
        let place = match self.places.take(peer.ip()) {
            Ok(place) => place,
            Err(reason) => return tracing::warn!(%peer, reason, "connection refused"),
        };
        let server = self.clone();
        self.tasks.spawn(async move {
            match security {
                Security::Clear => server.serve(stream, Peer::clear(peer), place, clock::now()).await,
                // Clear sessions, which can be many, need no room for a handshake.
                Security::Tls => Box::pin(server.serve_by_tls(stream, peer, place)).await,
            }
        });
    }

    /// Shakes hands first, which belongs to the time that a peer has to bind (M-1).
    async fn serve_by_tls(self, stream: Box<dyn Stream>, address: SocketAddr, place: Place) {
        let since = clock::now();
        let Some(tls) = self.tls.load().smpp.clone() else { return };
        let handshake = timeout(self.bind_timeout(), secure(&tls, stream));
        let shaken = tokio::select! {
            biased;
            () = self.stop.cancelled() => return,
            shaken = handshake => shaken,
        };
        match shaken {
            Ok(Ok((stream, certificate))) => {
                self.serve(stream, Peer { address, certificate }, place, since).await;
            }
            Ok(Err(error)) => tracing::info!(peer = %address, %error, "no TLS with this peer"),
            Err(_) => tracing::info!(peer = %address, "no TLS with this peer in time"),
        }
    }

    fn bind_timeout(&self) -> Duration {
        Duration::from_secs(self.config.bind_timeout_s)
    }

    async fn serve(self, stream: Box<dyn Stream>, peer: Peer, place: Place, since: Instant) {
        let settings = Settings {
            session_init_timeout: self.bind_timeout().saturating_sub(clock::now() - since),
            enquire_link_interval: super::enquire_link_interval(
                self.config.enquire_link_s,
                self.intake.chance(),
            ),
            enquire_link_timeout: Duration::from_secs(self.config.enquire_link_timeout_s),
            response_timeout: Duration::from_secs(self.config.response_timeout_s),
            interface_version: smpp::VERSION_5_0,
            password_octets_max: PASSWORD_OCTETS_MAX,
            pdu_octets_max: self.config.pdu_octets_max.octets(),
            ..Settings::default()
        };
        let session = Session::server(clock::now(), settings);
        let stop = self.stop.clone();
        // ESMEs can be many, and most of them say little.
        let limits = driver::Limits { alarms_step_from: Some(self.started_at), ..driver::Limits::default() };
        let mut esme = Esme { server: self, peer, place, stage: Stage::Open };
        let ended = driver::drive(stream, session, &mut esme, &stop, limits).await;
        esme.end(ended);
    }
}

async fn secure(
    tls: &ServerTls,
    stream: Box<dyn Stream>,
) -> io::Result<(Box<dyn Stream>, Option<Arc<PeerCertificate>>)> {
    let (stream, certificate) = tls.accept(stream).await?;
    Ok((Box::new(stream), certificate.map(Arc::new)))
}

/// How a listener's connections are secured.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Security {
    /// They are not.
    Clear,
    /// By TLS from the first octet (L-1).
    Tls,
}

/// Who has connected.
#[derive(Clone)]
struct Peer {
    address: SocketAddr,
    certificate: Option<Arc<PeerCertificate>>,
}

impl Peer {
    fn clear(address: SocketAddr) -> Self {
        Self { address, certificate: None }
    }

    fn visitor(&self) -> Visitor {
        let certificate = self.certificate.clone();
        Visitor { address: self.address.ip(), entrance: Entrance::Smpp { certificate } }
    }
}

/// One connection of an ESME.
struct Esme {
    server: Server,
    peer: Peer,
    place: Place,
    stage: Stage,
}

enum Stage {
    /// Nobody has bound yet.
    Open,
    /// A bind waits for its verdict.
    Checking(Pin<Box<dyn Future<Output = Verdict> + Send>>),
    /// Traffic.
    Bound(Box<Bound>),
}

/// A session with its account.
struct Bound {
    relay: Relay<ToEsme>,
    account: Arc<Account>,
    /// Where it takes alerts, if it can.
    alerts: Option<Seat>,
    metrics: LinkMetrics,
    /// The account was dropped or changed, and the peer has been asked to go.
    revoked: bool,
    _place: BindGuard,
}

/// Whether a bind is taken.
struct Verdict {
    mode: BindMode,
    account: Option<(Arc<Account>, BindGuard)>,
}

enum EsmeWork {
    Verdict(Verdict),
    Relay(Work),
    Alert(Alert),
    /// A new configuration drops or changes the account.
    Revoked,
}

impl Handler for Esme {
    type Tag = Sent;
    type Work = EsmeWork;

    fn event(&mut self, now: Instant, session: &mut Session, event: Event<Sent>) {
        match (event, &mut self.stage) {
            (Event::BindRequest { bind }, _) => {
                let check = check(
                    self.server.door.clone(),
                    self.server.directory.load_full(),
                    bind,
                    self.peer.clone(),
                );
                self.stage = Stage::Checking(Box::pin(check));
            }
            (Event::Request { sequence, body }, Stage::Bound(bound)) => {
                bound.relay.request(now, session, sequence, body);
            }
            (Event::Response { tag, status, body }, Stage::Bound(bound)) => {
                bound.relay.response(now, tag, status, &body);
            }
            (Event::Expired { tag, sequence }, Stage::Bound(bound)) => bound.relay.expired(tag, sequence),
            (Event::Late { sequence, status, body }, Stage::Bound(bound)) => {
                bound.relay.late(sequence, status, &body);
            }
            (Event::Unbinding, Stage::Bound(bound)) => bound.alerts = None,
            _ => {}
        }
    }

    fn flush(&mut self, _now: Instant, _session: &mut Session) {
        if let Stage::Bound(bound) = &mut self.stage {
            bound.relay.flush();
        }
    }

    async fn next(&mut self, room: usize) -> EsmeWork {
        match &mut self.stage {
            Stage::Open => std::future::pending().await,
            Stage::Checking(verdict) => EsmeWork::Verdict(verdict.await),
            Stage::Bound(bound) => {
                // What goes to an account with a callback or an inbox goes there alone.
                let room = if bound.account.is_told_by_http() { 0 } else { room };
                tokio::select! {
                    biased;
                    work = bound.relay.next(room) => EsmeWork::Relay(work),
                    () = bound.account.revoked(), if !bound.revoked => EsmeWork::Revoked,
                    alert = next_alert(bound.alerts.as_ref()) => EsmeWork::Alert(alert),
                }
            }
        }
    }

    fn hold(&mut self) {
        if let Stage::Bound(bound) = &mut self.stage {
            bound.relay.let_go();
        }
    }

    fn apply(&mut self, now: Instant, session: &mut Session, work: EsmeWork) {
        match work {
            EsmeWork::Verdict(verdict) => self.decide(now, session, verdict),
            EsmeWork::Relay(work) => {
                if let Stage::Bound(bound) = &mut self.stage {
                    bound.relay.apply(now, session, work);
                }
            }
            EsmeWork::Alert(alert) => {
                if let Stage::Bound(bound) = &mut self.stage {
                    bound.alert(now, session, alert);
                }
            }
            EsmeWork::Revoked => {
                if let Stage::Bound(bound) = &mut self.stage {
                    bound.revoked = true;
                    bound.alerts = None;
                    session.unbind(now);
                }
            }
        }
    }
}

impl Esme {
    fn decide(&mut self, now: Instant, session: &mut Session, verdict: Verdict) {
        let own_id = self.server.config.system_id.as_bytes();
        match verdict.account {
            Some((account, place)) => {
                tracing::info!(link = %account.name(), peer = %self.peer.address, mode = ?verdict.mode, "ESME bound");
                let window = usize::from(account.config().window.get());
                session.set_window_in(window);
                session.set_window_out(window);
                session.answer_bind(now, CommandStatus::OK, own_id);
                self.place.bound();
                self.peer.certificate = None;
                self.stage = self.bound(account, place, verdict.mode, session.peer_version());
            }
            None => {
                session.answer_bind(now, CommandStatus::BINDFAIL, own_id);
                self.stage = Stage::Open;
            }
        }
    }

    fn bound(&self, account: Arc<Account>, place: BindGuard, mode: BindMode, version: u8) -> Stage {
        // V-1; and what goes to an account with a callback or an inbox goes there alone.
        let is_alerted =
            mode != BindMode::Transmitter && version >= VERSION_3_4 && !account.is_told_by_http();
        let alerts = is_alerted.then(|| Seat::at(account.alerts()));
        let outlet = self.server.outlets.of(account.name());
        let metrics = outlet.metrics().clone();
        metrics.sessions.inc();
        let origin = Origin::Account(account.clone());
        let intake = &self.server.intake;
        let desk = Desk {
            account: account.clone(),
            intake: intake.clone(),
            store: outlet.store().clone(),
            short_ids: self.server.short_ids.of(account.name()),
            version,
        };
        let side = ToEsme {
            desk,
            dialect: account.dialect().cloned(),
            clock: intake.clock(),
            chance: intake.chance().clone(),
        };
        let relay = Relay::new(side, self.server.intake.clone(), outlet, origin);
        Stage::Bound(Box::new(Bound { relay, account, alerts, metrics, revoked: false, _place: place }))
    }

    fn end(self, ended: driver::Ended<Sent>) {
        let Stage::Bound(mut bound) = self.stage else {
            tracing::debug!(peer = %self.peer.address, reason = %ended.cause, "connection ended unbound");
            return;
        };
        bound.relay.lost(ended.pending);
        bound.metrics.sessions.dec();
        tracing::info!(link = %bound.account.name(), peer = %self.peer.address, reason = %ended.cause, "ESME gone");
    }
}

impl Bound {
    /// Tells the ESME, which does not answer, that a mobile is reachable again.
    fn alert(&self, now: Instant, session: &mut Session, alert: Alert) {
        let Alert { mut pdu, metrics } = alert;
        if let Some(dialect) = self.account.dialect() {
            dialect.say_alert(&mut pdu);
        }
        let is_handed = session.alert(now, *pdu);
        if is_handed {
            metrics.handed.inc()
        } else {
            metrics.session_gone.inc()
        };
        tracing::debug!(link = %self.account.name(), is_handed, "alert_notification");
    }
}

/// Waits for an alert that a session can take; for ever if it can take none.
async fn next_alert(alerts: Option<&Seat>) -> Alert {
    match alerts {
        Some(seat) => seat.next().await,
        None => std::future::pending().await,
    }
}

/// Looks whether a bind is right. Every refusal takes equally long and says the same (S-9): nobody
/// learns which accounts exist.
async fn check(door: Arc<Door>, directory: Arc<Directory>, bind: Bind, peer: Peer) -> Verdict {
    let since = tokio::time::Instant::now();
    let account = String::from_utf8_lossy(&bind.system_id).into_owned();
    let shown = Credentials { account, password: bind.password.to_vec() };
    let Ok(account) = door.admit(&directory, &peer.visitor(), shown).await else {
        return Verdict { mode: bind.mode, account: None };
    };
    let place = account.bind(bind.mode != BindMode::Transmitter);
    if place.is_none() {
        tracing::warn!(link = %account.name(), peer = %peer.address, "bind refused: too many binds");
        refusal_due(since).await;
    }
    Verdict { mode: bind.mode, account: place.map(|place| (account, place)) }
}
