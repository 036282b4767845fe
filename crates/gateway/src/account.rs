//! An ESME's account at run time: who it is, what it may, and how much of it is used.

use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sms::{Address, LinkName, ReceiptRequest};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::clock;
use crate::config::{AccountConfig, Reach, Source};
use crate::dispatch::TokenBucket;
use crate::inbox::Inbox;
use crate::link::smpp::alert;
use crate::link::smpp::dialect::Dialect;
use crate::login::Access;
use crate::presence::Presence;
use crate::refusal::Refusal;

/// One account with its use.
pub(crate) struct Account {
    name: LinkName,
    config: AccountConfig,
    dialect: Option<Arc<Dialect>>,
    rate: Option<Mutex<TokenBucket>>,
    binds: AtomicUsize,
    receivers: AtomicUsize,
    calling: Arc<Presence>,
    inbox: Option<Arc<Inbox>>,
    alerts: Arc<alert::Queue>,
    listeners: Arc<Semaphore>,
    searches: Semaphore,
    dead_letters: tokio::sync::Mutex<()>,
    revoked: CancellationToken,
    access: Access,
    /// Where the URLs may lead that its messages name; `None` if they are not called.
    reach: Option<Reach>,
}

/// How much an account may hand in, and how much of it is left.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Allowance {
    /// Messages that may be handed in during `window`.
    pub(crate) per_window: u64,
    pub(crate) window: Duration,
    /// Messages that may be handed in at once.
    pub(crate) remaining: u64,
    /// When all of `per_window` may be handed in at once again.
    pub(crate) full_in: Duration,
}

impl Account {
    /// What the door knows of the account is kept from `before`, which had the same name.
    pub(crate) fn new(config: AccountConfig, before: Option<&Self>) -> Self {
        let per_second = f64::from(config.rate);
        let bucket = || Mutex::new(TokenBucket::new(clock::now(), per_second, BURST));
        Self {
            name: LinkName::from(config.name.get_ref().as_str()),
            dialect: Dialect::of(&config.speaks).map(Arc::new),
            access: Access::new(&config.password, before.map(|before| &before.access)),
            rate: (config.rate > 0).then(bucket),
            inbox: config.inbox.then(Arc::default),
            alerts: Arc::default(),
            listeners: Arc::new(Semaphore::new(LISTENERS_MAX)),
            searches: Semaphore::new(SEARCHES_MAX),
            dead_letters: tokio::sync::Mutex::default(),
            reach: config.named_callbacks().map(|manner| manner.reach),
            config,
            binds: AtomicUsize::new(0),
            receivers: AtomicUsize::new(0),
            calling: Arc::default(),
            revoked: CancellationToken::new(),
        }
    }

    pub(crate) fn name(&self) -> &LinkName {
        &self.name
    }

    pub(crate) fn config(&self) -> &AccountConfig {
        &self.config
    }

    /// How it speaks SMPP; `None` is as the standard has it.
    pub(crate) fn dialect(&self) -> Option<&Arc<Dialect>> {
        self.dialect.as_ref()
    }

    /// How it comes in.
    pub(crate) fn access(&self) -> &Access {
        &self.access
    }

    /// Whether it may come from there.
    pub(crate) fn allows(&self, address: IpAddr) -> bool {
        self.config.allow_from.as_ref().is_none_or(|networks| networks.contain(address))
    }

    /// Takes one of the account's binds; `None` if all are taken.
    pub(crate) fn bind(self: &Arc<Self>, receives: bool) -> Option<BindGuard> {
        let free = |used: usize| (used < self.config.max_binds).then_some(used + 1);
        self.binds.fetch_update(Ordering::AcqRel, Ordering::Acquire, free).ok()?;
        let receives = receives && !self.is_told_by_http();
        self.receivers.fetch_add(usize::from(receives), Ordering::AcqRel);
        Some(BindGuard { account: self.clone(), receives })
    }

    /// Whether any session of it is there.
    pub(crate) fn is_bound(&self) -> bool {
        self.binds.load(Ordering::Acquire) > 0
    }

    /// Whether somebody is there to take what goes to the account.
    pub(crate) fn is_receiving(&self) -> bool {
        self.receivers.load(Ordering::Acquire) > 0 || self.calling.is_up()
    }

    /// Whether what goes to the account goes to its callback or its inbox, and so not to its sessions.
    pub(crate) fn is_told_by_http(&self) -> bool {
        self.config.callback.is_some() || self.inbox.is_some()
    }

    /// Where it fetches what goes to it, if it does.
    pub(crate) fn inbox(&self) -> Option<&Arc<Inbox>> {
        self.inbox.as_ref()
    }

    /// What SMSCs say of mobiles that its sessions wait for.
    pub(crate) fn alerts(&self) -> &Arc<alert::Queue> {
        &self.alerts
    }

    /// A place for one more who follows its events; `None` if all are taken.
    pub(crate) fn listen(&self) -> Option<OwnedSemaphorePermit> {
        self.listeners.clone().try_acquire_owned().ok()
    }

    /// A place for one more search for its messages; `None` if all are taken.
    pub(crate) fn search(&self) -> Option<SemaphorePermit<'_>> {
        self.searches.try_acquire().ok()
    }

    /// Whether a URL is called that a message of it names, as far as the URL says it.
    pub(crate) fn may_call(&self, url: &Url) -> bool {
        self.reach.as_ref().is_some_and(|reach| reach.check(url).is_ok())
    }

    /// Waits until nobody else moves its dead letters: who looks at them has them all for that time.
    pub(crate) async fn dead_letters(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.dead_letters.lock().await
    }

    /// Whether its callback is being called, or its inbox kept.
    pub(crate) fn calling(&self) -> &Arc<Presence> {
        &self.calling
    }

    /// The receipts of what it submits by HTTP: without a callback or an inbox nobody would ever get them.
    pub(crate) fn receipts_by_http(&self) -> ReceiptRequest {
        if self.is_told_by_http() { ReceiptRequest::FINAL } else { ReceiptRequest::TRACKED }
    }

    /// The configuration no longer knows this account as it was: its sessions end.
    pub(crate) fn revoke(&self) {
        self.revoked.cancel();
    }

    /// Waits for [`Account::revoke`].
    pub(crate) async fn revoked(&self) {
        self.revoked.cancelled().await;
    }

    /// Takes up to `want` messages off the account's rate; says how many.
    pub(crate) fn grant(&self, now: Instant, want: usize) -> usize {
        self.rate
            .as_ref()
            .map_or(want, |rate| rate.lock().unwrap_or_else(PoisonError::into_inner).grant(now, want))
    }

    /// What is left of the account's rate; `None` is without a limit.
    pub(crate) fn allowance(&self, now: Instant) -> Option<Allowance> {
        let mut rate = self.rate.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner);
        let (remaining, full_in) = rate.level(now);
        Some(Allowance { per_window: u64::from(self.config.rate), window: BURST, remaining, full_in })
    }

    /// Checks the source address; an account with one source need not name it.
    pub(crate) fn authorise_source(&self, source: &mut Address) -> Result<(), Refusal> {
        let Some(sources) = &self.config.sources else { return Ok(()) };
        if source.value.is_empty() {
            let [only] = &sources[..] else { return Err(Refusal::SourceNotAllowed) };
            *source = only.address().clone();
            return Ok(());
        }
        if sources.iter().any(|allowed| allowed.is(&source.value)) {
            Ok(())
        } else {
            Err(Refusal::SourceNotAllowed)
        }
    }

    /// B-5: what a handset does not show is for those that may.
    pub(crate) fn authorise_protocol(&self, protocol_id: u8) -> Result<(), Refusal> {
        let is_hidden = matches!(protocol_id, TYPE_0 | ME_DOWNLOAD..=SIM_DOWNLOAD);
        if is_hidden && !self.config.sim_access { Err(Refusal::ProtocolNotAllowed) } else { Ok(()) }
    }

    /// The source of an account that has one alone, and so need not name it.
    pub(crate) fn only_source(&self) -> Option<&Source> {
        match self.config.sources.as_deref() {
            Some([only]) => Some(only),
            _ => None,
        }
    }
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account").field("name", &self.name).finish_non_exhaustive()
    }
}

/// One bind of an account; dropping it frees the place.
#[derive(Debug)]
pub(crate) struct BindGuard {
    account: Arc<Account>,
    receives: bool,
}

impl Drop for BindGuard {
    fn drop(&mut self) {
        self.account.binds.fetch_sub(1, Ordering::AcqRel);
        self.account.receivers.fetch_sub(usize::from(self.receives), Ordering::AcqRel);
    }
}

/// Those who may follow the events of an account at a time.
const LISTENERS_MAX: usize = 10;
/// Searches by HTTP that an account may have under way at a time.
const SEARCHES_MAX: usize = 8;
/// TP-PID of 23.040 section 9.2.3.9: acknowledged and discarded.
const TYPE_0: u8 = 0x40;
/// The first and the last of those for the handset itself and its SIM.
const ME_DOWNLOAD: u8 = 0x7D;
const SIM_DOWNLOAD: u8 = 0x7F;
/// How much of the rate an account may save up.
const BURST: Duration = Duration::from_secs(1);
