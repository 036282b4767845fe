//! An application from the queue to its reply, with the store that keeps both.

use std::time::Duration;

use bytes::Bytes;
use sms::{Address, Direction, Priority, ReceiptRequest, State};
use store::embedded::{EmbeddedStore, Options};
use store::{Event, Shelf};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::super::client::Client;
use super::super::own_addresses::OwnAddresses;
use super::super::provider::Provider;
use super::calls;
use super::*;
use crate::directory::Origin;
use crate::presence::Presence;
use crate::submission::{Content, Submission};

const ROUTES: &str = r#"
data_dir = "data"

[[smsc]]
name = "telco-a"
address = "127.0.0.1:1"
system_id = "estafet"
password = "x"

[[application]]
name = "games"
url = "http://127.0.0.1:1/"
allow_private_address = true

[[route]]
match = { destination = "1234" }
to = ["games"]
"#;

/// A content provider's link with a queue of its own.
struct Games {
    intake: Intake,
    store: Arc<EmbeddedStore>,
    presence: Arc<Presence>,
    stop: CancellationToken,
    running: JoinHandle<()>,
    _directory: tempfile::TempDir,
}

impl Games {
    fn at(url: &str) -> Self {
        Self::with(url, "")
    }

    fn with(url: &str, options: &str) -> Self {
        let config = Config::parse(ROUTES, Path::new("test.toml")).unwrap();
        let routes = config.route_table().map_err(|problem| problem.what).unwrap();
        let tables = Arc::new(ArcSwap::from_pointee(Directory::new(&config, routes, None)));
        let directory = tempfile::tempdir().unwrap();
        let store = Arc::new(EmbeddedStore::open(directory.path(), Options::default()).unwrap());
        let intake = Intake::new(tables, store.clone(), &Surroundings::default());
        let presence = Arc::new(Presence::default());
        let stop = CancellationToken::new();
        let outlets = Outlets::new(store.clone(), Arc::new(Metrics::new()));
        let outlet = outlets.of(&"games".into());
        let rules = calls::rules(url, options);
        let application = Client {
            endpoint: rules.endpoint.clone(),
            own: OwnAddresses::default(),
            tls: None,
            side: Provider { intake: intake.clone(), outlet: outlet.clone(), rules: Arc::new(rules) },
            outlet,
            clock: intake.clock(),
            chance: intake.chance().clone(),
            presence: presence.clone(),
            shelf: Shelf { link: "games/dead-letters".into(), time: Duration::from_secs(3600) },
            stop: stop.clone(),
        };
        let running = tokio::spawn(application.run());
        Self { intake, store, presence, stop, running, _directory: directory }
    }

    /// A handset sends this to the short code.
    async fn receive(&self, text: &str) -> MessageId {
        let submission = Submission {
            id: None,
            direction: Direction::Mo,
            source: Address::guess(b"6281234567890").unwrap(),
            destination: Address::guess(b"1234").unwrap(),
            service_type: arrayvec::ArrayVec::new(),
            protocol_id: 0,
            esm_class: 0,
            priority: Priority::BULK,
            receipt: ReceiptRequest::NONE,
            not_before: None,
            expires_at: None,
            in_reply_to: None,
            attached: None,
            tlvs: Bytes::new(),
            content: Content::Encoded { data_coding: 0, octets: Bytes::from(text.to_owned()) },
            may_be_odd: false,
            back_to: None,
            wish: None,
        };
        let entry = self.intake.admit(&Origin::Trusted("telco-a".into()), submission).unwrap();
        let id = entry.message.id;
        self.intake.accept(vec![entry]).await.unwrap();
        id
    }

    /// Stops the link; what became of a message.
    async fn stop(self, id: MessageId) -> Record {
        self.stop.cancel();
        self.running.await.unwrap();
        assert!(!self.presence.is_up());
        self.store.sync().await.unwrap();
        self.store.find(id).await.unwrap().unwrap()
    }
}

#[tokio::test]
async fn the_reply_leaves_by_the_smsc_that_brought_the_message() {
    let games = Games::at(&calls::provider("Anda menang é").await);
    let id = games.receive("GAME 7").await;
    let replies = games.store.take(&"telco-a".into(), 10).await.unwrap();
    let [reply] = &replies[..] else { panic!("one reply") };
    let message = reply.message().clone();
    assert_eq!(message.parts[0], Bytes::from_static(b"Anda menang \x05"));
    assert_eq!((message.source.text(), message.destination.text()), ("1234".into(), "6281234567890".into()));
    assert_eq!((message.origin.as_str(), message.in_reply_to), ("games", Some(id)));
    assert!(games.presence.is_up());
    assert_eq!(games.stop(id).await.state, State::Delivered);
}

#[tokio::test]
async fn a_message_that_the_provider_refuses_for_good_is_a_dead_letter() {
    let (heard, mut calls_made) = tokio::sync::mpsc::unbounded_channel();
    let refuse = move || {
        heard.send(()).unwrap();
        std::future::ready(StatusCode::NOT_FOUND)
    };
    let games = Games::at(&calls::serve(axum::Router::new().fallback(refuse)).await);
    let id = games.receive("GAME").await;
    calls_made.recv().await.unwrap();
    let record = games.stop(id).await;
    assert_eq!((record.state, record.target.as_str()), (State::Enroute, "games/dead-letters"));
    let failed = |event: &Event| matches!(event, Event::Failed { cause: store::Cause::Http(404) });
    assert!(record.history.iter().any(|step| failed(&step.event)), "{:?}", record.history);
}

#[tokio::test]
async fn stopping_waits_for_the_calls_under_way() {
    let (heard, mut calls_made) = tokio::sync::mpsc::unbounded_channel();
    let gate = Arc::new(tokio::sync::Semaphore::new(0));
    let opened = gate.clone();
    let answer = move || {
        heard.send(()).unwrap();
        async move { drop(opened.acquire().await.unwrap()) }
    };
    let games = Games::at(&calls::serve(axum::Router::new().fallback(answer)).await);
    let id = games.receive("GAME").await;
    calls_made.recv().await.unwrap();
    games.stop.cancel();
    gate.add_permits(1);
    assert_eq!(games.stop(id).await.state, State::Delivered);
}

#[tokio::test]
async fn what_cannot_be_said_is_a_dead_letter_and_the_handset_is_told_something_else() {
    let unlikely = [
        ("text/plain", vec![b'x'; 60_000], "the reply cannot be sent: "),
        ("text/plain", vec![b'x'; 70_000], "the answer is no reply: it has more"),
        ("text/plain", b"gr\xfc\xdfe".to_vec(), "the answer is no reply: it is not in the character set"),
        ("image/gif", b"GIF89a".to_vec(), "the answer is no reply: it is neither"),
    ];
    for (content_type, body, why) in unlikely {
        let (heard, mut calls_made) = tokio::sync::mpsc::unbounded_channel();
        let answer = move || {
            heard.send(()).unwrap();
            std::future::ready(([("content-type", content_type)], body.clone()))
        };
        let url = calls::serve(axum::Router::new().fallback(answer)).await;
        let games = Games::with(&url, "attempts_max = 3\nfallback_text = \"sorry\"");
        let id = games.receive("GAME").await;
        calls_made.recv().await.unwrap();
        let replies = games.store.take(&"telco-a".into(), 10).await.unwrap();
        assert_eq!(replies[0].message().parts[0], Bytes::from_static(b"sorry"), "{why}");
        let record = games.stop(id).await;
        assert_eq!(record.target.as_str(), "games/dead-letters", "{why}");
        let says =
            |event: &Event| matches!(event, Event::Failed { cause } if cause.to_string().starts_with(why));
        assert!(record.history.iter().any(|step| says(&step.event)), "{:?}", record.history);
        assert!(calls_made.try_recv().is_err(), "it is not called again");
    }
}
