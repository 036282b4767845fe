//! What keys are: those that are shown, and those that sign.

use std::sync::Arc;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::account::Account;
use crate::config::{Scope, SigningKeyConfig};

/// What a key opens.
#[derive(Clone, Debug)]
pub(crate) struct KeyHolder {
    pub(crate) account: Arc<Account>,
    pub(crate) scopes: Vec<Scope>,
}

/// A key that requests are signed with. Has no `Debug` form, so that it cannot get into a log.
pub(crate) struct SigningKey {
    pub(super) holder: KeyHolder,
    mac: Hmac<Sha256>,
}

impl SigningKey {
    pub(crate) fn new(account: &Arc<Account>, config: &SigningKeyConfig) -> Option<Self> {
        let holder = KeyHolder { account: account.clone(), scopes: config.scopes.clone() };
        Some(Self { holder, mac: Hmac::new_from_slice(config.secret.expose()).ok()? })
    }

    pub(super) fn has_signed(&self, content: &[u8], signature: &[u8]) -> bool {
        // Compares in constant time.
        self.mac.clone().chain_update(content).verify_slice(signature).is_ok()
    }
}
