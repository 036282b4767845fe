//! Jasmin: jasmin.cfg, and what was typed into jcli.

mod config_file;
mod connectors;
mod console;
mod patterns;
mod reasons;
mod remark;
mod routes;
#[cfg(test)]
mod tests;
mod users;

use std::path::PathBuf;

use super::draft::{Draft, Section};
use super::report::Report;
use super::source;
use console::Command;

/// Our configuration in place of these files, and what is not in it.
///
/// # Errors
/// Names the file that cannot be read.
pub(super) fn import(files: &[PathBuf]) -> anyhow::Result<(Draft, Report)> {
    let mut report = Report::default();
    let mut listeners: Vec<Section> = Vec::new();
    let mut commands: Vec<Command> = Vec::new();
    for path in files {
        let (text, name) = source::read(path, &mut report)?;
        if text.lines().any(|line| line.starts_with('[')) {
            listeners.extend(config_file::listeners(&text, &name, &mut report));
        } else {
            commands.extend(console::commands(&text, &name, &mut report));
        }
    }
    let users = users::accounts(take(&mut commands, "user"), &mut report);
    let links = connectors::links(take(&mut commands, "smppccm"), &users, &mut report);
    let applications = connectors::applications(take(&mut commands, "httpccm"), &users, &links, &mut report);
    let parts = routes::Parts { users: &users, links: &links, applications: &applications };
    let filters = take(&mut commands, "filter");
    let [mt, mo] = ["mtrouter", "morouter"].map(|module| take(&mut commands, module));
    let routes = routes::routes(&parts, filters, mt, mo, &mut report);
    commands.iter().for_each(|command| command.leave_out(&mut report));

    let mut draft = Draft::default();
    draft.push(Section::new("").about("Made by estafet import jasmin").with("data_dir", "data"));
    draft.extend(listeners);
    draft.extend(links.into_iter().map(|link| link.section));
    draft.extend(users.into_iter().map(|user| user.section));
    draft.extend(applications.into_iter().map(|application| application.section));
    draft.extend(routes);
    Ok((draft, report.in_order()))
}

fn take(commands: &mut Vec<Command>, module: &str) -> Vec<Command> {
    commands.extract_if(.., |command| command.module == module).collect()
}
