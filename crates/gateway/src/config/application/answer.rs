//! What the answer of a content provider means.

use std::num::NonZeroU32;

use http::header::HeaderName;
use serde::Deserialize;
use sms::Address;
use toml::Spanned;

use super::{ApplicationConfig, Format, problem};
use crate::callback_url::{MASK_MAX, callable};
use crate::charset::Charset;
use crate::config::problem::Problem;
use crate::config::{Expression, NamedTlv};

/// What an answer is like; all that is said of it must be so.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SignConfig {
    /// Its status is one of these.
    pub status: Option<Vec<u16>>,
    /// Its body has this in it.
    pub body_contains: Option<String>,
    /// Its body matches this regular expression somewhere.
    pub body_matches: Option<String>,
}

/// Where a reply stands in an answer.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReplyConfig {
    /// The body is it if it is plain text, or the member `reply` of an object of JSON.
    Auto,
    /// The body, whatever it says that it is.
    Body,
    /// Nowhere.
    None,
    /// Where a JSON pointer leads (RFC 6901).
    Json(String),
    /// In the element that a path leads to, or in its attribute: `/mo/reply`, `/mo/@reply`.
    Xml(String),
    /// In this header.
    Header(String),
}

/// What answers mean.
#[derive(Debug)]
pub(crate) struct AnswerRules {
    pub(crate) success: Sign,
    pub(crate) refused: Option<Sign>,
    pub(crate) reply: ReplyFrom,
    pub(crate) characters_max: Option<NonZeroU32>,
    /// That of answers that do not name theirs.
    pub(crate) charset: Charset,
}

/// [`SignConfig`], ready to be looked for.
#[derive(Debug, Default)]
pub(crate) struct Sign {
    /// Any of these; any 2xx if there are none.
    status: Option<Vec<u16>>,
    contains: Option<String>,
    matches: Option<Expression>,
}

/// [`ReplyConfig`], ready to be looked for.
#[derive(Debug)]
pub(crate) enum ReplyFrom {
    Auto,
    Body,
    None,
    /// A JSON pointer.
    Json(String),
    /// The names of elements from the outermost, and that of an attribute of the last.
    Xml {
        elements: Vec<String>,
        attribute: Option<String>,
    },
    Header(HeaderName),
    /// As Kannel reads an answer.
    Kannel(Box<KannelReply>),
    /// As Jasmin reads it: there is none.
    Jasmin,
}

/// What Kannel does with what an sms-service answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct KannelReply {
    /// Whether its headers count.
    pub(crate) with_headers: bool,
    /// The sender of replies that name none, if that is not the number that was written to.
    pub(crate) faked_sender: Option<Address>,
    /// What stands before every reply, and behind it.
    pub(crate) header: String,
    pub(crate) footer: String,
    /// The most segments, if there is a limit; 0 is no reply.
    pub(crate) messages_max: Option<u8>,
    /// Behind which characters a reply is cut.
    pub(crate) split_chars: String,
    /// What is said in place of an answer that is empty, and of one that cannot be read.
    pub(crate) empty_text: Option<String>,
    pub(crate) unreadable_text: Option<String>,
    /// The names of TLVs in meta-data.
    pub(crate) tlv: Vec<NamedTlv>,
    /// Where it is told what becomes of replies that do not say so themselves.
    pub(crate) dlr_url: Option<String>,
    /// For what, as Kannel counts.
    pub(crate) dlr_mask: Option<u8>,
}

impl AnswerRules {
    pub(super) fn of(config: &ApplicationConfig) -> Result<Self, Problem> {
        let format = config.format();
        if format.is_kannel() || format == Format::Jasmin {
            check_absent(config)?;
        }
        if !format.is_kannel()
            && let Some(key) = key_of_kannel(config)
        {
            return Err(config.problem_of_format(&format!("{key} goes with the formats of Kannel")));
        }
        check_reports(config)?;
        let sign = |sign: &Option<Spanned<SignConfig>>| sign.as_ref().map(Sign::of).transpose();
        let (success, reply) = match format {
            Format::Kannel | Format::KannelXml => {
                let status = Some(vec![200, 202]);
                let reply = KannelReply {
                    with_headers: config.accept_x_kannel_headers,
                    faked_sender: config.faked_sender.as_ref().map(sender).transpose()?,
                    header: config.header.clone().unwrap_or_default(),
                    footer: config.footer.clone().unwrap_or_default(),
                    messages_max: config.max_messages,
                    split_chars: config.split_chars.clone().unwrap_or_default(),
                    empty_text: config.empty_text.clone(),
                    unreadable_text: config.unreadable_text.clone(),
                    tlv: config.tlv.clone(),
                    dlr_url: config.dlr_url.as_ref().map(|url| url.get_ref().clone()),
                    dlr_mask: config.dlr_mask.as_ref().map(|mask| *mask.get_ref()),
                };
                (Sign { status, ..Sign::default() }, ReplyFrom::Kannel(Box::new(reply)))
            }
            Format::Jasmin => (Sign::jasmin(), ReplyFrom::Jasmin),
            _ => (sign(&config.success)?.unwrap_or_default(), reply(config.reply.as_ref())?),
        };
        Ok(Self {
            success,
            refused: sign(&config.refused)?,
            reply,
            characters_max: config.reply_characters_max,
            charset: config.charset.unwrap_or(Charset::UTF_8),
        })
    }

    /// Whether the body has to be read to know whether the answer takes the message.
    pub(crate) fn looks_at_body(&self) -> bool {
        self.success.looks_at_body() || self.refused.as_ref().is_some_and(Sign::looks_at_body)
    }
}

/// A key that says something of Kannel's, if there is one.
fn key_of_kannel(config: &ApplicationConfig) -> Option<&'static str> {
    [
        ("accept_x_kannel_headers", config.accept_x_kannel_headers),
        ("send_sender", config.send_sender),
        ("faked_sender", config.faked_sender.is_some()),
        ("header", config.header.is_some()),
        ("footer", config.footer.is_some()),
        ("max_messages", config.max_messages.is_some()),
        ("split_chars", config.split_chars.is_some()),
        ("empty_text", config.empty_text.is_some()),
        ("unreadable_text", config.unreadable_text.is_some()),
        ("tlv", !config.tlv.is_empty()),
        ("dlr_url", config.dlr_url.is_some()),
        ("dlr_mask", config.dlr_mask.is_some()),
    ]
    .into_iter()
    .find_map(|(key, is_said)| is_said.then_some(key))
}

fn sender(said: &Spanned<String>) -> Result<Address, Problem> {
    Address::guess(said.get_ref().as_bytes()).ok_or_else(|| problem(said, "this is no sender"))
}

/// Whether it can be told what becomes of replies, if that is wanted.
fn check_reports(config: &ApplicationConfig) -> Result<(), Problem> {
    let (url, mask) = match (&config.dlr_url, &config.dlr_mask) {
        (None, None) => return Ok(()),
        (Some(url), Some(mask)) => (url, mask),
        (Some(url), None) => return Err(problem(url, "dlr_url goes with a dlr_mask")),
        (None, Some(mask)) => return Err(problem(mask, "dlr_mask goes with a dlr_url")),
    };
    if config.account.is_none() {
        return Err(problem(url, "dlr_url needs an account, by whose callbacks it is called"));
    }
    if callable(url.get_ref()).is_some() && u32::from(*mask.get_ref()) <= MASK_MAX {
        Ok(())
    } else {
        Err(problem(url, "dlr_url is an http or https URL, and dlr_mask at most 66"))
    }
}

/// These formats say themselves what an answer means.
fn check_absent(config: &ApplicationConfig) -> Result<(), Problem> {
    let what = "the format says what an answer means";
    match (&config.success, &config.reply) {
        (Some(success), _) => Err(problem(success, what)),
        (_, Some(reply)) => Err(problem(reply, what)),
        _ => Ok(()),
    }
}

impl Sign {
    fn of(config: &Spanned<SignConfig>) -> Result<Self, Problem> {
        let SignConfig { status, body_contains, body_matches } = config.get_ref();
        if status.is_none() && body_contains.is_none() && body_matches.is_none() {
            return Err(problem(config, "say what is looked at: status, body_contains or body_matches"));
        }
        if status
            .as_ref()
            .is_some_and(|any| any.is_empty() || any.iter().any(|one| !(200..600).contains(one)))
        {
            return Err(problem(config, "status has statuses from 200 to 599"));
        }
        let compile = |pattern: &String| {
            Expression::new(pattern).map_err(|error| problem(config, format!("body_matches: {error}")))
        };
        Ok(Self {
            status: status.clone(),
            contains: body_contains.clone(),
            matches: body_matches.as_ref().map(compile).transpose()?,
        })
    }

    /// Any status below 400, and a body of these words alone.
    fn jasmin() -> Self {
        Self {
            status: Some((200..400).collect()),
            matches: Expression::new(r"\A\s*ACK/Jasmin\s*\z").ok(),
            ..Self::default()
        }
    }

    /// Whether a status is as wanted.
    pub(crate) fn has_status(&self, status: u16) -> bool {
        match &self.status {
            Some(any) => any.contains(&status),
            None => (200..300).contains(&status),
        }
    }

    /// Whether a status is as wanted, if any is.
    pub(crate) fn allows_status(&self, status: u16) -> bool {
        self.status.as_ref().is_none_or(|any| any.contains(&status))
    }

    /// Whether a body is as wanted.
    pub(crate) fn has_body(&self, body: &str) -> bool {
        self.contains.as_ref().is_none_or(|part| body.contains(part.as_str()))
            && self.matches.as_ref().is_none_or(|regex| regex.is_match(body))
    }

    fn looks_at_body(&self) -> bool {
        self.contains.is_some() || self.matches.is_some()
    }
}

fn reply(config: Option<&Spanned<ReplyConfig>>) -> Result<ReplyFrom, Problem> {
    let Some(config) = config else { return Ok(ReplyFrom::Auto) };
    Ok(match config.get_ref() {
        ReplyConfig::Auto => ReplyFrom::Auto,
        ReplyConfig::Body => ReplyFrom::Body,
        ReplyConfig::None => ReplyFrom::None,
        ReplyConfig::Json(pointer) if pointer.is_empty() || pointer.starts_with('/') => {
            ReplyFrom::Json(pointer.clone())
        }
        ReplyConfig::Json(_) => {
            return Err(problem(config, "a JSON pointer begins with a slash: /data/text"));
        }
        ReplyConfig::Xml(path) => xml_path(path).ok_or_else(|| {
            problem(config, "a path names elements, and perhaps an attribute: /mo/reply, /mo/@reply")
        })?,
        ReplyConfig::Header(name) => ReplyFrom::Header(
            HeaderName::try_from(name).map_err(|_| problem(config, format!("\"{name}\" is no header")))?,
        ),
    })
}

fn xml_path(path: &str) -> Option<ReplyFrom> {
    let mut elements: Vec<String> = path.strip_prefix('/')?.split('/').map(str::to_owned).collect();
    let attribute = elements.pop_if(|last| last.starts_with('@')).map(|name| name[1..].to_owned());
    let names = || elements.iter().chain(&attribute);
    let is_path = !elements.is_empty() && names().all(|name| !name.is_empty() && !name.contains('@'));
    is_path.then_some(ReplyFrom::Xml { elements, attribute })
}
