//! What a TLV that the standard knows may look like, in one table.

use std::ops::RangeInclusive;

use super::{TlvTag, Tlvs};
use crate::CommandStatus;

/// How many octets a TLV has, and between which values those of one octet are.
struct Form {
    octets: RangeInclusive<usize>,
    values: RangeInclusive<u8>,
}

impl Tlvs {
    /// Checks the TLVs that the standard knows; others may be what they like.
    ///
    /// # Errors
    /// What to answer for the first that is wrong: ESME_RINVPARLEN for a length that it cannot have,
    /// ESME_RINVOPTPARAMVAL for a value, ESME_ROPTPARNOTALLWD for a second message_payload.
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
            if let [value] = value
                && !form.values.contains(value)
            {
                return Err(CommandStatus::INVOPTPARAMVAL);
            }
        }
        Ok(())
    }
}

/// By SMPP 3.4 section 5.3.2 and 5.0 section 4.8.4; wider where peers are known to differ: of
/// sar_msg_ref_num many send the low octet alone, and the carriers of messages have values of their own.
const fn form(tag: TlvTag) -> Option<Form> {
    Some(match tag {
        TlvTag::DEST_ADDR_SUBUNIT
        | TlvTag::DEST_NETWORK_TYPE
        | TlvTag::DEST_BEARER_TYPE
        | TlvTag::SOURCE_ADDR_SUBUNIT
        | TlvTag::SOURCE_NETWORK_TYPE
        | TlvTag::SOURCE_BEARER_TYPE
        | TlvTag::MS_MSG_WAIT_FACILITIES
        | TlvTag::USER_RESPONSE_CODE
        | TlvTag::SAR_TOTAL_SEGMENTS
        | TlvTag::SAR_SEGMENT_SEQNUM
        | TlvTag::LANGUAGE_INDICATOR
        | TlvTag::SC_INTERFACE_VERSION
        | TlvTag::CALLBACK_NUM_PRES_IND
        | TlvTag::DPF_RESULT
        | TlvTag::MESSAGE_STATE
        | TlvTag::USSD_SERVICE_OP
        | TlvTag::BROADCAST_CHANNEL_INDICATOR
        | TlvTag::BROADCAST_MESSAGE_CLASS
        | TlvTag::BROADCAST_AREA_SUCCESS
        | TlvTag::DEST_ADDR_NP_RESOLUTION
        | TlvTag::DISPLAY_TIME
        | TlvTag::ITS_REPLY_TYPE => octets(1, 1),
        TlvTag::PAYLOAD_TYPE | TlvTag::SET_DPF | TlvTag::MORE_MESSAGES_TO_SEND => octet(1),
        TlvTag::MS_AVAILABILITY_STATUS => octet(2),
        TlvTag::PRIVACY_INDICATOR | TlvTag::DELIVERY_FAILURE_REASON => octet(3),
        TlvTag::NUMBER_OF_MESSAGES => octet(99),
        TlvTag::CONGESTION_STATE => octet(100),
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
        TlvTag::ALERT_ON_MESSAGE_DELIVERY => octets(0, 1),
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

/// One octet, up to this value.
const fn octet(value_max: u8) -> Form {
    Form { octets: 1..=1, values: 0..=value_max }
}

/// Between `min` and `max` octets of any value.
const fn octets(min: usize, max: usize) -> Form {
    Form { octets: min..=max, values: 0..=u8::MAX }
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
        // F-6
        for (tag, highest) in [
            (TlvTag::PRIVACY_INDICATOR, 3),
            (TlvTag::NUMBER_OF_MESSAGES, 99),
            (TlvTag::CONGESTION_STATE, 100),
            (TlvTag::SET_DPF, 1),
        ] {
            assert_eq!(verdict(&[(tag, &[highest])]), Ok(()));
            assert_eq!(verdict(&[(tag, &[highest + 1])]), Err(CommandStatus::INVOPTPARAMVAL), "{tag}");
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
