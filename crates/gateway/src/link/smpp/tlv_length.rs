//! Whether the TLVs of a submit_sm have lengths that they can have: they are carried on as they are, and a
//! message centre would refuse the whole message for one that is wrong.

use std::ops::RangeInclusive;

use smpp::{CommandStatus, TlvTag, Tlvs};

/// Checks every TLV that the standard knows; others may be as long as they like (V-7, T-1).
pub(super) fn check(tlvs: &Tlvs) -> Result<(), CommandStatus> {
    let fits = |(tag, value): (TlvTag, &[u8])| octets(tag).is_none_or(|octets| octets.contains(&value.len()));
    // F-6
    if tlvs.iter().all(fits) { Ok(()) } else { Err(CommandStatus::INVPARLEN) }
}

/// How many octets a TLV has, by SMPP 3.4 section 5.3.2 and 5.0 section 4.8.4; wider where peers are known
/// to differ.
fn octets(tag: TlvTag) -> Option<RangeInclusive<usize>> {
    Some(match tag {
        TlvTag::DEST_ADDR_SUBUNIT
        | TlvTag::DEST_NETWORK_TYPE
        | TlvTag::DEST_BEARER_TYPE
        | TlvTag::SOURCE_ADDR_SUBUNIT
        | TlvTag::SOURCE_NETWORK_TYPE
        | TlvTag::SOURCE_BEARER_TYPE
        | TlvTag::PAYLOAD_TYPE
        | TlvTag::MS_MSG_WAIT_FACILITIES
        | TlvTag::PRIVACY_INDICATOR
        | TlvTag::USER_RESPONSE_CODE
        | TlvTag::LANGUAGE_INDICATOR
        | TlvTag::SAR_TOTAL_SEGMENTS
        | TlvTag::SAR_SEGMENT_SEQNUM
        | TlvTag::CALLBACK_NUM_PRES_IND
        | TlvTag::NUMBER_OF_MESSAGES
        | TlvTag::SET_DPF
        | TlvTag::MORE_MESSAGES_TO_SEND
        | TlvTag::USSD_SERVICE_OP
        | TlvTag::DISPLAY_TIME
        | TlvTag::ITS_REPLY_TYPE => 1..=1,
        TlvTag::DEST_TELEMATICS_ID
        | TlvTag::USER_MESSAGE_REFERENCE
        | TlvTag::SOURCE_PORT
        | TlvTag::DESTINATION_PORT
        | TlvTag::SMS_SIGNAL
        | TlvTag::ITS_SESSION_INFO => 2..=2,
        // 5.0 made it longer; of the reference many send the low octet alone.
        TlvTag::SOURCE_TELEMATICS_ID | TlvTag::SAR_MSG_REF_NUM => 1..=2,
        TlvTag::QOS_TIME_TO_LIVE => 4..=4,
        TlvTag::MS_VALIDITY => 1..=4,
        TlvTag::ALERT_ON_MESSAGE_DELIVERY => 0..=1,
        TlvTag::SOURCE_SUBADDRESS | TlvTag::DEST_SUBADDRESS => 2..=23,
        TlvTag::CALLBACK_NUM_ATAG => 0..=65,
        TlvTag::CALLBACK_NUM => 4..=19,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn verdict(found: &[(TlvTag, &[u8])]) -> Result<(), CommandStatus> {
        let mut tlvs = Tlvs::new();
        for (tag, value) in found {
            tlvs.push(*tag, value).unwrap();
        }
        check(&tlvs)
    }

    #[test]
    fn a_known_tlv_has_its_length() {
        // F-6, X-11
        assert_eq!(verdict(&[]), Ok(()));
        assert_eq!(verdict(&[(TlvTag::USER_MESSAGE_REFERENCE, &[0, 1])]), Ok(()));
        for value in [&[][..], &[0], &[0, 1, 2]] {
            let among_others = [(TlvTag::PAYLOAD_TYPE, &[0][..]), (TlvTag::USER_MESSAGE_REFERENCE, value)];
            assert_eq!(verdict(&among_others), Err(CommandStatus::INVPARLEN), "{value:?}");
        }
        assert_eq!(verdict(&[(TlvTag::CALLBACK_NUM, &[0; 3])]), Err(CommandStatus::INVPARLEN));
    }

    #[test]
    fn what_peers_are_known_to_send_passes() {
        // T-1, V-7: one octet of reference; vendors' own and unknown TLVs of any length
        let sar: [(TlvTag, &[u8]); 3] = [
            (TlvTag::SAR_MSG_REF_NUM, &[7]),
            (TlvTag::SAR_TOTAL_SEGMENTS, &[2]),
            (TlvTag::SAR_SEGMENT_SEQNUM, &[1]),
        ];
        assert_eq!(verdict(&sar), Ok(()));
        assert_eq!(verdict(&[(TlvTag(0x1400), b"1001234567890"), (TlvTag(0x3FFF), b"")]), Ok(()));
        assert_eq!(verdict(&[(TlvTag::MESSAGE_PAYLOAD, &[0; 400])]), Ok(()));
    }
}
