//! Who calls.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::OptionalFromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::bodies;
use super::desk::Desk;
use super::problem::Problem;
use super::rate_limit;
use super::signed::SignedBy;
use crate::account::Account;
use crate::config::Scope;
use crate::login::{Credentials, Entrance, KeyHolder, Refused, Visitor};

impl Desk {
    /// The account that calls from `peer`, or the answer that refuses it.
    pub(super) async fn caller(
        &self,
        peer: SocketAddr,
        shown: Option<Shown>,
        scope: Scope,
    ) -> Result<Arc<Account>, Problem> {
        let directory = self.directory.load_full();
        let account = match shown.ok_or(Refused::Wrong)? {
            // Who only asks is told nothing that another page could read.
            Shown::Unmeant(_) if scope != Scope::Read => return Err(cross_site()),
            Shown::Password(credentials) | Shown::Unmeant(credentials) => {
                let visitor = Visitor { address: peer.ip(), entrance: Entrance::Http };
                self.door.admit(&directory, &visitor, credentials).await?
            }
            Shown::Key(key) => opened(self.door.admit_key(&directory, peer.ip(), &key).await?, scope)?,
            Shown::Signature(SignedBy(holder)) => opened(&holder, scope)?,
        };
        rate_limit::known(&account);
        bodies::known();
        Ok(account)
    }
}

/// What a caller shows. Has no `Debug` form, so that it cannot get into a log.
pub(super) enum Shown {
    Password(Credentials),
    /// A password that a browser remembers, and was made to show by a page of somebody else.
    Unmeant(Credentials),
    Key(String),
    /// One that was verified.
    Signature(SignedBy),
}

impl<S: Sync> OptionalFromRequestParts<S> for Shown {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Infallible> {
        let signed = parts.extensions.get::<SignedBy>().cloned().map(Self::Signature);
        Ok(signed.or_else(|| match shown(&parts.headers)? {
            Shown::Password(credentials) if is_made_to(&parts.headers) => Some(Shown::Unmeant(credentials)),
            shown => Some(shown),
        }))
    }
}

/// What an `Authorization` header shows, if it is readable: `Basic` (RFC 7617) or `Bearer` (RFC 6750).
pub(super) fn shown(headers: &HeaderMap) -> Option<Shown> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, said) = value.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("basic") {
        basic(said.trim()).map(Shown::Password)
    } else if scheme.eq_ignore_ascii_case("bearer") {
        Some(Shown::Key(said.trim().to_owned()))
    } else {
        None
    }
}

/// What is shown, unless a browser was made to show it: it knows the password of its user, but not who wants to
/// send. A signature is nothing that a browser adds by itself.
pub(super) fn meant(shown: Option<Shown>, headers: &HeaderMap) -> Option<Shown> {
    shown.filter(|shown| matches!(shown, Shown::Signature(_)) || !is_made_to(headers))
}

/// Whether a browser calls because a page of somebody else made it to (Fetch Metadata, `Sec-Fetch-Site`). Where it
/// says nothing of that, as over http, it says at least where a form comes from (Fetch, `Origin`).
pub(super) fn is_made_to(headers: &HeaderMap) -> bool {
    match (headers.get("sec-fetch-site"), headers.get(header::ORIGIN)) {
        (Some(site), _) => site != "none" && site != "same-origin",
        (None, Some(origin)) => !is_of(origin, headers.get(header::HOST)),
        (None, None) => false,
    }
}

/// Whether an origin is this host.
fn is_of(origin: &HeaderValue, host: Option<&HeaderValue>) -> bool {
    let authority = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
    authority.zip(host).is_some_and(|((_, authority), host)| host == authority)
}

fn opened(holder: &KeyHolder, scope: Scope) -> Result<Arc<Account>, Problem> {
    if holder.scopes.contains(&scope) { Ok(holder.account.clone()) } else { Err(not_in_scope()) }
}

fn basic(encoded: &str) -> Option<Credentials> {
    let pair = BASE64_STANDARD.decode(encoded).ok()?;
    let colon = pair.iter().position(|&octet| octet == b':')?;
    let (account, password) = pair.split_at(colon);
    let account = String::from_utf8(account.to_vec()).ok()?;
    Some(Credentials { account, password: password.get(1..)?.to_vec() })
}

fn cross_site() -> Problem {
    let detail =
        "a page of another site made the browser call: a password that it remembers does not count here";
    Problem::new(StatusCode::FORBIDDEN, "cross_site", detail)
}

fn not_in_scope() -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "scope_missing", "the key is good, but not for this")
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Wrong => {
                let detail = "a key, a signature, or account and password are needed, and not every account may call from here";
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
        let Some(Shown::Password(credentials)) = shown(&headers(&value)) else { panic!("not read") };
        assert_eq!(credentials.account, "bank");
        assert_eq!(credentials.password, b"a:b\xff");
    }

    #[test]
    fn a_key_is_what_it_is() {
        assert!(matches!(shown(&headers("bearer  estafet_x ")), Some(Shown::Key(key)) if key == "estafet_x"));
    }

    #[test]
    fn what_another_page_makes_a_browser_show_does_not_count() {
        for (site, counts) in
            [("none", true), ("same-origin", true), ("same-site", false), ("cross-site", false)]
        {
            let mut headers = headers("Bearer estafet_x");
            headers.insert("sec-fetch-site", site.parse().unwrap());
            assert_eq!(meant(shown(&headers), &headers).is_some(), counts, "{site}");
        }
        let plain = headers("Bearer estafet_x");
        assert!(meant(shown(&plain), &plain).is_some());
        for (origin, counts) in [
            ("http://sms.example:8080", true),
            ("http://sms.example", false),
            ("http://evil.example", false),
            ("null", false),
        ] {
            let mut headers = headers("Basic YTpi");
            headers.insert(header::HOST, "sms.example:8080".parse().unwrap());
            headers.insert(header::ORIGIN, origin.parse().unwrap());
            assert_eq!(meant(shown(&headers), &headers).is_some(), counts, "{origin}");
        }
    }

    #[test]
    fn other_headers_show_nothing() {
        assert!(shown(&HeaderMap::new()).is_none());
        for value in ["Bearer", "Digest YTpi", "Basic", "Basic !!!", "Basic YWI="] {
            assert!(shown(&headers(value)).is_none(), "{value}");
        }
    }
}
