//! What data_coding 0 means, and how alphabets are told and written.

use serde_json::json;

use super::{between, carried_in, carried_out, submitted, without_receipts};
use crate::harness::ANI;

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
