//! TLVs by name, as what they are. A value of the wrong length is as one that is absent.

use bytes::Bytes;

use super::{TlvTag, Tlvs};
use crate::CommandStatus;

impl Tlvs {
    /// The body of a message that is too long for short_message (3.4 section 5.3.2.32), not copied.
    #[must_use]
    pub fn message_payload(&self) -> Option<Bytes> {
        self.bytes(TlvTag::MESSAGE_PAYLOAD)
    }

    /// The id of the message that a receipt is about (3.4 section 5.3.2.12), up to its NUL.
    #[must_use]
    pub fn receipted_message_id(&self) -> Option<&[u8]> {
        self.c_string(TlvTag::RECEIPTED_MESSAGE_ID)
    }

    /// The state that a receipt tells (3.4 section 5.3.2.35).
    #[must_use]
    pub fn message_state(&self) -> Option<u8> {
        self.u8(TlvTag::MESSAGE_STATE)
    }

    /// The type of the network and its error (3.4 section 5.3.2.31). Three digits, which some peers send in their
    /// place, are the error in GSM: there is no network of their numbers.
    #[must_use]
    pub fn network_error_code(&self) -> Option<(u8, u16)> {
        const GSM: u8 = 3;
        match *self.get(TlvTag::NETWORK_ERROR_CODE)? {
            [high @ b'0'..=b'9', middle @ b'0'..=b'9', low @ b'0'..=b'9'] => {
                let digit = |octet: u8| u16::from(octet - b'0');
                Some((GSM, digit(high) * 100 + digit(middle) * 10 + digit(low)))
            }
            [network, high, low] => Some((network, u16::from_be_bytes([high, low]))),
            _ => None,
        }
    }

    /// What the segments of a message have in common (3.4 section 5.3.2.22). Two octets by the
    /// standard; the single octet that some peers send is understood.
    #[must_use]
    pub fn sar_msg_ref_num(&self) -> Option<u16> {
        match *self.get(TlvTag::SAR_MSG_REF_NUM)? {
            [low] => Some(u16::from(low)),
            [high, low] => Some(u16::from_be_bytes([high, low])),
            _ => None,
        }
    }

    /// How many segments a message has (3.4 section 5.3.2.23).
    #[must_use]
    pub fn sar_total_segments(&self) -> Option<u8> {
        self.u8(TlvTag::SAR_TOTAL_SEGMENTS)
    }

    /// Which segment this is, from 1 (3.4 section 5.3.2.24).
    #[must_use]
    pub fn sar_segment_seqnum(&self) -> Option<u8> {
        self.u8(TlvTag::SAR_SEGMENT_SEQNUM)
    }

    /// The version that the message centre speaks (3.4 section 5.3.2.25).
    #[must_use]
    pub fn sc_interface_version(&self) -> Option<u8> {
        self.u8(TlvTag::SC_INTERFACE_VERSION)
    }

    /// Where in the mobile the message belongs, 1 for the display (3.4 section 5.3.2.1).
    #[must_use]
    pub fn dest_addr_subunit(&self) -> Option<u8> {
        self.u8(TlvTag::DEST_ADDR_SUBUNIT)
    }

    /// Where in the source the message comes from (3.4 section 5.3.2.2).
    #[must_use]
    pub fn source_addr_subunit(&self) -> Option<u8> {
        self.u8(TlvTag::SOURCE_ADDR_SUBUNIT)
    }

    /// How many seconds the message is valid; it beats validity_period (3.4 section 5.3.2.9).
    #[must_use]
    pub fn qos_time_to_live(&self) -> Option<u32> {
        let seconds = self.get(TlvTag::QOS_TIME_TO_LIVE)?;
        seconds.try_into().ok().map(u32::from_be_bytes)
    }

    /// 0 for WDP, 1 for WCMP (3.4 section 5.3.2.10).
    #[must_use]
    pub fn payload_type(&self) -> Option<u8> {
        self.u8(TlvTag::PAYLOAD_TYPE)
    }

    /// A status in words, up to its NUL (3.4 section 5.3.2.11).
    #[must_use]
    pub fn additional_status_info_text(&self) -> Option<&[u8]> {
        self.c_string(TlvTag::ADDITIONAL_STATUS_INFO_TEXT)
    }

    /// Message waiting indication: bit 7 for on, bits 1 and 0 for what (3.4 section 5.3.2.13).
    #[must_use]
    pub fn ms_msg_wait_facilities(&self) -> Option<u8> {
        self.u8(TlvTag::MS_MSG_WAIT_FACILITIES)
    }

    /// 0 to 3, higher is more secret (3.4 section 5.3.2.14).
    #[must_use]
    pub fn privacy_indicator(&self) -> Option<u8> {
        self.u8(TlvTag::PRIVACY_INDICATOR)
    }

    /// The ESME's own number of the message (3.4 section 5.3.2.17).
    #[must_use]
    pub fn user_message_reference(&self) -> Option<u16> {
        self.u16(TlvTag::USER_MESSAGE_REFERENCE)
    }

    /// A code of the user's (3.4 section 5.3.2.18).
    #[must_use]
    pub fn user_response_code(&self) -> Option<u8> {
        self.u8(TlvTag::USER_RESPONSE_CODE)
    }

    /// The application's port at the source (3.4 section 5.3.2.20).
    #[must_use]
    pub fn source_port(&self) -> Option<u16> {
        self.u16(TlvTag::SOURCE_PORT)
    }

    /// The application's port at the destination (3.4 section 5.3.2.21).
    #[must_use]
    pub fn destination_port(&self) -> Option<u16> {
        self.u16(TlvTag::DESTINATION_PORT)
    }

    /// The language of the text (3.4 section 5.3.2.19).
    #[must_use]
    pub fn language_indicator(&self) -> Option<u8> {
        self.u8(TlvTag::LANGUAGE_INDICATOR)
    }

    /// How many messages wait in the mailbox (3.4 section 5.3.2.39).
    #[must_use]
    pub fn number_of_messages(&self) -> Option<u8> {
        self.u8(TlvTag::NUMBER_OF_MESSAGES)
    }

    /// The numbers to call back, in order (3.4 section 5.3.2.36).
    pub fn callback_nums(&self) -> impl Iterator<Item = &[u8]> {
        self.all(TlvTag::CALLBACK_NUM)
    }

    /// Whether the delivery pending flag was set (3.4 section 5.3.2.28).
    #[must_use]
    pub fn dpf_result(&self) -> Option<bool> {
        self.u8(TlvTag::DPF_RESULT).map(|value| value != 0)
    }

    /// Whether the delivery pending flag is to be set (3.4 section 5.3.2.29).
    #[must_use]
    pub fn set_dpf(&self) -> Option<bool> {
        self.u8(TlvTag::SET_DPF).map(|value| value != 0)
    }

    /// Whether a mobile is available: 0 yes, 1 denied, 2 no (3.4 section 5.3.2.30).
    #[must_use]
    pub fn ms_availability_status(&self) -> Option<u8> {
        self.u8(TlvTag::MS_AVAILABILITY_STATUS)
    }

    /// Why a delivery failed: 0 unreachable, 1 and 2 for good and for now, 3 unknown (3.4 section 5.3.2.33).
    #[must_use]
    pub fn delivery_failure_reason(&self) -> Option<u8> {
        self.u8(TlvTag::DELIVERY_FAILURE_REASON)
    }

    /// Whether more follow for the same mobile (3.4 section 5.3.2.34).
    #[must_use]
    pub fn more_messages_to_send(&self) -> Option<u8> {
        self.u8(TlvTag::MORE_MESSAGES_TO_SEND)
    }

    /// How busy the peer is, from 0 idle to 100 congested (5.0 section 4.8.4.18).
    #[must_use]
    pub fn congestion_state(&self) -> Option<u8> {
        self.u8(TlvTag::CONGESTION_STATE)
    }

    /// What a USSD message does (3.4 section 5.3.2.44).
    #[must_use]
    pub fn ussd_service_op(&self) -> Option<u8> {
        self.u8(TlvTag::USSD_SERVICE_OP)
    }

    /// How long the mobile shows the message: 0 to 2 (3.4 section 5.3.2.26).
    #[must_use]
    pub fn display_time(&self) -> Option<u8> {
        self.u8(TlvTag::DISPLAY_TIME)
    }

    /// How the mobile signals the message (3.4 section 5.3.2.40).
    #[must_use]
    pub fn sms_signal(&self) -> Option<u16> {
        self.u16(TlvTag::SMS_SIGNAL)
    }

    /// How long the mobile keeps the message, without the interval that 5.0 adds (3.4 section 5.3.2.27).
    #[must_use]
    pub fn ms_validity(&self) -> Option<u8> {
        self.u8(TlvTag::MS_VALIDITY)
    }

    /// Whether the mobile is to alert its user, by a type in 5.0 (3.4 section 5.3.2.41).
    #[must_use]
    pub fn alert_on_message_delivery(&self) -> bool {
        self.get(TlvTag::ALERT_ON_MESSAGE_DELIVERY).is_some()
    }

    /// What reply an interactive session expects (3.4 section 5.3.2.42).
    #[must_use]
    pub fn its_reply_type(&self) -> Option<u8> {
        self.u8(TlvTag::ITS_REPLY_TYPE)
    }

    /// The number of an interactive session, and its sequence number with the end-of-session bit (3.4
    /// section 5.3.2.43).
    #[must_use]
    pub fn its_session_info(&self) -> Option<(u8, u8)> {
        match *self.get(TlvTag::ITS_SESSION_INFO)? {
            [session, sequence] => Some((session, sequence)),
            _ => None,
        }
    }

    /// The areas of a broadcast, each a format octet and its details (5.0 section 4.8.4.4).
    pub fn broadcast_area_identifiers(&self) -> impl Iterator<Item = &[u8]> {
        self.all(TlvTag::BROADCAST_AREA_IDENTIFIER)
    }

    /// The network type and the service of a broadcast (5.0 section 4.8.4.8).
    #[must_use]
    pub fn broadcast_content_type(&self) -> Option<(u8, u16)> {
        match *self.get(TlvTag::BROADCAST_CONTENT_TYPE)? {
            [network, high, low] => Some((network, u16::from_be_bytes([high, low]))),
            _ => None,
        }
    }

    /// The unit and the number of the time between two broadcasts (5.0 section 4.8.4.12).
    #[must_use]
    pub fn broadcast_frequency_interval(&self) -> Option<(u8, u16)> {
        match *self.get(TlvTag::BROADCAST_FREQUENCY_INTERVAL)? {
            [unit, high, low] => Some((unit, u16::from_be_bytes([high, low]))),
            _ => None,
        }
    }

    /// How often a broadcast is repeated (5.0 section 4.8.4.14).
    #[must_use]
    pub fn broadcast_rep_num(&self) -> Option<u16> {
        self.u16(TlvTag::BROADCAST_REP_NUM)
    }

    /// How much of each area was reached, in percent, 255 if not known (5.0 section 4.8.4.5).
    pub fn broadcast_area_successes(&self) -> impl Iterator<Item = &[u8]> {
        self.all(TlvTag::BROADCAST_AREA_SUCCESS)
    }

    /// Why some areas of a broadcast failed (5.0 section 4.8.4.13).
    pub fn broadcast_error_statuses(&self) -> impl Iterator<Item = CommandStatus> {
        let statuses = self.all(TlvTag::BROADCAST_ERROR_STATUS);
        statuses.filter_map(|value| value.try_into().ok().map(u32::from_be_bytes).map(CommandStatus))
    }

    /// When a broadcast ended, up to its NUL (5.0 section 4.8.4.11).
    #[must_use]
    pub fn broadcast_end_time(&self) -> Option<&[u8]> {
        self.c_string(TlvTag::BROADCAST_END_TIME)
    }

    fn u8(&self, tag: TlvTag) -> Option<u8> {
        match *self.get(tag)? {
            [value] => Some(value),
            _ => None,
        }
    }

    fn u16(&self, tag: TlvTag) -> Option<u16> {
        self.get(tag)?.try_into().ok().map(u16::from_be_bytes)
    }

    fn c_string(&self, tag: TlvTag) -> Option<&[u8]> {
        self.get(tag)?.split(|&octet| octet == 0).next()
    }

    fn all(&self, tag: TlvTag) -> impl Iterator<Item = &[u8]> {
        self.iter().filter(move |&(found, _)| found == tag).map(|(_, value)| value)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn tlvs(pairs: &[(TlvTag, &[u8])]) -> Tlvs {
        Tlvs::of(pairs).unwrap()
    }

    #[test]
    fn numbers_are_read_in_their_width_and_in_no_other() {
        // F-6
        let right = tlvs(&[
            (TlvTag::QOS_TIME_TO_LIVE, &[0, 0, 1, 2]),
            (TlvTag::USER_MESSAGE_REFERENCE, &[1, 2]),
            (TlvTag::DEST_ADDR_SUBUNIT, &[1]),
            (TlvTag::ITS_SESSION_INFO, &[7, 3]),
            (TlvTag::SET_DPF, &[1]),
        ]);
        assert_eq!((right.qos_time_to_live(), right.user_message_reference()), (Some(258), Some(258)));
        assert_eq!((right.dest_addr_subunit(), right.its_session_info()), (Some(1), Some((7, 3))));
        assert_eq!((right.set_dpf(), right.dpf_result()), (Some(true), None));
        let wrong = tlvs(&[
            (TlvTag::QOS_TIME_TO_LIVE, &[1, 2]),
            (TlvTag::USER_MESSAGE_REFERENCE, &[1, 2, 3]),
            (TlvTag::DEST_ADDR_SUBUNIT, &[]),
            (TlvTag::ITS_SESSION_INFO, &[7]),
        ]);
        assert_eq!((wrong.qos_time_to_live(), wrong.user_message_reference()), (None, None));
        assert_eq!((wrong.dest_addr_subunit(), wrong.its_session_info()), (None, None));
    }

    #[test]
    fn errors_of_networks_in_digits_are_read_as_numbers() {
        //
        let error = |value: &[u8]| tlvs(&[(TlvTag::NETWORK_ERROR_CODE, value)]).network_error_code();
        assert_eq!(
            (error(b"034"), error(b"\x0334"), error(&[3, 0, 34])),
            (Some((3, 34)), Some((3, 0x3334)), Some((3, 34)))
        );
        assert_eq!((error(b"34"), error(b"0034")), (None, None));
    }

    #[test]
    fn what_may_be_repeated_is_read_in_order() {
        // V-3
        let areas = tlvs(&[
            (TlvTag::BROADCAST_AREA_IDENTIFIER, b"\0north"),
            (TlvTag::BROADCAST_CONTENT_TYPE, &[1, 0, 16]),
            (TlvTag::BROADCAST_AREA_IDENTIFIER, b"\0south"),
            (TlvTag::BROADCAST_ERROR_STATUS, &[0, 0, 1, 9]),
            (TlvTag::BROADCAST_FREQUENCY_INTERVAL, &[9, 0, 10]),
        ]);
        let found: Vec<_> = areas.broadcast_area_identifiers().collect();
        assert_eq!(found, [b"\0north", b"\0south"]);
        assert_eq!(areas.broadcast_content_type(), Some((1, 16)));
        assert_eq!(areas.broadcast_frequency_interval(), Some((9, 10)));
        assert_eq!(areas.broadcast_error_statuses().collect::<Vec<_>>(), [CommandStatus::INVBCASTAREAFMT]);
    }
}
