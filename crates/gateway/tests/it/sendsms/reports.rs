//! What is told to a `dlr-url`.

use serde_json::json;
use simulator::{Application, ApplicationConfig, Every, Fates, Faults, Smsc, SmscConfig};
use smpp::CommandStatus;
use sms::State;

use super::{Customer, shop_with};
use crate::harness::{Listeners, SOON, TestGateway, account, application, centre_with, route, smsc, until};

const CALLED: &str = "kannel = { default_sender = \"SHOP\", dlr = true, allow_private_address = true }";

/// Sends with this mask and a URL that asks for everything.
async fn send(customer: &Customer, receiver: &Application, mask: u8, to: &str) -> String {
    let query =
        "%3Fto=%25p%26from=%25P%26kind=%25d%26said=%25A%26id=%25I%26who=%25n%26account=%25o%26at=%25T";
    let query = format!(
        "{}&to={to}&text=%C3%A4&account=club&dlr-mask={mask}&dlr-url={}{query}",
        super::SHOP,
        receiver.url()
    );
    let said = customer.plain(&query).await;
    said.is_accepted();
    said.header("x-estafet-message-id").to_owned()
}

// KN-27, KN-29: "DLR: `dlr-url` from request, else from user; call with the escape codes of 1.2/1.4 (`%p` = recipient, `%P` = sender …)";
// "Accept 200/202 as success."
#[tokio::test]
async fn a_delivery_is_told_to_the_url_that_the_request_names() {
    let (_telco, gateway, customer) =
        shop_at(SmscConfig { first_id: Some(4711), ..SmscConfig::default() }).await;
    let receiver = Application::start(ApplicationConfig::default()).await.unwrap();
    let id = send(&customer, &receiver, 3, "628111").await;
    let call = receiver.next_call(SOON).await.unwrap();
    let field = |name: &str| call.fields[name].as_str();
    assert_eq!(
        ["to", "from", "kind", "id", "who", "account"].map(field),
        ["628111", "SHOP", "1", &id, "shop", "club"]
    );
    assert!(
        field("said").contains(" stat:DELIVRD err:000 text:ä")
            && field("said").starts_with("id:")
            && field("said").contains("4711 sub:001 dlvrd:001 "),
        "{call:?}"
    );
    assert!(field("at").parse::<u64>().unwrap() > 1_700_000_000);
    gateway.settled().await;
}

#[tokio::test]
async fn what_could_not_be_told_of_a_message_on_its_way_is_seen_as_what_it_is() {
    let (_telco, gateway, customer) = shop_at(SmscConfig::default()).await;
    let gone = ApplicationConfig { fail: Every::nth(1), fail_status: 410, ..ApplicationConfig::default() };
    let gone = Application::start(gone).await.unwrap();
    let id = send(&customer, &gone, 8, "628111").await;
    until("a dead letter", async || gateway.waiting("shop/callbacks/dead-letters").await == 1).await;
    let shop = gateway.caller("shop");
    let dead = shop.call("GET", "/v1/dead-letters", None).await.body;
    let [letter] = &dead["dead_letters"].as_array().unwrap()[..] else { panic!("one: {dead}") };
    let told =
        ["link", "event", "reported", "message", "from", "to"].map(|name| letter[name].as_str().unwrap());
    assert_eq!(told, ["shop/callbacks", "report", "accepted", &id, "SHOP", "628111"]);
    assert!(letter["callback_url"].as_str().unwrap().starts_with(&gone.url()), "{letter}");
    let replay = Some(json!({ "ids": [letter["id"]] }));
    let replayed = shop.call("POST", "/v1/dead-letters/replay", replay).await.body;
    assert_eq!(replayed, json!({ "replayed": 1 }));
}

/// A shop at a message centre of this kind, and what its URL is called with.
async fn shop_at(config: SmscConfig) -> (Smsc, TestGateway, Customer) {
    let telco = centre_with(config).await;
    let listeners = Listeners { http: "kannel = true".to_owned(), ..Listeners::default() };
    let only = route("match = { prefix = \"62\" }\nto = [\"telco\"]");
    let links = [smsc("telco", telco.address(), ""), account("shop", CALLED), only];
    let gateway = TestGateway::listening(listeners, links).await;
    let customer = Customer::of(&gateway);
    (telco, gateway, customer)
}

/// The kind and the words of so many calls, in the order of the kinds.
async fn told(receiver: &Application, count: usize) -> Vec<(u8, String)> {
    let mut told = Vec::new();
    for _ in 0..count {
        let call = receiver.next_call(SOON).await.unwrap();
        told.push((call.fields["kind"].parse().unwrap(), call.fields["said"].clone()));
    }
    told.sort();
    told
}

// KN-31: "`dlr-mask` bits | 1 delivered, 2 failed …" (1.4)
#[tokio::test]
async fn only_what_the_mask_asks_for_is_told() {
    let (_telco, gateway, customer) = shop_with(CALLED).await;
    let receiver = Application::start(ApplicationConfig::default()).await.unwrap();
    for mask in [0, 2, 4, 16] {
        send(&customer, &receiver, mask, "628111").await;
    }
    let wanted = send(&customer, &receiver, 1, "628222").await;
    assert_eq!(receiver.next_call(SOON).await.unwrap().fields["id"], wanted);
    gateway.settled().await;
    assert_eq!(receiver.calls().len(), 1);
}

// KN-13, KN-27, ABU-9
#[tokio::test]
async fn a_url_in_a_private_network_is_refused_in_headers_too_and_never_called() {
    let keys = "kannel = { default_sender = \"SHOP\", dlr = true, allow_http = true, allow_ports = [\"1024-65535\"] }";
    let (telco, gateway, customer) = shop_with(keys).await;
    let receiver = Application::start(ApplicationConfig::default()).await.unwrap();
    let url = format!("{}?d=%d", receiver.url());
    let by_name = url.replace("127.0.0.1", "localhost");
    let post = async |url: &str| {
        let kind = ("content-type", "text/plain");
        customer.post(&[kind, ("x-kannel-dlr-url", url), ("x-kannel-dlr-mask", "31")], "x").await
    };
    post(&url).await.is(400, "DLR-URL field misformed, rejected");
    // What only a lookup of its name can say is told when it is called, and ever again.
    post(&by_name).await.is_accepted();
    gateway.call_retried("shop/callbacks").await;
    assert_eq!((receiver.calls().len(), telco.submits().len()), (0, 1));
}

// KN-32, KN-28: "… 4 buffered, 8 accepted by SMSC"; "`%A` = receipt text, or `ACK/`"; "8/16 texts `ACK/…`"
#[tokio::test]
async fn what_happens_on_the_way_is_told_to_who_asks() {
    let fates = Fates { by_suffix: vec![("9".to_owned(), State::Enroute)], ..Fates::default() };
    let (_telco, gateway, customer) =
        shop_at(SmscConfig { fates, first_id: Some(4711), ..SmscConfig::default() }).await;
    let receiver = Application::start(ApplicationConfig::default()).await.unwrap();
    send(&customer, &receiver, 9, "628111").await;
    let both = told(&receiver, 2).await;
    assert_eq!((both[0].0, &both[1]), (1, &(8, "ACK/".to_owned())));
    gateway.settled().await;
    send(&customer, &receiver, 4, "628119").await;
    let buffered = told(&receiver, 1).await;
    assert_eq!(buffered[0].0, 4);
    assert!(buffered[0].1.starts_with("id:") && buffered[0].1.contains("4712 sub:001"), "{buffered:?}");
    assert!(buffered[0].1.contains(" stat:ENROUTE ") && buffered[0].1.ends_with(" text:ä"), "{buffered:?}");
    assert_eq!(receiver.calls().len(), 3);
}

// KN-32: what Kannel takes for on its way.
#[tokio::test]
async fn what_the_smsc_accepted_has_not_failed() {
    let fates = Fates { by_suffix: vec![("9".to_owned(), State::Accepted)], ..Fates::default() };
    let (_telco, gateway, customer) = shop_at(SmscConfig { fates, ..SmscConfig::default() }).await;
    let receiver = Application::start(ApplicationConfig::default()).await.unwrap();
    send(&customer, &receiver, 3, "628119").await;
    gateway.settled().await;
    for mask in [4, 7] {
        send(&customer, &receiver, mask, "628119").await;
        let accepted = told(&receiver, 1).await;
        assert_eq!(accepted[0].0, 4);
        assert!(
            accepted[0].1.contains(" dlvrd:000 ") && accepted[0].1.contains(" stat:ACCEPTD "),
            "{accepted:?}"
        );
    }
    gateway.settled().await;
    assert_eq!(receiver.calls().len(), 2);
}

// KN-28: "… 16 rejected by SMSC"; "Mask 2 alone also yields type 16"; "`NACK/0x0000000b/<name>`"
#[tokio::test]
async fn what_the_smsc_refuses_is_told_in_the_words_of_kannel() {
    let faults = Faults { status: Some((Every::nth(1), CommandStatus::INVDSTADR)), ..Faults::default() };
    let (_telco, gateway, customer) = shop_at(SmscConfig { faults, ..SmscConfig::default() }).await;
    let receiver = Application::start(ApplicationConfig::default()).await.unwrap();
    let refused = (16, "NACK/0x0000000b/Invalid Destination Address".to_owned());
    for mask in [2, 16, 31] {
        send(&customer, &receiver, mask, "628111").await;
        assert_eq!(told(&receiver, 1).await, std::slice::from_ref(&refused));
    }
    send(&customer, &receiver, 9, "628111").await;
    gateway.settled().await;
    assert_eq!(receiver.calls().len(), 3);
}

// KN-28: "`NACK/no SMSC` …, also for a 403-rejected message (mask 2 or 16)"
#[tokio::test]
async fn what_there_is_no_way_for_is_told_although_it_was_refused() {
    let (_telco, gateway, customer) = shop_at(SmscConfig::default()).await;
    let receiver = Application::start(ApplicationConfig::default()).await.unwrap();
    for (mask, is_told) in [(2, true), (16, true), (9, false)] {
        let url = format!("{}%3Fkind=%25d%26said=%25A%26to=%25p%26from=%25P", receiver.url());
        let query = format!("{}&to=4670&from=1234&text=x&dlr-mask={mask}&dlr-url={url}", super::SHOP);
        customer.plain(&query).await.is(403, "Not routable. Do not try again.");
        if is_told {
            let call = receiver.next_call(SOON).await.unwrap();
            let said = ["kind", "said", "to", "from"].map(|name| call.fields[name].as_str());
            assert_eq!(said, ["16", "NACK/no SMSC", "4670", "1234"]);
        }
    }
    gateway.settled().await;
    assert_eq!(receiver.calls().len(), 2);
}

// KN-34, KN-35: "`%F` SMSC id; `%I` …; `%#smpp#dlr_err#`"; `%i`, `%D` (1.2)
#[tokio::test]
async fn the_link_the_id_of_the_smsc_and_meta_data_are_told() {
    let fates = Fates { by_suffix: vec![("9".to_owned(), State::Undeliverable)], ..Fates::default() };
    let config = SmscConfig { first_id: Some(4711), fates, ..SmscConfig::default() };
    let (_telco, gateway, customer) = shop_at(config).await;
    let receiver = Application::start(ApplicationConfig::default()).await.unwrap();
    let url = format!(
        "{}%3Fkind=%25d%26link=%25i%26remote=%25F%26all=%25D%26one=%25%23club%23card%23%26err=%25%23smpp%23dlr_err%23",
        receiver.url()
    );
    let meta = "%3Fclub%3Fcard%3D12%26x%3Da%2526b";
    let query = format!("{}&to=628119&text=x&dlr-mask=10&meta-data={meta}&dlr-url={url}", super::SHOP);
    customer.plain(&query).await.is_accepted();
    let mut kinds = Vec::new();
    for _ in 0..2 {
        let call = receiver.next_call(SOON).await.unwrap();
        let field = |name: &str| call.fields[name].as_str();
        assert_eq!((field("link"), field("one")), ("telco", "12"));
        assert!(field("remote").contains("4711"), "{}", field("remote"));
        // The receipt has an error, the answer has none.
        let (behind, error) = match field("kind") {
            "2" => ("?smpp?dlr_err=%03%00%0B&", "\u{3}\0\u{b}"),
            _ => ("?smpp_resp?", ""),
        };
        assert_eq!(field("all"), format!("?club?card=12&x=a%26b&?orig_msg?dlr_mask=10&{behind}"));
        assert_eq!(field("err"), error);
        kinds.push(field("kind").to_owned());
    }
    kinds.sort();
    assert_eq!(kinds, ["2", "8"]);
    gateway.settled().await;
}

// KN-27: "`dlr-url` from request, else from user"
#[tokio::test]
async fn the_account_may_have_a_url_for_requests_without_one() {
    let receiver = Application::start(ApplicationConfig::default()).await.unwrap();
    let keys = format!(
        "kannel = {{ default_sender = \"1\", dlr = true, allow_private_address = true, dlr_url = \"{}?d=%d\" }}",
        receiver.url()
    );
    let (_telco, gateway, customer) = shop_with(&keys).await;
    customer.get("text=x&dlr-mask=3").await.is_accepted();
    assert_eq!(receiver.next_call(SOON).await.unwrap().fields["d"], "1");
    gateway.settled().await;
}

// KN-30: "Same access-log line as 1.6, since billing scripts parse it", but for the text.
#[tokio::test]
async fn what_was_sent_brought_and_reported_is_a_line_of_the_access_log() {
    let (telco, folder) = (
        centre_with(SmscConfig { first_id: Some(4711), ..SmscConfig::default() }).await,
        tempfile::tempdir().unwrap(),
    );
    let log = folder.path().join("access.log");
    let http = format!("kannel = true\nkannel_access_log = \"{}\"", log.display());
    let listeners = Listeners { http, ..Listeners::default() };
    let receiver = Application::start(ApplicationConfig::default()).await.unwrap();
    let links = [
        smsc("telco", telco.address(), ""),
        account("shop", CALLED),
        application("games", &receiver.url(), ""),
        route("match = { destination = \"1234\" }\nto = [\"games\"]"),
        route("to = [\"telco\"]"),
    ];
    let gateway = TestGateway::listening(listeners, links).await;
    let customer = Customer::of(&gateway);
    send(&customer, &receiver, 1, "628111").await;
    receiver.next_call(SOON).await.unwrap();
    telco.handset("628111").send("1234", "secret").await.unwrap();
    gateway.settled().await;
    gateway.stop().await;
    let lines = std::fs::read_to_string(log).unwrap();
    let id = lines.split("[FID:").nth(1).unwrap().split(']').next().unwrap();
    assert!(id.contains("4711"), "{lines}");
    for line in [
        format!(
            " Sent SMS [SMSC:telco] [SVC:shop] [ACT:club] [BINF:] [FID:{id}] [META:] [from:SHOP] [to:628111] [flags:-1:0:-1:-1:1] [msg:1:] [udh:0:]\n"
        ),
        format!(
            " Receive DLR [SMSC:telco] [SVC:shop] [ACT:club] [BINF:] [FID:{id}] [META:] [from:SHOP] [to:628111] [flags:-1:-1:-1:-1:1] [msg:"
        ),
        " Receive SMS [SMSC:telco] [SVC:] [ACT:] [BINF:] [FID:] [META:?smpp?] [from:".to_owned(),
        "628111] [to:1234] [flags:-1:0:-1:-1:-1] [msg:6:] [udh:0:]\n".to_owned(),
    ] {
        assert!(lines.contains(&line), "{line}\nis not in\n{lines}");
    }
    assert!(!lines.contains("secret"));
}
