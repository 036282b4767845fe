//! What is measured: the gateway, and Kannel.

use clap::ValueEnum;
use serde::Serialize;

use super::Settings;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Subject {
    /// `estafet serve` with an account that has a callback: one receipt a call.
    Estafet,
    /// The same, many receipts a call.
    EstafetBatched,
    /// Kannel's bearerbox and smsbox.
    Kannel,
}

impl Subject {
    pub(super) const ALL: [Self; 3] = [Self::Estafet, Self::EstafetBatched, Self::Kannel];

    /// As people call it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Estafet => "Estafet",
            Self::EstafetBatched => "Estafet, batched",
            Self::Kannel => "Kannel",
        }
    }

    /// How many messages a run of it has.
    pub(super) fn messages(self, settings: &Settings) -> u64 {
        match self {
            Self::Estafet | Self::EstafetBatched => settings.messages,
            Self::Kannel => settings.kannel_messages.unwrap_or((settings.messages / 10).max(1)),
        }
    }

    /// How the customer speaks to it, as `simulate caller` calls it.
    pub(super) fn dialect(self) -> &'static str {
        match self {
            Self::Estafet | Self::EstafetBatched => "estafet",
            Self::Kannel => "kannel",
        }
    }
}
