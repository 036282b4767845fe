//! Programs that show a key instead of account and password.
//!
//! A key has 256 bits of chance: it cannot be guessed, so nobody need be kept from trying, and to look it
//! up costs nothing, so nobody need wait for a turn. What cannot be guessed cannot be besieged either.

use std::net::IpAddr;

use tokio::time::Instant;

use super::door::{Door, refusal_due};
use super::holder::KeyHolder;
use super::visitor::{Entrance, Reason, Refused, Visitor};
use crate::config::ApiKeyHash;
use crate::directory::Directory;

impl Door {
    /// Who holds this key. A refusal comes as late as that of a password.
    pub(crate) async fn admit_key<'a>(
        &self,
        directory: &'a Directory,
        address: IpAddr,
        key: &str,
    ) -> Result<&'a KeyHolder, Refused> {
        let since = Instant::now();
        let holder = directory.keys.get(&ApiKeyHash::of(key)).ok_or(Reason::UnknownKey);
        let visitor = Visitor { address, entrance: Entrance::Http };
        let (name, reason) = match holder {
            Ok(holder) => match visitor.candidate(Some(&holder.account)) {
                Ok(_) => return Ok(holder),
                Err(reason) => (holder.account.name().as_str(), reason),
            },
            Err(reason) => ("", reason),
        };
        self.report(None, &visitor, name, reason);
        refusal_due(since).await;
        Err(Refused::Wrong)
    }
}
