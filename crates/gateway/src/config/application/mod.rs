//! A content provider that we call by HTTP.

mod answer;
mod credentials;
mod request;
mod sample;

use std::collections::BTreeMap;
use std::num::{NonZeroU16, NonZeroU32, NonZeroU64};
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;
use toml::Spanned;

use super::certificate::one_or_more;
use super::checked::{check_fixed_text, maybe_fixed_text};
use super::endpoint::DEFAULT_TIMEOUT_S;
use super::name::Name;
use super::problem::Problem;
use super::{EndpointConfig, EndpointTls, Method, NamedTlv, Reach, Secret, SigningSecret};
use crate::charset::Charset;

pub(crate) use answer::{AnswerRules, KannelReply, ReplyFrom};
pub use answer::{ReplyConfig, SignConfig};
pub(crate) use request::{Content, RequestForm, Told, Where};

/// One content provider, as the file has it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApplicationConfig {
    /// The name of the link.
    pub name: Name,
    /// What is called for each message; may have placeholders, or Kannel's escape codes with that format.
    pub url: Spanned<String>,
    /// How it is called.
    pub method: Option<Method>,
    /// Calls at a time.
    #[serde(default = "default_window")]
    pub window: NonZeroU16,
    /// Seconds that an answer may take.
    #[serde(default = "default_timeout_s")]
    pub timeout_s: NonZeroU64,
    /// Whether the URL may lead to loopback or a private network; refused otherwise.
    #[serde(default)]
    pub allow_private_address: bool,
    /// Whether it may be plain http.
    #[serde(default)]
    pub allow_http: bool,
    /// How a message is written.
    pub format: Option<Spanned<Format>>,
    /// The fields of a form or an object: their names, and what of the message each tells.
    pub fields: Option<Spanned<BTreeMap<String, Spanned<String>>>>,
    /// Fields that are the same in every call.
    #[serde(default)]
    pub constants: BTreeMap<String, Secret>,
    /// The body, with placeholders.
    pub body: Option<Spanned<String>>,
    /// What the body says that it is.
    pub content_type: Option<Spanned<String>>,
    /// The character set of calls, and of answers that do not name theirs.
    #[serde(default)]
    pub(crate) charset: Option<Charset>,
    /// Further headers, with placeholders.
    #[serde(default)]
    pub headers: BTreeMap<String, Spanned<Secret>>,
    /// Who we are there, by HTTP Basic.
    pub username: Option<Spanned<String>>,
    /// Our password there.
    pub password: Option<Secret>,
    /// Who we are there, by a token.
    pub bearer_token: Option<Spanned<Secret>>,
    /// What is posted is signed with each of these; the newest first, while one is changed for another.
    #[serde(default, rename = "secret", deserialize_with = "one_or_more")]
    pub signed_with: Vec<SigningSecret>,
    /// The authorities that vouch for it, in PEM form; `None` are those of the system.
    pub tls_ca: Option<PathBuf>,
    /// The certificate that we show, in PEM form, with those above it.
    pub tls_certificate: Option<PathBuf>,
    /// Its key, in PEM form.
    pub tls_key: Option<PathBuf>,
    /// What an answer is like that takes the message.
    pub success: Option<Spanned<SignConfig>>,
    /// What an answer is like that refuses it for good.
    pub refused: Option<Spanned<SignConfig>>,
    /// Where the reply to the handset stands.
    pub reply: Option<Spanned<ReplyConfig>>,
    /// The most characters of a reply; what is longer is cut.
    pub reply_characters_max: Option<NonZeroU32>,
    /// Whether Kannel's headers of an answer count, with its format.
    #[serde(default)]
    pub accept_x_kannel_headers: bool,
    /// Whether a call says in a header or element of Kannel's whom the message is from, with its formats.
    #[serde(default)]
    pub send_sender: bool,
    /// The sender of every reply that names none, with Kannel's formats; else the number that was written to.
    pub faked_sender: Option<Spanned<String>>,
    /// What stands before every reply, with Kannel's formats.
    pub header: Option<String>,
    /// What stands behind it.
    pub footer: Option<String>,
    /// The most segments of a reply, with Kannel's formats: what is longer is cut; none is sent with 0.
    pub max_messages: Option<u8>,
    /// Behind which characters a reply is cut that is too long, with Kannel's formats.
    pub split_chars: Option<String>,
    /// What a handset is told when an answer is empty, with Kannel's formats; nothing if it is left out.
    #[serde(default, deserialize_with = "maybe_fixed_text")]
    pub empty_text: Option<String>,
    /// What it is told when an answer cannot be read, with Kannel's formats; nothing if it is left out.
    #[serde(default, deserialize_with = "maybe_fixed_text")]
    pub unreadable_text: Option<String>,
    /// The names of TLVs in meta-data, as those of Kannel's groups `smpp-tlv`, with Kannel's formats.
    #[serde(default)]
    pub tlv: Vec<NamedTlv>,
    /// Where it is told what becomes of replies, with Kannel's formats and escape codes: it takes an `account`.
    pub dlr_url: Option<Spanned<String>>,
    /// What that URL is called for.
    pub dlr_mask: Option<Spanned<u8>>,
    /// The account whose messages may be replies to what is told here.
    pub account: Option<Name>,
    /// How many replies a message may have.
    #[serde(default = "default_replies_max")]
    pub replies_max: u32,
    /// How long after a message a reply may come.
    #[serde(default = "default_reply_window_h")]
    pub reply_window_h: u64,
    /// The most calls for one message; as many as its validity allows if left out.
    pub attempts_max: Option<NonZeroU16>,
    /// How long after a message came it is called for; as long as it is valid if left out.
    pub give_up_s: Option<Spanned<NonZeroU64>>,
    /// What the handset is told when the provider is given up.
    pub fallback_text: Option<Spanned<String>>,
}

/// How a message is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// As a form, in the body or the query.
    #[default]
    Form,
    /// As JSON: an object, or the body that is given.
    Json,
    /// As XML: the body that is given.
    Xml,
    /// By the escape codes of the URL, as a `get-url` of Kannel, or as its `post-url` by POST.
    Kannel,
    /// As its `post-xml`.
    #[serde(rename = "kannel-xml")]
    KannelXml,
    /// As Jasmin tells an `httpccm`.
    Jasmin,
}

impl Format {
    /// Whether it is one of Kannel's.
    const fn is_kannel(self) -> bool {
        matches!(self, Self::Kannel | Self::KannelXml)
    }
}

/// All that is known of how a content provider is called, and what its answers mean.
#[derive(Debug)]
pub(crate) struct ProviderRules {
    pub(crate) endpoint: EndpointConfig,
    pub(crate) request: RequestForm,
    pub(crate) answer: AnswerRules,
    pub(crate) patience: Patience,
    pub(crate) replies: ReplyRules,
}

/// How long a content provider is called for a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Patience {
    /// The most calls.
    pub(crate) attempts_max: Option<u16>,
    /// The longest time since the message came.
    pub(crate) give_up_after: Option<Duration>,
    /// What the handset is told then.
    pub(crate) fallback_text: Option<String>,
}

/// Which replies to a message of a handset are let through (CMN-5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ReplyRules {
    pub(crate) replies_max: u32,
    pub(crate) window: Duration,
}

impl ApplicationConfig {
    /// Whether `charset` may be this.
    #[must_use]
    pub fn knows_charset(name: &str) -> bool {
        Charset::named(name).is_some()
    }

    /// Finds out what the keys mean together.
    pub(crate) fn rules(&self) -> Result<ProviderRules, Problem> {
        let (request, url) = RequestForm::of(self)?;
        let reach = Reach { private: self.allow_private_address, http: self.allow_http, ports: Vec::new() };
        let reach = reach.and_port_of(&url);
        reach.check(&url).map_err(|refusal| problem(&self.url, refusal.to_string()))?;
        let url_is_plain = url.scheme() == "http";
        let endpoint = EndpointConfig {
            url,
            window: self.window,
            timeout_s: self.timeout_s,
            reach,
            signed_with: self.signed_with.clone(),
            tls: self.tls(url_is_plain)?,
        };
        if request.method == Method::Get && !self.signed_with.is_empty() {
            let what = "a call without a body cannot be signed: POST it, or leave secret out".to_owned();
            return Err(Problem { at: self.name.span(), what });
        }
        Ok(ProviderRules {
            endpoint,
            request,
            answer: AnswerRules::of(self)?,
            patience: self.patience()?,
            replies: self.reply_rules(),
        })
    }

    /// Whether there are certificates to read for it.
    pub(crate) fn names_tls_files(&self) -> bool {
        self.tls_ca.is_some() || self.tls_certificate.is_some()
    }

    fn tls(&self, url_is_plain: bool) -> Result<EndpointTls, Problem> {
        let tls = EndpointTls::of(self.tls_ca.clone(), self.tls_certificate.clone(), self.tls_key.clone());
        let tls = tls.map_err(|problem| Problem { at: self.name.span(), what: problem.to_owned() })?;
        if tls.names_files() && url_is_plain {
            return Err(problem(&self.url, "keys with tls_ are of no use without https"));
        }
        Ok(tls)
    }

    /// How a message is written.
    fn format(&self) -> Format {
        self.format.as_ref().map(|format| *format.get_ref()).unwrap_or_default()
    }

    fn problem_of_format(&self, what: &str) -> Problem {
        let at = self.format.as_ref().map_or(self.name.span(), Spanned::span);
        Problem { at, what: what.to_owned() }
    }

    /// Which replies are let through.
    pub(crate) fn reply_rules(&self) -> ReplyRules {
        ReplyRules {
            replies_max: self.replies_max,
            window: Duration::from_secs(self.reply_window_h.saturating_mul(3600)),
        }
    }

    fn patience(&self) -> Result<Patience, Problem> {
        let ends = self.attempts_max.is_some() || self.give_up_s.is_some();
        if let Some(text) = self.fallback_text.as_ref().filter(|_| !ends) {
            return Err(problem(
                text,
                "fallback_text is sent when the provider is given up; say when, by give_up_s or attempts_max",
            ));
        }
        if let Some(text) = &self.fallback_text {
            check_fixed_text(text.get_ref()).map_err(|what| problem(text, what))?;
        }
        Ok(Patience {
            attempts_max: self.attempts_max.map(NonZeroU16::get),
            give_up_after: self
                .give_up_s
                .as_ref()
                .map(|seconds| Duration::from_secs(seconds.get_ref().get())),
            fallback_text: self.fallback_text.as_ref().map(|text| text.get_ref().clone()),
        })
    }
}

impl Default for ReplyRules {
    fn default() -> Self {
        Self {
            replies_max: default_replies_max(),
            window: Duration::from_secs(default_reply_window_h() * 3600),
        }
    }
}

/// What is wrong with a value of the file.
fn problem<T>(value: &Spanned<T>, what: impl Into<String>) -> Problem {
    Problem { at: value.span(), what: what.into() }
}

const fn default_window() -> NonZeroU16 {
    NonZeroU16::MIN.saturating_add(49)
}

const fn default_timeout_s() -> NonZeroU64 {
    DEFAULT_TIMEOUT_S
}

const fn default_replies_max() -> u32 {
    1
}

const fn default_reply_window_h() -> u64 {
    24
}
