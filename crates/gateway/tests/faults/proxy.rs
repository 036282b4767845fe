//! What lies between the gateway and an SMSC, and can fail.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// What becomes of what is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// It is passed on.
    Forward,
    /// It disappears until this ends; nobody is told.
    Hold,
    /// Every connection is reset as soon as it is made.
    Reset,
}

/// Passes connections on to an address, as long as it is told to.
pub(crate) struct Proxy {
    address: SocketAddr,
    mode: watch::Sender<Mode>,
    connects: Arc<Mutex<Vec<Instant>>>,
    _tasks: JoinSet<()>,
}

impl Proxy {
    pub(crate) async fn to(target: SocketAddr, mode: Mode) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, receiver) = watch::channel(mode);
        let connects = Arc::new(Mutex::new(Vec::new()));
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, target, receiver, connects.clone()));
        Self { address, mode: sender, connects, _tasks: tasks }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn set(&self, mode: Mode) {
        self.mode.send_replace(mode);
    }

    /// When connections came.
    pub(crate) fn connects(&self) -> Vec<Instant> {
        self.connects.lock().unwrap().clone()
    }
}

async fn accept(
    listener: TcpListener,
    target: SocketAddr,
    mode: watch::Receiver<Mode>,
    connects: Arc<Mutex<Vec<Instant>>>,
) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        connects.lock().unwrap().push(Instant::now());
        if *mode.borrow() == Mode::Reset {
            stream.set_zero_linger().unwrap();
        } else {
            connections.spawn(pass(stream, target, mode.clone()));
        }
    }
}

async fn pass(near: TcpStream, target: SocketAddr, mode: watch::Receiver<Mode>) {
    let Ok(far) = TcpStream::connect(target).await else { return };
    let ((near_read, near_write), (far_read, far_write)) = (near.into_split(), far.into_split());
    tokio::select! {
        () = pump(near_read, far_write, mode.clone()) => {}
        () = pump(far_read, near_write, mode) => {}
    }
}

async fn pump(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut mode: watch::Receiver<Mode>,
) {
    let mut buffer = [0; 16 * 1024];
    loop {
        let Ok(octets @ 1..) = from.read(&mut buffer).await else { return };
        if mode.wait_for(|mode| *mode == Mode::Forward).await.is_err() {
            return;
        }
        if to.write_all(&buffer[..octets]).await.is_err() {
            return;
        }
    }
}
