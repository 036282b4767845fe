//! Content providers that Kannel called so far.

use axum::http::HeaderName;
use simulator::{Handset, Smsc};

use crate::harness::{
    ANI, Provider, SOON, TestGateway, Texts, Told, account, application, centre, route, smsc,
};

const HEADERS: &str = "accept_x_kannel_headers = true";

/// A handset whose messages go to a provider that answers so; replies to others leave by `other`.
async fn asked(answer: Answer, format: &str, keys: &str) -> (Handset, Smsc, Smsc, TestGateway, Provider) {
    let (telco, other) = (centre().await, centre().await);
    let provider = Provider::start(move |_: &Told| answer.clone()).await;
    let gateway = TestGateway::with([
        smsc("telco", telco.address(), ""),
        smsc("other", other.address(), ""),
        application("games", &provider.url, &format!("{format}\n{keys}")),
        account("games-account", "sources = [\"1234\", \"GAMES\"]"),
        route("match = { destination = \"1234\" }\nto = [\"games\"]"),
        route("from = { link = \"games-account\" }\nmatch = { prefix = \"62\" }\nto = [\"other\"]"),
    ])
    .await;
    let handset = telco.handset(ANI);
    handset.send("1234", "GAME on").await.unwrap();
    (handset, telco, other, gateway, provider)
}

type Answer = ([(HeaderName, &'static str); 2], &'static str);

const fn plain(name: &'static str, value: &'static str) -> Answer {
    let content_type = (HeaderName::from_static("content-type"), "text/plain");
    ([content_type, (HeaderName::from_static(name), value)], "answer")
}

// KN-37
#[tokio::test]
async fn a_post_url_is_posted_the_text_with_the_headers_of_kannel() {
    let answer = plain("x-nothing", "");
    let keys = "send_sender = true";
    let post = "format = \"kannel\"\nmethod = \"POST\"";
    let (handset, _telco, _other, _gateway, mut provider) = asked(answer, post, keys).await;
    let told = provider.next().await;
    assert_eq!((told.method.as_str(), told.body.as_str()), ("POST", "GAME on"));
    for (name, value) in [
        ("content-type", "text/plain; charset=\"UTF-8\""),
        ("x-kannel-from", &format!("+{ANI}")),
        ("x-kannel-to", "1234"),
        ("x-kannel-smsc", "telco"),
        ("x-kannel-service", "games"),
        ("x-kannel-coding", "0"),
    ] {
        assert_eq!(told.headers[name], value, "{name}");
    }
    assert_eq!(handset.next_message(SOON).await.unwrap().text, "answer");
}

// KN-38, KN-40
#[tokio::test]
async fn a_document_is_posted_and_a_document_is_the_answer() {
    let xml = (HeaderName::from_static("content-type"), "text/xml");
    let nothing = (HeaderName::from_static("x-nothing"), "");
    let document = "<?xml version=\"1.0\"?><message><submit><oa><number>777</number></oa><ud>a &amp; b</ud>\
        </submit></message>";
    let answer = ([xml, nothing], document);
    let (handset, _telco, _other, _gateway, mut provider) =
        asked(answer, "format = \"kannel-xml\"", HEADERS).await;
    let told = provider.next().await;
    assert_eq!(told.method, "POST");
    assert_eq!(told.headers["content-type"], "text/xml");
    assert!(told.body.contains("<ud>GAME+on</ud>") && !told.body.contains("<oa>"), "{}", told.body);
    let message = handset.next_message(SOON).await.unwrap();
    assert_eq!((&message.from[..], &message.text[..]), ("777", "a & b"));
}

// KN-42: heeded for who has an account that may send there.
#[tokio::test]
async fn an_answer_to_another_handset_is_the_account_s() {
    let answer = plain("x-kannel-to", "628999");
    let keys = format!("{HEADERS}\naccount = \"games-account\"");
    let (_handset, telco, other, gateway, _provider) = asked(answer, "format = \"kannel\"", &keys).await;
    assert_eq!(other.texts_when(1).await, ["answer"]);
    let submit = other.submits().remove(0).message;
    assert_eq!((&submit.destination.value[..], &submit.source.value[..]), (&b"628999"[..], &b"1234"[..]));
    gateway.settled().await;
    let sent = gateway.caller("games-account").search(&[]).await.body;
    let sent = sent["messages"].as_array().unwrap().iter().find(|message| message["to"] == "628999").unwrap();
    assert_eq!((&sent["origin"], sent.get("in_reply_to")), (&"games-account".into(), None));
    assert_eq!(telco.stats().submits, 0);
}

// KN-42: refused for everybody else.
#[tokio::test]
async fn an_answer_to_another_handset_is_refused_without_an_account() {
    for (to, keys) in [
        ("628999", HEADERS.to_owned()),
        // The account has no way there.
        ("4670", format!("{HEADERS}\naccount = \"games-account\"")),
    ] {
        let answer = plain("x-kannel-to", to);
        let (_handset, telco, other, gateway, mut provider) =
            asked(answer, "format = \"kannel\"", &keys).await;
        provider.next().await;
        gateway.settled().await;
        assert_eq!((telco.stats().submits, other.stats().submits), (0, 0), "{to}");
        let refused = gateway.caller("games-account").search(&[("number", to)]).await.body;
        assert_eq!(refused["messages"].as_array().unwrap().len(), 0);
    }
}

// KN-42: an answer to the handset itself is one as ever, and X-Kannel-SMSC is heeded where a route leads there.
#[tokio::test]
async fn the_smsc_of_an_answer_is_one_that_a_route_names() {
    for (named, is_by_other) in [("other", true), ("nowhere", false)] {
        let (telco, other) = (centre().await, centre().await);
        let provider = Provider::start(move |_: &Told| plain("x-kannel-smsc", named)).await;
        let _gateway = TestGateway::with([
            smsc("telco", telco.address(), ""),
            smsc("other", other.address(), ""),
            application("games", &provider.url, &format!("format = \"kannel\"\n{HEADERS}")),
            route("match = { destination = \"1234\" }\nto = [\"games\"]"),
            route("from = { link = \"games\" }\nto = [{ link = \"telco\", weight = 1000000 }, \"other\"]"),
        ])
        .await;
        telco.handset(ANI).send("1234", "GAME").await.unwrap();
        let by = if is_by_other { &other } else { &telco };
        assert_eq!(by.texts_when(1).await, ["answer"], "{named}");
    }
}

// KN-49
#[tokio::test]
async fn a_url_is_told_what_becomes_of_an_answer() {
    let by_account = "account = \"games-account\"";
    for (says, keys, told) in [
        ("header", format!("{HEADERS}\n{by_account}"), &["8", "1"][..]),
        ("configuration", by_account.to_owned(), &["1"]),
        ("nobody", HEADERS.to_owned(), &[]),
    ] {
        let mut reports = Provider::start(|_: &Told| "").await;
        let url = format!("{}?type=%d", reports.url);
        let keys = match says {
            "configuration" => format!("{keys}\ndlr_mask = 3\ndlr_url = \"{url}\""),
            _ => keys,
        };
        let telco = centre().await;
        let provider = Provider::start(move |_: &Told| {
            ([("x-kannel-dlr-mask", "31".to_owned()), ("x-kannel-dlr-url", url.clone())], "answer")
        })
        .await;
        let gateway = TestGateway::with([
            smsc("telco", telco.address(), ""),
            application("games", &provider.url, &format!("format = \"kannel\"\n{keys}")),
            account("games-account", "kannel = { dlr = true, allow_private_address = true }"),
            route("match = { destination = \"1234\" }\nto = [\"games\"]"),
        ])
        .await;
        let handset = telco.handset(ANI);
        handset.send("1234", "GAME").await.unwrap();
        assert_eq!(handset.next_message(SOON).await.unwrap().text, "answer");
        for kind in told {
            let told = reports.next().await;
            assert_eq!((told.method.as_str(), told.query), ("GET", format!("type={kind}")), "{says}");
        }
        gateway.settled().await;
        assert_eq!(reports.others(), 0, "{says}");
    }
}

// KN-49, ABU-9
#[tokio::test]
async fn a_url_of_an_answer_that_leads_where_its_account_may_not_call_is_never_called() {
    for host in ["127.0.0.1", "localhost"] {
        let mut reports = Provider::start(|_: &Told| "").await;
        let url = format!("{}?type=%d", reports.url.replace("127.0.0.1", host));
        let telco = centre().await;
        let provider = Provider::start(move |_: &Told| {
            ([("x-kannel-dlr-mask", "31".to_owned()), ("x-kannel-dlr-url", url.clone())], "answer")
        })
        .await;
        let keys = format!("format = \"kannel\"\n{HEADERS}\naccount = \"games-account\"");
        let gateway = TestGateway::with([
            smsc("telco", telco.address(), ""),
            application("games", &provider.url, &keys),
            account(
                "games-account",
                "kannel = { dlr = true, allow_http = true, allow_ports = [\"1024-65535\"] }",
            ),
            route("match = { destination = \"1234\" }\nto = [\"games\"]"),
        ])
        .await;
        let handset = telco.handset(ANI);
        handset.send("1234", "GAME").await.unwrap();
        assert_eq!(handset.next_message(SOON).await.unwrap().text, "answer", "it is sent all the same");
        match host {
            // What only a lookup of its name can say is told when it is called, and ever again.
            "localhost" => gateway.call_retried("games-account/callbacks").await,
            _ => drop(gateway.settled().await),
        }
        assert_eq!(reports.others(), 0, "{host}");
    }
}

// KN-43
#[tokio::test]
async fn with_max_messages_0_nothing_is_answered() {
    let answer = plain("x-nothing", "");
    let (_handset, telco, _other, gateway, mut provider) =
        asked(answer, "format = \"kannel\"", "max_messages = 0").await;
    provider.next().await;
    let status = gateway.settled().await;
    assert_eq!((telco.stats().submits, status.live_messages), (0, 0));
    let id = gateway.caller("games-account").search(&[]).await.body;
    assert!(id["messages"].as_array().unwrap().is_empty());
}
