//! Whether the values of a submit_sm are ones that we carry: what the codec lets through on purpose.

use std::time::Duration;

use smpp::{Address, CommandStatus, ReplaceSm, ShortMessage, TlvTag, VERSION_5_0};
use sms::{Alphabet, DataCoding, Message, Timestamp, Ton};

use crate::sar;

/// Checks every field that is not looked at again when the message is built, for a session that speaks
/// `version`.
pub(super) fn check(pdu: &ShortMessage, version: u8) -> Result<(), CommandStatus> {
    check_destination(&pdu.destination)?;
    check_shared(pdu, version)
}

/// The same for a message to several: all but the destination.
pub(super) fn check_shared(pdu: &ShortMessage, version: u8) -> Result<(), CommandStatus> {
    let speaks_5_0 = version >= VERSION_5_0;
    check_source(&pdu.source)?;
    check_service_type(&pdu.service_type)?;
    // B-1: datagram and transaction mode are not done; types are acknowledgements or nothing.
    let kind = pdu.esm_class & 0x3C;
    if matches!(pdu.esm_class & 0x03, 1 | 2) || !matches!(kind, 0x00 | 0x08 | 0x10) {
        return Err(CommandStatus::INVESMCLASS);
    }
    check_registered_delivery(pdu.registered_delivery, version)?;
    // B-3: 4 is of 5.0.
    if pdu.priority_flag > PRIORITY_MAX + u8::from(speaks_5_0) {
        return Err(CommandStatus::INVPRTFLG);
    }
    if pdu.replace_if_present > 1 {
        return Err(CommandStatus::INVREPFLAG);
    }
    if pdu.sm_default_msg_id != 0 {
        return Err(CommandStatus::INVDFTMSGID);
    }
    // C-2: 0x80-0xBF are reserved in 23.038 and in SMPP alike. Before 5.0 this is said as 0x45 (V-6).
    if DataCoding(pdu.data_coding).is_reserved() {
        return Err(CommandStatus::INVDCS);
    }
    pdu.tlvs.check()?;
    check_body(pdu, speaks_5_0)
}

/// B-2: bits 7-5 are nothing; 3 is of 5.0.
pub(super) fn check_registered_delivery(bits: u8, version: u8) -> Result<(), CommandStatus> {
    let is_reserved = bits & 0xE0 != 0 || bits & 0x03 == 3 && version < VERSION_5_0;
    if is_reserved { Err(CommandStatus::INVREGDLVFLG) } else { Ok(()) }
}

/// Operators have their own, often the tariff: any letters and digits are one.
pub(super) fn check_service_type(service_type: &[u8]) -> Result<(), CommandStatus> {
    let is_one = service_type.iter().all(u8::is_ascii_alphanumeric);
    if is_one { Ok(()) } else { Err(CommandStatus::INVSERTYP) }
}

/// When a message is due and when it ends, as instants (D-4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Times {
    /// `None` for now.
    pub(super) not_before: Option<Timestamp>,
    /// `None` for the default.
    pub(super) expires_at: Option<Timestamp>,
}

/// The times of a submit_sm; a qos_time_to_live among its TLVs counts instead of its validity_period.
pub(super) fn times(pdu: &ShortMessage, now: Timestamp) -> Result<Times, CommandStatus> {
    let lifetime = pdu.tlvs.get(TlvTag::QOS_TIME_TO_LIVE).and_then(|value| value.try_into().ok());
    let lifetime = lifetime.map(|octets| u64::from(u32::from_be_bytes(octets)));
    let not_before = due(&pdu.schedule_delivery_time, now)?;
    let expires_at = match lifetime {
        Some(seconds) => Some(not_before.unwrap_or(now).plus(Duration::from_secs(seconds))),
        None => end(&pdu.validity_period, now)?,
    };
    Times { not_before, expires_at }.checked(now)
}

/// The times that a replace_sm sets, for a message that is due at `due_before` so far; an end that it leaves out is
/// `None`.
pub(super) fn new_times(
    pdu: &ReplaceSm,
    due_before: Option<Timestamp>,
    now: Timestamp,
) -> Result<Times, CommandStatus> {
    let schedule = &pdu.schedule_delivery_time;
    let not_before = if schedule.is_empty() { due_before } else { due(schedule, now)? };
    Times { not_before, expires_at: end(&pdu.validity_period, now)? }.checked(now)
}

/// Checks the fields of a replace_sm that a submit_sm has too.
pub(super) fn check_replacement(pdu: &ReplaceSm, version: u8) -> Result<(), CommandStatus> {
    check_registered_delivery(pdu.registered_delivery, version)?;
    if pdu.sm_default_msg_id != 0 {
        return Err(CommandStatus::INVDFTMSGID);
    }
    pdu.tlvs.check()?;
    let has_two = pdu.tlvs.message_payload().is_some() && !pdu.short_message.is_empty();
    if has_two && version < VERSION_5_0 { Err(CommandStatus::INVMSGLEN) } else { Ok(()) }
}

impl Times {
    /// D-3: what is too late for its own end is refused, what would wait too long is cut.
    fn checked(self, now: Timestamp) -> Result<Self, CommandStatus> {
        let start = self.not_before.map_or(now, |at| at.max(now));
        if self.expires_at.is_some_and(|at| at <= start) {
            return Err(CommandStatus::INVEXPIRY);
        }
        Ok(Self { expires_at: self.expires_at.map(|at| at.min(start.plus(VALIDITY_MAX))), ..self })
    }
}

/// A schedule in the past is now.
fn due(schedule: &[u8], now: Timestamp) -> Result<Option<Timestamp>, CommandStatus> {
    let at = sms::parse_smpp_time(schedule, now).map_err(|_| CommandStatus::INVSCHED)?;
    let at = at.filter(|at| *at > now);
    if at.is_some_and(|at| at.since(now) > SCHEDULE_MAX) { Err(CommandStatus::INVSCHED) } else { Ok(at) }
}

fn end(validity: &[u8], now: Timestamp) -> Result<Option<Timestamp>, CommandStatus> {
    sms::parse_smpp_time(validity, now).map_err(|_| CommandStatus::INVEXPIRY)
}

fn check_source(source: &Address) -> Result<(), CommandStatus> {
    if source.ton > TON_MAX {
        return Err(CommandStatus::INVSRCTON);
    }
    if !is_known(source.npi) {
        return Err(CommandStatus::INVSRCNPI);
    }
    // eleven characters is what the air interface carries.
    if source.ton == Ton::ALPHANUMERIC.0 && source.value.len() > NAME_OCTETS_MAX {
        return Err(CommandStatus::INVSRCADR);
    }
    Ok(())
}

pub(super) fn check_destination(destination: &Address) -> Result<(), CommandStatus> {
    if destination.ton > TON_MAX {
        return Err(CommandStatus::INVDSTTON);
    }
    if !is_known(destination.npi) {
        return Err(CommandStatus::INVDSTNPI);
    }
    Ok(())
}

fn is_known(npi: u8) -> bool {
    matches!(npi, 0 | 1 | 3 | 4 | 6 | 8 | 9 | 10 | 14 | 18)
}

/// O-1, U-1: one body, and a header that fits into it. In 5.0 a message_payload is the body whatever else
/// is there.
fn check_body(pdu: &ShortMessage, speaks_5_0: bool) -> Result<(), CommandStatus> {
    let payload = pdu.tlvs.message_payload();
    let has_two = payload.is_some() && !pdu.short_message.is_empty() && !speaks_5_0;
    let octets_max = SHORT_MESSAGE_OCTETS_MAX + usize::from(speaks_5_0);
    if has_two || pdu.short_message.len() > octets_max {
        return Err(CommandStatus::INVMSGLEN);
    }
    let body = payload.unwrap_or_else(|| pdu.short_message.clone());
    let has_udh = pdu.esm_class & Message::UDHI != 0;
    let says_part = !pdu.tlvs.is_empty() && pdu.tlvs.get(TlvTag::SAR_MSG_REF_NUM).is_some();
    // O-2: they would say twice, and perhaps differently, which part it is.
    if has_udh && says_part {
        return Err(CommandStatus::OPTPARNOTALLWD);
    }
    // N-1: a part of parts could not be put together again.
    let is_part = says_part && sar::place(&pdu.tlvs).is_some();
    if says_part && body.len() > segment_octets_max(pdu.data_coding, is_part) {
        return Err(CommandStatus::INVMSGLEN);
    }
    match body.first() {
        None if has_udh => Err(CommandStatus::INVMSGLEN),
        Some(&length) if has_udh && usize::from(length) >= body.len() => Err(CommandStatus::INVMSGLEN),
        _ => Ok(()),
    }
}

/// What has room in one segment: of a part beside the header that says so on the air, whatever says it here.
fn segment_octets_max(data_coding: u8, is_part: bool) -> usize {
    match (DataCoding(data_coding).alphabet(), is_part) {
        (Alphabet::Gsm7 | Alphabet::Ascii, false) => SEPTETS_MAX,
        (Alphabet::Gsm7 | Alphabet::Ascii, true) => PART_SEPTETS_MAX,
        (_, false) => sms::SEGMENT_OCTETS_MAX,
        (_, true) => PART_OCTETS_MAX,
    }
}

const PRIORITY_MAX: u8 = 3;
const TON_MAX: u8 = 6;
const NAME_OCTETS_MAX: usize = 11;
const SHORT_MESSAGE_OCTETS_MAX: usize = 254;
/// 23.040 section 9.2.3.16.
const SEPTETS_MAX: usize = 160;
/// 23.040 section 9.2.3.24.1: beside a reference of 8 bits.
const PART_SEPTETS_MAX: usize = 153;
/// The same in octets.
pub(super) const PART_OCTETS_MAX: usize = 134;
/// A later schedule is refused, D-3.
const SCHEDULE_MAX: Duration = Duration::from_secs(30 * 24 * 3600);
/// A longer validity, from when it is due, is cut, D-3.
const VALIDITY_MAX: Duration = Duration::from_secs(7 * 24 * 3600);

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use smpp::{CString, TlvTag};

    use super::*;

    fn good() -> ShortMessage {
        ShortMessage {
            source: smpp::Address { ton: 5, npi: 0, value: CString::clipped(b"BANK") },
            destination: smpp::Address { ton: 1, npi: 1, value: CString::clipped(b"628111000111") },
            short_message: Bytes::from_static(b"hello"),
            ..ShortMessage::default()
        }
    }

    fn verdict(change: impl FnOnce(&mut ShortMessage)) -> CommandStatus {
        verdict_in(smpp::VERSION_3_4, change)
    }

    fn verdict_in(version: u8, change: impl FnOnce(&mut ShortMessage)) -> CommandStatus {
        let mut pdu = good();
        change(&mut pdu);
        check(&pdu, version).err().unwrap_or(CommandStatus::OK)
    }

    #[test]
    fn what_is_right_passes() {
        assert_eq!(verdict(|_| {}), CommandStatus::OK);
    }

    #[test]
    fn types_of_addresses_are_checked() {
        //
        assert_eq!(verdict(|pdu| pdu.destination.ton = 9), CommandStatus::INVDSTTON);
        assert_eq!(verdict(|pdu| pdu.destination.npi = 7), CommandStatus::INVDSTNPI);
        assert_eq!(verdict(|pdu| pdu.source.ton = 9), CommandStatus::INVSRCTON);
        assert_eq!(verdict(|pdu| pdu.source.npi = 7), CommandStatus::INVSRCNPI);
        let long = CString::clipped(b"TWELVELETTER");
        assert_eq!(verdict(|pdu| pdu.source.value = long), CommandStatus::INVSRCADR);
    }

    #[test]
    fn flags_are_checked() {
        // X-9, B-1, B-2, B-3
        assert_eq!(verdict(|pdu| pdu.esm_class = 0x3C), CommandStatus::INVESMCLASS);
        assert_eq!(verdict(|pdu| pdu.esm_class = 0x01), CommandStatus::INVESMCLASS);
        assert_eq!(verdict(|pdu| pdu.esm_class = 0x03), CommandStatus::OK);
        assert_eq!(verdict(|pdu| pdu.registered_delivery = 0x80), CommandStatus::INVREGDLVFLG);
        assert_eq!(verdict(|pdu| pdu.priority_flag = 9), CommandStatus::INVPRTFLG);
        assert_eq!(verdict(|pdu| pdu.replace_if_present = 2), CommandStatus::INVREPFLAG);
        assert_eq!(verdict(|pdu| pdu.data_coding = 0xA0), CommandStatus::INVDCS);
        assert_eq!(verdict(|pdu| pdu.service_type = CString::clipped(b"A-B")), CommandStatus::INVSERTYP);
        assert_eq!(verdict(|pdu| pdu.sm_default_msg_id = 1), CommandStatus::INVDFTMSGID);
    }

    #[test]
    fn version_5_0_has_more_values() {
        // V-3, B-2, B-3, O-1, X-12
        let [before, now] = [smpp::VERSION_3_4, VERSION_5_0];
        let success_only = |pdu: &mut ShortMessage| pdu.registered_delivery = 3;
        assert_eq!(verdict_in(before, success_only), CommandStatus::INVREGDLVFLG);
        assert_eq!(verdict_in(now, success_only), CommandStatus::OK);
        let cell = |pdu: &mut ShortMessage| pdu.priority_flag = 4;
        assert_eq!(verdict_in(before, cell), CommandStatus::INVPRTFLG);
        assert_eq!(verdict_in(now, cell), CommandStatus::OK);
        assert_eq!(verdict_in(now, |pdu| pdu.priority_flag = 5), CommandStatus::INVPRTFLG);
        let long = |pdu: &mut ShortMessage| pdu.short_message = vec![b'x'; 255].into();
        assert_eq!(verdict_in(before, long), CommandStatus::INVMSGLEN);
        assert_eq!(verdict_in(now, long), CommandStatus::OK);
        let both = |pdu: &mut ShortMessage| assert!(pdu.tlvs.push(TlvTag::MESSAGE_PAYLOAD, b"x").is_ok());
        assert_eq!(verdict_in(before, both), CommandStatus::INVMSGLEN);
        assert_eq!(verdict_in(now, both), CommandStatus::OK);
    }

    #[test]
    fn there_is_one_body_and_its_header_fits() {
        // O-1, O-2, U-1, X-12
        let both = |pdu: &mut ShortMessage| assert!(pdu.tlvs.push(TlvTag::MESSAGE_PAYLOAD, b"x").is_ok());
        assert_eq!(verdict(both), CommandStatus::INVMSGLEN);
        assert_eq!(verdict(|pdu| pdu.short_message = vec![b'x'; 255].into()), CommandStatus::INVMSGLEN);
        let empty = |pdu: &mut ShortMessage| (pdu.esm_class, pdu.short_message) = (0x40, Bytes::new());
        assert_eq!(verdict(empty), CommandStatus::INVMSGLEN);
        let overrun = |pdu: &mut ShortMessage| {
            (pdu.esm_class, pdu.short_message) = (0x40, Bytes::from_static(&[5, 0, 3]));
        };
        assert_eq!(verdict(overrun), CommandStatus::INVMSGLEN);
        let twice = |pdu: &mut ShortMessage| {
            (pdu.esm_class, pdu.short_message) = (0x40, Bytes::from_static(&[5, 0, 3, 1, 2, 1, b'x']));
            pdu.tlvs.push_u16(TlvTag::SAR_MSG_REF_NUM, 1);
        };
        assert_eq!(verdict(twice), CommandStatus::OPTPARNOTALLWD);
    }

    #[test]
    fn a_part_by_tlv_has_room_for_its_header_on_the_air() {
        // N-1, N-3
        let verdict_of = |data_coding, total, number, octets: usize| {
            verdict(|pdu| {
                pdu.data_coding = data_coding;
                pdu.short_message = vec![0; octets].into();
                pdu.tlvs.push_u16(TlvTag::SAR_MSG_REF_NUM, 1);
                pdu.tlvs.push_u8(TlvTag::SAR_TOTAL_SEGMENTS, total);
                pdu.tlvs.push_u8(TlvTag::SAR_SEGMENT_SEQNUM, number);
            })
        };
        for (data_coding, part, whole) in [(0, 153, 160), (4, 134, 140), (8, 134, 140)] {
            assert_eq!(verdict_of(data_coding, 2, 1, part), CommandStatus::OK);
            assert_eq!(verdict_of(data_coding, 2, 1, part + 2), CommandStatus::INVMSGLEN);
            for (total, number) in [(1, 1), (2, 0), (2, 3), (0, 0)] {
                assert_eq!(verdict_of(data_coding, total, number, whole), CommandStatus::OK, "no part");
                assert_eq!(verdict_of(data_coding, total, number, whole + 2), CommandStatus::INVMSGLEN);
            }
        }
    }

    #[test]
    fn a_new_end_in_the_past_is_refused_of_what_was_due_before() {
        // O-6, D-3
        let now = Timestamp(1_800_000_000_000);
        let hours_ago = |hours: u64| Timestamp(now.0 - hours * 3_600_000);
        let validity_period = CString::clipped(sms::format_smpp_time(hours_ago(1)).as_bytes());
        let pdu = ReplaceSm { validity_period, ..ReplaceSm::default() };
        assert_eq!(new_times(&pdu, Some(hours_ago(2)), now), Err(CommandStatus::INVEXPIRY));
    }

    #[test]
    fn times_are_instants_in_order() {
        // X-10, D-3
        let now = Timestamp(1_800_000_000_000);
        let verdict = |schedule: &[u8], validity: &[u8]| {
            let mut pdu = good();
            pdu.schedule_delivery_time = CString::clipped(schedule);
            pdu.validity_period = CString::clipped(validity);
            times(&pdu, now)
        };
        let are = |not_before, expires_at| Ok(Times { not_before, expires_at });
        assert_eq!(verdict(b"", b""), are(None, None));
        let hour = now.plus(Duration::from_secs(3600));
        assert_eq!(verdict(b"000000010000000R", b""), are(Some(hour), None));
        assert_eq!(verdict(b"", b"000000010000000R"), are(None, Some(hour)));
        assert_eq!(verdict(b"170517083000000+", b""), are(None, None), "in the past is now");
        assert_eq!(verdict(b"", b"000000000000000R"), Err(CommandStatus::INVEXPIRY));
        assert_eq!(verdict(b"120231000000000+", b""), Err(CommandStatus::INVSCHED));
        assert_eq!(verdict(b"99", b""), Err(CommandStatus::INVSCHED));
        assert_eq!(verdict(b"", b"120517083000028+"), Err(CommandStatus::INVEXPIRY));
        assert_eq!(verdict(b"                ", b""), Err(CommandStatus::INVSCHED));
        assert_eq!(verdict(b"000000020000000R", b"000000010000000R"), Err(CommandStatus::INVEXPIRY));
    }

    #[test]
    fn times_are_within_bounds() {
        // D-3
        let now = Timestamp(1_800_000_000_000);
        let days = |days: u64| now.plus(Duration::from_secs(days * 24 * 3600));
        let set = |schedule: &[u8], validity: &[u8]| {
            let mut pdu = good();
            pdu.schedule_delivery_time = CString::clipped(schedule);
            pdu.validity_period = CString::clipped(validity);
            times(&pdu, now)
        };
        assert_eq!(set(b"000031000000000R", b""), Err(CommandStatus::INVSCHED));
        let cut = Times { not_before: None, expires_at: Some(days(7)) };
        assert_eq!(set(b"", b"000009000000000R"), Ok(cut));
        let later = Times { not_before: Some(days(20)), expires_at: Some(days(27)) };
        assert_eq!(set(b"000020000000000R", b"000040000000000R"), Ok(later));
    }

    #[test]
    fn a_new_end_is_judged_by_the_beginning_that_stays() {
        // O-6, D-3
        let now = Timestamp(1_800_000_000_000);
        let days = |days: u64| Some(now.plus(Duration::from_secs(days * 24 * 3600)));
        let set = |schedule: &[u8], validity: &[u8]| {
            let (schedule_delivery_time, validity_period) =
                (CString::clipped(schedule), CString::clipped(validity));
            let pdu = ReplaceSm { schedule_delivery_time, validity_period, ..ReplaceSm::default() };
            new_times(&pdu, days(20), now)
        };
        let are = |not_before, expires_at| Ok(Times { not_before, expires_at });
        assert_eq!(set(b"", b"000026000000000R"), are(days(20), days(26)));
        assert_eq!(set(b"", b"000029000000000R"), are(days(20), days(27)), "it is cut");
        assert_eq!(set(b"", b"000019000000000R"), Err(CommandStatus::INVEXPIRY));
        assert_eq!(set(b"000001000000000R", b""), are(days(1), None));
        assert_eq!(set(b"000031000000000R", b""), Err(CommandStatus::INVSCHED));
    }

    #[test]
    fn a_time_to_live_beats_the_validity_period() {
        let now = Timestamp(1_800_000_000_000);
        let mut pdu = good();
        pdu.validity_period = CString::clipped(b"000000020000000R");
        assert!(pdu.tlvs.push(TlvTag::QOS_TIME_TO_LIVE, &60_u32.to_be_bytes()).is_ok());
        let minute = now.plus(Duration::from_secs(60));
        assert_eq!(times(&pdu, now), Ok(Times { not_before: None, expires_at: Some(minute) }));
        pdu.schedule_delivery_time = CString::clipped(b"000000010000000R");
        let expires_at = now.plus(Duration::from_secs(3660));
        assert_eq!(times(&pdu, now).map(|times| times.expires_at), Ok(Some(expires_at)));
    }
}
