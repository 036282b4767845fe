//! Why a message would go where: the gateway's own routing, asked without a message.

use sms::{Direction, LinkName};

use crate::config::Config;

/// A message that might be.
#[derive(Clone, Debug)]
pub struct RouteQuestion<'a> {
    /// The link that brings it.
    pub from: &'a str,
    /// Who sends.
    pub source: &'a str,
    /// Who receives.
    pub destination: &'a str,
    /// What it says, if that matters.
    pub text: Option<&'a str>,
    /// Links to regard as away.
    pub down: &'a [String],
}

/// Explains the decision that a gateway with this configuration would take.
///
/// # Errors
/// The configuration has no link with the name in `from` or `down`.
pub fn explain_route(config: &Config, question: &RouteQuestion<'_>) -> anyhow::Result<route::Explanation> {
    let named =
        |names: &[&toml::Spanned<String>], name: &str| names.iter().any(|known| *known.get_ref() == name);
    let smscs: Vec<_> = config.smsc.iter().map(|smsc| &smsc.name).collect();
    let others: Vec<_> = config
        .account
        .iter()
        .map(|account| &account.name)
        .chain(config.application.iter().map(|application| &application.name))
        .chain(config.answer.iter().map(|answer| &answer.name))
        .collect();
    for name in std::iter::once(question.from).chain(question.down.iter().map(String::as_str)) {
        anyhow::ensure!(
            named(&smscs, name) || named(&others, name),
            "there is no smsc, account, application or answer with the name \"{name}\""
        );
    }
    let routes = config.route_table().map_err(|problem| anyhow::anyhow!(problem.what))?;
    let keyword = question.text.and_then(|text| sms::keywords(text, routes.keyword_words()));
    let direction = if named(&smscs, question.from) { Direction::Mo } else { Direction::Mt };
    let question_for_table = route::Question {
        from: &LinkName::from(question.from),
        direction,
        source: question.source.as_bytes(),
        destination: question.destination.as_bytes(),
        keyword: keyword.as_deref(),
    };
    let up = |link: &LinkName| !question.down.iter().any(|down| down == link.as_str());
    Ok(routes.explain(&question_for_table, up))
}
