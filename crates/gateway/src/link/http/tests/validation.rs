//! What is wrong with a request is named: the field, and the place of it in a batch.

use super::*;

const TO: &str = r#""to": "628111000111""#;
const POLL: &str = "poll:hunter55";

/// Status, code, field and detail of the problem that this is answered with.
async fn refused(
    method: &str,
    target: &str,
    login: &str,
    kind: &str,
    body: String,
) -> (u16, String, String, String) {
    let request = Request::builder()
        .method(method)
        .uri(target)
        .header("authorization", basic(login))
        .header("content-type", kind)
        .body(Body::from(body))
        .unwrap();
    let answer = Desk::open().ask(request).await;
    let (status, code) = answer.problem();
    let json = answer.json();
    let field = json["field"].as_str().unwrap_or_default().to_owned();
    (status, code, field, json["detail"].as_str().unwrap_or_default().to_owned())
}

/// Each row: what is sent, and the code, the field and the place that the problem names.
async fn check(method: &str, target: &str, login: &str, kind: &str, rows: &[(&str, &str, &str, &str)]) {
    for (sent, code, field, place) in rows {
        let (target, body) = match kind {
            "" => (format!("{target}?{sent}"), String::new()),
            _ => (target.to_owned(), (*sent).to_owned()),
        };
        let (status, said, named, detail) = refused(method, &target, login, kind, body).await;
        assert_eq!((said.as_str(), named.as_str()), (*code, *field), "{method} {target} {sent}: {detail}");
        assert!(
            (400..=422).contains(&status) && detail.starts_with(place),
            "{method} {target} {sent}: {detail}"
        );
    }
}

#[tokio::test]
async fn of_a_message() {
    let long = format!("{{{TO}, \"text\": \"{}\"}}", "x".repeat(40_000));
    let octets = format!("{{{TO}, \"binary\": \"{}\"}}", "00".repeat(40_000));
    let rows = [
        ("{}", "bad_json", "to", "to: missing field"),
        (r#"{"text": "x"}"#, "bad_json", "to", "to: missing field"),
        (r#"{"to": "62811", "to": "62812", "text": "x"}"#, "bad_json", "to", "to: duplicate field"),
        (r#"{"to": 62811, "text": "x"}"#, "bad_json", "to", "to: invalid type"),
        (r#"{"to": null, "text": "x"}"#, "bad_json", "to", "to: invalid type"),
        (r#"{"to": ["62811", 7], "text": "x"}"#, "bad_json", "to", "to[1]: invalid type"),
        (r#"{"to": [], "text": "x"}"#, "bad_batch", "to", "to: "),
        (r#"{"to": "", "text": "x"}"#, "bad_destination", "to", ""),
        (r#"{"to": "BANK", "text": "x"}"#, "bad_destination", "to", "“B” (U+0042)"),
        (r#"{"to": "1", "text": "x"}"#, "no_route", "to", ""),
        (r#"{"to": "62811"}"#, "bad_value", "text", ""),
        (r#"{"to": "62811", "text": 7}"#, "bad_json", "text", "text: invalid type"),
        (r#"{"to": "62811", "text": "x", "colour": 1}"#, "bad_json", "colour", "colour: unknown field"),
        (r#"{"to": "62811", "text": "x", "text": "y"}"#, "bad_json", "text", "text: duplicate field"),
        (r#"{"to": "62811", "text": "x", "binary": "00"}"#, "bad_value", "binary", ""),
        (r#"{"to": "62811", "text": "x", "from": "twelve chars"}"#, "bad_value", "from", ""),
        (r#"{"to": "62811", "text": "x", "from": "OTHER"}"#, "source_not_allowed", "from", ""),
        (r#"{"to": "62811", "text": "x", "udh": "00"}"#, "bad_value", "udh", ""),
        (r#"{"to": "62811", "text": "x", "data_coding": 4}"#, "bad_value", "data_coding", ""),
        (
            r#"{"to": "62811", "binary": "00", "data_coding": 256}"#,
            "bad_json",
            "data_coding",
            "data_coding: invalid",
        ),
        (r#"{"to": "62811", "text": "x", "flash": "yes"}"#, "bad_json", "flash", "flash: invalid type"),
        (r#"{"to": "62811", "text": "x", "message_class": 4}"#, "bad_value", "message_class", ""),
        (
            r#"{"to": "62811", "text": "x", "ports": {"source": 1}}"#,
            "bad_json",
            "ports",
            "ports.destination: missing",
        ),
        (
            r#"{"to": "62811", "text": "x", "ports": {"destination": 1, "destination": 2}}"#,
            "bad_json",
            "ports",
            "ports.destination: duplicate",
        ),
        (
            r#"{"to": "62811", "text": "x", "ports": {"destination": 1, "x": 2}}"#,
            "bad_json",
            "ports",
            "ports.x: unknown",
        ),
        (r#"{"to": "62811", "text": "x", "ports": []}"#, "bad_json", "ports", "ports: invalid type"),
        (r#"{"to": "62811", "waiting": {"kind": "voice"}}"#, "bad_json", "waiting", "waiting.count: missing"),
        (
            r#"{"to": "62811", "waiting": [{"kind": "voice", "count": 1}, {"count": 1}]}"#,
            "bad_json",
            "waiting",
            "waiting[1].kind: missing",
        ),
        (
            r#"{"to": "62811", "text": "x", "transliterate": 1}"#,
            "bad_json",
            "transliterate",
            "transliterate: invalid",
        ),
        (r#"{"to": "62811", "text": "x", "receipt": 0}"#, "bad_json", "receipt", "receipt: invalid"),
        (r#"{"to": "62811", "text": "x", "validity_s": 0}"#, "bad_value", "validity_s", ""),
        (
            r#"{"to": "62811", "text": "x", "validity_s": -1}"#,
            "bad_json",
            "validity_s",
            "validity_s: invalid",
        ),
        (r#"{"to": "62811", "text": "x", "not_before": "tomorrow"}"#, "bad_value", "not_before", ""),
        (r#"{"to": "62811", "text": "x", "not_before": 7}"#, "bad_json", "not_before", "not_before: invalid"),
        (r#"{"to": "62811", "text": "x", "priority": 4}"#, "bad_json", "priority", "priority: invalid"),
        (r#"{"to": "62811", "text": "x", "class": "vip"}"#, "bad_value", "class", ""),
        (r#"{"to": "62811", "text": "x", "class": "otp", "priority": 1}"#, "bad_value", "class", ""),
        (
            r#"{"to": "62811", "text": "x", "client_reference": 1}"#,
            "bad_json",
            "client_reference",
            "client_reference: invalid",
        ),
        (r#"{"to": "62811", "text": "x", "tags": {"a": 1}}"#, "bad_json", "tags", "tags.a: invalid"),
        (r#"{"to": "62811", "text": "x", "tags": ["a"]}"#, "bad_json", "tags", "tags: invalid"),
        (r#"{"to": "62811", "text": "x", "in_reply_to": "7"}"#, "reply_to_unknown", "in_reply_to", ""),
        (r#"{"to": "62811", "text": "x", "in_reply_to": "7", "trx_id": "8"}"#, "bad_value", "trx_id", ""),
        (r#"{"to": "62811", "text": "x", "callback_url": "x"}"#, "callback_not_allowed", "callback_url", ""),
        (&long, "bad_length", "text", ""),
        (&octets, "bad_length", "binary", ""),
        (r#""x""#, "bad_json", "", "invalid type"),
        ("[]", "bad_batch", "", ""),
        ("[7]", "bad_json", "", "[0]: invalid type"),
        (r#"[{"to": "62811", "text": "x"}, {"text": "y"}]"#, "bad_json", "to", "[1].to: missing field"),
        (r#"[{"to": "62811", "text": "x"}, {"to": []}]"#, "bad_batch", "to", "[1].to: "),
        (r#"[{"to": "62811", "validity_s": "x"}]"#, "bad_json", "validity_s", "[0].validity_s: invalid"),
    ];
    check("POST", "/v1/messages", "bank:hunter22", "application/json", &rows).await;
}

#[tokio::test]
async fn of_a_query_and_a_form() {
    let rows = [
        ("text=x", "to", "to: missing field"),
        ("to=62811", "text", "text: missing field"),
        ("to=62811&to=62812&text=x", "to", "to: duplicate field"),
        ("to=62811&text=x&flash=perhaps", "flash", "flash: true, on or 1"),
        ("to=62811&text=x&validity_s=x", "validity_s", "validity_s: "),
        ("to=62811&text=x&colour=1", "colour", "colour: unknown field"),
        ("to=62811&text=%E9", "text", "text: what is said is not UTF-8"),
    ];
    let with = |code| rows.map(|(sent, field, place)| (sent, code, field, place));
    check("GET", "/v1/send", "bank:hunter22", "", &with("bad_query")).await;
    check("POST", "/v1/send", "bank:hunter22", "application/x-www-form-urlencoded", &with("bad_form")).await;
}

#[tokio::test]
async fn of_another_text_and_a_preview() {
    let path = format!("/v1/messages/{}", "0".repeat(32));
    let rows = [
        ("{}", "bad_json", "text", "text: missing field"),
        (r#"{"text": "x", "text": "y"}"#, "bad_json", "text", "text: duplicate field"),
        (r#"{"text": null}"#, "bad_json", "text", "text: invalid type"),
        (r#"{"text": "x", "message_class": "x"}"#, "bad_json", "message_class", "message_class: invalid"),
        (r#"{"text": "x", "to": "62811"}"#, "bad_json", "to", "to: unknown field"),
    ];
    check("PATCH", &path, "bank:hunter22", "application/json", &rows).await;
    let rows = [
        ("{}", "bad_value", "text", ""),
        (r#"{"text": "x", "binary": "00"}"#, "bad_value", "binary", ""),
        (r#"{"binary": "0"}"#, "bad_value", "binary", ""),
        (r#"{"text": "x", "to": "62811"}"#, "bad_json", "to", "to: unknown field"),
        (r#"{"text": "x", "ports": {}}"#, "bad_json", "ports", "ports.destination: missing"),
    ];
    check("POST", "/v1/preview", "bank:hunter22", "application/json", &rows).await;
}

#[tokio::test]
async fn of_what_is_asked_for() {
    for (path, login) in
        [("/v1/messages", "bank:hunter22"), ("/v1/dead-letters", "bank:hunter22"), ("/v1/inbox", POLL)]
    {
        let rows = [
            ("limit=0", "bad_value", "limit", ""),
            ("limit=x", "bad_query", "limit", "limit: "),
            ("limit=1&limit=2", "bad_query", "limit", "limit: duplicate"),
            ("page=2", "bad_query", "page", "page: unknown field"),
            ("%FF=2", "bad_query", "", "what is said"),
        ];
        check("GET", path, login, "", &rows).await;
    }
    let rows = [
        ("cursor=x", "bad_value", "cursor", ""),
        ("state=sent", "bad_value", "state", ""),
        ("direction=up", "bad_value", "direction", ""),
        ("from=today", "bad_query", "from", "from: not an instant"),
        ("until=2026-01-01", "bad_query", "until", "until: not an instant"),
    ];
    check("GET", "/v1/messages", "bank:hunter22", "", &rows).await;
    let rows = [
        ("message=7", "bad_value", "message", ""),
        ("event=x", "bad_value", "event", ""),
        ("state=x", "bad_value", "state", ""),
        ("for_s=0", "bad_value", "for_s", ""),
        ("for_s=x", "bad_query", "for_s", "for_s: "),
    ];
    check("GET", "/v1/events", "bank:hunter22", "", &rows).await;
    let rows = [("wait_s=61", "bad_value", "wait_s", ""), ("lease_s=0", "bad_value", "lease_s", "")];
    check("GET", "/v1/inbox", POLL, "", &rows).await;
}

#[tokio::test]
async fn of_ids() {
    let rows = [
        ("{}", "bad_json", "ids", "ids: missing field"),
        (r#"{"ids": []}"#, "bad_value", "ids", ""),
        (r#"{"ids": "x"}"#, "bad_json", "ids", "ids: invalid type"),
        (r#"{"ids": ["receipt_000102030405060708090a0b0c0d0e0f", "x"]}"#, "bad_value", "ids", "ids[1]: "),
        (r#"{"ids": ["receipt_000102030405060708090a0b0c0d0e0f", 7]}"#, "bad_json", "ids", "ids[1]: invalid"),
    ];
    check("POST", "/v1/inbox/ack", POLL, "application/json", &rows).await;
    let rows = [
        ("{}", "bad_json", "ids", "ids: missing field"),
        (r#"{"ids": ["000102030405060708090a0b0c0d0e0f", "x"]}"#, "bad_value", "ids", "ids[1]: "),
    ];
    check("POST", "/v1/dead-letters/replay", "bank:hunter22", "application/json", &rows).await;
}
