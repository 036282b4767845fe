//! Message centres, and what arrived at them.

use std::net::SocketAddr;

use simulator::{Smsc, SmscConfig};

use super::SOON;

/// A message centre that does everything right.
pub(crate) async fn centre() -> Smsc {
    centre_with(SmscConfig::default()).await
}

/// A message centre at `address`, where none was before.
pub(crate) async fn centre_at(address: SocketAddr) -> Smsc {
    centre_with(SmscConfig { listen: address, ..SmscConfig::default() }).await
}

/// A message centre that is as told; it logs what it takes.
pub(crate) async fn centre_with(config: SmscConfig) -> Smsc {
    Smsc::start(SmscConfig { log_max: LOG_MAX, ..config }).await.unwrap()
}

/// The texts that a message centre took, in order.
pub(crate) trait Texts {
    /// Those that it took so far.
    fn texts(&self) -> Vec<String>;

    /// Waits until it took so many, and returns them.
    async fn texts_when(&self, count: usize) -> Vec<String>;
}

impl Texts for Smsc {
    fn texts(&self) -> Vec<String> {
        let text = |submit: &simulator::Submit| {
            sms::decode(submit.message.data_coding, &submit.message.short_message)
        };
        self.submits().iter().map(|submit| text(submit).unwrap_or_default()).collect()
    }

    async fn texts_when(&self, count: usize) -> Vec<String> {
        let arrived = self.submits_when(count, SOON).await;
        assert!(arrived.is_some(), "{count} should arrive, {} did", self.submits().len());
        self.texts()
    }
}

const LOG_MAX: usize = 100_000;
