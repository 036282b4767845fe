//! Receipts, read and rewritten in place: only the id in them changes.

use smpp::TlvTag;

/// A deliver_sm that is a receipt, in the parts that matter here (SMPP 3.4 section 4.6.1).
pub(crate) struct Receipt<'a> {
    /// All fields before sm_length.
    head: &'a [u8],
    /// The text behind its id, or all of it if it does not begin with one.
    text: &'a [u8],
    /// The id that the text begins with.
    text_id: Option<&'a [u8]>,
    /// The TLVs before and behind receipted_message_id.
    tlvs: [&'a [u8]; 2],
    /// receipted_message_id.
    tlv_id: Option<&'a [u8]>,
}

impl<'a> Receipt<'a> {
    /// Reads the body of a deliver_sm; `None` if it is malformed or no receipt.
    pub(crate) fn read(body: &'a [u8]) -> Option<Self> {
        let mut rest = body;
        c_string(&mut rest)?;
        for _ in ["source", "destination"] {
            octets(&mut rest, 2)?;
            c_string(&mut rest)?;
        }
        let kind = octets(&mut rest, 3)?.first()? & ESM_CLASS_TYPE;
        for _ in ["schedule_delivery_time", "validity_period"] {
            c_string(&mut rest)?;
        }
        octets(&mut rest, 4)?;
        let head = body.get(..body.len() - rest.len())?;
        let sm_length = *octets(&mut rest, 1)?.first()?;
        let text = octets(&mut rest, usize::from(sm_length))?;
        if kind != ESM_CLASS_RECEIPT {
            return None;
        }
        let (text_id, text) = split_text(text);
        let (tlvs, tlv_id) = split_tlvs(rest);
        Some(Self { head, text, text_id, tlvs, tlv_id })
    }

    /// The id that the message centre gave the message.
    pub(crate) fn remote_id(&self) -> Option<&'a [u8]> {
        self.tlv_id.or(self.text_id).filter(|id| !id.is_empty())
    }

    /// Hands `put` the parts of the body that is the same but for the id, which is at most 16 octets.
    pub(crate) fn rewritten<T>(&self, id: &[u8; 16], put: impl FnOnce(&[&[u8]]) -> T) -> T {
        let text_id: [&[u8]; 2] = if self.text_id.is_some() { [TEXT_START, id] } else { [b"", b""] };
        let before = text_id[0].len() + text_id[1].len();
        // The end of a text that grows too long is the excerpt of the message.
        let text = self.text.get(..SM_LENGTH_MAX - before).unwrap_or(self.text);
        let sm_length = [u8::try_from(before + text.len()).unwrap_or(u8::MAX)];
        let tlv_id: [&[u8]; 3] = if self.tlv_id.is_some() { [&ID_TLV, id, b"\0"] } else { [b"", b"", b""] };
        put(&[
            self.head,
            &sm_length,
            text_id[0],
            text_id[1],
            text,
            self.tlvs[0],
            tlv_id[0],
            tlv_id[1],
            tlv_id[2],
            self.tlvs[1],
        ])
    }
}

/// The id that the text of a receipt begins with (SMPP 3.4 appendix B), and what follows.
fn split_text(text: &[u8]) -> (Option<&[u8]>, &[u8]) {
    let Some(rest) = text.strip_prefix(TEXT_START) else { return (None, text) };
    let end = rest.iter().position(|&octet| octet == b' ').unwrap_or(rest.len());
    rest.split_at_checked(end).map_or((None, text), |(id, rest)| (Some(id), rest))
}

/// What is before and behind receipted_message_id, and the id in it (SMPP 3.4 section 5.3.2.12).
fn split_tlvs(all: &[u8]) -> ([&[u8]; 2], Option<&[u8]>) {
    let mut rest = all;
    while let Some((header, value)) = rest.split_first_chunk::<4>() {
        let [tag_high, tag_low, high, low] = *header;
        let length = usize::from(u16::from_be_bytes([high, low]));
        let Some((value, behind)) = value.split_at_checked(length) else { break };
        if u16::from_be_bytes([tag_high, tag_low]) == TlvTag::RECEIPTED_MESSAGE_ID.0 {
            let before = all.get(..all.len() - rest.len()).unwrap_or_default();
            return ([before, behind], value.split(|&octet| octet == 0).next());
        }
        rest = behind;
    }
    ([all, b""], None)
}

fn c_string<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let end = rest.iter().position(|&octet| octet == 0)?;
    octets(rest, end + 1)
}

fn octets<'a>(rest: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (taken, left) = rest.split_at_checked(count)?;
    *rest = left;
    Some(taken)
}

const TEXT_START: &[u8] = b"id:";
/// What sm_length can say.
const SM_LENGTH_MAX: usize = 255;
/// Tag and length of receipted_message_id with 16 octets and a NUL.
const ID_TLV: [u8; 4] = [0x00, 0x1E, 0, 17];
/// The message type in esm_class (SMPP 3.4 section 5.2.12).
const ESM_CLASS_TYPE: u8 = 0x3C;
const ESM_CLASS_RECEIPT: u8 = 0x04;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use bytes::{Bytes, BytesMut};
    use smpp::frame::HEADER_OCTETS;
    use smpp::{Address, Body, CommandStatus, Pdu, ShortMessage};

    use super::*;

    const OWN: [u8; 16] = *b"00000000000000ff";

    fn body(message: ShortMessage) -> Vec<u8> {
        let mut out = BytesMut::new();
        let pdu = Pdu { status: CommandStatus::OK, sequence: 1, body: Body::DeliverSm(message) };
        pdu.encode(&mut out).unwrap();
        out[HEADER_OCTETS..].to_vec()
    }

    fn rewritten(message: ShortMessage) -> ShortMessage {
        let body = body(message);
        let mut out = BytesMut::new();
        Receipt::read(&body).unwrap().rewritten(&OWN, |parts| {
            parts.iter().for_each(|part| out.extend_from_slice(part));
        });
        let frame = smpp::Frame {
            command_id: smpp::CommandId::DELIVER_SM,
            status: CommandStatus::OK,
            sequence: 1,
            body: out.freeze(),
        };
        match Pdu::decode(frame).unwrap().body {
            Body::DeliverSm(message) => message,
            other => panic!("{other:?}"),
        }
    }

    fn receipt(text: &'static [u8]) -> ShortMessage {
        ShortMessage {
            source: Address::new(1, 1, b"628123").unwrap(),
            destination: Address::new(0, 1, b"1234").unwrap(),
            esm_class: 0x04,
            short_message: Bytes::from_static(text),
            ..ShortMessage::default()
        }
    }

    //
    #[test]
    fn the_id_changes_in_text_and_tlv_and_nothing_else() {
        let mut message = receipt(b"id:77 sub:001 stat:DELIVRD text:hi");
        message.tlvs.push_u8(TlvTag::MESSAGE_STATE, 2);
        message.tlvs.push(TlvTag::RECEIPTED_MESSAGE_ID, b"77\0").unwrap();
        message.tlvs.push_u8(TlvTag::PAYLOAD_TYPE, 0);
        assert_eq!(Receipt::read(&body(message.clone())).unwrap().remote_id(), Some(&b"77"[..]));
        let told = rewritten(message.clone());
        assert_eq!(&told.short_message[..], b"id:00000000000000ff sub:001 stat:DELIVRD text:hi");
        assert_eq!(told.tlvs.receipted_message_id(), Some(&OWN[..]));
        assert_eq!((told.tlvs.message_state(), told.source), (Some(2), message.source));
    }

    #[test]
    fn either_id_is_enough() {
        let told = rewritten(receipt(b"id:77 stat:DELIVRD"));
        assert_eq!(&told.short_message[..], b"id:00000000000000ff stat:DELIVRD");
        assert!(told.tlvs.is_empty());
        let mut message = receipt(b"");
        message.tlvs.push(TlvTag::RECEIPTED_MESSAGE_ID, b"78\0").unwrap();
        assert_eq!(Receipt::read(&body(message.clone())).unwrap().remote_id(), Some(&b"78"[..]));
        assert!(rewritten(message).short_message.is_empty());
    }

    #[test]
    fn what_is_no_receipt_is_not_read_as_one() {
        let mobile_originated = ShortMessage { esm_class: 0, ..receipt(b"id:77 x") };
        assert!(Receipt::read(&body(mobile_originated)).is_none());
        let whole = body(receipt(b"id:77 x"));
        for cut in 0..whole.len() {
            assert!(Receipt::read(&whole[..cut]).is_none(), "{cut}");
        }
    }

    #[test]
    fn a_text_that_grows_too_long_loses_its_end() {
        let text = [&b"id:7 "[..], &[b'x'; 250]].concat();
        let told = rewritten(ShortMessage { short_message: text.into(), ..receipt(b"") });
        assert_eq!(told.short_message.len(), 255);
        assert!(told.short_message.starts_with(b"id:00000000000000ff x"));
    }
}
