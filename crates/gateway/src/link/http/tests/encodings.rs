//! Bodies that come with a Content-Encoding, and what is said of the rate.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::*;

const MESSAGE: &[u8] = br#"{"to": "628111000111", "text": "hello"}"#;

fn zipped(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

async fn post_zipped(desk: &Desk, body: Vec<u8>) -> Answer {
    post_coded(desk, "gzip", body).await
}

async fn post_coded(desk: &Desk, coding: &str, body: Vec<u8>) -> Answer {
    let request = Request::post("/v1/messages")
        .header("authorization", basic("bank:hunter22"))
        .header("content-type", "application/json")
        .header("content-encoding", coding);
    desk.ask(request.body(body.into()).unwrap()).await
}

#[tokio::test]
async fn a_zipped_message_is_taken() {
    let desk = Desk::open();
    let answer = post_zipped(&desk, zipped(MESSAGE)).await;
    assert_eq!(answer.status, 202, "{}", answer.body);
    assert_eq!(desk.kept().concat().len(), 1);
}

#[tokio::test]
async fn identity_is_no_coding() {
    let desk = Desk::open();
    for name in ["identity", "Identity"] {
        let answer = post_coded(&desk, name, MESSAGE.to_vec()).await;
        assert_eq!(answer.status, 202, "{}", answer.body);
    }
}

// RFC 9110, 8.4.1: names of codings know no case, and x-gzip is gzip. RFC 1952, 2.2: members follow each other.
#[tokio::test]
async fn gzip_has_two_names_in_any_case_and_may_come_in_members() {
    let desk = Desk::open();
    let (one, other) = MESSAGE.split_at(10);
    for (name, body) in [
        ("GZIP", zipped(MESSAGE)),
        ("x-gzip", zipped(MESSAGE)),
        ("gzip", [zipped(one), zipped(other)].concat()),
        ("gzip", [zipped(b""), zipped(MESSAGE)].concat()),
    ] {
        let answer = post_coded(&desk, name, body).await;
        assert_eq!(answer.status, 202, "{name}: {}", answer.body);
    }
    let junk = [zipped(MESSAGE), b"junk".to_vec()].concat();
    assert_eq!(post_coded(&desk, "gzip", junk).await.problem(), problem(400, "broken_body"));
    for name in ["gzip, gzip", "br", "deflate", ""] {
        let twice = post_coded(&desk, name, zipped(&zipped(MESSAGE))).await;
        assert_eq!(twice.problem(), problem(415, "unsupported_media_type"), "{name}");
    }
    assert_eq!(desk.kept().concat().len(), 4);
}

// ABU-15
#[tokio::test]
async fn a_zip_bomb_is_not_inflated_beyond_the_limit() {
    let desk = Desk::open();
    let whole = zipped(&vec![b' '; 32 << 20]);
    assert!(whole.len() < 64 << 10, "{}", whole.len());
    // Behind the limit the octets are no gzip any more: who went on would find out.
    let mut broken = whole;
    broken.truncate(16 << 10);
    broken.extend([0xff; 1024]);
    assert_eq!(post_zipped(&desk, broken).await.problem(), problem(413, "body_too_large"));
}

#[tokio::test]
async fn what_is_not_gzip_is_a_broken_body() {
    let desk = Desk::open();
    let half = {
        let mut whole = zipped(MESSAGE);
        whole.truncate(20);
        whole
    };
    for body in [b"{}".to_vec(), half] {
        assert_eq!(post_zipped(&desk, body).await.problem(), problem(400, "broken_body"));
    }
    assert!(desk.kept().is_empty());
}

#[tokio::test]
async fn who_has_a_rate_learns_what_is_left_of_it() {
    let desk = Desk::open();
    let message = r#"{"to": "628111000111", "from": "SHOP", "text": "hello"}"#;
    let full = desk.get("/v1/messages", Some("shop:hunter33")).await;
    assert_eq!(full.header("ratelimit-policy"), Some("\"messages\";q=1;w=1"));
    assert_eq!(full.header("ratelimit"), Some("\"messages\";r=1;t=0"));
    let taken = desk.post("shop:hunter33", message).await;
    assert_eq!((taken.status.as_u16(), taken.header("ratelimit")), (202, Some("\"messages\";r=0;t=1")));
    let throttled = desk.post("shop:hunter33", message).await;
    assert_eq!(throttled.problem(), problem(429, "throttled"));
    assert_eq!(throttled.header("retry-after"), Some("1"));
    assert_eq!(throttled.header("ratelimit"), Some("\"messages\";r=0;t=1"));
}

#[tokio::test]
async fn of_no_rate_and_to_strangers_nothing_is_said() {
    let desk = Desk::open();
    for login in ["bank:hunter22", "shop:wrong"] {
        let answer = desk.get("/v1/messages", Some(login)).await;
        assert_eq!((answer.header("ratelimit-policy"), answer.header("ratelimit")), (None, None), "{login}");
    }
}
