//! Endpoints that take nothing.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use simulator::{Application, ApplicationConfig, Every};
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// Many endpoints, each with an address of its own on loopback.
pub(super) struct Dead {
    count: u32,
    refusing: u16,
    mute: u16,
    failing: u16,
    application: Application,
    /// Calls that are not answered.
    unanswered: Arc<AtomicU64>,
    _listening: JoinSet<()>,
}

impl Dead {
    pub(super) async fn start(count: u32) -> anyhow::Result<Self> {
        let anywhere = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
        let failing =
            ApplicationConfig { listen: anywhere, fail: Every::nth(1), ..ApplicationConfig::default() };
        let application = Application::start(failing).await?;
        let mute = TcpListener::bind(anywhere).await?;
        let refusing = TcpListener::bind(anywhere).await?.local_addr()?.port();
        let (failing, port) = (application.address().port(), mute.local_addr()?.port());
        let mut listening = JoinSet::new();
        let unanswered = Arc::new(AtomicU64::new(0));
        listening.spawn(listen(mute, unanswered.clone()));
        Ok(Self { count, refusing, mute: port, failing, application, unanswered, _listening: listening })
    }

    /// How many calls they have heard so far: who refuses connections hears none.
    pub(super) fn heard(&self) -> u64 {
        self.application.call_count() + self.unanswered.load(Ordering::Relaxed)
    }

    /// Their URLs.
    pub(super) fn urls(&self) -> impl Iterator<Item = String> + '_ {
        let ports = [self.refusing, self.mute, self.failing];
        (0..self.count).zip(ports.into_iter().cycle()).map(|(number, port)| {
            let [.., high, low] = number.to_be_bytes();
            format!("http://127.1.{high}.{low}:{port}/")
        })
    }
}

/// Hears everybody out and says nothing.
async fn listen(listener: TcpListener, heard: Arc<AtomicU64>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((stream, _)) = accepted {
                    connections.spawn(hear_out(stream, heard.clone()));
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn hear_out(mut stream: TcpStream, heard: Arc<AtomicU64>) {
    let mut said = [0; 1024];
    // One call a connection: another would wait for the answer to the first.
    if stream.read(&mut said).await.is_ok_and(|octets| octets > 0) {
        heard.fetch_add(1, Ordering::Relaxed);
    }
    while stream.read(&mut said).await.is_ok_and(|octets| octets > 0) {}
}
