//! How the gateway is measured beside Kannel.

use clap::Args;
use serde::Serialize;

use super::subject::Subject;

/// What is measured.
#[derive(Clone, Debug, Args, Serialize)]
pub(in crate::cli::bench) struct Settings {
    /// Messages per run of the gateway, each with a receipt.
    #[arg(long, default_value_t = 200_000, value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    pub(super) messages: u64,
    /// Messages per run of Kannel; a tenth of the gateway's if left out.
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    pub(super) kannel_messages: Option<u64>,
    /// Connections of the customer, each with one request at a time.
    #[arg(long, default_value_t = 64)]
    pub(super) connections: usize,
    /// Sessions with the SMSC.
    #[arg(long, default_value_t = 1)]
    pub(super) sessions: usize,
    /// Unanswered requests per session.
    #[arg(long, default_value_t = 200)]
    pub(super) window: usize,
    /// Octets of each text.
    #[arg(long, default_value_t = 160)]
    pub(super) octets: usize,
    /// The most receipts of a call and the messages of a request, where there are many.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u16).range(2..=1000))]
    pub(super) batch: u16,
    /// Seconds after which a run hands in nothing more.
    #[arg(long, default_value_t = 60)]
    pub(super) seconds: u64,
    /// Runs of each subject, of which the medians are shown.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=99))]
    pub(super) runs: u32,
    /// What is measured.
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = Subject::ALL)]
    pub(super) only: Vec<Subject>,
}

impl Settings {
    /// The most receipts of a call.
    pub(super) fn receipts_per_call(&self, subject: Subject) -> u16 {
        match subject {
            Subject::EstafetBatched | Subject::EstafetBulk => self.batch,
            Subject::Estafet | Subject::Kannel => 1,
        }
    }

    /// Messages of a request.
    pub(super) fn messages_per_request(&self, subject: Subject) -> u16 {
        if subject == Subject::EstafetBulk { self.batch } else { 1 }
    }

    /// How many messages a run of a subject has.
    pub(super) fn messages_of(&self, subject: Subject) -> u64 {
        match subject {
            Subject::Kannel => self.kannel_messages.unwrap_or((self.messages / 10).max(1)),
            _ => self.messages,
        }
    }
}
