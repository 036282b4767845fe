//! What a world is like: drawn from its seed before it begins.

use std::net::SocketAddr;
use std::time::Duration;

use store::embedded::Options;

use crate::dice::Dice;
use crate::layout::Layout;
use crate::network::Weather;
use crate::peer::manners::Manners;

/// The plan of a world.
pub(crate) struct Plan {
    pub(crate) smscs: Vec<SmscPlan>,
    pub(crate) esmes: Vec<EsmePlan>,
    pub(crate) weather: Weather,
    /// How long things go wrong.
    pub(crate) troubled_for: Duration,
    /// How many calamities befall the gateway in that time.
    pub(crate) calamities: u64,
    pub(crate) messages: u64,
    pub(crate) offers: u64,
    /// How long everybody waits for an answer.
    pub(crate) patience: Duration,
    pub(crate) layout: Layout,
    pub(crate) options: Options,
}

pub(crate) struct SmscPlan {
    pub(crate) address: SocketAddr,
    pub(crate) manners: Manners,
    pub(crate) sessions: u64,
    pub(crate) window: u64,
    pub(crate) holds_unknown: bool,
}

pub(crate) struct EsmePlan {
    pub(crate) address: SocketAddr,
    pub(crate) manners: Manners,
    pub(crate) sessions: u64,
    pub(crate) window: u64,
    /// How many of its messages it wants something of after they were taken over.
    pub(crate) second_thoughts: f64,
}

impl Plan {
    /// The plan of the world of `seed`.
    ///
    /// # Errors
    /// The configuration that was drawn is wrong.
    pub(crate) fn draw(seed: u64) -> anyhow::Result<Self> {
        let mut dice = Dice::new(seed, "plan", 0);
        let patience = Duration::from_secs(dice.number(3..10));
        let smscs: Vec<SmscPlan> = (0..dice.number(1..3)).map(|number| smsc(&mut dice, number)).collect();
        let esmes: Vec<EsmePlan> = (0..dice.number(1..3)).map(|number| esme(&mut dice, number)).collect();
        let layout = Layout::draw(&mut dice, &smscs, &esmes, patience);
        let options = Options {
            segment_octets: dice.pick([1 << 10, 8 << 10, 64 << 10, 64 << 20]),
            cache_octets: dice.pick([0, 2 << 10, 64 << 20]),
            reserve_octets: RESERVE_OCTETS,
            receipt_timeout: RECEIPT_TIMEOUT,
            ..layout.config()?.store_options()
        };
        Ok(Self {
            weather: weather(&mut dice),
            troubled_for: Duration::from_secs(dice.number(10..120)),
            calamities: dice.number(0..8),
            messages: dice.number(1..80),
            offers: dice.number(0..15),
            smscs,
            esmes,
            patience,
            layout,
            options,
        })
    }
}

fn smsc(dice: &mut Dice, number: u64) -> SmscPlan {
    SmscPlan {
        address: SocketAddr::from(([10, 0, 2, number as u8 + 1], 2776)),
        manners: manners(dice),
        sessions: dice.number(1..3),
        window: dice.pick([1, 1, 5, 20]),
        holds_unknown: dice.hits(0.3),
    }
}

fn esme(dice: &mut Dice, number: u64) -> EsmePlan {
    EsmePlan {
        address: SocketAddr::from(([10, 0, 3, number as u8 + 1], 40_000)),
        manners: manners(dice),
        sessions: dice.number(1..3),
        window: dice.pick([1, 10, 100]),
        second_thoughts: dice.pick([0.0, 0.2, 0.7]),
    }
}

/// A third of the peers does everything right: what goes wrong elsewhere shows better there.
fn manners(dice: &mut Dice) -> Manners {
    if dice.hits(0.3) { Manners::GOOD } else { Manners::any(dice) }
}

fn weather(dice: &mut Dice) -> Weather {
    if dice.hits(0.3) {
        return Weather::FAIR;
    }
    Weather {
        delay_ms: dice.pick([(0, 1), (1, 20), (10, 300), (0, DELAY_MAX_MS)]),
        chunk_max: dice.pick([usize::MAX, 200, 20]),
        cut: dice.pick([0.0, 0.2, 0.8]),
        hole: dice.pick([0.0, 0.1, 0.4]),
    }
}

/// Where the gateway listens.
pub(crate) const GATEWAY: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 1, 1)), 2775);
/// How long a message is valid that does not say so itself, in hours.
pub(crate) const VALIDITY_H: u64 = 1;
/// How long the gateway waits for a receipt.
pub(crate) const RECEIPT_TIMEOUT: Duration = Duration::from_secs(300);
/// The longest way of an octet through the network, in milliseconds.
pub(crate) const DELAY_MAX_MS: u64 = 2_000;
/// Room on the disk that is kept for what is under way.
pub(crate) const RESERVE_OCTETS: u64 = 4 << 10;
/// The password of every account.
pub(crate) const PASSWORD: &str = "simulate";
