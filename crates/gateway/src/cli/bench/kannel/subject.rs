//! What is measured: the gateway, and Kannel.

use clap::ValueEnum;
use serde::Serialize;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Subject {
    /// `estafet serve` with an account that has a callback: one message a request, one receipt a call.
    Estafet,
    /// The same, many receipts a call.
    EstafetBatched,
    /// The same, many messages a request too.
    EstafetBulk,
    /// Kannel's bearerbox and smsbox: one message a request, one receipt a call.
    Kannel,
}

impl Subject {
    pub(super) const ALL: [Self; 4] = [Self::Estafet, Self::EstafetBatched, Self::EstafetBulk, Self::Kannel];

    /// As people call it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Estafet => "Estafet",
            Self::EstafetBatched => "batched",
            Self::EstafetBulk => "bulk",
            Self::Kannel => "Kannel",
        }
    }

    /// How the customer speaks to it, as `simulate caller` calls it.
    pub(super) fn dialect(self) -> &'static str {
        match self {
            Self::Kannel => "kannel",
            _ => "estafet",
        }
    }
}
