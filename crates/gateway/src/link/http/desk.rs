//! What every request of the HTTP API needs.

use std::sync::Arc;

use arc_swap::ArcSwap;
use store::Store;
use tokio_util::sync::CancellationToken;

use super::bodies::Bodies;
use super::idempotency::KeysInWork;
use crate::config::SendsmsPath;
use crate::directory::Directory;
use crate::dispatch::Outlets;
use crate::health::Health;
use crate::intake::Intake;
use crate::login::Door;
use crate::metrics::SharedMetrics;

/// What the HTTP API works with.
pub(crate) struct Api {
    pub(crate) directory: Arc<ArcSwap<Directory>>,
    pub(crate) door: Arc<Door>,
    pub(crate) intake: Intake,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) outlets: Arc<Outlets>,
    pub(crate) metrics: SharedMetrics,
    pub(crate) health: Arc<Health>,
    /// Where Kannel's `sendsms` is.
    pub(crate) sendsms: SendsmsPath,
    /// Whether Jasmin's paths are there.
    pub(crate) jasmin: bool,
    /// The octets that there are for bodies of requests.
    pub(crate) bodies: Bodies,
    /// The idempotency keys of requests that have no answer yet.
    pub(crate) keys: KeysInWork,
    /// Whoever waits for something waits no longer than until then.
    pub(crate) stop: CancellationToken,
}

/// What every request needs.
#[derive(Clone)]
pub(super) struct Desk(Arc<Api>);

impl Desk {
    pub(super) fn new(api: Api) -> Self {
        Self(Arc::new(api))
    }
}

impl std::ops::Deref for Desk {
    type Target = Api;

    fn deref(&self) -> &Api {
        &self.0
    }
}
