//! HTTP/2 and HTTP/1.1 at the same ports, and answers by gzip.

use std::io::Read;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Bytes;
use flate2::read::GzDecoder;
use futures_util::future::join_all;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::harness::{ANI, Authority, Listeners, TestGateway, Texts, account, centre, route, smsc};

type Sender = SendRequest<Full<Bytes>>;

/// Speaks HTTP/2 from the first octet.
async fn speak(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) -> Sender {
    let (sender, connection) = handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    sender
}

fn send(text: &str) -> Request<Full<Bytes>> {
    let uri =
        format!("http://localhost/v1/send?account=bank&password=hunter22&from=BANK&to={ANI}&text={text}");
    Request::get(uri).body(Full::default()).unwrap()
}

async fn body(response: Response<hyper::body::Incoming>) -> Bytes {
    response.into_body().collect().await.unwrap().to_bytes()
}

#[tokio::test]
async fn many_messages_are_sent_by_one_connection_of_http_2() {
    let telco = centre().await;
    let links = [smsc("telco", telco.address(), ""), account("bank", ""), route("to = [\"telco\"]")];
    let gateway = TestGateway::with(links).await;
    let address = gateway.gateway().http_address().unwrap();
    let sender = speak(TcpStream::connect(address).await.unwrap()).await;

    // More than may be open at a time.
    let answers = join_all((0..150).map(|number| {
        let mut sender = sender.clone();
        async move { sender.send_request(send(&format!("text{number}"))).await.unwrap().status() }
    }))
    .await;

    assert!(answers.iter().all(|status| *status == 202), "{answers:?}");
    assert_eq!(telco.texts_when(150).await.len(), 150);
}

/// The protocol that ALPN chooses among these, and the connection.
async fn secured(
    address: SocketAddr,
    authority: &Authority,
    protocols: &[&[u8]],
) -> (Option<Vec<u8>>, impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
    let mut client = (*authority.client(None)).clone();
    client.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
    let stream = TcpStream::connect(address).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let stream = TlsConnector::from(Arc::new(client)).connect(name, stream).await.unwrap();
    (stream.get_ref().1.alpn_protocol().map(<[u8]>::to_vec), stream)
}

#[tokio::test]
async fn by_tls_the_version_is_agreed_on() {
    let authority = Authority::new();
    let lines = authority.identity("own", "localhost").lines();
    let http = format!("tls_listen = \"127.0.0.1:0\"\n{lines}");
    let listeners = Listeners { http, ..Listeners::default() };
    let gateway = TestGateway::listening(listeners, [account("bank", "")]).await;
    let address = gateway.gateway().http_tls_address().unwrap();

    let (chosen, stream) = secured(address, &authority, &[b"http/1.1", b"h2"]).await;
    assert_eq!(chosen.as_deref(), Some(&b"h2"[..]));
    let request = Request::get("https://localhost/healthz").body(Full::default()).unwrap();
    let answer = speak(stream).await.send_request(request).await.unwrap();
    assert_eq!((answer.status().as_u16(), &body(answer).await[..]), (200, &b"ok\n"[..]));

    let (chosen, mut stream) = secured(address, &authority, &[b"http/1.1"]).await;
    assert_eq!(chosen.as_deref(), Some(&b"http/1.1"[..]));
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[tokio::test]
async fn long_answers_are_zipped_for_who_asks() {
    let gateway = TestGateway::with([account("bank", "")]).await;
    let address = gateway.gateway().http_address().unwrap();
    let mut sender = speak(TcpStream::connect(address).await.unwrap()).await;
    let mut get = async |path: &str, accepts: &str| {
        let request = Request::get(format!("http://localhost{path}")).header("accept-encoding", accepts);
        sender.send_request(request.body(Full::default()).unwrap()).await.unwrap()
    };

    let zipped = get("/metrics", "br, gzip").await;
    assert_eq!(zipped.headers()["content-encoding"], "gzip");
    let mut text = String::new();
    GzDecoder::new(&body(zipped).await[..]).read_to_string(&mut text).unwrap();
    assert!(text.ends_with("# EOF\n"), "{text}");

    for (path, accepts) in [("/metrics", "identity"), ("/metrics", "br"), ("/healthz", "gzip")] {
        let plain = get(path, accepts).await;
        assert!(!plain.headers().contains_key("content-encoding"), "{path} {accepts}");
    }
}
