//! A group of kannel.conf. Whatever is not taken out of it is reported.

use super::super::report::{Place, Report};
use super::reasons;

/// A line of a group.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) value: String,
    pub(super) place: Place,
}

/// The lines of a group that nobody took yet.
#[derive(Clone, Debug)]
pub(super) struct Group {
    kind: String,
    place: Place,
    entries: Vec<Entry>,
}

impl Group {
    pub(super) fn new(kind: String, place: Place, entries: Vec<Entry>) -> Self {
        Self { kind, place, entries }
    }

    /// What kind of group it is: `smsc`, `core` …
    pub(super) fn kind(&self) -> &str {
        &self.kind
    }

    /// The value of a key, which stays in the group.
    pub(super) fn value(&self, key: &str) -> Option<&str> {
        self.entries.iter().find(|entry| entry.key == key).map(|entry| entry.value.as_str())
    }

    /// A line, which stays in the group.
    pub(super) fn entry(&self, key: &str) -> Option<Entry> {
        self.entries.iter().find(|entry| entry.key == key).cloned()
    }

    /// Takes a line.
    pub(super) fn take(&mut self, key: &str) -> Option<Entry> {
        let at = self.entries.iter().position(|entry| entry.key == key)?;
        Some(self.entries.remove(at))
    }

    /// Puts a line of another group in.
    pub(super) fn put(&mut self, entry: Entry) {
        self.entries.push(entry);
    }

    /// All lines that nobody took.
    pub(super) fn entries(self) -> Vec<Entry> {
        self.entries
    }

    /// Takes a value that is not empty.
    pub(super) fn text(&mut self, key: &str) -> Option<String> {
        self.take(key).map(|entry| entry.value).filter(|value| !value.is_empty())
    }

    /// Takes a number: decimal, `0x…` or `0…`.
    pub(super) fn number(&mut self, key: &str, report: &mut Report) -> Option<i64> {
        let entry = self.take(key)?;
        let number = integer(&entry.value);
        if number.is_none() {
            self.remark(&entry, "not a number", report);
        }
        number
    }

    /// Takes a value of yes or no, as Kannel reads it: what is neither is yes.
    pub(super) fn flag(&mut self, key: &str) -> bool {
        let no = ["false", "no", "off", "0"];
        self.take(key).is_some_and(|entry| !no.contains(&entry.value.to_ascii_lowercase().as_str()))
    }

    /// Takes a list with semicolons between its members.
    pub(super) fn list(&mut self, key: &str) -> Vec<String> {
        let value = self.text(key).unwrap_or_default();
        value.split(';').map(str::trim).filter(|member| !member.is_empty()).map(str::to_owned).collect()
    }

    /// Says something of a line of this group.
    pub(super) fn remark(&self, entry: &Entry, why: impl Into<String>, report: &mut Report) {
        report.remark(&entry.place, format!("group {}, {}", self.kind, entry.key), why);
    }

    /// Says something of the whole group.
    pub(super) fn remark_whole(&self, why: impl Into<String>, report: &mut Report) {
        report.remark(&self.place, format!("group {}", self.kind), why);
    }

    /// Takes a line that is of no use, and says why.
    pub(super) fn drop(&mut self, key: &str, why: &str, report: &mut Report) {
        if let Some(entry) = self.take(key) {
            self.remark(&entry, why, report);
        }
    }

    /// Says of every line that was not taken why it was not, or that there is nothing like the group.
    pub(super) fn finish(self, report: &mut Report) {
        if let Some(why) = reasons::whole_group(&self.kind) {
            return self.remark_whole(why, report);
        }
        for entry in &self.entries {
            if let Some(why) = reasons::of(&self.kind, &entry.key, &entry.value) {
                self.remark(entry, why, report);
            }
        }
    }
}

/// As `strtol` reads it with base 0.
fn integer(text: &str) -> Option<i64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text),
    };
    let (base, digits) = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(digits) => (16, digits),
        None if digits.len() > 1 && digits.starts_with('0') => (8, digits),
        None => (10, digits),
    };
    i64::from_str_radix(digits, base).ok().map(|number| sign * number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_in_three_bases() {
        for (text, number) in [("10", Some(10)), ("-1", Some(-1)), ("0x1F", Some(31)), ("010", Some(8))] {
            assert_eq!(integer(text), number, "{text}");
        }
        for text in ["", "x", "0x", "1 2"] {
            assert_eq!(integer(text), None, "{text}");
        }
    }
}
