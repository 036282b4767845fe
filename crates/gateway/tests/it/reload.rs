//! A new configuration while messages flow.

use std::path::Path;

use gateway::config::Config;
use simulator::{Smsc, SubmitError};
use smpp::{Body, CString, CommandStatus, ReplaceSm, TlvTag, VERSION_3_4};

use crate::harness::{
    ANI, PASSWORD, SOON, TestGateway, Texts, Wire, account, centre, centre_at, free_address, message, route,
    smsc,
};

fn to(link: &str) -> String {
    route(&format!("to = [\"{link}\"]"))
}

async fn one_and_two() -> (Smsc, Smsc, [String; 2]) {
    let (one, two) = (centre().await, centre().await);
    let links = [smsc("one", one.address(), ""), smsc("two", two.address(), "")];
    (one, two, links)
}

#[tokio::test]
async fn a_new_account_can_bind_and_a_removed_one_is_unbound() {
    let (_one, _two, [smsc, _]) = one_and_two().await;
    let gateway =
        TestGateway::with([smsc.clone(), account("bank", ""), account("shop", ""), to("one")]).await;
    let (bank, shop) = (gateway.bind("bank").await, gateway.bind("shop").await);
    assert_eq!(gateway.refusal_of_bind("news", PASSWORD).await, CommandStatus::BINDFAIL);

    gateway.reload([smsc, account("bank", ""), account("news", ""), to("one")]);

    assert!(shop.over(SOON).await);
    assert_eq!(gateway.refusal_of_bind("shop", PASSWORD).await, CommandStatus::BINDFAIL);
    let news = gateway.bind("news").await;
    news.submit(ANI, "NEWS", "hello", true).await.unwrap();
    assert!(news.next_receipt(SOON).await.is_some());
    assert!(!bank.is_over(), "who is not changed stays bound");
    bank.submit(ANI, "BANK", "hello", true).await.unwrap();
    assert!(bank.next_receipt(SOON).await.is_some());
}

#[tokio::test]
async fn a_changed_route_takes_effect_at_once() {
    let (one, two, [first, second]) = one_and_two().await;
    let links = |target: &str| [first.clone(), second.clone(), account("bank", ""), to(target)];
    let gateway = TestGateway::with(links("one")).await;
    let bank = gateway.bind("bank").await;
    bank.submit(ANI, "BANK", "before", true).await.unwrap();
    bank.next_receipt(SOON).await.unwrap();

    gateway.reload(links("two"));

    bank.submit(ANI, "BANK", "after", true).await.unwrap();
    bank.next_receipt(SOON).await.unwrap();
    assert_eq!((one.texts(), two.texts()), (vec!["before".to_owned()], vec!["after".to_owned()]));
    assert_eq!((one.stats().binds, two.stats().binds), (1, 1), "links that are not changed stay bound");
}

#[tokio::test]
async fn a_new_smsc_is_bound_and_a_removed_one_is_left() {
    let (one, two, [first, second]) = one_and_two().await;
    let gateway = TestGateway::with([first, account("bank", ""), to("one")]).await;
    one.stats_when(SOON, |stats| stats.sessions == 1).await.unwrap();

    gateway.reload([second, account("bank", ""), to("two")]);

    two.stats_when(SOON, |stats| stats.sessions == 1).await.unwrap();
    one.stats_when(SOON, |stats| stats.sessions == 0).await.unwrap();
}

#[tokio::test]
async fn a_wrong_configuration_is_refused_and_the_old_one_stays() {
    let (one, _two, [first, _]) = one_and_two().await;
    let gateway = TestGateway::with([first.clone(), account("bank", ""), to("one")]).await;
    let bank = gateway.bind("bank").await;
    let parsed = |text: &str| Config::parse(text, Path::new("estafet.toml"));

    let leads_nowhere =
        parsed(&format!("data_dir = \"data\"\n{first}{}", to("nobody"))).unwrap_err().to_string();
    let unknown_key = parsed("data_dir = \"data\"\ncolour = \"red\"\n").unwrap_err().to_string();
    let elsewhere = gateway.gateway().reload(parsed("data_dir = \"elsewhere\"\n").unwrap());

    assert!(leads_nowhere.contains("line 10") && leads_nowhere.contains("\"nobody\""), "{leads_nowhere}");
    assert!(unknown_key.contains("line 2") && unknown_key.contains("colour"), "{unknown_key}");
    assert!(elsewhere.unwrap_err().to_string().contains("data_dir"));
    bank.submit(ANI, "BANK", "hello", true).await.unwrap();
    assert_eq!(one.texts_when(1).await, ["hello"]);
}

#[tokio::test]
async fn a_changed_limit_applies_to_those_who_bind_again() {
    let (one, _two, [first, _]) = one_and_two().await;
    let gateway = TestGateway::with([first.clone(), account("bank", ""), to("one")]).await;
    let bank = gateway.bind("bank").await;

    gateway.reload([first, account("bank", "sources = [\"1234\"]"), to("one")]);

    assert!(bank.over(SOON).await);
    let bank = gateway.bind("bank").await;
    let refused = bank.submit(ANI, "BANK", "hello", true).await;
    assert_eq!(refused, Err(SubmitError::Refused(CommandStatus::INVSRCADR)));
    bank.submit(ANI, "1234", "hello", true).await.unwrap();
    assert_eq!(one.texts_when(1).await, ["hello"]);
}

// O-6
#[tokio::test]
async fn a_long_text_for_an_smsc_that_is_gone_leaves_in_parts_when_it_is_back() {
    let address = free_address();
    let links = [smsc("one", address, ""), account("bank", ""), to("one")];
    let gateway = TestGateway::with(links.clone()).await;
    let mut bank = Wire::bind(&gateway, "bank", VERSION_3_4).await;
    let id = bank.submit(message(ANI, "BANK", "short")).await;
    gateway.reload([account("bank", "")]);
    let mut replacement = ReplaceSm {
        message_id: CString::clipped(id.as_bytes()),
        source: message(ANI, "BANK", "").source,
        ..ReplaceSm::default()
    };
    replacement.tlvs.push(TlvTag::MESSAGE_PAYLOAD, &[b'a'; 250]).unwrap();
    assert!(bank.ask(Body::ReplaceSm(replacement)).await.status.is_ok());

    gateway.reload(links);
    let one = centre_at(address).await;

    assert_eq!(one.handset(ANI).next_message(SOON).await.unwrap().text, "a".repeat(250));
    assert_eq!(one.stats().submits, 2);
}
