//! Odd requests that Jasmin takes, and what it makes of them on the wire.

use std::time::Duration;

use serde_json::json;

use super::{id, shop};
use crate::harness::{PASSWORD, SOON, Texts};

// JS-4: octets are the SMSC's to judge
#[tokio::test]
async fn octets_of_ucs2_may_be_odd() {
    let (telco, _gateway, customer) = shop().await;
    let long = "ab".repeat(141);
    for (number, (query, parts)) in [
        ("hex-content=041404&coding=8", &[&b"\x04\x14\x04"[..]][..]),
        ("content=abc&coding=8", &[b"abc"]),
        (&format!("hex-content={long}&coding=8"), &[&[0xAB; 134], &[0xAB; 7]]),
    ]
    .into_iter()
    .enumerate()
    {
        let before = number;
        id(&customer.get("/send", &format!("to=628111&{query}")).await);
        telco.submits_when(before + parts.len(), SOON).await.unwrap();
        let sent: Vec<_> =
            telco.submits().split_off(before).into_iter().map(|submit| submit.message).collect();
        assert!(sent.iter().all(|message| message.data_coding == 8));
        let header = if parts.len() > 1 { 6 } else { 0 };
        let octets: Vec<_> = sent.iter().map(|message| &message.short_message[header..]).collect();
        assert_eq!(octets, parts, "{query}");
        let rate = format!("{{\"submit_sm_count\":{},\"unit_rate\":0.0}}", parts.len());
        assert_eq!(customer.get("/rate", &format!("to=628111&{query}")).await, (200, rate));
    }
}

// JS-39: source_addr has room for twenty octets, and Jasmin puts in it what it is told
#[tokio::test]
async fn a_sender_is_what_smpp_carries() {
    let (telco, _gateway, customer) = shop().await;
    for (number, (from, ton, octets)) in [
        ("ABCDEFGHIJKL", 5, &b"ABCDEFGHIJKL"[..]),
        ("ABCDEFGHIJKLMNOPQRST", 5, b"ABCDEFGHIJKLMNOPQRST"),
        ("%C3%A9t%C3%A9", 5, "été".as_bytes()),
        ("%20", 5, b" "),
        ("BANK", 5, b"BANK"),
        ("%2B4670123456", 1, b"4670123456"),
        ("", 0, b""),
    ]
    .into_iter()
    .enumerate()
    {
        id(&customer.get("/send", &format!("to=628111&content=x&from={from}")).await);
        telco.submits_when(number + 1, SOON).await.unwrap();
        let source = telco.submits().remove(number).message.source;
        assert_eq!((source.ton, &source.value[..]), (ton, octets), "{from}");
    }
    for (from, shown) in [("ABCDEFGHIJKLMNOPQRSTU", "ABCDEFGHIJKLMNOPQRSTU"), ("A%00B", "A\0B")] {
        let text = format!("Error \"Argument [from] has an invalid value: [{shown}].\"");
        assert_eq!(customer.get("/send", &format!("to=628111&content=x&from={from}")).await, (400, text));
    }
}

// JS-1: Twisted's `request.args` has forms of both kinds, and what is posted in place of the query
#[tokio::test]
async fn a_form_in_parts_is_a_form() {
    let (telco, _gateway, customer) = shop().await;
    let part = |name: &str, value: &str| {
        format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let all = [
        part("username", "shop"),
        part("password", PASSWORD),
        part("to", "628111"),
        part("content", "one & é"),
        part("content", "another"),
        "--x--\r\n".to_owned(),
    ];
    let kind = "multipart/form-data; boundary=x";
    id(&customer.post("/send?to=49&content=query", kind, &all.concat()).await);
    assert_eq!(telco.texts_when(1).await, ["one & é"]);
    let unknown = "Error \"Argument [foo] is unknown.\"".to_owned();
    let said = customer.post("/send", kind, &(part("foo", "") + &all.concat())).await;
    assert_eq!(said, (400, unknown));
    let nameless = customer.post("/send", "multipart/form-data", &all.concat()).await;
    assert_eq!(nameless, (400, "Error \"Unknown error: the form names no boundary\"".to_owned()));
}

// JS-1, JS-5, JS-7: expressions of Python do not see the end of line that `--data-urlencode to@file` leaves behind
#[tokio::test]
async fn an_end_of_line_behind_a_value_is_not_seen() {
    let (telco, _gateway, customer) = shop().await;
    let query = "to=628111%0A&coding=0%0A&priority=2%0A&validity-period=60%0A&tags=a%0A&content=x%0A";
    id(&customer.get("/send", query).await);
    telco.submits_when(1, SOON).await.unwrap();
    let sent = telco.submits().remove(0).message;
    assert_eq!((&sent.destination.value[..], sent.priority_flag), (&b"628111"[..], 2));
    assert_eq!(&sent.short_message[..], b"x\n");
}

// JS-7, JS-32: the validity begins when a batch is due
#[tokio::test]
async fn a_batch_that_waits_is_valid_from_when_it_is_due() {
    let (_telco, gateway, customer) = shop().await;
    let batch = json!({
        "globals": { "validity_period": 60, "sdt": "000000010000000R" },
        "messages": [{ "to": "628111", "content": "x" }], "batch_config": { "schedule_at": "86400s" },
    });
    let (status, said) = customer.rest("POST", "/secure/sendbatch", &batch.to_string()).await;
    assert_eq!(status, 200, "{said}");
    let found = gateway.caller("shop").search(&[]).await.body;
    let time = |name: &str| {
        let text = found["messages"][0][name].as_str().unwrap_or_else(|| panic!("{name}: {found}"));
        text.parse::<jiff::Timestamp>().unwrap()
    };
    let accepted = time("accepted_at");
    let after =
        |name: &str| Duration::try_from(time(name).duration_since(accepted)).unwrap().as_secs().div_ceil(60);
    assert_eq!((after("not_before"), after("expires_at")), (24 * 60 + 60, 24 * 60 + 120));
}

// JS-31: what is wrong with one message is told of that one
#[tokio::test]
async fn a_message_that_cannot_be_read_does_not_hold_up_its_batch() {
    let (telco, _gateway, customer) = shop().await;
    let batch = json!({ "globals": [], "messages": [
        { "to": "628111", "content": ["a"] }, { "to": "628222", "content": null }, { "to": "628333", "content": "x" },
    ]});
    let (status, said) = customer.rest("POST", "/secure/sendbatch", &batch.to_string()).await;
    assert!(status == 200 && said.contains("\"messageCount\":3"), "{said}");
    assert_eq!(telco.texts_when(1).await, ["x"]);
    let wrong =
        json!({ "messages": [{ "to": "628111", "content": "x" }], "batch_config": { "schedule_at": 5 } });
    assert_eq!(customer.rest("POST", "/secure/sendbatch", &wrong.to_string()).await.0, 412);
    assert_eq!(telco.submits().len(), 1);
}

// JS-1, JS-34: names of a query may have an underscore there, too
#[tokio::test]
async fn a_rate_by_rest_may_be_of_octets() {
    let (_telco, _gateway, customer) = shop().await;
    let (status, said) = customer.rest("GET", "/secure/rate?to=628111&hex_content=4142", "").await;
    assert_eq!((status, said.as_str()), (200, "{\"data\":{\"submit_sm_count\":1,\"unit_rate\":0.0}}"));
}
