//! What stands in a request because of its URL, and in each.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderName, HeaderValue,
    USER_AGENT,
};
use http::{Method, Request, Uri};
use http_body_util::Full;
use percent_encoding::percent_decode_str;
use url::Url;

use super::call::Call;

/// A URL as requests have it, read once for all of them.
pub(super) struct Target {
    uri: Uri,
    host: HeaderValue,
    /// RFC 7617, where the URL has a user or a password.
    credentials: Option<HeaderValue>,
}

impl Target {
    /// `None` if no request can be made for this URL.
    pub(super) fn of(url: &Url) -> Option<Self> {
        let credentials = credentials(url);
        let uri: Uri = match credentials {
            Some(_) => without_credentials(url.clone())?.as_str().parse().ok()?,
            None => url.as_str().parse().ok()?,
        };
        Some(Self { host: host(&uri)?, uri, credentials })
    }

    /// What is said, as a request; headers of the call itself go before those of ours.
    pub(super) fn request(&self, call: Call, attempt: u32) -> Request<Full<Bytes>> {
        let Call { mut headers, body, .. } = call;
        let (method, content_type, octets) = match body {
            Some((content_type, octets)) => (Method::POST, Some(content_type), octets),
            None => (Method::GET, None, Vec::new()),
        };
        headers.reserve(HEADERS);
        headers.entry(HOST).or_insert_with(|| self.host.clone());
        if let Some(credentials) = &self.credentials {
            headers.entry(AUTHORIZATION).or_insert_with(|| credentials.clone());
        }
        if let Some(content_type) = content_type {
            headers.entry(CONTENT_TYPE).or_insert(content_type);
            // RFC 9110 section 8.6, and hyper says it only of what is there.
            if octets.is_empty() {
                headers.entry(CONTENT_LENGTH).or_insert(0.into());
            }
        }
        headers.append(ATTEMPT, attempt.into());
        for (name, value) in USUAL {
            headers.entry(name).or_insert(value);
        }
        let mut request = Request::new(Full::new(octets.into()));
        *request.method_mut() = method;
        *request.uri_mut() = self.uri.clone();
        *request.headers_mut() = headers;
        request
    }
}

/// The host, with its port unless that is the usual one (RFC 9110 section 7.2).
fn host(uri: &Uri) -> Option<HeaderValue> {
    let host = uri.host()?;
    match uri.port_u16() {
        // A URL has no port that is the usual one of its scheme.
        Some(port) => HeaderValue::try_from(format!("{host}:{port}")).ok(),
        None => HeaderValue::from_str(host).ok(),
    }
}

fn credentials(url: &Url) -> Option<HeaderValue> {
    let (user, password) = (url.username(), url.password());
    if user.is_empty() && password.is_none() {
        return None;
    }
    let mut shown: Vec<u8> = percent_decode_str(user).collect();
    shown.push(b':');
    shown.extend(percent_decode_str(password.unwrap_or_default()));
    let mut value = HeaderValue::try_from(format!("Basic {}", BASE64_STANDARD.encode(shown))).ok()?;
    value.set_sensitive(true);
    Some(value)
}

fn without_credentials(mut url: Url) -> Option<Url> {
    url.set_username("").ok()?;
    url.set_password(None).ok()?;
    Some(url)
}

/// Room for ours, and for what HTTP adds.
const HEADERS: usize = 8;
const ATTEMPT: HeaderName = HeaderName::from_static("x-estafet-attempt");
const USUAL: [(HeaderName, HeaderValue); 3] = [
    (ACCEPT, HeaderValue::from_static("*/*")),
    (USER_AGENT, HeaderValue::from_static(concat!("estafet/", env!("CARGO_PKG_VERSION")))),
    // RFC 9110 section 12.5.3: without a word of ours any coding would do.
    (ACCEPT_ENCODING, HeaderValue::from_static("identity")),
];

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn target(url: &str) -> Option<Target> {
        Target::of(&url.parse().unwrap())
    }

    #[test]
    fn the_host_is_told_as_it_stands_in_the_url() {
        for (url, expected) in [
            ("http://cp.example/mo", "cp.example"),
            ("http://CP.example:80/", "cp.example"),
            ("https://cp.example:443", "cp.example"),
            ("https://cp.example:80/", "cp.example:80"),
            ("http://u:p@cp.example:8080/", "cp.example:8080"),
            ("http://[2001:DB8::1]:8080/", "[2001:db8::1]:8080"),
            ("http://[::1]/", "[::1]"),
            ("https://bücher.example/", "xn--bcher-kva.example"),
        ] {
            assert_eq!(target(url).unwrap().host, expected, "{url}");
        }
        assert!(target("https://{{host}}/").is_none());
    }

    #[test]
    fn who_calls_stands_in_no_uri() {
        for (url, expected) in [
            ("http://u:p@cp.example/", Some("Basic dTpw")),
            ("http://u@cp.example/", Some("Basic dTo=")),
            ("http://:p@cp.example/", Some("Basic OnA=")),
            ("http://u%E9:p%20+@cp.example/", Some("Basic dek6cCAr")),
            ("http://@cp.example/", None),
            ("http://cp.example/", None),
        ] {
            let target = target(url).unwrap();
            assert_eq!(target.credentials.as_ref().map(|value| value.to_str().unwrap()), expected, "{url}");
            assert_eq!(target.uri, "http://cp.example/", "{url}");
        }
    }
}
