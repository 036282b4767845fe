//! Kannel: bearerbox and smsbox.

mod calls;
mod file;
mod group;
mod limits;
mod listeners;
mod network;
mod numbers;
mod pair;
mod reasons;
mod receivers;
mod routes;
mod services;
mod smsc;
#[cfg(test)]
mod tests;
mod users;

use std::path::Path;

use super::draft::{Draft, Section};
use super::report::Report;
use group::Group;

/// Our configuration in place of a kannel.conf, and what is not in it.
///
/// # Errors
/// Names the file that cannot be read, or the line that is none.
pub(super) fn import(path: &Path) -> anyhow::Result<(Draft, Report)> {
    let mut report = Report::default();
    let mut groups = Groups(file::groups(path, &mut report)?);
    let [core, smsbox] = ["core", "smsbox"].map(|kind| groups.take(kind));
    let (mut core, mut smsbox) = (core.into_iter().next(), smsbox.into_iter().next());

    let mut draft = Draft::default();
    let about = format!("Made by estafet import kannel from {}", path.display());
    draft.push(Section::new("").about(about).with("data_dir", "data"));
    let opensmppbox = groups.take("opensmppbox");
    let has_other_accounts = !opensmppbox.is_empty();
    draft.extend(listeners::sections(core.as_mut(), smsbox.as_mut(), opensmppbox, &mut report));
    let unified = numbers::Unified::of(core.as_mut(), &mut report);
    let requests = users::Requests {
        unified_prefix: unified.text.clone(),
        global_sender: smsbox.as_mut().and_then(|smsbox| global_sender(smsbox, &mut report)),
        tlvs: users::tlvs(groups.take("smpp-tlv"), &mut report),
        immediate: smsbox.as_mut().is_some_and(|smsbox| smsbox.flag("immediate-sendsms-reply")),
        lists: receivers::Lists::of(smsbox.as_mut(), &mut report),
    };
    let mut calls = calls::Calls::of(core.as_mut(), smsbox.as_mut(), requests.tlvs.clone(), &mut report);
    calls.global_sender.clone_from(&requests.global_sender);
    draft.extend(core.as_mut().and_then(|core| reassembly(core, &mut report)));
    let general =
        smsc::General { authority: core.as_mut().and_then(|core| core.text("ssl-trusted-ca-file")), unified };
    let links = smsc::links(groups.take("smsc"), &general, &mut report);
    let users = users::accounts(groups.take("sendsms-user"), &requests, &links, &mut report);
    let services = services::services(
        groups.take("sms-service"),
        &calls,
        &links,
        users.have_gaps || has_other_accounts,
        &mut report,
    );

    draft.extend(links.iter().map(|link| link.section.clone()));
    draft.extend(users.accounts);
    draft.extend(services.links);
    draft.extend(users.routes);
    draft.extend(services.routes);
    core.into_iter().chain(smsbox).chain(groups.0).for_each(|group| group.finish(&mut report));
    Ok((draft, report.in_order()))
}

/// The sender where nobody names one, which for Kannel is also the number that handsets write to.
fn global_sender(smsbox: &mut Group, report: &mut Report) -> Option<String> {
    let entry = smsbox.take("global-sender")?;
    let why = "it is the default_sender of accounts and the sender of what services answer; %P is the number that a handset wrote to, where Kannel writes this one";
    smsbox.remark(&entry, why, report);
    Some(entry.value).filter(|sender| !sender.is_empty())
}

/// How long parts of long messages wait for each other.
fn reassembly(core: &mut Group, report: &mut Report) -> Option<Section> {
    let seconds =
        core.number("sms-combine-concatenated-mo-timeout", report).filter(|seconds| *seconds > 0)?;
    Some(Section::new("[reassembly]").with("timeout_s", seconds))
}

/// The groups that nobody took yet.
struct Groups(Vec<Group>);

impl Groups {
    fn take(&mut self, kind: &str) -> Vec<Group> {
        self.0.extract_if(.., |group| group.kind() == kind).collect()
    }
}
