//! Regular expressions that a configuration says.

use std::fmt::Display;

use regex::{Regex, RegexBuilder};
use serde::Deserialize;

/// A regular expression, equal to another if it is written alike.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct Expression(Regex);

impl Expression {
    /// Compiles what is written so, within a bound of memory.
    ///
    /// # Errors
    /// Says in one line why it is none.
    pub fn new(pattern: impl Display) -> Result<Self, String> {
        let regex = RegexBuilder::new(&pattern.to_string()).size_limit(REGEX_OCTETS_MAX).build();
        regex.map(Self).map_err(|error| format!("no regular expression: {error}").replace('\n', " "))
    }

    /// Whether it is found anywhere in a text.
    pub(crate) fn is_match(&self, text: &str) -> bool {
        self.0.is_match(text)
    }
}

impl TryFrom<String> for Expression {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::new(text)
    }
}

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_str() == other.0.as_str()
    }
}

impl Eq for Expression {}

/// What one may take of memory when it is compiled.
const REGEX_OCTETS_MAX: usize = 1 << 20;
