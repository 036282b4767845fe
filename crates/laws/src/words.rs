//! What stands inside of PDUs: headers of user data, receipts and times are read or refused, and what is
//! written is read.

use sms::udh::{Concatenation, Waiting};
use sms::{ReceiptText, State, Timestamp, UserDataHeader, format_smpp_time, parse_receipt, parse_smpp_time};

/// A header's elements are its octets, in their order and bit for bit, or it is broken.
///
/// The octets are a body that begins with a header.
pub fn udh(octets: &[u8]) {
    let Ok((header, text)) = UserDataHeader::parse(octets) else { return };
    assert_eq!(header.octets() + text.len(), octets.len());
    let mut again = vec![octets[0]];
    for element in header.elements() {
        again.extend([element.id, u8::try_from(element.data.len()).unwrap()]);
        again.extend_from_slice(element.data);
        if let Some(said) = Concatenation::of(element) {
            assert!(again.ends_with(&said.encode()));
        }
        if let Some(said) = Waiting::of(element) {
            assert!(again.ends_with(&said.encode()));
        }
    }
    assert_eq!(again, octets[..header.octets()]);
    if let Some(said) = header.concatenation() {
        assert!((1..=said.total).contains(&said.number));
    }
}

/// Whatever a receipt says is read or refused; one of ours about such a text is read as it was meant.
///
/// The octets are the text of a receipt, and then that of a message.
pub fn receipts(octets: &[u8]) {
    if let Some(receipt) = parse_receipt(octets) {
        assert!(!format!("{receipt:?}").is_empty());
    }
    let error = octets.iter().map(|&octet| u32::from(octet)).sum::<u32>() % 1000;
    let ours = ReceiptText {
        id: b"0000012345",
        submitted: 1,
        delivered: 1,
        submit_date: Timestamp(MAY_2012_MS),
        done_date: Timestamp(MAY_2012_MS),
        state: State::Delivered,
        error,
        text: octets,
    };
    let mut said = vec![];
    ours.write(&mut said);
    let read = parse_receipt(&said).unwrap();
    assert_eq!(read.id.as_deref(), Some(ours.id));
    assert_eq!((read.state, read.error), (Some(ours.state), Some(error)));
    assert_eq!((read.submitted_at, read.done_at), (Some(ours.submit_date), Some(ours.done_date)));
}

/// A time is read or refused; a span never ends before it began, and an instant is written as it was.
///
/// The first eight octets are the milliseconds of now, the rest is the time.
pub fn times(octets: &[u8]) {
    let Some((now, text)) = octets.split_first_chunk::<8>() else { return };
    let now = Timestamp(u64::from_be_bytes(*now));
    let Ok(Some(instant)) = parse_smpp_time(text, now) else { return };
    if text.ends_with(b"R") {
        assert!(instant >= now);
    }
    if CENTURY_MS.contains(&instant.0) {
        let tenth = Timestamp(instant.0 / 100 * 100);
        assert_eq!(parse_smpp_time(format_smpp_time(instant).as_bytes(), now), Ok(Some(tenth)));
    }
}

/// 2012-05-17T08:30:00Z.
const MAY_2012_MS: u64 = 1_337_243_400_000;
/// The years 2000 to 2099, which a time of SMPP can say.
const CENTURY_MS: std::ops::Range<u64> = 946_684_800_000..4_102_444_800_000;
