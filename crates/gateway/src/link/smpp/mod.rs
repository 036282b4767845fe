//! SMPP links: ESMEs that bind to us, and SMSCs that we bind to.

use std::time::Duration;

use crate::chance::Chance;

pub(crate) mod alert;
pub(crate) mod client;
mod data;
pub(crate) mod dialect;
mod late;
mod operations;
pub(crate) mod outbind;
pub(crate) mod redelivery;
mod relay;
mod retry;
mod sar;
pub(crate) mod seldom;
pub(crate) mod server;
pub(crate) mod short_id;
mod steps;
mod to_esme;
mod to_smsc;
mod translate;
mod values;

/// The time of silence before an enquire_link, give or take a tenth: sessions that began together shall
/// not ask together (M-2).
fn enquire_link_interval(seconds: u64, chance: &Chance) -> Duration {
    chance.spread(Duration::from_secs(seconds), 0.9..1.1)
}
