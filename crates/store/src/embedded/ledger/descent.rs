//! Going through the keys of one hash, newest record first.

use super::key_file::{Key, KeyFile, Run, Unusable, delta_of, key};

/// A way down through the keys of one hash in all runs of a file, see [`KeyFile::descend`].
#[derive(Debug)]
pub(super) struct Descent<'a> {
    file: &'a KeyFile,
    hash: u32,
    cursors: Vec<Cursor>,
}

impl<'a> Descent<'a> {
    /// Begins below `below`.
    pub(super) fn begin(file: &'a KeyFile, runs: &[Run], hash: u32, below: u32) -> Result<Self, Unusable> {
        let mut cursors = Vec::with_capacity(runs.len());
        for &run in runs {
            cursors.extend(Cursor::before(file, run, key(hash, below))?);
        }
        Ok(Self { file, hash, cursors })
    }

    /// The next serial below all that came before; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<u32>, Unusable> {
        let (file, hash) = (self.file, self.hash);
        let Some(largest) = self.cursors.iter().filter_map(Cursor::key).max() else { return Ok(None) };
        if (largest >> 32) as u32 != hash {
            return Ok(None);
        }
        for cursor in &mut self.cursors {
            while cursor.key() == Some(largest) {
                cursor.step_down(file)?;
            }
        }
        Ok(Some(delta_of(largest)))
    }
}

/// A place in a run.
#[derive(Debug)]
struct Cursor {
    run: Run,
    number: u32,
    block: Vec<Key>,
}

impl Cursor {
    /// At the last key of the run that is less than `limit`; `None` if there is none.
    fn before(file: &KeyFile, run: Run, limit: Key) -> Result<Option<Self>, Unusable> {
        let (mut low, mut high) = (0, run.blocks());
        let mut found = None;
        while low < high {
            let middle = low + (high - low) / 2;
            let block = file.block(run, middle)?;
            if block.first().is_some_and(|&first| first < limit) {
                found = Some((middle, block));
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Ok(found.map(|(number, mut block)| {
            block.truncate(block.partition_point(|&key| key < limit));
            Self { run, number, block }
        }))
    }

    fn key(&self) -> Option<Key> {
        self.block.last().copied()
    }

    fn step_down(&mut self, file: &KeyFile) -> Result<(), Unusable> {
        self.block.pop();
        if self.block.is_empty() && self.number > 0 {
            self.number -= 1;
            self.block = file.block(self.run, self.number)?;
        }
        Ok(())
    }
}
