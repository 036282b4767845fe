//! A page to try the API in a browser.

use axum::http::header;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};

/// `GET /v1/docs`: a page that reads the document and calls what it describes.
///
/// All of it is in the one answer, and the policy lets no other script run and nothing else be fetched than
/// from here.
pub(in super::super) async fn page() -> Response {
    let policy = format!(
        "default-src 'none'; connect-src 'self'; script-src '{}'; style-src '{}'; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'none'",
        source_of(SCRIPT),
        source_of(STYLE)
    );
    let headers = [
        (header::CONTENT_TYPE, HTML.to_owned()),
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (header::REFERRER_POLICY, "no-referrer".to_owned()),
    ];
    (headers, written()).into_response()
}

fn written() -> String {
    PAGE.replacen("<style></style>", &format!("<style>{STYLE}</style>"), 1).replacen(
        "<script></script>",
        &format!("<script>{SCRIPT}</script>"),
        1,
    )
}

/// The name of an inline script or style by its content (Content Security Policy 3, 2.3.1).
fn source_of(content: &str) -> String {
    format!("sha256-{}", BASE64_STANDARD.encode(Sha256::digest(content)))
}

/// The type of a page.
pub(in super::super) const HTML: &str = "text/html; charset=utf-8";
const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_needs_nothing_from_elsewhere() {
        let page = written();
        assert!(page.contains(STYLE) && page.contains(SCRIPT));
        for elsewhere in ["http://", "https://", "src=", "@import", "url(", "innerHTML"] {
            assert!(!page.contains(elsewhere), "{elsewhere}");
        }
    }
}
