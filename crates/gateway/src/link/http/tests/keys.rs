//! Keys instead of account and password.

use tokio::time::Instant;

use super::*;

const ONE: &str = r#"{"from": "BANK", "to": "628111", "text": "hello"}"#;

async fn with_key(
    desk: &Desk,
    key: &str,
    request: axum::http::request::Builder,
    body: &'static str,
) -> Answer {
    let request =
        request.header("authorization", format!("Bearer {key}")).header("content-type", "application/json");
    desk.ask(request.body(body.into()).unwrap()).await
}

#[tokio::test]
async fn a_key_opens_what_is_in_its_scopes() {
    let desk = Desk::open();
    let post = || Request::post("/v1/messages");
    let (get, id) = (|| Request::get("/v1/messages"), || Request::get(format!("/v1/messages/{:032x}", 1)));
    assert_eq!(with_key(&desk, "key that sends", post(), ONE).await.status, 202);
    let query = || Request::get("/v1/send?from=BANK&to=628111&text=hello");
    assert_eq!(with_key(&desk, "key that sends", query(), "").await.status, 202);
    assert_eq!(with_key(&desk, "key that reads", get(), "").await.status, 200);
    assert_eq!(with_key(&desk, "key that reads", id(), "").await.status, 404);
    for (key, request, body) in [
        ("key that reads", post(), ONE),
        ("key that reads", query(), ""),
        ("key that sends", get(), ""),
        ("key that sends", id(), ""),
    ] {
        assert_eq!(with_key(&desk, key, request, body).await.problem(), problem(403, "scope_missing"));
    }
    assert_eq!(desk.kept().len(), 2);
    assert!(desk.kept().iter().flatten().all(|entry| entry.message.origin.as_str() == "bank"));
}

// S-9, ABU-1
#[tokio::test(start_paused = true)]
async fn a_key_that_is_none_is_refused_as_a_wrong_password_is() {
    let desk = Desk::open();
    let wrong = desk.get("/v1/messages", Some("bank:wrong")).await;
    for key in ["", "key that sent", "hunter22", "key of those who are far"] {
        let since = Instant::now();
        let answer = with_key(&desk, key, Request::get("/v1/messages"), "").await;
        assert_eq!(answer.problem(), problem(401, "unauthorised"), "{key}");
        assert_eq!((&answer.body, &answer.headers), (&wrong.body, &wrong.headers), "{key}");
        assert_eq!(since.elapsed().as_secs(), 1, "{key}");
    }
    for _ in 0..100 {
        let _ = desk.get("/v1/messages", Some("bank:wrong")).await;
    }
    let answer = with_key(&desk, "key that reads", Request::get("/v1/messages"), "").await;
    assert_eq!(answer.status, 200, "who guesses passwords keeps no key out");
}
