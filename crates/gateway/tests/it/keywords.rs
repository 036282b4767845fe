//! Keywords, sub-keywords, and what a handset is told whose keyword nobody knows (CMN-1, CMN-2).

use std::time::Duration;

use crate::harness::{ANI, Provider, SOON, TestGateway, Texts, application, centre, route, smsc};

// CMN-1, CMN-2
// KN-45, KN-47
#[tokio::test]
async fn the_longest_keyword_wins_and_all_else_is_answered_so_often() {
    let telco = centre().await;
    let reg = Provider::start(|_| "reg").await;
    let game = Provider::start(|_| "reg game").await;
    let gateway = TestGateway::with([
        smsc("telco", telco.address(), ""),
        application("reg", &reg.url, ""),
        application("game", &game.url, ""),
        "[[answer]]\nname = \"unknown\"\ntext = \"Unknown keyword\"\nhandset_max = 2\n".to_owned(),
        route("match = { destination = \"1234\", keyword = \"REG\" }\nto = [\"reg\"]"),
        route("match = { destination = \"1234\", keyword = \"reg game\" }\nto = [\"game\"]"),
        route("match = { destination = \"1234\" }\nto = [\"unknown\"]"),
    ])
    .await;
    let handset = telco.handset(ANI);
    for (text, expected) in [
        ("REG", "reg"),
        ("reg other", "reg"),
        (" Reg.GAME now", "reg game"),
        ("reg\r\n#game", "reg game"),
        ("ＲＥＧ　ｇａｍｅ", "reg game"),
        ("REGGAME", "Unknown keyword"),
        ("GAME REG", "Unknown keyword"),
    ] {
        handset.send("1234", text).await.unwrap();
        let told = handset.next_message(SOON).await.unwrap();
        assert_eq!((&told.from[..], &told.text[..]), ("1234", expected), "{text:?}");
    }
    handset.send("1234", "what?").await.unwrap();
    gateway.settled().await;
    assert!(handset.next_message(Duration::ZERO).await.is_none(), "it was told often enough");
    telco.handset("628999").send("1234", "what?").await.unwrap();
    assert_eq!(telco.texts_when(8).await[7], "Unknown keyword");
    let submits = telco.submits();
    assert!(submits.iter().all(|submit| submit.message.service_type.is_empty()), "free");
}

// KN-47
#[tokio::test]
async fn an_answer_comes_from_the_sender_that_it_names() {
    let telco = centre().await;
    let _gateway = TestGateway::with([
        smsc("telco", telco.address(), ""),
        "[[answer]]\nname = \"help\"\ntext = \"Call us\"\nsender = \"GAMES\"\n".to_owned(),
        route("to = [\"help\"]"),
    ])
    .await;
    let handset = telco.handset(ANI);
    handset.send("1234", "help").await.unwrap();
    let told = handset.next_message(SOON).await.unwrap();
    assert_eq!((&told.from[..], &told.text[..]), ("GAMES", "Call us"));
}
