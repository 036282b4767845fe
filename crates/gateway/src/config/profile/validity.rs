//! How an SMSC is told until when it may try.

use serde::Deserialize;

/// How the end of a message is said in validity_period (D-1, D-2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ValidityForm {
    /// As an instant, in UTC.
    #[default]
    Absolute,
    /// As the span that is left when it is sent.
    Relative,
    /// Not at all: the SMSC has its own.
    None,
}
