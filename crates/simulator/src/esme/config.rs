//! How an ESME binds.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use smpp::{Bind, BindMode, CString, CommandStatus, Session, Settings, VERSION_3_4};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Where and how an ESME binds. The default is a transceiver with a window of 100.
#[derive(Clone)]
pub struct EsmeConfig {
    /// The message centre's `host:port`.
    pub address: String,
    /// Who it is, up to 15 octets.
    pub system_id: String,
    /// The proof of it, up to 64 octets.
    pub password: String,
    /// What kind of ESME it is, up to 12 octets.
    pub system_type: String,
    /// Which directions it binds for.
    pub mode: BindMode,
    /// The version it speaks (SMPP 3.4 section 5.2.4).
    pub interface_version: u8,
    /// How many requests may wait for an answer, in either direction.
    pub window: usize,
    /// How long connecting may take, and binding again. Default 10 s.
    pub connect_timeout: Duration,
    /// After hearing nothing for this long it sends enquire_link. Default 30 s.
    pub enquire_link_interval: Duration,
    /// How long the answer to a submission may take. Default 60 s.
    pub response_timeout: Duration,
    /// How many receipts, and how many messages, are kept for whoever reads them; while there are more,
    /// deliveries are answered ESME_RMSGQFUL. Default 10,000. A [`crate::Load`] reads its own.
    pub inbox_max: usize,
}

impl EsmeConfig {
    /// The default for this message centre and ESME.
    #[must_use]
    pub fn new(
        address: impl Into<String>,
        system_id: impl Into<String>,
        password: impl Into<String>,
    ) -> Self {
        Self {
            address: address.into(),
            system_id: system_id.into(),
            password: password.into(),
            system_type: String::new(),
            mode: BindMode::Transceiver,
            interface_version: VERSION_3_4,
            window: 100,
            connect_timeout: Duration::from_secs(10),
            enquire_link_interval: Duration::from_secs(30),
            response_timeout: Duration::from_secs(60),
            inbox_max: 10_000,
        }
    }

    /// The default for a message centre at this socket address.
    #[must_use]
    pub fn at(address: SocketAddr, system_id: &str, password: &str) -> Self {
        Self::new(address.to_string(), system_id, password)
    }

    pub(crate) async fn connect(&self) -> Result<TcpStream, BindError> {
        let connecting = timeout(self.connect_timeout, TcpStream::connect(&self.address));
        let stream = connecting.await.map_err(|_| BindError::ConnectTimeout)?.map_err(BindError::Connect)?;
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "no TCP_NODELAY");
        }
        Ok(stream)
    }

    /// A session that begins with the bind.
    pub(crate) fn session<T>(&self) -> Session<T> {
        let settings = Settings {
            window_in: self.window.max(WINDOW_IN_MIN),
            window_out: self.window.max(1),
            bind_timeout: self.connect_timeout,
            enquire_link_interval: self.enquire_link_interval,
            response_timeout: self.response_timeout,
            unbind_timeout: UNBIND_TIMEOUT,
            interface_version: self.interface_version,
            unstated_version: VERSION_3_4,
            ..Settings::default()
        };
        Session::client(tokio::time::Instant::now().into_std(), settings, self.bind())
    }

    fn bind(&self) -> Bind {
        Bind {
            mode: self.mode,
            system_id: CString::clipped(self.system_id.as_bytes()),
            password: CString::clipped(self.password.as_bytes()),
            system_type: CString::clipped(self.system_type.as_bytes()),
            interface_version: self.interface_version,
            ..Bind::default()
        }
    }
}

/// Hides the password.
impl fmt::Debug for EsmeConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EsmeConfig")
            .field("address", &self.address)
            .field("system_id", &self.system_id)
            .field("mode", &self.mode)
            .field("interface_version", &self.interface_version)
            .field("window", &self.window)
            .finish_non_exhaustive()
    }
}

/// Why an ESME is not bound.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// There is no connection.
    #[error("cannot connect: {0}")]
    Connect(#[source] io::Error),
    /// There is no connection in time.
    #[error("cannot connect in time")]
    ConnectTimeout,
    /// The message centre refused the bind.
    #[error("the bind was refused: {0}")]
    Refused(CommandStatus),
    /// The connection ended before the bind was answered, or it was not answered in time.
    #[error("the bind was not answered: {0}")]
    NotAnswered(String),
}

/// How long what is in flight may take when an ESME leaves, and the answer to its unbind.
pub(crate) const UNBIND_TIMEOUT: Duration = Duration::from_secs(5);
/// The message centre's window is its own affair.
const WINDOW_IN_MIN: usize = 1000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_is_not_shown() {
        assert!(!format!("{:?}", EsmeConfig::new("localhost:2775", "bank", "hunter22")).contains("hunter22"));
    }
}
