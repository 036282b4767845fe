//! Groups `sendsms-user`: accounts, and where their messages go.

use super::super::draft::Section;
use super::super::report::Report;
use super::Group;
use super::limits;
use super::network;
use super::smsc::Link;

#[derive(Debug, Default)]
pub(super) struct Users {
    pub(super) accounts: Vec<Section>,
    pub(super) routes: Vec<Section>,
}

/// What the smsbox says of the requests of all.
#[derive(Debug, Default)]
pub(super) struct Requests {
    /// `global-sender`
    pub(super) global_sender: Option<String>,
    /// `immediate-sendsms-reply`
    pub(super) immediate: bool,
}

/// An account for each user, with routes of its own to the links that may take its messages.
pub(super) fn accounts(
    groups: Vec<Group>,
    requests: &Requests,
    links: &[Link],
    report: &mut Report,
) -> Users {
    let mut users = Users::default();
    for mut group in groups {
        let Some(name) = group.text("username") else {
            group.remark_whole("no username", report);
            continue;
        };
        if links.iter().any(|link| link.name == name) {
            group
                .remark_whole(format!("a link is called {name}, too: give the account another name"), report);
        }
        let id = group.text("forced-smsc");
        let default_id = group.text("default-smsc");
        let id = id.or(default_id);
        users.routes.extend(limits::routes(&name, id.as_deref(), links, &group, report));
        users.accounts.push(account(name, &mut group, requests, report));
        group.finish(report);
    }
    users
}

fn account(name: String, group: &mut Group, requests: &Requests, report: &mut Report) -> Section {
    let password = group.text("password").unwrap_or_default();
    let allow_from = network::allowed(group, report);
    Section::new("[[account]]")
        .with("name", name)
        .with("password", password)
        .maybe("allow_from", allow_from)
        .with("kannel", keys(group, requests, report))
}

/// What Kannel does with the requests of this user.
fn keys(group: &mut Group, requests: &Requests, report: &mut Report) -> toml::Value {
    let mut keys = toml::Table::new();
    let mut put = |key: &str, value: Option<toml::Value>| {
        if let Some(value) = value {
            keys.insert(key.to_owned(), value);
        }
    };
    put("faked_sender", group.text("faked-sender").map(Into::into));
    put("default_sender", group.text("default-sender").or(requests.global_sender.clone()).map(Into::into));
    put("header", group.text("header").map(Into::into));
    put("footer", group.text("footer").map(Into::into));
    put("immediate", requests.immediate.then(|| true.into()));
    put("dlr", Some(true.into()));
    put("dlr_url", group.text("dlr-url").map(Into::into));
    // Kannel's own, which cuts what is longer: said, so that whoever reads it can let go of it.
    let most = group.number("max-messages", report).unwrap_or(1);
    put("max_messages", (1..=255).contains(&most).then(|| most.into()));
    if !group.flag("concatenation") && most > 1 {
        let why = "parts of long texts belong together here, which Kannel wants concatenation = true for";
        group.remark_whole(why, report);
    }
    drop(group.take("name"));
    toml::Value::Table(keys)
}
