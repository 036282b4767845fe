//! Looking messages up.

use sms::{Address, State, Timestamp};

use super::*;

pub(super) fn record(octet: u8, origin: &str, target: &str) -> Record {
    Record {
        id: MessageId::from_octets([octet; 16]),
        direction: sms::Direction::Mt,
        origin: origin.into(),
        target: target.into(),
        source: Address::guess(b"BANK").unwrap(),
        destination: Address::guess(b"6281234567890").unwrap(),
        segments: 1,
        state: State::Delivered,
        error: 0,
        not_before: None,
        expires_at: None,
        accepted_at: Timestamp(1_767_225_600_000),
        final_at: None,
        in_reply_to: None,
        attached: None,
        history: Vec::new(),
    }
}

// ABU-5
#[tokio::test]
async fn only_the_callers_own_messages_are_there() {
    let desk = Desk::open();
    let records =
        vec![record(1, "bank", "telco-a"), record(2, "telco-a", "bank"), record(3, "shop", "telco-a")];
    *desk.notes.records.lock().unwrap() = records;
    for own in ["01", "02"] {
        let answer = desk.get(&format!("/v1/messages/{}", own.repeat(16)), Some("bank:hunter22")).await;
        assert_eq!(answer.json()["id"], own.repeat(16));
    }
    let other = desk.get(&format!("/v1/messages/{}", "03".repeat(16)), Some("bank:hunter22")).await;
    assert_eq!(other.problem(), problem(404, "unknown_message"));
    for unknown in ["04".repeat(16), "4".to_owned(), "%ff".to_owned()] {
        let unknown = desk.get(&format!("/v1/messages/{unknown}"), Some("bank:hunter22")).await;
        assert_eq!((unknown.status, &unknown.body), (other.status, &other.body));
        assert_eq!(unknown.headers, other.headers);
    }
}

#[tokio::test]
async fn a_search_stays_within_the_callers_own() {
    let desk = Desk::open();
    *desk.notes.records.lock().unwrap() = vec![record(1, "bank", "telco-a")];
    let answer = desk.get("/v1/messages?number=6281234567890&limit=5", Some("bank:hunter22")).await;
    assert_eq!(answer.json()["messages"][0]["id"], "01".repeat(16));
    let queries = desk.notes.queries.lock().unwrap().clone();
    let own = ["bank", "bank/dead-letters", "bank/callbacks", "bank/callbacks/dead-letters", "games"];
    let own: Vec<LinkName> = own.into_iter().chain(["games/dead-letters"]).map(LinkName::from).collect();
    assert_eq!(queries[0].links, Some(own));
    assert_eq!((queries[0].number.as_deref(), queries[0].limit), (Some(&b"6281234567890"[..]), 5));
    let wrong = desk.get("/v1/messages?limit=x", Some("bank:hunter22")).await;
    assert_eq!(wrong.problem(), problem(400, "bad_query"));
}

// ABU-5
#[tokio::test]
async fn what_an_application_brings_and_takes_is_there_for_its_account_alone() {
    let desk = Desk::open();
    *desk.notes.records.lock().unwrap() = vec![
        record(1, "telco-a", "games"),
        record(2, "games", "telco-a"),
        record(3, "telco-a", "games/dead-letters"),
        record(4, "telco-a", "bank/dead-letters"),
    ];
    for (account, status) in [("bank:hunter22", 200), ("shop:hunter33", 404)] {
        for own in ["01", "02", "03", "04"] {
            let answer = desk.get(&format!("/v1/messages/{}", own.repeat(16)), Some(account)).await;
            assert_eq!(answer.status, status, "{account} {own}");
        }
    }
}

// ABU-15
#[tokio::test]
async fn no_more_search_at_a_time_than_may() {
    let desk = Desk::open();
    let held = desk.notes.held.lock().await;
    let search = async || desk.get("/v1/messages?number=1234", Some("bank:hunter22")).await;
    let mut under_way: Vec<_> = (0..8).map(|_| Box::pin(search())).collect();
    for asked in &mut under_way {
        tokio::select! {
            biased;
            answer = asked => panic!("{}: the store is held", answer.status),
            () = desk.notes.searched.notified() => {}
        }
    }
    let refused = search().await;
    assert_eq!(
        (refused.problem(), refused.header("retry-after")),
        (problem(429, "too_many_searches"), Some("1"))
    );
    let shop = desk.get("/v1/messages?number=1234", Some("shop:hunter33"));
    let mut shop = Box::pin(shop);
    tokio::select! {
        answer = &mut shop => panic!("{}: the store is held", answer.status),
        () = desk.notes.searched.notified() => {}
    }
    under_way.pop();
    let mut next = Box::pin(search());
    tokio::select! {
        answer = &mut next => panic!("{}: the store is held", answer.status),
        () = desk.notes.searched.notified() => {}
    }
    drop(held);
    for answered in under_way.into_iter() {
        assert_eq!(answered.await.status, 200);
    }
    // In the order in which they wait for the store.
    assert_eq!((shop.await.status, next.await.status), (StatusCode::OK, StatusCode::OK));
}

#[tokio::test]
async fn probes_follow_the_life_of_the_process() {
    let desk = Desk::open();
    assert_eq!(desk.get("/healthz", None).await.body, "ok\n");
    let ready = desk.get("/readyz", None).await;
    assert_eq!(
        (ready.status, ready.json()),
        (StatusCode::OK, serde_json::json!({"ready": true, "missing": []}))
    );
    desk.health.stopping();
    let stopping = desk.get("/readyz", None).await;
    assert_eq!(stopping.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(stopping.json()["missing"][0], "stopping");
    assert_eq!(desk.get("/healthz", None).await.status, StatusCode::OK);
}

// DUR-2
#[tokio::test]
async fn a_poisoned_store_is_sickness() {
    let desk = Desk::open();
    *desk.notes.failure.lock().unwrap() = Some(StoreError::Failed("EIO".to_owned()));
    for path in ["/healthz", "/readyz"] {
        let answer = desk.get(path, None).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(answer.body.contains("EIO"), "{}", answer.body);
    }
    let metrics = desk.get("/metrics", None).await;
    let form = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    assert_eq!(metrics.header("content-type"), Some(form));
    assert!(metrics.body.contains("estafet_store_healthy 0"));
    assert!(metrics.body.ends_with("# EOF\n"));
}
