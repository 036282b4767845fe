//! SMSCs that call us to be bound to: outbind, SMPP 3.4 section 2.2.1.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU16;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::BytesMut;
use smpp::{Body, Outbind, Pdu, frame};
use sms::LinkName;
use subtle::ConstantTimeEq;
use tokio::io::AsyncReadExt;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::client::Client;
use crate::login::Door;
use crate::network::{Listener, Stream, accept_each};
use crate::places::{Place, Places};

/// The SMSCs that may call.
#[derive(Clone, Default)]
pub(crate) struct Callers {
    known: Arc<Mutex<HashMap<LinkName, Client>>>,
}

impl Callers {
    /// From now on, this is the SMSC with this name.
    pub(crate) fn set(&self, name: LinkName, client: Client) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if client.config.outbind.is_some() {
            known.insert(name, client);
        } else {
            known.remove(&name);
        }
    }

    /// Whose outbind this is, and whether the peer is where an SMSC of this name is at home.
    fn find(&self, outbind: &Outbind, peer: IpAddr) -> (Option<Client>, bool) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, client| !client.stop.is_cancelled());
        let mut at_home = false;
        for (client, wanted) in
            known.values().filter_map(|client| client.config.outbind.as_ref().map(|wanted| (client, wanted)))
        {
            let has_name = outbind.system_id[..] == *wanted.system_id.as_bytes();
            let is_from_there = wanted.from.as_ref().map(|networks| networks.contain(peer));
            at_home |= has_name && is_from_there == Some(true);
            let password = wanted.password.expose().as_bytes();
            let is_right = bool::from(outbind.password[..].ct_eq(password));
            if has_name && is_right && is_from_there != Some(false) {
                return (Some(client.clone()), at_home);
            }
        }
        (None, at_home)
    }
}

/// Where SMSCs call.
#[derive(Clone)]
pub(crate) struct Listening {
    pub(crate) callers: Callers,
    pub(crate) door: Arc<Door>,
    pub(crate) places: Places,
    pub(crate) stop: CancellationToken,
    pub(crate) tasks: TaskTracker,
}

impl Listening {
    /// Takes calls until it is stopped.
    pub(crate) async fn run(self, listener: Box<dyn Listener>) {
        accept_each(|| listener.accept(), &self.stop, |stream, peer| self.take(stream, peer)).await;
    }

    fn take(&self, stream: Box<dyn Stream>, peer: SocketAddr) {
        match self.places.take(peer.ip()) {
            Ok(place) => {
                let listening = self.clone();
                self.tasks.spawn(async move { listening.answer(stream, peer, place).await });
            }
            Err(reason) => tracing::warn!(%peer, reason, "connection refused"),
        }
    }

    /// Waits for the outbind and binds; whoever says anything else is hung up on.
    async fn answer(self, mut stream: Box<dyn Stream>, peer: SocketAddr, mut place: Place) {
        let reading = tokio::time::timeout(OUTBIND_TIMEOUT, read(&mut stream));
        let outbind = tokio::select! {
            biased;
            outbind = reading => outbind.ok().flatten(),
            () = self.stop.cancelled() => return,
        };
        let Some(outbind) = outbind else { return self.door.miss_caller(peer.ip()) };
        let (found, at_home) = self.callers.find(&outbind, peer.ip());
        let name = String::from_utf8_lossy(&outbind.system_id);
        let Some(client) = self.door.admit_caller(peer.ip(), &name, at_home, found) else { return };
        let link = client.outlet.link();
        let Ok(_session) = client.called.clone().try_acquire_owned() else {
            return tracing::warn!(%link, %peer, "outbind refused: it has all its sessions");
        };
        place.bound();
        tracing::info!(%link, %peer, "called by outbind");
        client.answer_outbind(stream).await;
    }
}

/// How many sessions an SMSC may have by outbind that is to have so many: those that it left without a word count
/// until they are given up, and it calls again meanwhile.
pub(crate) fn sessions_max(sessions: NonZeroU16) -> usize {
    2 * usize::from(sessions.get())
}

/// Reads an outbind, and not an octet more: what follows belongs to the session.
async fn read(stream: &mut Box<dyn Stream>) -> Option<Outbind> {
    let mut octets = BytesMut::zeroed(LENGTH_OCTETS);
    stream.read_exact(&mut octets).await.ok()?;
    let length = octets.first_chunk().map(|length| u32::from_be_bytes(*length))?;
    let length = usize::try_from(length)
        .ok()
        .filter(|length| (HEADER_OCTETS..=OUTBIND_OCTETS_MAX).contains(length))?;
    octets.resize(length, 0);
    stream.read_exact(octets.get_mut(LENGTH_OCTETS..)?).await.ok()?;
    let frame = frame::next(&mut octets, OUTBIND_OCTETS_MAX).ok()??;
    match Pdu::decode(frame).ok()?.body {
        Body::Outbind(outbind) => Some(outbind),
        _ => None,
    }
}

/// How long the outbind may take: S-4, M-1.
const OUTBIND_TIMEOUT: Duration = Duration::from_secs(10);
/// As before a bind: F-3.
const OUTBIND_OCTETS_MAX: usize = smpp::session::PDU_OCTETS_UNBOUND_MAX;
const LENGTH_OCTETS: usize = 4;
const HEADER_OCTETS: usize = 16;
