//! Laws that hold for every PDU and for every octet.
#![allow(clippy::unwrap_used)]

mod pdus;

use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use proptest::collection::vec;
use proptest::prelude::*;
use smpp::{CommandId, CommandStatus, Pdu, Session, Settings, State, frame};

use pdus::{Manner, pdu};

const PDU_OCTETS_MAX: usize = 72 * 1024;

fn command_id() -> impl Strategy<Value = u32> {
    let known = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0x0B, 0x15, 0x21, 0x102, 0x103, 0x111, 0x112, 0x113];
    let request = prop::sample::select(known.to_vec());
    prop_oneof![
        (request, any::<bool>()).prop_map(|(id, is_response)| id | u32::from(is_response) << 31),
        any::<u32>()
    ]
}

fn encoded(pdu: &Pdu) -> BytesMut {
    let mut out = BytesMut::new();
    pdu.encode(&mut out).unwrap();
    out
}

proptest! {
    #[test]
    fn what_is_encoded_decodes_to_the_same(pdu in pdu(Manner::Any)) {
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
    fn a_damaged_pdu_is_refused_or_understood_but_never_read_beyond(pdu in pdu(Manner::Any), at in any::<prop::sample::Index>(), octet in any::<u8>()) {
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
    fn a_session_survives_anything_and_answers_in_whole_pdus(pdus in vec(pdu(Manner::Any), 0..20), noise in vec(any::<u8>(), 0..64), cut in 1..64usize) {
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
