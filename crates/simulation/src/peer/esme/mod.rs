//! A simulated ESME: it submits, thinks again, takes what is delivered in its own way, goes and comes back.

mod agent;
mod intent;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use driver::Limits;
use gateway::{Network as _, Stream};
use smpp::{Bind, BindMode, CString, Session};
use tokio_util::sync::CancellationToken;

use super::manners::Manners;
use super::schedule::Schedule;
use super::{Surroundings, settings};
use crate::dice::Dice;
use crate::network::{Affliction, Host, Power};
use crate::now;
use crate::plan::{EsmePlan, GATEWAY, PASSWORD};
use agent::Agent;
use intent::Intent;

/// One ESME with all its sessions. Clones share it.
#[derive(Clone)]
pub(crate) struct Esme(Arc<Client>);

struct Client {
    number: usize,
    name: String,
    address: SocketAddr,
    manners: Manners,
    /// How many of its messages it wants something of after they were taken over.
    second_thoughts: f64,
    around: Surroundings,
    state: Mutex<State>,
}

struct State {
    dice: Dice,
    /// What is to be asked of the gateway.
    schedule: Schedule<Intent>,
    sessions: u64,
}

impl Esme {
    pub(crate) fn new(number: usize, plan: &EsmePlan, around: Surroundings) -> Self {
        let &EsmePlan { address, manners, second_thoughts, .. } = plan;
        let dice = Dice::new(around.seed, "esme", number as u64);
        let state = Mutex::new(State { dice, schedule: Schedule::new(), sessions: 0 });
        let name = format!("esme-{number}");
        Self(Arc::new(Client { number, name, address, manners, second_thoughts, around, state }))
    }

    /// Submits a message at this time, or as soon as it can.
    pub(crate) fn submit_at(&self, at: Instant) {
        self.0.state().schedule.add(at, Intent::Submit);
    }

    /// Whether everything is asked.
    pub(crate) fn is_done(&self) -> bool {
        self.0.state().schedule.is_empty()
    }

    /// Keeps a session bound for ever.
    pub(crate) async fn keep_bound(self, mode: BindMode) {
        let client = self.0;
        loop {
            let power = Power::new();
            let host = client.around.network.host(client.address, power.clone());
            if let Some(stream) = client.connect(&host).await {
                client.serve(stream, mode, &power).await;
            }
            let wait = client.state().dice.millis(50..3_000);
            tokio::time::sleep(wait).await;
        }
    }
}

impl Client {
    async fn connect(&self, host: &Host) -> Option<Box<dyn Stream>> {
        let address = GATEWAY.to_string();
        tokio::time::timeout(CONNECT_TIMEOUT, host.connect(&address)).await.ok()?.ok()
    }

    async fn serve(self: &Arc<Self>, stream: Box<dyn Stream>, mode: BindMode, power: &Power) {
        let mut agent = Agent::new(Arc::clone(self), mode);
        let number = agent.number();
        let session = Session::client(now(), settings(self.around.patience), self.bind(mode));
        let (leave, affliction) = self.leave_after();
        let stop = CancellationToken::new();
        let driving = driver::drive(stream, session, &mut agent, &stop, Limits::default());
        tokio::select! {
            biased;
            ended = driving => {
                self.around.trace.note(&self.name, format_args!("session over: {}", ended.cause));
            }
            () = tokio::time::sleep(leave) => {
                self.around.trace.note(&self.name, format_args!("is gone: {affliction:?}"));
                self.around.network.afflict(power, affliction);
            }
        }
        self.lost(number);
    }

    /// A session has ended; what it has no reply to will have none.
    fn lost(&self, session: u64) {
        let at = self.around.time();
        self.around.book.with(|pages| {
            pages.losses.push((self.number, at));
            let its = pages.demands.iter_mut().filter(|demand| demand.session == session);
            its.filter(|demand| demand.reply.is_none()).for_each(|demand| demand.lost_at = Some(at));
        });
    }

    fn bind(&self, mode: BindMode) -> Bind {
        Bind {
            mode,
            system_id: CString::clipped(self.name.as_bytes()),
            password: CString::clipped(PASSWORD.as_bytes()),
            interface_version: smpp::VERSION_3_4,
            ..Bind::default()
        }
    }

    /// When a new session will be gone, and how.
    fn leave_after(&self) -> (Duration, Affliction) {
        let manners = self.around.manners(self.manners);
        let dice = &mut self.state().dice;
        let leave = if dice.hits(manners.leave) { dice.millis(100..60_000) } else { FOR_EVER };
        (leave, dice.pick([Affliction::Cut, Affliction::Hole]))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const FOR_EVER: Duration = Duration::from_secs(365 * 24 * 3600);
