//! What the owner of a message attached to it.

use std::fmt;

use bytes::Bytes;

use crate::LinkName;

/// What the owner of a message attached to it for itself: nobody who carries it looks at it. Its `Debug` form
/// hides what it says.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Attached {
    /// What the owner calls the message, at most [`Attached::REFERENCE_OCTETS_MAX`] octets; empty if it has
    /// no name for it. Records are found by it.
    pub reference: Bytes,
    /// The link that is told what becomes of the message, if that is not its origin.
    pub told: Option<LinkName>,
    /// What else whoever tells or shows it shall know, at most [`Attached::ATTRIBUTES_OCTETS_MAX`] octets in a
    /// form that only those know.
    pub attributes: Bytes,
}

impl Attached {
    /// The longest reference, in octets.
    pub const REFERENCE_OCTETS_MAX: usize = 255;
    /// The longest attributes, in octets.
    pub const ATTRIBUTES_OCTETS_MAX: usize = 16 << 10;

    /// Whether it is no longer than it may be.
    #[must_use]
    pub fn fits(&self) -> bool {
        self.reference.len() <= Self::REFERENCE_OCTETS_MAX
            && self.attributes.len() <= Self::ATTRIBUTES_OCTETS_MAX
    }
}

impl fmt::Debug for Attached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attached")
            .field("reference", &self.reference.len())
            .field("told", &self.told)
            .field("attributes", &self.attributes.len())
            .finish()
    }
}
