//! A network in memory: it delays, chops, cuts and swallows what is sent.

mod link;
mod power;
mod weather;

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use gateway::{Listener, Stream};
use tokio::sync::mpsc;

use crate::dice::Dice;
use crate::trace::Trace;
pub(crate) use link::End;
use link::Link;
pub(crate) use power::Power;
pub(crate) use weather::{Affliction, Weather};

/// All hosts and the connections between them. Clones share it.
#[derive(Clone)]
pub(crate) struct Network(Arc<Shared>);

struct Shared {
    seed: u64,
    trace: Trace,
    state: Mutex<State>,
}

struct State {
    weather: Weather,
    doors: BTreeMap<SocketAddr, Door>,
    links: Vec<Arc<Link>>,
    dice: Dice,
    connections: u64,
}

/// Where somebody listens.
struct Door {
    power: Power,
    reach: Reach,
    arrivals: mpsc::UnboundedSender<(End, SocketAddr)>,
}

/// Whether connections to a host come about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// They do.
    Open,
    /// They are refused.
    Refused,
    /// Nobody answers.
    Silent,
}

/// One host of the network, until its power goes.
#[derive(Clone)]
pub(crate) struct Host {
    network: Network,
    power: Power,
    address: SocketAddr,
}

impl Network {
    pub(crate) fn new(seed: u64, weather: Weather, trace: Trace) -> Self {
        let dice = Dice::new(seed, "network", 0);
        let state = State { weather, doors: BTreeMap::new(), links: Vec::new(), dice, connections: 0 };
        Self(Arc::new(Shared { seed, trace, state: Mutex::new(state) }))
    }

    /// A host; it can listen and connect while it has power.
    pub(crate) fn host(&self, address: SocketAddr, power: Power) -> Host {
        Host { network: self.clone(), power, address }
    }

    /// Says whether `address` can be connected to, if somebody listens there.
    pub(crate) fn set_reach(&self, address: SocketAddr, reach: Reach) {
        if let Some(door) = self.state().doors.get_mut(&address) {
            door.reach = reach;
        }
    }

    /// Cuts all connections of a host, or lets them swallow everything.
    pub(crate) fn afflict(&self, power: &Power, with: Affliction) {
        let links: Vec<Arc<Link>> =
            self.state().links.iter().filter(|link| link.is_of(power)).cloned().collect();
        links.iter().for_each(|link| link.afflict(with));
    }

    /// Everything is open from now on, and new connections are sound.
    pub(crate) fn heal(&self) {
        let mut state = self.state();
        state.weather = Weather::FAIR;
        state.doors.values_mut().for_each(|door| door.reach = Reach::Open);
    }

    async fn connect(&self, from: &Host, to: SocketAddr) -> io::Result<End> {
        let (delay, weather) = self.state().departure();
        tokio::time::sleep(delay).await;
        let arrivals = {
            let state = self.state();
            let reach = |door: &&Door| from.power.is_on() && door.reach != Reach::Silent;
            match state.doors.get(&to) {
                Some(door) if !reach(&door) => None,
                Some(door) if door.reach == Reach::Open && door.power.is_on() => {
                    Some((door.arrivals.clone(), door.power.clone()))
                }
                _ => return Err(io::ErrorKind::ConnectionRefused.into()),
            }
        };
        let Some((arrivals, power)) = arrivals else { return std::future::pending().await };
        let (near, far) = self.link([from.power.clone(), power], weather);
        arrivals.send((far, from.address)).map_err(|_| io::ErrorKind::ConnectionRefused)?;
        Ok(near)
    }

    fn link(&self, powers: [Power; 2], weather: Weather) -> (End, End) {
        let mut state = self.state();
        state.connections += 1;
        let number = state.connections;
        let mut dice = Dice::new(self.0.seed, "link", number);
        let fate = weather.fate(&mut dice);
        let link = Link::new(number, powers, weather, dice, self.0.trace.clone());
        state.links.retain(|link| link.is_open());
        state.links.push(Arc::clone(&link));
        drop(state);
        if let Some((after, affliction)) = fate {
            let link = Arc::clone(&link);
            tokio::spawn(async move {
                tokio::time::sleep(after).await;
                link.afflict(affliction);
            });
        }
        Link::ends(&link)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// How long it takes to connect, and what the connection will be like.
    fn departure(&mut self) -> (Duration, Weather) {
        let weather = self.weather;
        (weather.delay(&mut self.dice), weather)
    }
}

#[async_trait]
impl gateway::Network for Host {
    async fn listen(&self, address: SocketAddr) -> io::Result<Box<dyn Listener>> {
        let (arrivals, arrived) = mpsc::unbounded_channel();
        let door = Door { power: self.power.clone(), reach: Reach::Open, arrivals };
        self.network.state().doors.insert(address, door);
        Ok(Box::new(Arrivals { address, arrived: tokio::sync::Mutex::new(arrived) }))
    }

    async fn connect(&self, address: &str) -> io::Result<Box<dyn Stream>> {
        let to = address.parse().map_err(|_| io::ErrorKind::InvalidInput)?;
        Ok(Box::new(self.network.connect(self, to).await?))
    }
}

/// A listener.
struct Arrivals {
    address: SocketAddr,
    arrived: tokio::sync::Mutex<mpsc::UnboundedReceiver<(End, SocketAddr)>>,
}

#[async_trait]
impl Listener for Arrivals {
    fn address(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }

    async fn accept(&self) -> io::Result<(Box<dyn Stream>, SocketAddr)> {
        match self.arrived.lock().await.recv().await {
            Some((end, peer)) => Ok((Box::new(end), peer)),
            // Somebody else listens here now.
            None => std::future::pending().await,
        }
    }
}
