//! A route: which messages, and where to.

use std::collections::HashMap;

use serde::Deserialize;
use sms::LinkName;

use super::name::Name;
use super::problem::Problem;

/// One route. A condition that is absent is not looked at.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RouteConfig {
    /// What people call it.
    pub name: Option<String>,
    /// Where the message came from.
    pub from: Option<FromConfig>,
    /// What the message looks like.
    #[serde(default)]
    pub r#match: MatchConfig,
    /// Where it goes.
    pub to: toml::Spanned<Vec<RouteTarget>>,
}

/// Where a message came from.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FromConfig {
    /// The link that brought it.
    pub link: Name,
}

/// What a message looks like.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MatchConfig {
    /// The whole destination: a number or a short code.
    pub destination: Option<String>,
    /// How the destination starts.
    pub prefix: Option<String>,
    /// The whole source.
    pub source: Option<String>,
    /// How the source starts.
    pub source_prefix: Option<String>,
    /// The first word of the text, or its first words.
    pub keyword: Option<String>,
}

/// One target of a route: a link's name, or `{ link = …, weight = … }`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum RouteTarget {
    /// A link, with weight 1.
    Link(String),
    /// A link with its share of the messages.
    Weighted {
        /// The link.
        link: String,
        /// Its share, relative to the other targets; at least 1.
        weight: u32,
    },
}

impl RouteConfig {
    /// The rule that the router works with.
    pub(crate) fn compile(
        &self,
        index: usize,
        kinds: &HashMap<&str, route::LinkKind>,
    ) -> Result<route::Rule, Problem> {
        let known = |name: &str, at: std::ops::Range<usize>| {
            if kinds.contains_key(name) {
                return Ok(LinkName::from(name));
            }
            let what = format!("there is no smsc, account, application or answer with the name \"{name}\"");
            Err(Problem { at, what })
        };
        let from = self.from.as_ref().map(|from| known(from.link.get_ref(), from.link.span())).transpose()?;
        let to = self.to.get_ref().iter().map(|target| {
            let (link, weight) = target.parts();
            Ok(route::Target { link: known(link, self.to.span())?, weight })
        });
        let octets = |value: &Option<String>| value.as_ref().map(|value| value.as_bytes().to_vec());
        Ok(route::Rule {
            name: self.title(index),
            from,
            destination: octets(&self.r#match.destination),
            prefix: octets(&self.r#match.prefix),
            source: octets(&self.r#match.source),
            source_prefix: octets(&self.r#match.source_prefix),
            keyword: self.r#match.keyword.clone(),
            to: to.collect::<Result<_, _>>()?,
        })
    }
}

impl RouteConfig {
    /// What people call it, or its place in the file.
    pub(crate) fn title(&self, index: usize) -> String {
        self.name.clone().unwrap_or_else(|| format!("route {}", index + 1))
    }
}

impl RouteTarget {
    /// The link and its share.
    pub(crate) fn parts(&self) -> (&str, u32) {
        match self {
            Self::Link(link) => (link, 1),
            Self::Weighted { link, weight } => (link, *weight),
        }
    }
}
