//! SMSCs that are bound to by TLS.

use std::net::SocketAddr;

use simulator::Smsc;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;

use crate::harness::{
    ANI, Authority, Identity, SOON, TestGateway, Texts, account, centre, route, smsc, until,
};

/// Stands in front of a message centre and speaks TLS.
struct Front {
    address: SocketAddr,
    /// Whether each handshake succeeded.
    handshakes: mpsc::UnboundedReceiver<bool>,
}

impl Front {
    async fn of(telco: &Smsc, shown: &Identity) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (tell, handshakes) = mpsc::unbounded_channel();
        let (acceptor, telco) = (TlsAcceptor::from(shown.server()), telco.address());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let shaken = acceptor.accept(stream).await;
                let _ = tell.send(shaken.is_ok());
                if let Ok(mut stream) = shaken {
                    let mut inner = TcpStream::connect(telco).await.unwrap();
                    tokio::spawn(async move { drop(copy_bidirectional(&mut stream, &mut inner).await) });
                }
            }
        });
        Self { address, handshakes }
    }

    async fn handshake(&mut self) -> bool {
        tokio::time::timeout(SOON, self.handshakes.recv()).await.expect("nobody comes").unwrap()
    }
}

async fn gateway_to(front: &Front, lines: &str) -> TestGateway {
    let telco = smsc("telco", front.address, &format!("tls = true\n{lines}"));
    TestGateway::with([telco, account("bank", ""), route("to = [\"telco\"]")]).await
}

async fn assert_arrives(gateway: &TestGateway, telco: &Smsc) {
    gateway.bind("bank").await.submit(ANI, "BANK", "hello", false).await.unwrap();
    assert_eq!(telco.texts_when(1).await, ["hello"]);
}

fn ca(authority: &Authority) -> String {
    format!("tls_ca = \"{}\"\n", authority.file().display())
}

#[tokio::test]
async fn an_smsc_whose_name_is_vouched_for_is_bound_to() {
    // L-1
    let (telco, authority) = (centre().await, Authority::new());
    let front = Front::of(&telco, &authority.identity("telco", "smsc.example")).await;
    let lines = format!("{}tls_server_name = \"smsc.example\"", ca(&authority));
    assert_arrives(&gateway_to(&front, &lines).await, &telco).await;
}

#[tokio::test]
async fn the_host_of_the_address_is_the_name_unless_another_is_given() {
    // L-1
    let (telco, authority) = (centre().await, Authority::new());
    let front = Front::of(&telco, &authority.identity("telco", "127.0.0.1")).await;
    assert_arrives(&gateway_to(&front, &ca(&authority)).await, &telco).await;
}

#[tokio::test]
async fn another_name_another_authority_or_another_certificate_is_not_bound_to() {
    // L-1
    let (telco, authority, other) = (centre().await, Authority::new(), Authority::new());
    let shown = authority.identity("telco", "smsc.example");
    let name = "tls_server_name = \"smsc.example\"";
    for lines in [
        ca(&authority),
        format!("{}{name}", ca(&other)),
        format!("tls_fingerprint = \"{}\"", "00".repeat(32)),
    ] {
        let mut front = Front::of(&telco, &shown).await;
        let _gateway = gateway_to(&front, &lines).await;
        // With TLS 1.3 the alert comes instead of the client's last flight, so this side sees it too.
        assert!(!front.handshake().await, "{lines}");
    }
    assert_eq!(telco.stats().binds, 0);
}

#[tokio::test]
async fn a_known_certificate_needs_no_authority() {
    // L-1
    let (telco, authority) = (centre().await, Authority::new());
    let shown = authority.identity("telco", "smsc.example");
    let front = Front::of(&telco, &shown).await;
    let lines = format!("tls_fingerprint = [\"{}\", \"{}\"]", "00".repeat(32), shown.fingerprint());
    assert_arrives(&gateway_to(&front, &lines).await, &telco).await;
}

#[tokio::test]
async fn who_is_not_looked_at_is_seen_in_the_metrics() {
    // L-1
    let (telco, authority) = (centre().await, Authority::new());
    let front = Front::of(&telco, &authority.identity("telco", "smsc.example")).await;
    let gateway = gateway_to(&front, "tls_verify = false").await;
    assert_arrives(&gateway, &telco).await;
    let metrics = gateway.caller("bank").metrics().await;
    assert!(metrics.contains("estafet_tls_unverified{link=\"telco\"} 1"), "{metrics}");
}

#[tokio::test]
async fn an_authority_that_is_read_anew_counts_from_the_next_connection() {
    // L-1
    let telco = centre().await;
    let (authority, next) = (Authority::new(), Authority::new());
    let mut front = Front::of(&telco, &next.identity("telco", "127.0.0.1")).await;
    let gateway = gateway_to(&front, &ca(&authority)).await;
    assert!(!front.handshake().await);

    std::fs::copy(next.file(), authority.file()).unwrap();
    let link = smsc("telco", front.address, &format!("tls = true\n{}", ca(&authority)));
    gateway.reload([link, account("bank", ""), route("to = [\"telco\"]")]);

    until("bound", async || telco.stats().sessions == 1).await;
    assert_arrives(&gateway, &telco).await;
}
