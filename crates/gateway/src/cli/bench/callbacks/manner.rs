//! How endpoints come to be called.

/// How endpoints come to be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    /// Each is the callback of an account.
    Accounts,
    /// Messages of one account name them.
    Named,
}

impl Manner {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Accounts => "callbacks of accounts",
            Self::Named => "named by messages",
        }
    }
}
