//! Every PDU in `golden/` decodes to what stands beside it and encodes to the same octets.
//!
//! `GOLDEN_REWRITE=1 cargo test -p smpp --test golden` writes what they decode to.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use bytes::BytesMut;
use smpp::{Address, Body, CString, CommandId, CommandStatus, Destination, FailedDestination, Pdu, frame};

fn octets(path: &Path) -> Vec<u8> {
    let digits: Vec<u8> = fs::read(path).unwrap().into_iter().filter(u8::is_ascii_hexdigit).collect();
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(pair).collect()
}

fn decode(octets: &[u8]) -> Pdu {
    let mut buffer = BytesMut::from(octets);
    let frame = frame::next(&mut buffer, 16 * 1024).unwrap().unwrap();
    assert!(buffer.is_empty());
    Pdu::decode(frame).unwrap()
}

fn golden(name: &str) -> Pdu {
    decode(&octets(&Path::new(env!("CARGO_MANIFEST_DIR")).join("golden").join(name).with_extension("hex")))
}

#[test]
fn golden_pdus_decode_as_meant_and_encode_bit_for_bit() {
    // section 23, F-1, F-8 (any sequence number is kept), V-7 (unknown TLVs are kept)
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden");
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let paths: Vec<_> =
        paths.filter(|path| path.extension().is_some_and(|extension| extension == "hex")).collect();
    let mut kinds = BTreeSet::new();
    for path in paths {
        let octets = octets(&path);
        let pdu = decode(&octets);
        kinds.insert(pdu.body.command_id());
        let mut encoded = BytesMut::new();
        pdu.encode(&mut encoded).unwrap();
        assert_eq!(encoded, octets, "{}", path.display());
        let text = format!("{pdu:#?}\n");
        let text_path = path.with_extension("txt");
        if std::env::var_os("GOLDEN_REWRITE").is_some() {
            fs::write(&text_path, &text).unwrap();
        }
        assert_eq!(text, fs::read_to_string(&text_path).unwrap(), "{}", text_path.display());
    }
    // One of every kind that has a name, and one that has none.
    let named = (0..0x200).flat_map(|id| [CommandId(id), CommandId(id).response()]);
    let missing: Vec<_> = named.filter(|id| id.name().is_some() && !kinds.contains(id)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert!(kinds.iter().any(|id| id.name().is_none()));
}

#[test]
fn golden_destinations_are_the_ones_that_were_sent() {
    // O-3
    let Body::SubmitMulti(multi) = golden("submit_multi").body else { panic!("a submit_multi") };
    let mobile = |digits: &[u8]| Address::new(1, 1, digits).unwrap();
    let expected = [
        Destination::Address(mobile(b"628123456789")),
        Destination::DistributionList(CString::clipped(b"customers")),
        Destination::Address(mobile(b"628987654321")),
    ];
    assert_eq!(multi.destinations.iter().collect::<Vec<_>>(), expected);
    assert_eq!((&multi.message.short_message[..], multi.destinations.len()), (&b"Hello"[..], 3));
    let Body::SubmitMultiResp(response) = golden("submit_multi_resp").body else { panic!("its answer") };
    let failed = |digits, status| FailedDestination { address: mobile(digits), status };
    let expected =
        [failed(b"628123456789", CommandStatus::INVDSTADR), failed(b"628987654321", CommandStatus(0x401))];
    assert_eq!(response.failed.iter().collect::<Vec<_>>(), expected);
}

#[test]
fn golden_texts_are_the_ones_that_were_sent() {
    let Body::SubmitSm(message) = golden("submit_sm_concatenated").body else { panic!("a submit_sm") };
    assert_eq!(message.short_message, &b"\x05\x00\x03\x2A\x02\x01Halo \x1B(dunia\x1B) \x1Be"[..]);
    let Body::DeliverSm(receipt) = golden("deliver_sm_receipt").body else { panic!("a deliver_sm") };
    assert!(
        receipt.short_message.starts_with(b"id:0000012345 ") && receipt.short_message.ends_with(b"text:Halo")
    );
    assert_eq!(receipt.tlvs.receipted_message_id(), Some(&b"0000012345"[..]));
    assert_eq!((receipt.tlvs.message_state(), receipt.tlvs.network_error_code()), (Some(2), Some((3, 0))));
    let Body::SubmitSm(message) = golden("submit_sm_payload").body else { panic!("a submit_sm") };
    assert_eq!(message.tlvs.message_payload().unwrap(), &b"\0H\0a\0l"[..]);
    assert_eq!(message.tlvs.sar_msg_ref_num(), Some(0x2A));
}

#[test]
fn passwords_and_texts_are_not_shown() {
    assert!(!format!("{:?}", golden("bind_transceiver")).contains("secret"));
    assert!(!format!("{:?}", golden("outbind")).contains("secret"));
    assert!(!format!("{:?}", golden("submit_sm_concatenated")).contains("dunia"));
    assert!(!format!("{:?}", golden("vendor_request")).contains("anything"));
}

#[test]
fn malformed_requests_get_the_code_of_their_field() {
    // F-4, F-5, F-6, X-5, X-6, X-7, X-9, X-11
    let submit = octets(&Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/submit_sm_smallest.hex"));
    let with = |at: usize, inserted: &[u8]| {
        let mut octets = submit.clone();
        octets.splice(at..at, inserted.iter().copied());
        octets
    };
    let end = submit.len();
    let digits = [b'1'; 21];
    let cases: Vec<(Vec<u8>, CommandStatus)> = vec![
        (submit[..end - 1].to_vec(), CommandStatus::INVCMDLEN),
        (submit[..16].to_vec(), CommandStatus::INVCMDLEN),
        (with(16, b"123456"), CommandStatus::INVSERTYP),
        (with(19, &digits), CommandStatus::INVSRCADR),
        (with(22, &digits), CommandStatus::INVDSTADR),
        (with(26, &digits[..17]), CommandStatus::INVSCHED),
        (with(27, &digits[..17]), CommandStatus::INVEXPIRY),
        ([&submit[..end - 1], &[5, 1, 2]].concat(), CommandStatus::INVMSGLEN),
        (with(end, &[0]), CommandStatus::INVOPTPARSTREAM),
        (with(end, &[4, 0x24, 0, 5, 1, 2]), CommandStatus::INVOPTPARSTREAM),
    ];
    for (octets, status) in cases {
        assert_eq!(refusal(octets.clone()), Some(status), "{octets:02X?}");
    }
    let bind = octets(&Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/bind_receiver.hex"));
    for (at, longer, status) in [
        (16, &digits[..16], CommandStatus::INVSYSID),
        (21, &[b'p'; 65][..], CommandStatus::INVPASWD),
        (24, &digits[..13], CommandStatus::INVSYSTYP),
    ] {
        let mut octets = bind.clone();
        octets.splice(at..at, longer.iter().copied());
        assert_eq!(refusal(octets), Some(status));
    }
}

/// The golden PDU with these octets instead of those at `at`, and the status that refuses it.
fn spoilt(name: &str, at: std::ops::Range<usize>, instead: &[u8]) -> Option<CommandStatus> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden").join(name).with_extension("hex");
    let mut octets = octets(&path);
    octets.splice(at, instead.iter().copied());
    refusal(octets)
}

#[test]
fn malformed_requests_of_the_other_kinds_get_the_code_of_their_field_too() {
    // F-4, F-5, F-6, X-11, X-13
    let long = [b'1'; 65];
    for (name, at, instead, status) in [
        // number_of_dests, a flag, a list's name that is too long, fewer destinations than said
        ("submit_multi", 24..25, &[0][..], CommandStatus::INVNUMDESTS),
        ("submit_multi", 25..26, &[7], CommandStatus::INVDESTFLAG),
        ("submit_multi", 42..42, &long, CommandStatus::INVDLNAME),
        ("submit_multi", 28..28, &long, CommandStatus::INVDSTADR),
        ("submit_multi", 40..200, &[], CommandStatus::INVCMDLEN),
        ("data_sm", 19..19, &long, CommandStatus::INVSRCADR),
        ("data_sm", 26..26, &long, CommandStatus::INVDSTADR),
        ("data_sm", 200..200, &[0; 3], CommandStatus::INVOPTPARSTREAM),
        ("query_sm", 16..16, &long, CommandStatus::INVMSGID),
        ("query_sm", 24..200, &[], CommandStatus::INVCMDLEN),
        ("cancel_sm", 17..17, &long, CommandStatus::INVMSGID),
        ("replace_sm", 16..16, &long, CommandStatus::INVMSGID),
        ("replace_sm", 28..28, &long, CommandStatus::INVSCHED),
        ("replace_sm", 64..65, &[9], CommandStatus::INVMSGLEN),
        ("alert_notification", 18..18, &long, CommandStatus::INVSRCADR),
        ("broadcast_sm", 16..16, &long, CommandStatus::INVSERTYP),
        ("query_broadcast_sm", 16..16, &long, CommandStatus::INVMSGID),
        ("cancel_broadcast_sm", 16..16, &long, CommandStatus::INVSERTYP),
    ] {
        let end =
            octets(&Path::new(env!("CARGO_MANIFEST_DIR")).join("golden").join(name).with_extension("hex"))
                .len();
        let at = at.start.min(end)..at.end.min(end);
        assert_eq!(spoilt(name, at, instead), Some(status), "{name} {instead:?}");
    }
}

/// The status that refuses this PDU, its length put right first.
fn refusal(mut octets: Vec<u8>) -> Option<CommandStatus> {
    let length = u32::try_from(octets.len()).unwrap();
    octets[..4].copy_from_slice(&length.to_be_bytes());
    let frame = frame::next(&mut BytesMut::from(&octets[..]), 16 * 1024).unwrap().unwrap();
    Pdu::decode(frame).err().map(|error| error.status)
}

#[test]
fn responses_are_read_leniently() {
    // F-7
    let response = |status: u8, body: &[u8]| {
        let length = u8::try_from(16 + body.len()).unwrap();
        let header = [0, 0, 0, length, 0x80, 0, 0, 4, 0, 0, 0, status, 0, 0, 0, 1];
        match decode(&[&header, body].concat()).body {
            Body::SubmitSmResp(response) => (response.message_id, response.tlvs.is_empty()),
            other => panic!("{other:?}"),
        }
    };
    let id = |octets: &[u8]| CString::new(octets).unwrap();
    assert_eq!(response(8, b""), (id(b""), true));
    assert_eq!(response(8, b"\0"), (id(b""), true));
    assert_eq!(response(8, b"12\0"), (id(b"12"), true));
    assert_eq!(response(0, b"12"), (id(b"12"), true));
    assert_eq!(response(0, b"12\0\0\0"), (id(b"12"), true));
    assert_eq!(response(0, b"12\0\x04\x23\0\x03\x03\0\x08"), (id(b"12"), false));
    assert_eq!(response(0, &[b'1'; 65]), (id(b""), true));
    // Header-only PDUs may carry TLVs.
    let enquiry = [0, 0, 0, 21, 0, 0, 0, 0x15, 0, 0, 0, 0, 0, 0, 0, 1, 0x14, 0, 0, 1, 7];
    assert_eq!(decode(&enquiry).body, Body::EnquireLink);
}

#[test]
fn refusals_are_as_short_as_the_standard_wants() {
    // F-7, section 5: submit_sm_resp and bind_resp have no body on error, deliver_sm_resp has its NUL always
    let octets = |status, body: Body| {
        let mut out = BytesMut::new();
        Pdu { status, sequence: 1, body }.encode(&mut out).unwrap();
        out.len()
    };
    for (command_id, ok, error) in [
        (CommandId::SUBMIT_SM, 17, 16),
        (CommandId::SUBMIT_MULTI, 18, 16),
        (CommandId::DELIVER_SM, 17, 17),
        (CommandId::DATA_SM, 17, 16),
        (CommandId::QUERY_SM, 20, 16),
        (CommandId::CANCEL_SM, 16, 16),
        (CommandId::REPLACE_SM, 16, 16),
        (CommandId::BROADCAST_SM, 17, 16),
        (CommandId::QUERY_BROADCAST_SM, 17, 16),
        (CommandId::CANCEL_BROADCAST_SM, 16, 16),
        (CommandId::BIND_RECEIVER, 17, 16),
        (CommandId(0x99), 16, 16),
    ] {
        assert_eq!(octets(CommandStatus::OK, Body::refusal(command_id)), ok);
        assert_eq!(octets(CommandStatus::SYSERR, Body::refusal(command_id)), error);
    }
}
