//! What every request of the HTTP API needs.

use std::sync::Arc;

use arc_swap::ArcSwap;
use store::Store;

use super::caller::Doorkeeper;
use crate::directory::Directory;
use crate::dispatch::Outlets;
use crate::health::Health;
use crate::intake::Intake;
use crate::metrics::SharedMetrics;

/// What the HTTP API works with.
pub(crate) struct Api {
    pub(crate) directory: Arc<ArcSwap<Directory>>,
    pub(crate) intake: Intake,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) outlets: Arc<Outlets>,
    pub(crate) metrics: SharedMetrics,
    pub(crate) health: Arc<Health>,
}

/// What every request needs.
#[derive(Clone)]
pub(super) struct Desk {
    pub(super) api: Arc<Api>,
    pub(super) door: Arc<Doorkeeper>,
}

impl Desk {
    pub(super) fn new(api: Api) -> Self {
        Self { api: Arc::new(api), door: Arc::default() }
    }
}

impl std::ops::Deref for Desk {
    type Target = Api;

    fn deref(&self) -> &Api {
        &self.api
    }
}
