//! How the gateway is measured at full speed.

use clap::Args;
use serde::Serialize;

use super::subject::Subject;

/// What is measured.
#[derive(Clone, Debug, Args, Serialize)]
pub(super) struct Settings {
    /// Messages per run, each with a receipt.
    #[arg(long, default_value_t = 200_000, value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    pub(super) messages: u64,
    /// Sessions of the ESME, and sessions with the SMSC.
    #[arg(long, default_value_t = 4)]
    pub(super) sessions: usize,
    /// Unanswered requests per session, in every direction.
    #[arg(long, default_value_t = 50)]
    pub(super) window: usize,
    /// Octets of each body.
    #[arg(long, default_value_t = 160)]
    pub(super) octets: usize,
    /// Messages a second over all sessions; as many as possible if left out.
    #[arg(long)]
    pub(super) rate: Option<u32>,
    /// Runs of each subject, of which the medians are shown.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=99))]
    pub(super) runs: u32,
    /// What is measured.
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = Subject::ALL)]
    pub(super) only: Vec<Subject>,
}
