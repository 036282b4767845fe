//! What the journal says: facts, each of which changes the state of the store in one way.

use bytes::Bytes;
use sms::{LinkName, State, Timestamp};

use super::body::Body;
use super::codec::{
    Malformed, Reader, put_cause, put_instant, put_remote_id, put_short, put_tlvs, put_u16, put_u32, put_u64,
};
use super::journal::Place;
use crate::{Cause, RemoteId};

/// The number that stands for the notice among the segments of a message, which are 0 to 254.
pub(super) const NOTICE_PART: u8 = u8::MAX;

const LINK: u8 = 1;
const ACCEPTED: u8 = 2;
const CARRIED: u8 = 3;
const FINAL: u8 = 4;
const EARLY: u8 = 5;
const SERIAL: u8 = 6;
const TLVS: u8 = 7;
const EARLY_WITH_TLVS: u8 = 8;
const ATTEMPTED: u8 = 16;
const RETURNED: u8 = 17;
const SENT: u8 = 18;
const AMENDED: u8 = 19;
const DONE: u8 = 20;
const RETRY: u8 = 21;
const REDIRECT: u8 = 22;
const FAILED: u8 = 23;
const UNKNOWN: u8 = 24;
const RECEIPT: u8 = 25;
const LAPSED: u8 = 26;
const MOVED: u8 = 27;
const RECEIPT_WITH_TLVS: u8 = 28;

/// How far behind the start of a [`Change::Sent`] or [`Change::Amended`] its remote id stands.
pub(super) const REMOTE_ID_OFFSET: usize = 12;
/// How far behind the start of a fact its TLVs stand: of a receipt, of an early one, and of one that is over.
const RECEIPT_TLVS_OFFSET: u32 = 10;
const EARLY_TLVS_OFFSET: u32 = 1;
const TLVS_OFFSET: u32 = 9;

/// A fact as it is read back.
///
/// ```text
/// fact     = kind u8, then by kind
///   1 link       number u16, name (length u8, octets)     the number stands for the name from here on
///   2 accepted   body                                     a message was taken over
///   3 carried    body, tally, segments                    a message with all that happened to it so far
///   4 final      serial u64, state u8, error u32, done_at u64, delivered u8
///   5 early      link u16, remote id, state u8, error u32, done_at u64   a receipt that matched nothing
///   6 serial     serial u64                               no smaller number is given to a new message
///   7 tlvs       serial u64, tlvs                         right behind `carried`: those of the receipt that its state is from
///   8 early      tlvs, then as 5
///  16.. change   serial u64, segment u8 (255: the notice), then
///    16 attempted  link u16                 lent to that link
///    17 returned                            given back untouched
///    18 sent       link u16, remote id      19 amended the same
///    20 done       state u8, present u8, [remote id]
///    21 retry      at u64, cause            22 redirect link u16
///    23 failed     state u8, cause          24 unknown retry_at u64 (0: held), cause
///    25 receipt    state u8, error u32, done_at u64
///    26 lapsed     state u8                 its time was up
///    27 moved      link u16, until u64, present u8, [cause]   waits for that link until then, as if it were new
///    28 receipt    tlvs, then as 25
/// tally    = state u8, error u32, done_at u64, delivered u8, open u8 (0: one segment follows, the notice)
/// segment  = phase u8, flags u8, target u16, attempts u16, deadline u32, due u32 (seconds),
///            count u8, that many of: link u16, remote id
/// remote id = form u8, length u8, octets      cause = kind u8, then by kind
/// tlvs = length u16, CRC-32 u32, octets
/// ```
///
/// A fact of an unknown kind, or one that is shorter than its kind says, makes its group invalid.
/// `final` says what follows from the facts before it, for readers that keep less state.
pub(super) enum Fact<'a> {
    Link { number: u16, name: LinkName },
    Accepted(Body<'a>),
    Carried(Body<'a>, Carried),
    Final { serial: u64, verdict: Verdict },
    Early { link: u16, remote_id: RemoteId, sighted: Sighted, has_tlvs: bool },
    Serial(u64),
    Tlvs { serial: u64 },
    Changed { serial: u64, part: u8, change: Change },
}

/// What happened to a segment or to the notice of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Attempted { link: u16 },
    Returned,
    Sent { link: u16, remote_id: RemoteId },
    Amended { link: u16, remote_id: RemoteId },
    Done { state: State, remote_id: Option<RemoteId> },
    Retry { at: Timestamp, cause: Cause },
    Redirect { to: u16 },
    Failed { state: State, cause: Cause },
    Unknown { retry_at: Option<Timestamp>, cause: Cause },
    Receipt { sighted: Sighted, tlvs: Bytes },
    Lapsed { state: State },
    Moved { to: u16, until: Timestamp, cause: Option<Cause> },
}

impl Change {
    /// Where the TLVs stand that it says, if the fact starts at `fact`.
    pub(super) fn tlvs_place(&self, fact: Place) -> Option<Place> {
        let has_tlvs = matches!(self, Self::Receipt { tlvs, .. } if !tlvs.is_empty());
        has_tlvs.then(|| fact.behind(RECEIPT_TLVS_OFFSET))
    }
}

/// Where the TLVs of an early receipt stand that starts at `fact`.
pub(super) const fn early_tlvs_place(fact: Place) -> Place {
    fact.behind(EARLY_TLVS_OFFSET)
}

/// Where the TLVs stand that a [`Fact::Tlvs`] says which starts at `fact`.
pub(super) const fn tlvs_place(fact: Place) -> Place {
    fact.behind(TLVS_OFFSET)
}

/// What a receipt reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sighted {
    pub(super) state: State,
    pub(super) error: u32,
    pub(super) done_at: Timestamp,
}

/// What became of a message as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) sighted: Sighted,
    pub(super) delivered: u8,
}

/// The state of a message that was carried forward.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Carried {
    pub(super) verdict: Verdict,
    /// How many segments have no final state; 0 if only the notice is left.
    pub(super) open: u8,
    pub(super) segments: Vec<CarriedSegment>,
}

impl Carried {
    /// Whether it may be how a message was said anew, which only happens to those of which nothing was tried.
    pub(super) fn may_be_anew(&self) -> bool {
        let is_untried = |segment: &CarriedSegment| segment.attempts == 0 && segment.ids.is_empty();
        self.open > 0 && self.segments.iter().all(is_untried)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CarriedSegment {
    pub(super) phase: u8,
    pub(super) flags: u8,
    pub(super) target: u16,
    pub(super) attempts: u16,
    pub(super) deadline: u32,
    pub(super) due: u32,
    /// Link, id, and where the id stands, counted from the start of the fact.
    pub(super) ids: Vec<(u16, RemoteId, usize)>,
}

pub(super) const fn accepted_kind(carried: bool) -> u8 {
    if carried { CARRIED } else { ACCEPTED }
}

pub(super) fn put_link(out: &mut Vec<u8>, number: u16, name: &LinkName) {
    out.push(LINK);
    put_u16(out, number);
    put_short(out, name.as_str().as_bytes());
}

pub(super) fn put_serial(out: &mut Vec<u8>, serial: u64) {
    out.push(SERIAL);
    put_u64(out, serial);
}

pub(super) fn put_final(out: &mut Vec<u8>, serial: u64, verdict: &Verdict) {
    out.push(FINAL);
    put_u64(out, serial);
    put_verdict(out, verdict);
}

/// Puts which TLVs the receipt had that the state of a message is from, which has just been carried.
pub(super) fn put_its_tlvs(out: &mut Vec<u8>, serial: u64, tlvs: &[u8]) {
    out.push(TLVS);
    put_u64(out, serial);
    put_tlvs(out, tlvs);
}

pub(super) fn put_early(out: &mut Vec<u8>, link: u16, remote_id: &RemoteId, sighted: &Sighted, tlvs: &[u8]) {
    if tlvs.is_empty() {
        out.push(EARLY);
    } else {
        out.push(EARLY_WITH_TLVS);
        put_tlvs(out, tlvs);
    }
    put_u16(out, link);
    put_remote_id(out, remote_id);
    put_sighted(out, sighted);
}

/// What follows the body of a `carried`. Returns where in `out` the first id of each segment stands.
pub(super) fn put_carried(out: &mut Vec<u8>, carried: &Carried) -> Vec<Option<usize>> {
    put_verdict(out, &carried.verdict);
    out.push(carried.open);
    let mut places = Vec::with_capacity(carried.segments.len());
    for segment in &carried.segments {
        out.extend_from_slice(&[segment.phase, segment.flags]);
        put_u16(out, segment.target);
        put_u16(out, segment.attempts);
        put_u32(out, segment.deadline);
        put_u32(out, segment.due);
        let ids = segment.ids.get(..255).unwrap_or(&segment.ids);
        out.push(ids.len() as u8);
        places.push((!ids.is_empty()).then_some(out.len() + 2));
        for (link, id, _) in ids {
            put_u16(out, *link);
            put_remote_id(out, id);
        }
    }
    places
}

fn put_sighted(out: &mut Vec<u8>, sighted: &Sighted) {
    out.push(sighted.state as u8);
    put_u32(out, sighted.error);
    put_u64(out, sighted.done_at.0);
}

fn put_verdict(out: &mut Vec<u8>, verdict: &Verdict) {
    put_sighted(out, &verdict.sighted);
    out.push(verdict.delivered);
}

/// Puts what happened to one segment.
pub(super) fn put_change(out: &mut Vec<u8>, serial: u64, part: u8, change: &Change) {
    out.push(kind_of(change));
    put_u64(out, serial);
    out.push(part);
    match change {
        Change::Attempted { link } | Change::Redirect { to: link } => put_u16(out, *link),
        Change::Returned => {}
        Change::Sent { link, remote_id } | Change::Amended { link, remote_id } => {
            put_u16(out, *link);
            put_remote_id(out, remote_id);
        }
        Change::Done { state, remote_id } => {
            out.extend_from_slice(&[*state as u8, u8::from(remote_id.is_some())]);
            if let Some(id) = remote_id {
                put_remote_id(out, id);
            }
        }
        Change::Retry { at, cause } => {
            put_u64(out, at.0);
            put_cause(out, cause);
        }
        Change::Failed { state, cause } => {
            out.push(*state as u8);
            put_cause(out, cause);
        }
        Change::Unknown { retry_at, cause } => {
            put_instant(out, *retry_at);
            put_cause(out, cause);
        }
        Change::Receipt { sighted, tlvs } => {
            if !tlvs.is_empty() {
                put_tlvs(out, tlvs);
            }
            put_sighted(out, sighted);
        }
        Change::Lapsed { state } => out.push(*state as u8),
        Change::Moved { to, until, cause } => {
            put_u16(out, *to);
            put_u64(out, until.0);
            out.push(u8::from(cause.is_some()));
            if let Some(cause) = cause {
                put_cause(out, cause);
            }
        }
    }
}

fn kind_of(change: &Change) -> u8 {
    match change {
        Change::Attempted { .. } => ATTEMPTED,
        Change::Returned => RETURNED,
        Change::Sent { .. } => SENT,
        Change::Amended { .. } => AMENDED,
        Change::Done { .. } => DONE,
        Change::Retry { .. } => RETRY,
        Change::Redirect { .. } => REDIRECT,
        Change::Failed { .. } => FAILED,
        Change::Unknown { .. } => UNKNOWN,
        Change::Receipt { tlvs, .. } if tlvs.is_empty() => RECEIPT,
        Change::Receipt { .. } => RECEIPT_WITH_TLVS,
        Change::Lapsed { .. } => LAPSED,
        Change::Moved { .. } => MOVED,
    }
}

/// Reads the next fact of a group whose CRC has been checked.
pub(super) fn read_fact<'a>(reader: &mut Reader<'a>) -> Result<Fact<'a>, Malformed> {
    let start = reader.offset();
    Ok(match reader.u8()? {
        LINK => Fact::Link { number: reader.u16()?, name: LinkName::from(reader.text()?) },
        ACCEPTED => Fact::Accepted(Body::read_checked(reader)?),
        CARRIED => {
            let body = Body::read_checked(reader)?;
            let carried = read_carried(reader, start, body.count)?;
            Fact::Carried(body, carried)
        }
        FINAL => Fact::Final { serial: reader.u64()?, verdict: read_verdict(reader)? },
        EARLY => read_early(reader, false)?,
        EARLY_WITH_TLVS => {
            reader.tlvs()?;
            read_early(reader, true)?
        }
        SERIAL => Fact::Serial(reader.u64()?),
        TLVS => {
            let serial = reader.u64()?;
            reader.tlvs()?;
            Fact::Tlvs { serial }
        }
        kind => {
            let (serial, part) = (reader.u64()?, reader.u8()?);
            Fact::Changed { serial, part, change: read_change(kind, reader)? }
        }
    })
}

fn read_early<'a>(reader: &mut Reader<'_>, has_tlvs: bool) -> Result<Fact<'a>, Malformed> {
    let (link, remote_id, sighted) = (reader.u16()?, reader.remote_id()?, read_sighted(reader)?);
    Ok(Fact::Early { link, remote_id, sighted, has_tlvs })
}

fn read_change(kind: u8, reader: &mut Reader<'_>) -> Result<Change, Malformed> {
    Ok(match kind {
        ATTEMPTED => Change::Attempted { link: reader.u16()? },
        RETURNED => Change::Returned,
        SENT => Change::Sent { link: reader.u16()?, remote_id: reader.remote_id()? },
        AMENDED => Change::Amended { link: reader.u16()?, remote_id: reader.remote_id()? },
        DONE => {
            let state = reader.state()?;
            let remote_id = if reader.u8()? == 0 { None } else { Some(reader.remote_id()?) };
            Change::Done { state, remote_id }
        }
        RETRY => Change::Retry { at: reader.timestamp()?, cause: reader.cause()? },
        REDIRECT => Change::Redirect { to: reader.u16()? },
        FAILED => Change::Failed { state: reader.state()?, cause: reader.cause()? },
        UNKNOWN => Change::Unknown { retry_at: reader.instant()?, cause: reader.cause()? },
        RECEIPT => Change::Receipt { sighted: read_sighted(reader)?, tlvs: Bytes::new() },
        RECEIPT_WITH_TLVS => {
            let tlvs = Bytes::copy_from_slice(reader.tlvs()?);
            Change::Receipt { sighted: read_sighted(reader)?, tlvs }
        }
        LAPSED => Change::Lapsed { state: reader.state()? },
        MOVED => {
            let (to, until) = (reader.u16()?, reader.timestamp()?);
            let cause = if reader.u8()? == 0 { None } else { Some(reader.cause()?) };
            Change::Moved { to, until, cause }
        }
        _ => return Err(Malformed),
    })
}

fn read_sighted(reader: &mut Reader<'_>) -> Result<Sighted, Malformed> {
    Ok(Sighted { state: reader.state()?, error: reader.u32()?, done_at: reader.timestamp()? })
}

fn read_verdict(reader: &mut Reader<'_>) -> Result<Verdict, Malformed> {
    Ok(Verdict { sighted: read_sighted(reader)?, delivered: reader.u8()? })
}

/// Reads what follows the body of a `carried` of `count` segments; the places of ids are counted from `start`.
pub(super) fn read_carried(reader: &mut Reader<'_>, start: usize, count: u8) -> Result<Carried, Malformed> {
    let (verdict, open) = (read_verdict(reader)?, reader.u8()?);
    let count = if open == 0 { 1 } else { count };
    let segments = (0..count).map(|_| read_segment(reader, start)).collect::<Result<_, _>>()?;
    Ok(Carried { verdict, open, segments })
}

fn read_segment(reader: &mut Reader<'_>, start: usize) -> Result<CarriedSegment, Malformed> {
    let (phase, flags, target) = (reader.u8()?, reader.u8()?, reader.u16()?);
    let (attempts, deadline, due) = (reader.u16()?, reader.u32()?, reader.u32()?);
    let count = reader.u8()?;
    let ids = (0..count)
        .map(|_| {
            let link = reader.u16()?;
            let place = reader.offset() - start;
            Ok((link, reader.remote_id()?, place))
        })
        .collect::<Result<_, _>>()?;
    Ok(CarriedSegment { phase, flags, target, attempts, deadline, due, ids })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;
    use std::sync::Arc;

    use sms::{Address, Attached, Direction, Message, MessageId, Npi, Priority, ReceiptRequest, Ton};

    use super::super::body::{Route, put_body};
    use super::*;
    use crate::{RemoteIdForm, RemoteReceipt};

    fn some_message() -> impl Strategy<Value = Message> {
        let octets = |most| proptest::collection::vec(any::<u8>(), 0..most);
        let times = any::<(u64, Option<u64>, Option<u64>)>();
        let parts = proptest::collection::vec(octets(300), 1..6);
        (
            any::<[u8; 16]>(),
            times,
            any::<[u8; 8]>(),
            octets(64),
            octets(6),
            octets(40),
            parts,
            any::<[bool; 6]>(),
        )
            .prop_map(|(id, times, numbers, address, service_type, tlvs, parts, flags)| Message {
                id: MessageId::from_octets(id),
                member: numbers[7] & id[0],
                direction: if flags[0] { Direction::Mo } else { Direction::Mt },
                origin: LinkName::from("origin"),
                source: Address::new(Ton(numbers[0]), Npi(numbers[1]), &address).unwrap(),
                destination: Address::new(Ton(numbers[2]), Npi(numbers[3]), &address).unwrap(),
                service_type: service_type.into_iter().take(5).collect(),
                protocol_id: numbers[4],
                data_coding: numbers[5],
                esm_class: numbers[6],
                priority: Priority(numbers[7]),
                receipt: ReceiptRequest {
                    on_success: flags[1],
                    on_failure: flags[2],
                    tracked: flags[3],
                    others: numbers[6] & id[1],
                },
                accepted_at: Timestamp(times.0),
                not_before: times.1.filter(|&at| at > 0).map(Timestamp),
                expires_at: times.2.filter(|&at| at > 0).map(Timestamp),
                in_reply_to: flags[4].then_some(MessageId::from_octets(id)),
                attached: flags[5].then(|| {
                    Arc::new(Attached {
                        reference: tlvs.clone().into(),
                        told: Some(LinkName::from("told")),
                        attributes: id.repeat(usize::from(numbers[0])).into(),
                    })
                }),
                tlvs: tlvs.into(),
                parts: parts.into_iter().map(Into::into).collect(),
            })
    }

    fn some_change() -> impl Strategy<Value = Change> {
        let id = proptest::collection::vec(any::<u8>(), 0..=RemoteId::OCTETS_MAX)
            .prop_map(|raw| RemoteId::new(&raw, RemoteIdForm::Hexadecimal));
        let at = (1..u64::MAX).prop_map(Timestamp);
        let cause = prop_oneof![
            any::<u32>().prop_map(Cause::Smpp),
            any::<u16>().prop_map(Cause::Http),
            any::<u32>().prop_map(Cause::Network),
            Just(Cause::Timeout),
            "[a-zä]{0,40}".prop_map(|text| Cause::Other(text.into())),
        ];
        let state = Just(State::Undeliverable);
        let tlvs = proptest::collection::vec(any::<u8>(), 0..=RemoteReceipt::TLVS_OCTETS_MAX);
        prop_oneof![
            any::<u16>().prop_map(|link| Change::Attempted { link }),
            Just(Change::Returned),
            (any::<u16>(), id.clone()).prop_map(|(link, remote_id)| Change::Sent { link, remote_id }),
            (any::<u16>(), id.clone()).prop_map(|(link, remote_id)| Change::Amended { link, remote_id }),
            (state, proptest::option::of(id))
                .prop_map(|(state, remote_id)| Change::Done { state, remote_id }),
            (at.clone(), cause.clone()).prop_map(|(at, cause)| Change::Retry { at, cause }),
            any::<u16>().prop_map(|to| Change::Redirect { to }),
            (Just(State::Rejected), cause.clone()).prop_map(|(state, cause)| Change::Failed { state, cause }),
            (proptest::option::of(at.clone()), cause.clone())
                .prop_map(|(retry_at, cause)| Change::Unknown { retry_at, cause }),
            (any::<u32>(), at.clone(), tlvs).prop_map(|(error, done_at, tlvs)| {
                let sighted = Sighted { state: State::Delivered, error, done_at };
                Change::Receipt { sighted, tlvs: tlvs.into() }
            }),
            Just(Change::Lapsed { state: State::Expired }),
            (any::<u16>(), at, proptest::option::of(cause)).prop_map(|(to, until, cause)| Change::Moved {
                to,
                until,
                cause
            }),
        ]
    }

    proptest! {
        #[test]
        fn a_message_is_read_as_it_was_written(message in some_message(), links in any::<(u16, Vec<u16>)>()) {
            let alternatives = links.1.into_iter().take(255).collect();
            let told = if message.attached.is_some() { 8 } else { 7 };
            let route = Route { serial: 1 << 40, origin: 7, told, target: links.0, alternatives };
            let mut out = vec![accepted_kind(false)];
            put_body(&mut out, &route, &message);
            let mut reader = Reader::new(&out);
            let Fact::Accepted(body) = read_fact(&mut reader).unwrap() else { panic!("another fact") };
            prop_assert!(reader.is_empty());
            let read = Route {
                serial: body.serial,
                origin: body.origin,
                told: body.told,
                target: body.target,
                alternatives: body.alternatives.clone(),
            };
            prop_assert_eq!(read, route);
            prop_assert_eq!(body.message(|number| Some(LinkName::from(if number == 7 { "origin" } else { "told" }))).unwrap(), message);
        }

        #[test]
        fn a_change_is_read_as_it_was_written(change in some_change(), serial: u64, part: u8) {
            let mut out = Vec::new();
            put_change(&mut out, serial, part, &change);
            let read = read_fact(&mut Reader::new(&out)).unwrap();
            let Fact::Changed { serial: found, part: its, change: read } = read else { panic!("another fact") };
            prop_assert_eq!((found, its, &read), (serial, part, &change));
            if let Some(place) = change.tlvs_place(Place::default()) {
                let Change::Receipt { tlvs, .. } = change else { panic!("no receipt") };
                prop_assert_eq!(Reader::new(&out[place.offset as usize..]).tlvs().unwrap(), &tlvs[..]);
            }
        }

        #[test]
        fn tlvs_stand_where_they_are_looked_for(octets in proptest::collection::vec(any::<u8>(), 1..=64)) {
            let found = |out: &[u8], place: Place| {
                let mut reader = Reader::new(&out[place.offset as usize..]);
                reader.tlvs().map(<[u8]>::to_vec)
            };
            let sighted = Sighted { state: State::Delivered, error: 0, done_at: Timestamp(7) };
            let id = RemoteId::new(b"7", RemoteIdForm::Text);
            let mut early = Vec::new();
            put_early(&mut early, 3, &id, &sighted, &octets);
            let read = read_fact(&mut Reader::new(&early)).unwrap();
            let is_it = matches!(read, Fact::Early { link: 3, remote_id, sighted: its, has_tlvs: true } if remote_id == id && its == sighted);
            prop_assert!(is_it);
            prop_assert_eq!(found(&early, early_tlvs_place(Place::default())), Ok(octets.clone()));
            let mut carried = Vec::new();
            put_its_tlvs(&mut carried, 9, &octets);
            let is_it = matches!(read_fact(&mut Reader::new(&carried)), Ok(Fact::Tlvs { serial: 9 }));
            prop_assert!(is_it);
            prop_assert_eq!(found(&carried, tlvs_place(Place::default())), Ok(octets));
            carried[10] ^= 1;
            prop_assert_eq!(found(&carried, tlvs_place(Place::default())), Err(Malformed));
        }

        #[test]
        fn what_has_no_tlvs_takes_no_octet_more(error: u32, at: u64) {
            let sighted = Sighted { state: State::Delivered, error, done_at: Timestamp(at) };
            let (mut receipt, mut early) = (Vec::new(), Vec::new());
            put_change(&mut receipt, 1, 0, &Change::Receipt { sighted, tlvs: Bytes::new() });
            put_early(&mut early, 3, &RemoteId::new(b"7", RemoteIdForm::Text), &sighted, &[]);
            prop_assert_eq!((receipt.len(), receipt[0]), (23, RECEIPT));
            prop_assert_eq!((early.len(), early[0]), (19, EARLY));
        }

        #[test]
        fn no_octets_make_the_reader_panic(octets in proptest::collection::vec(any::<u8>(), 0..400)) {
            let mut reader = Reader::new(&octets);
            while !reader.is_empty() && read_fact(&mut reader).is_ok() {}
        }
    }
}
