//! Routing: which link takes a message, and why.
//!
//! A [`Table`] is built once from the rules of the configuration and then only read; a change of the
//! configuration is a new table. Nothing here reads a clock, does I/O or keeps state between two
//! questions.
//!
//! # Which rule
//!
//! Rules are asked in the order of the file, for MT and MO alike, and **the first one that matches and
//! may carry the message wins**. A rule matches when every condition that it has is met:
//!
//! - `from`: the link that brought the message.
//! - `destination`, `source`: the whole number, short code or name, octet for octet.
//! - `prefix`, `source_prefix`: its first octets.
//! - `keyword`: the first words of the message, both read as [`sms::keywords`] does. A message without a keyword
//!   meets no rule that wants one.
//!
//! There is one exception to the order: if the rule that is found has a keyword, a later one that matches with
//! more words goes before it, so that "REG GAME" is found behind "REG". Of several the longest counts.
//!
//! Numbers are compared as they are written, except that one leading `+` is left out on both sides. A
//! leading `00`, a national form and the type of number mean nothing here: whoever wants them equal
//! normalises them before asking. A condition that is left out is met by everything.
//!
//! # Which messages a rule may carry
//!
//! A rule that names its `from` means what it says. A rule *without* `from` is guarded, because "all
//! numbers to telco-a" is written with MT in mind and would send every unclaimed MO back into the network:
//!
//! - it never takes an MO, or anything else that an SMSC brought, to an SMSC;
//! - it never takes a message back to the link that brought it.
//!
//! Targets that this forbids are skipped. If none is left, the rule does not count and the next one is
//! asked. So the only way back to the link that a message came from is a rule that names this link in both
//! `from` and `to`.
//!
//! # Which target
//!
//! The targets of the rule are ranked by weighted rendezvous hashing over (source, destination). Each
//! conversation has its own ranking; over many conversations every target comes first as often as its
//! weight says; when a target is added or taken away, only the conversations that it wins or loses move.
//! The ranking depends on these two numbers and on the names and weights of the targets alone: it is the
//! same after a restart, on another machine and for all parts of a long message, so that a conversation
//! keeps its link and its order.
//!
//! Targets that are up go before those that are down, each group by rank. The best is the target, the rest
//! are the alternatives. When none is up, the message waits for the first by rank.
//!
//! # How fast
//!
//! The table is compiled: rules that look at the same octets share one hash table, so that a choice costs
//! one look-up per combination of conditions and prefix length in use, however many rules there are. It
//! allocates nothing for rules with up to four targets. [`Table::explain`] asks rule by rule instead, and
//! always comes to the same end.

mod entry;
mod explanation;
mod index;
mod keyword;
mod number;
mod rank;
mod rule;
mod table;

pub use entry::Bar;
pub use explanation::{Candidate, Explanation, Reason, Skipped, Verdict};
pub use rule::{BuildError, Condition, KEYWORD_WORDS_MAX, LinkKind, RULES_MAX, Rule, TARGETS_MAX, Target};
pub use table::{Alternatives, Choice, Question, Table};
