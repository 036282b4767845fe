//! Calls octet by octet: what goes out, and answers that are seldom.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, header};
use sms::Timestamp;
use store::Cause;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::mpsc;

use super::super::call::{Answer, Call, Endpoint, Heard};
use super::super::own_addresses::OwnAddresses;
use super::calls::rules;

const FIELDS: &str = "fields = { text = \"text\" }";
const JSON: HeaderValue = HeaderValue::from_static("application/json");
const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi";

fn endpoint(url: &str, options: &str) -> Endpoint {
    let rules = rules(url, &format!("{options}\n{FIELDS}"));
    Endpoint::new(&rules.endpoint, OwnAddresses::default(), None).unwrap()
}

async fn ask(endpoint: &Endpoint, call: Call) -> Result<Heard, Answer> {
    endpoint.call(call, 3, Timestamp(0)).await
}

fn hi() -> Call {
    Call::json(b"\"hi\"".to_vec())
}

/// One request, head and body; `None` if there is none any more.
async fn request(stream: &mut TcpStream) -> Option<String> {
    let mut octets = Vec::new();
    loop {
        if stream.read_buf(&mut octets).await.ok()? == 0 {
            return None;
        }
        let text = String::from_utf8_lossy(&octets).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        if length.is_none_or(|length| body.len() >= length.parse().unwrap()) {
            return Some(text);
        }
    }
}

/// A peer that answers every request with these octets, and what it was asked; where it is.
async fn peer(answer: &'static [u8]) -> (String, mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (asked, requests) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        while let Some(request) = request(&mut stream).await {
            asked.send(request).unwrap();
            stream.write_all(answer).await.unwrap();
        }
    });
    (address.to_string(), requests)
}

/// What goes out in a call to a URL at `HOST`: the first line, and the others sorted.
async fn said(url: &str, call: Call) -> (String, Vec<String>) {
    let (address, mut requests) = peer(OK).await;
    let endpoint = endpoint(&format!("http://{address}/"), "");
    let heard = ask(&endpoint.at(url.replace("HOST", &address).parse().unwrap()), call).await;
    assert_eq!(heard.unwrap_or_else(|answer| panic!("{answer:?}")).body.unwrap(), b"hi");
    let request = requests.recv().await.unwrap().replace(&address, "HOST");
    let (head, _) = request.split_once("\r\n\r\n").unwrap();
    let (first, headers) = head.split_once("\r\n").unwrap();
    let mut headers: Vec<String> = headers.lines().map(ToOwned::to_owned).collect();
    headers.sort();
    (first.to_owned(), headers)
}

fn agent() -> String {
    format!("user-agent: estafet/{}", env!("CARGO_PKG_VERSION"))
}

#[tokio::test]
async fn a_call_says_no_more_than_it_must() {
    let (first, headers) = said("http://HOST/mo?k=k", hi()).await;
    assert_eq!(first, "POST /mo?k=k HTTP/1.1");
    let usual = ["accept-encoding: identity".to_owned(), "accept: */*".to_owned()];
    let posted = ["content-length: 4", "content-type: application/json", "host: HOST"].map(ToOwned::to_owned);
    let own = [agent(), "x-estafet-attempt: 3".to_owned()];
    assert_eq!(headers, [&usual[..], &posted, &own].concat());
    let (first, headers) = said("http://HOST", Call::default()).await;
    assert_eq!(first, "GET / HTTP/1.1");
    assert_eq!(headers, [&usual[..], &posted[2..], &own].concat());
}

#[tokio::test]
async fn nothing_that_is_posted_has_a_length() {
    let (_, headers) = said("http://HOST/", Call { body: Some((JSON, Vec::new())), ..Call::default() }).await;
    assert!(headers.contains(&"content-length: 0".to_owned()), "{headers:?}");
}

#[tokio::test]
async fn path_and_query_go_out_as_they_are_and_the_fragment_does_not() {
    let url = "http://HOST/a%2fb/%7E;x=1//.x?q=%7e'{t}&&+%2B|^`=#fragment";
    let (first, _) = said(url, Call::default()).await;
    assert_eq!(first, "GET /a%2fb/%7E;x=1//.x?q=%7e%27{t}&&+%2B|^`= HTTP/1.1");
}

#[tokio::test]
async fn a_query_of_the_call_follows_that_of_the_url() {
    let more = || Call { query: Some("b=%E9+1".to_owned()), ..Call::default() };
    for (url, expected) in [
        ("http://HOST/mo?a=1#f", "GET /mo?a=1&b=%E9+1 HTTP/1.1"),
        ("http://HOST/mo?", "GET /mo?b=%E9+1 HTTP/1.1"),
        ("http://HOST", "GET /?b=%E9+1 HTTP/1.1"),
    ] {
        assert_eq!(said(url, more()).await.0, expected);
    }
}

#[tokio::test]
async fn a_call_may_have_a_url_of_its_own_with_the_user_in_it() {
    let (address, mut requests) = peer(OK).await;
    let url = format!("http://me:pw@{address}/elsewhere").parse().unwrap();
    let endpoint = endpoint(&format!("http://{address}/"), "");
    let call = Call { url: Some(url), query: Some("a=1".to_owned()), ..Call::default() };
    assert!(ask(&endpoint, call).await.is_ok());
    let request = requests.recv().await.unwrap();
    assert!(request.starts_with("GET /elsewhere?a=1 HTTP/1.1\r\n"), "{request}");
    assert!(request.contains("authorization: Basic bWU6cHc=\r\n"), "{request}");
}

#[tokio::test]
async fn who_stands_in_the_url_is_shown_unless_the_call_shows_somebody() {
    let (first, headers) = said("http://u%40x:p%3Aw@HOST/", hi()).await;
    assert_eq!(first, "POST / HTTP/1.1");
    assert!(headers.contains(&"authorization: Basic dUB4OnA6dw==".to_owned()), "{headers:?}");
    assert!(headers.contains(&"host: HOST".to_owned()), "{headers:?}");
    let mut call = hi();
    call.headers = HeaderMap::from_iter([
        (header::AUTHORIZATION, HeaderValue::from_static("Bearer x")),
        (header::ACCEPT, HeaderValue::from_static("text/plain")),
        (header::USER_AGENT, HeaderValue::from_static("Jasmin")),
        (header::CONTENT_TYPE, HeaderValue::from_static("text/json")),
    ]);
    let (_, headers) = said("http://u:p@HOST/", call).await;
    let names = ["accept", "authorization", "content-type", "user-agent"];
    let of_names =
        headers.iter().filter(|line| names.iter().any(|name| line.starts_with(&format!("{name}: "))));
    let expected =
        ["accept: text/plain", "authorization: Bearer x", "content-type: text/json", "user-agent: Jasmin"];
    assert_eq!(of_names.collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn answers_that_are_seldom_are_understood() {
    let interim = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n\
                    HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi";
    let trailers = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntrailer: x-sum\r\n\r\n\
                     1;x=y\r\nh\r\n1\r\ni\r\n0\r\nx-sum: 7\r\n\r\n";
    let old = b"HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 2\r\n\r\nhi";
    for answer in [&interim[..], trailers, old, b"HTTP/1.1 200 \r\ncontent-length: 2\r\n\r\nhi"] {
        let (address, _requests) = peer(answer).await;
        let endpoint = endpoint(&format!("http://{address}/"), "");
        for _ in 0..2 {
            let heard = ask(&endpoint, hi()).await.unwrap_or_else(|answer| panic!("{answer:?}"));
            assert_eq!((heard.status, heard.body.unwrap()), (200, b"hi".to_vec()));
        }
    }
}

#[tokio::test]
async fn an_answer_without_a_length_ends_with_its_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = endpoint(&format!("http://{}/", listener.local_addr().unwrap()), "");
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        request(&mut stream).await.unwrap();
        stream.write_all(b"HTTP/1.0 200 OK\r\n\r\nhi").await.unwrap();
    });
    let heard = ask(&endpoint, hi()).await.unwrap_or_else(|answer| panic!("{answer:?}"));
    assert_eq!(heard.body.unwrap(), b"hi");
}

#[tokio::test]
async fn who_answers_before_the_body_has_come_is_heard() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = endpoint(&format!("http://{}/", listener.local_addr().unwrap()), "");
    let serving = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.read_exact(&mut [0; 100]).await.unwrap();
        stream.write_all(b"HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n").await.unwrap();
        stream
    });
    let heard = ask(&endpoint, Call::json(vec![b' '; 16 << 20])).await;
    assert_eq!(heard.unwrap_or_else(|answer| panic!("{answer:?}")).status, 413);
    drop(serving.await);
}

// DUR-7
#[tokio::test]
async fn a_body_that_does_not_end_in_time_is_lost() {
    let (address, _requests) = peer(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf").await;
    let endpoint = endpoint(&format!("http://{address}/"), "timeout_s = 1");
    let Err(answer) = ask(&endpoint, hi()).await else { panic!("half a body") };
    assert!(matches!(answer, Answer::Lost(Cause::Timeout)), "{answer:?}");
}

#[tokio::test]
async fn who_does_not_shake_hands_in_time_was_not_asked() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint =
        endpoint(&format!("https://{}/?pin=1234", listener.local_addr().unwrap()), "timeout_s = 1");
    let Err(Answer::NotAsked(cause)) = ask(&endpoint, hi()).await else { panic!("it was asked") };
    assert_eq!(cause.to_string(), "cannot connect in time");
}

#[tokio::test]
async fn no_request_can_be_made_for_some_urls() {
    let endpoint = endpoint("http://127.0.0.1/", "").at("http://{{host}}/".parse().unwrap());
    let Err(Answer::NotAsked(cause)) = ask(&endpoint, hi()).await else { panic!("it was asked") };
    assert_eq!(cause.to_string(), "the request could not be built");
}

#[tokio::test]
async fn urls_that_are_called_in_the_same_manner_share_their_connections() {
    let (address, mut requests) = peer(OK).await;
    let endpoint = endpoint(&format!("http://{address}/"), "");
    for path in ["/", "/a", "/b"] {
        let other = endpoint.at(format!("http://{address}{path}").parse().unwrap());
        assert!(ask(&other, hi()).await.is_ok());
        assert!(requests.recv().await.unwrap().starts_with(&format!("POST {path} HTTP/1.1\r\n")));
    }
}

#[tokio::test]
async fn a_server_that_closes_its_connections_without_a_word_is_asked_once_for_each_call() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = endpoint(&format!("http://{}/", listener.local_addr().unwrap()), "");
    let asked = Arc::new(AtomicUsize::new(0));
    let (closed, mut closings) = mpsc::unbounded_channel();
    let counted = asked.clone();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let (counted, closed) = (counted.clone(), closed.clone());
            tokio::spawn(async move {
                if request(&mut stream).await.is_some() {
                    counted.fetch_add(1, Ordering::Relaxed);
                    stream.write_all(OK).await.unwrap();
                    drop(stream);
                    closed.send(()).unwrap();
                }
            });
        }
    });
    for _ in 0..100 {
        let heard = ask(&endpoint, hi()).await;
        assert!(heard.is_ok(), "{:?}", heard.err());
        closings.recv().await.unwrap();
    }
    assert_eq!(asked.load(Ordering::Relaxed), 100);
}

// DUR-7
#[tokio::test]
async fn a_call_for_which_a_connection_ends_that_was_kept_is_made_on_another_or_lost() {
    const ROUNDS: usize = 50;
    let mut heard = 0;
    for _ in 0..ROUNDS {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = endpoint(&format!("http://{}/", listener.local_addr().unwrap()), "");
        let (first, kept) = tokio::join!(ask(&endpoint, hi()), async {
            let mut stream = listener.accept().await.unwrap().0;
            request(&mut stream).await.unwrap();
            stream.write_all(OK).await.unwrap();
            stream.into_std().unwrap()
        });
        assert!(first.is_ok(), "{:?}", first.err());
        // One look at the network wakes both, who calls first: the connection sees its end when the call waits for it.
        let (mut sign, mut gives_sign) = UnixStream::pair().unwrap();
        let calling = async {
            sign.read_u8().await.unwrap();
            ask(&endpoint, hi()).await
        };
        let closing = async {
            gives_sign.write_all(b"!").await.unwrap();
            drop(kept);
        };
        let answering = async {
            let mut stream = listener.accept().await.unwrap().0;
            request(&mut stream).await.unwrap();
            stream.write_all(OK).await.unwrap();
            assert_eq!(request(&mut stream).await, None, "it is asked once");
        };
        let (called, ()) = tokio::select! {
            called = async { tokio::join!(calling, closing) } => called,
            () = answering => panic!("nobody hung up"),
        };
        match called {
            Ok(_) => heard += 1,
            Err(answer) => assert!(matches!(answer, Answer::Lost(Cause::ConnectionLost)), "{answer:?}"),
        }
    }
    assert!(heard > 0, "what was not begun is made on another connection");
}

#[tokio::test]
async fn a_connection_that_nobody_needs_is_closed() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = endpoint(&format!("http://{}/", listener.local_addr().unwrap()), "");
    let serving = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        request(&mut stream).await.unwrap();
        stream.write_all(OK).await.unwrap();
        tokio::time::pause();
        let since = tokio::time::Instant::now();
        assert_eq!(request(&mut stream).await, None);
        since.elapsed()
    });
    assert!(ask(&endpoint, hi()).await.is_ok());
    let kept = serving.await.unwrap();
    assert!(kept > Duration::from_secs(10) && kept < Duration::from_secs(35), "{kept:?}");
}
