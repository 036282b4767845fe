//! PDUs: decoding never panics nor reads beyond a frame, and what was understood is said again as it was.

use bytes::{BufMut, Bytes, BytesMut};
use smpp::frame::HEADER_OCTETS;
use smpp::{Body, CommandId, CommandStatus, Frame, Pdu, frame};

/// A stream is cut into frames without a rest that nobody owns, and each frame is understood or refused.
///
/// The octets are the stream.
pub fn pdu(octets: &[u8]) {
    let mut stream = BytesMut::from(octets);
    loop {
        let before = stream.len();
        match frame::next(&mut stream, PDU_OCTETS_MAX) {
            Ok(Some(frame)) => {
                assert_eq!(stream.len() + frame.body.len() + HEADER_OCTETS, before);
                understand(frame);
            }
            Ok(None) | Err(_) => {
                assert_eq!(stream.len(), before);
                return;
            }
        }
    }
}

/// What was decoded is encoded to octets that decode to the same, and those of a request are the very same.
///
/// The octets are command_id, status, sequence number and body.
pub fn identity(octets: &[u8]) {
    let Some((header, body)) = octets.split_first_chunk::<12>() else { return };
    let number = |at: usize| u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
    understand(Frame {
        command_id: CommandId(number(0)),
        status: CommandStatus(number(4)),
        sequence: number(8),
        body: Bytes::copy_from_slice(body),
    });
}

fn understand(frame: Frame) {
    let wire = wire(&frame);
    let pdu = match Pdu::decode(frame.clone()) {
        Ok(pdu) => pdu,
        Err(error) => {
            assert!(!frame.command_id.is_response(), "a response is never refused: {error}");
            assert!(!error.status.is_ok());
            assert_eq!((error.sequence, error.command_id), (frame.sequence, frame.command_id));
            return;
        }
    };
    assert_eq!(
        (pdu.body.command_id(), pdu.status, pdu.sequence),
        (frame.command_id, frame.status, frame.sequence)
    );
    let mut again = BytesMut::new();
    pdu.encode(&mut again).unwrap();
    if is_kept_bit_for_bit(&pdu.body) {
        assert_eq!(again, wire);
    }
    let frame = frame::next(&mut again, PDU_OCTETS_MAX).unwrap().unwrap();
    assert!(again.is_empty());
    assert_eq!(Pdu::decode(frame).as_ref(), Ok(&pdu));
    look_at(&pdu);
}

/// Requests are; of responses padding is dropped, and of a header what follows it.
fn is_kept_bit_for_bit(body: &Body) -> bool {
    let is_header = matches!(body, Body::Unbind | Body::EnquireLink | Body::Outbind(_));
    !body.command_id().is_response() && !is_header
}

/// Everything else that can be asked of a PDU.
fn look_at(pdu: &Pdu) {
    assert!(!format!("{pdu:?}").is_empty());
    if let Some(tlvs) = pdu.body.tlvs() {
        crate::tlvs::look_at(tlvs);
    }
    match &pdu.body {
        Body::SubmitMulti(multi) => {
            assert_eq!(multi.destinations.iter().count(), multi.destinations.len());
            assert!(!multi.destinations.is_empty());
        }
        Body::SubmitMultiResp(response) => {
            assert_eq!(response.failed.iter().count(), response.failed.len());
        }
        _ => {}
    }
}

fn wire(frame: &Frame) -> BytesMut {
    let mut wire = BytesMut::new();
    wire.put_u32(u32::try_from(HEADER_OCTETS + frame.body.len()).unwrap());
    wire.put_u32(frame.command_id.0);
    wire.put_u32(frame.status.0);
    wire.put_u32(frame.sequence);
    wire.extend_from_slice(&frame.body);
    wire
}

/// Longer than any stream of the fuzzers' may be said to be, so that all of it is looked at.
const PDU_OCTETS_MAX: usize = 1024 * 1024;
