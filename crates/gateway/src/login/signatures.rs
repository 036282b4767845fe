//! Programs that sign their requests and show nothing that could be taken from them.
//!
//! What is said here of time is the time of day, as the caller says it: seconds since 1970.

use std::net::IpAddr;

use sms::Timestamp;
use tokio::time::Instant;

use super::door::{Door, refusal_due};
use super::holder::KeyHolder;
use super::signature::{AHEAD_S, Signature, Unproven, WINDOW_S};
use super::visitor::Entrance;
use crate::directory::Directory;

impl Door {
    /// Whose signature this is. It has not been used up by that: see [`Door::use_up`].
    pub(crate) fn recognise(
        &self,
        directory: &Directory,
        address: IpAddr,
        signature: &Signature,
        now: Timestamp,
    ) -> Result<KeyHolder, Unproven> {
        let key = directory.signing_keys.get(&signature.key_id).ok_or(Unproven::UnknownKey)?;
        if !signature.contents.iter().any(|content| key.has_signed(content, &signature.octets)) {
            return Err(Unproven::WrongSignature);
        }
        if !key.holder.account.allows(address) {
            return Err(Unproven::WrongAddress);
        }
        let now_s = now.0 / 1000;
        let is_over = signature.expires.is_some_and(|expires| expires <= now_s);
        let is_of_now = signature.created <= now_s + AHEAD_S && now_s <= signature.created + WINDOW_S;
        if !is_of_now || is_over {
            return Err(Unproven::Stale);
        }
        Ok(key.holder.clone())
    }

    /// Lets a signature that was recognised count this once.
    pub(crate) fn use_up(&self, signature: &Signature, now: Timestamp) -> Result<(), Unproven> {
        self.signatures.use_up(signature, now.0 / 1000)
    }

    /// Reports a signature that opened nothing, and returns when that may be said, as late as of a password.
    pub(crate) async fn refuse_signature(
        &self,
        since: Instant,
        address: IpAddr,
        key_id: &str,
        reason: Unproven,
    ) {
        self.note(address, Entrance::Http.protocol(), key_id, reason.label());
        refusal_due(since).await;
    }
}
