//! A configuration that is being written.

use std::fmt::{self, Display};

use toml::Value;

/// The sections of a configuration, in the order of the file.
#[derive(Debug, Default)]
pub(super) struct Draft(Vec<Section>);

/// A heading, with the keys below it in the order in which they were put there.
#[derive(Clone, Debug, Default)]
pub(super) struct Section {
    heading: &'static str,
    comment: Option<String>,
    keys: Vec<(&'static str, Value)>,
}

impl Draft {
    pub(super) fn push(&mut self, section: Section) {
        self.0.push(section);
    }

    pub(super) fn extend(&mut self, sections: impl IntoIterator<Item = Section>) {
        self.0.extend(sections);
    }
}

impl Section {
    /// `heading` as it is written; empty for the keys at the top of the file.
    pub(super) fn new(heading: &'static str) -> Self {
        Self { heading, ..Self::default() }
    }

    /// A line for people above the heading.
    pub(super) fn about(mut self, comment: impl Into<String>) -> Self {
        self.comment = Some(comment.into());
        self
    }

    pub(super) fn with(mut self, key: &'static str, value: impl Into<Value>) -> Self {
        self.keys.push((key, value.into()));
        self
    }

    pub(super) fn maybe<V: Into<Value>>(self, key: &'static str, value: Option<V>) -> Self {
        match value {
            Some(value) => self.with(key, value),
            None => self,
        }
    }
}

/// A table to be written in a line.
pub(super) fn table<const N: usize>(keys: [(&str, Value); N]) -> Value {
    Value::Table(keys.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

impl Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(comment) = &self.comment {
            writeln!(f, "# {}", comment.replace(char::is_control, " "))?;
        }
        if !self.heading.is_empty() {
            writeln!(f, "{}", self.heading)?;
        }
        for (key, value) in &self.keys {
            writeln!(f, "{key} = {value}")?;
        }
        Ok(())
    }
}

impl Display for Draft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, section) in self.0.iter().enumerate() {
            if number > 0 {
                writeln!(f)?;
            }
            write!(f, "{section}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_as_it_was_meant() {
        let mut draft = Draft::default();
        draft.push(Section::new("").with("data_dir", "a \"quoted\"\\path\n"));
        let rule = table([("form", "national".into()), ("ton", 2.into())]);
        draft.push(Section::new("[[smsc]]").about("two\nlines").with("name", "x").with("rules", vec![rule]));
        draft.push(Section::new("[[smsc]]").maybe("rate", Some(5)).maybe("window", None::<i64>));
        let read: toml::Table = draft.to_string().parse().unwrap_or_default();
        let expected = toml::toml! {
            data_dir = "a \"quoted\"\\path\n"
            smsc = [{ name = "x", rules = [{ form = "national", ton = 2 }] }, { rate = 5 }]
        };
        assert_eq!(read, expected, "{draft}");
    }
}
