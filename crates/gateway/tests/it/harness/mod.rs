//! A gateway in this process with simulators around it, and the words that the tests are written in.

mod authority;
mod caller;
mod centre;
mod gateway;
mod links;
mod place;
mod provider;
mod wire;

use std::time::Duration;

pub(crate) use authority::{Authority, Identity};
pub(crate) use caller::Caller;
pub(crate) use centre::{Texts, centre, centre_at, centre_with};
pub(crate) use gateway::{Listeners, TestGateway};
pub(crate) use links::{account, application, route, smsc};
pub(crate) use place::free_address;
pub(crate) use provider::{Provider, Told};
pub(crate) use wire::{Wire, behind_played_smsc, message};

/// How long anything that must happen may take.
pub(crate) const SOON: Duration = Duration::from_secs(30);
/// The password of every link.
pub(crate) const PASSWORD: &str = "hunter22";
/// A subscriber.
pub(crate) const ANI: &str = "6281234567890";

/// Waits until something is so.
///
/// # Panics
/// When it is not so in time.
pub(crate) async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let waiting = async {
        let mut looks = tokio::time::interval(LOOK_EVERY);
        while !is_so().await {
            looks.tick().await;
        }
    };
    assert!(tokio::time::timeout(SOON, waiting).await.is_ok(), "not in time: {what}");
}

const LOOK_EVERY: Duration = Duration::from_millis(5);
