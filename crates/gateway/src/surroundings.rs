//! What a gateway finds around it and cannot compute.

use std::sync::Arc;

use crate::chance::Chance;
use crate::clock::Clock;
use crate::network::{Network, Tcp};

/// Time, chance and the network. The default is that of the system. Cheap to clone.
#[derive(Clone)]
pub struct Surroundings {
    /// The time of day.
    pub clock: Clock,
    /// Where ids and the spread of waits come from.
    pub chance: Chance,
    /// Where SMPP connections are made.
    pub network: Arc<dyn Network>,
}

impl Default for Surroundings {
    fn default() -> Self {
        Self { clock: Clock::default(), chance: Chance::default(), network: Arc::new(Tcp) }
    }
}
