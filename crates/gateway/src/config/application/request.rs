//! How a message is written for a content provider.

use std::collections::BTreeMap;

use http::header::{AUTHORIZATION, HeaderName, HeaderValue};
use toml::Spanned;
use url::Url;

use super::{ApplicationConfig, Format, credentials, problem, sample};
use crate::charset::Charset;
use crate::config::endpoint::checked_url;
use crate::config::problem::Problem;
use crate::config::{Method, NamedTlv, Secret};
use crate::escape_codes::Pattern;
use crate::template::{Escape, Field, Template};

/// How a message is written for a content provider.
#[derive(Debug, PartialEq)]
pub(crate) struct RequestForm {
    pub(crate) place: Where,
    pub(crate) method: Method,
    pub(crate) content: Content,
    /// The character set that was asked for.
    pub(crate) charset: Option<Charset>,
    /// Headers that change from call to call.
    pub(crate) headers: Vec<(HeaderName, Template)>,
    /// Who we are.
    pub(crate) authorization: Option<HeaderValue>,
    /// What Kannel calls the service.
    pub(crate) service: String,
    /// The names of TLVs in its meta-data.
    pub(crate) tlv: Vec<NamedTlv>,
}

/// Where a call goes.
#[derive(Debug, PartialEq)]
pub(crate) enum Where {
    /// To the URL as it stands.
    Fixed,
    /// To a URL with placeholders.
    Template(Template),
    /// To a URL with Kannel's escape codes.
    Kannel(Pattern),
}

/// What a call says beside its URL.
#[derive(Debug, PartialEq)]
pub(crate) enum Content {
    /// Fields, in the body or the query.
    Form(Vec<(String, Told)>),
    /// An object of JSON with these fields.
    Object(Vec<(String, Told)>),
    /// A body with placeholders.
    Body { template: Template, escape: Escape, content_type: HeaderValue },
    /// The fields that Jasmin tells.
    Jasmin,
    /// What Kannel posts, with its headers.
    KannelPost { with_sender: bool },
    /// The document that Kannel posts.
    KannelXml { with_sender: bool },
    /// What Kannel says beside a `get-url`.
    KannelGet { with_sender: bool },
}

/// What a field tells.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Told {
    Field(Field),
    Constant(Secret),
}

impl RequestForm {
    /// What the keys mean together, and the URL for all that does not change from call to call.
    pub(super) fn of(config: &ApplicationConfig) -> Result<(Self, Url), Problem> {
        check_keys(config)?;
        let method = method(config)?;
        let (place, url) = place(config)?;
        let authorization = credentials::authorization(config)?;
        let form = Self {
            place,
            method,
            content: content(config)?,
            charset: config.charset,
            headers: headers(config, authorization.is_some())?,
            authorization,
            service: config.name.get_ref().as_str().to_owned(),
            tlv: config.tlv.clone(),
        };
        Ok((form, url))
    }
}

/// Keys that mean nothing with the format.
fn check_keys(config: &ApplicationConfig) -> Result<(), Problem> {
    let format = config.format();
    let has_fields = matches!(format, Format::Form | Format::Json) && config.body.is_none();
    if let Some(fields) = config.fields.as_ref().filter(|_| !has_fields) {
        return Err(problem(fields, "fields go with the formats \"form\" and \"json\", and not with a body"));
    }
    if !config.constants.is_empty() && !has_fields {
        let what = "constants go with the formats \"form\" and \"json\", and not with a body";
        return Err(Problem { at: config.name.span(), what: what.to_owned() });
    }
    match &config.body {
        Some(body) if !matches!(format, Format::Json | Format::Xml) => {
            Err(problem(body, "a body goes with the formats \"json\" and \"xml\""))
        }
        None if format == Format::Xml => Err(config.problem_of_format("the format \"xml\" needs a body")),
        _ => match &config.content_type {
            Some(content_type) if config.body.is_none() => {
                Err(problem(content_type, "content_type goes with a body"))
            }
            _ => Ok(()),
        },
    }
}

fn method(config: &ApplicationConfig) -> Result<Method, Problem> {
    match (config.format(), config.method) {
        (Format::Json | Format::Xml | Format::KannelXml, Some(Method::Get)) => {
            Err(config.problem_of_format("a body cannot be sent by GET"))
        }
        (Format::Kannel, None) => Ok(Method::Get),
        (_, method) => Ok(method.unwrap_or_default()),
    }
}

/// Where calls go; what a handset writes must not say to whom.
fn place(config: &ApplicationConfig) -> Result<(Where, Url), Problem> {
    let text = config.url.get_ref();
    let wrong = |what: String| problem(&config.url, what);
    let unclear = "scheme and host of a URL stand before its first placeholder";
    if config.format().is_kannel() {
        let pattern = Pattern::new(text);
        if !pattern.names_its_host() {
            return Err(wrong(unclear.to_owned()));
        }
        let url = checked_url(&pattern.fill(&Default::default())).map_err(wrong)?;
        return Ok((Where::Kannel(pattern), url));
    }
    if let Some(name) = Template::unclosed(text) {
        return Err(wrong(format!("the placeholder {{{name} has no brace behind it")));
    }
    let template = Template::new(text).map_err(|error| wrong(error.to_string()))?;
    if !template.has_fields() {
        return Ok((Where::Fixed, checked_url(text).map_err(wrong)?));
    }
    let names_its_host =
        template.start().split_once("://").is_some_and(|(_, authority)| authority.contains(['/', '?']));
    if !names_its_host {
        return Err(wrong(unclear.to_owned()));
    }
    let url = checked_url(&template.fill(Escape::Url(Charset::UTF_8), |_| None)).map_err(wrong)?;
    Ok((Where::Template(template), url))
}

fn content(config: &ApplicationConfig) -> Result<Content, Problem> {
    match (config.format(), &config.body) {
        (Format::Kannel, _) if config.method == Some(Method::Post) => {
            Ok(Content::KannelPost { with_sender: config.send_sender })
        }
        (Format::Kannel, _) => Ok(Content::KannelGet { with_sender: config.send_sender }),
        (Format::KannelXml, _) => Ok(Content::KannelXml { with_sender: config.send_sender }),
        (Format::Jasmin, _) => Ok(Content::Jasmin),
        (Format::Json, Some(body)) => self::body(config, body, Escape::Json),
        (Format::Json, None) => Ok(Content::Object(fields(config)?)),
        (_, Some(body)) => self::body(config, body, Escape::Xml),
        (_, None) => Ok(Content::Form(fields(config)?)),
    }
}

fn fields(config: &ApplicationConfig) -> Result<Vec<(String, Told)>, Problem> {
    let constants =
        config.constants.iter().map(|(name, value)| (name.clone(), Told::Constant(value.clone())));
    let named = match &config.fields {
        Some(fields) => named_fields(fields.get_ref())?,
        None => DEFAULT_FIELDS.map(|(name, field)| (name.to_owned(), Told::Field(field))).to_vec(),
    };
    if let Some((name, _)) = named.iter().find(|(name, _)| config.constants.contains_key(name)) {
        let at = config.fields.as_ref().map_or(config.name.span(), Spanned::span);
        return Err(Problem { at, what: format!("\"{name}\" is a field and a constant") });
    }
    Ok(constants.chain(named).collect())
}

fn named_fields(fields: &BTreeMap<String, Spanned<String>>) -> Result<Vec<(String, Told)>, Problem> {
    let told = |(name, field): (&String, &Spanned<String>)| match Field::named(field.get_ref()) {
        Ok(field) => Ok((name.clone(), Told::Field(field))),
        Err(error) => Err(problem(field, error.to_string())),
    };
    fields.iter().map(told).collect()
}

fn body(config: &ApplicationConfig, body: &Spanned<String>, escape: Escape) -> Result<Content, Problem> {
    let template = Template::new(body.get_ref()).map_err(|error| problem(body, error.to_string()))?;
    sample::check(&template, escape).map_err(|what| problem(body, what))?;
    let content_type = match &config.content_type {
        Some(given) => HeaderValue::from_str(given.get_ref())
            .map_err(|_| problem(given, "no value that a header can have"))?,
        None => default_content_type(escape, config.charset),
    };
    Ok(Content::Body { template, escape, content_type })
}

fn default_content_type(escape: Escape, charset: Option<Charset>) -> HeaderValue {
    let essence = if escape == Escape::Json { "application/json" } else { "text/xml" };
    let text = match charset {
        Some(charset) => format!("{essence}; charset={}", charset.name()),
        None if escape == Escape::Json => essence.to_owned(),
        None => format!("{essence}; charset=UTF-8"),
    };
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("application/octet-stream"))
}

fn headers(
    config: &ApplicationConfig,
    has_credentials: bool,
) -> Result<Vec<(HeaderName, Template)>, Problem> {
    let header = |(name, value): (&String, &Spanned<Secret>)| {
        let known = HeaderName::try_from(name).ok().filter(|name| !OURS.contains(&name.as_str()));
        let known = known.filter(|name| !(has_credentials && name == AUTHORIZATION));
        let header =
            known.ok_or_else(|| problem(value, format!("\"{name}\" is no header that can be set here")))?;
        let template =
            Template::new(value.get_ref().expose()).map_err(|error| problem(value, error.to_string()))?;
        let sample = template.fill(Escape::Header, |_| None);
        HeaderValue::from_str(&sample).map_err(|_| problem(value, "no value that a header can have"))?;
        Ok((header, template))
    };
    config.headers.iter().map(header).collect()
}

/// What a content provider is told unless the configuration says otherwise.
const DEFAULT_FIELDS: [(&str, Field); 12] = [
    ("id", Field::Id),
    ("from", Field::From),
    ("to", Field::To),
    ("text", Field::Text),
    ("binary", Field::Binary),
    ("data_coding", Field::DataCoding),
    ("udh", Field::Udh),
    ("incomplete", Field::Incomplete),
    ("missing", Field::Missing),
    ("duplicate", Field::Duplicate),
    ("received_at", Field::ReceivedAt),
    ("smsc", Field::Smsc),
];
/// Headers that say how the call itself is made.
const OURS: [&str; 7] =
    ["connection", "content-length", "content-type", "host", "te", "transfer-encoding", "upgrade"];
