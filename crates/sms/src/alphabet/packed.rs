//! Packed septets, the form of GSM 7-bit text on the air: 23.038 section 6.1.2.1.
//!
//! Septet n starts at bit 7n, low bit first. After a user data header the text starts at the next
//! septet boundary, with 0 to 6 fill bits before it (23.040 section 9.2.3.24).

use crate::split::SEGMENT_OCTETS_MAX;

/// Appends `septets` to `out`, packed, with the fill bits that a header of `header_octets` (its length
/// octet included, 0 for none) calls for. Bit 7 of each is ignored.
///
/// Whoever is not told how many septets there are reads seven spare bits as one more, so they are a carriage return,
/// which the reader takes off; a text that ends with one on an octet's boundary has another behind it, if the segment
/// has room (23.038 section 6.1.2.3.1).
pub fn pack(septets: &[u8], header_octets: usize, out: &mut Vec<u8>) {
    out.reserve(septets.len());
    let start = out.len();
    let mut pending = 0_u16;
    let mut bits = fill_bits(header_octets);
    for septet in septets {
        pending |= u16::from(septet & 0x7F) << bits;
        bits += 7;
        if bits >= 8 {
            out.push(pending as u8);
            pending >>= 8;
            bits -= 8;
        }
    }
    let is_full = header_octets + out.len() - start == SEGMENT_OCTETS_MAX;
    match (bits, septets.last()) {
        (_, None) => {}
        (0, Some(last)) if last & 0x7F == CARRIAGE_RETURN && !is_full => out.push(CARRIAGE_RETURN),
        (0, Some(_)) => {}
        (1, Some(_)) => out.push(pending as u8 | CARRIAGE_RETURN << 1),
        (_, Some(_)) => out.push(pending as u8),
    }
}

/// Appends the first `count` septets of packed `octets` to `out`, one octet each; fewer if the octets
/// do not hold as many. `header_octets` as for [`pack`].
pub fn unpack(octets: &[u8], header_octets: usize, count: usize, out: &mut Vec<u8>) {
    let fill = usize::from(fill_bits(header_octets));
    let held = (8 * octets.len()).saturating_sub(fill) / 7;
    let count = count.min(held);
    out.reserve(count);
    out.extend((0..count).map(|septet| {
        let bit = fill + 7 * septet;
        let octet = |at: usize| octets.get(at).map_or(0, |&octet| u16::from(octet));
        let pair = octet(bit / 8) | octet(bit / 8 + 1) << 8;
        (pair >> (bit % 8)) as u8 & 0x7F
    }));
}

/// Appends the septets of packed `octets` of which nobody says how many they are. `header_octets` as for [`pack`].
///
/// If the last fills its octet it is none of the text when it is a carriage return (23.038 section 6.1.2.3.1); nor when
/// it is 0, which is what many write in its place.
pub fn unpack_all(octets: &[u8], header_octets: usize, out: &mut Vec<u8>) {
    let start = out.len();
    unpack(octets, header_octets, usize::MAX, out);
    let bits = 7 * (out.len() - start) + usize::from(fill_bits(header_octets));
    if bits == 8 * octets.len() && matches!(out.get(start..), Some([.., 0 | CARRIAGE_RETURN])) {
        out.pop();
    }
}

/// How many bits come between a header of so many octets and the next septet boundary: 0 to 6.
#[must_use]
pub const fn fill_bits(header_octets: usize) -> u8 {
    // An octet is one bit more than a septet.
    ((7 - header_octets % 7) % 7) as u8
}

const CARRIAGE_RETURN: u8 = b'\r';

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn packed(septets: &[u8], header_octets: usize) -> Vec<u8> {
        let mut out = Vec::new();
        pack(septets, header_octets, &mut out);
        out
    }

    // G-3
    #[test]
    fn known_vectors() {
        assert_eq!(packed(b"Hello", 0), [0xC8, 0x32, 0x9B, 0xFD, 0x06]);
        assert_eq!(packed(b"Hello", 6), [0x90, 0x65, 0x36, 0xFB, 0x0D]);
        assert_eq!(packed(b"", 6), []);
    }

    fn unpacked(octets: &[u8], header_octets: usize) -> Vec<u8> {
        let mut out = Vec::new();
        unpack_all(octets, header_octets, &mut out);
        out
    }

    // G-3
    #[test]
    fn seven_spare_bits_are_a_carriage_return_that_is_no_text() {
        assert_eq!(packed(b"abcdefg", 0), [0x61, 0xF1, 0x98, 0x5C, 0x36, 0x9F, 0x1B]);
        assert_eq!(packed(b"abcdefg", 0)[6] >> 1, CARRIAGE_RETURN);
        assert_eq!(unpacked(&packed(b"abcdefg", 0), 0), b"abcdefg");
        assert_eq!(packed(b"", 6), [], "no text, nothing to fill");
        let zeros = [0x61, 0xF1, 0x98, 0x5C, 0x36, 0x9F, 0x01];
        assert_eq!(unpacked(&zeros, 0), b"abcdefg", "many fill with zeros");
    }

    // G-3
    #[test]
    fn a_carriage_return_that_ends_an_octet_has_another_behind_it() {
        assert_eq!(packed(b"abcdefg\r", 0), [0x61, 0xF1, 0x98, 0x5C, 0x36, 0x9F, 0x1B, 0x0D]);
        assert_eq!(unpacked(&packed(b"abcdefg\r", 0), 0), b"abcdefg\r\r", "which means the same");
        let full = [&[b'a'; 159][..], b"\r"].concat();
        assert_eq!(packed(&full, 0).len(), SEGMENT_OCTETS_MAX, "there is no room for it");
    }

    // G-3
    #[test]
    fn fill_bits_reach_the_next_septet() {
        for header_octets in 0..=140 {
            let fill = usize::from(fill_bits(header_octets));
            assert!(fill < 7 && (8 * header_octets + fill).is_multiple_of(7), "{header_octets}");
        }
    }

    // G-2
    #[test]
    fn a_full_part_is_140_octets() {
        assert_eq!(packed(&[0; 160], 0).len(), 140);
        assert_eq!(packed(&[0; 153], 6).len(), 134);
        assert_eq!(packed(&[0; 152], 7).len(), 133);
    }

    #[test]
    fn no_more_is_unpacked_than_is_there() {
        let mut out = Vec::new();
        unpack(&[0xC8, 0x32], 0, usize::MAX, &mut out);
        assert_eq!(out, b"He");
        unpack(&[], 6, 3, &mut out);
        assert_eq!(out, b"He");
    }

    proptest! {
        #[test]
        fn what_is_packed_is_unpacked(
            septets in prop::collection::vec(0_u8..128, 0..200),
            header_octets in 0_usize..140,
        ) {
            let mut out = Vec::new();
            unpack(&packed(&septets, header_octets), header_octets, septets.len(), &mut out);
            prop_assert_eq!(out, septets);
        }

        #[test]
        fn what_is_packed_is_unpacked_by_who_is_not_told_how_much_it_is(
            septets in prop::collection::vec(0_u8..128, 0..159),
            last in b'a'..=b'z',
            header_octets in 0_usize..7,
        ) {
            let septets = [septets, vec![last]].concat();
            prop_assert_eq!(unpacked(&packed(&septets, header_octets), header_octets), septets);
        }
    }
}
