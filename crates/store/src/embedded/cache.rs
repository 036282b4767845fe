//! The bodies of messages that are likely to be asked for soon.

use std::sync::Arc;

use sms::{LinkName, Message};

use super::body::octets_of;

/// A message with the links that may take it instead.
#[derive(Clone)]
pub(super) struct Kept {
    pub(super) message: Arc<Message>,
    pub(super) alternatives: Arc<[LinkName]>,
}

/// What a message takes in memory besides its octets.
const OVERHEAD_OCTETS: usize = 320;
/// A message of ordinary length, to choose how many fit.
const ORDINARY_OCTETS: usize = 640;

/// The messages with the highest serials, up to so many octets.
///
/// Each serial has one seat; who comes later takes it.
pub(super) struct Cache {
    seats: Vec<Option<(u64, Kept)>>,
    octets: usize,
    octets_max: usize,
    hand: usize,
}

impl Cache {
    pub(super) fn new(octets_max: usize) -> Self {
        let seats = (octets_max / ORDINARY_OCTETS).next_power_of_two().clamp(64, 1 << 22);
        Self { seats: vec![None; seats], octets: 0, octets_max, hand: 0 }
    }

    fn seat(&self, serial: u64) -> usize {
        serial as usize & (self.seats.len() - 1)
    }

    pub(super) fn insert(&mut self, serial: u64, kept: Kept) {
        let octets = octets_in_memory(&kept);
        if octets > self.octets_max / 4 {
            return;
        }
        let seat = self.seat(serial);
        self.clear(seat);
        self.octets += octets;
        if let Some(seat) = self.seats.get_mut(seat) {
            *seat = Some((serial, kept));
        }
        let mut turns = self.seats.len();
        while self.octets > self.octets_max && turns > 0 {
            self.clear(self.hand);
            self.hand = (self.hand + 1) & (self.seats.len() - 1);
            turns -= 1;
        }
    }

    pub(super) fn get(&self, serial: u64) -> Option<&Kept> {
        self.seats.get(self.seat(serial))?.as_ref().filter(|seat| seat.0 == serial).map(|seat| &seat.1)
    }

    pub(super) fn remove(&mut self, serial: u64) {
        if self.get(serial).is_some() {
            self.clear(self.seat(serial));
        }
    }

    fn clear(&mut self, seat: usize) {
        if let Some((_, kept)) = self.seats.get_mut(seat).and_then(Option::take) {
            self.octets -= octets_in_memory(&kept);
        }
    }
}

fn octets_in_memory(kept: &Kept) -> usize {
    OVERHEAD_OCTETS + octets_of(&kept.message)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::conformance::sample;

    #[test]
    fn the_newest_stay_and_the_octets_are_bounded() {
        let kept = |number| Kept { message: Arc::new(sample::message(number)), alternatives: Arc::new([]) };
        let mut cache = Cache::new(64 << 10);
        (0..10_000).for_each(|serial| cache.insert(serial, kept(serial)));
        assert!(cache.octets <= 64 << 10);
        assert!(cache.get(9_999).is_some() && cache.get(9_990).is_some());
        assert!(cache.get(0).is_none());
        (0..10_000).for_each(|serial| cache.remove(serial));
        assert_eq!(cache.octets, 0);
    }
}
