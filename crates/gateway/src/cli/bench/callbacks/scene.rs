//! Two gateways that are alike, of which one has dead endpoints to call.

use std::path::Path;
use std::time::Duration;

use tempfile::TempDir;

use super::dead::Dead;
use super::manner::Manner;
use super::stage::Stage;
use super::turn::{Pair, Turn};

/// Two gateways between a message centre and the same endpoints each.
pub(super) struct Scene {
    /// Nothing waits for the dead here.
    alone: Stage,
    beside: Stage,
    is_frozen: bool,
    /// After so long whatever was due while it was frozen has been done, and the calls of those that never answer
    /// that began then have ended.
    rest: Duration,
    _folders: [TempDir; 2],
}

impl Scene {
    pub(super) async fn set(
        place: &Path,
        manner: Manner,
        dead: &Dead,
        rest: Duration,
    ) -> anyhow::Result<Self> {
        let folders = [tempfile::tempdir_in(place)?, tempfile::tempdir_in(place)?];
        let [first, second] = &folders;
        let alone = Stage::set(first.path(), manner, dead).await?;
        let beside = Stage::set(second.path(), manner, dead).await?;
        Ok(Self { alone, beside, is_frozen: false, rest, _folders: folders })
    }

    /// Loads that do not count: the first finds everything cold.
    pub(super) async fn warm_up(&self, messages: u64, connections: usize) -> anyhow::Result<()> {
        self.alone.load(messages, connections).await?;
        self.beside.load(messages, connections).await?;
        Ok(())
    }

    /// A turn alone, then one while the dead are called for the first times.
    pub(super) async fn crowd(
        &self,
        dead: &Dead,
        waiting: u32,
        messages: u64,
        connections: usize,
    ) -> anyhow::Result<Pair> {
        let alone = self.alone.load(messages, connections).await?;
        self.beside.feed(dead, waiting).await?;
        Ok(Pair { alone, beside: self.beside.load(messages, connections).await? })
    }

    /// A turn with each. The second of one pair is with the gateway that the next begins with, so that whatever
    /// goes one way all the time favours neither.
    pub(super) async fn pair(
        &mut self,
        number: u32,
        messages: u64,
        connections: usize,
    ) -> anyhow::Result<Pair> {
        if number.is_multiple_of(2) {
            let alone = self.turn_alone(messages, connections).await?;
            Ok(Pair { alone, beside: self.turn_beside(number, messages, connections).await? })
        } else {
            let beside = self.turn_beside(number, messages, connections).await?;
            Ok(Pair { alone: self.turn_alone(messages, connections).await?, beside })
        }
    }

    /// The other gateway's calls of the dead would take their share of the machine: it is frozen.
    async fn turn_alone(&mut self, messages: u64, connections: usize) -> anyhow::Result<Turn> {
        self.beside.freeze()?;
        self.is_frozen = true;
        self.alone.load(messages, connections).await
    }

    async fn turn_beside(&mut self, number: u32, messages: u64, connections: usize) -> anyhow::Result<Turn> {
        if std::mem::take(&mut self.is_frozen) {
            self.beside.thaw()?;
            tokio::time::sleep(self.rest + self.rest / 2 * (number / 2 % STEPS)).await;
        }
        self.beside.load(messages, connections).await
    }

    pub(super) async fn end(self) -> anyhow::Result<()> {
        self.alone.end().await?;
        self.beside.end().await
    }
}

/// What was due while it was frozen comes again half a minute later, together: some turns meet it and some do not.
const STEPS: u32 = 4;
