//! The grammar of kannel.conf: lines, groups, quotes, includes.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use super::super::report::{Place, Report};
use super::super::source;
use super::group::{Entry, Group};

/// Reads a file and what it includes.
///
/// A group is what stands between empty lines. A line that starts with `#` is a comment and ends no group; one
/// that ends in `\` goes on in the next. The value of a key that is there twice is the later one.
///
/// # Errors
/// Names the file that cannot be read, or the line that is none.
pub(super) fn groups(path: &Path, report: &mut Report) -> anyhow::Result<Vec<Group>> {
    let mut reader = Reader { seen: HashSet::new(), groups: Vec::new(), open: Vec::new(), report };
    reader.file(path)?;
    reader.close();
    Ok(reader.groups)
}

struct Reader<'r> {
    /// Files that were read: a file is included once.
    seen: HashSet<PathBuf>,
    groups: Vec<Group>,
    /// The lines of the group that is being read.
    open: Vec<Entry>,
    report: &'r mut Report,
}

impl Reader<'_> {
    fn file(&mut self, path: &Path) -> anyhow::Result<()> {
        let (text, name) = source::read(path, self.report)?;
        self.seen.insert(path.to_owned());
        for (line, content) in lines(&text) {
            self.line(content.trim(), Place { file: name.clone(), line }, path)?;
        }
        // The end of a file ends its group, for whoever includes it.
        self.close();
        Ok(())
    }

    fn line(&mut self, line: &str, place: Place, path: &Path) -> anyhow::Result<()> {
        if line.is_empty() {
            self.close();
            return Ok(());
        }
        if line.starts_with('#') {
            return Ok(());
        }
        let Some((key, value)) = line.split_once('=') else { bail!("{place}: an equals sign is missing") };
        // Wherever the word stands: Kannel looks for it in the whole line.
        if line.contains("include") {
            return self.include(&unquoted(value), &place, path);
        }
        self.set(Entry { key: key.trim().to_owned(), value: unquoted(value), place });
        Ok(())
    }

    fn set(&mut self, entry: Entry) {
        if let Some(earlier) = self.open.iter_mut().find(|earlier| earlier.key == entry.key) {
            let why = format!("said again in line {}, which counts", entry.place.line);
            self.report.remark(&earlier.place, earlier.key.as_str(), why);
            *earlier = entry;
        } else {
            self.open.push(entry);
        }
    }

    fn close(&mut self) {
        let Some(first) = self.open.first() else { return };
        let place = first.place.clone();
        let mut entries = std::mem::take(&mut self.open);
        match entries.iter().position(|entry| entry.key == "group") {
            Some(at) => {
                let kind = entries.remove(at);
                self.groups.push(Group::new(kind.value, kind.place, entries));
            }
            None => self.report.remark(&place, "a group", "no line says which one it is (group = …)"),
        }
    }

    fn include(&mut self, named: &str, place: &Place, from: &Path) -> anyhow::Result<()> {
        let Some(found) = resolve(named, from) else {
            self.report.remark(place, "include", format!("there is no {named}"));
            return Ok(());
        };
        let mut files = if found.is_dir() { files_of(&found)? } else { vec![found] };
        files.retain(|file| !self.seen.contains(file));
        files.iter().try_for_each(|file| self.file(file))
    }
}

/// Kannel looks from where it was started; files that were copied from there lie side by side.
fn resolve(named: &str, from: &Path) -> Option<PathBuf> {
    let beside = |name: &Path| from.parent().unwrap_or(Path::new("")).join(name);
    let named = Path::new(named);
    let last = named.file_name().map(|name| beside(Path::new(name)));
    [Some(named.to_owned()), Some(beside(named)), last].into_iter().flatten().find(|path| path.exists())
}

fn files_of(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut files: Vec<PathBuf> =
        entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.is_file()).collect();
    files.sort();
    Ok(files)
}

/// Lines with their numbers; what ends in a backslash goes on.
fn lines(text: &str) -> Vec<(usize, String)> {
    let mut lines: Vec<(usize, String)> = Vec::new();
    let mut goes_on = false;
    for (number, line) in text.split('\n').enumerate() {
        let (content, continued) = match line.strip_suffix('\\') {
            Some(content) => (content, true),
            None => (line, false),
        };
        match lines.last_mut() {
            Some((_, last)) if goes_on => last.push_str(content),
            _ => lines.push((number + 1, content.to_owned())),
        }
        goes_on = continued;
    }
    lines
}

/// A value without its quotes, if it has both; a backslash stands before a quote or a backslash in them.
fn unquoted(value: &str) -> String {
    let value = value.trim();
    let Some(inner) = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
        return value.to_owned();
    };
    let mut out = String::with_capacity(inner.len());
    let mut characters = inner.chars().peekable();
    while let Some(character) = characters.next() {
        let escaped = characters.next_if(|next| character == '\\' && matches!(next, '\\' | '"'));
        out.push(escaped.unwrap_or(character));
    }
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use super::*;

    fn read(files: &[(&str, &str)]) -> (Vec<Group>, String) {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let mut report = Report::default();
        let groups = groups(&folder.path().join(files[0].0), &mut report).unwrap();
        (groups, report.to_string())
    }

    #[test]
    fn groups_end_at_empty_lines_and_not_at_comments() {
        let text = "group = smsc\n# a comment\n  host=a = b \n\n\n#\nsmsc-id = \"x;y\"\ngroup = smsc\n";
        let (groups, report) = read(&[("kannel.conf", text)]);
        assert_eq!(report, "");
        let [first, second] = &groups[..] else { panic!("{groups:?}") };
        assert_eq!(first.value("host"), Some("a = b"));
        assert_eq!((second.kind(), second.value("smsc-id")), ("smsc", Some("x;y")));
    }

    #[test]
    fn quotes_count_in_pairs_and_hide_two_characters() {
        for (value, read) in [
            ("\"a\\\"b\\\\c\\d\"", "a\"b\\c\\d"),
            ("\"open", "\"open"),
            ("\"\"", ""),
            ("\"", "\""),
            (" plain ", "plain"),
        ] {
            assert_eq!(unquoted(value), read, "{value}");
        }
    }

    #[test]
    fn a_line_goes_on_behind_a_backslash() {
        let (groups, _) = read(&[("kannel.conf", "group = core\nurl = a\\\nb\nport = 1")]);
        assert_eq!(groups[0].value("url"), Some("ab"));
        assert_eq!(groups[0].value("port"), Some("1"));
    }

    #[test]
    fn files_and_folders_are_included_where_they_are_named() {
        let main =
            "group = core\nadmin-port = 1\n\ninclude = \"more.conf\"\ninclude = d\ninclude = gone.conf\n";
        let files = [
            ("kannel.conf", main),
            ("more.conf", "group = smsc\nhost = a\ninclude = kannel.conf"),
            ("d/2.conf", "group = sms-service"),
            ("d/1.conf", "group = smsbox"),
        ];
        let (groups, report) = read(&files);
        let kinds: Vec<&str> = groups.iter().map(Group::kind).collect();
        assert_eq!(kinds, ["core", "smsc", "smsbox", "sms-service"]);
        assert!(report.contains("line 6: include: there is no gone.conf"), "{report}");
    }

    #[test]
    fn what_is_said_twice_counts_as_said_last() {
        let (groups, report) = read(&[("kannel.conf", "group = core\nx = 1\nx = 2\n\ny = 1\n")]);
        assert_eq!(groups[0].value("x"), Some("2"));
        assert!(report.contains("line 2: x: said again in line 3"), "{report}");
        assert!(report.contains("line 5: a group: no line says which"), "{report}");
    }

    #[test]
    fn a_line_without_an_equals_sign_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kannel.conf");
        std::fs::write(&path, "group = core\nnonsense\n").unwrap();
        let error = groups(&path, &mut Report::default()).unwrap_err().to_string();
        assert!(error.ends_with("line 2: an equals sign is missing"), "{error}");
    }
}
