//! Laws that hold for every PDU and for every octet.
#![allow(clippy::unwrap_used)]

use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use proptest::collection::vec;
use proptest::prelude::*;
use smpp::{
    Address, Bind, BindMode, BindResp, Body, CString, CommandId, CommandStatus, MessageResp, Outbind, Pdu,
    Session, Settings, ShortMessage, State, TlvTag, Tlvs, frame,
};

const PDU_OCTETS_MAX: usize = 72 * 1024;

fn c_string<const N: usize>() -> impl Strategy<Value = CString<N>> {
    vec(1..=255u8, 0..=N).prop_map(|octets| CString::new(&octets).unwrap())
}

fn tlvs() -> impl Strategy<Value = Tlvs> {
    vec((any::<u16>(), vec(any::<u8>(), 0..300)), 0..4).prop_map(|pairs| {
        let mut tlvs = Tlvs::new();
        for (tag, value) in pairs {
            tlvs.push(TlvTag(tag), &value).unwrap();
        }
        tlvs
    })
}

fn address() -> impl Strategy<Value = Address> {
    (any::<u8>(), any::<u8>(), c_string()).prop_map(|(ton, npi, value)| Address { ton, npi, value })
}

fn short_message() -> impl Strategy<Value = ShortMessage> {
    let head = (c_string(), address(), address(), c_string(), c_string());
    let tail = (any::<[u8; 7]>(), vec(any::<u8>(), 0..=255), tlvs());
    (head, tail).prop_map(
        |((service_type, source, destination, schedule, validity), (octets, body, tlvs))| ShortMessage {
            service_type,
            source,
            destination,
            esm_class: octets[0],
            protocol_id: octets[1],
            priority_flag: octets[2],
            schedule_delivery_time: schedule,
            validity_period: validity,
            registered_delivery: octets[3],
            replace_if_present: octets[4],
            data_coding: octets[5],
            sm_default_msg_id: octets[6],
            short_message: Bytes::from(body),
            tlvs,
        },
    )
}

fn mode() -> impl Strategy<Value = BindMode> {
    prop_oneof![Just(BindMode::Receiver), Just(BindMode::Transmitter), Just(BindMode::Transceiver)]
}

fn bind() -> impl Strategy<Value = Bind> {
    (mode(), c_string(), c_string(), c_string(), any::<[u8; 3]>(), c_string(), tlvs()).prop_map(
        |(
            mode,
            system_id,
            password,
            system_type,
            [interface_version, addr_ton, addr_npi],
            address_range,
            tlvs,
        )| Bind {
            mode,
            system_id,
            password,
            system_type,
            interface_version,
            addr_ton,
            addr_npi,
            address_range,
            tlvs,
        },
    )
}

fn message_resp() -> impl Strategy<Value = MessageResp> {
    (c_string(), tlvs()).prop_map(|(message_id, tlvs)| MessageResp { message_id, tlvs })
}

fn body() -> impl Strategy<Value = Body> {
    prop_oneof![
        bind().prop_map(Body::Bind),
        (mode(), c_string(), tlvs()).prop_map(|(mode, system_id, tlvs)| Body::BindResp(BindResp {
            mode,
            system_id,
            tlvs
        })),
        short_message().prop_map(Body::SubmitSm),
        message_resp().prop_map(Body::SubmitSmResp),
        short_message().prop_map(Body::DeliverSm),
        message_resp().prop_map(Body::DeliverSmResp),
        Just(Body::EnquireLink),
        Just(Body::EnquireLinkResp),
        Just(Body::Unbind),
        Just(Body::UnbindResp),
        Just(Body::GenericNack),
        (c_string(), c_string())
            .prop_map(|(system_id, password)| Body::Outbind(Outbind { system_id, password })),
        (0x0001_0200..0x0001_02FFu32, vec(any::<u8>(), 0..50))
            .prop_map(|(id, body)| Body::Unknown { command_id: CommandId(id), body: Bytes::from(body) }),
    ]
}

fn pdu() -> impl Strategy<Value = Pdu> {
    (prop_oneof![Just(0), any::<u32>()], any::<u32>(), body()).prop_map(|(status, sequence, body)| Pdu {
        status: CommandStatus(status),
        sequence,
        body,
    })
}

fn encoded(pdu: &Pdu) -> BytesMut {
    let mut out = BytesMut::new();
    pdu.encode(&mut out).unwrap();
    out
}

proptest! {
    #[test]
    fn what_is_encoded_decodes_to_the_same(pdu in pdu()) {
        let mut wire = encoded(&pdu);
        let frame = frame::next(&mut wire, PDU_OCTETS_MAX).unwrap().unwrap();
        prop_assert!(wire.is_empty());
        prop_assert_eq!(Pdu::decode(frame).unwrap(), pdu);
    }

    #[test]
    fn decoding_never_panics(id in prop_oneof![0..10u32, 0x8000_0000..0x8000_000Au32, any::<u32>()], body in vec(any::<u8>(), 0..400)) {
        // F-4, X-6
        let frame = smpp::Frame { command_id: CommandId(id), status: CommandStatus::OK, sequence: 1, body: Bytes::from(body) };
        if let Ok(pdu) = Pdu::decode(frame) {
            encoded(&pdu);
        }
    }

    #[test]
    fn a_damaged_pdu_is_refused_or_understood_but_never_read_beyond(pdu in pdu(), at in any::<prop::sample::Index>(), octet in any::<u8>()) {
        let mut wire = encoded(&pdu);
        let at = at.index(wire.len());
        wire[at] = octet;
        let length = wire.len();
        if let Ok(Some(frame)) = frame::next(&mut wire, PDU_OCTETS_MAX) {
            let body = frame.body.len();
            prop_assert_eq!(body + 16 + wire.len(), length);
            let _ = Pdu::decode(frame);
        }
    }

    #[test]
    fn a_session_survives_anything_and_answers_in_whole_pdus(pdus in vec(pdu(), 0..20), noise in vec(any::<u8>(), 0..64), cut in 1..64usize) {
        // F-1, F-2, X-1
        let now = Instant::now();
        let mut session: Session<()> = Session::server(now, Settings::default());
        let mut stream: Vec<u8> = pdus.iter().flat_map(|pdu| encoded(pdu).to_vec()).collect();
        stream.extend_from_slice(&noise);
        let mut buffer = BytesMut::new();
        for (step, piece) in stream.chunks(cut).enumerate() {
            buffer.extend_from_slice(piece);
            session.receive(now + Duration::from_millis(step as u64), &mut buffer);
            while let Some(event) = session.poll() {
                if let smpp::Event::BindRequest { .. } = event {
                    session.answer_bind(now, CommandStatus::OK, b"law");
                }
            }
        }
        session.tick(now + Duration::from_secs(3600));
        while let Some(frame) = frame::next(session.output(), PDU_OCTETS_MAX).unwrap() {
            Pdu::decode(frame).unwrap();
        }
        prop_assert!(session.output().is_empty());
        prop_assert!(session.state() != State::Open);
    }
}
