//! Laws that hold for every PDU and for every octet.
#![allow(clippy::unwrap_used)]

use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use proptest::collection::vec;
use proptest::prelude::*;
use smpp::{
    Address, AlertNotification, Bind, BindMode, BindResp, Body, BroadcastSm, CString, CancelBroadcastSm,
    CancelSm, CommandId, CommandStatus, DataSm, Destination, Destinations, FailedDestination,
    FailedDestinations, LongAddress, MessageResp, Outbind, Pdu, QueryBroadcastSm, QuerySm, QuerySmResp,
    ReplaceSm, Session, Settings, ShortMessage, State, SubmitMulti, SubmitMultiResp, TlvTag, Tlvs, frame,
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

fn destination() -> impl Strategy<Value = Destination> {
    prop_oneof![address().prop_map(Destination::Address), c_string().prop_map(Destination::DistributionList),]
}

fn submit_multi() -> impl Strategy<Value = SubmitMulti> {
    (short_message(), vec(destination(), 1..=255)).prop_map(|(message, destinations)| SubmitMulti {
        message: ShortMessage { destination: Address::default(), ..message },
        destinations: Destinations::of(&destinations).unwrap(),
    })
}

fn submit_multi_resp() -> impl Strategy<Value = SubmitMultiResp> {
    let failed = (address(), any::<u32>())
        .prop_map(|(address, status)| FailedDestination { address, status: CommandStatus(status) });
    (c_string(), vec(failed, 0..=255), tlvs()).prop_map(|(message_id, failed, tlvs)| SubmitMultiResp {
        message_id,
        failed: FailedDestinations::of(&failed).unwrap(),
        tlvs,
    })
}

fn long_address() -> impl Strategy<Value = LongAddress> {
    (any::<u8>(), any::<u8>(), c_string()).prop_map(|(ton, npi, value)| LongAddress { ton, npi, value })
}

fn data_sm() -> impl Strategy<Value = DataSm> {
    (c_string(), long_address(), long_address(), any::<[u8; 3]>(), tlvs()).prop_map(
        |(service_type, source, destination, octets, tlvs)| DataSm {
            service_type,
            source,
            destination,
            esm_class: octets[0],
            registered_delivery: octets[1],
            data_coding: octets[2],
            tlvs,
        },
    )
}

fn replace_sm() -> impl Strategy<Value = ReplaceSm> {
    (c_string(), short_message()).prop_map(|(message_id, message)| ReplaceSm {
        message_id,
        source: message.source,
        schedule_delivery_time: message.schedule_delivery_time,
        validity_period: message.validity_period,
        registered_delivery: message.registered_delivery,
        sm_default_msg_id: message.sm_default_msg_id,
        short_message: message.short_message,
        tlvs: message.tlvs,
    })
}

fn broadcast_sm() -> impl Strategy<Value = BroadcastSm> {
    (c_string(), short_message()).prop_map(|(message_id, message)| BroadcastSm {
        service_type: message.service_type,
        source: message.source,
        message_id,
        priority_flag: message.priority_flag,
        schedule_delivery_time: message.schedule_delivery_time,
        validity_period: message.validity_period,
        replace_if_present: message.replace_if_present,
        data_coding: message.data_coding,
        sm_default_msg_id: message.sm_default_msg_id,
        tlvs: message.tlvs,
    })
}

/// What is about one message, and what came with 5.0.
fn ancillary() -> impl Strategy<Value = Body> {
    let query = || (c_string(), address(), tlvs());
    prop_oneof![
        query().prop_map(|(message_id, source, tlvs)| Body::QuerySm(QuerySm { message_id, source, tlvs })),
        (c_string(), c_string(), any::<[u8; 2]>(), tlvs()).prop_map(
            |(message_id, final_date, [message_state, error_code], tlvs)| Body::QuerySmResp(QuerySmResp {
                message_id,
                final_date,
                message_state,
                error_code,
                tlvs
            })
        ),
        (c_string(), query(), address()).prop_map(
            |(service_type, (message_id, source, tlvs), destination)| {
                Body::CancelSm(CancelSm { service_type, message_id, source, destination, tlvs })
            }
        ),
        Just(Body::CancelSmResp),
        replace_sm().prop_map(Body::ReplaceSm),
        Just(Body::ReplaceSmResp),
        (long_address(), long_address(), tlvs()).prop_map(|(source, esme, tlvs)| Body::AlertNotification(
            AlertNotification { source, esme, tlvs }
        )),
        broadcast_sm().prop_map(Body::BroadcastSm),
        message_resp().prop_map(Body::BroadcastSmResp),
        query().prop_map(|(message_id, source, tlvs)| Body::QueryBroadcastSm(QueryBroadcastSm {
            message_id,
            source,
            tlvs
        })),
        message_resp().prop_map(Body::QueryBroadcastSmResp),
        (c_string(), query()).prop_map(|(service_type, (message_id, source, tlvs))| {
            Body::CancelBroadcastSm(CancelBroadcastSm { service_type, message_id, source, tlvs })
        }),
        Just(Body::CancelBroadcastSmResp),
    ]
}

fn body() -> impl Strategy<Value = Body> {
    prop_oneof![
        submit_multi().prop_map(Body::SubmitMulti),
        submit_multi_resp().prop_map(Body::SubmitMultiResp),
        data_sm().prop_map(Body::DataSm),
        message_resp().prop_map(Body::DataSmResp),
        ancillary(),
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

fn command_id() -> impl Strategy<Value = u32> {
    let known = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0x0B, 0x15, 0x21, 0x102, 0x103, 0x111, 0x112, 0x113];
    let request = prop::sample::select(known.to_vec());
    prop_oneof![
        (request, any::<bool>()).prop_map(|(id, is_response)| id | u32::from(is_response) << 31),
        any::<u32>()
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
    fn decoding_never_panics(id in command_id(), body in vec(any::<u8>(), 0..400)) {
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
