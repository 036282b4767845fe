//! How the file names certificates.

use std::path::PathBuf;

use rustls::pki_types::ServerName;
use serde::{Deserialize, Deserializer, de};

/// The SHA-256 of a certificate in DER form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint(pub [u8; 32]);

/// What an ESME's certificate must be or say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientCertificate {
    /// It is this one, whoever signed it.
    Fingerprint(Fingerprint),
    /// It is for this name (subjectAltName), and signed by an authority that we trust.
    Name(ServerName<'static>),
}

/// Where a certificate and what belongs to it are kept, in PEM form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateFiles {
    /// The certificate, followed by those between it and the authority.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

impl TryFrom<String> for Fingerprint {
    type Error = String;

    /// Hexadecimal digits, with or without colons between them, as `openssl x509 -fingerprint` prints them.
    fn try_from(text: String) -> Result<Self, String> {
        let wrong = || "a fingerprint is the SHA-256 of a certificate: 64 hexadecimal digits".to_owned();
        sha256_of_hexadecimal(&text.replace(':', "")).map(Self).ok_or_else(wrong)
    }
}

impl TryFrom<String> for ClientCertificate {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if let Ok(fingerprint) = Fingerprint::try_from(text.clone()) {
            return Ok(Self::Fingerprint(fingerprint));
        }
        ServerName::try_from(text)
            .map(Self::Name)
            .map_err(|_| "a certificate is told by its SHA-256 in hexadecimal or by a name in it".to_owned())
    }
}

/// Reads 64 hexadecimal digits.
pub(super) fn sha256_of_hexadecimal(digits: &str) -> Option<[u8; 32]> {
    let mut sha256 = [0; 32];
    if digits.len() != 2 * sha256.len() {
        return None;
    }
    for (octet, pair) in sha256.iter_mut().zip(digits.as_bytes().chunks(2)) {
        let value = |digit: u8| char::from(digit).to_digit(16);
        let [high, low] = pair else { return None };
        *octet = (value(*high)? << 4 | value(*low)?) as u8;
    }
    Some(sha256)
}

/// Reads one text or several. An empty list is no list: it would say that nothing is wanted.
pub(super) fn one_or_more<'de, T, D>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    T: TryFrom<String, Error = String>,
    D: Deserializer<'de>,
{
    let texts = match Texts::deserialize(deserializer)? {
        Texts::One(text) => vec![text],
        Texts::More(texts) => texts,
    };
    if texts.is_empty() {
        return Err(de::Error::custom("the list is empty"));
    }
    texts.into_iter().map(|text| T::try_from(text).map_err(de::Error::custom)).collect()
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Texts {
    One(String),
    More(Vec<String>),
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_fingerprint_is_read_as_openssl_prints_it() {
        let plain = "00ff".repeat(16);
        let colons = ["00", "FF"].repeat(16).join(":");
        let expected: [u8; 32] = std::array::from_fn(|index| if index % 2 == 0 { 0 } else { 0xFF });
        assert_eq!(Fingerprint::try_from(plain), Ok(Fingerprint(expected)));
        assert_eq!(Fingerprint::try_from(colons), Ok(Fingerprint(expected)));
        for wrong in ["", "00ff", &"0g".repeat(32), &"00".repeat(33), &"é".repeat(32)] {
            assert!(Fingerprint::try_from(wrong.to_owned()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_client_certificate_is_a_fingerprint_or_a_name() {
        let of = |text: &str| ClientCertificate::try_from(text.to_owned());
        assert!(matches!(of(&"ab".repeat(32)), Ok(ClientCertificate::Fingerprint(_))));
        assert!(matches!(of("esme.bank.example"), Ok(ClientCertificate::Name(_))));
        assert!(of("not a name").is_err());
    }
}
