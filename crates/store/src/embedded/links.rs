//! Links as numbers.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use sms::LinkName;

/// The names of links that appear in the journal, and the reverse.
///
/// A number is never given to another name. The names can be read by other threads.
#[derive(Debug, Default)]
pub(super) struct Links {
    numbers: HashMap<LinkName, u16, foldhash::fast::RandomState>,
    names: Vec<LinkName>,
    octets: u64,
    shared: SharedNames,
}

/// The names of links by number, for readers of the journal.
pub(super) type SharedNames = Arc<RwLock<Vec<LinkName>>>;

/// The most links that there can be in the life of a data directory.
pub(super) const LINKS_MAX: usize = u16::MAX as usize;

/// The longest name of a link, in octets.
pub(super) const NAME_OCTETS_MAX: usize = 255;

impl Links {
    /// The number of a link; a new one if the name is new, `None` if there are too many or it is too long.
    pub(super) fn number(&mut self, name: &LinkName) -> Option<u16> {
        if let Some(&number) = self.numbers.get(name) {
            return Some(number);
        }
        if self.names.len() >= LINKS_MAX || name.as_str().len() > NAME_OCTETS_MAX {
            return None;
        }
        let number = self.names.len() as u16;
        self.numbers.insert(name.clone(), number);
        self.names.push(name.clone());
        self.octets += name.as_str().len() as u64 + 4;
        if let Ok(mut shared) = self.shared.write() {
            shared.push(name.clone());
        }
        Some(number)
    }

    /// Takes a name over from the journal; false if it contradicts what is known.
    pub(super) fn declare(&mut self, number: u16, name: &LinkName) -> bool {
        self.number(name) == Some(number)
    }

    pub(super) fn name(&self, number: u16) -> Option<&LinkName> {
        self.names.get(usize::from(number))
    }

    /// How much a file of the journal takes to name them all, in octets.
    pub(super) fn octets(&self) -> u64 {
        self.octets
    }

    pub(super) fn names(&self) -> &[LinkName] {
        &self.names
    }

    pub(super) fn shared(&self) -> SharedNames {
        Arc::clone(&self.shared)
    }
}
