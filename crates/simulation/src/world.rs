//! One world: it is set up, troubled, calmed down and judged.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use gateway::Clock;
use smpp::BindMode;
use sms::{MessageId, Timestamp};
use store::Record;
use store::conformance::history::is_idle;

use crate::book::Pages;
use crate::dice::Dice;
use crate::judge::judge;
use crate::machine::{Breakage, End, Machine, SLOWNESS_MAX_MS, SLOWNESS_MS};
use crate::network::{Network, Reach};
use crate::now;
use crate::peer::Surroundings;
use crate::peer::esme::Esme;
use crate::peer::smsc::Smsc;
use crate::plan::{Plan, RESERVE_OCTETS};
use crate::trace::Trace;

/// What came of a world.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// The seed that everything followed from.
    pub seed: u64,
    /// The hash of all that happened: the same each time.
    pub hash: u64,
    /// What must not have happened; nothing if all is well.
    pub violations: Vec<String>,
    /// How many messages were submitted.
    pub messages: usize,
    /// How many of them were cancelled or replaced, by what their owners were told.
    pub taken_back: usize,
    /// How often the gateway ended without a word.
    pub crashes: usize,
    /// How often the gateway was given another configuration while it ran.
    pub reloads: usize,
    /// What happened, if that was asked for.
    pub trace: Vec<String>,
}

/// Lives through the world of `seed`. With `keeps_trace` the verdict says what happened.
///
/// # Errors
/// The runtime cannot be set up, or the world makes no sense.
pub fn live(seed: u64, keeps_trace: bool) -> anyhow::Result<Verdict> {
    Ok(History::of(seed, |_| {}, keeps_trace)?.verdict())
}

/// A world that is over, with all that is known of it.
pub(crate) struct History {
    pub(crate) pages: Pages,
    pub(crate) records: Vec<Record>,
    /// Which submission each record is of.
    pub(crate) serials: BTreeMap<MessageId, usize>,
    pub(crate) plan: Arc<Plan>,
    reloads: usize,
    seed: u64,
    trace: Trace,
}

impl History {
    /// The history of the world of `seed`, whose plan is changed before it begins.
    pub(crate) fn of(seed: u64, change: impl FnOnce(&mut Plan), keeps_trace: bool) -> anyhow::Result<Self> {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?;
        runtime.block_on(async {
            let mut plan = Plan::draw(seed)?;
            change(&mut plan);
            World::new(seed, Arc::new(plan), Trace::new(keeps_trace)).live().await
        })
    }

    fn verdict(self) -> Verdict {
        Verdict {
            seed: self.seed,
            hash: self.trace.hash(),
            violations: judge(&self.pages, &self.records, &self.serials, &self.plan),
            messages: self.pages.submissions.len(),
            taken_back: self.pages.demands.iter().filter(|demand| demand.has_taken_back()).count(),
            crashes: self.pages.crashes.len(),
            reloads: self.reloads,
            trace: self.trace.lines(),
        }
    }
}

struct World {
    plan: Arc<Plan>,
    around: Surroundings,
    machine: Machine,
    smscs: Vec<Smsc>,
    esmes: Vec<Esme>,
    dice: Dice,
    reloads: usize,
}

/// What befalls the gateway.
#[derive(Clone, Copy, Debug)]
enum Calamity {
    Killed,
    PowerCut,
    /// The power goes after so many changes of the disk.
    PowerCutWhileWriting,
    DiskBreaks(Breakage),
    DiskFull,
    DiskSlow,
    SmscRefuses,
    SmscSilent,
    ConnectionsCut,
    Restart,
    Reload,
}

impl World {
    fn new(seed: u64, plan: Arc<Plan>, trace: Trace) -> Self {
        let clock = Clock::starting_at(START);
        let network = Network::new(seed, plan.weather, trace.clone());
        let around = Surroundings::new(seed, clock, network, trace, plan.patience);
        let machine = Machine::new(Arc::clone(&plan), around.clone());
        let smsc = |(number, smsc): (usize, &crate::plan::SmscPlan)| {
            Smsc::new(number, smsc.address, smsc.manners, around.clone())
        };
        let esme = |(number, esme)| Esme::new(number, esme, around.clone());
        Self {
            smscs: plan.smscs.iter().enumerate().map(smsc).collect(),
            esmes: plan.esmes.iter().enumerate().map(esme).collect(),
            dice: Dice::new(seed, "world", 0),
            reloads: 0,
            plan,
            around,
            machine,
        }
    }

    async fn live(mut self) -> anyhow::Result<History> {
        self.machine.start().await?;
        self.populate();
        if let Err(error) = self.trouble().await {
            self.around.book.wrong(format!("the gateway does not start: {error:#}"));
        } else if let Err(error) = self.settle().await {
            self.around.book.wrong(format!("{error:#}"));
        }
        Ok(History {
            pages: self.around.book.with(|pages| pages.clone()),
            records: self.machine.records(),
            serials: self.machine.serials(),
            plan: self.plan,
            reloads: self.reloads,
            seed: self.around.seed,
            trace: self.around.trace,
        })
    }

    /// Everybody comes, with what they are going to do.
    fn populate(&mut self) {
        let (plan, dice, start) = (&self.plan, &mut self.dice, now());
        let troubled_ms = plan.troubled_for.as_millis() as u64;
        for smsc in &self.smscs {
            tokio::spawn(smsc.clone().run());
            for _ in 0..plan.offers {
                smsc.offer_at(start + dice.millis(0..troubled_ms));
            }
        }
        for (esme, its_plan) in self.esmes.iter().zip(&plan.esmes) {
            for number in 0..its_plan.sessions {
                let mode = if number == 0 {
                    BindMode::Transceiver
                } else {
                    dice.pick([BindMode::Transceiver, BindMode::Transmitter, BindMode::Receiver])
                };
                tokio::spawn(esme.clone().keep_bound(mode));
            }
            for _ in 0..plan.messages {
                esme.submit_at(start + dice.millis(0..troubled_ms));
            }
        }
    }

    /// Things go wrong for a while.
    async fn trouble(&mut self) -> anyhow::Result<()> {
        let rest = self.plan.troubled_for.as_millis() as u64 / (self.plan.calamities + 1);
        for _ in 0..self.plan.calamities {
            let wait = self.dice.millis(0..rest * 2 + 1);
            self.wait(wait).await?;
            let calamity = self.dice.pick([
                Calamity::Killed,
                Calamity::PowerCut,
                Calamity::PowerCutWhileWriting,
                Calamity::PowerCutWhileWriting,
                Calamity::DiskBreaks(Breakage::Syncs),
                Calamity::DiskBreaks(Breakage::Writes),
                Calamity::DiskFull,
                Calamity::DiskSlow,
                Calamity::SmscRefuses,
                Calamity::SmscSilent,
                Calamity::ConnectionsCut,
                Calamity::Restart,
                Calamity::Reload,
                Calamity::Reload,
            ]);
            self.around.trace.note("world", format_args!("{calamity:?}"));
            self.befall(calamity).await?;
        }
        let wait = self.dice.millis(0..rest + 1);
        self.wait(wait).await
    }

    async fn befall(&mut self, calamity: Calamity) -> anyhow::Result<()> {
        let lasts = self.dice.millis(100..20_000);
        match calamity {
            Calamity::Killed => self.crash(End::Killed).await,
            Calamity::PowerCut => self.crash(End::PowerCut).await,
            Calamity::PowerCutWhileWriting => {
                self.machine.cut_power_after(self.dice.number(1..60));
                Ok(())
            }
            Calamity::DiskBreaks(how) => {
                self.machine.break_disk(how);
                self.wait(lasts).await?;
                self.crash(End::KilledAfterFailure).await
            }
            Calamity::DiskFull => {
                self.machine.fill_disk(self.dice.number(0..3 * RESERVE_OCTETS));
                self.wait(lasts).await?;
                self.machine.empty_disk();
                Ok(())
            }
            Calamity::DiskSlow => {
                self.machine.set_slowness(SLOWNESS_MAX_MS);
                self.wait(lasts).await?;
                self.machine.set_slowness(SLOWNESS_MS);
                Ok(())
            }
            Calamity::SmscRefuses => self.unreachable(Reach::Refused, lasts).await,
            Calamity::SmscSilent => self.unreachable(Reach::Silent, lasts).await,
            Calamity::ConnectionsCut => {
                self.machine.cut_connections();
                Ok(())
            }
            Calamity::Restart => {
                let grace = self.dice.millis(0..10_000);
                self.machine.stop(grace).await;
                self.machine.start().await
            }
            Calamity::Reload => self.reload(lasts).await,
        }
    }

    /// The configuration changes while traffic runs; what it took away comes back.
    async fn reload(&mut self, lasts: Duration) -> anyhow::Result<()> {
        let before = self.machine.layout().clone();
        let change = before.draw_change(&mut self.dice);
        self.around.trace.note("world", format_args!("{change:?}"));
        self.machine.reload(before.after(change, &mut self.dice))?;
        self.reloads += 1;
        if !change.takes_away() {
            return Ok(());
        }
        self.wait(lasts).await?;
        self.reloads += 1;
        self.machine.reload(before)
    }

    async fn crash(&mut self, how: End) -> anyhow::Result<()> {
        self.machine.end(how);
        tokio::time::sleep(self.dice.millis(10..15_000)).await;
        self.machine.start().await
    }

    async fn unreachable(&mut self, reach: Reach, lasts: Duration) -> anyhow::Result<()> {
        let at = self.dice.number(0..self.smscs.len() as u64) as usize;
        let Some(address) = self.smscs.get(at).map(Smsc::address) else { return Ok(()) };
        self.around.network.set_reach(address, reach);
        self.machine.cut_connections();
        self.wait(lasts).await?;
        self.around.network.set_reach(address, Reach::Open);
        Ok(())
    }

    /// Lets time pass; if the power of the machine goes meanwhile, it comes back.
    async fn wait(&mut self, time: Duration) -> anyhow::Result<()> {
        let until = tokio::time::Instant::now() + time;
        loop {
            tokio::select! {
                biased;
                () = self.machine.power_gone() => {}
                () = tokio::time::sleep_until(until) => return Ok(()),
            }
            self.crash(End::PowerCut).await?;
        }
    }

    /// Everything is well from now on; waits until nothing is under way any more, and stops.
    async fn settle(&mut self) -> anyhow::Result<()> {
        self.around.trace.note("world", format_args!("calms down"));
        self.around.calm_down();
        self.around.network.heal();
        self.machine.empty_disk();
        self.machine.set_slowness(SLOWNESS_MS);
        if self.machine.is_broken() {
            self.machine.end(End::KilledAfterFailure);
            self.machine.start().await?;
        }
        // A cut that was to come does not come any more.
        self.machine.cut_power_after(u64::MAX);
        let until = tokio::time::Instant::now() + SETTLED_WITHIN;
        while !self.is_settled() {
            anyhow::ensure!(
                tokio::time::Instant::now() < until,
                "INV-11: not settled in time: {:?}",
                self.machine.status()
            );
            tokio::time::sleep(LOOK_EVERY).await;
        }
        anyhow::ensure!(self.machine.stop(GRACE).await, "INV-11: not everything ended when it was stopped");
        Ok(())
    }

    fn is_settled(&self) -> bool {
        let Some(status) = self.machine.status() else { return false };
        is_idle(&status) && self.smscs.iter().all(Smsc::is_done) && self.esmes.iter().all(Esme::is_done)
    }
}

/// When every world begins: 2030-01-01.
const START: Timestamp = Timestamp(1_893_456_000_000);
const SETTLED_WITHIN: Duration = Duration::from_secs(2 * 3600);
const LOOK_EVERY: Duration = Duration::from_millis(500);
const GRACE: Duration = Duration::from_secs(60);
