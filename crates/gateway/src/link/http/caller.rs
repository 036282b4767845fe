//! Who calls.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::http::{HeaderMap, StatusCode, header};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::desk::Desk;
use super::problem::Problem;
use crate::account::Account;
use crate::login::{Credentials, Entrance, Refused, Visitor};

impl Desk {
    /// The account that calls from `peer`, or the answer that refuses it.
    pub(super) async fn caller(
        &self,
        peer: SocketAddr,
        credentials: Option<Credentials>,
    ) -> Result<Arc<Account>, Problem> {
        let Some(credentials) = credentials else { return Err(Refused::Wrong.into()) };
        let visitor = Visitor { address: peer.ip(), entrance: Entrance::Http };
        Ok(self.door.admit(&self.directory.load_full(), &visitor, credentials).await?)
    }
}

/// The credentials of an `Authorization: Basic` header (RFC 7617), if there is a readable one.
pub(super) fn basic(headers: &HeaderMap) -> Option<Credentials> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let pair = BASE64_STANDARD.decode(encoded.trim()).ok()?;
    let colon = pair.iter().position(|&octet| octet == b':')?;
    let (account, password) = pair.split_at(colon);
    let account = String::from_utf8(account.to_vec()).ok()?;
    Some(Credentials { account, password: password.get(1..)?.to_vec() })
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Wrong => {
                let detail = "account and password are needed, and the account may not call from everywhere";
                Self::new(StatusCode::UNAUTHORIZED, "unauthorised", detail)
            }
            Refused::Unheard(wait) => {
                let detail = "too many logins failed or wait; this one was not looked at";
                let seconds = u32::try_from(wait.as_secs() + 1).unwrap_or(u32::MAX);
                Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_failures", detail).retry_after(seconds)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn headers(value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, value.parse().unwrap());
        headers
    }

    #[test]
    fn the_password_is_all_behind_the_first_colon() {
        let value = format!("basic {}", BASE64_STANDARD.encode(b"bank:a:b\xff"));
        let credentials = basic(&headers(&value)).unwrap();
        assert_eq!(credentials.account, "bank");
        assert_eq!(credentials.password, b"a:b\xff");
    }

    #[test]
    fn other_headers_are_no_credentials() {
        assert!(basic(&HeaderMap::new()).is_none());
        for value in ["Bearer YTpi", "Basic", "Basic !!!", "Basic YWI="] {
            assert!(basic(&headers(value)).is_none(), "{value}");
        }
    }
}
