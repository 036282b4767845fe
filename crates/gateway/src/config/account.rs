//! An ESME that binds to us or calls our HTTP API.

use std::collections::HashSet;
use std::num::{NonZeroU16, NonZeroU64};
use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, de};
use toml::Spanned;
use url::Url;

use super::callback::CallbackKeys;
use super::certificate::one_or_more;
use super::endpoint::maybe_http_url;
use super::profile::{ProfileNames, Profiles, SharedProfile};
use super::{
    ApiKeyConfig, CallbackConfig, ClientCertificate, EndpointConfig, IdForm, JasminConfig, Name, Networks,
    Ports, Problem, Reach, Secret, SendsmsConfig, SigningKeyConfig, SigningSecret, Source,
};
use crate::callback_url::callable;

/// One ESME.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "RawAccount")]
pub struct AccountConfig {
    /// The name of the link, and the system_id.
    pub name: Name,
    /// How its password is checked.
    pub password: AccountPassword,
    /// Requests that may be unanswered at a time, per session and direction.
    pub window: NonZeroU16,
    /// Messages per second over all sessions and HTTP; 0 is unlimited.
    pub rate: u32,
    /// Sessions at a time.
    pub max_binds: usize,
    /// Keys that it may call with by HTTP, instead of its password.
    pub api_key: Vec<ApiKeyConfig>,
    /// Keys that it may sign calls by HTTP with, instead of showing anything.
    pub signing_key: Vec<SigningKeyConfig>,
    /// Whether it calls by HTTP with signatures alone: password and keys open nothing there.
    pub require_signature: bool,
    /// Networks that it may bind or call from; `None` is any.
    pub allow_from: Option<Networks>,
    /// The certificates that it may bind with, by TLS alone then; empty if it needs none.
    pub client_certificate: Vec<ClientCertificate>,
    /// Source addresses that it may use; `None` is any.
    pub sources: Option<Vec<Source>>,
    /// Whether it may send what a handset does not show: silent messages, and data for handset and SIM.
    pub sim_access: bool,
    /// Whether texts that are nearly in the GSM alphabet are put into it.
    pub transliterate: bool,
    /// How it is told by HTTP what goes to it; `None` leaves that to its sessions, or its inbox.
    pub callback: Option<CallbackConfig>,
    /// Whether it fetches what goes to it by HTTP.
    pub inbox: bool,
    /// What ids its sessions are given.
    pub message_ids: MessageIds,
    /// What its requests at Kannel's interface mean.
    pub kannel: SendsmsConfig,
    /// What its requests at Jasmin's interfaces mean.
    pub jasmin: JasminConfig,
    /// The profiles that say how it speaks.
    profile: Option<Spanned<ProfileNames>>,
    /// How it speaks.
    pub speaks: SharedProfile,
}

impl AccountConfig {
    /// The same without what can change while its sessions stay.
    pub(crate) fn without_keys(&self) -> Self {
        Self { api_key: Vec::new(), signing_key: Vec::new(), ..self.clone() }
    }

    /// In which manner URLs are called that its messages name, if they are.
    pub(crate) fn named_callbacks(&self) -> Option<EndpointConfig> {
        let own = self.callback.as_ref().and_then(CallbackConfig::of_messages);
        own.or_else(|| CallbackConfig::of_requests(&self.kannel, &self.jasmin))
    }

    /// Whether it can say its name by HTTP Basic (RFC 7617 section 2).
    pub(super) fn check_name(&self) -> Result<(), Problem> {
        if self.name.get_ref().contains(':') {
            let what = "an account has a name without a colon, which ends it in HTTP Basic".to_owned();
            return Err(Problem { at: self.name.span(), what });
        }
        Ok(())
    }

    /// Whether the `dlr_url` of its requests may be called.
    pub(super) fn check_dlr_url(&self) -> Result<(), Problem> {
        let Some(url) = self.kannel.dlr_url.as_deref().filter(|_| self.kannel.dlr) else { return Ok(()) };
        self.check_named(url).map_err(|why| Problem {
            at: self.name.span(),
            what: format!("account \"{}\" has a dlr_url that is not called: {why}", self.name.get_ref()),
        })
    }

    /// Whether a URL that the configuration names is called as those are that its messages name, if they are.
    pub(super) fn check_named(&self, url: &str) -> Result<(), String> {
        let Some(manner) = self.named_callbacks() else { return Ok(()) };
        let url = callable(url).ok_or("it is no http or https URL with a host before its first code")?;
        manner.reach.check(&url).map_err(|refusal| refusal.to_string())
    }

    /// How short ids are written from SMPP 3.4 on, in responses and in receipts.
    pub(crate) fn short_id_forms(&self) -> (IdForm, IdForm) {
        match self.message_ids {
            MessageIds::Long => (IdForm::Hex, IdForm::Hex),
            MessageIds::Short => (self.speaks.response_id, self.speaks.receipt_id),
        }
    }

    /// Whether each signing key opens something under an id of its own.
    pub(super) fn check_signing_keys(&self) -> Result<(), Problem> {
        let mut names = HashSet::new();
        for key in &self.signing_key {
            let name = key.name.get_ref();
            let problem = |what: &str| {
                Err(Problem { at: key.name.span(), what: format!("the signing_key \"{name}\" {what}") })
            };
            if key.id(self.name.get_ref()).is_none() {
                return problem(
                    "cannot be named in a signature: its name has 1 to 64 letters, digits, dots, hyphens and \
                     underscores, that of the account no quotes or characters beyond ASCII",
                );
            }
            if key.scopes.is_empty() {
                return problem("has no scopes: it would open nothing");
            }
            if !names.insert(name) {
                return problem("has the name of another one");
            }
        }
        if self.require_signature && self.signing_key.is_empty() {
            let what = "require_signature needs a signing_key".to_owned();
            return Err(Problem { at: self.name.span(), what });
        }
        Ok(())
    }

    /// Finds out how the ESME speaks.
    pub(super) fn resolve(&mut self, profiles: &Profiles) -> Result<(), Problem> {
        self.speaks = Arc::new(profiles.of(self.profile.as_ref(), &())?);
        Ok(())
    }
}

/// What message ids the sessions of an ESME are given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MessageIds {
    /// 32 hexadecimal digits; 8 by SMPP 3.3.
    #[default]
    Long,
    /// Numbers of 32 bits: 8 hexadecimal digits, or as its profile says.
    Short,
}

/// How an account's password is checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountPassword {
    /// The password stands in the file.
    Plain(Secret),
    /// Only its hash does.
    Hashed(PasswordHash),
}

/// An Argon2id hash in PHC form.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct PasswordHash(String);

impl PasswordHash {
    /// The hash in PHC form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for PasswordHash {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        argon2::PasswordHash::new(&text)
            .map_err(|error| format!("not an Argon2id hash in PHC form: {error}"))?;
        Ok(Self(text))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAccount {
    name: Name,
    #[serde(default, deserialize_with = "not_empty")]
    password: Option<Secret>,
    password_hash: Option<PasswordHash>,
    #[serde(default = "default_window")]
    window: NonZeroU16,
    #[serde(default)]
    rate: u32,
    #[serde(default = "default_max_binds")]
    max_binds: usize,
    #[serde(default)]
    api_key: Vec<ApiKeyConfig>,
    #[serde(default)]
    signing_key: Vec<SigningKeyConfig>,
    #[serde(default)]
    require_signature: bool,
    allow_from: Option<Networks>,
    #[serde(default, deserialize_with = "one_or_more")]
    client_certificate: Vec<ClientCertificate>,
    sources: Option<Vec<Source>>,
    #[serde(default)]
    sim_access: bool,
    #[serde(default)]
    transliterate: bool,
    #[serde(default, deserialize_with = "maybe_http_url")]
    callback_url: Option<Url>,
    callback_window: Option<NonZeroU16>,
    callback_timeout_s: Option<NonZeroU64>,
    callback_batch: Option<NonZeroU16>,
    #[serde(default, deserialize_with = "one_or_more")]
    callback_secret: Vec<SigningSecret>,
    callback_tls_ca: Option<PathBuf>,
    callback_tls_certificate: Option<PathBuf>,
    callback_tls_key: Option<PathBuf>,
    #[serde(default)]
    allow_private_address: bool,
    #[serde(default)]
    allow_http: bool,
    #[serde(default)]
    allow_ports: Vec<Ports>,
    #[serde(default)]
    inbox: bool,
    #[serde(default)]
    message_ids: MessageIds,
    #[serde(default)]
    kannel: SendsmsConfig,
    #[serde(default)]
    jasmin: JasminConfig,
    profile: Option<Spanned<ProfileNames>>,
}

impl TryFrom<RawAccount> for AccountConfig {
    type Error = String;

    fn try_from(raw: RawAccount) -> Result<Self, String> {
        let password = match (raw.password, raw.password_hash) {
            (Some(password), None) => AccountPassword::Plain(password),
            (None, Some(hash)) => AccountPassword::Hashed(hash),
            _ => {
                let name = raw.name.get_ref();
                return Err(format!("account \"{name}\" needs either password or password_hash"));
            }
        };
        let keys = CallbackKeys {
            url: raw.callback_url,
            window: raw.callback_window,
            timeout_s: raw.callback_timeout_s,
            batch: raw.callback_batch,
            secrets: raw.callback_secret,
            tls_ca: raw.callback_tls_ca,
            tls_certificate: raw.callback_tls_certificate,
            tls_key: raw.callback_tls_key,
            reach: Reach { private: raw.allow_private_address, http: raw.allow_http, ports: raw.allow_ports },
        };
        let callback =
            keys.checked().map_err(|problem| format!("account \"{}\" {problem}", raw.name.get_ref()))?;
        if raw.inbox && callback.is_some() {
            let name = raw.name.get_ref();
            return Err(format!(
                "account \"{name}\" has an inbox and a callback_url: only one can have what goes to it"
            ));
        }
        Ok(Self {
            name: raw.name,
            password,
            window: raw.window,
            rate: raw.rate,
            max_binds: raw.max_binds,
            api_key: raw.api_key,
            signing_key: raw.signing_key,
            require_signature: raw.require_signature,
            allow_from: raw.allow_from,
            client_certificate: raw.client_certificate,
            sources: raw.sources,
            sim_access: raw.sim_access,
            transliterate: raw.transliterate,
            callback,
            inbox: raw.inbox,
            message_ids: raw.message_ids,
            kannel: raw.kannel,
            jasmin: raw.jasmin,
            profile: raw.profile,
            speaks: SharedProfile::default(),
        })
    }
}

fn not_empty<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Secret>, D::Error> {
    let password = Secret::deserialize(deserializer)?;
    if password.expose().is_empty() {
        return Err(de::Error::custom("without a password anybody could be this account"));
    }
    Ok(Some(password))
}

const fn default_window() -> NonZeroU16 {
    NonZeroU16::MIN.saturating_add(9)
}

const fn default_max_binds() -> usize {
    10
}
