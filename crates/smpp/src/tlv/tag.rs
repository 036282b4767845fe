//! The tags of TLVs.

use crate::names::named_number;

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
