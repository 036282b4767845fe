//! Groups `sms-service`: applications and fixed answers, and the keywords by which messages come to them.

use sms::Address;

use super::super::draft::{Section, table};
use super::super::endpoint;
use super::super::report::Report;
use super::calls::Calls;
use super::group::{Entry, Group};
use super::smsc::Link;

#[derive(Debug, Default)]
pub(super) struct Services {
    /// Applications, and fixed answers.
    pub(super) links: Vec<Section>,
    pub(super) routes: Vec<Section>,
    /// Those for whatever no keyword leads to, which stand last.
    fallbacks: Vec<Section>,
    names: Vec<String>,
}

/// An application for each service that calls a URL, and a fixed answer for each that has a text or a file.
pub(super) fn services(
    groups: Vec<Group>,
    calls: &Calls,
    links: &[Link],
    accounts_have_gaps: bool,
    report: &mut Report,
) -> Services {
    let mut services =
        Services { names: links.iter().map(|link| link.name.clone()).collect(), ..Services::default() };
    for mut group in groups {
        let Some(keywords) = keywords(&mut group, report) else { continue };
        let Some(action) = action(&keywords, &mut group, report) else { continue };
        let name = services.free_name(group.text("name"), &keywords);
        let conditions = conditions(&mut group, &keywords, links, accounts_have_gaps, report);
        let routes = conditions.into_iter().map(|(from, matched)| {
            let route = Section::new("[[route]]").maybe("from", from).maybe("match", matched);
            route.with("to", vec![name.clone()])
        });
        let place = if keywords.is_empty() { &mut services.fallbacks } else { &mut services.routes };
        place.extend(routes);
        services.links.push(match action {
            Action::Call(url, manner) => application(name, (url, manner), calls, &mut group, report),
            Action::Answer(text) => answer(name, text, calls, &mut group, report),
        });
        group.finish(report);
    }
    services.routes.append(&mut services.fallbacks);
    services
}

impl Services {
    fn free_name(&mut self, said: Option<String>, keywords: &[String]) -> String {
        let wanted = said.or_else(|| keywords.first().cloned()).unwrap_or_else(|| "default".to_owned());
        let numbered = (2..).map(|number| format!("{wanted}-{number}"));
        let mut names = std::iter::once(wanted.clone()).chain(numbered);
        let name = names.find(|name| !self.names.contains(name)).unwrap_or_default();
        self.names.push(name.clone());
        name
    }
}

/// The keywords of a service; none for the one of everything else.
fn keywords(group: &mut Group, report: &mut Report) -> Option<Vec<String>> {
    if let Some(entry) = group.take("keyword-regex") {
        group.remark(&entry, "a route knows keywords alone: the service is left out", report);
        return None;
    }
    let Some(keyword) = group.text("keyword") else {
        group.remark_whole("no keyword: the service is left out", report);
        return None;
    };
    let aliases = group.list("aliases");
    Some(if keyword == "default" { Vec::new() } else { std::iter::once(keyword).chain(aliases).collect() })
}

/// What a service does with a message.
enum Action {
    /// It calls this URL in this manner.
    Call(String, Manner),
    /// It answers with this text.
    Answer(String),
}

/// `get-url`, `post-url`, `post-xml`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Manner {
    Get,
    Post,
    PostXml,
}

fn action(keywords: &[String], group: &mut Group, report: &mut Report) -> Option<Action> {
    let manners = [
        ("get-url", Manner::Get),
        ("url", Manner::Get),
        ("post-url", Manner::Post),
        ("post-xml", Manner::PostXml),
    ];
    let called = manners.into_iter().find_map(|(key, manner)| Some((group.text(key)?, manner)));
    if let Some((url, manner)) = called {
        count_words(&url, manner == Manner::Get && !keywords.is_empty(), group, report);
        return Some(Action::Call(url, manner));
    }
    if let Some(entry) = group.take("file") {
        return file(&entry, group, report);
    }
    if let Some(entry) = group.take("exec") {
        group.remark(&entry, "programs are not run: the service is left out", report);
        return None;
    }
    let Some(entry) = group.take("text") else {
        group.remark_whole("it does nothing: the service is left out", report);
        return None;
    };
    if group.number("max-messages", report) == Some(0) {
        group.remark_whole("it answers nothing (max-messages = 0): the service is left out", report);
        return None;
    }
    if entry.value.contains('%') {
        group.remark(&entry, "a fixed answer has no escape codes: they are sent as they stand", report);
    }
    count_words(&entry.value, !keywords.is_empty(), group, report);
    Some(Action::Answer(entry.value))
}

/// What a file says today.
fn file(entry: &Entry, group: &Group, report: &mut Report) -> Option<Action> {
    let text = (!entry.value.contains('%')).then(|| std::fs::read_to_string(&entry.value).ok()).flatten();
    let text = text.filter(|text| !text.is_empty() && text.len() <= FILE_OCTETS_MAX);
    let why = match &text {
        Some(_) => "the answer is what the file says now; it is not read again",
        None => "no text could be read there, and files are not read later: the service is left out",
    };
    group.remark(entry, why, report);
    text.map(Action::Answer)
}

/// A service that does not take all there is takes as many words as it has codes for, which routes do not count.
fn count_words(pattern: &str, counts: bool, group: &mut Group, report: &mut Report) {
    let takes_rest = ["%r", "%a", "%b"].iter().any(|code| pattern.contains(code));
    if group.flag("catch-all") || takes_rest || !counts {
        return;
    }
    let words = pattern.matches("%s").count() + pattern.matches("%S").count();
    let why = format!(
        "without catch-all Kannel takes messages with {words} words behind the keyword only; here all come"
    );
    group.remark_whole(why, report);
}

fn answer(name: String, text: String, calls: &Calls, group: &mut Group, report: &mut Report) -> Section {
    drop(group.take("accept-x-kannel-headers"));
    Section::new("[[answer]]")
        .with("name", name)
        .with("text", text)
        .maybe("sender", answered_from(calls, group, report))
}

/// What a service answers from, if not from the number that was written to: its own sender or that of all.
fn answered_from(calls: &Calls, group: &mut Group, report: &mut Report) -> Option<String> {
    let can_be = |sender: &str| Address::guess(sender.as_bytes()).is_some();
    let own = group.take("faked-sender").filter(|entry| !entry.value.is_empty());
    let Some(entry) = own else { return calls.global_sender.clone().filter(|sender| can_be(sender)) };
    if !can_be(&entry.value) {
        group.remark(
            &entry,
            "no message can have this sender: answers come from the number that was written to",
            report,
        );
        return None;
    }
    Some(entry.value)
}

fn application(
    name: String,
    (url, manner): (String, Manner),
    calls: &Calls,
    group: &mut Group,
    report: &mut Report,
) -> Section {
    let permission = endpoint::permission(&url);
    if let Some(key) = permission {
        group.remark_whole(endpoint::remark_of(key), report);
    }
    let format = if manner == Manner::PostXml { "kannel-xml" } else { "kannel" };
    let method = (manner == Manner::Post).then_some("POST");
    let section = Section::new("[[application]]").with("name", name).with("url", url).with("format", format);
    let section = section.maybe("method", method);
    let section = permission.into_iter().fold(section, |section, key| section.with(key, true));
    let headers = group.flag("accept-x-kannel-headers").then_some(true);
    let sender = group.flag("send-sender").then_some(true);
    // Kannel's own, which cuts what is longer: said, so that whoever reads it can let go of it.
    let messages = group.number("max-messages", report).unwrap_or(1);
    if !group.flag("concatenation") && messages > 1 {
        group.remark_whole(PARTS_BELONG_TOGETHER, report);
    }
    let omits_empty = group.flag("omit-empty");
    section
        .maybe("accept_x_kannel_headers", headers)
        .maybe("send_sender", sender)
        .maybe("faked_sender", answered_from(calls, group, report))
        .maybe("header", group.text("header"))
        .maybe("footer", group.text("footer"))
        .maybe("max_messages", (0..=255).contains(&messages).then_some(messages))
        .maybe("split_chars", group.take("split-chars").map(|entry| entry.value))
        .maybe("charset", calls.charset(group, report))
        .maybe("tlv", (!calls.tlvs.is_empty()).then(|| calls.tlvs.clone()))
        .maybe("empty_text", calls.empty_text.clone().filter(|_| !omits_empty))
        .maybe("unreadable_text", calls.unreadable_text.clone())
        .with("timeout_s", calls.timeout_s)
        .maybe("window", calls.window)
        .maybe("attempts_max", calls.attempts_max)
        .maybe("fallback_text", calls.fallback_text.clone())
}

/// What `from` and `match` of the routes say, for every combination of what a service wants.
fn conditions(
    group: &mut Group,
    keywords: &[String],
    links: &[Link],
    accounts_have_gaps: bool,
    report: &mut Report,
) -> Vec<(Option<toml::Value>, Option<toml::Value>)> {
    let froms = origins(group, links, accounts_have_gaps, report);
    let sources = group.list("allowed-prefix");
    let destinations = group.list("allowed-receiver-prefix");
    let mut all = Vec::new();
    for from in each(&froms) {
        for keyword in each(keywords) {
            for source in each(&sources) {
                for destination in each(&destinations) {
                    let mut matched = toml::Table::new();
                    let parts = [("keyword", keyword), ("source_prefix", source), ("prefix", destination)];
                    for (key, value) in parts {
                        matched.extend(value.map(|value| (key.to_owned(), value.as_str().into())));
                    }
                    let from = from.map(|link| table([("link", link.as_str().into())]));
                    all.push((from, (!matched.is_empty()).then_some(toml::Value::Table(matched))));
                }
            }
        }
    }
    all
}

/// The links that a service takes messages of; none if it takes those of all.
fn origins(group: &mut Group, links: &[Link], accounts_have_gaps: bool, report: &mut Report) -> Vec<String> {
    // A service is not for what accounts send to numbers that they have no route for.
    let receiving = links.iter().filter(|link| link.receives && accounts_have_gaps);
    let all = || receiving.clone().map(|link| link.name.clone()).collect();
    let Some(entry) = group.take("accepted-smsc") else { return all() };
    let ids: Vec<&str> = entry.value.split(';').map(str::trim).collect();
    let names: Vec<String> = links
        .iter()
        .filter(|link| link.receives && ids.contains(&link.smsc_id.as_str()))
        .map(|link| link.name.clone())
        .collect();
    if names.is_empty() {
        group.remark(&entry, "no link has this smsc-id: the service takes the messages of all", report);
        return all();
    }
    names
}

/// Each of them, or once none.
fn each(values: &[String]) -> Vec<Option<&String>> {
    if values.is_empty() { vec![None] } else { values.iter().map(Some).collect() }
}

/// Of whom Kannel would send parts of long texts that stand alone.
pub(super) const PARTS_BELONG_TOGETHER: &str =
    "parts of long texts belong together here, which Kannel wants concatenation = true for";
/// A text of as many segments as there can be.
const FILE_OCTETS_MAX: usize = 255 * 153;
