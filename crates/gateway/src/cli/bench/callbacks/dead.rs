//! Endpoints that take nothing.

use std::net::{Ipv4Addr, SocketAddr};

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
    _application: Application,
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
        listening.spawn(listen(mute));
        Ok(Self { count, refusing, mute: port, failing, _application: application, _listening: listening })
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
async fn listen(listener: TcpListener) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((stream, _)) = accepted {
                    connections.spawn(hear_out(stream));
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn hear_out(mut stream: TcpStream) {
    let mut said = [0; 1024];
    while stream.read(&mut said).await.is_ok_and(|octets| octets > 0) {}
}
