//! Messages that wait are cancelled and replaced by those who own them.

use serde_json::json;
use smpp::{
    Body, CString, CancelSm, CommandId, CommandStatus, Destination, Destinations, Pdu, ReplaceSm,
    ShortMessage, SubmitMulti, VERSION_3_3, VERSION_3_4,
};
use sms::State;

use crate::harness::{
    ANI, SOON, TestGateway, Texts, Wire, account, centre_at, free_address, message, route, smsc,
};

async fn bank_and(address: std::net::SocketAddr) -> TestGateway {
    TestGateway::with([
        smsc("telco", address, ""),
        account("bank", ""),
        account("shop", ""),
        route("to = [\"telco\"]"),
    ])
    .await
}

fn cancel_of(id: &str, source: &str, destination: &str) -> CancelSm {
    let destination = if destination.is_empty() {
        smpp::Address::default()
    } else {
        simulator::address(destination).unwrap()
    };
    CancelSm {
        message_id: CString::clipped(id.as_bytes()),
        source: simulator::address(source).unwrap(),
        destination,
        ..CancelSm::default()
    }
}

fn replace_of(id: &str, source: &str, text: &str) -> ReplaceSm {
    ReplaceSm {
        message_id: CString::clipped(id.as_bytes()),
        source: simulator::address(source).unwrap(),
        registered_delivery: 1,
        short_message: text.to_owned().into(),
        ..ReplaceSm::default()
    }
}

async fn cancel(wire: &mut Wire, pdu: CancelSm) -> CommandStatus {
    let Pdu { status, body, .. } = wire.ask(Body::CancelSm(pdu)).await;
    assert_eq!(body.command_id(), CommandId::CANCEL_SM_RESP);
    status
}

async fn replace(wire: &mut Wire, pdu: ReplaceSm) -> CommandStatus {
    let Pdu { status, body, .. } = wire.ask(Body::ReplaceSm(pdu)).await;
    assert_eq!(body.command_id(), CommandId::REPLACE_SM_RESP);
    status
}

/// The next receipt says that this message was deleted.
async fn is_told_of_deletion(wire: &mut Wire, id: &str) {
    let receipt = wire.delivered().await;
    assert_eq!(receipt.tlvs.receipted_message_id(), Some(id.as_bytes()));
    assert_eq!(receipt.tlvs.message_state(), Some(State::Deleted as u8));
    let text = String::from_utf8(receipt.short_message.to_vec()).unwrap();
    assert!(text.contains(" stat:DELETED "), "{text}");
}

#[tokio::test]
async fn what_was_cancelled_never_leaves_and_its_owner_is_told() {
    // O-5
    let address = free_address();
    let gateway = bank_and(address).await;
    let mut bank = Wire::bind(&gateway, "bank", VERSION_3_4).await;
    let id = bank.submit(message(ANI, "BANK", "cancelled")).await;
    bank.submit(message(ANI, "BANK", "kept")).await;

    assert_eq!(cancel(&mut bank, cancel_of(&id, "BANK", "")).await, CommandStatus::OK);

    is_told_of_deletion(&mut bank, &id).await;
    assert_eq!(cancel(&mut bank, cancel_of(&id, "BANK", "")).await, CommandStatus::CANCELFAIL);
    let telco = centre_at(address).await;
    assert_eq!(telco.texts_when(1).await, ["kept"]);
}

#[tokio::test]
async fn all_that_are_alike_are_cancelled_without_an_id() {
    // O-5
    let address = free_address();
    let gateway = bank_and(address).await;
    let mut bank = Wire::bind(&gateway, "bank", VERSION_3_4).await;
    let service_type = CString::clipped(b"CMT");
    let first = bank.submit(message(ANI, "BANK", "alike")).await;
    let second = bank.submit(message(ANI, "BANK", "alike, too")).await;
    bank.submit(message(ANI, "OTHER", "another source")).await;
    bank.submit(message("628111", "BANK", "another destination")).await;
    bank.submit(ShortMessage { service_type, ..message(ANI, "BANK", "another service") }).await;

    assert_eq!(cancel(&mut bank, cancel_of("", "BANK", ANI)).await, CommandStatus::OK);

    let mut told = [first, second];
    told.sort();
    let mut receipts = Vec::new();
    for _ in 0..2 {
        let receipt = bank.delivered().await;
        assert_eq!(receipt.tlvs.message_state(), Some(State::Deleted as u8));
        receipts.push(String::from_utf8(receipt.tlvs.receipted_message_id().unwrap().to_vec()).unwrap());
    }
    receipts.sort();
    assert_eq!(receipts, told);
    assert_eq!(cancel(&mut bank, cancel_of("", "BANK", ANI)).await, CommandStatus::CANCELFAIL);
    assert_eq!(cancel(&mut bank, cancel_of("", "BANK", "")).await, CommandStatus::INVDSTADR);
    let telco = centre_at(address).await;
    let left = telco.texts_when(3).await;
    assert_eq!(left, ["another source", "another destination", "another service"]);
}

#[tokio::test]
async fn of_a_message_to_several_one_or_all_are_cancelled() {
    // O-3, O-5
    let address = free_address();
    let gateway = bank_and(address).await;
    let mut bank = Wire::bind(&gateway, "bank", VERSION_3_4).await;
    let numbers = ["628111", "628112", "628113"];
    let destinations = numbers.map(|number| Destination::Address(simulator::address(number).unwrap()));
    let pdu = SubmitMulti {
        message: ShortMessage { destination: smpp::Address::default(), ..message(ANI, "BANK", "to all") },
        destinations: Destinations::of(&destinations).unwrap(),
    };
    let Body::SubmitMultiResp(response) = bank.ask(Body::SubmitMulti(pdu)).await.body else { panic!() };
    let id = response.message_id.to_string();

    assert_eq!(cancel(&mut bank, cancel_of(&id, "BANK", "628112")).await, CommandStatus::OK);
    is_told_of_deletion(&mut bank, &id).await;
    assert_eq!(cancel(&mut bank, cancel_of(&id, "BANK", "628112")).await, CommandStatus::CANCELFAIL);
    assert_eq!(cancel(&mut bank, cancel_of(&id, "BANK", "")).await, CommandStatus::OK);
    for _ in 0..2 {
        is_told_of_deletion(&mut bank, &id).await;
    }
    gateway.settled().await;
}

#[tokio::test]
async fn nobody_takes_back_what_is_not_its_own_or_over() {
    // X-14, O-5, O-6
    let telco = crate::harness::centre().await;
    let gateway = bank_and(telco.address()).await;
    let mut bank = Wire::bind(&gateway, "bank", VERSION_3_4).await;
    let mut shop = Wire::bind(&gateway, "shop", VERSION_3_4).await;
    let id = bank.submit(message(ANI, "BANK", "hello")).await;
    bank.delivered().await;

    for named in [&id[..], &"ab".repeat(16), "12345678"] {
        let unknown = CommandStatus::INVMSGID;
        assert_eq!(cancel(&mut shop, cancel_of(named, "BANK", "")).await, unknown, "{named}");
        assert_eq!(replace(&mut shop, replace_of(named, "BANK", "mine")).await, unknown, "{named}");
    }
    assert_eq!(cancel(&mut bank, cancel_of(&id, "OTHER", "")).await, CommandStatus::INVMSGID);
    assert_eq!(cancel(&mut bank, cancel_of(&id, "BANK", "")).await, CommandStatus::CANCELFAIL);
    assert_eq!(replace(&mut bank, replace_of(&id, "BANK", "again")).await, CommandStatus::REPLACEFAIL);
}

#[tokio::test]
async fn what_waits_is_replaced_under_its_id() {
    // O-6, B-3
    let address = free_address();
    let gateway = bank_and(address).await;
    let mut bank = Wire::bind(&gateway, "bank", VERSION_3_4).await;
    let id = bank.submit(message(ANI, "BANK", "old")).await;
    let long = "a text of more than one segment, ".repeat(10);
    let longer = bank.submit(message(ANI, "BANK", "short")).await;

    assert_eq!(replace(&mut bank, replace_of(&id, "BANK", "new")).await, CommandStatus::OK);
    let segments = &long[..250];
    assert_eq!(replace(&mut bank, replace_of(&longer, "BANK", segments)).await, CommandStatus::OK);
    let wrong = ReplaceSm { registered_delivery: 0x80, ..replace_of(&id, "BANK", "wrong") };
    assert_eq!(replace(&mut bank, wrong).await, CommandStatus::INVREGDLVFLG);
    // B-3: there are no predefined messages, whatever the text.
    let predefined = ReplaceSm { sm_default_msg_id: 1, ..replace_of(&id, "BANK", "wrong") };
    assert_eq!(replace(&mut bank, predefined).await, CommandStatus::INVDFTMSGID);
    let ended = ReplaceSm {
        validity_period: CString::clipped(b"120517083000028+"),
        ..replace_of(&id, "BANK", "ended")
    };
    assert_eq!(replace(&mut bank, ended).await, CommandStatus::INVEXPIRY);

    let telco = centre_at(address).await;
    let handset = telco.handset(ANI);
    let texts = [
        handset.next_message(crate::harness::SOON).await.unwrap().text,
        handset.next_message(crate::harness::SOON).await.unwrap().text,
    ];
    assert!(texts.contains(&"new".to_owned()) && texts.contains(&segments.to_owned()), "{texts:?}");
    let told = [bank.delivered().await, bank.delivered().await]
        .map(|receipt| receipt.tlvs.receipted_message_id().unwrap().to_vec());
    assert!(told.contains(&id.into_bytes()) && told.contains(&longer.into_bytes()));
}

#[tokio::test]
async fn a_message_that_is_put_off_ends_later_and_a_new_end_may_be_after_its_schedule() {
    // O-6, D-3
    let telco = crate::harness::centre().await;
    let gateway = bank_and(telco.address()).await;
    let mut bank = Wire::bind_as(&gateway, "bank", VERSION_3_3, smpp::BindMode::Transmitter).await;
    let time = |time: &[u8; 16]| CString::clipped(time);
    let in_an_hour = time(b"000000010000000R");
    let schedule_delivery_time = in_an_hour.clone();
    let id = bank.submit(ShortMessage { schedule_delivery_time, ..message(ANI, "BANK", "waits") }).await;

    let put_off = ReplaceSm {
        schedule_delivery_time: time(b"000020000000000R"),
        ..replace_of(&id, "BANK", "in twenty days")
    };
    assert_eq!(replace(&mut bank, put_off).await, CommandStatus::OK);
    let extended =
        ReplaceSm { validity_period: time(b"000026000000000R"), ..replace_of(&id, "BANK", "for six days") };
    assert_eq!(replace(&mut bank, extended).await, CommandStatus::OK);
    let too_short = ReplaceSm { validity_period: in_an_hour, ..replace_of(&id, "BANK", "over before") };
    assert_eq!(replace(&mut bank, too_short).await, CommandStatus::INVEXPIRY);
}

#[tokio::test]
async fn messages_are_alike_by_their_numbers_whatever_kind_these_are_said_to_be() {
    // O-5
    let telco = crate::harness::centre().await;
    let gateway = bank_and(telco.address()).await;
    let mut bank = Wire::bind_as(&gateway, "bank", VERSION_3_3, smpp::BindMode::Transmitter).await;
    let schedule_delivery_time = CString::clipped(b"000000010000000R");
    bank.submit(ShortMessage { schedule_delivery_time, ..message(ANI, "BANK", "waits") }).await;
    let plain = |number: &str| smpp::Address { ton: 0, npi: 0, value: CString::clipped(number.as_bytes()) };
    let like = CancelSm { source: plain("BANK"), destination: plain(ANI), ..CancelSm::default() };
    assert_eq!(cancel(&mut bank, like).await, CommandStatus::OK);
}

#[tokio::test]
async fn a_replacement_may_bring_the_schedule_forward() {
    // O-6
    let telco = crate::harness::centre().await;
    let gateway = bank_and(telco.address()).await;
    let mut bank = Wire::bind_as(&gateway, "bank", VERSION_3_3, smpp::BindMode::Transmitter).await;
    let schedule_delivery_time = CString::clipped(b"000000010000000R");
    let id = bank.submit(ShortMessage { schedule_delivery_time, ..message(ANI, "BANK", "in an hour") }).await;

    let soon = ReplaceSm {
        schedule_delivery_time: CString::clipped(b"000000000001000R"),
        ..replace_of(&id, "BANK", "in a second")
    };
    assert_eq!(replace(&mut bank, soon).await, CommandStatus::OK);

    assert_eq!(telco.texts_when(1).await, ["in a second"]);
}

#[tokio::test]
async fn replace_if_present_leaves_the_new_one_alone() {
    // B-4
    let address = free_address();
    let gateway = bank_and(address).await;
    let mut bank = Wire::bind(&gateway, "bank", VERSION_3_4).await;
    let alone = |text| ShortMessage { replace_if_present: 1, ..message(ANI, "BANK", text) };

    let first = bank.submit(alone("nothing was there")).await;
    let second = bank.submit(alone("and this is there now")).await;

    is_told_of_deletion(&mut bank, &first).await;
    assert_ne!(first, second);
    let telco = centre_at(address).await;
    assert_eq!(telco.texts_when(1).await, ["and this is there now"]);
    let receipt = bank.delivered().await;
    assert_eq!(receipt.tlvs.receipted_message_id(), Some(second.as_bytes()));
    // For many at once it is denied.
    let destination = Destination::Address(simulator::address(ANI).unwrap());
    let message = ShortMessage { destination: smpp::Address::default(), ..alone("to all") };
    let pdu = SubmitMulti { message, destinations: Destinations::of(&[destination]).unwrap() };
    assert_eq!(bank.status_of(Body::SubmitMulti(pdu.clone())).await, CommandStatus::INVSUBREP);
    let mut beyond = pdu;
    beyond.message.replace_if_present = 2;
    assert_eq!(bank.status_of(Body::SubmitMulti(beyond)).await, CommandStatus::INVREPFLAG);
}

/// What arrived, with its header.
pub(crate) async fn octets_when(telco: &simulator::Smsc, count: usize) -> Vec<(u8, u8, Vec<u8>)> {
    let submits = telco.submits_when(count, SOON).await.unwrap();
    let said = |pdu: &ShortMessage| (pdu.esm_class, pdu.data_coding, pdu.short_message.to_vec());
    submits.iter().map(|submit| said(&submit.message)).collect()
}

// O-6
#[tokio::test]
async fn a_header_that_we_wrote_is_none_of_the_other_text() {
    let address = free_address();
    let profile = "national = [\"turkish\"]\nlong_messages = \"udh-16\"";
    let gateway =
        TestGateway::with([smsc("telco", address, profile), account("bank", ""), route("to = [\"telco\"]")])
            .await;
    let (caller, mut bank) = (gateway.caller("bank"), Wire::bind(&gateway, "bank", VERSION_3_4).await);
    let turkish = "Şişli'de ığdır ağacı, İstanbul'da güneş: ".repeat(3);
    let ports = json!({ "destination": 16000, "source": 7 });
    let mut said = vec![];
    for (text, ports) in [(&turkish, None), (&turkish, Some(&ports)), (&"x".repeat(400), None)] {
        let mut message = json!({ "to": ANI, "from": "BANK", "text": text });
        if let Some(ports) = ports {
            message["ports"] = ports.clone();
        }
        said.push(caller.post(message).await.id());
    }
    for id in &said {
        // The first letter would be a length of 65 octets.
        assert_eq!(replace(&mut bank, replace_of(id, "BANK", "Another")).await, CommandStatus::OK);
        assert_eq!(replace(&mut bank, replace_of(id, "BANK", "A text")).await, CommandStatus::OK);
    }

    let telco = centre_at(address).await;

    let plain = (0, 0, b"A text".to_vec());
    let for_port = (0x40, 0, b"\x06\x05\x04\x3E\x80\x00\x07A text".to_vec());
    assert_eq!(octets_when(&telco, 3).await, [plain.clone(), for_port, plain]);
}

// O-6
#[tokio::test]
async fn a_header_that_its_sender_wrote_is_one_of_the_other_text_too() {
    let address = free_address();
    let gateway = TestGateway::with([
        smsc("telco", address, "national = [\"turkish\"]"),
        account("bank", ""),
        route("to = [\"telco\"]"),
    ])
    .await;
    let mut bank = Wire::bind(&gateway, "bank", VERSION_3_4).await;
    let headed = |text: &str| [b"\x03\x25\x01\x01", text.as_bytes()].concat();
    let first =
        ShortMessage { esm_class: 0x40, short_message: headed("one").into(), ..message(ANI, "BANK", "") };
    let id = bank.submit(first).await;
    let other = ReplaceSm { short_message: headed("other").into(), ..replace_of(&id, "BANK", "") };
    assert_eq!(replace(&mut bank, other).await, CommandStatus::OK);

    let telco = centre_at(address).await;

    assert_eq!(octets_when(&telco, 1).await, [(0x40, 0, headed("other"))]);
}
