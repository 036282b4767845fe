//! Whether a password is the account's; at once if it was found right a short while ago.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use argon2::{Argon2, PasswordVerifier};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use super::lanes::Turn;
use crate::clock;
use crate::config::{AccountPassword, PasswordHash};

/// The password of one account.
pub(super) struct Password {
    kept: AccountPassword,
    /// Of this process and this account alone, so that a digest is of no use elsewhere.
    digest_key: [u8; 32],
    /// Argon2 takes tens of milliseconds, and who calls by HTTP would pay them for every message.
    known: Mutex<Option<Known>>,
}

/// The keyed digest of a password that is known to be right.
struct Known {
    digest: Digest,
    /// `None` is as long as the account stays as it is: the file has the password itself.
    until: Option<Instant>,
}

type Digest = [u8; 32];

impl Password {
    pub(super) fn new(kept: AccountPassword) -> Self {
        let digest_key = rand::random();
        let known = match &kept {
            AccountPassword::Plain(secret) => {
                Some(Known { digest: digest(&digest_key, secret.expose().as_bytes()), until: None })
            }
            AccountPassword::Hashed(_) => None,
        };
        Self { kept, digest_key, known: Mutex::new(known) }
    }

    /// Whether it is known already that this is the password; takes microseconds. False says nothing if
    /// the file has a hash alone.
    pub(super) fn is_known(&self, password: &[u8]) -> bool {
        let shown = digest(&self.digest_key, password);
        let now = clock::now();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.take_if(|known| known.until.is_some_and(|until| until <= now));
        let Some(known) = known.as_mut() else { return false };
        let is_right: bool = known.digest.ct_eq(&shown).into();
        if is_right && known.until.is_some() {
            known.until = Some(now + KNOWN_FOR);
        }
        is_right
    }

    /// Whether this is the password. Uses the turn up, even if nobody waits for the answer any more.
    pub(super) async fn verify(&self, password: Vec<u8>, turn: Turn) -> bool {
        // Somebody with the same password may have been before us.
        if self.is_known(&password) {
            return true;
        }
        let AccountPassword::Hashed(hash) = &self.kept else { return false };
        let (hash, shown) = (hash.clone(), digest(&self.digest_key, &password));
        let verdict = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            matches(&hash, &password)
        });
        let is_right = verdict.await.unwrap_or(false);
        if is_right {
            let known = Known { digest: shown, until: Some(clock::now() + KNOWN_FOR) };
            *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some(known);
        }
        is_right
    }
}

fn digest(key: &[u8; 32], password: &[u8]) -> Digest {
    Hmac::<Sha256>::new_from_slice(key)
        .map(|mac| mac.chain_update(password).finalize().into_bytes().into())
        .unwrap_or_default()
}

fn matches(hash: &PasswordHash, password: &[u8]) -> bool {
    argon2::PasswordHash::new(hash.as_str())
        .is_ok_and(|hash| Argon2::default().verify_password(password, &hash).is_ok())
}

/// How long a password that a hash was verified for is known, from its last use.
const KNOWN_FOR: Duration = Duration::from_secs(15 * 60);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::super::lanes::Lanes;
    use super::super::tests::hash;
    use super::*;

    async fn verify(password: &Password, shown: &str) -> bool {
        let turn = Lanes::new().turn(true).await.unwrap();
        password.verify(shown.into(), turn).await
    }

    #[tokio::test]
    async fn a_password_in_the_file_is_known_from_the_start_and_for_ever() {
        let password = Password::new(AccountPassword::Plain("hunter22".into()));
        assert!(password.is_known(b"hunter22"));
        for wrong in ["", "hunter2", "hunter23", "hunter222"] {
            assert!(!password.is_known(wrong.as_bytes()));
            assert!(!verify(&password, wrong).await, "{wrong}");
        }
        assert!(verify(&password, "hunter22").await);
    }

    #[tokio::test(start_paused = true)]
    async fn what_a_hash_was_verified_for_is_known_as_long_as_it_is_used() {
        let password = Password::new(AccountPassword::Hashed(hash("hunter22")));
        assert!(!password.is_known(b"hunter22"));
        assert!(!verify(&password, "hunter23").await);
        assert!(!password.is_known(b"hunter23"));
        assert!(verify(&password, "hunter22").await);
        for _ in 0..3 {
            tokio::time::advance(KNOWN_FOR - Duration::from_secs(1)).await;
            assert!(password.is_known(b"hunter22") && !password.is_known(b"hunter23"));
        }
        tokio::time::advance(KNOWN_FOR).await;
        assert!(!password.is_known(b"hunter22"));
        assert!(verify(&password, "hunter22").await);
    }
}
