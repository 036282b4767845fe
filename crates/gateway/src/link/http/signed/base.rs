//! The signature base: the octets that are signed (RFC 9421, section 2.5).

use axum::http::header::HOST;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName};

/// What is signed of a request that was called by `scheme`; `None` if a component is not there, or none
/// that we know.
pub(super) fn signature_base(
    parts: &Parts,
    scheme: &str,
    components: &[String],
    parameters: &str,
) -> Option<Vec<u8>> {
    let mut base = Vec::new();
    for component in components {
        base.extend_from_slice(format!("\"{component}\": ").as_bytes());
        base.extend(value(parts, scheme, component)?);
        base.push(b'\n');
    }
    base.extend_from_slice(format!("\"@signature-params\": {parameters}").as_bytes());
    Some(base)
}

fn value(parts: &Parts, scheme: &str, component: &str) -> Option<Vec<u8>> {
    let uri = &parts.uri;
    let target = || uri.path_and_query().map_or("/", |target| target.as_str());
    let text = match component {
        "@method" => parts.method.as_str().to_owned(),
        "@scheme" => scheme.to_owned(),
        "@authority" => authority(parts, scheme)?,
        "@target-uri" => format!("{scheme}://{}{}", named_authority(parts)?, target()),
        "@request-target" => target().to_owned(),
        "@path" => uri.path().to_owned(),
        "@query" => format!("?{}", uri.query().unwrap_or_default()),
        name => return field(&parts.headers, name),
    };
    Some(text.into_bytes())
}

/// In lower case, without the port that goes without saying (section 2.2.3).
fn authority(parts: &Parts, scheme: &str) -> Option<String> {
    let authority = named_authority(parts)?.to_ascii_lowercase();
    let usual = if scheme == "https" { ":443" } else { ":80" };
    Some(authority.strip_suffix(usual).map(str::to_owned).unwrap_or(authority))
}

/// Whom the caller wants to speak to: `:authority` or the whole URL in the first line, otherwise `Host`
/// (RFC 9112, section 3.3).
fn named_authority(parts: &Parts) -> Option<&str> {
    if let Some(authority) = parts.uri.authority() {
        return Some(authority.as_str());
    }
    let mut hosts = parts.headers.get_all(HOST).iter();
    let host = hosts.next()?.to_str().ok()?;
    hosts.next().is_none().then_some(host)
}

/// The lines of a field in one (section 2.1).
fn field(headers: &HeaderMap, name: &str) -> Option<Vec<u8>> {
    let known = HeaderName::from_bytes(name.as_bytes()).ok().filter(|known| known.as_str() == name)?;
    let lines: Vec<&[u8]> = headers.get_all(known).iter().map(|line| line.as_bytes().trim_ascii()).collect();
    (!lines.is_empty()).then(|| lines.join(&b", "[..]))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use axum::http::Request;
    use base64::Engine;
    use base64::prelude::BASE64_STANDARD;
    use hmac::{Hmac, KeyInit, Mac};
    use sha2::Sha256;

    use super::super::input::SignatureInput;
    use super::*;

    /// RFC 9421, appendix B.1.5: `test-shared-secret`.
    const SECRET: &str =
        "uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==";
    const MAC: &str = "pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=";

    /// The request of appendix B.2, as far as it is signed there.
    fn test_request() -> axum::http::request::Builder {
        Request::post("/foo?param=Value&Pet=dog")
            .header("host", "example.com")
            .header("date", "Tue, 20 Apr 2021 02:07:55 GMT")
            .header("content-type", "application/json")
            .header("signature-input", INPUT)
            .header("signature", format!("sig-b25=:{MAC}:"))
    }

    const INPUT: &str =
        r#"sig-b25=("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret""#;

    // RFC 9421, appendix B.2.5
    #[test]
    fn the_published_vector_of_hmac_sha256() {
        let (parts, ()) = test_request().body(()).unwrap().into_parts();
        let input = SignatureInput::read(&parts.headers).unwrap();
        let base = signature_base(&parts, "https", &input.components, &input.parameters).unwrap();
        let expected = [
            r#""date": Tue, 20 Apr 2021 02:07:55 GMT"#,
            r#""@authority": example.com"#,
            r#""content-type": application/json"#,
            r#""@signature-params": ("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret""#,
        ];
        assert_eq!(String::from_utf8(base.clone()).unwrap(), expected.join("\n"));
        let secret = BASE64_STANDARD.decode(SECRET).unwrap();
        let mac = Hmac::<Sha256>::new_from_slice(&secret).unwrap().chain_update(&base).finalize();
        assert_eq!(BASE64_STANDARD.encode(mac.into_bytes()), MAC);
        assert_eq!(
            (input.created, &input.octets[..]),
            (1_618_884_473, &BASE64_STANDARD.decode(MAC).unwrap()[..])
        );
    }

    fn component(request: axum::http::request::Builder, scheme: &str, name: &str) -> Option<String> {
        let (parts, ()) = request.body(()).unwrap().into_parts();
        value(&parts, scheme, name).map(|value| String::from_utf8(value).unwrap())
    }

    // RFC 9421, section 2.2
    #[test]
    fn the_parts_of_a_request_under_their_names() {
        for (name, expected) in [
            ("@method", "POST"),
            ("@target-uri", "https://example.com/foo?param=Value&Pet=dog"),
            ("@authority", "example.com"),
            ("@scheme", "https"),
            ("@request-target", "/foo?param=Value&Pet=dog"),
            ("@path", "/foo"),
            ("@query", "?param=Value&Pet=dog"),
            ("date", "Tue, 20 Apr 2021 02:07:55 GMT"),
        ] {
            assert_eq!(component(test_request(), "https", name).as_deref(), Some(expected), "{name}");
        }
        for unknown in ["@status", "@query-param", "@signature-params", "Date", "x-absent", "not a name"] {
            assert_eq!(component(test_request(), "https", unknown), None, "{unknown}");
        }
        let bare = || Request::get("/").header("host", "example.com");
        assert_eq!(component(bare(), "https", "@query").as_deref(), Some("?"));
        let twice = bare().header("x-two", " a ").header("x-two", "b");
        assert_eq!(component(twice, "https", "x-two").as_deref(), Some("a, b"));
    }

    // RFC 9421, section 2.2.3
    #[test]
    fn the_authority_is_in_lower_case_and_without_the_usual_port() {
        let authority = |host: &str, scheme| {
            component(Request::get("/").header("host", host), scheme, "@authority").unwrap()
        };
        assert_eq!(authority("Example.COM", "https"), "example.com");
        assert_eq!(authority("example.com:443", "https"), "example.com");
        assert_eq!(authority("example.com:443", "http"), "example.com:443");
        assert_eq!(authority("example.com:80", "http"), "example.com");
        assert_eq!(authority("[::1]:8080", "http"), "[::1]:8080");
        let whole = || Request::get("http://one.example/").header("host", "other.example");
        assert_eq!(component(whole(), "http", "@authority").as_deref(), Some("one.example"));
        let two = Request::get("/").header("host", "one.example").header("host", "other.example");
        assert_eq!(component(two, "http", "@authority"), None);
    }
}
