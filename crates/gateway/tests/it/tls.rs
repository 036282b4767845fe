//! ESMEs that bind and call by TLS.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use smpp::CommandStatus;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::harness::{
    ANI, Authority, Identity, Listeners, PASSWORD, SOON, TestGateway, Wire, account, centre, message, route,
    smsc,
};

/// Connects by TLS to who must have a certificate for `localhost`.
async fn secured(address: SocketAddr, client: Arc<ClientConfig>) -> io::Result<TlsStream<TcpStream>> {
    let stream = TcpStream::connect(address).await?;
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(client).connect(name, stream).await
}

/// A gateway that shows a certificate, with further lines for `[smpp]` and these links.
async fn gateway_with<const N: usize>(shown: &Identity, more: &str, links: [String; N]) -> TestGateway {
    let lines = shown.lines();
    let smpp = format!("tls_listen = \"127.0.0.1:0\"\n{lines}{more}");
    let http = format!("tls_listen = \"127.0.0.1:0\"\n{lines}");
    TestGateway::listening(Listeners { smpp, http }, links).await
}

fn smpp_address(gateway: &TestGateway) -> SocketAddr {
    gateway.gateway().smpp_tls_address().unwrap()
}

/// The status that a bind by TLS is answered with.
async fn bind(gateway: &TestGateway, client: Arc<ClientConfig>) -> CommandStatus {
    let stream = secured(smpp_address(gateway), client).await.unwrap();
    Wire::over(stream).status_of_bind("bank", PASSWORD).await
}

#[tokio::test]
async fn messages_and_receipts_pass_by_tls() {
    // L-1
    let (telco, authority) = (centre().await, Authority::new());
    let links = [
        smsc("telco", telco.address(), ""),
        account("bank", ""),
        route("from = { link = \"bank\" }\nto = [\"telco\"]"),
    ];
    let gateway = gateway_with(&authority.identity("own", "localhost"), "", links).await;

    let mut wire = Wire::over(secured(smpp_address(&gateway), authority.client(None)).await.unwrap());
    assert_eq!(wire.status_of_bind("bank", PASSWORD).await, CommandStatus::OK);
    let id = wire.submit(message(ANI, "BANK", "hello")).await;

    let receipt = wire.delivered().await;
    assert!(String::from_utf8_lossy(&receipt.short_message).contains(&id));
}

#[tokio::test]
async fn an_account_that_is_known_by_a_certificate_binds_with_it_alone() {
    // L-1, S-9
    let authority = Authority::new();
    let (own, other) = (authority.identity("bank", "bank.example"), authority.identity("x", "bank.example"));
    let line = format!("client_certificate = \"{}\"", own.fingerprint());
    let server = authority.identity("own", "localhost");
    let gateway = gateway_with(&server, "", [account("bank", &line), account("shop", "")]).await;

    assert_eq!(bind(&gateway, authority.client(Some(&own))).await, CommandStatus::OK);
    assert_eq!(bind(&gateway, authority.client(Some(&other))).await, CommandStatus::BINDFAIL);
    assert_eq!(bind(&gateway, authority.client(None)).await, CommandStatus::BINDFAIL);
    assert_eq!(gateway.refusal_of_bind("bank", PASSWORD).await, CommandStatus::BINDFAIL);
    let stream = secured(smpp_address(&gateway), authority.client(None)).await.unwrap();
    let status = Wire::over(stream).status_of_bind("shop", PASSWORD).await;
    assert_eq!(status, CommandStatus::OK, "others need none");
}

#[tokio::test]
async fn a_name_counts_if_our_authority_signed_it() {
    // L-1
    let (authority, stranger) = (Authority::new(), Authority::new());
    let server = authority.identity("own", "localhost");
    let more = format!("tls_client_ca = \"{}\"", authority.file().display());
    let links = [account("bank", "client_certificate = [\"bank.example\", \"bank.test\"]")];
    let gateway = gateway_with(&server, &more, links).await;
    let shows = |signer: &Authority, name: &str| authority.client(Some(&signer.identity("shown", name)));

    assert_eq!(bind(&gateway, shows(&authority, "bank.example")).await, CommandStatus::OK);
    assert_eq!(bind(&gateway, shows(&authority, "bank.test")).await, CommandStatus::OK);
    assert_eq!(bind(&gateway, shows(&authority, "shop.example")).await, CommandStatus::BINDFAIL);
    assert_eq!(bind(&gateway, authority.client(None)).await, CommandStatus::BINDFAIL);
    let stream = secured(smpp_address(&gateway), shows(&stranger, "bank.example")).await;
    // With TLS 1.3 the client is told only after its side of the handshake.
    let refused = match stream {
        Ok(mut stream) => stream.read_u8().await.map(drop),
        Err(error) => Err(error),
    };
    assert!(refused.is_err(), "signed by nobody whom we know");
}

#[tokio::test]
async fn certificates_are_read_anew_without_dropping_binds() {
    // L-1
    let telco = centre().await;
    let (authority, next) = (Authority::new(), Authority::new());
    let server = authority.identity("own", "localhost");
    let links = || [smsc("telco", telco.address(), ""), account("bank", ""), route("to = [\"telco\"]")];
    let gateway = gateway_with(&server, "", links()).await;
    let mut bound = Wire::over(secured(smpp_address(&gateway), authority.client(None)).await.unwrap());
    assert_eq!(bound.status_of_bind("bank", PASSWORD).await, CommandStatus::OK);

    server.replace_by(&next.identity("next", "localhost"));
    gateway.reload(links());

    assert!(secured(smpp_address(&gateway), authority.client(None)).await.is_err(), "the old one is gone");
    assert_eq!(bind(&gateway, next.client(None)).await, CommandStatus::OK);
    bound.submit(message(ANI, "BANK", "hello")).await;

    std::fs::write(&server.certificate, "no certificate").unwrap();
    let why = gateway.try_reload([account("news", "")]).unwrap_err();

    assert!(why.contains(&server.certificate.display().to_string()), "{why}");
    assert_eq!(
        bind(&gateway, next.client(None)).await,
        CommandStatus::OK,
        "the old one stays, and the account"
    );
    bound.submit(message(ANI, "BANK", "hello")).await;
}

#[tokio::test]
async fn a_key_of_another_certificate_is_refused_at_a_reload() {
    // L-1
    let authority = Authority::new();
    let server = authority.identity("own", "localhost");
    let gateway = gateway_with(&server, "", [account("bank", "")]).await;
    let other = authority.identity("other", "localhost");
    std::fs::copy(&other.key, &server.key).unwrap();

    let why = gateway.try_reload([account("bank", "")]).unwrap_err();

    assert!(why.contains(&server.key.display().to_string()), "{why}");
    assert_eq!(bind(&gateway, authority.client(None)).await, CommandStatus::OK);
}

#[tokio::test]
async fn clear_text_on_the_port_of_tls_is_hung_up_on() {
    // L-1
    let authority = Authority::new();
    let gateway = gateway_with(&authority.identity("own", "localhost"), "", [account("bank", "")]).await;
    for said in [&b"GET / HTTP/1.1\r\n\r\n"[..], b"\0\0\0\x10\0\0\0\x15\0\0\0\0\0\0\0\x01"] {
        let mut stream = TcpStream::connect(smpp_address(&gateway)).await.unwrap();
        stream.write_all(said).await.unwrap();
        Wire::over(stream).over_when().await;
    }
    assert_eq!(bind(&gateway, authority.client(None)).await, CommandStatus::OK);
}

#[tokio::test]
async fn a_hello_of_tls_on_the_clear_port_is_refused() {
    // L-1, F-2, X-1
    let authority = Authority::new();
    let gateway = TestGateway::with([account("bank", "")]).await;
    assert!(secured(gateway.smpp_address(), authority.client(None)).await.is_err());
    assert_eq!(gateway.refusal_of_bind("bank", PASSWORD).await, CommandStatus::OK);
}

#[tokio::test]
async fn a_handshake_that_is_not_finished_belongs_to_the_time_for_the_bind() {
    // M-1, L-1: ABU-2
    let authority = Authority::new();
    let server = authority.identity("own", "localhost");
    let gateway = gateway_with(&server, "bind_timeout_s = 1", [account("bank", "")]).await;
    let since = std::time::Instant::now();
    let mut silent = Wire::over(TcpStream::connect(smpp_address(&gateway)).await.unwrap());
    let mut shaken = Wire::over(secured(smpp_address(&gateway), authority.client(None)).await.unwrap());
    silent.over_when().await;
    shaken.over_when().await;
    assert!(since.elapsed() < SOON / 3, "{:?}", since.elapsed());
}

#[tokio::test]
async fn the_http_api_is_called_by_https() {
    let authority = Authority::new();
    let gateway = gateway_with(&authority.identity("own", "localhost"), "", [account("bank", "")]).await;
    let address = gateway.gateway().http_tls_address().unwrap();
    let mut stream = secured(address, authority.client(None)).await.unwrap();
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}
