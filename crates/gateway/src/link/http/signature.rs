//! Signatures by which those that we call know that it is us: Standard Webhooks 1.0.0.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
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

    /// The headers of a call that tells of `leases` with this body, made at `now`.
    pub(super) fn headers(&self, leases: &[Lease], now: Timestamp, body: &[u8]) -> HeaderMap {
        let id = event_id(leases);
        let seconds = (now.0 / 1000).to_string();
        let signature = self.signature(&id, &seconds, body);
        let headers = [(ID, id), (TIMESTAMP, seconds), (SIGNATURE, signature)];
        let header = |(name, value): (HeaderName, String)| Some((name, HeaderValue::try_from(value).ok()?));
        headers.into_iter().filter_map(header).collect()
    }

    /// One signature per secret, so that receivers can go from one to the next.
    fn signature(&self, id: &str, seconds: &str, body: &[u8]) -> String {
        let signature = |key: &Hmac<Sha256>| {
            let signed: [&[u8]; 5] = [id.as_bytes(), b".", seconds.as_bytes(), b".", body];
            let mac = signed.into_iter().fold(key.clone(), |mac, octets| mac.chain_update(octets));
            format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
        };
        self.keys.iter().map(signature).collect::<Vec<_>>().join(" ")
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
