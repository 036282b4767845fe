//! The order of checks, and the words of each.

use super::{SHOP, shop, shop_with};
use crate::harness::Texts;

// KN-8: "Auth (`username`, else `user`; `password`, else `pass`; plus IP rule): 403 `Authorization failed for sendsms`."
#[tokio::test]
async fn who_is_not_known_is_told_nothing_else() {
    let (_telco, _gateway, customer) = shop().await;
    for query in
        ["", "username=shop", "username=shop&password=wrong", "username=who&password=hunter22&mclass=9"]
    {
        customer.plain(query).await.is(403, "Authorization failed for sendsms");
    }
    customer.plain("user=shop&pass=hunter22&to=628111&text=x").await.is_accepted();
    customer.plain(&format!("user=who&{SHOP}&to=628111&text=x")).await.is_accepted();
}

// KN-8: "plus IP rule"
#[tokio::test]
async fn who_comes_from_elsewhere_is_not_let_in() {
    let (_telco, _gateway, customer) = shop_with("allow_from = [\"192.0.2.0/24\"]").await;
    customer.get("from=1&text=x").await.is(403, "Authorization failed for sendsms");
}

// KN-9: "`to` absent: 400 `Missing receiver number, rejected` (POST: `Missing receiver(s) number(s), rejected` [S]); empty:
// 400 `Empty receiver number not allowed, rejected`."
#[tokio::test]
async fn a_receiver_is_needed() {
    let (_telco, _gateway, customer) = shop().await;
    customer.plain(&format!("{SHOP}&text=x")).await.is(400, "Missing receiver number, rejected");
    customer
        .plain(&format!("{SHOP}&to=&text=x"))
        .await
        .is(400, "Empty receiver number not allowed, rejected");
    let credentials = [("x-kannel-username", "shop"), ("x-kannel-password", "hunter22")];
    let text = ("content-type", "text/plain");
    let said = customer.post_plain(&[&credentials[..], &[text]].concat(), "x").await;
    said.is(400, "Missing receiver(s) number(s), rejected");
    let said = customer.post_plain(&[&credentials[..], &[text, ("x-kannel-to", "")]].concat(), "x").await;
    said.is(400, "Empty receiver number not allowed, rejected");
}

// KN-10: "`udh`: first octet + 1 must equal length: 400 `UDH field misformed, rejected`; > 140: `UDH field is too long,
// rejected` [S]."
#[tokio::test]
async fn a_user_data_header_has_its_length() {
    let (_telco, _gateway, customer) = shop().await;
    customer.get("udh=%05%00&text=x").await.is(400, "UDH field misformed, rejected");
    let long = format!("udh=%A0{}&text=x", "a".repeat(160));
    customer.get(&long).await.is(400, "UDH field is too long, rejected");
}

// KN-11: "Receivers split on blanks, de-duplicated, checked against `sendsms-chars` …; all refused: 400 `Number(s) has/have
// been denied by white- and/or black-lists.` (also for illegal characters). Some refused: the rest are sent and the
// reply does not say so."
#[tokio::test]
async fn receivers_that_are_no_numbers_are_left_out() {
    let (telco, _gateway, customer) = shop().await;
    let denied = "Number(s) has/have been denied by white- and/or black-lists.";
    for to in ["abc", "+++", "1;2"] {
        customer.plain(&format!("{SHOP}&to={to}&text=x")).await.is(400, denied);
    }
    let said = customer.plain(&format!("{SHOP}&to=62811-1+abc+628222+628111++628222&text=x")).await;
    said.is_accepted();
    assert_eq!(said.header("x-estafet-message-id").split(',').count(), 2);
    telco.texts_when(2).await;
    let mut to: Vec<_> =
        telco.submits().iter().map(|submit| submit.message.destination.value.to_vec()).collect();
    to.sort();
    assert_eq!(to, [b"628111", b"628222"]);
}

// KN-12: "Sender: `faked-sender` > `from` > `default-sender` > `global-sender`; none: 400 `Sender missing and no global set,
// rejected`."
#[tokio::test]
async fn senders_have_an_order() {
    for (keys, query, sender) in [
        (
            "kannel = { faked_sender = \"FAKE\", default_sender = \"DEFAULT\" }",
            "from=SAID&text=x",
            Some("FAKE"),
        ),
        ("kannel = { default_sender = \"DEFAULT\" }", "from=SAID&text=x", Some("SAID")),
        ("kannel = { default_sender = \"DEFAULT\" }", "from=&text=x", Some("DEFAULT")),
        ("sources = [\"ONLY\"]", "text=x", Some("ONLY")),
        ("", "text=x", None),
    ] {
        let (telco, _gateway, customer) = shop_with(keys).await;
        let said = customer.get(query).await;
        let Some(sender) = sender else {
            said.is(400, "Sender missing and no global set, rejected");
            continue;
        };
        said.is_accepted();
        telco.texts_when(1).await;
        assert_eq!(&telco.submits()[0].message.source.value[..], sender.as_bytes(), "{keys}");
    }
}

// KN-13: "400 bodies, in this order: `Account field misformed or too long, rejected`; `DLR-URL field misformed, rejected` (must
// start http:// or https://, ≥ 8 chars); `DLR-Mask field misformed, rejected` (outside -1…66); then `MClass`, `PID`,
// `RPI`, `Alt-DCS`, `MWI`, `Coding`, `Compress`, `Validity`, `Deferred`, `Priority` + ` field misformed, rejected`;
// `Charset or body misformed, rejected`."
#[tokio::test]
async fn the_first_field_that_is_wrong_is_named() {
    let (_telco, _gateway, customer) = shop().await;
    let mut wrong = vec![
        ("account=a%5B", "Account field misformed or too long, rejected"),
        ("dlr-url=ftp://host", "DLR-URL field misformed, rejected"),
        ("dlr-mask=67", "DLR-Mask field misformed, rejected"),
        ("mclass=4", "MClass field misformed, rejected"),
        ("pid=256", "PID field misformed, rejected"),
        ("rpi=3", "RPI field misformed, rejected"),
        ("alt-dcs=2", "Alt-DCS field misformed, rejected"),
        ("mwi=8", "MWI field misformed, rejected"),
        ("coding=3", "Coding field misformed, rejected"),
        ("compress=2", "Compress field misformed, rejected"),
        ("validity=-2", "Validity field misformed, rejected"),
        ("deferred=-2", "Deferred field misformed, rejected"),
        ("priority=4", "Priority field misformed, rejected"),
        ("charset=klingon", "Charset or body misformed, rejected"),
    ];
    while let Some((_, body)) = wrong.first() {
        let query: Vec<&str> = wrong.iter().map(|(field, _)| *field).collect();
        customer.get(&query.join("&")).await.is(400, body);
        wrong.remove(0);
    }
    for query in
        [format!("account={}", "a".repeat(65)), "dlr-url=http://".to_owned(), "dlr-mask=-2".to_owned()]
    {
        assert_eq!(customer.get(&query).await.status, 400, "{query}");
    }
    let unset =
        "dlr-mask=-1&mclass=-1&pid=-1&rpi=-1&alt-dcs=-1&mwi=-1&coding=-1&compress=-1&validity=-1&priority=-1";
    customer.get(unset).await.is_accepted();
}

// KN-13: "`DLR-URL field misformed, rejected`"
#[tokio::test]
async fn a_url_that_is_not_called_is_refused_if_it_would_be() {
    let (_telco, _gateway, customer) =
        shop_with("kannel = { default_sender = \"1\", dlr = true, allow_ports = [8443] }").await;
    for url in
        ["http://cp.example/", "https://10.0.0.1/?d=%25d", "https://cp.example:25/%25p", "https://%5B/"]
    {
        let query = format!("text=x&dlr-url={url}&dlr-mask=");
        customer.get(&format!("{query}3")).await.is(400, "DLR-URL field misformed, rejected");
        if !url.contains("%5B") {
            customer.get(&format!("{query}0")).await.is_accepted();
        }
    }
    customer.get("text=x&dlr-mask=3&dlr-url=https://cp.invalid:8443/%25p%3Fd=%25d").await.is_accepted();
    let (_telco, _gateway, customer) = shop().await;
    customer.get("text=x&dlr-mask=3&dlr-url=http://10.0.0.1/").await.is_accepted();
}

// KN-51: the lists of a user, in words of Kannel; "all refused: 400 …", others are left out
#[tokio::test]
async fn who_may_not_be_sent_to_is_left_out() {
    let lists = "kannel = { immediate = true, default_sender = \"1\", allowed_prefix = [\"+62\"], black_list_regex = \"666\" }";
    let (telco, _gateway, customer) = shop_with(lists).await;
    let denied = "Number(s) has/have been denied by white- and/or black-lists.";
    for to in ["491111", "62666", "%2B49111+62666"] {
        customer.plain(&format!("{SHOP}&to={to}&text=x")).await.is(400, denied);
    }
    let said = customer.plain(&format!("{SHOP}&to=491111+%2B628111+62666&text=on")).await;
    said.is(202, "Sent. Denied receivers are: 491111 62666");
    assert_eq!(telco.texts_when(1).await, ["on"]);
}

// KN-52
#[tokio::test]
async fn numbers_start_as_the_account_says_before_they_are_routed() {
    let keys = "kannel = { default_sender = \"1\", unified_prefix = \"+62,0062,0\", allowed_prefix = [\"0\", \"62\"] }";
    let (_telco, gateway, customer) = shop_with(keys).await;
    for to in ["08123456789", "00628123456789", "%2B628123456789", "628123456789"] {
        let said = customer.plain(&format!("{SHOP}&to={to}&text=x")).await;
        said.is_accepted();
        let id = said.headers["x-estafet-message-id"].to_str().unwrap();
        assert_eq!(
            gateway.record(id).await.destination.text().trim_start_matches('+'),
            "628123456789",
            "{to}"
        );
    }
}
