//! PDUs by chance.

use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::*;
use smpp::{
    Address, AlertNotification, Bind, BindMode, BindResp, Body, BroadcastSm, CString, CancelBroadcastSm,
    CancelSm, CommandId, CommandStatus, DataSm, Destination, Destinations, FailedDestination,
    FailedDestinations, LongAddress, MessageResp, Outbind, Pdu, QueryBroadcastSm, QuerySm, QuerySmResp,
    ReplaceSm, ShortMessage, SubmitMulti, SubmitMultiResp, TlvTag, Tlvs,
};

/// How far the fields go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(dead_code)]
pub(crate) enum Manner {
    /// As far as the wire does.
    Any,
    /// As far as the standard does: printable strings, times and TLVs of their form.
    WellFormed,
}

fn c_string<const N: usize>(manner: Manner) -> impl Strategy<Value = CString<N>> {
    let octet = match manner {
        Manner::Any => 1..=255u8,
        Manner::WellFormed => b'!'..=b'~',
    };
    vec(octet, 0..=N).prop_map(|octets| CString::new(&octets).unwrap())
}

/// A time: nothing or all of its octets, if it is to be right.
fn time(manner: Manner) -> BoxedStrategy<CString<16>> {
    match manner {
        Manner::Any => c_string(manner).boxed(),
        Manner::WellFormed => {
            let times: [&[u8]; 3] = [b"", b"120517083000028+", b"000001000000000R"];
            prop::sample::select(times.to_vec()).prop_map(CString::clipped).boxed()
        }
    }
}

fn tlvs(manner: Manner) -> BoxedStrategy<Tlvs> {
    let pair = match manner {
        Manner::Any => (any::<u16>(), vec(any::<u8>(), 0..300)).boxed(),
        Manner::WellFormed => {
            let known: [(TlvTag, &[u8]); 8] = [
                (TlvTag::MESSAGE_PAYLOAD, b"a payload"),
                (TlvTag::USER_MESSAGE_REFERENCE, &[1, 2]),
                (TlvTag::SAR_TOTAL_SEGMENTS, &[2]),
                (TlvTag::SOURCE_PORT, &[0x0B, 0x84]),
                (TlvTag::QOS_TIME_TO_LIVE, &[0, 0, 14, 16]),
                (TlvTag::RECEIPTED_MESSAGE_ID, b"4711\0"),
                (TlvTag::NETWORK_ERROR_CODE, &[3, 0, 27]),
                (TlvTag(0x1400), b"1001234567890"),
            ];
            prop::sample::select(known.to_vec()).prop_map(|(tag, value)| (tag.0, value.to_vec())).boxed()
        }
    };
    let tlvs = vec(pair, 0..4).prop_map(|pairs| {
        let mut tlvs = Tlvs::new();
        for (tag, value) in pairs {
            tlvs.push(TlvTag(tag), &value).unwrap();
        }
        tlvs
    });
    tlvs.boxed()
}

fn address(manner: Manner) -> impl Strategy<Value = Address> {
    (any::<u8>(), any::<u8>(), c_string(manner)).prop_map(|(ton, npi, value)| Address { ton, npi, value })
}

fn short_message(manner: Manner) -> impl Strategy<Value = ShortMessage> {
    let head = (c_string(manner), address(manner), address(manner), time(manner), time(manner));
    let tail = (any::<[u8; 7]>(), vec(any::<u8>(), 0..=255), tlvs(manner));
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

fn bind(manner: Manner) -> impl Strategy<Value = Bind> {
    (
        mode(),
        c_string(manner),
        c_string(manner),
        c_string(manner),
        any::<[u8; 3]>(),
        c_string(manner),
        tlvs(manner),
    )
        .prop_map(
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

fn message_resp(manner: Manner) -> impl Strategy<Value = MessageResp> {
    (c_string(manner), tlvs(manner)).prop_map(|(message_id, tlvs)| MessageResp {
        message_id,
        tlvs,
        ..MessageResp::default()
    })
}

fn destination(manner: Manner) -> impl Strategy<Value = Destination> {
    prop_oneof![
        address(manner).prop_map(Destination::Address),
        c_string(manner).prop_map(Destination::DistributionList),
    ]
}

fn submit_multi(manner: Manner) -> impl Strategy<Value = SubmitMulti> {
    (short_message(manner), vec(destination(manner), 1..=255)).prop_map(|(message, destinations)| {
        SubmitMulti {
            message: ShortMessage { destination: Address::default(), ..message },
            destinations: Destinations::of(&destinations).unwrap(),
        }
    })
}

fn submit_multi_resp(manner: Manner) -> impl Strategy<Value = SubmitMultiResp> {
    let failed = (address(manner), any::<u32>())
        .prop_map(|(address, status)| FailedDestination { address, status: CommandStatus(status) });
    (c_string(manner), vec(failed, 0..=255), tlvs(manner)).prop_map(|(message_id, failed, tlvs)| {
        SubmitMultiResp { message_id, failed: FailedDestinations::of(&failed).unwrap(), tlvs }
    })
}

fn long_address(manner: Manner) -> impl Strategy<Value = LongAddress> {
    (any::<u8>(), any::<u8>(), c_string(manner)).prop_map(|(ton, npi, value)| LongAddress { ton, npi, value })
}

fn data_sm(manner: Manner) -> impl Strategy<Value = DataSm> {
    (c_string(manner), long_address(manner), long_address(manner), any::<[u8; 3]>(), tlvs(manner)).prop_map(
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

fn replace_sm(manner: Manner) -> impl Strategy<Value = ReplaceSm> {
    (c_string(manner), short_message(manner)).prop_map(|(message_id, message)| ReplaceSm {
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

fn broadcast_sm(manner: Manner) -> impl Strategy<Value = BroadcastSm> {
    (c_string(manner), short_message(manner)).prop_map(|(message_id, message)| BroadcastSm {
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
fn ancillary(manner: Manner) -> impl Strategy<Value = Body> {
    let query = move || (c_string(manner), address(manner), tlvs(manner));
    prop_oneof![
        query().prop_map(|(message_id, source, tlvs)| Body::QuerySm(QuerySm { message_id, source, tlvs })),
        (c_string(manner), time(manner), any::<[u8; 2]>(), tlvs(manner)).prop_map(
            |(message_id, final_date, [message_state, error_code], tlvs)| Body::QuerySmResp(QuerySmResp {
                message_id,
                final_date,
                message_state,
                error_code,
                tlvs
            })
        ),
        (c_string(manner), query(), address(manner)).prop_map(
            |(service_type, (message_id, source, tlvs), destination)| {
                Body::CancelSm(CancelSm { service_type, message_id, source, destination, tlvs })
            }
        ),
        Just(Body::CancelSmResp),
        replace_sm(manner).prop_map(Body::ReplaceSm),
        Just(Body::ReplaceSmResp),
        (long_address(manner), long_address(manner), tlvs(manner)).prop_map(|(source, esme, tlvs)| {
            Body::AlertNotification(AlertNotification { source, esme, tlvs })
        }),
        broadcast_sm(manner).prop_map(Body::BroadcastSm),
        message_resp(manner).prop_map(Body::BroadcastSmResp),
        query().prop_map(|(message_id, source, tlvs)| Body::QueryBroadcastSm(QueryBroadcastSm {
            message_id,
            source,
            tlvs
        })),
        message_resp(manner).prop_map(Body::QueryBroadcastSmResp),
        (c_string(manner), query()).prop_map(|(service_type, (message_id, source, tlvs))| {
            Body::CancelBroadcastSm(CancelBroadcastSm { service_type, message_id, source, tlvs })
        }),
        Just(Body::CancelBroadcastSmResp),
    ]
}

fn body(manner: Manner) -> impl Strategy<Value = Body> {
    prop_oneof![
        submit_multi(manner).prop_map(Body::SubmitMulti),
        submit_multi_resp(manner).prop_map(Body::SubmitMultiResp),
        data_sm(manner).prop_map(Body::DataSm),
        message_resp(manner).prop_map(Body::DataSmResp),
        ancillary(manner),
        bind(manner).prop_map(Body::Bind),
        (mode(), c_string(manner), tlvs(manner))
            .prop_map(|(mode, system_id, tlvs)| Body::BindResp(BindResp { mode, system_id, tlvs })),
        short_message(manner).prop_map(Body::SubmitSm),
        message_resp(manner).prop_map(Body::SubmitSmResp),
        short_message(manner).prop_map(Body::DeliverSm),
        message_resp(manner).prop_map(Body::DeliverSmResp),
        Just(Body::EnquireLink),
        Just(Body::EnquireLinkResp),
        Just(Body::Unbind),
        Just(Body::UnbindResp),
        Just(Body::GenericNack),
        (c_string(manner), c_string(manner))
            .prop_map(|(system_id, password)| Body::Outbind(Outbind { system_id, password })),
        (0x0001_0200..0x0001_02FFu32, vec(any::<u8>(), 0..50))
            .prop_map(|(id, body)| Body::Unknown { command_id: CommandId(id), body: Bytes::from(body) }),
    ]
}

/// Any PDU that we know, with a status that a request should not have.
pub(crate) fn pdu(manner: Manner) -> impl Strategy<Value = Pdu> {
    (prop_oneof![Just(0), any::<u32>()], any::<u32>(), body(manner))
        .prop_map(|(status, sequence, body)| Pdu { status: CommandStatus(status), sequence, body })
}
