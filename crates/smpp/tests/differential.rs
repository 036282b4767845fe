//! The `rusmpp` crate reads what we write as we do: it understands each PDU that is well-formed and says it
//! again octet by octet.
#![allow(clippy::unwrap_used)]

mod pdus;

use bytes::BytesMut;
use proptest::prelude::*;
use rusmpp::tokio_codec::CommandCodec;
use smpp::{Body, CString, Pdu, Tlvs, frame};
use tokio_util::codec::{Decoder, Encoder};

use pdus::{Manner, pdu};

/// What the other makes of these octets.
fn by_the_other(octets: &[u8]) -> Result<rusmpp::Command, String> {
    let mut buffer = BytesMut::from(octets);
    let command = CommandCodec::new().without_max_length().decode(&mut buffer);
    let command = command.map_err(|error| error.to_string()).map(Option::unwrap)?;
    if buffer.is_empty() { Ok(command) } else { Err(format!("{} octets left over", buffer.len())) }
}

fn encoded(pdu: &Pdu) -> BytesMut {
    let mut out = BytesMut::new();
    pdu.encode(&mut out).unwrap();
    out
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_we_write_is_read_and_written_again_as_it_was(pdu in pdu(Manner::WellFormed)) {
        // section 5, V-7
        let pdu = known_to_both(pdu);
        let ours = encoded(&pdu);
        let command = by_the_other(&ours).map_err(|error| TestCaseError::fail(format!("{error}: {pdu:?}")))?;
        prop_assert_eq!(u32::from(command.id()), pdu.body.command_id().0);
        prop_assert_eq!(u32::from(command.status()), pdu.status.0);
        prop_assert_eq!(command.sequence_number(), pdu.sequence);
        let mut theirs = BytesMut::new();
        CommandCodec::new().encode(&command, &mut theirs).unwrap();
        prop_assert_eq!(&theirs, &ours);
        // And what it writes is read by us.
        let frame = frame::next(&mut theirs, usize::MAX).unwrap().unwrap();
        prop_assert_eq!(Pdu::decode(frame).unwrap(), pdu);
    }
}

/// The nearest PDU that both have: the other takes TLVs only where SMPP 5.0 lists them, passwords of no more
/// than 8 octets, and addresses of no more than 20 in data_sm, of which the standard takes 64.
fn known_to_both(mut pdu: Pdu) -> Pdu {
    if let Body::Bind(bind) = &mut pdu.body {
        bind.password = CString::clipped(&bind.password[..bind.password.len().min(8)]);
    }
    if let Body::Outbind(outbind) = &mut pdu.body {
        outbind.password = CString::clipped(&outbind.password[..outbind.password.len().min(8)]);
    }
    if let Body::DataSm(data) = &mut pdu.body {
        for address in [&mut data.source, &mut data.destination] {
            address.value = CString::clipped(&address.value[..address.value.len().min(20)]);
        }
    }
    let takes_many = matches!(
        pdu.body,
        Body::SubmitSm(_)
            | Body::SubmitSmResp(_)
            | Body::SubmitMulti(_)
            | Body::SubmitMultiResp(_)
            | Body::DeliverSm(_)
            | Body::DeliverSmResp(_)
            | Body::DataSm(_)
            | Body::DataSmResp(_)
            | Body::BroadcastSm(_)
            | Body::BroadcastSmResp(_)
            | Body::QueryBroadcastSmResp(_)
            | Body::CancelBroadcastSm(_)
    );
    if !takes_many && let Some(tlvs) = pdu.body.tlvs_mut() {
        *tlvs = Tlvs::new();
    }
    pdu
}
