//! Scripts for jcli, and transcripts of what was typed there.

use std::rc::Rc;

use super::super::report::{Place, Report};
use super::remark::remark;

/// `smppccm -a`, with what was said until `ok`; or what `smppccm -s` showed.
#[derive(Clone, Debug)]
pub(super) struct Command {
    pub(super) module: String,
    pub(super) place: Place,
    entries: Vec<Entry>,
}

#[derive(Clone, Debug)]
struct Entry {
    key: String,
    value: String,
    place: Place,
}

impl Command {
    /// Takes the last value that was said of a key.
    pub(super) fn take(&mut self, key: &str) -> Option<(String, Place)> {
        let at = self.entries.iter().rposition(|entry| entry.key == key)?;
        let entry = self.entries.remove(at);
        self.entries.retain(|other| other.key != key);
        Some((entry.value, entry.place))
    }

    /// The same, if it says something: `none` and nothing are nothing.
    pub(super) fn text(&mut self, key: &str) -> Option<String> {
        let (value, _) = self.take(key)?;
        (!value.is_empty() && !value.eq_ignore_ascii_case("none")).then_some(value)
    }

    pub(super) fn number(&mut self, key: &str) -> Option<i64> {
        self.text(key)?.parse().ok()
    }

    pub(super) fn flag(&mut self, key: &str) -> Option<bool> {
        self.text(key)
            .map(|value| ["yes", "y", "true", "t", "1"].contains(&value.to_ascii_lowercase().as_str()))
    }

    /// Takes all values of a key, in their order.
    pub(super) fn all(&mut self, key: &str) -> Vec<(String, Place)> {
        let taken = self.entries.extract_if(.., |entry| entry.key == key);
        taken.map(|entry| (entry.value, entry.place)).collect()
    }

    /// Says of what was not taken why, if anything is missed.
    pub(super) fn finish(self, report: &mut Report, why: impl Fn(&str, &str) -> Option<&'static str>) {
        for entry in &self.entries {
            if let Some(why) = why(&entry.key, &entry.value) {
                remark(report, &entry.place, &self.module, &entry.key, why);
            }
        }
    }

    /// Says that all of it is left out.
    pub(super) fn leave_out(&self, report: &mut Report) {
        let why = match self.module.as_str() {
            "group" => return,
            "mtinterceptor" | "mointerceptor" => "there are no scripts in the way of messages",
            _ => "Estafet has nothing of this kind",
        };
        remark(report, &self.place, &self.module, "", why);
    }
}

/// The commands that add something, with later updates applied.
pub(super) fn commands(text: &str, file: &Rc<str>, report: &mut Report) -> Vec<Command> {
    let mut reader = Reader { commands: Vec::new(), open: None };
    for (number, line) in text.lines().enumerate() {
        reader.line(line, Place { file: file.clone(), line: number + 1 }, report);
    }
    match reader.open {
        Some(open) if open.is_shown => reader.commands.push(open.command),
        Some(Open { command, .. }) => {
            remark(report, &command.place, &command.module, "", "there is no ok: it is left out");
        }
        None => {}
    }
    reader.commands
}

struct Reader {
    commands: Vec<Command>,
    open: Option<Open>,
}

/// A command whose lines are being read.
struct Open {
    command: Command,
    /// The one that is changed, if it is not a new one.
    updates: Option<String>,
    /// Whether it is what jcli showed, which ends at the next prompt.
    is_shown: bool,
}

impl Reader {
    fn line(&mut self, line: &str, place: Place, report: &mut Report) {
        let has_prompt = line.starts_with("jcli :") || line.trim_start().starts_with('>');
        let said = line.trim().trim_start_matches("jcli :").trim().trim_start_matches('>').trim();
        if said.starts_with('#') || (said.is_empty() && !has_prompt) {
            return;
        }
        if self.open.as_ref().is_some_and(|open| open.is_shown && (has_prompt || is_command(said))) {
            self.close();
        }
        match &mut self.open {
            Some(_) if said == "ok" => self.close(),
            Some(_) if said == "ko" => self.open = None,
            Some(_) if is_talk(said) => {}
            Some(open) => {
                let (key, value) = said.split_once(char::is_whitespace).unwrap_or((said, ""));
                open.command.entries.push(Entry {
                    key: key.to_ascii_lowercase(),
                    value: value.trim().to_owned(),
                    place,
                });
            }
            None => self.begin(said, place, report),
        }
    }

    fn begin(&mut self, said: &str, place: Place, report: &mut Report) {
        if !is_command(said) {
            return;
        }
        let mut words = said.split_whitespace();
        let module = words.next().unwrap_or_default().to_owned();
        let (action, name) = (words.next().unwrap_or_default(), words.next().map(str::to_owned));
        let command = Command { module, place, entries: Vec::new() };
        let open = |updates, is_shown| Some(Open { command: command.clone(), updates, is_shown });
        self.open = match action {
            "-a" | "--add" => open(None, false),
            "-u" | "--update" => open(name, false),
            "-s" | "--show" if command.module == "smppccm" => open(None, true),
            "-r" | "--remove" => {
                remark(
                    report,
                    &command.place,
                    &command.module,
                    "",
                    "what is removed stays: take it out by hand",
                );
                None
            }
            _ => None,
        };
    }

    fn close(&mut self) {
        let Some(Open { mut command, updates, .. }) = self.open.take() else { return };
        let Some(name) = updates else { return self.commands.push(command) };
        let is_it = |other: &&mut Command| {
            let named =
                |entry: &Entry| ["cid", "uid", "fid"].contains(&entry.key.as_str()) && entry.value == name;
            other.module == command.module && other.entries.iter().any(named)
        };
        if let Some(changed) = self.commands.iter_mut().find(is_it) {
            changed.entries.append(&mut command.entries);
        }
    }
}

fn is_command(said: &str) -> bool {
    let mut words = said.split_whitespace();
    words.next().is_some_and(|word| MODULES.contains(&word))
        && words.next().is_some_and(|word| word.starts_with('-'))
}

/// What jcli answers in between.
fn is_talk(said: &str) -> bool {
    ["Adding a new", "Updating ", "Successfully ", "Error: ", "<class "]
        .iter()
        .any(|start| said.starts_with(start))
        || said.ends_with("arguments:")
}

const MODULES: [&str; 9] = [
    "user",
    "group",
    "filter",
    "smppccm",
    "httpccm",
    "mtrouter",
    "morouter",
    "mtinterceptor",
    "mointerceptor",
];
