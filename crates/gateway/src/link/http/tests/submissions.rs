//! Handing messages in.

use sms::{Address, Direction, Priority, ReceiptRequest};
use store::StoreError;

use super::lookups::record;
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
async fn a_source_may_be_written_with_or_without_a_plus() {
    let desk = Desk::open();
    for listed in ["+628111222333", "628111222333"] {
        desk.reload(&CONFIG.replace("sources = [\"BANK\"]", &format!("sources = [\"{listed}\"]")));
        for from in [r#""from":"+628111222333","#, r#""from":"628111222333","#, ""] {
            let answer = desk.post(BANK, format!(r#"{{{from}"to":"6281234567890","text":"x"}}"#)).await;
            assert_eq!(answer.status, StatusCode::ACCEPTED, "{listed} {from}: {}", answer.body);
            assert_eq!(desk.kept().last().unwrap()[0].message.source.text(), "628111222333");
        }
        let other = desk.post(BANK, r#"{"from":"+628111222334","to":"6281234567890","text":"x"}"#).await;
        assert_eq!(other.problem(), problem(403, "source_not_allowed"));
    }
}

// RFC 8259, 8.1
#[tokio::test]
async fn a_mark_of_the_order_of_octets_is_passed_over() {
    let desk = Desk::open();
    for body in [r#"{"to":"6281234567890","text":"x"}"#, r#"[{"to":"6281234567890","text":"x"}]"#] {
        let answer = desk.post(BANK, format!("\u{feff}{body}")).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.body);
    }
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

const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

fn form() -> axum::http::request::Builder {
    Request::post("/v1/send").header("content-type", "application/x-www-form-urlencoded")
}

#[tokio::test]
async fn a_browser_is_answered_with_a_page() {
    let desk = Desk::open();
    let sent = "account=bank&password=hunter22&to=%2B62+812-3456-7890&text=halo&transliterate=true";
    let asked = form().header("accept", BROWSER).header("sec-fetch-site", "cross-site");
    let answer = desk.ask(asked.body(sent.into()).unwrap()).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    let id = desk.kept()[0][0].message.id;
    assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"));
    assert_eq!(answer.header("location"), Some(&format!("/v1/messages/{id}")[..]));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert!(answer.body.contains("<b>6281234567890</b>") && answer.body.contains(&id.to_string()));

    let wrong = sent.replace("%2B62", "mother");
    let asked = form().header("accept", BROWSER);
    let answer = desk.ask(asked.body(wrong.into()).unwrap()).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        answer.body.contains("bad_destination") && answer.body.contains("<dd>to</dd>"),
        "{}",
        answer.body
    );
    let in_json = desk.ask(form().body(sent.replace("halo", "hi").into()).unwrap()).await;
    assert_eq!(in_json.json()["to"], "6281234567890");
}

#[tokio::test]
async fn a_long_form_is_read_of_who_is_known() {
    let desk = Desk::open();
    let long = format!("to=6281234567890&text={}", "%61".repeat(30_000));
    let known = form().header("authorization", basic(BANK));
    let answer = desk.ask(known.body(long.clone().into()).unwrap()).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    let stranger = form().body(format!("account=bank&password=hunter22&{long}").into()).unwrap();
    assert_eq!(desk.ask(stranger).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    let longer = form().header("authorization", basic(BANK)).body("a".repeat(600 << 10).into()).unwrap();
    assert_eq!(desk.ask(longer).await.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test(start_paused = true)]
async fn nobody_is_asked_for_a_password_that_would_not_count() {
    let desk = Desk::open();
    let wrong = "account=bank&password=wrong&to=6281234567890&text=halo";
    for (name, value, challenge) in [
        ("sec-fetch-site", "cross-site", "Bearer realm=\"estafet\""),
        ("origin", "http://elsewhere.example", "Bearer realm=\"estafet\""),
        ("sec-fetch-site", "same-origin", "Basic realm=\"estafet\", charset=\"UTF-8\""),
        ("x", "a program", "Basic realm=\"estafet\", charset=\"UTF-8\""),
    ] {
        let answer = desk.ask(form().header(name, value).body(wrong.into()).unwrap()).await;
        assert_eq!(answer.problem(), problem(401, "unauthorised"));
        assert_eq!(answer.header("www-authenticate"), Some(challenge), "{name}: {value}");
        let remembered = form().header(name, value).header("authorization", basic(BANK));
        let answer = desk.ask(remembered.body("to=6281234567890&text=halo".into()).unwrap()).await;
        let counts = challenge.starts_with("Basic");
        assert_eq!(answer.status.as_u16(), if counts { 202 } else { 401 }, "{name}: {value}");
    }
}

#[tokio::test]
async fn who_only_looks_sends_nothing() {
    let desk = Desk::open();
    let path = "/v1/send?account=bank&password=hunter22&to=6281234567890&text=halo";
    let answer = desk.ask(Request::head(path).body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
    assert!(desk.kept().is_empty());
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

// CMN-5
#[tokio::test]
async fn who_hangs_up_does_not_free_the_place_of_a_reply_that_is_taken_over() {
    let desk = Arc::new(Desk::open());
    let question = Record {
        direction: Direction::Mo,
        source: Address::guess(b"6281234567890").unwrap(),
        destination: Address::guess(b"BANK").unwrap(),
        accepted_at: Clock::default().wall(),
        ..record(7, "telco-a", "bank")
    };
    let reply = format!(r#"{{"to":"6281234567890","text":"x","trx_id":"{}"}}"#, question.id);
    desk.notes.records.lock().unwrap().push(question);
    let held = desk.notes.held.lock().await;
    let caller = tokio::spawn({
        let (desk, reply) = (desk.clone(), reply.clone());
        async move { desk.post(BANK, reply).await.status }
    });
    while desk.notes.asked.load(Ordering::Relaxed) == 0 {
        tokio::task::yield_now().await;
    }
    caller.abort();
    assert!(caller.await.is_err());

    let early = desk.post(BANK, reply.clone()).await;
    assert_eq!(early.problem(), problem(422, "reply_quota"));
    drop(held);
    while desk.kept().is_empty() {
        tokio::task::yield_now().await;
    }
    assert_eq!(desk.post(BANK, reply).await.problem(), problem(422, "reply_quota"));
    assert_eq!(desk.kept().len(), 1);
}

#[tokio::test]
async fn an_array_is_no_object() {
    let desk = Desk::open();
    for (path, body) in [
        ("/v1/messages", r#"[["6281234567890", "BANK", "halo"]]"#),
        ("/v1/messages", r#"{"to":"6281234567890","text":"halo","ports":[2948, 0]}"#),
        ("/v1/messages", r#"{"to":"6281234567890","text":"halo","waiting":[["voice", 1]]}"#),
        ("/v1/preview", r#"["halo", null]"#),
        ("/v1/dead-letters/replay", r#"[["6b0458def476870f68483bcd231cef48"]]"#),
    ] {
        let asked = Request::post(path).header("authorization", basic(BANK));
        let answer =
            desk.ask(asked.header("content-type", "application/json").body(body.into()).unwrap()).await;
        assert_eq!(answer.problem(), problem(400, "bad_json"), "{path} {body}");
    }
    assert!(desk.kept().is_empty());
}

#[tokio::test]
async fn null_is_the_same_as_nothing_in_every_field_that_may_be_left_out() {
    let desk = Desk::open();
    let fields = [
        "from",
        "binary",
        "udh",
        "data_coding",
        "receipt",
        "validity_s",
        "priority",
        "class",
        "not_before",
        "flash",
        "message_class",
        "ports",
        "waiting",
        "transliterate",
        "in_reply_to",
        "trx_id",
        "client_reference",
        "tags",
        "callback_url",
    ];
    for field in fields {
        let body = format!(r#"{{"to":"6281234567890","text":"halo","{field}":null}}"#);
        assert_eq!(desk.post(BANK, body).await.status, StatusCode::ACCEPTED, "{field}");
    }
    let kept = desk.kept();
    let asked = |message: &sms::Message| (message.receipt, message.priority);
    assert!(kept.iter().flatten().all(|entry| asked(&entry.message) == asked(&kept[0][0].message)));
}

#[tokio::test]
async fn a_box_of_a_form_is_ticked_with_on() {
    let desk = Desk::open();
    for (flash, data_coding) in [("on", 0xF0), ("1", 0xF0), ("true", 0xF0), ("off", 0), ("0", 0), ("", 0)] {
        let sent = format!("account=bank&password=hunter22&to=6281234567890&text=halo&flash={flash}");
        assert_eq!(desk.ask(form().body(sent.into()).unwrap()).await.status, StatusCode::ACCEPTED, "{flash}");
        assert_eq!(desk.kept().last().unwrap()[0].message.data_coding, data_coding, "{flash}");
    }
    let wrong = "account=bank&password=hunter22&to=6281234567890&text=halo&flash=yes";
    assert_eq!(desk.ask(form().body(wrong.into()).unwrap()).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_remembered_password_does_nothing_for_the_page_of_another() {
    let desk = Desk::open();
    let from_elsewhere = |request: axum::http::request::Builder| {
        request.header("authorization", basic(BANK)).header("origin", "http://elsewhere.example")
    };
    let id = format!("/v1/messages/{:032x}", 1);
    for request in [
        Request::post("/v1/dead-letters/replay"),
        Request::post("/v1/messages").header("content-type", "application/json"),
        Request::delete(&id),
        Request::delete(format!("/v1/dead-letters/{:032x}", 1)),
        Request::get("/v1/inbox"),
        Request::post("/v1/inbox/ack").header("content-type", "application/json"),
    ] {
        let answer = desk.ask(from_elsewhere(request).body(Body::empty()).unwrap()).await;
        assert_eq!(answer.problem(), problem(403, "cross_site"));
    }
    let looks = desk.ask(from_elsewhere(Request::get("/v1/messages")).body(Body::empty()).unwrap()).await;
    assert_eq!(looks.status, StatusCode::OK, "a link of another page may lead there");
    let own = Request::post("/v1/dead-letters/replay").header("authorization", basic(BANK));
    let own = own.header("sec-fetch-site", "same-origin").body(Body::empty()).unwrap();
    assert_ne!(desk.ask(own).await.status, StatusCode::FORBIDDEN);
}
