//! What a caller says of its message for itself.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use axum::http::StatusCode;
use sms::{Attached, LinkName, ReceiptRequest};
use url::Url;

use super::super::problem::Problem;
use crate::account::Account;
use crate::attributes::{Attributes, Callback, Events, Excess, Form};
use crate::config::{EndpointConfig, Method};

/// Who hands messages in.
#[derive(Clone, Copy)]
pub(in super::super) struct Sender<'a> {
    name: &'a LinkName,
    /// The receipts that it gets if it does not decline them.
    receipts: ReceiptRequest,
    /// How it is called, if it is.
    callback: Option<&'a EndpointConfig>,
}

impl<'a> Sender<'a> {
    pub(in super::super) fn of(account: &'a Account) -> Self {
        let callback = account.config().callback.as_ref().map(|callback| &callback.endpoint);
        Self { name: account.name(), receipts: account.receipts_by_http(), callback }
    }

    #[cfg(test)]
    pub(super) fn without_callback(name: &'a LinkName) -> Self {
        Self { name, receipts: ReceiptRequest::TRACKED, callback: None }
    }
}

/// What a caller says of its message for itself.
pub(super) struct Said {
    pub(super) client_reference: Option<String>,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) callback_url: Option<String>,
    pub(super) receipt: bool,
}

/// What goes with a message, if it says anything, and the receipts that it takes.
pub(super) fn attached(
    said: Said,
    sender: Sender<'_>,
) -> Result<(Option<Arc<Attached>>, ReceiptRequest), Problem> {
    let receipts = match (&said.callback_url, said.receipt) {
        (None, true) => sender.receipts,
        (None, false) => ReceiptRequest::NONE,
        (Some(_), true) => Events::FINAL.receipts(),
        (Some(_), false) => return Err(refused("without a receipt there is nothing to call for")),
    };
    let attributes = Attributes {
        client_reference: said.client_reference.unwrap_or_default(),
        callback: said.callback_url.map(|url| callback(url, sender.callback)).transpose()?,
        tags: said.tags,
        ..Attributes::default()
    };
    Ok((attributes.checked().map_err(too_much)?.attached(sender.name), receipts))
}

/// WH-3: what may be called is what the callback of the account might be.
fn callback(url: String, manner: Option<&EndpointConfig>) -> Result<Callback, Problem> {
    let manner = manner.ok_or_else(|| not_allowed("goes with accounts that have a callback themselves"))?;
    let parsed: Url = url.parse().map_err(|error| refused(format!("not a URL: {error}")))?;
    // A URL is read with blanks around it, and without the slashes: nobody means that.
    let is_plain = ["http://", "https://"].iter().any(|scheme| starts_with(&url, scheme))
        && !url.contains(char::is_whitespace);
    if !is_plain || !parsed.has_host() {
        return Err(refused("an http or https URL with a host, without blanks"));
    }
    manner.reach.check(&parsed).map_err(|refusal| not_allowed(refusal.to_string()))?;
    Ok(Callback { url, events: Events::FINAL, form: Form::Json, method: Method::Post })
}

/// A scheme is one in capitals, too (RFC 3986, section 3.1).
fn starts_with(url: &str, scheme: &str) -> bool {
    url.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
}

/// A URL to call, as it is shown: without the password of its userinfo (RFC 3986, section 3.2.1), which whoever may read
/// need not know.
pub(super) fn shown_url(url: String) -> String {
    let Some(start) = url.find("://").map(|at| at + 3) else { return url };
    let end = url[start..].find(['/', '\\', '?', '#']).map_or(url.len(), |length| start + length);
    let userinfo = url[start..end].rfind('@').map(|length| &url[start..start + length]);
    match userinfo.and_then(|userinfo| userinfo.split_once(':')) {
        Some((user, password)) => {
            format!("{}{user}:***{}", &url[..start], &url[start + user.len() + 1 + password.len()..])
        }
        None => url,
    }
}

fn refused(detail: impl Into<Cow<'static, str>>) -> Problem {
    Problem::bad_value("callback_url", detail)
}

/// What is a URL, but not one that the account may have called.
fn not_allowed(detail: impl Into<Cow<'static, str>>) -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "callback_not_allowed", detail).in_field("callback_url")
}

fn too_much(excess: Excess) -> Problem {
    let field = match excess {
        Excess::ClientReference => "client_reference",
        Excess::CallbackUrl => "callback_url",
        Excess::Tags => "tags",
        Excess::Meta => "meta",
    };
    Problem::bad_value(field, excess.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_in_a_url_is_not_shown_again() {
        for (url, shown) in [
            ("https://bank.example/dlr?a=b:c@d", "https://bank.example/dlr?a=b:c@d"),
            ("https://bank:hunter22@bank.example:8443/dlr", "https://bank:***@bank.example:8443/dlr"),
            ("HTTP://bank:p@ss:w@rd@bank.example", "HTTP://bank:***@bank.example"),
            ("http://:hunter22@bank.example?x", "http://:***@bank.example?x"),
            ("http://bank@bank.example/a:b@c", "http://bank@bank.example/a:b@c"),
            ("http://bank.example\\a:b@c", "http://bank.example\\a:b@c"),
            ("", ""),
        ] {
            assert_eq!(shown_url(url.to_owned()), shown);
        }
    }
}
