//! TLVs: what was taken from the wire is there, in its order and bit for bit.

use bytes::Bytes;
use smpp::{CommandStatus, TlvTag, Tlvs};

/// TLVs that are whole stay as they are, those that are not are refused whole.
///
/// The octets are the TLVs.
pub fn tlvs(octets: &[u8]) {
    let Some(tlvs) = Tlvs::from_wire(Bytes::copy_from_slice(octets)) else {
        assert!(!is_whole(octets));
        return;
    };
    assert!(is_whole(octets));
    assert_eq!(tlvs.as_wire(), octets);
    assert_eq!(tlvs.is_empty(), octets.is_empty());
    let pairs: Vec<_> = tlvs.iter().collect();
    assert_eq!(Tlvs::of(&pairs), Ok(tlvs.clone()));
    let mut pushed = Tlvs::new();
    for &(tag, value) in &pairs {
        pushed.push(tag, value).unwrap();
        assert_eq!(tlvs.get(tag), pairs.iter().find(|(found, _)| *found == tag).map(|&(_, value)| value));
    }
    assert_eq!(pushed, tlvs);
    look_at(&tlvs);
}

/// Reads every TLV by its name, and holds the names to what the octets are.
pub(crate) fn look_at(tlvs: &Tlvs) {
    assert!(!format!("{tlvs:?}").is_empty());
    if let Err(status) = tlvs.check() {
        let known = [
            CommandStatus::INVPARLEN,
            CommandStatus::INVOPTPARAMVAL,
            CommandStatus::OPTPARNOTALLWD,
            CommandStatus::INVSRCADDRSUBUNIT,
            CommandStatus::INVDSTADDRSUBUNIT,
        ];
        assert!(known.contains(&status));
    }
    assert_eq!(tlvs.message_payload().as_deref(), tlvs.get(TlvTag::MESSAGE_PAYLOAD));
    for text in [tlvs.receipted_message_id(), tlvs.additional_status_info_text(), tlvs.broadcast_end_time()] {
        assert!(text.is_none_or(|text| !text.contains(&0)));
    }
    let has_two = |tag| tlvs.get(tag).is_some_and(|value| value.len() == 2);
    assert_eq!(tlvs.user_message_reference().is_some(), has_two(TlvTag::USER_MESSAGE_REFERENCE));
    assert_eq!(tlvs.source_port().is_some(), has_two(TlvTag::SOURCE_PORT));
    assert_eq!(tlvs.destination_port().is_some(), has_two(TlvTag::DESTINATION_PORT));
    assert_eq!(tlvs.its_session_info().is_some(), has_two(TlvTag::ITS_SESSION_INFO));
    let tagged = |tag| tlvs.iter().filter(|&(found, _)| found == tag).count();
    assert_eq!(tlvs.callback_nums().count(), tagged(TlvTag::CALLBACK_NUM));
    assert_eq!(tlvs.broadcast_area_identifiers().count(), tagged(TlvTag::BROADCAST_AREA_IDENTIFIER));
    assert!(tlvs.broadcast_error_statuses().count() <= tagged(TlvTag::BROADCAST_ERROR_STATUS));
    let numbers = [tlvs.sar_total_segments(), tlvs.sar_segment_seqnum(), tlvs.message_state()];
    assert!(numbers.iter().flatten().count() <= tlvs.iter().count());
    let others = (tlvs.sar_msg_ref_num(), tlvs.network_error_code(), tlvs.qos_time_to_live());
    assert!(others == (None, None, None) || !tlvs.is_empty());
}

/// The same judgement by another way: step over each announced length to the very end.
fn is_whole(octets: &[u8]) -> bool {
    let mut at = 0;
    while at < octets.len() {
        let Some(length) = octets.get(at + 2..at + 4) else { return false };
        at += 4 + usize::from(u16::from_be_bytes([length[0], length[1]]));
    }
    at == octets.len()
}
