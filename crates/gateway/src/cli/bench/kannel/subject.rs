//! What is measured: the gateway, and Kannel.

use clap::ValueEnum;
use serde::Serialize;

use super::Settings;

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

    /// The most receipts of a call.
    pub(super) fn receipts_per_call(self, settings: &Settings) -> u16 {
        match self {
            Self::EstafetBatched | Self::EstafetBulk => settings.batch,
            Self::Estafet | Self::Kannel => 1,
        }
    }

    /// Messages of a request.
    pub(super) fn messages_per_request(self, settings: &Settings) -> u16 {
        if self == Self::EstafetBulk { settings.batch } else { 1 }
    }

    /// How many messages a run of it has.
    pub(super) fn messages(self, settings: &Settings) -> u64 {
        match self {
            Self::Kannel => settings.kannel_messages.unwrap_or((settings.messages / 10).max(1)),
            _ => settings.messages,
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
