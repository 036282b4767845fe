//! Calling a content provider over a real connection.

use std::collections::HashMap;
use std::io::Write;

use axum::extract::State;
use axum::http::{Method, Uri};
use axum::response::{IntoResponse, Response};
use sms::Timestamp;
use store::Cause;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::super::call::{Answer, Endpoint};
use super::super::own_addresses::OwnAddresses;
use super::super::translate::{self, UnreadableReply};
use crate::config::{ApplicationConfig, ProviderRules, Reach};
use crate::reply::Reply;
use crate::submission::Content;

const FIELDS: &str = "fields = { text = \"text\" }\nconstants = { id = \"7\" }";
const FORM: &str = "id=7&text=GAME+%F0%9F%98%80";

pub(super) fn rules(url: &str, options: &str) -> ProviderRules {
    let text = format!("name = \"games\"\nurl = \"{url}\"\nallow_private_address = true\n{options}");
    let config: ApplicationConfig = toml::from_str(&text).unwrap();
    config.rules().map_err(|problem| problem.what).unwrap()
}

async fn call(url: &str, options: &str) -> Answer {
    called(&rules(url, &format!("{options}\n{FIELDS}"))).await
}

async fn called(rules: &ProviderRules) -> Answer {
    let message = translate::sample(8, 0, &[b"\x00G\x00A\x00M\x00E\x00 \xd8\x3d\xde\x00"]);
    let call = translate::call(&rules.request, &message, 3);
    let heard = Endpoint::new(&rules.endpoint, OwnAddresses::default(), None)
        .unwrap()
        .call(call, 3, Timestamp(0))
        .await;
    heard.map_or_else(|answer| answer, |heard| translate::read(&rules.answer, &heard))
}

/// A content provider that answers everything alike; its URL.
pub(super) async fn provider<T: IntoResponse + Clone + Send + Sync + 'static>(answer: T) -> String {
    let answers = |State(answer): State<T>| async move { answer };
    serve(axum::Router::new().fallback(answers).with_state(answer)).await
}

pub(super) async fn serve(router: axum::Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}/mo?key=k")
}

/// A peer that reads a request, writes these octets and closes.
async fn peer(octets: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = Vec::new();
        while !request.ends_with(FORM.as_bytes()) {
            assert!(stream.read_buf(&mut request).await.unwrap() > 0);
        }
        stream.write_all(octets).await.unwrap();
    });
    format!("http://{address}/")
}

async fn echo(method: Method, uri: Uri, headers: axum::http::HeaderMap, body: String) -> Response {
    let header = |name: &str| headers.get(name).map(|value| value.to_str().unwrap().to_owned());
    let shown: HashMap<&str, Option<String>> = HashMap::from([
        ("method", Some(method.to_string())),
        ("uri", Some(uri.to_string())),
        ("type", header("content-type")),
        ("agent", header("user-agent")),
        ("coding", header("accept-encoding")),
        ("attempt", header("x-estafet-attempt")),
        ("body", Some(body)),
    ]);
    serde_json::to_string(&shown).unwrap().into_response()
}

async fn echoed(options: &str) -> HashMap<String, Option<String>> {
    let url = serve(axum::Router::new().fallback(echo)).await;
    serde_json::from_str(&text(call(&url, options).await)).unwrap()
}

/// The text of a reply.
fn text(answer: Answer) -> String {
    match answer {
        Answer::Taken(Ok(Some(Reply { content: Content::Text { text, .. }, .. }))) => text,
        answer => panic!("{answer:?}"),
    }
}

#[tokio::test]
async fn a_message_is_posted_as_a_form() {
    let request = echoed("").await;
    let shown = |name: &str| request[name].as_deref();
    assert_eq!((shown("method"), shown("uri")), (Some("POST"), Some("/mo?key=k")));
    assert_eq!(shown("type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(shown("body"), Some(FORM));
    assert_eq!(shown("attempt"), Some("3"));
    assert_eq!(shown("agent"), Some(concat!("estafet/", env!("CARGO_PKG_VERSION"))));
    assert_eq!(shown("coding"), Some("identity"), "no answer that would have to be unpacked");
}

#[tokio::test]
async fn a_message_can_stand_in_the_query() {
    let request = echoed("method = \"GET\"").await;
    let shown = |name: &str| request[name].as_deref();
    assert_eq!(shown("method"), Some("GET"));
    assert_eq!(shown("uri"), Some("/mo?key=k&id=7&text=GAME+%F0%9F%98%80"));
    assert_eq!((shown("type"), shown("body")), (None, Some("")));
}

#[tokio::test]
async fn answers_are_read_by_type() {
    let json = ([("content-type", "application/json")], r#"{"reply":"ya"}"#);
    assert_eq!(text(call(&provider(json).await, "").await), "ya");
    let silent = axum::http::StatusCode::NO_CONTENT;
    assert!(matches!(call(&provider(silent).await, "").await, Answer::Taken(Ok(None))));
    let page = ([("content-type", "text/html")], "<p>ok");
    assert_eq!(text(call(&provider(page).await, "").await), "ok");
    let image = ([("content-type", "image/png")], "ok");
    let answer = call(&provider(image).await, "").await;
    assert!(matches!(answer, Answer::Taken(Err(UnreadableReply::Type))));
}

// FLT-10
#[tokio::test]
async fn a_huge_answer_is_not_read() {
    let answer = call(&provider("x".repeat(1024 * 1024)).await, "").await;
    assert!(matches!(answer, Answer::Taken(Err(UnreadableReply::TooLong))));
}

// WH-3, ABU-9
#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = provider("followed").await;
    let redirect = (axum::http::StatusCode::FOUND, [("location", elsewhere)]);
    let answer = call(&provider(redirect).await, "").await;
    assert!(matches!(answer, Answer::Refused { status: 302, .. }));
}

#[tokio::test]
async fn a_refusal_says_when_to_come_back() {
    let busy = (axum::http::StatusCode::SERVICE_UNAVAILABLE, [("retry-after", "7")]);
    let answer = call(&provider(busy).await, "").await;
    let Answer::Refused { status: 503, retry_after: Some(wait) } = answer else { panic!("{answer:?}") };
    assert_eq!(wait.as_secs(), 7);
}

// DUR-7
#[tokio::test]
async fn a_call_without_a_whole_answer_is_lost() {
    for octets in [&b""[..], b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"] {
        let answer = call(&peer(octets).await, "").await;
        assert!(matches!(answer, Answer::Lost(Cause::ConnectionLost)), "{answer:?}");
    }
}

// DUR-7
#[tokio::test]
async fn an_answer_that_cannot_be_read_is_told_as_what_it_is() {
    let long = format!("HTTP/1.1 200 OK\r\n{}\r\n", "x-y: z\r\n".repeat(101));
    let answer = call(&peer(long.leak().as_bytes()).await, "").await;
    let Answer::Unread(cause) = answer else { panic!("{answer:?}") };
    assert_eq!(cause.to_string(), "the answer has more headers than are read, or longer ones");
    let answer = call(&peer(b"SMPP is not spoken here\r\n\r\n").await, "").await;
    let Answer::Lost(cause) = answer else { panic!("{answer:?}") };
    assert_eq!(cause.to_string(), "the answer is not HTTP");
}

// RFC 9112 section 5.2
#[tokio::test]
async fn a_folded_header_is_read() {
    let folded = b"HTTP/1.1 200 OK\r\nX-Note: one\r\n two\r\nContent-Length: 2\r\n\r\nhi";
    let answer = call(&peer(folded).await, "").await;
    assert!(matches!(answer, Answer::Taken(Ok(Some(_)))), "{answer:?}");
}

#[tokio::test]
async fn a_call_that_is_not_answered_in_time_is_lost() {
    let never = || async { std::future::pending::<()>().await };
    let url = serve(axum::Router::new().fallback(never)).await;
    let answer = call(&url, "timeout_s = 1").await;
    assert!(matches!(answer, Answer::Lost(Cause::Timeout)), "{answer:?}");
}

#[tokio::test]
async fn nobody_there_is_not_a_call() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let answer = call(&format!("http://{address}/mo?pin=1234"), "").await;
    let Answer::NotAsked(cause) = answer else { panic!("{answer:?}") };
    let cause = cause.to_string();
    assert!(cause.starts_with("cannot connect") && !cause.contains("1234"), "{cause}");
}

// WH-3
#[tokio::test]
async fn we_do_not_call_ourselves() {
    let url = provider("reached").await;
    let rules = rules(&url, FIELDS);
    let address = url.parse::<url::Url>().unwrap().socket_addrs(|| None).unwrap()[0];
    let call = translate::call(&rules.request, &translate::sample(0, 0, &[b"GAME"]), 1);
    let endpoint = Endpoint::new(&rules.endpoint, OwnAddresses::of([Some(address)]), None).unwrap();
    let heard = endpoint.call(call, 1, Timestamp(0)).await;
    let Err(Answer::NotAsked(cause)) = heard else { panic!("it was called") };
    assert_eq!(cause.to_string(), "the URL leads to this gateway itself");
}

// WH-3, ABU-9
#[tokio::test]
async fn our_own_network_is_not_called() {
    let url = provider("reached").await;
    let by_name = url.replace("127.0.0.1", "localhost");
    for url in [url, by_name] {
        let mut rules = rules(&url, "");
        rules.endpoint.reach = Reach { http: true, ports: rules.endpoint.reach.ports, private: false };
        let answer = called(&rules).await;
        let Answer::NotAsked(cause) = answer else { panic!("{answer:?}") };
        let cause = cause.to_string();
        assert!(cause.starts_with("the URL leads to an address that is not public"), "{cause}");
    }
}

#[tokio::test]
async fn an_answer_that_is_coded_although_nobody_asked_is_read_or_says_why_not() {
    let zipped = |text: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    };
    let deflated = |text: &[u8]| {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    };
    let bomb = vec![b'a'; (64 << 10) + 1];
    for (coding, body, expected) in [
        ("gzip", zipped(b"You have won"), Ok("You have won")),
        ("X-GZIP", [zipped(b"You "), zipped(b"have won")].concat(), Ok("You have won")),
        ("deflate", deflated(b"You have won"), Ok("You have won")),
        ("identity", b"You have won".to_vec(), Ok("You have won")),
        ("gzip", zipped(&bomb), Err(UnreadableReply::TooLong)),
        ("gzip", b"You have won".to_vec(), Err(UnreadableReply::Coding)),
        ("gzip", zipped(b"You have won")[..20].to_vec(), Err(UnreadableReply::Coding)),
        ("br", b"\x0b\x05\x80You have won\x03".to_vec(), Err(UnreadableReply::Coding)),
        ("gzip, br", zipped(b"You have won"), Err(UnreadableReply::Coding)),
    ] {
        let headers = [("content-type", "text/plain"), ("content-encoding", coding)];
        let answer = call(&provider((headers, body)).await, "").await;
        let Answer::Taken(reply) = answer else { panic!("{coding}: {answer:?}") };
        match (reply, expected) {
            (Ok(Some(Reply { content: Content::Text { text, .. }, .. })), Ok(expected)) => {
                assert_eq!(text, expected, "{coding}");
            }
            (Err(error), Err(expected)) => assert_eq!(error, expected, "{coding}"),
            (reply, expected) => panic!("{coding}: {:?} for {expected:?}", reply.is_ok()),
        }
    }
    let headers = [("content-type", "text/plain"), ("content-encoding", "gzip")];
    let answer = call(&provider((headers, "")).await, "").await;
    assert!(matches!(answer, Answer::Taken(Ok(None))), "nothing has no coding");
}
