//! One text by query or by form, as a page in a browser sends it; a browser is answered with a page.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Uri, header};
use axum::response::{IntoResponse, Response};

use super::caller::{self, Shown};
use super::desk::Desk;
use super::idempotency::{Key, Sent};
use super::messages::{check_type, read_up_to};
use super::openapi::HTML;
use super::problem::Problem;
use super::translate::{self, Accepted, MessageRequest};
use crate::account::Account;
use crate::config::Scope;
use crate::login::Credentials;

/// `GET /v1/send`: one text in the query, with `account` and `password` there or in the header.
pub(super) async fn by_query(
    State(desk): State<Desk>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    shown: Option<Shown>,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    let sent = match translate::send_query(&uri) {
        Ok(said) => desk.send(peer, shown, &headers, said).await,
        Err(problem) => Err(problem),
    };
    answer(&headers, sent.map(Sent::first))
}

/// `POST /v1/send`: the same in a form, as a page in a browser sends it.
pub(super) async fn by_form(
    State(desk): State<Desk>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    shown: Option<Shown>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let sent = desk.send_form(peer, shown, &parts.headers, body).await;
    answer(&parts.headers, sent)
}

/// A message, and the credentials beside it.
type Said = (Option<Credentials>, MessageRequest);

impl Desk {
    async fn send(
        &self,
        peer: SocketAddr,
        shown: Option<Shown>,
        headers: &HeaderMap,
        (credentials, message): Said,
    ) -> Result<Accepted, Problem> {
        let shown = caller::meant(shown, headers).or(credentials.map(Shown::Password));
        let account = self.sender(peer, shown, headers).await?;
        self.submit_one(account, message, None).await
    }

    async fn send_form(
        &self,
        peer: SocketAddr,
        shown: Option<Shown>,
        headers: &HeaderMap,
        body: Body,
    ) -> Result<Sent, Problem> {
        check_type(headers, "application/x-www-form-urlencoded")?;
        let known = match caller::meant(shown, headers) {
            Some(shown) => Some(self.sender(peer, Some(shown), headers).await?),
            None => None,
        };
        let octets_max = if known.is_some() { FORM_OCTETS_MAX } else { STRANGERS_FORM_OCTETS_MAX };
        let body = read_up_to(octets_max, body).await?;
        let (credentials, message) = translate::send_form(&body)?;
        let account = match known {
            Some(account) => account,
            None => self.sender(peer, credentials.map(Shown::Password), headers).await?,
        };
        match Key::shown(headers, account.name())? {
            None => self.submit_one(account, message, None).await.map(Sent::first),
            // What is kept must not help to guess a password.
            Some(key) => {
                let content = translate::without_credentials(&body);
                self.submit_one_once(account, key, &content, message).await
            }
        }
    }

    async fn sender(
        &self,
        peer: SocketAddr,
        shown: Option<Shown>,
        headers: &HeaderMap,
    ) -> Result<Arc<Account>, Problem> {
        self.caller(peer, shown, Scope::Send).await.map_err(|problem| {
            // Whatever its user would be asked for does not count here.
            if caller::is_made_to(headers) { problem.without_prompt() } else { problem }
        })
    }
}

/// The answer, in the words of whoever asks.
fn answer(headers: &HeaderMap, sent: Result<Sent, Problem>) -> Response {
    match (sent, wants_page(headers)) {
        (Ok(sent), false) => sent.into_response(),
        (Err(problem), false) => problem.into_response(),
        (Ok(sent), true) => {
            let page = translate::accepted_page(&sent.accepted);
            with_page(sent.into_response(), page)
        }
        (Err(problem), true) => {
            let page = translate::refused_page(&problem);
            with_page(problem.into_response(), page)
        }
    }
}

/// The same answer with this page in place of its body.
fn with_page(response: Response, page: String) -> Response {
    let (mut parts, _) = response.into_parts();
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(HTML));
    parts.headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'"));
    parts.headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(page))
}

/// Whether a page is asked for by its name, and liked better than JSON (RFC 9110, section 12.5.1).
fn wants_page(headers: &HeaderMap) -> bool {
    let weight = |name: &str| accepted(headers).find_map(|(said, weight)| (said == name).then_some(weight));
    weight("text/html").is_some_and(|page| page > weight("application/json").unwrap_or(0.0))
}

/// The types that are accepted, and how much they are liked.
fn accepted(headers: &HeaderMap) -> impl Iterator<Item = (String, f32)> {
    let ranges = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    ranges.flat_map(|value| value.split(',')).map(|range| {
        let mut parts = range.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default().to_ascii_lowercase();
        let weight = parts.find_map(|part| part.strip_prefix("q=").or(part.strip_prefix("Q=")));
        (name, weight.map_or(1.0, |weight| weight.parse().unwrap_or(0.0)))
    })
}

const ACCEPT: HeaderName = header::ACCEPT;
/// Whatever text has room in a message has room in a form, written in the longest way.
const FORM_OCTETS_MAX: usize = 512 << 10;
/// A form is read before it is known who calls, unless the head says it.
const STRANGERS_FORM_OCTETS_MAX: usize = 64 << 10;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_page_is_for_who_asks_for_it() {
        let wants = |accept: &str| wants_page(&HeaderMap::from_iter([(ACCEPT, accept.parse().unwrap())]));
        assert!(!wants_page(&HeaderMap::new()));
        for (accept, is_wanted) in [
            ("text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8", true),
            ("Text/HTML", true),
            ("*/*", false),
            ("text/*", false),
            ("application/json", false),
            ("application/json, text/html", false),
            ("application/json;q=0.5, text/html; q=0.9", true),
            ("text/html;q=0", false),
            ("text/html;q=x", false),
            ("", false),
        ] {
            assert_eq!(wants(accept), is_wanted, "{accept}");
        }
    }
}
