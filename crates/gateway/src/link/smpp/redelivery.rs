//! Messages of handsets that an SMSC brings again (CMN-3).
//!
//! An SMSC that did not hear our answer brings the message again. It is known by the id that the SMSC gives it in
//! `receipted_message_id`, if it does so; otherwise, where the configuration says for how long, by its ends and its
//! content. What comes again keeps the id of the first as the number of a member, so that whoever is told it
//! sees one transaction.
//!
//! What is remembered is in memory and bounded. What a link has not seen itself since it was started, it looks for in the
//! records, by the key that every message carries that can be known again.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sha2::{Digest, Sha256};
use smpp::ShortMessage;
use sms::{LinkName, MessageId, Timestamp};
use store::{Query, Record, Store, StoreError};

use super::translate;
use crate::attributes::{Attributes, Brought};
use crate::submission::Submission;

/// What an SMSC brought lately, by all its sessions.
pub(crate) struct Redelivery {
    link: LinkName,
    /// For how long equal content is the same message; zero: never.
    window: Duration,
    /// Since when all that was brought is remembered here.
    since: Timestamp,
    seen: Mutex<Seen>,
}

/// What a message can be known by.
#[derive(Clone, Copy)]
pub(super) struct Trace {
    key: Key,
    /// For how long.
    lasts: Duration,
}

type Key = [u8; Brought::KEY_OCTETS];

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
    /// Of the messages that `link` brings from `now` on.
    pub(crate) fn new(link: LinkName, window: Duration, now: Timestamp) -> Self {
        Self { link, window, since: now, seen: Mutex::default() }
    }

    /// What a message can be known by; `None` if it cannot.
    pub(super) fn trace(&self, pdu: &ShortMessage) -> Option<Trace> {
        let digest = Sha256::new().chain_update(self.link.as_str()).chain_update([0]);
        // In an acknowledgement, that is the message that is acknowledged, which may be more than once.
        let named = pdu.tlvs.receipted_message_id().filter(|_| !translate::is_acknowledgement(pdu));
        if let Some(id) = named.filter(|id| !id.is_empty()) {
            let digest = digest.chain_update([NAMED]).chain_update(id);
            return Some(Trace { key: key_of(digest), lasts: NAMED_FOR });
        }
        if self.window.is_zero() {
            return None;
        }
        let payload = pdu.tlvs.message_payload();
        let mut digest = digest.chain_update([ALIKE, pdu.data_coding, pdu.esm_class]);
        let ends = [&pdu.source.value[..], &pdu.destination.value[..]];
        for value in [ends[0], ends[1], &pdu.short_message, payload.as_deref().unwrap_or_default()] {
            digest = digest.chain_update((value.len() as u64).to_le_bytes()).chain_update(value);
        }
        Some(Trace { key: key_of(digest), lasts: self.window })
    }

    /// Whether only the records can say if it came before.
    pub(super) fn is_unsure(&self, trace: &Trace, now: Timestamp) -> bool {
        now.since(self.since) < trace.lasts.min(RECALLED_FOR) && self.seen().of(&trace.key).is_none()
    }

    /// Learns from the records of `store` if it came before.
    ///
    /// # Errors
    /// The store cannot be read.
    pub(super) async fn recall(
        &self,
        store: &dyn Store,
        trace: &Trace,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let query = Query {
            links: Some(vec![self.link.clone()]),
            reference: Some(Brought::reference(&trace.key).to_vec()),
            from: Some(Timestamp(now.0.saturating_sub(2 * trace.lasts.as_millis() as u64))),
            limit: 1,
            ..Query::default()
        };
        if let Some(sight) = store.search(query).await?.records.first().and_then(sight_of) {
            let mut seen = self.seen();
            if seen.of(&trace.key).is_none() {
                seen.note(trace.key, sight);
            }
        }
        Ok(())
    }

    /// The submission with the id of the first like it, as one that came again, or with a new id.
    pub(super) fn traced(
        &self,
        submission: Submission,
        trace: &Trace,
        now: Timestamp,
        new_id: impl FnOnce() -> MessageId,
    ) -> Submission {
        let Some((first, again)) = self.id_of(trace, now, new_id) else { return submission };
        let brought = Some(Brought { key: trace.key, again });
        let attached = Attributes { brought, ..Attributes::default() }.attached(&self.link);
        Submission { id: Some((first, again)), attached, ..submission }
    }

    /// That of the first and which of them this is, or a new one; `None` if it came too often.
    fn id_of(
        &self,
        trace: &Trace,
        now: Timestamp,
        new_id: impl FnOnce() -> MessageId,
    ) -> Option<(MessageId, u8)> {
        let mut seen = self.seen();
        let known = seen.of(&trace.key);
        let known = known.filter(|sight| sight.is_taken_over && now.since(sight.at) <= trace.lasts);
        let sight = match known {
            Some(sight) => Sight { again: sight.again.checked_add(1)?, ..sight },
            None => Sight { first: new_id(), again: 0, at: now, is_taken_over: false },
        };
        seen.note(trace.key, sight);
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

    fn seen(&self) -> MutexGuard<'_, Seen> {
        // A map is as good after a panic elsewhere as before.
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seen {
    fn of(&self, key: &Key) -> Option<Sight> {
        self.young.get(key).or_else(|| self.old.get(key)).copied()
    }

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

/// The last of the messages that are one, as its record has it.
fn sight_of(record: &Record) -> Option<Sight> {
    let Brought { again, .. } = Attributes::readable(record.attached.as_deref()?).brought?;
    let first = record.id.first_of(again);
    // Its id says when the first was taken over, whichever of them this is.
    Some(Sight { first, again, at: first.accepted_at(), is_taken_over: true })
}

fn key_of(digest: Sha256) -> Key {
    let mut key = Key::default();
    key.copy_from_slice(&digest.finalize()[..Brought::KEY_OCTETS]);
    key
}

const NAMED: u8 = 1;
const ALIKE: u8 = 0;
/// An SMSC does not give an id twice for as long as anything can be remembered.
const NAMED_FOR: Duration = Duration::from_secs(24 * 3600);
/// For so long after the start of a link the records are asked: an SMSC brings again soon what was not answered.
const RECALLED_FOR: Duration = Duration::from_secs(3600);
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

    fn redelivery(window: Duration) -> Redelivery {
        Redelivery::new(LinkName::from("telco"), window, Timestamp(0))
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
            self.0.id_of(&self.0.trace(pdu)?, Timestamp(after * 1000), || new_id)
        }
    }

    // CMN-3
    #[test]
    fn equal_content_is_the_same_message_for_a_while() {
        let mut smsc = Smsc(redelivery(WINDOW), 0);
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
        let mut smsc = Smsc(redelivery(Duration::ZERO), 0);
        assert_eq!(smsc.brings(&pdu("628111", "VOTE A", b""), 0), None, "nothing is known");
        let (first, _) = smsc.brings(&pdu("628111", "VOTE A", b"m1"), 0).unwrap();
        assert_eq!(smsc.brings(&pdu("628111", "VOTE A", b"m1"), 3600), Some((first, 1)));
        assert_ne!(smsc.brings(&pdu("628111", "VOTE A", b"m2"), 3600).unwrap().0, first);
    }

    #[test]
    fn two_acknowledgements_of_one_message_are_two() {
        let smsc = redelivery(Duration::ZERO);
        for esm_class in [0x08, 0x10, 0x18] {
            let acknowledgement = ShortMessage { esm_class, ..pdu("628111", "seen", b"m1") };
            assert!(smsc.trace(&acknowledgement).is_none());
        }
    }

    // CMN-3
    #[test]
    fn what_was_not_taken_over_is_no_first() {
        let mut smsc = Smsc(redelivery(WINDOW), 0);
        let vote = pdu("628111", "VOTE A", b"");
        let (refused, _) = smsc.offers(&vote, 0).unwrap();
        let (first, number) = smsc.brings(&vote, 1).unwrap();
        assert!(first != refused && number == 0);
        assert_eq!(smsc.brings(&vote, 2), Some((first, 1)));
    }

    #[test]
    fn the_records_are_asked_about_what_may_have_come_before_the_start() {
        let redelivery = redelivery(WINDOW);
        let vote = redelivery.trace(&pdu("628111", "VOTE A", b"")).unwrap();
        let named = redelivery.trace(&pdu("628111", "VOTE A", b"m1")).unwrap();
        for (trace, unsure_until) in [(vote, WINDOW), (named, RECALLED_FOR)] {
            let last = unsure_until.as_millis() as u64;
            assert!(redelivery.is_unsure(&trace, Timestamp(last - 1)));
            assert!(!redelivery.is_unsure(&trace, Timestamp(last)));
        }
        redelivery.id_of(&vote, Timestamp(0), || MessageId::from_octets([1; 16]));
        assert!(!redelivery.is_unsure(&vote, Timestamp(1)), "it was seen since");
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let redelivery = redelivery(WINDOW);
        for number in 0..3 * GENERATION_MAX {
            let trace = redelivery.trace(&pdu("1", "", number.to_string().as_bytes())).unwrap();
            redelivery.id_of(&trace, Timestamp(0), || MessageId::from_octets([1; 16]));
        }
        let seen = redelivery.seen();
        assert!(seen.young.len() + seen.old.len() <= 2 * GENERATION_MAX && seen.open.len() <= GENERATION_MAX);
    }
}
