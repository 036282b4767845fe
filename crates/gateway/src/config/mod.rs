//! The configuration: one TOML file, parsed into checked values.
//!
//! Every module owns the part that it is configured by; this one collects them and checks what only
//! the whole can tell: that names are unique and that routes lead somewhere. Errors name the line.

mod account;
mod answer;
mod api_key;
mod application;
mod callback;
mod certificate;
mod checked;
mod endpoint;
mod expression;
mod jasmin;
mod listen;
mod name;
mod networks;
mod problem;
mod profile;
mod reach;
mod reassembly;
mod receivers;
mod routing;
mod secret;
mod sendsms;
mod signing;
mod signing_key;
mod smsc;
mod source;
mod storage;
#[cfg(test)]
mod tests;
mod unified_prefix;

use std::collections::{HashMap, HashSet};
use std::fmt::Display;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use sms::LinkName;

use profile::Profiles;

pub use account::{AccountConfig, AccountPassword, MessageIds, PasswordHash};
pub use answer::AnswerConfig;
pub use api_key::{ApiKeyConfig, ApiKeyHash, Scope};
pub(crate) use application::{
    AnswerRules, Content, KannelReply, Patience, ProviderRules, ReplyFrom, ReplyRules, RequestForm, Told,
    Where,
};
pub use application::{ApplicationConfig, Format, ReplyConfig, SignConfig};
pub use callback::CallbackConfig;
pub use certificate::{CertificateFiles, ClientCertificate, Fingerprint};
pub use checked::BodiesOctets;
pub use endpoint::{EndpointConfig, EndpointTls, Method};
pub use expression::Expression;
pub use jasmin::{JasminConfig, JasminRight, ValueFilter, ValueFilters};
pub use listen::{HttpConfig, SmppConfig};
pub(crate) use name::{Name, REASSEMBLY, callbacks_of, is_own, shelf_of, shelved_of};
pub use networks::Networks;
pub use problem::ConfigError;
use problem::Lines;
pub(crate) use problem::Problem;
pub(crate) use profile::SharedProfile;
pub use profile::{
    AddedTlv, AddressForm, AddressRule, ByteOrder, ClassForm, DataCodings, DefaultAlphabet, IdForm,
    Languages, OnUnknown, Profile, ProfileConfig, ProfileNames, ReceiptIdFrom, RetryRule, Splitting,
    Statuses, Tag, TlvRules, UtcOffset, ValidityForm, Version, WaitingForm,
};
pub(crate) use reach::OutOfReach;
pub use reach::{Ports, Reach};
pub use reassembly::ReassemblyConfig;
pub use routing::{FromConfig, MatchConfig, RouteConfig, RouteTarget};
pub use secret::Secret;
pub use sendsms::{NamedTlv, SendsmsConfig, SendsmsPath, TlvKind};
pub use signing::SigningSecret;
pub use signing_key::{RequestSecret, SigningKeyConfig};
pub use smsc::{BindKind, OutbindConfig, SmscConfig};
pub use source::Source;
pub use storage::StoreConfig;
pub use unified_prefix::UnifiedPrefix;

/// The whole configuration.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where the embedded store lives; relative to the working directory.
    #[serde(deserialize_with = "checked::folder")]
    pub data_dir: PathBuf,
    /// How the store behaves.
    #[serde(default)]
    pub store: StoreConfig,
    /// How long messages of handsets are put together.
    #[serde(default)]
    pub reassembly: ReassemblyConfig,
    /// Where ESMEs bind.
    #[serde(default)]
    pub smpp: Option<SmppConfig>,
    /// Where ESMEs call, and where health and metrics are shown.
    #[serde(default)]
    pub http: Option<HttpConfig>,
    /// How peers speak, under names.
    #[serde(default)]
    pub profile: Vec<ProfileConfig>,
    /// SMSCs that we bind to.
    #[serde(default)]
    pub smsc: Vec<SmscConfig>,
    /// ESMEs.
    #[serde(default)]
    pub account: Vec<AccountConfig>,
    /// Content providers that we call.
    #[serde(default)]
    pub application: Vec<ApplicationConfig>,
    /// Fixed answers to handsets.
    #[serde(default)]
    pub answer: Vec<AnswerConfig>,
    /// Where messages go; the first match wins.
    #[serde(default)]
    pub route: Vec<RouteConfig>,
    /// Where all this stands.
    #[serde(skip)]
    lines: Lines,
}

impl Config {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// Says what is wrong and in which line.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|problem| ConfigError::Unreadable { path: path.to_owned(), problem })?;
        Self::parse(&text, path)
    }

    /// What is wrong with files that are named there.
    pub(crate) fn unfit(&self, at: &Range<usize>, problem: &dyn Display) -> ConfigError {
        self.lines.wrong(at, format!("{problem:#}"))
    }

    /// Checks the text of a file; `path` is for the errors.
    ///
    /// # Errors
    /// Says what is wrong and in which line.
    pub fn parse(text: &str, path: &Path) -> Result<Self, ConfigError> {
        let lines = Lines::of(text, path);
        match Self::checked(text) {
            Ok(config) => Ok(Self { lines, ..config }),
            Err(problem) => Err(lines.wrong(&problem.at, problem.what)),
        }
    }

    fn checked(text: &str) -> Result<Self, Problem> {
        let mut config: Self = toml::from_str(text).map_err(|error| Problem {
            at: error.span().unwrap_or(0..0),
            what: error.message().replace('\n', " "),
        })?;
        config.resolve_profiles()?;
        config.check_listeners()?;
        config.check_tls()?;
        config.account.iter().try_for_each(AccountConfig::check_name)?;
        config.account.iter().try_for_each(AccountConfig::check_dlr_url)?;
        config.check_keys()?;
        config.check_applications()?;
        config.route_table()?;
        Ok(config)
    }

    fn resolve_profiles(&mut self) -> Result<(), Problem> {
        let profiles = Profiles::new(&self.profile)?;
        let listens = self.smpp.as_ref().is_some_and(|smpp| smpp.outbind_listen.is_some());
        for smsc in &mut self.smsc {
            smsc.resolve(&profiles)?;
            if smsc.outbind.is_some() && !listens {
                let what = "an outbind can only come to [smpp] outbind_listen".to_owned();
                return Err(Problem { at: smsc.name.span(), what });
            }
        }
        for account in &mut self.account {
            account.resolve(&profiles)?;
        }
        Ok(())
    }

    /// Whether each listener can have its address.
    fn check_listeners(&self) -> Result<(), Problem> {
        let smpp = self.smpp.iter().flat_map(SmppConfig::listeners);
        let http = self.http.iter().flat_map(HttpConfig::listeners);
        let listeners: Vec<_> = smpp.chain(http).collect();
        for (index, listener) in listeners.iter().enumerate() {
            if listeners[..index].iter().any(|other| listen::overlap(*other.get_ref(), *listener.get_ref())) {
                let what = format!("another listener has the address {}", listener.get_ref());
                return Err(Problem { at: listener.span(), what });
            }
        }
        Ok(())
    }

    /// Whether what is said of TLS goes together.
    fn check_tls(&self) -> Result<(), Problem> {
        self.smpp.as_ref().map_or(Ok(()), SmppConfig::check)?;
        self.http.as_ref().map_or(Ok(()), HttpConfig::check)?;
        let smpp = self.smpp.as_ref().filter(|smpp| smpp.tls_listen.is_some());
        let names_can_be_trusted = smpp.is_some_and(|smpp| smpp.tls_client_ca.is_some());
        for account in self.account.iter().filter(|account| !account.client_certificate.is_empty()) {
            let problem = |what: &str| Problem { at: account.name.span(), what: what.to_owned() };
            if smpp.is_none() {
                return Err(problem("a client_certificate can only be shown to [smpp] tls_listen"));
            }
            let is_name = |wanted: &ClientCertificate| matches!(wanted, ClientCertificate::Name(_));
            if account.client_certificate.iter().any(is_name) && !names_can_be_trusted {
                return Err(problem("a client_certificate with a name needs [smpp] tls_client_ca"));
            }
        }
        Ok(())
    }

    /// Whether every key is known by a hash of its own, and opens something.
    fn check_keys(&self) -> Result<(), Problem> {
        let mut hashes = HashSet::new();
        for account in &self.account {
            account.check_signing_keys()?;
            let mut names = HashSet::new();
            for key in &account.api_key {
                let problem = |what: &str| Problem {
                    at: key.name.span(),
                    what: format!("the api_key \"{}\" {what}", key.name.get_ref()),
                };
                if key.scopes.is_empty() {
                    return Err(problem("has no scopes: it would open nothing"));
                }
                if !names.insert(key.name.get_ref()) {
                    return Err(problem("has the name of another one"));
                }
                if !hashes.insert(key.hash) {
                    return Err(problem("has the hash of another one"));
                }
            }
        }
        Ok(())
    }

    /// Whether what is said of content providers goes together.
    fn check_applications(&self) -> Result<(), Problem> {
        let find = |name: &Name| self.account.iter().find(|account| account.name.get_ref() == name.get_ref());
        for application in &self.application {
            application.rules()?;
            let validity = self.store.validity().as_secs();
            if let Some(seconds) =
                application.give_up_s.as_ref().filter(|&given| given.get_ref().get() > validity)
            {
                let what = format!(
                    "a message is called for while it is valid, {validity} seconds ([store] validity_h)"
                );
                return Err(Problem { at: seconds.span(), what });
            }
            let Some(name) = &application.account else { continue };
            let Some(account) = find(name) else {
                let what = format!("there is no account with the name \"{}\"", name.get_ref());
                return Err(Problem { at: name.span(), what });
            };
            if let Some(url) = &application.dlr_url {
                account.check_named(url.get_ref()).map_err(|why| Problem {
                    at: url.span(),
                    what: format!(
                        "dlr_url is not called as the account \"{}\" has it: {why}",
                        name.get_ref()
                    ),
                })?;
            }
        }
        Ok(())
    }

    /// The routes, compiled. Every name that they use exists.
    pub(crate) fn route_table(&self) -> Result<route::Table, Problem> {
        let kinds = self.link_kinds()?;
        let rules = self
            .route
            .iter()
            .enumerate()
            .map(|(index, rule)| rule.compile(index, &kinds))
            .collect::<Result<Vec<_>, _>>()?;
        let kinds: HashMap<LinkName, route::LinkKind> =
            kinds.into_iter().map(|(name, kind)| (LinkName::from(name), kind)).collect();
        route::Table::build(rules, &kinds).map_err(|error| self.locate(&error))
    }

    /// Where the rule stands that makes no table.
    fn locate(&self, error: &route::BuildError) -> Problem {
        let at_fault = |(index, route): &(usize, &RouteConfig)| route.title(*index) == error.rule();
        let route = self.route.iter().enumerate().find(at_fault);
        Problem { at: route.map_or(0..0, |(_, route)| route.to.span()), what: error.to_string() }
    }

    /// Every link with its kind; a name may stand for one link only.
    fn link_kinds(&self) -> Result<HashMap<&str, route::LinkKind>, Problem> {
        let smscs = self.smsc.iter().map(|smsc| (&smsc.name, route::LinkKind::Smsc));
        let accounts = self.account.iter().map(|account| (&account.name, route::LinkKind::Account));
        let applications =
            self.application.iter().map(|application| (&application.name, route::LinkKind::Application));
        let answers = self.answer.iter().map(|answer| (&answer.name, route::LinkKind::Service));
        let mut kinds = HashMap::new();
        for (name, kind) in smscs.chain(accounts).chain(applications).chain(answers) {
            name::check(name)?;
            if kinds.insert(name.get_ref().as_str(), kind).is_some() {
                let what = format!("the name \"{}\" is used twice", name.get_ref());
                return Err(Problem { at: name.span(), what });
            }
        }
        Ok(kinds)
    }
}
