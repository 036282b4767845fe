//! Handing messages in.

use sms::{Direction, Priority, ReceiptRequest};
use store::StoreError;

use super::*;

const BANK: &str = "bank:hunter22";

#[tokio::test]
async fn a_message_is_taken_over_when_it_is_kept() {
    let desk = Desk::open();
    let answer = desk.post(BANK, r#"{"to":"+6281234567890","from":"BANK","text":"halo"}"#).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    let kept = desk.kept();
    let [entry] = &kept[0][..] else { panic!("one message") };
    let message = &entry.message;
    let expected = serde_json::json!({
        "id": message.id.to_string(), "state": "enroute", "segments": 1, "to": "6281234567890",
    });
    assert_eq!(answer.json(), expected);
    assert_eq!(answer.header("location"), Some(format!("/v1/messages/{}", message.id).as_str()));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!((message.origin.as_str(), entry.target.as_str()), ("bank", "telco-a"));
    assert_eq!((message.direction, message.receipt), (Direction::Mt, ReceiptRequest::TRACKED));
}

#[tokio::test]
async fn an_account_with_one_source_need_not_name_it() {
    let desk = Desk::open();
    let long = "x".repeat(200);
    let answer = desk.post(BANK, format!(r#"{{"to":"6281234567890","text":"{long}"}}"#)).await;
    assert_eq!(answer.json()["segments"], 2);
    assert_eq!(desk.kept()[0][0].message.source.text(), "BANK");
}

#[tokio::test]
async fn an_array_is_kept_in_one_batch_and_answered_one_by_one() {
    let desk = Desk::open();
    let body = r#"[
        {"to":"6281234567890","text":"a"},
        {"to":"441234567890","text":"b"},
        {"to":"6281234567891","text":"c","binary":"00"},
        {"to":"6281234567892","text":"d","priority":"urgent"}
    ]"#;
    let answer = desk.post(BANK, body).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    let kept = desk.kept();
    assert_eq!(kept.len(), 1);
    let ids: Vec<String> = kept[0].iter().map(|entry| entry.message.id.to_string()).collect();
    let json = answer.json();
    assert_eq!((&json[0]["id"], &json[3]["id"]), (&ids[0].clone().into(), &ids[1].clone().into()));
    assert_eq!((&json[1]["to"], &json[1]["problem"]["code"]), (&"441234567890".into(), &"no_route".into()));
    assert_eq!(json[2]["problem"]["field"], "binary");
    assert_eq!(kept[0][1].message.priority, Priority::URGENT);
}

#[tokio::test]
async fn an_array_of_which_nothing_is_taken_over_is_no_success() {
    let desk = Desk::open();
    let answer = desk.post(BANK, r#"[{"to":"441234567890","text":"b"}]"#).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(answer.json()[0]["problem"]["code"], "no_route");
    assert!(desk.kept().is_empty());
}

#[tokio::test]
async fn the_query_can_carry_a_text() {
    let desk = Desk::open();
    let path = "/v1/send?account=bank&password=hunter22&to=6281234567890&text=halo%20d%C3%BCnia";
    let answer = desk.get(path, None).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    assert_eq!(answer.json()["id"], desk.kept()[0][0].message.id.to_string());
    let by_header = desk.get("/v1/send?to=6281234567890&text=halo", Some(BANK)).await;
    assert_eq!(by_header.status, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn what_is_refused_says_why() {
    let desk = Desk::open();
    let cases = [
        (r#"{"to":"441234567890","text":"x"}"#, problem(422, "no_route")),
        (r#"{"to":"6281234567890","from":"SHOP","text":"x"}"#, problem(403, "source_not_allowed")),
        (r#"{"to":"mother","text":"x"}"#, problem(422, "bad_destination")),
        (r#"{"to":"","text":"x"}"#, problem(422, "bad_destination")),
        (r#"{"to":"6281234567890","text":"x","colour":"red"}"#, problem(400, "bad_json")),
        (r#"{"to":"6281234567890","text":"x""#, problem(400, "bad_json")),
        ("[]", problem(400, "bad_batch")),
    ];
    for (body, expected) in cases {
        assert_eq!(desk.post(BANK, body).await.problem(), expected, "{body}");
    }
    assert!(desk.kept().is_empty());
}

#[tokio::test]
async fn the_rate_of_an_account_counts() {
    let desk = Desk::open();
    let body = format!("[{}]", [r#"{"to":"6281234567890","text":"x"}"#; 4].join(","));
    let json = desk.post("shop:hunter33", body).await.json();
    assert_eq!(desk.kept()[0].len(), 1);
    assert_eq!(json[1]["problem"]["code"], "throttled");
    let single = desk.post("shop:hunter33", r#"{"to":"6281234567890","text":"x"}"#).await;
    assert_eq!(single.problem(), problem(429, "throttled"));
    assert_eq!(single.header("retry-after"), Some("1"));
}

// DUR-2, DUR-4
#[tokio::test]
async fn nothing_is_promised_that_the_store_does_not_keep() {
    let desk = Desk::open();
    let failures = [
        (StoreError::Full, problem(503, "queue_full")),
        (StoreError::Overloaded, problem(503, "queue_full")),
        (StoreError::Failed("EIO".to_owned()), problem(503, "unavailable")),
    ];
    for (failure, expected) in failures {
        *desk.notes.failure.lock().unwrap() = Some(failure);
        for body in [r#"{"to":"6281234567890","text":"x"}"#, r#"[{"to":"6281234567890","text":"x"}]"#] {
            assert_eq!(desk.post(BANK, body).await.problem(), expected);
        }
    }
    let metrics = desk.get("/metrics", None).await;
    assert!(metrics.body.contains("estafet_messages_refused_total{link=\"bank\"} 6"), "{}", metrics.body);
}
