//! What keeps the files of the journal alive.

use std::collections::BTreeMap;

/// How much of a file is still needed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Count {
    /// Messages that were put there.
    pub(super) messages: u32,
    /// Those of them that are under way and live nowhere else.
    pub(super) live: u32,
    /// Early receipts there that still wait for their message.
    pub(super) early: u32,
}

/// Counts per file.
#[derive(Debug, Default)]
pub(super) struct Census {
    files: BTreeMap<u32, Count>,
    last: (u32, Count),
}

impl Census {
    pub(super) fn of(&self, file: u32) -> Count {
        if self.last.0 == file { self.last.1 } else { self.files.get(&file).copied().unwrap_or_default() }
    }

    /// The count of a file; the one that changed last is at hand.
    fn count(&mut self, file: u32) -> &mut Count {
        if self.last.0 != file {
            self.files.insert(self.last.0, self.last.1);
            self.last = (file, self.files.remove(&file).unwrap_or_default());
        }
        &mut self.last.1
    }

    pub(super) fn enter(&mut self, file: u32) {
        let count = self.count(file);
        count.messages += 1;
        count.live += 1;
    }

    pub(super) fn leave(&mut self, file: u32) {
        let count = self.count(file);
        count.live = count.live.saturating_sub(1);
    }

    /// Messages were put there, and are gone already.
    pub(super) fn enter_gone(&mut self, file: u32, messages: u32) {
        let count = self.count(file);
        count.messages = count.messages.saturating_add(messages);
    }

    pub(super) fn enter_early(&mut self, file: u32) {
        self.count(file).early += 1;
    }

    pub(super) fn leave_early(&mut self, file: u32) {
        let count = self.count(file);
        count.early = count.early.saturating_sub(1);
    }

    /// The file is no more.
    pub(super) fn forget(&mut self, file: u32) {
        self.files.remove(&file);
    }
}
