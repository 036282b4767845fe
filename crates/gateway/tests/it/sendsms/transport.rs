//! Paths, methods, headers, encodings.

use reqwest::Method;

use crate::harness::{Listeners, TestGateway, Texts, account, centre, route, smsc};

use super::{Customer, SENDSMS, SHOP, shop};

// KN-1: "Same path by default, configurable; unknown path → 404 `Unknown request.`."
#[tokio::test]
async fn what_is_not_sendsms_beside_it_is_unknown() {
    let (_telco, _gateway, customer) = shop().await;
    for path in ["/cgi-bin/sendota", "/cgi-bin/sendsms/", "/cgi-bin/a/b", "/", "/favicon.ico", "/cgi-bin"] {
        customer.ask(Method::GET, path).await.is(404, "Unknown request.");
        customer.ask(Method::POST, path).await.is(404, "Unknown request.");
        customer.ask(Method::HEAD, path).await.is(404, "");
        customer.ask(Method::PUT, path).await.is(400, "");
    }
    let ours = customer.ask(Method::GET, "/v1/nothing").await;
    assert_eq!((ours.status, ours.header("content-type")), (404, "application/problem+json"));
}

// KN-1: "Same path by default, configurable"
#[tokio::test]
async fn the_path_is_configurable_and_it_is_there_on_request_only() {
    let telco = centre().await;
    let links = [smsc("telco", telco.address(), ""), account("shop", ""), route("to = [\"telco\"]")];
    for (keys, path, status) in [
        ("kannel = \"/sms\"", "/sms", 202),
        ("kannel = \"/sms\"", SENDSMS, 404),
        ("kannel = false", SENDSMS, 404),
        ("", SENDSMS, 404),
    ] {
        let listeners = Listeners { http: keys.to_owned(), ..Listeners::default() };
        let gateway = TestGateway::listening(listeners, links.clone()).await;
        let target = format!("{path}?{SHOP}&to=628111&from=1&text=x");
        let said = Customer::of(&gateway).ask(Method::GET, &target).await;
        assert_eq!(said.status, status, "{keys} {path}");
    }
}

// KN-2: "Reply headers: `Content-type: text/html`, `Pragma: no-cache`, `Cache-Control: no-cache`; body without newline;
// keep-alive."
#[tokio::test]
async fn every_answer_has_the_same_headers() {
    let (_telco, _gateway, customer) = shop().await;
    for said in [customer.get("text=x").await, customer.plain("x").await] {
        let headers = ["content-type", "pragma", "cache-control"].map(|name| said.header(name));
        assert_eq!(headers, ["text/html", "no-cache", "no-cache"]);
        assert!(!said.body.ends_with('\n') && said.header("connection") != "close");
    }
}

// KN-3: "GET (HEAD behaves as GET and **sends**, do not copy this); PUT → 400 with empty body."
#[tokio::test]
async fn only_get_and_post_send() {
    let (telco, gateway, customer) = shop().await;
    for method in [Method::HEAD, Method::PUT, Method::DELETE, Method::OPTIONS] {
        customer.ask(method, &format!("{SENDSMS}?{SHOP}&to=628111&text=x")).await.is(400, "");
    }
    customer.get("text=last").await.is_accepted();
    assert_eq!(telco.texts_when(1).await, ["last"]);
    gateway.settled().await;
    assert_eq!(telco.texts(), ["last"]);
}

// KN-4: "POST uses headers/body only: query string ignored."
#[tokio::test]
async fn a_post_says_nothing_in_its_query() {
    let (_telco, _gateway, customer) = shop().await;
    let said = customer.ask(Method::POST, &format!("{SENDSMS}?{SHOP}&to=628111&text=x")).await;
    said.is(403, "Authorization failed for sendsms");
}

// KN-5: "POST `text/plain`, `application/octet-stream` (coding defaults to 1), `text/xml`"
#[tokio::test]
async fn bodies_are_text_octets_or_xml() {
    let (telco, _gateway, customer) = shop().await;
    let text = [("content-type", "text/plain; charset=UTF-8")];
    customer.post(&text, "grüße").await.is_accepted();
    let octets = [("content-type", "application/octet-stream")];
    customer.post(&octets, b"\x00\x01".to_vec()).await.is_accepted();
    let xml = "<?xml version=\"1.0\"?><message><submit><da><number>628111</number></da><ud> hello\n</ud>\
               <from><username>shop</username><password>hunter22</password></from></submit></message>";
    customer.post_plain(&[("content-type", "text/xml")], xml).await.is_accepted();
    let texts = telco.texts_when(3).await;
    assert_eq!((texts[0].as_str(), texts[2].as_str()), ("grüße", "hello"));
    let second = &telco.submits()[1].message;
    assert_eq!((second.data_coding, &second.short_message[..]), (0x04, &b"\x00\x01"[..]));
}

// KN-5, KN-23: the text of a document is characters, which go in the alphabet that it asks for.
#[tokio::test]
async fn a_document_in_ucs2_says_its_text_in_characters() {
    let (telco, _gateway, customer) = shop().await;
    let xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><message><submit><da><number>628111</number></da>\
               <ud>Да &#x414;</ud><dcs><coding>2</coding></dcs>\
               <from><username>shop</username><password>hunter22</password></from></submit></message>";
    customer.post_plain(&[("content-type", "text/xml")], xml).await.is_accepted();
    assert_eq!(telco.texts_when(1).await, ["Да Д"]);
    assert_eq!(telco.submits()[0].message.data_coding, 8);
}

// KN-6: "`text/html` and WML → 415 `Unsupported content-type, rejected`; anything else incl. form-urlencoded and JSON → 400
// `Invalid content-type`"
#[tokio::test]
async fn other_bodies_are_refused() {
    let (_telco, _gateway, customer) = shop().await;
    for kind in ["text/html", "text/vnd.wap.wml"] {
        let said = customer.post(&[("content-type", kind)], "x").await;
        said.is(415, "Unsupported content-type, rejected");
    }
    for kind in ["application/x-www-form-urlencoded", "application/json", "x"] {
        customer.post(&[("content-type", kind)], "x").await.is(400, "Invalid content-type");
    }
}

// KN-7: "Query decoding: `+` = space, so an unencoded `to=+44…` loses its plus; first of duplicate names wins [S]; integers
// parsed like scanf `%d` (garbage = unset, `5x` = 5) [S]."
#[tokio::test]
async fn queries_are_read_as_kannel_reads_them() {
    let (telco, _gateway, customer) = shop().await;
    customer.plain(&format!("{SHOP}&to=+628222&text=a+b%21&text=c&pid=5x&mclass=x")).await.is_accepted();
    let texts = telco.texts_when(1).await;
    let submit = &telco.submits()[0].message;
    assert_eq!(texts, ["a b!"]);
    assert_eq!((submit.protocol_id, submit.data_coding), (5, 0));
    assert_eq!(&submit.destination.value[..], b"628222");
}
