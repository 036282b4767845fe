//! TLVs: what follows the mandatory fields of a PDU (SMPP 3.4 section 3.2.4).

use std::fmt;

use bytes::{BufMut, Bytes, BytesMut};

use crate::CommandStatus;
use crate::names::named_number;
use crate::wire::Fault;

named_number! {
    /// The tag of a TLV, SMPP 3.4 section 5.3.2; 5.0 section 4.8.1. Values without a name (0x1400-0x3FFF
    /// are the vendors') are kept.
    pub struct TlvTag(u16, "{:#06x}");
    0x0005 DEST_ADDR_SUBUNIT "dest_addr_subunit" "Where in the mobile the message belongs; 1 octet.";
    0x0006 DEST_NETWORK_TYPE "dest_network_type" "Network of the destination; 1 octet.";
    0x0007 DEST_BEARER_TYPE "dest_bearer_type" "Bearer at the destination; 1 octet.";
    0x0008 DEST_TELEMATICS_ID "dest_telematics_id" "Telematic interworking at the destination; 2 octets.";
    0x000D SOURCE_ADDR_SUBUNIT "source_addr_subunit" "Where in the source the message comes from; 1 octet.";
    0x000E SOURCE_NETWORK_TYPE "source_network_type" "Network of the source; 1 octet.";
    0x000F SOURCE_BEARER_TYPE "source_bearer_type" "Bearer at the source; 1 octet.";
    0x0010 SOURCE_TELEMATICS_ID "source_telematics_id" "Telematic interworking at the source; 1 octet (5.0: 2).";
    0x0017 QOS_TIME_TO_LIVE "qos_time_to_live" "Validity in seconds; 4 octets.";
    0x0019 PAYLOAD_TYPE "payload_type" "0 WDP, 1 WCMP; 1 octet.";
    0x001D ADDITIONAL_STATUS_INFO_TEXT "additional_status_info_text" "A status in words; C-octet string.";
    0x001E RECEIPTED_MESSAGE_ID "receipted_message_id" "The message that a receipt is about; C-octet string.";
    0x0030 MS_MSG_WAIT_FACILITIES "ms_msg_wait_facilities" "Message waiting indication; 1 octet.";
    0x0201 PRIVACY_INDICATOR "privacy_indicator" "0 to 3; 1 octet.";
    0x0202 SOURCE_SUBADDRESS "source_subaddress" "2 to 23 octets.";
    0x0203 DEST_SUBADDRESS "dest_subaddress" "2 to 23 octets.";
    0x0204 USER_MESSAGE_REFERENCE "user_message_reference" "The ESME's own number of the message; 2 octets.";
    0x0205 USER_RESPONSE_CODE "user_response_code" "1 octet.";
    0x020A SOURCE_PORT "source_port" "Application port at the source; 2 octets.";
    0x020B DESTINATION_PORT "destination_port" "Application port at the destination; 2 octets.";
    0x020C SAR_MSG_REF_NUM "sar_msg_ref_num" "What the segments of a message have in common; 2 octets.";
    0x020D LANGUAGE_INDICATOR "language_indicator" "1 octet.";
    0x020E SAR_TOTAL_SEGMENTS "sar_total_segments" "How many segments there are; 1 octet.";
    0x020F SAR_SEGMENT_SEQNUM "sar_segment_seqnum" "Which segment this is, from 1; 1 octet.";
    0x0210 SC_INTERFACE_VERSION "sc_interface_version" "The version that the message centre speaks; 1 octet.";
    0x0302 CALLBACK_NUM_PRES_IND "callback_num_pres_ind" "1 octet.";
    0x0303 CALLBACK_NUM_ATAG "callback_num_atag" "Up to 65 octets.";
    0x0304 NUMBER_OF_MESSAGES "number_of_messages" "0 to 99; 1 octet.";
    0x0381 CALLBACK_NUM "callback_num" "4 to 19 octets; may be repeated.";
    0x0420 DPF_RESULT "dpf_result" "Whether the delivery pending flag was set; 1 octet.";
    0x0421 SET_DPF "set_dpf" "Asks for the delivery pending flag; 1 octet.";
    0x0422 MS_AVAILABILITY_STATUS "ms_availability_status" "1 octet.";
    0x0423 NETWORK_ERROR_CODE "network_error_code" "Network type and its error; 3 octets.";
    0x0424 MESSAGE_PAYLOAD "message_payload" "The body, if it is not in short_message.";
    0x0425 DELIVERY_FAILURE_REASON "delivery_failure_reason" "1 octet.";
    0x0426 MORE_MESSAGES_TO_SEND "more_messages_to_send" "1 octet.";
    0x0427 MESSAGE_STATE "message_state" "The state that a receipt tells; 1 octet.";
    0x0428 CONGESTION_STATE "congestion_state" "0 idle to 100 congested (5.0); 1 octet.";
    0x0501 USSD_SERVICE_OP "ussd_service_op" "1 octet.";
    0x0600 BROADCAST_CHANNEL_INDICATOR "broadcast_channel_indicator" "1 octet (5.0).";
    0x0601 BROADCAST_CONTENT_TYPE "broadcast_content_type" "3 octets (5.0).";
    0x0602 BROADCAST_CONTENT_TYPE_INFO "broadcast_content_type_info" "Up to 255 octets (5.0).";
    0x0603 BROADCAST_MESSAGE_CLASS "broadcast_message_class" "1 octet (5.0).";
    0x0604 BROADCAST_REP_NUM "broadcast_rep_num" "2 octets (5.0).";
    0x0605 BROADCAST_FREQUENCY_INTERVAL "broadcast_frequency_interval" "3 octets (5.0).";
    0x0606 BROADCAST_AREA_IDENTIFIER "broadcast_area_identifier" "An area; may be repeated (5.0).";
    0x0607 BROADCAST_ERROR_STATUS "broadcast_error_status" "4 octets (5.0).";
    0x0608 BROADCAST_AREA_SUCCESS "broadcast_area_success" "1 octet (5.0).";
    0x0609 BROADCAST_END_TIME "broadcast_end_time" "17 octets (5.0).";
    0x060A BROADCAST_SERVICE_GROUP "broadcast_service_group" "Up to 255 octets (5.0).";
    0x060B BILLING_IDENTIFICATION "billing_identification" "Up to 1024 octets (5.0).";
    0x060D SOURCE_NETWORK_ID "source_network_id" "C-octet string (5.0).";
    0x060E DEST_NETWORK_ID "dest_network_id" "C-octet string (5.0).";
    0x060F SOURCE_NODE_ID "source_node_id" "6 digits (5.0).";
    0x0610 DEST_NODE_ID "dest_node_id" "6 digits (5.0).";
    0x0611 DEST_ADDR_NP_RESOLUTION "dest_addr_np_resolution" "1 octet (5.0).";
    0x0612 DEST_ADDR_NP_INFORMATION "dest_addr_np_information" "Up to 10 octets (5.0).";
    0x0613 DEST_ADDR_NP_COUNTRY "dest_addr_np_country" "Up to 5 octets (5.0).";
    0x1201 DISPLAY_TIME "display_time" "1 octet.";
    0x1203 SMS_SIGNAL "sms_signal" "2 octets.";
    0x1204 MS_VALIDITY "ms_validity" "1 octet (5.0: also 4).";
    0x130C ALERT_ON_MESSAGE_DELIVERY "alert_on_message_delivery" "No octet (5.0: 1).";
    0x1380 ITS_REPLY_TYPE "its_reply_type" "1 octet.";
    0x1383 ITS_SESSION_INFO "its_session_info" "2 octets.";
}

/// The TLVs of a PDU, in their order, as they stand on the wire.
///
/// Their structure is checked once, when they are decoded; their values are not. What was received is
/// sent on bit for bit. Values must not be taken for valid: the typed getters return `None` for a TLV
/// of the wrong length as for one that is absent.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Tlvs(Bytes);

impl Tlvs {
    /// No TLVs; allocates nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self(Bytes::new())
    }

    /// These TLVs, in one allocation.
    ///
    /// # Errors
    /// A value is longer than 65,535 octets.
    pub fn of(tlvs: &[(TlvTag, &[u8])]) -> Result<Self, TlvTooLong> {
        let octets = tlvs.iter().map(|(_, value)| TLV_HEADER_OCTETS + value.len()).sum();
        let mut wire = Vec::with_capacity(octets);
        for &(tag, value) in tlvs {
            let length = u16::try_from(value.len()).map_err(|_| TlvTooLong { tag })?;
            put(&mut wire, tag, length, value);
        }
        Ok(Self(wire.into()))
    }

    /// The TLVs that `octets` are, or `None` if octets are left over or missing at the end.
    #[must_use]
    pub fn from_wire(octets: Bytes) -> Option<Self> {
        let mut rest = Iter { rest: &octets };
        while rest.next().is_some() {}
        rest.rest.is_empty().then_some(Self(octets))
    }

    /// The octets as they stand on the wire.
    #[must_use]
    pub fn as_wire(&self) -> &Bytes {
        &self.0
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Every TLV with its value, in order.
    #[must_use]
    pub fn iter(&self) -> Iter<'_> {
        Iter { rest: &self.0 }
    }

    /// The value of the first TLV with this tag.
    #[must_use]
    pub fn get(&self, tag: TlvTag) -> Option<&[u8]> {
        self.iter().find_map(|(found, value)| (found == tag).then_some(value))
    }

    /// The value of the first TLV with this tag as a slice of the PDU, not copied.
    #[must_use]
    pub fn bytes(&self, tag: TlvTag) -> Option<Bytes> {
        self.get(tag).map(|value| self.0.slice_ref(value))
    }

    /// Appends a TLV.
    ///
    /// # Errors
    /// The value is longer than 65,535 octets; nothing was appended.
    pub fn push(&mut self, tag: TlvTag, value: &[u8]) -> Result<(), TlvTooLong> {
        let length = u16::try_from(value.len()).map_err(|_| TlvTooLong { tag })?;
        self.append(tag, length, value);
        Ok(())
    }

    /// Appends a TLV of one octet.
    pub fn push_u8(&mut self, tag: TlvTag, value: u8) {
        self.append(tag, 1, &[value]);
    }

    /// Appends a TLV of two octets, the higher first.
    pub fn push_u16(&mut self, tag: TlvTag, value: u16) {
        self.append(tag, 2, &value.to_be_bytes());
    }

    /// The body of a message that is too long for short_message (3.4 section 5.3.2.32), not copied.
    #[must_use]
    pub fn message_payload(&self) -> Option<Bytes> {
        self.bytes(TlvTag::MESSAGE_PAYLOAD)
    }

    /// The id of the message that a receipt is about (3.4 section 5.3.2.12), up to its NUL.
    #[must_use]
    pub fn receipted_message_id(&self) -> Option<&[u8]> {
        self.get(TlvTag::RECEIPTED_MESSAGE_ID)?.split(|&octet| octet == 0).next()
    }

    /// The state that a receipt tells (3.4 section 5.3.2.35).
    #[must_use]
    pub fn message_state(&self) -> Option<u8> {
        self.u8(TlvTag::MESSAGE_STATE)
    }

    /// The type of the network and its error (3.4 section 5.3.2.31).
    #[must_use]
    pub fn network_error_code(&self) -> Option<(u8, u16)> {
        match *self.get(TlvTag::NETWORK_ERROR_CODE)? {
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

    /// The TLVs at the end of a request's body.
    pub(crate) fn decode(octets: Bytes) -> Result<Self, Fault> {
        Self::from_wire(octets).ok_or(Fault { status: CommandStatus::INVOPTPARSTREAM, what: "TLVs" })
    }

    fn u8(&self, tag: TlvTag) -> Option<u8> {
        match *self.get(tag)? {
            [value] => Some(value),
            _ => None,
        }
    }

    fn append(&mut self, tag: TlvTag, length: u16, value: &[u8]) {
        let octets = std::mem::take(&mut self.0);
        let mut octets = octets.try_into_mut().unwrap_or_else(|shared| BytesMut::from(&shared[..]));
        octets.reserve(TLV_HEADER_OCTETS + value.len());
        put(&mut octets, tag, length, value);
        self.0 = octets.freeze();
    }
}

fn put(wire: &mut impl BufMut, tag: TlvTag, length: u16, value: &[u8]) {
    wire.put_u16(tag.0);
    wire.put_u16(length);
    wire.put_slice(value);
}

/// The TLVs of a PDU one by one.
#[derive(Clone)]
pub struct Iter<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Iter<'a> {
    type Item = (TlvTag, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (&[tag_high, tag_low, high, low], rest) = self.rest.split_first_chunk::<TLV_HEADER_OCTETS>()?;
        let (value, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes([high, low])))?;
        self.rest = rest;
        Some((TlvTag(u16::from_be_bytes([tag_high, tag_low])), value))
    }
}

impl<'a> IntoIterator for &'a Tlvs {
    type Item = (TlvTag, &'a [u8]);
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

/// The value is longer than the 65,535 octets that a TLV can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the value of {tag} is longer than 65535 octets")]
pub struct TlvTooLong {
    /// The tag of the TLV.
    pub tag: TlvTag,
}

/// Shows tags, small numbers and lengths; never a value that may be a text.
impl fmt::Debug for Tlvs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut map = f.debug_map();
        for (tag, value) in self {
            if value.len() <= DEBUG_OCTETS_MAX && tag != TlvTag::MESSAGE_PAYLOAD {
                map.entry(&tag, &format_args!("{value:02x?}"));
            } else {
                map.entry(&tag, &format_args!("{} octets", value.len()));
            }
        }
        map.finish()
    }
}

/// Tag and length, in octets.
const TLV_HEADER_OCTETS: usize = 4;
/// Longer values are shown by their length alone: all numbers fit.
const DEBUG_OCTETS_MAX: usize = 4;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_was_pushed_is_found_and_stays_in_order() {
        let mut tlvs = Tlvs::new();
        tlvs.push(TlvTag::RECEIPTED_MESSAGE_ID, b"0000012345\0").unwrap();
        tlvs.push_u8(TlvTag::MESSAGE_STATE, 2);
        let shared = tlvs.clone();
        tlvs.push(TlvTag::NETWORK_ERROR_CODE, &[3, 0, 8]).unwrap();
        tlvs.push_u16(TlvTag::SAR_MSG_REF_NUM, 0x0102);
        assert_eq!(tlvs.receipted_message_id(), Some(&b"0000012345"[..]));
        assert_eq!(tlvs.message_state(), Some(2));
        assert_eq!(tlvs.network_error_code(), Some((3, 8)));
        assert_eq!(tlvs.sar_msg_ref_num(), Some(0x0102));
        assert_eq!(shared.iter().count(), 2);
        assert_eq!(tlvs.iter().count(), 4);
        assert!(tlvs.push(TlvTag::MESSAGE_PAYLOAD, &[0; 65536]).is_err());
        assert_eq!(tlvs.iter().count(), 4);
        assert_eq!(Tlvs::of(&tlvs.iter().collect::<Vec<_>>()).unwrap(), tlvs);
        assert!(Tlvs::of(&[(TlvTag::MESSAGE_PAYLOAD, &[0; 65536])]).is_err());
    }

    #[test]
    fn octets_left_over_or_missing_are_noticed() {
        // F-6, X-11
        for wrong in [&[0][..], &[0; 3], &[0x04, 0x24, 0, 5, 1, 2], &[0x04, 0x27, 0, 1, 2, 0]] {
            assert_eq!(Tlvs::from_wire(Bytes::copy_from_slice(wrong)), None);
        }
    }

    #[test]
    fn a_reference_of_one_octet_is_understood_and_sent_on_unchanged() {
        // T-1, V-7
        let wire = Bytes::from_static(&[0x02, 0x0C, 0, 1, 7, 0x14, 0x00, 0, 2, b'x', b'y']);
        let tlvs = Tlvs::from_wire(wire.clone()).unwrap();
        assert_eq!(tlvs.sar_msg_ref_num(), Some(7));
        assert_eq!(tlvs.get(TlvTag(0x1400)), Some(&b"xy"[..]));
        assert_eq!(tlvs.as_wire(), &wire);
    }

    #[test]
    fn debug_shows_no_text() {
        let mut tlvs = Tlvs::new();
        tlvs.push(TlvTag::MESSAGE_PAYLOAD, b"1234").unwrap();
        tlvs.push_u8(TlvTag::MESSAGE_STATE, 2);
        assert_eq!(format!("{tlvs:?}"), "{message_payload: 4 octets, message_state: [02]}");
    }
}
