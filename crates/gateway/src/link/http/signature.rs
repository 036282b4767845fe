//! Signatures by which those that we call know that it is us: Standard Webhooks 1.0.0.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use http::header::{HeaderMap, HeaderName, HeaderValue};
use sha2::{Digest, Sha256};
use sms::Timestamp;
use store::Lease;

use crate::config::SigningSecret;
use crate::inbox::EventId;

/// Signs what is posted to one endpoint.
pub(super) struct Signer {
    keys: Vec<Hmac<Sha256>>,
}

impl Signer {
    /// `None` without secrets: nothing is signed then.
    pub(super) fn new(secrets: &[SigningSecret]) -> Option<Self> {
        let key = |secret: &SigningSecret| Hmac::new_from_slice(secret.expose()).ok();
        let keys: Vec<_> = secrets.iter().filter_map(key).collect();
        (!keys.is_empty()).then_some(Self { keys })
    }

    /// Adds the headers of a call that tells of `leases` with this body, made at `now`.
    pub(super) fn sign(&self, headers: &mut HeaderMap, leases: &[Lease], now: Timestamp, body: &[u8]) {
        let id = event_id(leases);
        let seconds = (now.0 / 1000).to_string();
        let signature = self.signature(&id, &seconds, body);
        for (name, value) in [(ID, id), (TIMESTAMP, seconds), (SIGNATURE, signature)] {
            if let Ok(value) = HeaderValue::try_from(value) {
                headers.insert(name, value);
            }
        }
    }

    /// One signature per secret, so that receivers can go from one to the next.
    fn signature(&self, id: &str, seconds: &str, body: &[u8]) -> String {
        let mut signatures = String::with_capacity(self.keys.len() * SIGNATURE_OCTETS);
        for key in &self.keys {
            let signed: [&[u8]; 5] = [id.as_bytes(), b".", seconds.as_bytes(), b".", body];
            let mac = signed.into_iter().fold(key.clone(), |mac, octets| mac.chain_update(octets));
            signatures.push_str(if signatures.is_empty() { "v1," } else { " v1," });
            STANDARD.encode_string(mac.finalize().into_bytes(), &mut signatures);
        }
        signatures
    }
}

/// What is told, under a name that is the same whenever the same is told.
fn event_id(leases: &[Lease]) -> String {
    match leases {
        [lease] => EventId::of(lease).to_string(),
        leases => {
            let add = |hash: Sha256, lease: &Lease| hash.chain_update(EventId::of(lease).to_string());
            let hash = leases.iter().fold(Sha256::new(), add).finalize();
            format!("batch_{}", super::translate::hex(hash.get(..16).unwrap_or_default()))
        }
    }
}

// WH-1
const ID: HeaderName = HeaderName::from_static("webhook-id");
const TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
const SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");
/// A blank, the version with its comma, and 32 octets in base 64.
const SIGNATURE_OCTETS: usize = 1 + 3 + 44;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn secret(text: &str) -> SigningSecret {
        SigningSecret::try_from(text.to_owned()).unwrap()
    }

    // WH-1: the vector that Standard Webhooks publishes
    #[test]
    fn the_published_vector() {
        let signer = Signer::new(&[secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]).unwrap();
        let id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
        let signature = signer.signature(id, "1614265330", br#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    // WH-1
    #[test]
    fn while_a_secret_is_changed_both_are_used() {
        let secrets =
            ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"].map(secret);
        let both = Signer::new(&secrets).unwrap().signature("a", "1", b"{}");
        let each = secrets.map(|secret| Signer::new(&[secret]).unwrap().signature("a", "1", b"{}"));
        assert_eq!(both, each.join(" "));
        assert!(Signer::new(&[]).is_none());
    }
}
