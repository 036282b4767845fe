//! The API without a network, and calls over a real one.

#![allow(clippy::unwrap_used)]

mod bodies;
mod calls;
mod connections;
mod encodings;
mod events;
mod failures;
mod idempotency;
mod keys;
mod lookups;
mod openapi;
mod outbound;
mod previews;
mod replies;
mod signatures;
mod submissions;
mod validation;

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use arc_swap::ArcSwap;
use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http_body_util::BodyExt;
use hyper_util::service::TowerToHyperService;
use sms::{LinkName, MessageId};
use store::{
    Entry, Glimpse, Item, Lease, Mark, Outcome, Page, Part, Query, Record, RemoteReceipt, Settlement, Shelf,
    Sighting, Status, Store, StoreError, Watch, Watchers, Which, Wish,
};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::bodies::Bodies;
use super::desk::Api;
use super::server::Reception;
use crate::clock::Clock;
use crate::config::Config;
use crate::directory::Directory;
use crate::dispatch::Outlets;
use crate::health::Health;
use crate::intake::Intake;
use crate::login::Door;
use crate::metrics::Metrics;
use crate::places::Places;
use crate::surroundings::Surroundings;

const CONFIG: &str = r#"
data_dir = "data"

[[smsc]]
name = "telco-a"
address = "127.0.0.1:1"
system_id = "estafet"
password = "x"

[[account]]
name = "bank"
password = "hunter22"
sources = ["BANK"]

[[account.api_key]]
name = "key that sends"
hash = "sha256:f1f1cfe94fd677947cf30718649a376babe1b8d83ace976c68bfc0037231b115"
scopes = ["send"]

[[account.api_key]]
name = "key that reads"
hash = "sha256:8fc1cce3487ba4c178e2848027fad3b781ef856d32838d89eaf57e18ad780eee"
scopes = ["read"]

[[account.signing_key]]
name = "cron"
secret = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc="
scopes = ["send"]

[[account]]
name = "shop"
password = "hunter33"
rate = 1

[[account]]
name = "far"
password = "hunter44"
allow_from = ["203.0.113.0/24"]

[[account.api_key]]
name = "key of those who are far"
hash = "sha256:83d49fc799bc046760779dbe0e2a8e7c55443cf173d9e1c118196615c7a5594d"
scopes = ["read"]

[[account.signing_key]]
name = "cron"
secret = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc="
scopes = ["read"]

[[account]]
name = "safe"
password = "hunter55"
require_signature = true

[[account.api_key]]
name = "key that is not enough"
hash = "sha256:548a9663a19ffa330fe67f48f218b2f46281b4c07a0b51cb1ae64cb085c0b868"
scopes = ["send", "read"]

[[account.signing_key]]
name = "cron"
secret = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc="
scopes = ["send", "read"]

[[account]]
name = "poll"
password = "hunter55"
inbox = true

[[application]]
name = "games"
url = "https://games.example/mo"
account = "bank"

[[route]]
match = { prefix = "62" }
to = ["telco-a"]
"#;

/// A store that only notes what it is given.
#[derive(Default)]
struct Notes {
    batches: Mutex<Vec<Vec<Entry>>>,
    records: Mutex<Vec<Record>>,
    queries: Mutex<Vec<Query>>,
    failure: Mutex<Option<StoreError>>,
    /// Who has it holds up what is accepted and what is looked for.
    held: tokio::sync::Mutex<()>,
    /// Told of each search that has come.
    searched: Notify,
    asked: AtomicUsize,
    watchers: Arc<Watchers>,
}

#[async_trait]
impl Store for Notes {
    async fn accept(&self, batch: Vec<Entry>) -> Result<(), StoreError> {
        if let Some(error) = self.failure.lock().unwrap().clone() {
            return Err(error);
        }
        self.asked.fetch_add(1, Ordering::Relaxed);
        let _held = self.held.lock().await;
        self.batches.lock().unwrap().push(batch);
        Ok(())
    }

    async fn take(&self, _link: &LinkName, _max: usize) -> Result<Vec<Lease>, StoreError> {
        std::future::pending().await
    }

    async fn evacuate(&self, _link: &LinkName, _max: usize) -> Result<Vec<Lease>, StoreError> {
        Ok(Vec::new())
    }

    async fn browse(
        &self,
        _links: &[LinkName],
        _after: Option<Mark>,
        _max: usize,
    ) -> Result<Vec<Glimpse>, StoreError> {
        Ok(Vec::new())
    }

    async fn evacuate_those(&self, _link: &LinkName, _parts: Vec<Part>) -> Result<Vec<Lease>, StoreError> {
        Ok(Vec::new())
    }

    async fn evacuate_of(&self, _link: &LinkName, _ids: &[MessageId]) -> Result<Vec<Lease>, StoreError> {
        Ok(Vec::new())
    }

    fn shelve(&self, _link: &LinkName, _shelf: Option<Shelf>) {}

    fn settle(&self, _batch: Vec<Settlement>) {}

    async fn receipts(&self, _batch: Vec<RemoteReceipt>) -> Result<Vec<Sighting>, StoreError> {
        Ok(Vec::new())
    }

    fn amend(&self, _part: Part, _item: Item, _link: &LinkName, _outcome: Outcome) {}

    async fn waiting(&self, _owner: &LinkName, _id: MessageId) -> Result<Option<Entry>, StoreError> {
        Ok(None)
    }

    async fn cancel(&self, _owner: &LinkName, _which: Which) -> Result<usize, StoreError> {
        Ok(0)
    }

    async fn replace(&self, _entry: Entry) -> Result<bool, StoreError> {
        Ok(false)
    }

    async fn supersede(&self, entry: Entry) -> Result<(), StoreError> {
        self.accept(vec![entry]).await
    }

    async fn find(&self, id: MessageId) -> Result<Option<Record>, StoreError> {
        Ok(self.records.lock().unwrap().iter().find(|record| record.id == id).cloned())
    }

    async fn search(&self, query: Query) -> Result<Page, StoreError> {
        self.queries.lock().unwrap().push(query);
        self.searched.notify_one();
        let _held = self.held.lock().await;
        Ok(Page { records: self.records.lock().unwrap().clone(), next: None })
    }

    fn watch(&self, links: &[LinkName], wish: Wish) -> Watch {
        self.watchers.watch(links, wish)
    }

    async fn sync(&self) -> Result<(), StoreError> {
        Ok(())
    }

    fn status(&self) -> Status {
        let poisoned = self.failure.lock().unwrap().as_ref().map(ToString::to_string);
        Status { poisoned, ..Status::default() }
    }

    fn pressure(&self) -> Option<u8> {
        self.failure.lock().unwrap().is_none().then_some(0)
    }
}

/// The API with a store that takes notes.
struct Desk {
    router: Router,
    notes: Arc<Notes>,
    health: Arc<Health>,
    directory: Arc<ArcSwap<Directory>>,
}

fn directory_of(config: &str, before: Option<&Directory>) -> Directory {
    let config = Config::parse(config, Path::new("test.toml")).unwrap();
    let routes = config.route_table().map_err(|problem| problem.what).unwrap();
    Directory::new(&config, routes, before)
}

/// What a caller gets.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Desk {
    fn open() -> Self {
        Self::at(Clock::default(), Arc::default())
    }

    /// Opens at the time that `clock` shows, with what was noted before.
    fn at(clock: Clock, notes: Arc<Notes>) -> Self {
        let directory = Arc::new(ArcSwap::from_pointee(directory_of(CONFIG, None)));
        let metrics = Arc::new(Metrics::new());
        let health = Arc::new(Health::new(notes.clone()));
        health.started();
        let api = Api {
            intake: Intake::new(
                directory.clone(),
                notes.clone(),
                &Surroundings { clock, ..Surroundings::default() },
            ),
            outlets: Arc::new(Outlets::new(notes.clone(), metrics.clone())),
            store: notes.clone(),
            health: health.clone(),
            keys: Default::default(),
            stop: Default::default(),
            door: Arc::new(Door::new(metrics.login(), clock.wall())),
            bodies: Bodies::new(64 << 20),
            sendsms: Default::default(),
            jasmin: false,
            directory: directory.clone(),
            metrics,
        };
        Self { router: api.router(), notes, health, directory }
    }

    /// Reads another configuration.
    fn reload(&self, config: &str) {
        let directory = directory_of(config, Some(&self.directory.load()));
        self.directory.store(Arc::new(directory));
    }

    async fn ask(&self, request: Request<Body>) -> Answer {
        let peer: SocketAddr = "192.0.2.7:40000".parse().unwrap();
        let (method, path) = (request.method().to_string(), request.uri().path().to_owned());
        let router = TowerToHyperService::new(self.router.clone());
        let response = super::connection::answer(&router, peer, request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let body = String::from_utf8(body.to_vec()).unwrap();
        let answer = Answer { status: parts.status, headers: parts.headers, body };
        openapi::check(&method, &path, &answer);
        answer
    }

    /// A connection over a real network.
    async fn connect(&self) -> TcpStream {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let reception = Reception::new(self.router.clone(), places(), CancellationToken::new());
        tokio::spawn(async move { reception.serve(listener, None).await });
        TcpStream::connect(address).await.unwrap()
    }

    async fn get(&self, path: &str, login: Option<&str>) -> Answer {
        let mut request = Request::get(path);
        if let Some(login) = login {
            request = request.header("authorization", basic(login));
        }
        self.ask(request.body(Body::empty()).unwrap()).await
    }

    async fn post(&self, login: &str, body: impl Into<Body>) -> Answer {
        let request = Request::post("/v1/messages")
            .header("authorization", basic(login))
            .header("content-type", "application/json; charset=utf-8");
        self.ask(request.body(body.into()).unwrap()).await
    }

    /// What was kept, batch by batch.
    fn kept(&self) -> Vec<Vec<Entry>> {
        self.notes.batches.lock().unwrap().clone()
    }
}

impl Answer {
    fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// Status and code of a problem in due form.
    fn problem(&self) -> (u16, String) {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{}", self.body);
        let json = self.json();
        assert_eq!(json["status"], self.status.as_u16());
        (self.status.as_u16(), json["code"].as_str().unwrap().to_owned())
    }
}

fn basic(login: &str) -> String {
    format!("Basic {}", BASE64_STANDARD.encode(login))
}

fn problem(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

/// Places for as many connections as a test makes.
fn places() -> Places {
    Places::new(100, NonZeroUsize::MAX)
}
