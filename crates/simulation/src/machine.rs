//! The machine that the gateway runs on: it crashes, its disk fails, and it is started again.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use gateway::{Chance, Clock, Gateway};
use sms::MessageId;
use store::embedded::simulation::{Ended, Machine as Hardware, MemoryDisk, Recorder};
use store::embedded::{EmbeddedStore, OpenError};
use store::{Record, Status};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use crate::book::Time;
use crate::dice::Dice;
use crate::layout::Layout;
use crate::network::{Affliction, Power};
use crate::peer::Surroundings;
use crate::plan::{GATEWAY, Plan};

/// The machine, with or without a gateway that runs on it.
pub(crate) struct Machine {
    plan: Arc<Plan>,
    around: Surroundings,
    /// What the configuration says, from the last reload on.
    layout: Layout,
    disk: MemoryDisk,
    recorder: Recorder,
    dice: Dice,
    /// The most milliseconds that the disk takes for what has come together.
    slowness_ms: Arc<AtomicU64>,
    /// The power of the disk went by itself.
    power_gone: Arc<Notify>,
    starts: u64,
    /// Since when the disk does not take what it is given.
    failing_since: Option<Time>,
    running: Option<Running>,
}

struct Running {
    gateway: Gateway,
    power: Power,
    engine: JoinHandle<()>,
}

/// What a broken disk does not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Breakage {
    Syncs,
    Writes,
}

/// How the gateway ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The process is killed; its peers see that, and the system writes what it was given.
    Killed,
    /// The power goes: nobody is told, and what was not synced is there or not.
    PowerCut,
    /// The process is killed, and what it gave to the system has not all reached the disk.
    KilledAfterFailure,
}

impl Machine {
    pub(crate) fn new(plan: Arc<Plan>, around: Surroundings) -> Self {
        let dice = Dice::new(around.seed, "machine", 0);
        let disk = MemoryDisk::default();
        disk.make_spares(Dice::new(around.seed, "spares", 0).pick([0, 0, 3 << 10, 64 << 10]));
        Self {
            layout: plan.layout.clone(),
            plan,
            around,
            disk,
            recorder: Recorder::default(),
            dice,
            slowness_ms: Arc::new(AtomicU64::new(SLOWNESS_MS)),
            power_gone: Arc::default(),
            starts: 0,
            failing_since: None,
            running: None,
        }
    }

    /// Starts the gateway on what the disk holds. If the power goes meanwhile, it is tried again.
    ///
    /// # Errors
    /// It does not start, which it always must.
    pub(crate) async fn start(&mut self) -> anyhow::Result<()> {
        loop {
            self.starts += 1;
            self.note(format_args!("starts"));
            let power = Power::new();
            match EmbeddedStore::simulate(self.hardware(), self.plan.options.clone()) {
                Ok((store, engine)) => return self.run(power, store, engine).await,
                Err(OpenError::Io { .. }) if self.disk.is_off() => {
                    self.note(format_args!("loses power while it starts"));
                    self.disk = self.disk.after_power_cut(self.dice.generator());
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    async fn run(
        &mut self,
        power: Power,
        store: EmbeddedStore,
        engine: impl Future<Output = Ended> + Send + 'static,
    ) -> anyhow::Result<()> {
        let (its_power, gone) = (power.clone(), Arc::clone(&self.power_gone));
        let book = self.around.book.clone();
        let engine = tokio::spawn(async move {
            match engine.await {
                Ended::Closed => return,
                Ended::PowerGone => {}
                Ended::Spinning => book.wrong(String::from("the store runs hot")),
            }
            // Before anybody else runs: whom the store has told something can tell nobody.
            its_power.cut();
            gone.notify_one();
        });
        let surroundings = gateway::Surroundings {
            clock: self.around.clock,
            chance: Chance::seeded(self.dice.number(0..u64::MAX)),
            network: Arc::new(self.around.network.host(GATEWAY, power.clone())),
        };
        let config = self.layout.config()?;
        let gateway = Gateway::start_in(surroundings, config, async { Ok(store) }).await?;
        self.running = Some(Running { gateway, power, engine });
        Ok(())
    }

    fn hardware(
        &mut self,
    ) -> Hardware<impl Fn() -> sms::Timestamp + use<>, impl FnMut() -> Duration + use<>> {
        let clock: Clock = self.around.clock;
        let slowness_ms = Arc::clone(&self.slowness_ms);
        let mut dice = Dice::new(self.around.seed, "disk", self.starts);
        Hardware {
            disk: self.disk.clone(),
            recorder: self.recorder.clone(),
            clock: move || clock.wall(),
            latency: move || dice.millis(0..slowness_ms.load(Ordering::Relaxed) + 1),
        }
    }

    /// Ends the gateway without a word; nothing that it says from now on is heard.
    pub(crate) fn end(&mut self, how: End) {
        let Some(running) = self.running.take() else { return };
        self.note(format_args!("ends: {how:?}"));
        running.power.cut();
        if how == End::PowerCut {
            self.around.network.afflict(&running.power, Affliction::Hole);
        }
        running.engine.abort();
        running.gateway.abandon();
        self.disk = match how {
            End::Killed => self.disk.after_exit(),
            End::PowerCut | End::KilledAfterFailure => self.disk.after_power_cut(self.dice.generator()),
        };
        let at = self.around.clock.wall().0;
        let since = self.goes_on().unwrap_or(at);
        self.around.book.with(|pages| pages.crashes.push((since, at)));
    }

    /// The disk takes what it is given from now on; since when it did not.
    fn goes_on(&mut self) -> Option<Time> {
        let since = self.failing_since.take()?;
        let at = self.around.clock.wall().0;
        self.around.book.with(|pages| pages.standstills.push((since, at)));
        Some(since)
    }

    /// Stops the gateway as an operator does; whether everything ended by itself.
    pub(crate) async fn stop(&mut self, grace: Duration) -> bool {
        let Some(running) = self.running.take() else { return true };
        self.note(format_args!("stops"));
        let is_graceful = running.gateway.stop(grace).await;
        let has_ended = running.engine.await.is_ok();
        running.power.cut();
        self.disk = self.disk.after_exit();
        is_graceful && has_ended
    }

    /// What the configuration says.
    pub(crate) const fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Gives the gateway another configuration while it runs.
    ///
    /// # Errors
    /// It does not take it, which it always must.
    pub(crate) fn reload(&mut self, layout: Layout) -> anyhow::Result<()> {
        self.note(format_args!("reloads"));
        self.layout = layout;
        match &self.running {
            Some(running) => running.gateway.reload(self.layout.config()?),
            None => Ok(()),
        }
    }

    /// Waits until the power of the disk has gone by itself.
    pub(crate) fn power_gone(&self) -> impl Future<Output = ()> + use<> {
        let gone = Arc::clone(&self.power_gone);
        async move { gone.notified().await }
    }

    /// The power goes after so many changes of the disk.
    pub(crate) fn cut_power_after(&self, changes: u64) {
        self.disk.cut_power_after(changes);
    }

    /// The disk breaks.
    pub(crate) fn break_disk(&mut self, how: Breakage) {
        match how {
            Breakage::Syncs => self.disk.fail_syncs(),
            Breakage::Writes => self.disk.fail_writes(),
        }
        self.failing_since.get_or_insert(self.around.clock.wall().0);
    }

    /// The disk has so much room left.
    pub(crate) fn fill_disk(&mut self, room: u64) {
        self.disk.set_capacity(Some(self.disk.octets() + room));
        self.failing_since.get_or_insert(self.around.clock.wall().0);
    }

    /// The disk has room again.
    pub(crate) fn empty_disk(&mut self) {
        self.disk.set_capacity(None);
        self.goes_on();
    }

    /// Whether it needs to be started again.
    pub(crate) fn is_broken(&self) -> bool {
        self.disk.is_off() || self.status().is_none_or(|status| status.poisoned.is_some())
    }

    /// How many milliseconds the disk takes from now on, at the most.
    pub(crate) fn set_slowness(&self, milliseconds: u64) {
        self.slowness_ms.store(milliseconds, Ordering::Relaxed);
    }

    /// How the store stands, if the gateway runs.
    pub(crate) fn status(&self) -> Option<Status> {
        self.running.as_ref().map(|running| running.gateway.store().status())
    }

    /// The connections of the gateway.
    pub(crate) fn cut_connections(&self) {
        if let Some(running) = &self.running {
            self.around.network.afflict(&running.power, Affliction::Cut);
        }
    }

    pub(crate) fn records(&self) -> Vec<Record> {
        self.recorder.records()
    }

    /// Which submission each message is, by what it says.
    pub(crate) fn serials(&self) -> BTreeMap<MessageId, usize> {
        let texts = self.recorder.texts().into_iter();
        texts.filter_map(|(id, text)| Some((id, crate::peer::serial_of(&text)?))).collect()
    }

    fn note(&self, what: std::fmt::Arguments<'_>) {
        self.around.trace.note("gateway", what);
    }
}

/// How slow a sound disk is, in milliseconds.
pub(crate) const SLOWNESS_MS: u64 = 5;
/// How slow a disk gets, in milliseconds.
pub(crate) const SLOWNESS_MAX_MS: u64 = 1_500;
