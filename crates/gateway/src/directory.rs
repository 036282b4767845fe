//! Who is there: the tables that the configuration describes, swapped whole when it is read again.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use sms::LinkName;

use crate::account::Account;
use crate::config::{
    AccountConfig, ApiKeyHash, ApplicationConfig, Config, ReplyRules, RouteConfig, SharedProfile,
    SigningKeyConfig, SmscConfig, callbacks_of, is_own, shelf_of, shelved_of,
};
use crate::login::{KeyHolder, SigningKey};
use crate::presence::Presence;

/// Accounts, SMSCs, applications and the routes between them.
pub(crate) struct Directory {
    pub(crate) routes: route::Table,
    pub(crate) accounts: HashMap<LinkName, Arc<Account>>,
    /// The keys of accounts.
    pub(crate) keys: HashMap<ApiKeyHash, KeyHolder>,
    /// The keys that accounts sign requests with, by their ids.
    pub(crate) signing_keys: HashMap<String, SigningKey>,
    pub(crate) smscs: HashMap<LinkName, SmscLink>,
    pub(crate) applications: HashMap<LinkName, ApplicationLink>,
    /// The links inside that answer; they are always there.
    answers: HashSet<LinkName>,
    /// How long a message may wait that does not say so itself.
    pub(crate) validity: Duration,
    /// How long dead letters wait.
    pub(crate) dead_letter_time: Duration,
    /// Links that stand beside others in a route: what waits for one of these may go there.
    choices: HashSet<LinkName>,
    /// What the table of routes was made of.
    rules: Vec<RouteConfig>,
}

/// An SMSC as routing sees it.
#[derive(Clone, Debug)]
pub(crate) struct SmscLink {
    pub(crate) presence: Arc<Presence>,
    /// How long it may be away before what waits is given to others.
    pub(crate) failover_after: Duration,
    /// What its profile says of texts.
    pub(crate) profile: SharedProfile,
}

/// A content provider that is called, as others see it.
#[derive(Clone, Debug)]
pub(crate) struct ApplicationLink {
    pub(crate) presence: Arc<Presence>,
    /// The account whose messages may be replies to what it is told, and that sees its dead letters.
    account: Option<LinkName>,
    replies: ReplyRules,
}

/// Who brings a message.
#[derive(Clone, Debug)]
pub(crate) enum Origin {
    /// An ESME: its sources and its rate are checked.
    Account(Arc<Account>),
    /// An SMSC or an application: trusted, since we called it.
    Trusted(LinkName),
}

impl Directory {
    /// The tables for a configuration. What is unchanged keeps its state from `before`.
    pub(crate) fn new(config: &Config, routes: route::Table, before: Option<&Self>) -> Self {
        let account = |config: &AccountConfig| {
            let name = LinkName::from(config.name.get_ref().as_str());
            let known = before.and_then(|before| before.accounts.get(&name));
            let config = config.without_keys();
            let same = known.filter(|account| *account.config() == config);
            let anew = || Arc::new(Account::new(config, known.map(Arc::as_ref)));
            let account = same.cloned().unwrap_or_else(anew);
            (name, account)
        };
        let smsc = |config: &SmscConfig| {
            let name = LinkName::from(config.name.get_ref().as_str());
            let known = before.and_then(|before| before.smscs.get(&name));
            let presence = known.map(|smsc| smsc.presence.clone()).unwrap_or_default();
            let failover_after = Duration::from_secs(config.failover_s);
            (name, SmscLink { presence, failover_after, profile: config.speaks.clone() })
        };
        let application = |config: &ApplicationConfig| {
            let name = LinkName::from(config.name.get_ref().as_str());
            let known = before.and_then(|before| before.applications.get(&name));
            let presence = known.map(|application| application.presence.clone()).unwrap_or_default();
            let account = config.account.as_ref().map(|account| LinkName::from(account.get_ref().as_str()));
            (name, ApplicationLink { presence, account, replies: config.reply_rules() })
        };
        let accounts: HashMap<_, _> = config.account.iter().map(account).collect();
        Self {
            routes,
            keys: keys(config, &accounts),
            signing_keys: signing_keys(config, &accounts),
            accounts,
            smscs: config.smsc.iter().map(smsc).collect(),
            applications: config.application.iter().map(application).collect(),
            answers: config
                .answer
                .iter()
                .map(|answer| LinkName::from(answer.name.get_ref().as_str()))
                .collect(),
            validity: config.store.validity(),
            dead_letter_time: config.store.dead_letter_time(),
            choices: choices(config),
            rules: config.route.clone(),
        }
    }

    /// The accounts that are bound.
    pub(crate) fn bound_accounts(&self) -> Vec<&LinkName> {
        self.accounts.values().filter(|account| account.is_bound()).map(|account| account.name()).collect()
    }

    /// The SMSCs that can be sent to, and the applications and accounts that are being called.
    pub(crate) fn links_out(&self) -> Vec<&LinkName> {
        let smscs = self.smscs.iter().map(|(name, smsc)| (name, &smsc.presence));
        let accounts = self.accounts.iter().map(|(name, account)| (name, account.calling()));
        let applications = self.applications.iter().map(|(name, application)| (name, &application.presence));
        smscs
            .chain(applications)
            .chain(accounts)
            .filter(|(_, presence)| presence.is_up())
            .map(|(name, _)| name)
            .collect()
    }

    /// Which replies `account` may give to what `target` was told, or was not told in time; `None` if it is none of its
    /// business.
    pub(crate) fn reply_rules(&self, target: &LinkName, account: &LinkName) -> Option<ReplyRules> {
        let told = shelved_of(target);
        if told == account.as_str() {
            return Some(ReplyRules::default());
        }
        let application = self.applications.get(told)?;
        (application.account.as_ref() == Some(account)).then_some(application.replies)
    }

    /// The account of a content provider, if it has one.
    pub(crate) fn account_of(&self, application: &LinkName) -> Option<Arc<Account>> {
        let account = self.applications.get(application)?.account.as_ref()?;
        self.accounts.get(account).cloned()
    }

    /// The links by which an account may be told by HTTP: its own, what its messages name, and its applications.
    pub(crate) fn told_for(&self, account: &LinkName) -> Vec<LinkName> {
        let own = [account.clone(), callbacks_of(account)];
        let is_its = |application: &ApplicationLink| application.account.as_ref() == Some(account);
        let applications = self.applications.iter().filter(|(_, application)| is_its(application));
        own.into_iter().chain(applications.map(|(name, _)| name.clone())).collect()
    }

    /// The links whose messages an account sees: its own, its applications, and their shelves.
    pub(crate) fn seen_by(&self, account: &LinkName) -> Vec<LinkName> {
        self.told_for(account).into_iter().flat_map(|link| [link.clone(), shelf_of(&link)]).collect()
    }

    /// The link that the route of a message leads to now, if there is one.
    pub(crate) fn target(&self, question: &route::Question<'_>) -> Option<&LinkName> {
        self.routes.choose(question, |link| self.is_up(link)).map(|choice| choice.target)
    }

    /// Whether any route has several links to choose from.
    pub(crate) fn has_choices(&self) -> bool {
        !self.choices.is_empty()
    }

    /// Whether any link is there that another can be left for.
    pub(crate) fn has_refuge(&self) -> bool {
        self.choices.iter().any(|link| self.is_up(link))
    }

    /// Whether there is such a link, in the file or inside.
    pub(crate) fn has(&self, link: &LinkName) -> bool {
        self.smscs.contains_key(link)
            || self.accounts.contains_key(link)
            || self.applications.contains_key(link)
            || self.answers.contains(link)
            || is_own(link)
    }

    /// Whether routes say the same as those of `other`.
    pub(crate) fn routes_like(&self, other: &Self) -> bool {
        self.rules == other.rules
    }

    /// Whether somebody is there to take what goes to `link`.
    pub(crate) fn is_up(&self, link: &LinkName) -> bool {
        if let Some(smsc) = self.smscs.get(link) {
            return smsc.presence.is_up();
        }
        if let Some(application) = self.applications.get(link) {
            return application.presence.is_up();
        }
        self.answers.contains(link) || self.accounts.get(link).is_some_and(|account| account.is_receiving())
    }
}

fn keys(config: &Config, accounts: &HashMap<LinkName, Arc<Account>>) -> HashMap<ApiKeyHash, KeyHolder> {
    let mut keys = HashMap::new();
    for owner in &config.account {
        let Some(account) = accounts.get(owner.name.get_ref().as_str()) else { continue };
        for key in &owner.api_key {
            keys.insert(key.hash, KeyHolder { account: account.clone(), scopes: key.scopes.clone() });
        }
    }
    keys
}

fn signing_keys(config: &Config, accounts: &HashMap<LinkName, Arc<Account>>) -> HashMap<String, SigningKey> {
    let mut keys = HashMap::new();
    for owner in &config.account {
        let name = owner.name.get_ref().as_str();
        let Some(account) = accounts.get(name) else { continue };
        let key = |key: &SigningKeyConfig| Some((key.id(name)?, SigningKey::new(account, key)?));
        keys.extend(owner.signing_key.iter().filter_map(key));
    }
    keys
}

fn choices(config: &Config) -> HashSet<LinkName> {
    let targets = config.route.iter().map(|route| route.to.get_ref());
    let several = targets.filter(|targets| targets.len() > 1);
    several.flatten().map(|target| LinkName::from(target.parts().0)).collect()
}

impl Origin {
    pub(crate) fn name(&self) -> &LinkName {
        match self {
            Self::Account(account) => account.name(),
            Self::Trusted(name) => name,
        }
    }
}
