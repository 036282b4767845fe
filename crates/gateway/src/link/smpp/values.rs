//! Whether the values of a submit_sm are ones that we carry: what the codec lets through on purpose.

use smpp::{Address, CommandStatus, ShortMessage};
use sms::{Message, Timestamp, Ton};

/// Checks every field that is not looked at again when the message is built.
pub(super) fn check(pdu: &ShortMessage) -> Result<(), CommandStatus> {
    check_source(&pdu.source)?;
    check_destination(&pdu.destination)?;
    let service_type = &pdu.service_type[..];
    if !service_type.iter().all(u8::is_ascii_alphanumeric) {
        return Err(CommandStatus::INVSERTYP);
    }
    // B-1: datagram and transaction mode belong to data_sm; types are acknowledgements or nothing.
    let kind = pdu.esm_class & 0x3C;
    if matches!(pdu.esm_class & 0x03, 1 | 2) || !matches!(kind, 0x00 | 0x08 | 0x10) {
        return Err(CommandStatus::INVESMCLASS);
    }
    // B-2
    if pdu.registered_delivery & 0xE0 != 0 || pdu.registered_delivery & 0x03 == 3 {
        return Err(CommandStatus::INVREGDLVFLG);
    }
    // B-3
    if pdu.priority_flag > PRIORITY_MAX {
        return Err(CommandStatus::INVPRTFLG);
    }
    match pdu.replace_if_present {
        0 => {}
        1 => return Err(CommandStatus::INVSUBREP),
        _ => return Err(CommandStatus::INVREPFLAG),
    }
    if pdu.sm_default_msg_id != 0 {
        return Err(CommandStatus::INVDFTMSGID);
    }
    // C-2: 0x80-0xBF and 0xE0-0xEF are reserved in 23.038 and in SMPP alike.
    if matches!(pdu.data_coding, 0x80..=0xBF) {
        return Err(CommandStatus::SUBMITFAIL);
    }
    pdu.tlvs.check()?;
    check_body(pdu)
}

/// When it is due and when it ends, as instants (D-4).
pub(super) fn times(
    pdu: &ShortMessage,
    now: Timestamp,
) -> Result<(Option<Timestamp>, Option<Timestamp>), CommandStatus> {
    let schedule = sms::parse_smpp_time(&pdu.schedule_delivery_time, now)
        .map_err(|_| CommandStatus::INVSCHED)?
        .filter(|at| *at > now);
    if schedule.is_some_and(|at| at.since(now) > SCHEDULE_MAX) {
        return Err(CommandStatus::INVSCHED);
    }
    let expiry = sms::parse_smpp_time(&pdu.validity_period, now).map_err(|_| CommandStatus::INVEXPIRY)?;
    if expiry.is_some_and(|at| at <= schedule.unwrap_or(now)) {
        return Err(CommandStatus::INVEXPIRY);
    }
    Ok((schedule, expiry.map(|at| at.min(now.plus(VALIDITY_MAX)))))
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

fn check_destination(destination: &Address) -> Result<(), CommandStatus> {
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

/// O-1, U-1: one body, and a header that fits into it.
fn check_body(pdu: &ShortMessage) -> Result<(), CommandStatus> {
    let payload = pdu.tlvs.message_payload();
    if payload.is_some() && !pdu.short_message.is_empty()
        || pdu.short_message.len() > SHORT_MESSAGE_OCTETS_MAX
    {
        return Err(CommandStatus::INVMSGLEN);
    }
    let body = payload.unwrap_or_else(|| pdu.short_message.clone());
    let has_udh = pdu.esm_class & Message::UDHI != 0;
    match body.first() {
        None if has_udh => Err(CommandStatus::INVMSGLEN),
        Some(&length) if has_udh && usize::from(length) >= body.len() => Err(CommandStatus::INVMSGLEN),
        _ => Ok(()),
    }
}

const PRIORITY_MAX: u8 = 3;
const TON_MAX: u8 = 6;
const NAME_OCTETS_MAX: usize = 11;
const SHORT_MESSAGE_OCTETS_MAX: usize = 254;
/// A later schedule is refused, D-3.
const SCHEDULE_MAX: std::time::Duration = std::time::Duration::from_secs(30 * 24 * 3600);
/// A longer validity is cut, D-3.
const VALIDITY_MAX: std::time::Duration = std::time::Duration::from_secs(7 * 24 * 3600);

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
        let mut pdu = good();
        change(&mut pdu);
        check(&pdu).err().unwrap_or(CommandStatus::OK)
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
        assert_eq!(verdict(|pdu| pdu.data_coding = 0xA0), CommandStatus::SUBMITFAIL);
        assert_eq!(verdict(|pdu| pdu.service_type = CString::clipped(b"A-B")), CommandStatus::INVSERTYP);
        assert_eq!(verdict(|pdu| pdu.sm_default_msg_id = 1), CommandStatus::INVDFTMSGID);
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
        assert_eq!(verdict(b"", b""), Ok((None, None)));
        let hour = now.plus(std::time::Duration::from_secs(3600));
        assert_eq!(verdict(b"000000010000000R", b""), Ok((Some(hour), None)));
        assert_eq!(verdict(b"", b"000000010000000R"), Ok((None, Some(hour))));
        assert_eq!(verdict(b"120231000000000+", b""), Err(CommandStatus::INVSCHED));
        assert_eq!(verdict(b"99", b""), Err(CommandStatus::INVSCHED));
        assert_eq!(verdict(b"", b"120517083000028+"), Err(CommandStatus::INVEXPIRY));
        assert_eq!(verdict(b"000000020000000R", b"000000010000000R"), Err(CommandStatus::INVEXPIRY));
    }
}
