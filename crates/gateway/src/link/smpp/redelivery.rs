//! Messages of handsets that an SMSC brings again (CMN-3).
//!
//! An SMSC that did not hear our answer brings the message again. It is known by the id that the SMSC gives it in
//! `receipted_message_id`, if it does so; otherwise, where the configuration says for how long, by its ends and its
//! content. What comes again keeps the id of the first as the number of a member, so that whoever is told it
//! sees one transaction.
//!
//! What is remembered is in memory and bounded. After a restart a message that comes again is a new one.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use smpp::ShortMessage;
use sms::{MessageId, Timestamp};

/// What an SMSC brought lately, by all its sessions.
pub(crate) struct Redelivery {
    /// For how long equal content is the same message; zero: never.
    window: Duration,
    keys: [RandomState; 2],
    seen: Mutex<Seen>,
}

type Key = [u64; 2];

#[derive(Default)]
struct Seen {
    young: HashMap<Key, Sight>,
    old: HashMap<Key, Sight>,
    /// Those that were not taken over yet, by the id that they shall have.
    open: HashMap<MessageId, Key>,
}

#[derive(Clone, Copy)]
struct Sight {
    first: MessageId,
    /// How often it came again.
    again: u8,
    at: Timestamp,
    is_taken_over: bool,
}

impl Redelivery {
    pub(crate) fn new(window: Duration) -> Self {
        Self { window, keys: Default::default(), seen: Mutex::default() }
    }

    /// The id for a message: that of the first and which of them this is, or a new one. `None` if nothing can be
    /// known about it.
    pub(super) fn id_of(
        &self,
        pdu: &ShortMessage,
        now: Timestamp,
        new_id: impl FnOnce() -> MessageId,
    ) -> Option<(MessageId, u8)> {
        let (key, lasts) = self.key(pdu)?;
        let mut seen = self.seen();
        let known = seen.young.get(&key).or_else(|| seen.old.get(&key)).copied();
        let known = known.filter(|sight| sight.is_taken_over && now.since(sight.at) <= lasts);
        let sight = match known {
            Some(sight) => Sight { again: sight.again.checked_add(1)?, ..sight },
            None => Sight { first: new_id(), again: 0, at: now, is_taken_over: false },
        };
        seen.note(key, sight);
        Some((sight.first, sight.again))
    }

    /// The message with this id was taken over: what is like it from now on came again.
    pub(super) fn taken_over(&self, id: MessageId) {
        let mut seen = self.seen();
        if let Some(key) = seen.open.remove(&id) {
            let Seen { young, old, .. } = &mut *seen;
            if let Some(sight) = young.get_mut(&key).or_else(|| old.get_mut(&key)) {
                sight.is_taken_over = true;
            }
        }
    }

    /// What a message is known by, and for how long.
    fn key(&self, pdu: &ShortMessage) -> Option<(Key, Duration)> {
        let named = pdu.tlvs.receipted_message_id().filter(|id| !id.is_empty());
        let hash = |what: &dyn Fn(&RandomState) -> u64| [what(&self.keys[0]), what(&self.keys[1])];
        if let Some(id) = named {
            return Some((hash(&|keys| keys.hash_one((1_u8, id))), NAMED_FOR));
        }
        if self.window.is_zero() {
            return None;
        }
        let payload = pdu.tlvs.message_payload();
        let content = (&pdu.short_message[..], payload.as_deref(), pdu.data_coding, pdu.esm_class);
        let ends = (&pdu.source.value[..], &pdu.destination.value[..]);
        Some((hash(&|keys| keys.hash_one((0_u8, ends, content))), self.window))
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        // A map is as good after a panic elsewhere as before.
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seen {
    fn note(&mut self, key: Key, sight: Sight) {
        if self.young.len() >= GENERATION_MAX && !self.young.contains_key(&key) {
            self.old = std::mem::take(&mut self.young);
            self.open.clear();
        }
        self.young.insert(key, sight);
        if !sight.is_taken_over {
            self.open.insert(sight.first, key);
        }
    }
}

/// An SMSC does not give an id twice for as long as anything can be remembered.
const NAMED_FOR: Duration = Duration::from_secs(24 * 3600);
/// Messages per generation.
const GENERATION_MAX: usize = 65_536;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use smpp::{TlvTag, Tlvs};

    use super::*;

    const WINDOW: Duration = Duration::from_secs(10);

    fn pdu(source: &str, text: &str, named: &[u8]) -> ShortMessage {
        let mut tlvs = Tlvs::new();
        if !named.is_empty() {
            tlvs.push(TlvTag::RECEIPTED_MESSAGE_ID, &[named, b"\0"].concat()).unwrap();
        }
        ShortMessage {
            source: smpp::Address::new(1, 1, source.as_bytes()).unwrap(),
            short_message: text.to_owned().into(),
            tlvs,
            ..ShortMessage::default()
        }
    }

    struct Smsc(Redelivery, u8);

    impl Smsc {
        /// Brings a message after so many seconds, which is taken over.
        fn brings(&mut self, pdu: &ShortMessage, after: u64) -> Option<(MessageId, u8)> {
            let id = self.offers(pdu, after)?;
            self.0.taken_over(id.0.member(id.1));
            Some(id)
        }

        fn offers(&mut self, pdu: &ShortMessage, after: u64) -> Option<(MessageId, u8)> {
            self.1 += 1;
            let new_id = MessageId::from_octets([self.1; 16]);
            self.0.id_of(pdu, Timestamp(after * 1000), || new_id)
        }
    }

    // CMN-3
    #[test]
    fn equal_content_is_the_same_message_for_a_while() {
        let mut smsc = Smsc(Redelivery::new(WINDOW), 0);
        let vote = pdu("628111", "VOTE A", b"");
        let (first, number) = smsc.brings(&vote, 0).unwrap();
        assert_eq!(number, 0);
        assert_eq!(smsc.brings(&vote, 5), Some((first, 1)));
        assert_eq!(smsc.brings(&vote, 10), Some((first, 2)));
        for other in [pdu("628112", "VOTE A", b""), pdu("628111", "VOTE B", b"")] {
            assert_ne!(smsc.brings(&other, 10).unwrap().0, first);
        }
        assert_ne!(smsc.brings(&vote, 11).unwrap().0, first, "the handset has written again");
    }

    // CMN-3
    #[test]
    fn an_id_of_the_smsc_says_more_than_the_content() {
        let mut smsc = Smsc(Redelivery::new(Duration::ZERO), 0);
        assert_eq!(smsc.brings(&pdu("628111", "VOTE A", b""), 0), None, "nothing is known");
        let (first, _) = smsc.brings(&pdu("628111", "VOTE A", b"m1"), 0).unwrap();
        assert_eq!(smsc.brings(&pdu("628111", "VOTE A", b"m1"), 3600), Some((first, 1)));
        assert_ne!(smsc.brings(&pdu("628111", "VOTE A", b"m2"), 3600).unwrap().0, first);
    }

    // CMN-3
    #[test]
    fn what_was_not_taken_over_is_no_first() {
        let mut smsc = Smsc(Redelivery::new(WINDOW), 0);
        let vote = pdu("628111", "VOTE A", b"");
        let (refused, _) = smsc.offers(&vote, 0).unwrap();
        let (first, number) = smsc.brings(&vote, 1).unwrap();
        assert!(first != refused && number == 0);
        assert_eq!(smsc.brings(&vote, 2), Some((first, 1)));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let redelivery = Redelivery::new(WINDOW);
        for number in 0..3 * GENERATION_MAX {
            let named = number.to_string();
            redelivery
                .id_of(&pdu("1", "", named.as_bytes()), Timestamp(0), || MessageId::from_octets([1; 16]));
        }
        let seen = redelivery.seen();
        assert!(seen.young.len() + seen.old.len() <= 2 * GENERATION_MAX && seen.open.len() <= GENERATION_MAX);
    }
}
