//! Rules as the configuration says them, and what makes one invalid.

use std::fmt;

use sms::{ADDRESS_OCTETS_MAX, LinkName, keywords};

use crate::number;

/// The most rules that a table may have.
pub const RULES_MAX: usize = 1_000_000;

/// The most targets that a rule may have.
pub const TARGETS_MAX: usize = 64;

/// The most words that a keyword may have, its sub-keywords included.
pub const KEYWORD_WORDS_MAX: usize = 4;

/// What is on the other side of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LinkKind {
    /// An SMSC: the way to handsets and from them.
    Smsc,
    /// An ESME that binds to us or calls us.
    Account,
    /// A content provider's URL that we call.
    Application,
    /// A service in this process.
    Service,
}

/// Which messages go where; all conditions that are there must be met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// What people call it: its label or its place in the file.
    pub name: String,
    /// The link that brought the message.
    pub from: Option<LinkName>,
    /// The whole destination, 1 to 64 octets; a leading `+` does not count.
    pub destination: Option<Vec<u8>>,
    /// How the destination begins, 1 to 64 octets; a leading `+` does not count.
    pub prefix: Option<Vec<u8>>,
    /// The whole source, 0 to 64 octets; a leading `+` does not count. Empty: messages without a source.
    pub source: Option<Vec<u8>>,
    /// How the source begins, 1 to 64 octets; a leading `+` does not count.
    pub source_prefix: Option<Vec<u8>>,
    /// The first words of the message, as [`sms::keywords`] reads them; up to [`KEYWORD_WORDS_MAX`].
    pub keyword: Option<String>,
    /// Where the message may go: 1 to [`TARGETS_MAX`] links, each at most once.
    pub to: Vec<Target>,
}

/// A link that a rule may send messages to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The link.
    pub link: LinkName,
    /// Its share of the conversations in proportion to the other targets', at least 1.
    pub weight: u32,
}

/// A condition that a rule can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Condition {
    /// The link that brought the message.
    From,
    /// The whole destination.
    Destination,
    /// How the destination begins.
    Prefix,
    /// The whole source.
    Source,
    /// How the source begins.
    SourcePrefix,
    /// The keyword.
    Keyword,
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::From => "from",
            Self::Destination => "destination",
            Self::Prefix => "prefix",
            Self::Source => "source",
            Self::SourcePrefix => "source_prefix",
            Self::Keyword => "keyword",
        })
    }
}

/// Why rules do not make a table; every variant names the rule at fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    /// `from` is a link that does not exist.
    #[error("{rule}: from names the unknown link {link}")]
    UnknownFrom {
        /// The rule.
        rule: String,
        /// The link that it names.
        link: LinkName,
    },
    /// A target is a link that does not exist.
    #[error("{rule}: to names the unknown link {link}")]
    UnknownTarget {
        /// The rule.
        rule: String,
        /// The link that it names.
        link: LinkName,
    },
    /// The rule does not say where messages go.
    #[error("{rule}: to names no link")]
    NoTarget {
        /// The rule.
        rule: String,
    },
    /// The rule has more than [`TARGETS_MAX`] targets.
    #[error("{rule}: to names more than {TARGETS_MAX} links")]
    TooManyTargets {
        /// The rule.
        rule: String,
    },
    /// A link is named twice.
    #[error("{rule}: to names {link} more than once; give it a greater weight instead")]
    RepeatedTarget {
        /// The rule.
        rule: String,
        /// The link that is named twice.
        link: LinkName,
    },
    /// A target would never be chosen.
    #[error("{rule}: the weight of {link} is 0, the least is 1")]
    ZeroWeight {
        /// The rule.
        rule: String,
        /// The target.
        link: LinkName,
    },
    /// A condition with nothing in it: it would match nothing, or everything.
    #[error("{rule}: {condition} is empty; leave it out to match everything")]
    EmptyCondition {
        /// The rule.
        rule: String,
        /// The condition.
        condition: Condition,
    },
    /// A number that is longer than any number.
    #[error("{rule}: {condition} has more than {ADDRESS_OCTETS_MAX} octets")]
    TooLong {
        /// The rule.
        rule: String,
        /// The condition.
        condition: Condition,
    },
    /// A keyword with more words than are looked at.
    #[error("{rule}: keyword has more than {KEYWORD_WORDS_MAX} words")]
    TooManyWords {
        /// The rule.
        rule: String,
    },
    /// Two conditions that no message meets together.
    #[error("{rule}: {whole} does not begin with {prefix}, so nothing matches")]
    Contradiction {
        /// The rule.
        rule: String,
        /// The condition on the whole number.
        whole: Condition,
        /// The condition on its first octets.
        prefix: Condition,
    },
    /// There are more than [`RULES_MAX`] rules.
    #[error("{rule}: more than {RULES_MAX} rules")]
    TooManyRules {
        /// The first rule that is too many.
        rule: String,
    },
}

impl BuildError {
    /// The name of the rule at fault.
    #[must_use]
    pub fn rule(&self) -> &str {
        let (Self::UnknownFrom { rule, .. }
        | Self::UnknownTarget { rule, .. }
        | Self::NoTarget { rule, .. }
        | Self::TooManyTargets { rule, .. }
        | Self::RepeatedTarget { rule, .. }
        | Self::ZeroWeight { rule, .. }
        | Self::EmptyCondition { rule, .. }
        | Self::TooLong { rule, .. }
        | Self::TooManyWords { rule }
        | Self::Contradiction { rule, .. }
        | Self::TooManyRules { rule, .. }) = self;
        rule
    }
}

impl Rule {
    /// The rule in the form that is compared: numbers without their plus, the keyword as `sms::keywords` has it.
    pub(crate) fn normalised(mut self) -> Self {
        for number in [&mut self.destination, &mut self.prefix, &mut self.source, &mut self.source_prefix] {
            if let Some(octets) = number.as_mut().filter(|octets| octets.first() == Some(&b'+')) {
                octets.remove(0);
            }
        }
        self.keyword = self.keyword.and_then(|text| Some(keywords(&text, KEYWORD_WORDS_MAX)?.into_owned()));
        self
    }

    /// Finds what is wrong with the rule by itself, whatever links there are.
    pub(crate) fn check(&self) -> Result<(), BuildError> {
        self.check_numbers()?;
        self.check_contradictions()?;
        self.check_keyword()?;
        self.check_targets()
    }

    fn check_keyword(&self) -> Result<(), BuildError> {
        let Some(text) = &self.keyword else { return Ok(()) };
        let rule = || self.name.clone();
        let Some(all) = keywords(text, usize::MAX) else {
            return Err(BuildError::EmptyCondition { rule: rule(), condition: Condition::Keyword });
        };
        if crate::keyword::words(&all) > KEYWORD_WORDS_MAX {
            return Err(BuildError::TooManyWords { rule: rule() });
        }
        Ok(())
    }

    fn check_numbers(&self) -> Result<(), BuildError> {
        let numbers = [
            (Condition::Destination, &self.destination),
            (Condition::Prefix, &self.prefix),
            (Condition::Source, &self.source),
            (Condition::SourcePrefix, &self.source_prefix),
        ];
        for (condition, number) in numbers {
            let Some(number) = number else { continue };
            let octets = number::bare(number).len();
            // A message may well have no source, but never no destination.
            if octets == 0 && condition != Condition::Source {
                return Err(BuildError::EmptyCondition { rule: self.name.clone(), condition });
            }
            if octets > ADDRESS_OCTETS_MAX {
                return Err(BuildError::TooLong { rule: self.name.clone(), condition });
            }
        }
        Ok(())
    }

    fn check_contradictions(&self) -> Result<(), BuildError> {
        let pairs = [
            (Condition::Destination, &self.destination, Condition::Prefix, &self.prefix),
            (Condition::Source, &self.source, Condition::SourcePrefix, &self.source_prefix),
        ];
        for (whole, number, prefix, beginning) in pairs {
            if let (Some(number), Some(beginning)) = (number, beginning)
                && !number::bare(number).starts_with(number::bare(beginning))
            {
                return Err(BuildError::Contradiction { rule: self.name.clone(), whole, prefix });
            }
        }
        Ok(())
    }

    fn check_targets(&self) -> Result<(), BuildError> {
        let rule = || self.name.clone();
        if self.to.is_empty() {
            return Err(BuildError::NoTarget { rule: rule() });
        }
        if self.to.len() > TARGETS_MAX {
            return Err(BuildError::TooManyTargets { rule: rule() });
        }
        for (at, target) in self.to.iter().enumerate() {
            if target.weight == 0 {
                return Err(BuildError::ZeroWeight { rule: rule(), link: target.link.clone() });
            }
            if self.to.iter().take(at).any(|earlier| earlier.link == target.link) {
                return Err(BuildError::RepeatedTarget { rule: rule(), link: target.link.clone() });
            }
        }
        Ok(())
    }
}
