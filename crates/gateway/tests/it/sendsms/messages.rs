//! What a request makes of its message.

use super::{Customer, shop, shop_with};
use crate::harness::{SOON, Texts};

/// data_coding, esm_class and body of what the queries make.
async fn made(customer: &Customer, telco: &simulator::Smsc, queries: &[&str]) -> Vec<(u8, u8, Vec<u8>)> {
    for (number, query) in queries.iter().enumerate() {
        customer.get(query).await.is_accepted();
        telco.submits_when(number + 1, SOON).await.unwrap();
    }
    let fields = |submit: &simulator::Submit| {
        (submit.message.data_coding, submit.message.esm_class & !3, submit.message.short_message.to_vec())
    };
    telco.submits().iter().map(fields).collect()
}

// KN-23: "`charset` default UTF-8 for coding 0; coding 2 default raw UTF-16BE, `charset` converts into it; coding unset → 0, or
// 1 if `udh` given. Empty or absent `text` is sent as empty."
#[tokio::test]
async fn texts_are_what_coding_and_charset_say() {
    let (telco, _gateway, customer) = shop().await;
    let made = made(
        &customer,
        &telco,
        &[
            "text=%C3%A4%E2%82%AC",
            "coding=0&text=%D0%94",
            "coding=2&text=%04%14",
            "coding=2&charset=UTF-8&text=%D0%94",
            "charset=latin1&text=%E4",
            "udh=%05%00%03%07%01%01&text=hi",
            "udh=%05%00%03%07%01%01&text=hi&coding=0",
            "text=",
            "",
            "coding=1&text=%00%FF",
            "udh=%00&text=x",
        ],
    )
    .await;
    let expected: [(u8, u8, &[u8]); 11] = [
        (0, 0, b"\x7b\x1b\x65"),
        (0, 0, b"?"),
        (8, 0, b"\x04\x14"),
        (8, 0, b"\x04\x14"),
        (0, 0, b"\x7b"),
        (4, 0x40, b"\x05\x00\x03\x07\x01\x01hi"),
        (0, 0x40, b"\x05\x00\x03\x07\x01\x01hi"),
        (0, 0, b""),
        (0, 0, b""),
        (4, 0, b"\x00\xff"),
        (4, 0x40, b"\x00x"),
    ];
    assert_eq!(made, expected.map(|(coding, class, body)| (coding, class, body.to_vec())));
}

// KN-23: octets that cannot be UCS-2
#[tokio::test]
async fn half_a_character_is_refused_by_name() {
    let (_telco, _gateway, customer) = shop().await;
    customer.get("coding=2&text=%04").await.is(400, "Charset or body misformed, rejected");
}

// A deliberate improvement: what no coding is said of is in the alphabet that has all of it.
#[tokio::test]
async fn a_text_of_which_nothing_is_said_loses_no_letter() {
    let (telco, _gateway, customer) = shop().await;
    customer.get("text=%D0%94%D0%B0").await.is_accepted();
    assert_eq!(telco.texts_when(1).await, ["Да"]);
}

// KN-25: "`mclass` forces 0xFX DCS; `mwi` overrides mclass; `priority` passed through."
#[tokio::test]
async fn classes_and_waiting_are_in_data_coding() {
    let (telco, _gateway, customer) = shop().await;
    let queries =
        ["text=x&mclass=0", "text=%00x&mclass=1&coding=2", "text=x&mwi=1&mclass=1", "text=x&alt-dcs=1"];
    let made = made(&customer, &telco, &queries).await;
    assert_eq!(made.iter().map(|(coding, ..)| *coding).collect::<Vec<_>>(), [0xF0, 0x19, 0xD9, 0xF1]);
    customer.get("text=x&priority=2&pid=5&rpi=1&binfo=ABCDEFG").await.is_accepted();
    telco.submits_when(5, SOON).await.unwrap();
    let message = &telco.submits()[4].message;
    assert_eq!((message.priority_flag, message.protocol_id, message.esm_class & 0x80), (2, 5, 0x80));
    assert_eq!(&message.service_type[..], b"ABCDE");
}

// KN-26: "Splitting: only up to `max-messages` (default 1 → silent truncation to 160/140 octets with 202); `concatenation` adds
// UDH 00 03 (ref, total, n)". Here nothing is cut unless the account says so.
#[tokio::test]
async fn long_texts_are_cut_where_the_account_says_so() {
    let long = format!("text={}", "a".repeat(500));
    for (keys, segments) in [("", 4), (", max_messages = 1", 1), (", max_messages = 3", 3)] {
        let (telco, gateway, customer) =
            shop_with(&format!("kannel = {{ default_sender = \"1\"{keys} }}")).await;
        customer.get(&long).await.is_accepted();
        telco.submits_when(segments, SOON).await.unwrap();
        gateway.settled().await;
        assert_eq!(telco.submits().len(), segments, "{keys}");
        let first = &telco.submits()[0].message.short_message;
        if segments > 1 {
            assert_eq!((&first[..3], first[4..6].to_vec()), (&b"\x05\x00\x03"[..], vec![segments as u8, 1]));
        } else {
            assert_eq!(first.len(), 160);
        }
    }
}

// KN-33: "registered_delivery: 1 if bit 1; 2 if only bit 2; +16 if bit 4; else 0" (1.4); a receipt is asked for where there is
// something to tell.
#[tokio::test]
async fn receipts_are_asked_for_by_the_mask() {
    let (telco, _gateway, customer) = shop().await;
    for (number, (query, wanted)) in
        [("", false), ("dlr-mask=8", false), ("dlr-mask=1", true), ("dlr-mask=31", true)]
            .into_iter()
            .enumerate()
    {
        customer.get(&format!("text=x&{query}")).await.is_accepted();
        telco.submits_when(number + 1, SOON).await.unwrap();
        let asked = telco.submits()[number].message.registered_delivery & 3 != 0;
        assert_eq!(asked, wanted, "{query}");
    }
}

// KN-44: "`header`, `footer`" (1.3): once around a text, also if it is long.
#[tokio::test]
async fn a_text_has_the_head_and_the_foot_of_its_account() {
    let keys = "kannel = { default_sender = \"1\", header = \"H:\", footer = \":F\" }";
    let (telco, _gateway, customer) = super::shop_with(keys).await;
    customer.get("text=hi").await.is_accepted();
    customer.get("text=hi&coding=0").await.is_accepted();
    assert_eq!(telco.texts_when(2).await, ["H:hi:F", "H:hi:F"]);
}

// KN-35: observed of Kannel 1.4.5, which writes a text in the alphabet that the data_coding of meta-data stands for.
#[tokio::test]
async fn a_data_coding_of_meta_data_says_what_a_text_is_in() {
    let (telco, _gateway, customer) = shop().await;
    let named = |number: u8, text: &str| format!("text={text}&meta-data=%3Fsmpp%3Fdata_coding%3D{number}");
    let queries = [
        named(8, "h%C3%A4"),
        named(3, "h%C3%A4"),
        named(240, "h%C3%A4"),
        named(8, "%D0%94"),
        format!("{}&coding=0", named(8, "h")),
        format!("{}&coding=1", named(8, "h")),
        format!("{}&mclass=1", named(8, "h")),
    ];
    let queries: Vec<&str> = queries.iter().map(String::as_str).collect();
    let made = made(&customer, &telco, &queries).await;
    let made: Vec<_> = made.iter().map(|(coding, _, body)| (*coding, &body[..])).collect();
    let expected: [(u8, &[u8]); 7] = [
        (8, b"\0h\0\xe4"),
        (3, b"h\xe4"),
        (240, b"h\x7b"),
        (8, b"\x04\x14"),
        (8, b"\0h"),
        (4, b"h"),
        (0xF1, b"h"),
    ];
    assert_eq!(made, expected);
}

// KN-35: overrides and TLVs of `meta-data`.
#[tokio::test]
async fn meta_data_says_what_a_submit_sm_has() {
    let keys = "kannel = { default_sender = \"1234\", tlv = [{ name = \"PE_ID\", tag = 0x1400 }] }";
    let (telco, _gateway, customer) = super::shop_with(keys).await;
    let meta = "%3Fsmpp%3FPE_ID%3D110%26source_addr_ton%3D3%26source_addr_npi%3D0%26dest_addr_ton%3D2%26data_coding%3D3";
    customer.get(&format!("text=hi&coding=0&meta-data={meta}")).await.is_accepted();
    telco.texts_when(1).await;
    let message = telco.submits().remove(0).message;
    assert_eq!((message.source.ton, message.source.npi, message.destination.ton), (3, 0, 2));
    assert_eq!((message.data_coding, message.tlvs.get(smpp::TlvTag(0x1400))), (3, Some(&b"110"[..])));
}
