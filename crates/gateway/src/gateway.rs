//! The gateway as a whole: started from a configuration, reloaded, stopped in the order that data flows.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context;
use arc_swap::ArcSwap;
use sms::LinkName;
use store::embedded::{EmbeddedStore, Options};
use store::{Shelf, Store};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::access_log::AccessLog;
use crate::clock;
use crate::config::{
    AccountConfig, AnswerConfig, ApplicationConfig, Config, EndpointConfig, HttpConfig, OnUnknown,
    REASSEMBLY, SmppConfig, SmscConfig, callbacks_of, shelf_of,
};
use crate::directory::Directory;
use crate::dispatch::{Outlets, failover, rerouting};
use crate::health::Health;
use crate::inbox::Keeper;
use crate::intake::Intake;
use crate::link::answer::{Answerer, HandsetLimit};
use crate::link::http::bodies::Bodies;
use crate::link::http::client as http;
use crate::link::http::connection::ALPN;
use crate::link::http::desk::Api;
use crate::link::http::named::Named;
use crate::link::http::own_addresses::OwnAddresses;
use crate::link::http::owner::Owner;
use crate::link::http::provider::Provider;
use crate::link::reassembly::Reassembler;
use crate::link::smpp::alert::Courier;
use crate::link::smpp::client::Client;
use crate::link::smpp::dialect::Dialect;
use crate::link::smpp::outbind::{self, Callers};
use crate::link::smpp::redelivery::Redelivery;
use crate::link::smpp::server::{Security, Server};
use crate::link::smpp::short_id::ShortIds;
use crate::login::Door;
use crate::metrics::{Metrics, SharedMetrics};
use crate::network::Listener;
use crate::places::Places;
use crate::surroundings::Surroundings;
use crate::tls::Tls;

/// A running gateway.
pub struct Gateway {
    shared: Shared,
    smpp: Option<SocketAddr>,
    smpp_tls: Option<SocketAddr>,
    outbind: Option<SocketAddr>,
    http: Option<SocketAddr>,
    http_tls: Option<SocketAddr>,
    callers: Callers,
    running: Mutex<Running>,
    listening: Stage,
    calling: Stage,
}

/// What links work with.
#[derive(Clone)]
struct Shared {
    directory: Arc<ArcSwap<Directory>>,
    tls: Arc<ArcSwap<Tls>>,
    store: Arc<EmbeddedStore>,
    intake: Intake,
    outlets: Arc<Outlets>,
    metrics: SharedMetrics,
    health: Arc<Health>,
    door: Arc<Door>,
    access_log: Option<Arc<AccessLog>>,
    surroundings: Surroundings,
}

/// Tasks that stop together.
#[derive(Clone)]
struct Stage {
    stop: CancellationToken,
    tasks: TaskTracker,
}

/// The links that we keep open, with what they were started from.
struct Running {
    config: Config,
    smscs: HashMap<LinkName, CancellationToken>,
    applications: HashMap<LinkName, CancellationToken>,
    answers: HashMap<LinkName, CancellationToken>,
    /// The callbacks and the inboxes of accounts.
    callbacks: HashMap<LinkName, CancellationToken>,
}

impl Gateway {
    /// Opens the store, listens and connects. Port 0 in the configuration takes a free port.
    ///
    /// # Errors
    /// Says what could not be opened; nothing runs then.
    pub async fn start(config: Config) -> anyhow::Result<Self> {
        let store = open_store(config.data_dir.clone(), config.store_options());
        Self::start_in(Surroundings::default(), config, store).await
    }

    /// The same in other surroundings, with a store that is opened otherwise, once all is listened at.
    /// HTTP goes by the system all the same.
    ///
    /// # Errors
    /// Says what could not be opened; nothing runs then.
    pub async fn start_in(
        surroundings: Surroundings,
        config: Config,
        store: impl Future<Output = anyhow::Result<EmbeddedStore>>,
    ) -> anyhow::Result<Self> {
        let tls = Tls::load(&config, &ALPN)?;
        let smpp = config.smpp.as_ref();
        let smpp_tls = smpp.and_then(|smpp| smpp.tls_listen.as_ref()).map(|listen| *listen.get_ref());
        let smpp_tls = listen_for_smpp(&surroundings, smpp_tls, "smpp by TLS").await?;
        let outbind = smpp.and_then(|smpp| smpp.outbind_listen.as_ref()).map(|listen| *listen.get_ref());
        let outbind = listen_for_smpp(&surroundings, outbind, "outbinds").await?;
        let smpp = smpp.map(|smpp| *smpp.listen.get_ref());
        let smpp = listen_for_smpp(&surroundings, smpp, "smpp").await?;
        let http = config.http.as_ref();
        let http_tls = http.and_then(|http| http.tls_listen.as_ref()).map(|listen| *listen.get_ref());
        let http_tls = listen_for_http(http_tls, "https").await?;
        let http = listen_for_http(http.map(|http| *http.listen.get_ref()), "http").await?;
        let shared = Shared::new(&config, tls, surroundings, store.await?)?;
        let gateway = Self {
            shared,
            smpp: smpp.as_ref().map(|listener| listener.address()).transpose()?,
            smpp_tls: smpp_tls.as_ref().map(|listener| listener.address()).transpose()?,
            outbind: outbind.as_ref().map(|listener| listener.address()).transpose()?,
            callers: Callers::default(),
            http: http.as_ref().map(TcpListener::local_addr).transpose()?,
            http_tls: http_tls.as_ref().map(TcpListener::local_addr).transpose()?,
            running: Mutex::new(Running {
                config: config.clone(),
                smscs: HashMap::new(),
                applications: HashMap::new(),
                answers: HashMap::new(),
                callbacks: HashMap::new(),
            }),
            listening: Stage::new(),
            calling: Stage::new(),
        };
        gateway.start_failover();
        gateway.start_rerouting();
        gateway.start_access_log();
        gateway.start_reassembly(&config);
        gateway.call_out(&config);
        if let Some(config) = config.smpp {
            if let Some(listener) = outbind {
                gateway.wait_for_outbinds(&config, listener);
            }
            gateway.serve_smpp(config, [(smpp, Security::Clear), (smpp_tls, Security::Tls)]);
        }
        if let Some((listener, config)) = http.zip(config.http) {
            gateway.serve_http(config, listener, http_tls);
        }
        gateway.shared.health.started();
        Ok(gateway)
    }

    /// Where ESMEs bind.
    #[must_use]
    pub fn smpp_address(&self) -> Option<SocketAddr> {
        self.smpp
    }

    /// Where ESMEs bind by TLS.
    #[must_use]
    pub fn smpp_tls_address(&self) -> Option<SocketAddr> {
        self.smpp_tls
    }

    /// Where SMSCs call by outbind.
    #[must_use]
    pub fn outbind_address(&self) -> Option<SocketAddr> {
        self.outbind
    }

    /// Where ESMEs call.
    #[must_use]
    pub fn http_address(&self) -> Option<SocketAddr> {
        self.http
    }

    /// Where ESMEs call by https.
    #[must_use]
    pub fn http_tls_address(&self) -> Option<SocketAddr> {
        self.http_tls
    }

    /// The store, to look things up.
    #[must_use]
    pub fn store(&self) -> &dyn Store {
        self.shared.store.as_ref()
    }

    /// Works with a new configuration from now on. Links that it does not change stay as they are.
    ///
    /// # Errors
    /// Says what cannot change while the gateway runs; the old configuration stays then.
    pub fn reload(&self, config: Config) -> anyhow::Result<()> {
        let routes = config.route_table().map_err(|problem| anyhow::anyhow!(problem.what))?;
        {
            let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
            running.config.check_change(&config)?;
        }
        self.shared.tls.store(Arc::new(Tls::load(&config, &ALPN)?));
        let before = self.shared.directory.load_full();
        let directory = Arc::new(Directory::new(&config, routes, Some(&before)));
        self.shared.directory.store(directory.clone());
        for (name, account) in &before.accounts {
            let kept = directory.accounts.get(name).is_some_and(|now| Arc::ptr_eq(now, account));
            if !kept {
                tracing::info!(link = %name, "account changed: its sessions are unbound");
                account.revoke();
            }
        }
        self.call_out(&config);
        Ok(())
    }

    /// Stops in the order that data flows; whether everything ended by itself within `grace`.
    pub async fn stop(self, grace: Duration) -> bool {
        self.shared.health.stopping();
        let deadline = tokio::time::Instant::now() + grace;
        let directory = self.shared.directory.load_full();
        let who = || format!("ESMEs {:?} and HTTP callers", directory.bound_accounts());
        let listening = self.listening.finish(who, deadline).await;
        let who = || format!("SMSCs and applications {:?}", directory.links_out());
        let calling = self.calling.finish(who, deadline).await;
        if let Some(log) = &self.shared.access_log {
            log.write().await;
        }
        if let Err(error) = self.shared.store.sync().await {
            tracing::error!(%error, "the store could not be synced");
        }
        let closed = self.shared.store.end().await;
        listening && calling && closed
    }

    /// Leaves everything as the end of the process would: tasks are told to end and not waited for, and
    /// the store is neither synced nor closed.
    pub fn abandon(self) {
        self.listening.stop.cancel();
        self.calling.stop.cancel();
    }

    fn start_failover(&self) {
        let shared = &self.shared;
        let stop = self.calling.stop.clone();
        let (directory, store) = (shared.directory.clone(), shared.store.clone());
        self.calling.tasks.spawn(failover::watch(directory, store, shared.intake.clone(), stop));
    }

    fn start_rerouting(&self) {
        let shared = &self.shared;
        let stop = self.calling.stop.clone();
        let (directory, store) = (shared.directory.clone(), shared.store.clone());
        self.calling.tasks.spawn(rerouting::watch(directory, store, shared.intake.clone(), stop));
    }

    fn start_access_log(&self) {
        if let Some(log) = self.shared.access_log.clone() {
            self.calling.tasks.spawn(log.run(self.calling.stop.clone()));
        }
    }

    fn start_reassembly(&self, config: &Config) {
        let reassembler = Reassembler {
            intake: self.shared.intake.clone(),
            outlet: self.shared.outlets.of(&REASSEMBLY.into()),
            limits: config.reassembly.limits(),
            metrics: self.shared.metrics.reassembly(),
            stop: self.calling.stop.clone(),
        };
        self.calling.tasks.spawn(reassembler.run());
    }

    /// Starts the links that are new or changed, stops those that are gone or changed.
    fn call_out(&self, config: &Config) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::replace(&mut running.config, config.clone());
        let smsc_name = |smsc: &SmscConfig| LinkName::from(smsc.name.get_ref().as_str());
        replace(
            &mut running.smscs,
            &before.smsc,
            &config.smsc,
            smsc_name,
            |_| false,
            |smsc| self.start_smsc(smsc),
        );
        let name = |application: &ApplicationConfig| LinkName::from(application.name.get_ref().as_str());
        let reads_files = |application: &ApplicationConfig| application.names_tls_files();
        let (old, new) = (&before.application, &config.application);
        replace(&mut running.applications, old, new, name, reads_files, |application| {
            self.start_application(application)
        });
        let name = |answer: &AnswerConfig| LinkName::from(answer.name.get_ref().as_str());
        replace(
            &mut running.answers,
            &before.answer,
            &config.answer,
            name,
            |_| false,
            |answer| self.start_answer(answer),
        );
        let name = |account: &AccountConfig| LinkName::from(account.name.get_ref().as_str());
        let (before, next) = (told_accounts(&before), told_accounts(config));
        let reads_files = |account: &AccountConfig| {
            account.callback.as_ref().is_some_and(|callback| callback.endpoint.tls.names_files())
        };
        replace(&mut running.callbacks, &before, &next, name, reads_files, |account| {
            self.start_telling(account)
        });
    }

    fn start_smsc(&self, config: &SmscConfig) -> CancellationToken {
        let name = LinkName::from(config.name.get_ref().as_str());
        let stop = self.calling.stop.child_token();
        let directory = self.shared.directory.load();
        let presence = directory.smscs.get(&name).map(|smsc| smsc.presence.clone()).unwrap_or_default();
        let dialect = Dialect::of(&config.speaks).map(Arc::new);
        let client = Client {
            config: Arc::new(config.clone()),
            alerts: Arc::new(Courier::new(
                name.clone(),
                dialect.clone(),
                self.shared.directory.clone(),
                self.shared.metrics.alerts(&name),
            )),
            dialect,
            redelivery: Arc::new(Redelivery::new(
                name.clone(),
                Duration::from_secs(config.duplicate_window_s),
                self.shared.surroundings.clock.wall(),
            )),
            intake: self.shared.intake.clone(),
            outlet: self.shared.outlets.with_rate(&name, config.rate),
            presence,
            network: self.shared.surroundings.network.clone(),
            tls: self.shared.tls.clone(),
            stop: stop.clone(),
            tasks: self.calling.tasks.clone(),
            access_log: self.shared.access_log.clone(),
            called: Arc::new(Semaphore::new(outbind::sessions_max(config.sessions))),
            unreadable: Arc::default(),
            overlong: Arc::default(),
        };
        self.shared.metrics.tls_unverified(&name, config.tls && !config.tls_verify);
        if config.tls && !config.tls_verify {
            tracing::warn!(link = %name, "tls_verify = false: anybody can pass for this SMSC");
        }
        client.start();
        self.callers.set(name, client);
        stop
    }

    fn start_application(&self, config: &ApplicationConfig) -> CancellationToken {
        let name = LinkName::from(config.name.get_ref().as_str());
        let stop = self.calling.stop.child_token();
        let rules = match config.rules() {
            Ok(rules) => Arc::new(rules),
            // Found when the file was checked.
            Err(problem) => {
                tracing::error!(link = %name, error = %problem.what, "the application is not called");
                return stop;
            }
        };
        let directory = self.shared.directory.load();
        let outlet = self.shared.outlets.of(&name);
        let application = directory.applications.get(&name);
        let shelf = self.shelf_for(&name);
        let client = http::Client {
            endpoint: rules.endpoint.clone(),
            own: self.own_addresses(),
            tls: self.shared.tls.load().endpoints.of(&name),
            side: Provider { intake: self.shared.intake.clone(), outlet: outlet.clone(), rules },
            outlet,
            clock: self.shared.surroundings.clock,
            chance: self.shared.surroundings.chance.clone(),
            presence: application.map(|application| application.presence.clone()).unwrap_or_default(),
            shelf,
            stop: stop.clone(),
        };
        self.calling.tasks.spawn(client.run());
        stop
    }

    fn start_answer(&self, config: &AnswerConfig) -> CancellationToken {
        let stop = self.calling.stop.child_token();
        let period = Duration::from_secs(config.handset_period_s.get());
        let answerer = Answerer {
            intake: self.shared.intake.clone(),
            outlet: self.shared.outlets.of(&config.name.get_ref().as_str().into()),
            text: config.text.clone(),
            sender: config.sender.clone(),
            limit: HandsetLimit::new(config.handset_max.get(), period),
            stop: stop.clone(),
        };
        self.calling.tasks.spawn(answerer.run());
        stop
    }

    fn start_telling(&self, config: &AccountConfig) -> CancellationToken {
        let name = LinkName::from(config.name.get_ref().as_str());
        let stop = self.calling.stop.child_token();
        if let Some(manner) = config.named_callbacks() {
            self.start_named_callbacks(&name, manner, stop.clone());
        }
        self.start_inbox(&name, &stop);
        let Some(callback) = &config.callback else { return stop };
        let directory = self.shared.directory.load();
        let account = directory.accounts.get(&name);
        let surroundings = &self.shared.surroundings;
        let client = http::Client {
            side: Owner {
                batch: usize::from(callback.batch.get()),
                surroundings: surroundings.clone(),
                store: self.shared.store.clone(),
            },
            endpoint: callback.endpoint.clone(),
            own: self.own_addresses(),
            tls: self.shared.tls.load().endpoints.of(&name),
            outlet: self.shared.outlets.of(&name),
            clock: surroundings.clock,
            chance: surroundings.chance.clone(),
            presence: account.map(|account| account.calling().clone()).unwrap_or_default(),
            shelf: self.shelf_for(&name),
            stop: stop.clone(),
        };
        self.calling.tasks.spawn(client.run());
        stop
    }

    /// Keeps the inbox of the account, if it has one.
    fn start_inbox(&self, account: &LinkName, stop: &CancellationToken) {
        let directory = self.shared.directory.load();
        let Some(account) = directory.accounts.get(account) else { return };
        let Some(inbox) = account.inbox() else { return };
        self.shelf_for(account.name());
        let keeper = Keeper {
            outlet: self.shared.outlets.of(account.name()),
            presence: account.calling().clone(),
            clock: self.shared.surroundings.clock,
            lent: self.shared.metrics.inbox(account.name()),
            stop: stop.clone(),
        };
        self.calling.tasks.spawn(inbox.clone().keep(keeper));
    }

    /// Calls what messages of the account name themselves, in this manner.
    fn start_named_callbacks(&self, account: &LinkName, manner: EndpointConfig, stop: CancellationToken) {
        let surroundings = &self.shared.surroundings;
        let client = http::Client {
            side: Named::new(surroundings.clone(), self.shared.store.clone(), self.shared.access_log.clone()),
            endpoint: manner,
            own: self.own_addresses(),
            tls: self.shared.tls.load().endpoints.of(account),
            outlet: self.shared.outlets.of(&callbacks_of(account)),
            clock: surroundings.clock,
            chance: surroundings.chance.clone(),
            presence: Arc::default(),
            shelf: self.shelf_for(&callbacks_of(account)),
            stop,
        };
        self.calling.tasks.spawn(client.run_each());
    }

    /// Where we listen.
    fn own_addresses(&self) -> OwnAddresses {
        OwnAddresses::of([self.smpp, self.smpp_tls, self.outbind, self.http, self.http_tls])
    }

    /// Where dead letters of a link that is told by HTTP go, also those that nobody takes in time.
    fn shelf_for(&self, link: &LinkName) -> Shelf {
        let time = self.shared.directory.load().dead_letter_time;
        let shelf = Shelf { link: shelf_of(link), time };
        self.shared.store.shelve(link, Some(shelf.clone()));
        shelf
    }

    fn wait_for_outbinds(&self, config: &SmppConfig, listener: Box<dyn Listener>) {
        let listening = outbind::Listening {
            callers: self.callers.clone(),
            door: self.shared.door.clone(),
            places: Places::new(config.connections_max, config.unbound_per_address_max),
            stop: self.calling.stop.clone(),
            tasks: self.calling.tasks.clone(),
        };
        self.calling.tasks.spawn(listening.run(listener));
    }

    fn serve_smpp(&self, config: SmppConfig, listeners: [(Option<Box<dyn Listener>>, Security); 2]) {
        let server = Server {
            places: Places::new(config.connections_max, config.unbound_per_address_max),
            config: Arc::new(config),
            directory: self.shared.directory.clone(),
            door: self.shared.door.clone(),
            intake: self.shared.intake.clone(),
            outlets: self.shared.outlets.clone(),
            short_ids: Arc::new(ShortIds::new(self.shared.surroundings.clock)),
            tls: self.shared.tls.clone(),
            stop: self.listening.stop.clone(),
            tasks: self.listening.tasks.clone(),
            started_at: clock::now(),
        };
        for (listener, security) in listeners {
            if let Some(listener) = listener {
                self.listening.tasks.spawn(server.clone().run(listener, security));
            }
        }
    }

    fn serve_http(&self, config: HttpConfig, listener: TcpListener, secured: Option<TcpListener>) {
        let api = Api {
            directory: self.shared.directory.clone(),
            door: self.shared.door.clone(),
            intake: self.shared.intake.clone(),
            outlets: self.shared.outlets.clone(),
            store: self.shared.store.clone(),
            metrics: self.shared.metrics.clone(),
            health: self.shared.health.clone(),
            sendsms: config.kannel,
            jasmin: config.jasmin,
            bodies: Bodies::new(config.bodies_octets_max.octets()),
            keys: Default::default(),
            stop: self.listening.stop.clone(),
        };
        let places = Places::new(config.connections_max, config.connections_per_address_max);
        let (tls, stop) = (self.shared.tls.clone(), self.listening.stop.clone());
        self.listening.tasks.spawn(api.serve(listener, secured, tls, places, stop));
    }
}

impl Shared {
    fn new(
        config: &Config,
        tls: Tls,
        surroundings: Surroundings,
        store: EmbeddedStore,
    ) -> anyhow::Result<Self> {
        let routes = config.route_table().map_err(|problem| anyhow::anyhow!(problem.what))?;
        let directory = Arc::new(ArcSwap::from_pointee(Directory::new(config, routes, None)));
        let store = Arc::new(store);
        let metrics: SharedMetrics = Arc::new(Metrics::new());
        let log = config.http.as_ref().and_then(|http| http.kannel_access_log.clone());
        let access_log = log.map(AccessLog::new);
        Ok(Self {
            intake: Intake::new(directory.clone(), store.clone(), &surroundings),
            outlets: Arc::new(Outlets::new(store.clone(), metrics.clone())),
            health: Arc::new(Health::new(store.clone())),
            door: Arc::new(Door::new(metrics.login(), surroundings.clock.wall())),
            directory,
            tls: Arc::new(ArcSwap::from_pointee(tls)),
            store,
            metrics,
            access_log,
            surroundings,
        })
    }
}

impl Stage {
    fn new() -> Self {
        Self { stop: CancellationToken::new(), tasks: TaskTracker::new() }
    }

    /// Asks the tasks to end and waits for them; says whether they all did in time.
    /// Meanwhile the log says who is waited for.
    async fn finish(&self, who: impl Fn() -> String, deadline: tokio::time::Instant) -> bool {
        self.stop.cancel();
        self.tasks.close();
        loop {
            tokio::select! {
                biased;
                () = self.tasks.wait() => return true,
                () = tokio::time::sleep_until(deadline) => {
                    tracing::warn!(tasks = self.tasks.len(), "gave up waiting for {}", who());
                    return false;
                }
                () = tokio::time::sleep(REPORT_EVERY) => {
                    tracing::info!(tasks = self.tasks.len(), "waiting for {}", who());
                }
            }
        }
    }
}

impl Config {
    /// How the embedded store is set up.
    #[must_use]
    pub fn store_options(&self) -> Options {
        let holds = |smsc: &&SmscConfig| smsc.speaks.on_unknown == OnUnknown::Hold;
        Options {
            retention: Duration::from_secs(u64::from(self.store.retention_days) * 24 * 3600),
            receipt_timeout: Duration::from_secs(u64::from(self.store.receipt_timeout_h) * 3600),
            hold_unknown: self
                .smsc
                .iter()
                .filter(holds)
                .map(|smsc| smsc.name.get_ref().as_str().into())
                .collect(),
            in_process: vec![REASSEMBLY.into()],
            ..Options::default()
        }
    }

    /// Whether a running gateway can take `next` instead.
    fn check_change(&self, next: &Self) -> anyhow::Result<()> {
        let smpp = |config: &Self| config.smpp.as_ref().map(SmppConfig::without_files);
        let http = |config: &Self| config.http.as_ref().map(HttpConfig::without_files);
        anyhow::ensure!(self.data_dir == next.data_dir, "data_dir can only change with a restart");
        anyhow::ensure!(self.store == next.store, "[store] can only change with a restart");
        let same = self.reassembly == next.reassembly;
        anyhow::ensure!(same, "[reassembly] can only change with a restart");
        anyhow::ensure!(smpp(self) == smpp(next), "[smpp] can only change with a restart");
        anyhow::ensure!(http(self) == http(next), "[http] can only change with a restart");
        Ok(())
    }
}

/// Stops what is not in `next` as it was in `before`, and starts what is new.
fn replace<C: PartialEq>(
    running: &mut HashMap<LinkName, CancellationToken>,
    before: &[C],
    next: &[C],
    name: impl Fn(&C) -> LinkName,
    // What is in these may have changed, though the configuration has not.
    reads_files: impl Fn(&C) -> bool,
    start: impl Fn(&C) -> CancellationToken,
) {
    for old in before.iter().filter(|old| reads_files(old) || !next.contains(old)) {
        if let Some(stop) = running.remove(&name(old)) {
            tracing::info!(link = %name(old), "link changed or dropped: stopping it");
            stop.cancel();
        }
    }
    for new in next {
        running.entry(name(new)).or_insert_with(|| start(new));
    }
}

/// The accounts that are told by HTTP.
fn told_accounts(config: &Config) -> Vec<AccountConfig> {
    let is_told = |account: &&AccountConfig| account.inbox || account.named_callbacks().is_some();
    config.account.iter().filter(is_told).map(AccountConfig::without_keys).collect()
}

async fn open_store(directory: PathBuf, options: Options) -> anyhow::Result<EmbeddedStore> {
    let place = directory.clone();
    tokio::task::spawn_blocking(move || EmbeddedStore::open(&directory, options))
        .await?
        .with_context(|| format!("cannot open the store in {}", place.display()))
}

async fn listen_for_smpp(
    surroundings: &Surroundings,
    address: Option<SocketAddr>,
    what: &str,
) -> anyhow::Result<Option<Box<dyn Listener>>> {
    let Some(address) = address else { return Ok(None) };
    let listener = surroundings.network.listen(address).await;
    let listener = listener.with_context(|| format!("cannot listen on {address} ([smpp])"))?;
    tracing::info!(address = %listener.address()?, "listening for {what}");
    Ok(Some(listener))
}

async fn listen_for_http(address: Option<SocketAddr>, what: &str) -> anyhow::Result<Option<TcpListener>> {
    let Some(address) = address else { return Ok(None) };
    let listener =
        TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address} ([http])"))?;
    tracing::info!(address = %listener.local_addr()?, "listening for {what}");
    Ok(Some(listener))
}

const REPORT_EVERY: Duration = Duration::from_secs(1);
