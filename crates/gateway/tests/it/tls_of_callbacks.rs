//! Endpoints that are called by https, with certificates that no authority of the system has signed.

use std::sync::Arc;

use rustls::ServerConfig;
use serde_json::json;
use simulator::{Application, ApplicationConfig};
use store::{Event, Record};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;

use crate::harness::{ANI, Authority, SOON, TestGateway, account, application, centre, route, smsc};

/// Stands in front of a receiver of callbacks and speaks TLS; its URL, and whether each handshake succeeded.
async fn front(receiver: &Application, tls: Arc<ServerConfig>) -> (String, mpsc::UnboundedReceiver<bool>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    let (tell, handshakes) = mpsc::unbounded_channel();
    let (acceptor, inner) = (TlsAcceptor::from(tls), receiver.address());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let shaken = acceptor.accept(stream).await;
            let _ = tell.send(shaken.is_ok());
            if let Ok(mut stream) = shaken {
                let mut inner = TcpStream::connect(inner).await.unwrap();
                tokio::spawn(async move { drop(copy_bidirectional(&mut stream, &mut inner).await) });
            }
        }
    });
    (url, handshakes)
}

#[tokio::test]
async fn a_callback_is_shown_our_certificate_and_known_by_its_authority() {
    let (telco, authority) = (centre().await, Authority::new());
    let receiver = Application::start(ApplicationConfig::default()).await.unwrap();
    let tls = authority.demanding_server(&authority.identity("receiver", "127.0.0.1"));
    let (url, _handshakes) = front(&receiver, tls).await;
    let own = authority.identity("gateway", "gateway.example");
    let keys = format!("tls_ca = \"{}\"\n{}", authority.file().display(), own.lines());
    let keys = keys.replace("tls_", "callback_tls_");
    let shop = account("shop", &format!("callback_url = \"{url}\"\nallow_private_address = true\n{keys}"));
    let telco = smsc("telco", telco.address(), "");
    let gateway = TestGateway::with([telco, shop, route("to = [\"telco\"]")]).await;

    let caller = gateway.caller("shop");
    let id = caller.post(json!({ "to": ANI, "from": "SHOP", "text": "by itself" })).await.id();
    assert_eq!(receiver.next_call(SOON).await.unwrap().id, id);
    let named = json!({ "to": ANI, "from": "SHOP", "text": "named", "callback_url": format!("{url}named") });
    let id = caller.post(named).await.id();
    assert_eq!(receiver.next_call(SOON).await.unwrap().id, id);
}

#[tokio::test]
async fn an_authority_that_nobody_named_vouches_for_nobody() {
    let (telco, authority) = (centre().await, Authority::new());
    let receiver = Application::start(ApplicationConfig::default()).await.unwrap();
    let shown = authority.identity("provider", "127.0.0.1");
    let (url, mut handshakes) = front(&receiver, shown.server()).await;
    let links = |keys: &str| {
        [
            smsc("telco", telco.address(), ""),
            application("games", &url, keys),
            route("match = { destination = \"1234\" }\nto = [\"games\"]"),
        ]
    };
    let other = Authority::new();
    let lines = format!("tls_ca = \"{}\"", other.file().display());
    let gateway = TestGateway::with(links(&lines)).await;
    telco.handset(ANI).send("1234", "GAME").await.unwrap();
    assert!(!handshakes.recv().await.unwrap());

    std::fs::copy(authority.file(), other.file()).unwrap();
    gateway.reload(links(&lines));
    while !handshakes.recv().await.unwrap() {}
    receiver.next_call(SOON).await.unwrap();

    let why = gateway.try_reload(links("tls_ca = \"nowhere.pem\"")).unwrap_err();
    assert!(why.contains("games") && why.contains("nowhere.pem"), "{why}");
}

#[tokio::test]
async fn the_record_says_that_a_server_wants_our_certificate() {
    let (telco, authority) = (centre().await, Authority::new());
    let receiver = Application::start(ApplicationConfig::default()).await.unwrap();
    let tls = authority.demanding_server(&authority.identity("receiver", "127.0.0.1"));
    let (url, mut handshakes) = front(&receiver, tls).await;
    let other = Authority::new();
    let url = format!("callback_url = \"{url}\"\nallow_private_address = true\n");
    let keys = format!("{url}callback_tls_ca = \"{}\"\n", authority.file().display());
    let shown = other.identity("gateway", "gateway.example").lines().replace("tls_", "callback_tls_");
    let links =
        |keys: &str| [smsc("telco", telco.address(), ""), account("shop", keys), route("to = [\"telco\"]")];
    let gateway = TestGateway::with(links(&keys)).await;
    let message = json!({ "to": ANI, "from": "SHOP", "text": "hello" });
    let id = gateway.caller("shop").post(message).await.id();

    let told = async |why: &str| {
        let says = |record: &Record| {
            let event = record.history.last().map(|step| &step.event);
            matches!(event, Some(Event::OwnerRetried { cause, .. }) if cause.to_string().starts_with(why))
        };
        gateway.record_when(&id, says).await
    };
    told("TLS: the server wants a certificate of ours, and got none").await;
    assert!(!handshakes.recv().await.unwrap());
    // One of another authority will not do either.
    gateway.reload(links(&(keys + &shown)));
    told("TLS: the server says ").await;
    assert_eq!(receiver.call_count(), 0);
}
