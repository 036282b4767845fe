//! How long keys are remembered, and who holds them.

use sms::Timestamp;

use super::lookups::record;
use super::*;

/// The last minute of a day.
const EVENING: Timestamp = Timestamp(1_767_225_600_000 - 60_000);
const HOUR_MS: u64 = 3_600_000;
const MESSAGE: &str = r#"{"to":"6281234567890","text":"x"}"#;

fn request(body: impl Into<Body>) -> Request<Body> {
    let request = Request::post("/v1/messages").header("authorization", basic("bank:hunter22"));
    let request = request.header("content-type", "application/json").header("idempotency-key", "1");
    request.body(body.into()).unwrap()
}

/// A desk at this time, with records of what was kept before.
fn later(before: &Desk, milliseconds: u64) -> Desk {
    later_or_earlier(before, milliseconds as i64)
}

fn later_or_earlier(before: &Desk, milliseconds: i64) -> Desk {
    let entries = before.kept().concat();
    let records = entries.iter().map(|Entry { message, .. }| Record {
        id: message.id,
        segments: message.parts.len() as u16,
        accepted_at: message.accepted_at,
        attached: message.attached.clone(),
        ..record(0, "bank", "telco-a")
    });
    *before.notes.records.lock().unwrap() = records.collect();
    Desk::at(
        Clock::starting_at(Timestamp(EVENING.0.saturating_add_signed(milliseconds))),
        before.notes.clone(),
    )
}

#[tokio::test(start_paused = true)]
async fn a_key_is_remembered_for_a_day_whenever_that_begins() {
    let first_desk = Desk::at(Clock::starting_at(EVENING), Arc::default());
    let first = first_desk.ask(request(MESSAGE)).await;
    assert_eq!(first.status, 202, "{}", first.body);
    for milliseconds in [0, 2 * 60_000, HOUR_MS, 24 * HOUR_MS - 60_000] {
        let again = later(&first_desk, milliseconds).ask(request(MESSAGE)).await;
        assert_eq!((again.header("idempotent-replayed"), &again.body), (Some("true"), &first.body));
        assert_eq!(again.header("location"), first.header("location"));
    }
    let anew = later(&first_desk, 24 * HOUR_MS).ask(request(MESSAGE)).await;
    assert_eq!((anew.status.as_u16(), anew.header("idempotent-replayed")), (202, None));
    assert_ne!(anew.json()["id"], first.json()["id"]);
    assert_eq!(first_desk.kept().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_key_is_remembered_when_the_clock_was_set_back_over_midnight() {
    const AFTER_MIDNIGHT: u64 = 60_000 + HOUR_MS / 2;
    let first_desk = Desk::at(Clock::starting_at(Timestamp(EVENING.0 + AFTER_MIDNIGHT)), Arc::default());
    let first = first_desk.ask(request(MESSAGE)).await;
    assert_eq!(first.status, 202, "{}", first.body);
    for set_back in [1, HOUR_MS, 6 * HOUR_MS] {
        let again = later_or_earlier(&first_desk, AFTER_MIDNIGHT as i64 - set_back as i64);
        let again = again.ask(request(MESSAGE)).await;
        assert_eq!((again.header("idempotent-replayed"), &again.body), (Some("true"), &first.body));
    }
    assert_eq!(first_desk.kept().len(), 1);
}

#[tokio::test]
async fn the_longest_messages_are_answered_with_their_segments() {
    let desk = Desk::at(Clock::starting_at(EVENING), Arc::default());
    for count in [239, 240, 255] {
        let body = format!(r#"{{"to":"6281234567890","text":"{}"}}"#, "x".repeat(153 * count));
        let request = |body: String| {
            let mut request = request(body);
            request.headers_mut().insert("idempotency-key", count.into());
            request
        };
        let first = desk.ask(request(body.clone())).await;
        assert_eq!(first.json()["segments"], count);
        assert_eq!(later(&desk, 0).ask(request(body)).await.body, first.body);
    }
}

#[tokio::test]
async fn who_hangs_up_does_not_free_its_key_before_the_store_has_answered() {
    let desk = Arc::new(Desk::open());
    let held = desk.notes.held.lock().await;
    let caller = tokio::spawn({
        let desk = desk.clone();
        async move { desk.ask(request(MESSAGE)).await.status }
    });
    while desk.notes.asked.load(Ordering::Relaxed) == 0 {
        tokio::task::yield_now().await;
    }
    caller.abort();
    assert!(caller.await.is_err());

    let early = desk.ask(request(MESSAGE)).await;
    assert_eq!(
        (early.problem(), early.header("retry-after")),
        (problem(409, "idempotency_key_in_use"), Some("1"))
    );

    drop(held);
    while desk.kept().is_empty() {
        tokio::task::yield_now().await;
    }
    assert_eq!(desk.kept().len(), 1);
}

fn form(key: &str, body: &'static str) -> Request<Body> {
    let request = Request::post("/v1/send").header("content-type", "application/x-www-form-urlencoded");
    request.header("idempotency-key", key.to_owned()).body(body.into()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_form_that_is_repeated_with_its_key_sends_nothing_again() {
    const FORM: &str = "account=bank&password=hunter22&to=6281234567890&text=halo";
    let desk = Desk::at(Clock::starting_at(EVENING), Arc::default());
    let first = desk.ask(form("1", FORM)).await;
    assert_eq!((first.status.as_u16(), first.header("idempotent-replayed")), (202, None), "{}", first.body);
    // Who sends it is no part of what is sent.
    for same in [FORM, "to=6281234567890&text=halo&p%61ssword=hunter22&account=bank"] {
        let again = later(&desk, HOUR_MS).ask(form("1", same)).await;
        assert_eq!((again.header("idempotent-replayed"), &again.body), (Some("true"), &first.body));
        assert_eq!(again.header("location"), first.header("location"));
    }
    let mut page = form("1", FORM);
    page.headers_mut().insert("accept", "text/html".parse().unwrap());
    let page = later(&desk, HOUR_MS).ask(page).await;
    assert_eq!((page.status.as_u16(), page.header("idempotent-replayed")), (202, Some("true")));
    assert!(page.body.contains(first.json()["id"].as_str().unwrap()), "{}", page.body);

    let other =
        later(&desk, 0).ask(form("1", "account=bank&password=hunter22&to=6281234567890&text=x")).await;
    assert_eq!(other.problem(), problem(422, "idempotency_key_reused"));
    let as_json = later(&desk, 0).ask(request(MESSAGE)).await;
    assert_eq!(as_json.problem(), problem(422, "idempotency_key_reused"), "a key is one wherever it is used");
    let bad = desk.ask(form("\"", FORM)).await;
    assert_eq!(bad.problem(), problem(400, "bad_idempotency_key"));
    let stranger = desk.ask(form("2", "account=bank&password=wrong&to=6281234567890&text=halo")).await;
    assert_eq!(stranger.status, 401);
    assert_eq!(desk.kept().len(), 1);
}
