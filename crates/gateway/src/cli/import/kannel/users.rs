//! Groups `sendsms-user`: accounts, and where their messages go.

use super::super::draft::Section;
use super::super::endpoint;
use super::super::report::Report;
use super::group::Group;
use super::network;
use super::receivers::Lists;
use super::routes;
use super::services::PARTS_BELONG_TOGETHER;
use super::smsc::Link;

#[derive(Debug, Default)]
pub(super) struct Users {
    pub(super) accounts: Vec<Section>,
    pub(super) routes: Vec<Section>,
    /// Whether there is an account with messages that none of its own routes takes.
    pub(super) have_gaps: bool,
}

/// What `meta-data` may name, from the groups `smpp-tlv`.
pub(super) fn tlvs(groups: Vec<Group>, report: &mut Report) -> Vec<toml::Value> {
    groups.into_iter().filter_map(|group| tlv(group, report)).collect()
}

fn tlv(mut group: Group, report: &mut Report) -> Option<toml::Value> {
    let (name, tag) = (group.text("name")?, group.text("tag")?);
    let digits = tag.strip_prefix("0x").or_else(|| tag.strip_prefix("0X"));
    let tag = digits.map_or_else(|| tag.parse().ok(), |digits| u16::from_str_radix(digits, 16).ok());
    let Some(tag) = tag else {
        group.remark_whole("the tag is no number of 16 bits: the TLV is left out", report);
        return None;
    };
    let kind = group.text("type").map(|kind| kind.to_ascii_lowercase());
    let kind = kind.filter(|kind| ["octetstring", "nulterminated", "integer"].contains(&kind.as_str()));
    let length = group.number("length", report).filter(|length| (1..=255).contains(length));
    if let Some(entry) = group.take("const") {
        group.remark(&entry, "a profile adds what is the same in every message (tlv_out)", report);
    }
    if let Some(entry) = group.take("smsc-id") {
        group.remark(&entry, "it goes to every link; a profile says which do not want it (tlv_out)", report);
    }
    group.finish(report);
    let mut keys = toml::Table::new();
    keys.insert("name".to_owned(), name.into());
    keys.insert("tag".to_owned(), i64::from(tag).into());
    keys.extend(kind.map(|kind| ("type".to_owned(), kind.into())));
    keys.extend(length.map(|length| ("length".to_owned(), length.into())));
    Some(toml::Value::Table(keys))
}

/// What the smsbox says of the requests of all.
#[derive(Debug, Default)]
pub(super) struct Requests {
    /// `global-sender`
    pub(super) global_sender: Option<String>,
    /// `immediate-sendsms-reply`
    pub(super) immediate: bool,
    /// `unified-prefix`
    pub(super) unified_prefix: Option<String>,
    /// `white-list-regex`, `black-list-regex`
    pub(super) lists: Lists,
    /// The groups `smpp-tlv`.
    pub(super) tlvs: Vec<toml::Value>,
}

/// An account for each user, with routes of its own to the links that may take its messages.
pub(super) fn accounts(
    groups: Vec<Group>,
    requests: &Requests,
    links: &[Link],
    report: &mut Report,
) -> Users {
    let mut users = Users::default();
    if let Some(group) = groups.first() {
        group.remark_whole(REMARK_OF_PROTOCOLS, report);
    }
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
        let own = routes::routes(&name, id.as_deref(), links, &group, report);
        users.have_gaps |= !own.is_complete;
        users.routes.extend(own.sections);
        users.accounts.push(account(name, &mut group, requests, report));
        group.finish(report);
    }
    users
}

fn account(name: String, group: &mut Group, requests: &Requests, report: &mut Report) -> Section {
    let password = group.text("password").unwrap_or_default();
    let allow_from = network::allowed(group, report);
    let is_near = allow_from.iter().flatten().any(|network| endpoint::is_near_network(network));
    Section::new("[[account]]")
        .with("name", name)
        .with("password", password)
        .maybe("allow_from", allow_from)
        .with("kannel", keys(group, requests, is_near, report))
}

/// What Kannel does with the requests of this user.
fn keys(group: &mut Group, requests: &Requests, is_near: bool, report: &mut Report) -> toml::Value {
    let lists = requests.lists.keys(group, report);
    let dlr_url = group.text("dlr-url");
    let is_near = is_near || dlr_url.as_deref().is_some_and(endpoint::is_near);
    group.remark_whole(endpoint::remark_of_requests(is_near), report);
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
    put("split_chars", group.take("split-chars").map(|entry| entry.value.into()));
    put("unified_prefix", requests.unified_prefix.clone().map(Into::into));
    put("immediate", requests.immediate.then(|| true.into()));
    put("tlv", (!requests.tlvs.is_empty()).then(|| requests.tlvs.clone().into()));
    put("dlr", Some(true.into()));
    put("dlr_url", dlr_url.map(Into::into));
    endpoint::permissions_of_requests(is_near).into_iter().for_each(|(key, value)| put(&key, Some(value)));
    lists.into_iter().for_each(|(key, values)| put(key, Some(values.into())));
    // Kannel's own, which cuts what is longer: said, so that whoever reads it can let go of it.
    let most = group.number("max-messages", report).unwrap_or(1);
    put("max_messages", (1..=255).contains(&most).then(|| most.into()));
    if !group.flag("concatenation") && most > 1 {
        group.remark_whole(PARTS_BELONG_TOGETHER, report);
    }
    if let Some(entry) = group.take("name") {
        group.remark(&entry, "%n of reports is the name of the account", report);
    }
    toml::Value::Table(keys)
}

/// What an account may not say that a user of Kannel may.
const REMARK_OF_PROTOCOLS: &str = "a pid of 64 (shown nowhere) or 125 to 127 (for the handset and its SIM) is answered \
     403, as of every account without sim_access = true; Kannel passes all on";
