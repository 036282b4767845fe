//! What data_coding 0 means, and how alphabets are told and written.

use bytes::Bytes;
use serde_json::json;
use smpp::{ShortMessage, TlvTag};

use super::{between, carried_in, carried_out, submitted, to_ani, without_receipts};
use crate::harness::{ANI, SOON};

/// "à{€" in the GSM alphabet.
const GSM: &[u8] = b"\x7F\x1B(\x1Be";

#[tokio::test]
async fn by_default_everything_is_as_the_standard_has_it() {
    // C-2, C-3
    for (data_coding, body) in
        [(0, GSM), (1, b"{"), (3, b"\xE0"), (8, b"\x04\x34"), (4, b"\0\xFF"), (0xF5, b"\x01")]
    {
        let expected = (data_coding, body.to_vec());
        assert_eq!(carried_out("", data_coding, body).await, expected);
        assert_eq!(carried_in("", data_coding, body).await, expected);
    }
}

#[tokio::test]
async fn latin_1_default() {
    // C-3
    let profile = "profile = \"latin-1-default\"";
    assert_eq!(carried_out(profile, 0, b"\x7F\x1B(").await, (0, b"\xE0{".to_vec()));
    assert_eq!(carried_out(profile, 3, b"\xE7").await, (0, b"\xE7".to_vec()));
    // The euro sign is in GSM and not in Latin-1.
    assert_eq!(carried_out(profile, 0, b"a\x1Be").await, (8, b"\0a\x20\xAC".to_vec()));
    assert_eq!(carried_out(profile, 8, b"\x04\x34").await, (8, b"\x04\x34".to_vec()));
    assert_eq!(carried_in(profile, 0, b"\xE7\xE0").await, (3, b"\xE7\xE0".to_vec()));
    // A class says its alphabet itself.
    assert_eq!(carried_in(profile, 0xF1, b"\x7F").await, (0xF1, b"\x7F".to_vec()));
}

#[tokio::test]
async fn ascii_default() {
    // C-3
    let profile = "profile = \"ascii-default\"";
    assert_eq!(carried_out(profile, 0, b"\x1B(a\x11").await, (0, b"{a_".to_vec()));
    assert_eq!(carried_in(profile, 0, b"{a_").await, (1, b"{a_".to_vec()));
}

#[tokio::test]
async fn utf_8_default() {
    // C-3
    let profile = "profile = \"utf-8-default\"";
    assert_eq!(carried_out(profile, 0, b"\x1Be").await, (0, "€".as_bytes().to_vec()));
    assert_eq!(carried_in(profile, 0, "д".as_bytes()).await, (8, b"\x04\x34".to_vec()));
}

#[tokio::test]
async fn gsm_as_1() {
    // C-2, C-3
    let profile = "profile = \"gsm-as-1\"";
    assert_eq!(carried_out(profile, 0, GSM).await, (1, GSM.to_vec()));
    // ASCII has no data_coding there any more.
    assert_eq!(carried_out(profile, 1, b"{").await, (1, b"\x1B(".to_vec()));
    assert_eq!(carried_in(profile, 1, GSM).await, (0, GSM.to_vec()));
}

#[tokio::test]
async fn other_numbers_for_ucs_2_and_data() {
    // C-2
    let ucs2 = "profile = \"ucs-2-as-0x18\"";
    assert_eq!(carried_out(ucs2, 8, b"\x04\x34").await, (0x18, b"\x04\x34".to_vec()));
    assert_eq!(carried_in(ucs2, 0x18, b"\x04\x34").await, (8, b"\x04\x34".to_vec()));
    for (profile, number) in [("data-as-2", 2), ("data-as-0xf5", 0xF5)] {
        let profile = format!("profile = \"{profile}\"");
        assert_eq!(carried_out(&profile, 4, b"\0\xFF").await, (number, b"\0\xFF".to_vec()));
        assert_eq!(carried_out(&profile, 2, b"\0\xFF").await, (number, b"\0\xFF".to_vec()));
    }
}

#[tokio::test]
async fn packed_only_when_asked_for() {
    // G-3, C-3
    let packed = b"\xC8\x32\x9B\xFD\x06";
    assert_eq!(carried_out("", 0, b"Hello").await, (0, b"Hello".to_vec()));
    let profile = "profile = \"packed-7-bit\"";
    assert_eq!(carried_out(profile, 0, b"Hello").await, (0, packed.to_vec()));
    assert_eq!(carried_out(profile, 8, b"\x04\x34").await, (8, b"\x04\x34".to_vec()));
    assert_eq!(carried_in(profile, 0, packed).await, (0, b"Hello".to_vec()));
    // Seven septets and a carriage return in place of seven spare bits.
    assert_eq!(carried_in(profile, 0, b"\xE1\x70\x38\x1C\x0E\x87\x1B").await, (0, b"aaaaaaa".to_vec()));
}

#[tokio::test]
async fn little_endian_ucs_2() {
    // C-3
    let profile = "profile = \"little-endian-ucs-2\"";
    assert_eq!(carried_out(profile, 8, b"\x04\x34").await, (8, b"\x34\x04".to_vec()));
    assert_eq!(carried_in(profile, 8, b"\x34\x04").await, (8, b"\x04\x34".to_vec()));
}

#[tokio::test]
async fn several_profiles_and_a_key_of_its_own() {
    let profile = "profile = [\"latin-1-default\", \"ucs-2-as-0x18\"]\nucs2_order = \"little\"";
    // Of what both say, the later counts: Latin-1 is 3 again.
    assert_eq!(carried_out(profile, 3, b"\xE7").await, (3, b"\xE7".to_vec()));
    assert_eq!(carried_out(profile, 8, b"\x04\x34").await, (0x18, b"\x34\x04".to_vec()));
    assert_eq!(carried_out(profile, 0, b"\x7F").await, (0, b"\xE0".to_vec()));
}

#[tokio::test]
async fn a_text_by_http_is_written_for_the_link() {
    // C-3
    let telco = without_receipts().await;
    let (gateway, _bank) = between(&telco, "profile = \"latin-1-default\"").await;
    for text in ["à{", "€"] {
        gateway.caller("bank").post(json!({ "to": ANI, "from": "BANK", "text": text })).await.id();
    }
    let messages = submitted(&telco, 2).await;
    let written = messages.iter().map(|message| (message.data_coding, message.short_message.to_vec()));
    assert_eq!(written.collect::<Vec<_>>(), [(0, b"\xE0{".to_vec()), (8, b"\x20\xAC".to_vec())]);
}

#[tokio::test]
async fn a_long_text_that_the_default_alphabet_lacks_goes_in_one_coding() {
    // C-3, N-1: decided before it is split.
    let euro = [&[b'a'; 99][..], b"\x1Be"].concat();
    let long = [&[b'a'; 299][..], b"\x1Be"].concat();
    for profile in ["latin-1-default", "ascii-default"] {
        let telco = without_receipts().await;
        let handset = telco.handset(ANI);
        let (_gateway, bank) = between(&telco, &format!("profile = \"{profile}\"")).await;
        bank.submit_pdu(to_ani(0, &euro)).await.unwrap();
        let mut payload = to_ani(0, b"");
        payload.tlvs.push(TlvTag::MESSAGE_PAYLOAD, &long).unwrap();
        bank.submit_pdu(payload).await.unwrap();
        let codings = submitted(&telco, 2 + 5).await.into_iter().map(|message| message.data_coding);
        assert_eq!(codings.collect::<Vec<_>>(), [8; 7]);
        for letters in [99, 299] {
            let text = handset.next_message(SOON).await.unwrap().text;
            assert_eq!(text, format!("{}€", "a".repeat(letters)));
        }
    }
}

#[tokio::test]
async fn a_long_text_that_the_default_alphabet_has_stays_in_it() {
    // C-3, N-1
    let telco = without_receipts().await;
    let (_gateway, bank) = between(&telco, "profile = \"latin-1-default\"").await;
    bank.submit_pdu(to_ani(0, &[5; 200])).await.unwrap();
    let parts = submitted(&telco, 2).await;
    let said = parts.iter().map(|part| (part.data_coding, part.short_message.slice(6..)));
    let latin = |count: usize| (0, Bytes::from(vec![0xE9; count]));
    assert_eq!(said.collect::<Vec<_>>(), [latin(153), latin(47)]);
}

#[tokio::test]
async fn a_whole_message_for_another_alphabet_is_in_one_coding_too() {
    // C-3, O-1
    let telco = without_receipts().await;
    let (_gateway, bank) = between(&telco, "profile = [\"latin-1-default\", \"message-payload\"]").await;
    bank.submit_pdu(to_ani(0, &[0x10; 200])).await.unwrap();
    let message = submitted(&telco, 1).await.remove(0);
    assert_eq!((message.data_coding, message.tlvs.message_payload().unwrap().len()), (8, 400));
}

#[tokio::test]
async fn what_stands_in_the_header_stays_when_the_text_is_rewritten() {
    // C-3, U-1: the ports stay, the table for Turkish goes.
    let telco = without_receipts().await;
    let (_gateway, bank) = between(&telco, "profile = \"latin-1-default\"").await;
    let header = b"\x09\x05\x04\x3E\x80\x00\x07\x25\x01\x01";
    let body = [&header[..], b"\x10", &[b'a'; 79]].concat();
    bank.submit_pdu(ShortMessage { esm_class: 0x40, ..to_ani(0, &body) }).await.unwrap();
    for message in submitted(&telco, 2).await {
        assert_eq!((message.data_coding, message.esm_class & 0x40), (8, 0x40));
        assert_eq!(&message.short_message[..7], b"\x0B\x05\x04\x3E\x80\x00\x07");
    }
}

#[tokio::test]
async fn a_part_that_its_sender_cut_stays_readable_where_it_can() {
    // C-3, N-1
    let telco = without_receipts().await;
    let (_gateway, bank) = between(&telco, "profile = \"latin-1-default\"").await;
    let header = |number| [5, 0, 3, 7, 3, number];
    let part = |number, text: &[u8]| ShortMessage {
        esm_class: 0x40,
        ..to_ani(0, &[&header(number)[..], text].concat())
    };
    bank.submit_pdu(part(1, &[5; 153])).await.unwrap();
    bank.submit_pdu(part(2, &[0x10; 67])).await.unwrap();
    let mut by_tlv = to_ani(0, &[0x10; 67]);
    by_tlv.tlvs.push_u16(TlvTag::SAR_MSG_REF_NUM, 7);
    by_tlv.tlvs.push_u8(TlvTag::SAR_TOTAL_SEGMENTS, 3);
    by_tlv.tlvs.push_u8(TlvTag::SAR_SEGMENT_SEQNUM, 3);
    bank.submit_pdu(by_tlv).await.unwrap();
    let parts = submitted(&telco, 3).await;
    let said = parts.iter().map(|part| (part.data_coding, part.short_message.to_vec()));
    let delta = [0x03, 0x94].repeat(67);
    let expected = [
        (0, [&header(1)[..], &[0xE9; 153]].concat()),
        (8, [&header(2)[..], &delta].concat()),
        (8, delta.clone()),
    ];
    assert_eq!(said.collect::<Vec<_>>(), expected);
}
