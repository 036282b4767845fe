//! Long messages of handsets are put together from their parts, however these come.

use std::time::Duration;

use simulator::{Application, ApplicationConfig, Smsc};
use smpp::{Address, ShortMessage, TlvTag};
use sms::{LinkName, State};
use store::{Event, Query, Record};

use crate::harness::{
    ANI, SOON, TestGateway, account, application, centre, free_address, route, smsc, until,
};
use crate::kill::Program;

const UDHI: u8 = 0x40;

/// A part of a text, with a reference of 8 bits.
fn part(reference: u8, total: u8, number: u8, text: &str) -> ShortMessage {
    let header = [5, 0, 3, reference, total, number];
    ShortMessage {
        esm_class: UDHI,
        short_message: [&header[..], text.as_bytes()].concat().into(),
        ..from_handset(ANI)
    }
}

/// The same by TLV.
fn part_by_tlv(total: u8, number: u8, text: &'static str) -> ShortMessage {
    let mut part = ShortMessage { short_message: text.as_bytes().into(), ..from_handset(ANI) };
    part.tlvs.push_u16(TlvTag::SAR_MSG_REF_NUM, 0x0102);
    part.tlvs.push_u8(TlvTag::SAR_TOTAL_SEGMENTS, total);
    part.tlvs.push_u8(TlvTag::SAR_SEGMENT_SEQNUM, number);
    part
}

fn from_handset(number: &str) -> ShortMessage {
    ShortMessage {
        source: Address::new(1, 1, number.as_bytes()).unwrap(),
        destination: Address::new(0, 1, b"1234").unwrap(),
        ..ShortMessage::default()
    }
}

/// The application takes what begins with VOTE, the account all else.
fn links(telco: &Smsc, votes: &Application, more: &str) -> [String; 6] {
    [
        more.to_owned(),
        smsc("telco", telco.address(), "sessions = 2"),
        application("votes", &votes.url(), ""),
        account("poll", ""),
        route("match = { destination = \"1234\", keyword = \"VOTE\" }\nto = [\"votes\"]"),
        route("match = { destination = \"1234\" }\nto = [\"poll\"]"),
    ]
}

async fn votes() -> Application {
    Application::start(ApplicationConfig::default()).await.unwrap()
}

/// All records of what the handset sent and got, oldest first.
async fn records(gateway: &TestGateway) -> Vec<Record> {
    gateway.status().await;
    let query = Query { number: Some(ANI.as_bytes().to_vec()), limit: 100, ..Query::default() };
    let mut records = gateway.gateway().store().search(query).await.unwrap().records;
    records.reverse();
    records
}

/// The parts that wait for the rest of their message are taken and wait no more in the store.
async fn held(gateway: &TestGateway, parts: usize) {
    let line = format!("estafet_reassembly_parts {parts}\n");
    let caller = gateway.caller("poll");
    until("the parts are held", async || caller.metrics().await.contains(&line)).await;
}

async fn assert_metric(gateway: &TestGateway, line: &str) {
    let metrics = gateway.caller("poll").metrics().await;
    assert!(metrics.contains(line), "{line} in {metrics}");
}

// N-3, U-1: the keyword comes last, by whatever session.
#[tokio::test]
async fn parts_in_any_order_are_one_call_by_the_keyword_of_the_whole() {
    let (telco, votes) = (centre().await, votes().await);
    let gateway = TestGateway::with(links(&telco, &votes, "")).await;
    let handset = telco.handset(ANI);
    for (number, text) in [(3, "t of all"), (2, " the bes"), (1, "vote for")] {
        telco.deliver(part(7, 3, number, text)).await.unwrap();
    }

    let call = votes.next_call(SOON).await.unwrap();
    assert_eq!((&call.from[..], &call.to[..], &call.text[..]), (ANI, "1234", "vote for the best of all"));
    assert_eq!((call.fields["smsc"].as_str(), call.fields.get("udh")), ("telco", None));
    let answer = handset.next_message(SOON).await.unwrap();
    assert_eq!((&answer.from[..], &answer.text[..]), ("1234", "You wrote: vote for the best of all"));

    gateway.settled().await;
    assert_eq!(votes.call_count(), 1);
    let records = records(&gateway).await;
    let whole = records.iter().find(|record| record.id.to_string() == call.id).unwrap();
    assert_eq!((whole.state, whole.segments), (State::Delivered, 3));
    let parts: Vec<_> =
        records.iter().filter(|record| record.target == LinkName::from("reassembly")).collect();
    assert_eq!(parts.len(), 3);
    for part in parts {
        assert_eq!(part.state, State::HandedOver);
        let names_whole =
            |event: &Event| matches!(event, Event::Sent { remote_id: Some(id) } if id.to_string() == call.id);
        assert!(part.history.iter().any(|step| names_whole(&step.event)), "{:?}", part.history);
        assert!(part.accepted_at >= whole.accepted_at, "it is as old as its first part");
    }
    assert_metric(&gateway, "estafet_reassembled_total{ending=\"complete\"} 1\n").await;
}

// N-3
#[tokio::test]
async fn parts_may_come_by_different_smscs() {
    let (telco, other, votes) = (centre().await, centre().await, votes().await);
    let more = smsc("other", other.address(), "");
    let gateway = TestGateway::with(links(&telco, &votes, &more)).await;
    telco.deliver(part(7, 2, 1, "vote for ")).await.unwrap();
    held(&gateway, 1).await;
    other.deliver(part(7, 2, 2, "me")).await.unwrap();

    assert_eq!(votes.next_call(SOON).await.unwrap().text, "vote for me");
    assert!(
        telco.handset(ANI).next_message(SOON).await.is_some(),
        "the answer goes where the first came from"
    );
}

// N-3, N-4
#[tokio::test]
async fn an_esme_gets_the_parts_of_one_message_in_order() {
    let (telco, votes) = (centre().await, votes().await);
    let gateway = TestGateway::with(links(&telco, &votes, "")).await;
    let poll = gateway.bind("poll").await;
    for number in [2, 3, 1] {
        telco.deliver(part(7, 3, number, &format!("({number})"))).await.unwrap();
    }

    let question = poll.next_mo(SOON).await.unwrap();

    assert_eq!(question.text, "(1)(2)(3)");
    assert_eq!(
        (question.pdu.esm_class, &question.pdu.short_message[..]),
        (UDHI, &b"\x05\x00\x03\x07\x03\x03(3)"[..])
    );
    gateway.settled().await;
    let whole = records(&gateway).await.pop().unwrap();
    assert_eq!((whole.target, whole.segments, whole.state), ("poll".into(), 3, State::Delivered));
}

// N-1, N-3
#[tokio::test]
async fn segments_by_tlv_are_put_together_and_leave_by_tlv() {
    let (telco, votes) = (centre().await, votes().await);
    let gateway = TestGateway::with(links(&telco, &votes, "")).await;
    let poll = gateway.bind("poll").await;
    telco.deliver(part_by_tlv(2, 2, "for me")).await.unwrap();
    telco.deliver(part_by_tlv(2, 1, "vote ")).await.unwrap();
    assert_eq!(votes.next_call(SOON).await.unwrap().text, "vote for me");

    telco.deliver(part_by_tlv(2, 2, "it is?")).await.unwrap();
    telco.deliver(part_by_tlv(2, 1, "What is ")).await.unwrap();
    let question = poll.next_mo(SOON).await.unwrap();
    assert_eq!(question.text, "What is it is?");
    let (class, tlvs) = (question.pdu.esm_class, question.pdu.tlvs);
    let sar = (tlvs.sar_msg_ref_num(), tlvs.sar_total_segments(), tlvs.sar_segment_seqnum());
    assert_eq!((class, sar), (0, (Some(0x0102), Some(2), Some(2))));
}

// N-3
#[tokio::test]
async fn an_esme_may_have_it_in_one_payload() {
    let (telco, votes) = (centre().await, votes().await);
    let gateway = TestGateway::with([
        smsc("telco", telco.address(), ""),
        application("votes", &votes.url(), ""),
        account("poll", "profile = \"message-payload\""),
        route("match = { destination = \"1234\" }\nto = [\"poll\"]"),
    ])
    .await;
    let poll = gateway.bind("poll").await;
    let text: String = (100..200).map(|number| format!("{number}é ")).collect();

    telco.handset(ANI).send("1234", &text).await.unwrap();

    let question = poll.next_mo(SOON).await.unwrap();
    assert_eq!((question.text, question.pdu.esm_class), (text, 0));
    assert!(question.pdu.short_message.is_empty() && question.pdu.tlvs.message_payload().is_some());
}

// N-3
#[tokio::test]
async fn an_account_with_a_callback_is_called_once() {
    let (telco, shop) = (centre().await, votes().await);
    let callback = format!("callback_url = \"{}\"\nallow_private_address = true", shop.url());
    let _gateway = TestGateway::with([
        smsc("telco", telco.address(), ""),
        account("shop", &callback),
        route("match = { destination = \"1234\" }\nto = [\"shop\"]"),
    ])
    .await;
    for number in [2, 1] {
        telco.deliver(part(7, 2, number, &format!("({number})"))).await.unwrap();
    }
    let order = shop.next_call(SOON).await.unwrap();
    assert_eq!((order.text.as_str(), order.fields["event"].as_str()), ("(1)(2)", "message"));
}

// N-3
#[tokio::test]
async fn duplicates_are_dropped_and_counted() {
    let (telco, votes) = (centre().await, votes().await);
    let gateway = TestGateway::with(links(&telco, &votes, "")).await;
    for number in [2, 2, 1, 1, 2] {
        telco.deliver(part(7, 2, number, ["vote", " twice"][usize::from(number) - 1])).await.unwrap();
    }
    assert_eq!(votes.next_call(SOON).await.unwrap().text, "vote twice");
    gateway.settled().await;
    assert_eq!(votes.call_count(), 1);
    let duplicates = records(&gateway).await.iter().filter(|record| record.state == State::Deleted).count();
    assert_eq!(duplicates, 3);
    assert_metric(&gateway, "estafet_reassembly_duplicates_total 3\n").await;
}

// N-3
#[tokio::test]
async fn a_message_that_stays_incomplete_goes_on_marked() {
    let (telco, votes) = (centre().await, votes().await);
    let gateway = TestGateway::with(links(&telco, &votes, "[reassembly]\ntimeout_s = 1\n")).await;
    let poll = gateway.bind("poll").await;
    telco.deliver(part(7, 4, 3, " later")).await.unwrap();
    telco.deliver(part(7, 4, 1, "vote")).await.unwrap();

    let call = votes.next_call(SOON).await.unwrap();
    assert_eq!(call.text, "vote later");
    assert_eq!((call.fields["incomplete"].as_str(), call.fields["missing"].as_str()), ("true", "2,4"));

    telco.deliver(part(8, 2, 2, "?")).await.unwrap();
    gateway.settled().await;
    assert_metric(&gateway, "estafet_reassembled_total{ending=\"timed_out\"} 2\n").await;
    assert!(poll.next_mo(Duration::ZERO).await.is_none(), "a raw part, of which an ESME waits for the rest");
    telco.deliver(part(8, 2, 1, "What")).await.unwrap();
    assert_eq!(poll.next_mo(SOON).await.unwrap().text, "What?");
}

// N-3, ABU-4
#[tokio::test]
async fn the_oldest_gives_way_when_there_are_too_many() {
    let (telco, votes) = (centre().await, votes().await);
    let bound = "[reassembly]\nsource_parts_max = 2\n";
    let gateway = TestGateway::with(links(&telco, &votes, bound)).await;
    for reference in [1, 2, 3] {
        telco.deliver(part(reference, 9, 1, &format!("vote {reference}"))).await.unwrap();
    }
    let call = votes.next_call(SOON).await.unwrap();
    assert_eq!((call.text.as_str(), call.fields["missing"].as_str()), ("vote 1", "2,3,4,5,6,7,8,9"));
    assert_metric(&gateway, "estafet_reassembled_total{ending=\"crowded\"} 1\n").await;
    held(&gateway, 2).await;
}

// N-3
#[tokio::test]
async fn what_is_whole_by_itself_does_not_wait() {
    let (telco, votes) = (centre().await, votes().await);
    let gateway = TestGateway::with(links(&telco, &votes, "")).await;
    for (total, number) in [(1, 1), (2, 0), (2, 3), (0, 0), (0, 1)] {
        telco.deliver(part(7, total, number, "vote alone")).await.unwrap();
        let call = votes.next_call(SOON).await.unwrap();
        assert_eq!((call.text.as_str(), call.fields.get("incomplete")), ("vote alone", None));
    }
    let poll = gateway.bind("poll").await;
    let octets = &b"\x21vote"[..];
    let broken = ShortMessage { esm_class: UDHI, short_message: octets.into(), ..from_handset(ANI) };
    telco.deliver(broken).await.unwrap();
    assert_eq!(poll.next_mo(SOON).await.unwrap().text, "!vote");
    gateway.settled().await;
    assert!(records(&gateway).await.iter().all(|record| record.target != LinkName::from("reassembly")));
}

// N-3, W-7
#[tokio::test]
async fn a_part_that_leads_nowhere_whatever_its_keyword_is_refused() {
    let (telco, votes) = (centre().await, votes().await);
    let gateway = TestGateway::with([
        smsc("telco", telco.address(), ""),
        application("votes", &votes.url(), ""),
        account("poll", ""),
        route("match = { destination = \"1234\", keyword = \"VOTE\" }\nto = [\"votes\"]"),
    ])
    .await;
    let elsewhere = ShortMessage { destination: Address::new(0, 1, b"9").unwrap(), ..part(7, 2, 1, "vote") };
    assert!(matches!(telco.deliver(elsewhere).await, Err(simulator::MoError::Refused(_))));

    telco.deliver(part(7, 2, 1, "boo")).await.unwrap();
    telco.deliver(part(7, 2, 2, "!")).await.unwrap();
    gateway.settled().await;
    let states: Vec<State> = records(&gateway).await.iter().map(|record| record.state).collect();
    assert_eq!(states, [State::Rejected; 2]);
}

// N-3
#[tokio::test]
async fn parts_outlive_a_restart_without_an_attempt_too_many() {
    let (telco, votes) = (centre().await, votes().await);
    let gateway = TestGateway::with(links(&telco, &votes, "")).await;
    telco.deliver(part(7, 2, 2, " again")).await.unwrap();
    held(&gateway, 1).await;
    assert_eq!(gateway.waiting("reassembly").await, 0);

    let stopped = gateway.stop().await;
    assert!(stopped.graceful);
    let gateway = stopped.start(links(&telco, &votes, "")).await;
    telco.deliver(part(7, 2, 1, "vote")).await.unwrap();

    assert_eq!(votes.next_call(SOON).await.unwrap().text, "vote again");
    assert_eq!(gateway.settled().await.possible_duplicates_total, 0);
    let first = records(&gateway).await.remove(0);
    let attempts = first.history.iter().filter(|step| matches!(step.event, Event::Attempted { .. })).count();
    assert_eq!(attempts, 1, "{:?}", first.history);
}

// N-3
#[tokio::test]
async fn what_timed_out_while_nobody_was_there_goes_on_after_the_restart() {
    let (telco, votes) = (centre().await, votes().await);
    let gateway = TestGateway::with(links(&telco, &votes, "")).await;
    telco.deliver(part(7, 2, 1, "vote half")).await.unwrap();
    held(&gateway, 1).await;

    let brief = "[reassembly]\ntimeout_s = 1\n[store]\nvalidity_h = 1\n";
    let _gateway = gateway.stop().await.start(links(&telco, &votes, brief)).await;

    let call = votes.next_call(SOON).await.unwrap();
    assert_eq!((call.text.as_str(), call.fields["missing"].as_str()), ("vote half", "2"));
}

// N-3, DUR-1
#[tokio::test]
async fn parts_outlive_a_kill() {
    let (telco, votes) = (centre().await, votes().await);
    let smpp = free_address();
    let config = format!("[smpp]\nlisten = \"{smpp}\"\n{}", links(&telco, &votes, "").concat());
    let mut program = Program::start(&config);
    for number in [3, 1] {
        telco.deliver(part(7, 3, number, ["vote", " or", " die"][usize::from(number) - 1])).await.unwrap();
    }
    program.kill_and_start();
    telco.deliver(part(7, 3, 2, " or")).await.unwrap();

    assert_eq!(votes.next_call(SOON).await.unwrap().text, "vote or die");
    let answer = telco.handset(ANI).next_message(SOON).await.unwrap();
    assert_eq!(answer.text, "You wrote: vote or die");
    assert_eq!(votes.call_count(), 1);
}

// N-3
#[tokio::test]
async fn parts_whose_route_a_reload_takes_away_wait_until_another_brings_it_back() {
    let (telco, votes) = (centre().await, votes().await);
    let links = |routes: &str| {
        let brief = "[reassembly]\ntimeout_s = 1\n".to_owned();
        [brief, smsc("telco", telco.address(), ""), application("votes", &votes.url(), ""), routes.to_owned()]
    };
    let led = route("to = [\"votes\"]");
    let gateway = TestGateway::with(links(&led)).await;
    telco.deliver(part(7, 2, 2, "is left")).await.unwrap();
    gateway.reload(links(&route("match = { destination = \"5678\" }\nto = [\"votes\"]")));
    // The time of what came first runs out first.
    let other = Address::new(0, 1, b"5678").unwrap();
    telco.deliver(ShortMessage { destination: other, ..part(8, 2, 1, "later") }).await.unwrap();
    assert_eq!(votes.next_call(SOON).await.unwrap().text, "later");
    let all = records(&gateway).await;
    let left = all.iter().filter(|record| record.destination.value[..] == *b"1234");
    assert_eq!(left.map(|record| record.final_at).collect::<Vec<_>>(), [None]);

    gateway.reload(links(&led));

    let call = votes.next_call(SOON).await.unwrap();
    assert_eq!((&call.text[..], call.fields["incomplete"].as_str()), ("is left", "true"));
}
