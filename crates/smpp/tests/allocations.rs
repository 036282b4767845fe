//! How often memory is taken for a PDU: at most once to decode it, never to encode it into a buffer that is
//! used again.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::hint::black_box;
use std::path::Path;

use bytes::BytesMut;
use smpp::{Pdu, frame};

const PDU_OCTETS_MAX: usize = 16 * 1024;

/// Every golden PDU and its octets.
fn golden() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden");
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let hex = paths.filter(|path| path.extension().is_some_and(|extension| extension == "hex"));
    hex.map(|path| {
        let digits: Vec<u8> = fs::read(&path).unwrap().into_iter().filter(u8::is_ascii_hexdigit).collect();
        let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        (name, digits.chunks(2).map(pair).collect())
    })
    .collect()
}

fn allocations(action: impl FnOnce()) -> u64 {
    allocation_counter::measure(action).count_total
}

#[test]
fn a_pdu_is_decoded_with_at_most_one_allocation() {
    for (name, octets) in golden() {
        let mut buffer = BytesMut::from(&octets[..]);
        let taken = allocations(|| {
            let frame = frame::next(&mut buffer, PDU_OCTETS_MAX).unwrap().unwrap();
            black_box(Pdu::decode(frame).unwrap());
        });
        assert!(taken <= 1, "{name}: {taken}");
    }
}

#[test]
fn a_hundred_pdus_of_one_read_are_decoded_with_one_allocation() {
    for (name, octets) in golden() {
        let mut buffer = BytesMut::from(&octets.repeat(100)[..]);
        let mut pdus = Vec::with_capacity(100);
        let taken = allocations(|| {
            while let Some(frame) = frame::next(&mut buffer, PDU_OCTETS_MAX).unwrap() {
                pdus.push(Pdu::decode(frame).unwrap());
            }
        });
        assert_eq!(pdus.len(), 100);
        assert!(taken <= 1, "{name}: {taken}");
    }
}

#[test]
fn a_pdu_is_encoded_into_a_buffer_that_is_used_again_without_any_allocation() {
    let mut out = BytesMut::with_capacity(PDU_OCTETS_MAX);
    for (name, octets) in golden() {
        let frame = frame::next(&mut BytesMut::from(&octets[..]), PDU_OCTETS_MAX).unwrap().unwrap();
        let pdu = Pdu::decode(frame).unwrap();
        out.clear();
        let taken = allocations(|| {
            for _ in 0..10 {
                out.clear();
                pdu.encode(&mut out).unwrap();
            }
        });
        assert_eq!((taken, &out[..]), (0, &octets[..]), "{name}");
    }
}
