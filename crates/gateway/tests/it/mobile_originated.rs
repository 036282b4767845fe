//! What handsets send to an ESME that binds.

use smpp::BindMode;

use crate::harness::{ANI, SOON, TestGateway, account, centre, route, smsc};

async fn poll_and(telco: &simulator::Smsc) -> TestGateway {
    TestGateway::with([
        smsc("telco", telco.address(), ""),
        account("poll", ""),
        account("other", ""),
        route("match = { destination = \"1234\", keyword = \"VOTE\" }\nto = [\"poll\"]"),
        route("match = { destination = \"1234\" }\nto = [\"other\"]"),
    ])
    .await
}

#[tokio::test]
async fn a_keyword_leads_to_its_esme_and_the_answer_back() {
    let telco = centre().await;
    let gateway = poll_and(&telco).await;
    let (poll, other) = (gateway.bind("poll").await, gateway.bind("other").await);
    let handset = telco.handset(ANI);

    handset.send("1234", "vote for the third").await.unwrap();
    handset.send("1234", "what is this?").await.unwrap();

    let vote = poll.next_mo(SOON).await.unwrap();
    assert_eq!((&vote.from[..], &vote.to[..], &vote.text[..]), (ANI, "1234", "vote for the third"));
    assert_eq!(vote.pdu.esm_class, 0);
    assert_eq!(other.next_mo(SOON).await.unwrap().text, "what is this?");
    gateway.settled().await;
    assert_eq!(telco.stats().messages_sent, 2);
}

#[tokio::test]
async fn a_message_waits_for_its_esme() {
    // W-7, S-8
    let telco = centre().await;
    let gateway = poll_and(&telco).await;
    let transmitter = gateway.bind_as("poll", BindMode::Transmitter).await;
    let handset = telco.handset(ANI);
    for number in 0..20 {
        handset.send("1234", &format!("VOTE {number}")).await.unwrap();
    }
    assert_eq!(gateway.waiting("poll").await, 20);

    let receiver = gateway.bind_as("poll", BindMode::Receiver).await;

    for number in 0..20 {
        assert_eq!(receiver.next_mo(SOON).await.unwrap().text, format!("VOTE {number}"));
    }
    gateway.settled().await;
    assert!(!transmitter.is_over());
}

#[tokio::test]
async fn a_long_message_keeps_its_parts() {
    // N-1: each segment is carried as it is, header and all.
    let telco = centre().await;
    let gateway = TestGateway::with([
        smsc("telco", telco.address(), ""),
        account("poll", ""),
        route("match = { destination = \"1234\" }\nto = [\"poll\"]"),
    ])
    .await;
    let poll = gateway.bind("poll").await;
    let text: String = (100..200).map(|number| format!("{number}é ")).collect();

    telco.handset(ANI).send("1234", &text).await.unwrap();

    assert_eq!(poll.next_mo(SOON).await.unwrap().text, text);
    assert_eq!(telco.stats().messages_sent, 4);
}

#[tokio::test]
async fn all_parts_of_a_long_message_follow_its_keyword() {
    // N-4
    let telco = centre().await;
    let gateway = poll_and(&telco).await;
    let (poll, other) = (gateway.bind("poll").await, gateway.bind("other").await);
    let vote: String =
        std::iter::once("vote ".to_owned()).chain((100..200).map(|number| format!("{number} "))).collect();
    let question = vote.replace("vote", "what about");

    telco.handset(ANI).send("1234", &vote).await.unwrap();
    telco.handset(ANI).send("1234", &question).await.unwrap();

    assert_eq!(poll.next_mo(SOON).await.unwrap().text, vote);
    assert_eq!(other.next_mo(SOON).await.unwrap().text, question);
}

#[tokio::test]
async fn a_message_that_leads_nowhere_is_refused() {
    // W-7
    let telco = centre().await;
    let gateway = TestGateway::with([smsc("telco", telco.address(), ""), account("poll", "")]).await;

    let sent = telco.handset(ANI).send("1234", "hello?").await;

    assert!(matches!(sent, Err(simulator::MoError::Refused(_))), "{sent:?}");
    assert_eq!(gateway.status().await.accepted_total, 0);
}

#[tokio::test]
async fn a_message_to_a_name_or_to_nobody_goes_where_its_route_leads() {
    // what a handset sends to is for the routes to judge.
    let telco = centre().await;
    let gateway = TestGateway::with([
        smsc("telco", telco.address(), ""),
        account("poll", ""),
        route("from = { link = \"telco\" }\nto = [\"poll\"]"),
    ])
    .await;
    let poll = gateway.bind("poll").await;
    for to in ["GAMES", ""] {
        telco.handset(ANI).send(to, "hello").await.unwrap();
        let told = poll.next_mo(SOON).await.unwrap();
        assert_eq!((&told.from[..], &told.to[..], &told.text[..]), (ANI, to, "hello"));
    }
    gateway.settled().await;
}
