//! What is measured: the gateway, and the relays beside it.

use clap::ValueEnum;
use serde::Serialize;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Subject {
    /// `estafet serve` with its store.
    Gateway,
    /// A relay that has everything on disk before it says OK, and nothing else.
    DurableRelay,
    /// A relay that keeps nothing.
    Relay,
}

impl Subject {
    pub(super) const ALL: [Self; 3] = [Self::Gateway, Self::DurableRelay, Self::Relay];

    /// As people call it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::DurableRelay => "durable relay",
            Self::Relay => "relay",
        }
    }
}
