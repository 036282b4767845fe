//! What the door knows of one account.

use std::sync::Arc;

use super::home::Home;
use super::password::Password;
use super::siege::Siege;
use crate::config::AccountPassword;

/// How an account comes in, and who else tried.
pub(crate) struct Access {
    pub(super) password: Password,
    pub(super) home: Arc<Home>,
    pub(super) siege: Siege,
}

impl Access {
    /// For an account with this password. Where it is at home it stays so when the configuration changes it.
    pub(crate) fn new(password: &AccountPassword, before: Option<&Self>) -> Self {
        let home = before.map(|before| before.home.clone()).unwrap_or_default();
        Self { password: Password::new(password.clone()), home, siege: Siege::default() }
    }
}
