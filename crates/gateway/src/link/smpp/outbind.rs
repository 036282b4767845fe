//! SMSCs that call us to be bound to: outbind, SMPP 3.4 section 2.2.1.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::BytesMut;
use smpp::{Body, Outbind, Pdu, frame};
use sms::LinkName;
use subtle::ConstantTimeEq;
use tokio::io::AsyncReadExt;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::client::Client;
use crate::network::{Listener, Stream};

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

    /// Whose outbind this is.
    fn find(&self, outbind: &Outbind, peer: IpAddr) -> Option<Client> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, client| !client.stop.is_cancelled());
        known.values().find(|client| client.is_called_by(outbind, peer)).cloned()
    }
}

impl Client {
    fn is_called_by(&self, outbind: &Outbind, peer: IpAddr) -> bool {
        let Some(wanted) = &self.config.outbind else { return false };
        let peer = peer.to_canonical();
        let password = wanted.password.expose().as_bytes();
        outbind.system_id[..] == *wanted.system_id.as_bytes()
            && bool::from(outbind.password[..].ct_eq(password))
            && wanted.from.as_ref().is_none_or(|nets| nets.iter().any(|net| net.contains(&peer)))
    }
}

/// Takes calls until it is stopped.
pub(crate) async fn listen(
    listener: Box<dyn Listener>,
    callers: Callers,
    stop: CancellationToken,
    tasks: TaskTracker,
) {
    let places = Arc::new(Semaphore::new(CALLS_MAX));
    loop {
        let accepted = tokio::select! {
            biased;
            () = stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                let Ok(place) = places.clone().try_acquire_owned() else {
                    tracing::warn!(%peer, "outbind refused: too many already");
                    continue;
                };
                let (callers, stop) = (callers.clone(), stop.clone());
                tasks.spawn(async move {
                    answer(stream, peer, &callers, &stop).await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "cannot take a connection");
                tokio::time::sleep(ACCEPT_RETRY).await;
            }
        }
    }
}

/// Waits for the outbind and binds; whoever says anything else is hung up on.
async fn answer(mut stream: Box<dyn Stream>, peer: SocketAddr, callers: &Callers, stop: &CancellationToken) {
    let reading = tokio::time::timeout(OUTBIND_TIMEOUT, read(&mut stream));
    let outbind = tokio::select! {
        biased;
        outbind = reading => outbind.ok().flatten(),
        () = stop.cancelled() => return,
    };
    let Some(outbind) = outbind else {
        tracing::warn!(%peer, "no outbind came");
        return;
    };
    match callers.find(&outbind, peer.ip()) {
        Some(client) => {
            tracing::info!(link = %client.outlet.link(), %peer, "called by outbind");
            client.answer_outbind(stream).await;
        }
        None => {
            let system_id = &outbind.system_id;
            tracing::warn!(%peer, ?system_id, "an outbind of nobody who may call");
        }
    }
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

/// Connections by outbind at a time.
const CALLS_MAX: usize = 1000;
/// How long the outbind may take: S-4, M-1.
const OUTBIND_TIMEOUT: Duration = Duration::from_secs(10);
/// As before a bind: F-3.
const OUTBIND_OCTETS_MAX: usize = smpp::session::PDU_OCTETS_UNBOUND_MAX;
const LENGTH_OCTETS: usize = 4;
const HEADER_OCTETS: usize = 16;
const ACCEPT_RETRY: Duration = Duration::from_millis(100);
