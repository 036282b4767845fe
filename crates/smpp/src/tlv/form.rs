//! What a TLV that the standard knows may look like, in one table.

use std::ops::RangeInclusive;

use super::{TlvTag, Tlvs};
use crate::CommandStatus;

/// How many octets a TLV has, and which values those of one octet may have.
struct Form {
    octets: RangeInclusive<usize>,
    values: &'static [RangeInclusive<u8>],
}

impl Tlvs {
    /// Checks the TLVs that the standard knows; others may be what they like.
    ///
    /// # Errors
    /// What to answer for the first that is wrong: ESME_RINVPARLEN for a length that it cannot have,
    /// ESME_RINVOPTPARAMVAL for a value that the standard reserves (of a subunit the status of its own that 5.0
    /// has for it), ESME_ROPTPARNOTALLWD for a second message_payload.
    pub fn check(&self) -> Result<(), CommandStatus> {
        let mut has_payload = false;
        for (tag, value) in self {
            if tag == TlvTag::MESSAGE_PAYLOAD && std::mem::replace(&mut has_payload, true) {
                return Err(CommandStatus::OPTPARNOTALLWD);
            }
            let Some(form) = form(tag) else { continue };
            if !form.octets.contains(&value.len()) {
                return Err(CommandStatus::INVPARLEN);
            }
            if tag == TlvTag::MS_VALIDITY {
                check_ms_validity(value)?;
            } else if let [value] = value
                && !form.values.iter().any(|values| values.contains(value))
            {
                return Err(reserved(tag));
            }
        }
        Ok(())
    }
}

/// What a value that the standard reserves is answered with.
const fn reserved(tag: TlvTag) -> CommandStatus {
    match tag {
        TlvTag::SOURCE_ADDR_SUBUNIT => CommandStatus::INVSRCADDRSUBUNIT,
        TlvTag::DEST_ADDR_SUBUNIT => CommandStatus::INVDSTADDRSUBUNIT,
        _ => CommandStatus::INVOPTPARAMVAL,
    }
}

/// A behaviour alone (3.4 section 5.3.2.27), or with the unit and the number of a time, of which 5.0 has a behaviour
/// of its own; peers that always write all of it pass.
fn check_ms_validity(value: &[u8]) -> Result<(), CommandStatus> {
    match value {
        [0..=3] | [0..=4, 0..=6, _, _] => Ok(()),
        [_] | [_, _, _, _] => Err(CommandStatus::INVOPTPARAMVAL),
        _ => Err(CommandStatus::INVPARLEN),
    }
}

/// By SMPP 3.4 section 5.3.2 and 5.0 section 4.8.4; wider where peers are known to differ: of
/// sar_msg_ref_num many send the low octet alone, the carriers of messages have values of their own, and of
/// languages the standard names six and reserves none.
const fn form(tag: TlvTag) -> Option<Form> {
    Some(match tag {
        TlvTag::DEST_NETWORK_TYPE
        | TlvTag::DEST_BEARER_TYPE
        | TlvTag::SOURCE_NETWORK_TYPE
        | TlvTag::SOURCE_BEARER_TYPE
        | TlvTag::MS_MSG_WAIT_FACILITIES
        | TlvTag::USER_RESPONSE_CODE
        | TlvTag::SAR_TOTAL_SEGMENTS
        | TlvTag::SAR_SEGMENT_SEQNUM
        | TlvTag::LANGUAGE_INDICATOR
        | TlvTag::SC_INTERFACE_VERSION => octets(1, 1),
        TlvTag::PAYLOAD_TYPE
        | TlvTag::DPF_RESULT
        | TlvTag::SET_DPF
        | TlvTag::MORE_MESSAGES_TO_SEND
        | TlvTag::BROADCAST_CHANNEL_INDICATOR => octet(&[0..=1]),
        TlvTag::MS_AVAILABILITY_STATUS | TlvTag::DEST_ADDR_NP_RESOLUTION | TlvTag::DISPLAY_TIME => {
            octet(&[0..=2])
        }
        TlvTag::PRIVACY_INDICATOR | TlvTag::DELIVERY_FAILURE_REASON | TlvTag::BROADCAST_MESSAGE_CLASS => {
            octet(&[0..=3])
        }
        TlvTag::DEST_ADDR_SUBUNIT | TlvTag::SOURCE_ADDR_SUBUNIT => octet(&[0..=4]),
        TlvTag::ITS_REPLY_TYPE => octet(&[0..=8]),
        TlvTag::MESSAGE_STATE => octet(&[0..=9]),
        TlvTag::CALLBACK_NUM_PRES_IND => octet(&[0..=0x0B]),
        TlvTag::NUMBER_OF_MESSAGES => octet(&[0..=99]),
        TlvTag::CONGESTION_STATE => octet(&[0..=100]),
        TlvTag::BROADCAST_AREA_SUCCESS => octet(&[0..=100, 255..=255]),
        TlvTag::USSD_SERVICE_OP => octet(&[0..=3, 16..=19, 32..=255]),
        TlvTag::DEST_TELEMATICS_ID
        | TlvTag::USER_MESSAGE_REFERENCE
        | TlvTag::SOURCE_PORT
        | TlvTag::DESTINATION_PORT
        | TlvTag::BROADCAST_REP_NUM
        | TlvTag::SMS_SIGNAL
        | TlvTag::ITS_SESSION_INFO => octets(2, 2),
        TlvTag::SOURCE_TELEMATICS_ID | TlvTag::SAR_MSG_REF_NUM => octets(1, 2),
        TlvTag::NETWORK_ERROR_CODE
        | TlvTag::BROADCAST_CONTENT_TYPE
        | TlvTag::BROADCAST_FREQUENCY_INTERVAL => octets(3, 3),
        TlvTag::QOS_TIME_TO_LIVE | TlvTag::BROADCAST_ERROR_STATUS => octets(4, 4),
        TlvTag::MS_VALIDITY => octets(1, 4),
        TlvTag::ALERT_ON_MESSAGE_DELIVERY => Form { octets: 0..=1, values: &[0..=3] },
        TlvTag::SOURCE_SUBADDRESS | TlvTag::DEST_SUBADDRESS => octets(2, 23),
        TlvTag::CALLBACK_NUM_ATAG => octets(0, 65),
        TlvTag::CALLBACK_NUM => octets(4, 19),
        TlvTag::ADDITIONAL_STATUS_INFO_TEXT => octets(0, 256),
        TlvTag::RECEIPTED_MESSAGE_ID | TlvTag::SOURCE_NETWORK_ID | TlvTag::DEST_NETWORK_ID => octets(0, 65),
        TlvTag::SOURCE_NODE_ID | TlvTag::DEST_NODE_ID => octets(6, 6),
        TlvTag::BROADCAST_CONTENT_TYPE_INFO | TlvTag::BROADCAST_SERVICE_GROUP => octets(0, 255),
        TlvTag::BROADCAST_END_TIME => octets(1, 17),
        TlvTag::BILLING_IDENTIFICATION => octets(0, 1024),
        TlvTag::DEST_ADDR_NP_INFORMATION => octets(0, 10),
        TlvTag::DEST_ADDR_NP_COUNTRY => octets(0, 5),
        _ => return None,
    })
}

/// One octet that is in one of these ranges.
const fn octet(values: &'static [RangeInclusive<u8>]) -> Form {
    Form { octets: 1..=1, values }
}

/// Between `min` and `max` octets of any value.
const fn octets(min: usize, max: usize) -> Form {
    Form { octets: min..=max, values: &[0..=u8::MAX] }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn verdict(tlvs: &[(TlvTag, &[u8])]) -> Result<(), CommandStatus> {
        Tlvs::of(tlvs).unwrap().check()
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
    fn a_known_tlv_has_a_value_that_it_can_have() {
        // F-6: the highest value before those that the standard reserves
        for (tag, highest) in [
            (TlvTag::PAYLOAD_TYPE, 1),
            (TlvTag::DPF_RESULT, 1),
            (TlvTag::SET_DPF, 1),
            (TlvTag::MORE_MESSAGES_TO_SEND, 1),
            (TlvTag::BROADCAST_CHANNEL_INDICATOR, 1),
            (TlvTag::MS_AVAILABILITY_STATUS, 2),
            (TlvTag::DEST_ADDR_NP_RESOLUTION, 2),
            (TlvTag::DISPLAY_TIME, 2),
            (TlvTag::PRIVACY_INDICATOR, 3),
            (TlvTag::DELIVERY_FAILURE_REASON, 3),
            (TlvTag::BROADCAST_MESSAGE_CLASS, 3),
            (TlvTag::ALERT_ON_MESSAGE_DELIVERY, 3),
            (TlvTag::ITS_REPLY_TYPE, 8),
            (TlvTag::MESSAGE_STATE, 9),
            (TlvTag::CALLBACK_NUM_PRES_IND, 0x0B),
            (TlvTag::NUMBER_OF_MESSAGES, 99),
            (TlvTag::CONGESTION_STATE, 100),
            (TlvTag::BROADCAST_AREA_SUCCESS, 100),
            (TlvTag::USSD_SERVICE_OP, 3),
            (TlvTag::USSD_SERVICE_OP, 19),
        ] {
            assert_eq!(verdict(&[(tag, &[highest])]), Ok(()));
            assert_eq!(verdict(&[(tag, &[highest + 1])]), Err(CommandStatus::INVOPTPARAMVAL), "{tag}");
        }
        for (tag, value) in [
            (TlvTag::BROADCAST_AREA_SUCCESS, 255),
            (TlvTag::USSD_SERVICE_OP, 16),
            (TlvTag::USSD_SERVICE_OP, 32),
            (TlvTag::USSD_SERVICE_OP, 255),
            (TlvTag::LANGUAGE_INDICATOR, 200),
        ] {
            assert_eq!(verdict(&[(tag, &[value])]), Ok(()), "{tag}");
        }
        let subunits = |value| {
            [TlvTag::SOURCE_ADDR_SUBUNIT, TlvTag::DEST_ADDR_SUBUNIT].map(|tag| verdict(&[(tag, &[value])]))
        };
        assert_eq!(subunits(4), [Ok(()); 2]);
        assert_eq!(
            subunits(5),
            [Err(CommandStatus::INVSRCADDRSUBUNIT), Err(CommandStatus::INVDSTADDRSUBUNIT)]
        );
    }

    #[test]
    fn a_validity_at_the_mobile_is_a_behaviour_or_one_with_a_time() {
        // F-6
        let of = |value: &[u8]| verdict(&[(TlvTag::MS_VALIDITY, value)]);
        for right in [&[0][..], &[3], &[4, 0, 0, 1], &[4, 6, 0xFF, 0xFF], &[0; 4]] {
            assert_eq!(of(right), Ok(()), "{right:?}");
        }
        for wrong in [&[4][..], &[9], &[5, 0, 0, 1], &[4, 7, 0, 1]] {
            assert_eq!(of(wrong), Err(CommandStatus::INVOPTPARAMVAL), "{wrong:?}");
        }
        for octets in [0, 2, 3, 5] {
            assert_eq!(of(&vec![0; octets]), Err(CommandStatus::INVPARLEN), "{octets}");
        }
    }

    #[test]
    fn there_is_one_body() {
        //
        let payload: (TlvTag, &[u8]) = (TlvTag::MESSAGE_PAYLOAD, b"hello");
        assert_eq!(verdict(&[payload]), Ok(()));
        assert_eq!(verdict(&[payload, payload]), Err(CommandStatus::OPTPARNOTALLWD));
        let callback: (TlvTag, &[u8]) = (TlvTag::CALLBACK_NUM, b"1234");
        assert_eq!(verdict(&[callback, callback]), Ok(()));
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
