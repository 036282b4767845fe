//! An SMSC that brings a message again (CMN-3).

use smpp::{Body, TlvTag, VERSION_3_4};

use crate::harness::{
    ANI, Provider, TestGateway, Texts, Wire, application, behind_played_smsc, centre, message, route, smsc,
};

async fn gateway_for(telco: &simulator::Smsc, provider: &Provider, more: &str) -> TestGateway {
    TestGateway::with([
        smsc("telco", telco.address(), more),
        application("games", &provider.url, ""),
        route("match = { destination = \"1234\" }\nto = [\"games\"]"),
    ])
    .await
}

// CMN-3
#[tokio::test]
async fn what_comes_again_is_one_transaction_with_one_reply() {
    let telco = centre().await;
    let mut provider = Provider::start(|_| "voted").await;
    let gateway = gateway_for(&telco, &provider, "duplicate_window_s = 60").await;
    let handset = telco.handset(ANI);

    handset.send("1234", "VOTE A").await.unwrap();
    let first = provider.next().await;
    handset.send("1234", "VOTE A").await.unwrap();
    let again = provider.next().await;
    handset.send("1234", "VOTE B").await.unwrap();
    let other = provider.next().await;

    assert_eq!((first.field("id"), first.field("duplicate")), (again.field("id"), None));
    assert_eq!(again.field("duplicate").as_deref(), Some("true"));
    assert!(other.field("id") != first.field("id") && other.field("duplicate").is_none());
    gateway.settled().await;
    assert_eq!(telco.texts(), ["voted", "voted"], "one for each transaction");
}

// CMN-3
#[tokio::test]
async fn a_long_message_that_comes_again_is_one_transaction_too() {
    let telco = centre().await;
    let mut provider = Provider::start(|_| ()).await;
    let gateway = gateway_for(&telco, &provider, "duplicate_window_s = 60").await;
    let handset = telco.handset(ANI);
    let segments = handset.segments("1234", &"VOTE A ".repeat(40)).unwrap();

    handset.send_segments(segments.clone()).await.unwrap();
    provider.next().await;
    handset.send_segments(segments).await.unwrap();

    gateway.settled().await;
    assert_eq!(provider.others(), 0, "parts of a message that is complete are nothing new");
}

// CMN-3
#[tokio::test]
async fn an_id_of_the_smsc_tells_one_vote_from_the_next() {
    let telco = centre().await;
    let mut provider = Provider::start(|_| ()).await;
    let _gateway = gateway_for(&telco, &provider, "").await;
    let handset = telco.handset(ANI);
    let mut ids = Vec::new();
    for name in ["m1", "m1", "m2"] {
        let mut segments = handset.segments("1234", "VOTE A").unwrap();
        segments[0].tlvs.push(TlvTag::RECEIPTED_MESSAGE_ID, format!("{name}\0").as_bytes()).unwrap();
        handset.send_segments(segments).await.unwrap();
        ids.push(provider.next().await.field("id").unwrap());
    }
    assert!(ids[0] == ids[1] && ids[1] != ids[2], "{ids:?}");
}

// CMN-3
#[tokio::test]
async fn what_has_to_be_looked_for_keeps_its_place() {
    let (gateway, mut telco) =
        behind_played_smsc("match = { destination = \"1234\" }\nto = [\"bank\"]").await;
    let mut bank = Wire::bind(&gateway, "bank", VERSION_3_4).await;
    for number in 0..90 {
        let mut brought = message("1234", ANI, &number.to_string());
        // Every third is nothing that can be known again.
        if number % 3 != 2 {
            let name = format!("m{number}\0");
            brought.tlvs.push(TlvTag::RECEIPTED_MESSAGE_ID, name.as_bytes()).unwrap();
        }
        telco.send(Body::DeliverSm(brought)).await;
    }
    for number in 0..90 {
        assert_eq!(bank.delivered().await.short_message, number.to_string());
    }
}
