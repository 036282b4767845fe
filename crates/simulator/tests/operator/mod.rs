//! What the tests have in common: a message centre, and an ESME bound to it.
#![allow(dead_code)]

use std::time::Duration;

use simulator::{Esme, EsmeConfig, Smsc, SmscConfig};

/// What should happen at once happens well within this.
pub(crate) const SOON: Duration = Duration::from_secs(10);

pub(crate) async fn centre(config: SmscConfig) -> Smsc {
    Smsc::start(config).await.unwrap()
}

pub(crate) fn config(smsc: &Smsc) -> EsmeConfig {
    EsmeConfig { response_timeout: SOON, ..EsmeConfig::at(smsc.address(), "bank", "secret") }
}

pub(crate) async fn bank(smsc: &Smsc) -> Esme {
    Esme::bind(config(smsc)).await.unwrap()
}
