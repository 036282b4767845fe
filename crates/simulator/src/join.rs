//! Join: the segments of a long message into one body again.

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};
use smpp::{CString, ShortMessage};
use sms::udh::Reference;
use sms::{Tables, UserDataHeader};

/// UDHI, bit 6 of esm_class: the body starts with a user data header.
pub(crate) const UDHI: u8 = 0x40;

/// Keeps segments until their message is whole (23.040 section 9.2.3.24.1; SMPP 3.4 section 5.3.2.22).
///
/// Of messages that are not whole it keeps the newest [`OPEN_MAX`].
#[derive(Default)]
pub(crate) struct Joiner {
    open: VecDeque<Open>,
}

impl Joiner {
    /// Takes a segment, and gives back the body of its message, without headers, if it is whole now.
    pub(crate) fn add(&mut self, message: &ShortMessage) -> Option<Bytes> {
        let (part, body) = Part::of(message);
        let Some(part) = part else { return Some(Bytes::copy_from_slice(&body)) };
        let at =
            self.open.iter().position(|open| open.key == part.key).unwrap_or_else(|| self.begin(part.key));
        let open = self.open.get_mut(at)?;
        open.fill(part.number, &body);
        if open.missing > 0 {
            return None;
        }
        self.open.remove(at).map(Open::whole)
    }

    fn begin(&mut self, key: Key) -> usize {
        if self.open.len() >= OPEN_MAX {
            self.open.pop_front();
        }
        let total = usize::from(key.total);
        self.open.push_back(Open { key, parts: vec![None; total], missing: total });
        self.open.len() - 1
    }
}

/// What a segment carries, wherever it stands, without its user data header. A header that is broken
/// stays.
pub(crate) fn text_of(message: &ShortMessage) -> Bytes {
    let body = body_of(message);
    match message.esm_class & UDHI {
        0 => body,
        _ => UserDataHeader::parse(&body).map_or_else(|_| body.clone(), |(_, text)| body.slice_ref(text)),
    }
}

/// The national tables that its text is read by.
pub(crate) fn tables_of(message: &ShortMessage) -> Tables {
    let body = body_of(message);
    match UserDataHeader::parse(&body) {
        Ok((header, _)) if message.esm_class & UDHI != 0 => header.tables(),
        _ => Tables::DEFAULT,
    }
}

fn body_of(message: &ShortMessage) -> Bytes {
    if message.short_message.is_empty() {
        message.tlvs.message_payload().unwrap_or_default()
    } else {
        message.short_message.clone()
    }
}

/// A message of which segments are missing.
struct Open {
    key: Key,
    parts: Vec<Option<Bytes>>,
    missing: usize,
}

impl Open {
    /// A segment that is there already is not taken again.
    fn fill(&mut self, number: u8, body: &[u8]) {
        let at = usize::from(number).wrapping_sub(1);
        if let Some(part @ None) = self.parts.get_mut(at) {
            *part = Some(Bytes::copy_from_slice(body));
            self.missing -= 1;
        }
    }

    fn whole(self) -> Bytes {
        let mut body = BytesMut::new();
        for part in self.parts.iter().flatten() {
            body.extend_from_slice(part);
        }
        body.freeze()
    }
}

/// What the segments of one message have in common.
#[derive(Clone, PartialEq, Eq)]
struct Key {
    source: CString<20>,
    destination: CString<20>,
    reference: Shared,
    total: u8,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Shared {
    Header(Reference),
    Tlv(u16),
}

/// Which segment of which message this is.
struct Part {
    key: Key,
    number: u8,
}

impl Part {
    /// The segment, unless the message is whole by itself, and its text.
    fn of(message: &ShortMessage) -> (Option<Self>, Bytes) {
        let body = body_of(message);
        let key = |reference, total| Key {
            source: message.source.value.clone(),
            destination: message.destination.value.clone(),
            reference,
            total,
        };
        if message.esm_class & UDHI != 0
            && let Ok((header, text)) = UserDataHeader::parse(&body)
        {
            let part =
                header.concatenation().filter(|concatenation| concatenation.total > 1).map(|concatenation| {
                    let reference = Shared::Header(concatenation.reference);
                    Self { key: key(reference, concatenation.total), number: concatenation.number }
                });
            return (part, body.slice_ref(text));
        }
        let tlvs = &message.tlvs;
        let part = match (tlvs.sar_msg_ref_num(), tlvs.sar_total_segments(), tlvs.sar_segment_seqnum()) {
            (Some(reference), Some(total @ 2..), Some(number)) if (1..=total).contains(&number) => {
                Some(Self { key: key(Shared::Tlv(reference), total), number })
            }
            _ => None,
        };
        (part, body)
    }
}

/// How many messages may be open at a time.
const OPEN_MAX: usize = 64;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use smpp::{Address, TlvTag};

    use super::*;

    fn segment(reference: u8, number: u8, text: &[u8]) -> ShortMessage {
        ShortMessage {
            source: Address::new(1, 1, b"628111").unwrap(),
            esm_class: UDHI,
            short_message: [&[5, 0, 3, reference, 2, number], text].concat().into(),
            ..ShortMessage::default()
        }
    }

    // N-1, N-3
    #[test]
    fn segments_come_in_any_order_and_twice() {
        let mut joiner = Joiner::default();
        assert_eq!(joiner.add(&segment(1, 2, b"world")), None);
        assert_eq!(joiner.add(&segment(2, 1, b"other")), None);
        assert_eq!(joiner.add(&segment(1, 2, b"again")), None);
        assert_eq!(joiner.add(&segment(1, 1, b"hello ")).as_deref(), Some(&b"hello world"[..]));
        assert_eq!(joiner.open.len(), 1);
    }

    // N-1
    #[test]
    fn segments_by_tlv_are_joined_too() {
        let by_tlv = |number, text: &'static [u8]| {
            let mut message = ShortMessage { short_message: text.into(), ..ShortMessage::default() };
            message.tlvs.push_u16(TlvTag::SAR_MSG_REF_NUM, 7);
            message.tlvs.push_u8(TlvTag::SAR_TOTAL_SEGMENTS, 2);
            message.tlvs.push_u8(TlvTag::SAR_SEGMENT_SEQNUM, number);
            message
        };
        let mut joiner = Joiner::default();
        assert_eq!(joiner.add(&by_tlv(1, b"ab")), None);
        assert_eq!(joiner.add(&by_tlv(2, b"cd")).as_deref(), Some(&b"abcd"[..]));
    }

    #[test]
    fn what_is_whole_passes_at_once() {
        let mut payload = ShortMessage::default();
        payload.tlvs.push(TlvTag::MESSAGE_PAYLOAD, b"long").unwrap();
        let broken =
            ShortMessage { esm_class: UDHI, short_message: b"\xFFx"[..].into(), ..ShortMessage::default() };
        let mut joiner = Joiner::default();
        assert_eq!(joiner.add(&payload).as_deref(), Some(&b"long"[..]));
        assert_eq!(joiner.add(&broken).as_deref(), Some(&b"\xFFx"[..]));
    }

    #[test]
    fn the_oldest_open_message_gives_way() {
        let mut joiner = Joiner::default();
        for reference in 0..=OPEN_MAX as u8 {
            assert_eq!(joiner.add(&segment(reference, 1, b"a")), None);
        }
        assert_eq!(joiner.open.len(), OPEN_MAX);
        assert_eq!(joiner.add(&segment(0, 2, b"b")), None, "its first part is gone");
    }
}
