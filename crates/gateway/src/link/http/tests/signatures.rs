//! Requests that are signed instead of showing a password or a key.

use std::fmt::Write;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use sms::Timestamp;
use tokio::time::Instant;

use super::*;

const ONE: &str = r#"{"from": "BANK", "to": "628111", "text": "hello"}"#;
const START: u64 = 1_800_000_000;

/// A desk that was opened at [`START`], 10 seconds ago.
async fn desk() -> Desk {
    let desk = Desk::at(Clock::starting_at(Timestamp(START * 1000)), Arc::default());
    tokio::time::advance(Duration::from_secs(10)).await;
    desk
}

/// A request as its sender signs it, and as it is sent.
#[derive(Clone)]
struct Signed {
    method: &'static str,
    target: String,
    host: &'static str,
    body: Vec<u8>,
    /// What the digest is of, if there is one.
    digested: Option<Vec<u8>>,
    components: Vec<&'static str>,
    parameters: String,
    secret: [u8; 32],
    headers: Vec<(&'static str, &'static str)>,
}

impl Signed {
    fn post(body: &str) -> Self {
        Self {
            method: "POST",
            target: "/v1/messages".into(),
            body: body.into(),
            digested: Some(body.into()),
            components: vec!["@method", "@authority", "@path", "@query", "content-digest"],
            headers: vec![("content-type", "application/json")],
            ..Self::get("/v1/messages")
        }
    }

    fn get(target: &str) -> Self {
        Self {
            method: "GET",
            target: target.into(),
            host: "sms.example",
            body: Vec::new(),
            digested: None,
            components: vec!["@method", "@authority", "@path", "@query"],
            parameters: parameters("bank/cron", START + 10),
            secret: [7; 32],
            headers: Vec::new(),
        }
    }

    fn at(mut self, created: u64) -> Self {
        self.parameters = parameters("bank/cron", created);
        self
    }

    fn by(mut self, key_id: &str) -> Self {
        self.parameters = parameters(key_id, START + 10);
        self
    }

    fn also(mut self, parameter: &str) -> Self {
        write!(self.parameters, ";{parameter}").unwrap();
        self
    }

    fn without(mut self, component: &str) -> Self {
        self.components.retain(|covered| *covered != component);
        self
    }

    /// The request, which `tamper` may change once it is signed.
    fn request(&self, tamper: impl FnOnce(&mut Self)) -> Request<Body> {
        let digest =
            |content: &Vec<u8>| format!("sha-256=:{}:", BASE64_STANDARD.encode(Sha256::digest(content)));
        let (path, query) = self.target.split_once('?').unwrap_or((&self.target, ""));
        let mut base = String::new();
        for component in &self.components {
            let value = match *component {
                "@method" => self.method.to_owned(),
                "@authority" => self.host.to_owned(),
                "@path" => path.to_owned(),
                "@query" => format!("?{query}"),
                "@target-uri" => format!("https://{}{}", self.host, self.target),
                _ => digest(self.digested.as_ref().unwrap()),
            };
            writeln!(base, "\"{component}\": {value}").unwrap();
        }
        let names: Vec<String> = self.components.iter().map(|component| format!("\"{component}\"")).collect();
        let input = format!("({}){}", names.join(" "), self.parameters);
        write!(base, "\"@signature-params\": {input}").unwrap();
        let mac = Hmac::<Sha256>::new_from_slice(&self.secret).unwrap().chain_update(base).finalize();
        let mut sent = self.clone();
        tamper(&mut sent);
        let mut request = Request::builder().method(sent.method).uri(&sent.target).header("host", sent.host);
        if let Some(digested) = &sent.digested {
            request = request.header("content-digest", digest(digested));
        }
        for (name, value) in &sent.headers {
            request = request.header(*name, *value);
        }
        let signature = BASE64_STANDARD.encode(mac.into_bytes());
        let input = format!("sig={input}").replace(&self.parameters, &sent.parameters);
        request = request.header("signature-input", input).header("signature", format!("sig=:{signature}:"));
        request.body(sent.body.into()).unwrap()
    }
}

fn parameters(key_id: &str, created: u64) -> String {
    format!(";created={created};keyid=\"{key_id}\";alg=\"hmac-sha256\"")
}

impl Desk {
    async fn ask_signed(&self, signed: &Signed) -> Answer {
        self.ask(signed.request(|_| {})).await
    }
}

// RFC 9421, sections 2.2, 3.2 and 7.2.1
#[tokio::test(start_paused = true)]
async fn a_signature_opens_what_is_in_the_scopes_of_its_key() {
    let desk = desk().await;
    assert_eq!(desk.ask_signed(&Signed::post(ONE)).await.status, 202);
    let query = Signed::get("/v1/send?from=BANK&to=628111&text=hello");
    assert_eq!(desk.ask_signed(&query).await.status, 202);
    let mut whole = query.clone().also("nonce=\"1\"");
    whole.components = vec!["@target-uri", "@method"];
    assert_eq!(desk.ask_signed(&whole).await.status, 202);
    let out_of_scope = desk.ask_signed(&Signed::get("/v1/messages")).await;
    assert_eq!(out_of_scope.problem(), problem(403, "scope_missing"));
    let found = Signed::get("/v1/messages").by("safe/cron");
    assert_eq!(desk.ask_signed(&found).await.status, 200);
    let kept = desk.kept();
    assert_eq!(kept.len(), 3);
    assert!(kept.iter().flatten().all(|entry| entry.message.origin.as_str() == "bank"));
}

#[tokio::test(start_paused = true)]
async fn the_octets_that_came_are_digested_not_what_is_in_them() {
    let desk = desk().await;
    let mut zipped = GzEncoder::new(Vec::new(), Compression::fast());
    std::io::Write::write_all(&mut zipped, ONE.as_bytes()).unwrap();
    let mut signed = Signed::post(ONE);
    signed.body = zipped.finish().unwrap();
    signed.headers.push(("content-encoding", "gzip"));
    assert_eq!(desk.ask_signed(&signed).await.problem(), problem(401, "wrong_digest"));
    signed.digested = Some(signed.body.clone());
    assert_eq!(desk.ask_signed(&signed).await.status, 202);
}

/// What is done to a request on its way.
type Tampering = fn(&mut Signed);

#[tokio::test(start_paused = true)]
async fn a_form_is_signed_as_json_is() {
    let desk = desk().await;
    let form = |body: &str| Signed {
        target: "/v1/send".into(),
        headers: vec![("content-type", "application/x-www-form-urlencoded")],
        ..Signed::post(body)
    };
    let signed = form("from=BANK&to=628111&text=hello");
    let other = signed.request(|sent| sent.body = b"from=BANK&to=628111&text=other".to_vec());
    assert_eq!(desk.ask(other).await.problem(), problem(401, "wrong_digest"));
    assert_eq!(desk.ask_signed(&signed).await.status, 202);
    assert_eq!(desk.ask_signed(&signed).await.problem(), problem(401, "replayed_signature"));
    // Whose signature it is counts, and not what else the form says.
    let named = form("account=safe&password=hunter55&from=BANK&to=628111&text=hello").at(START + 11);
    assert_eq!(desk.ask_signed(&named).await.status, 202);
    assert!(desk.kept().iter().flatten().all(|entry| entry.message.origin.as_str() == "bank"));
}

// S-9, ABU-1
#[tokio::test(start_paused = true)]
async fn what_was_changed_under_a_signature_is_refused_as_a_wrong_password_is() {
    let desk = desk().await;
    let wrong = desk.get("/v1/messages", Some("bank:wrong")).await;
    let changes: [(&str, Tampering); 7] = [
        ("method", |sent| sent.method = "PUT"),
        ("authority", |sent| sent.host = "other.example"),
        ("path", |sent| sent.target = "/v1/preview".into()),
        ("query", |sent| sent.target.push_str("?x=1")),
        ("digest", |sent| (sent.body, sent.digested) = (b"{}".to_vec(), Some(b"{}".to_vec()))),
        ("time", |sent| sent.parameters = parameters("bank/cron", START + 11)),
        ("key of those who are far", |sent| sent.parameters = parameters("far/cron", START + 10)),
    ];
    for (what, change) in changes {
        let since = Instant::now();
        let answer = desk.ask(Signed::post(ONE).request(change)).await;
        if what == "method" {
            assert_eq!(answer.status, 405, "the path does not know it");
            continue;
        }
        assert_eq!((&answer.body, &answer.headers), (&wrong.body, &wrong.headers), "{what}");
        assert_eq!(since.elapsed(), Duration::from_secs(1), "{what}");
    }
    let mut other_secret = Signed::post(ONE);
    other_secret.secret = [8; 32];
    for refused in [other_secret, Signed::post(ONE).by("nobody/cron"), Signed::post(ONE).by("far/cron")] {
        let since = Instant::now();
        let answer = desk.ask_signed(&refused).await;
        assert_eq!((&answer.body, &answer.headers), (&wrong.body, &wrong.headers), "{}", refused.parameters);
        assert_eq!(since.elapsed(), Duration::from_secs(1));
    }
    assert_eq!(desk.ask_signed(&Signed::get("/v1/messages/7").by("safe/cron")).await.status, 404);
    let read = Signed::get("/v1/messages").by("safe/cron").request(|sent| sent.method = "POST");
    assert_eq!(desk.ask(read).await.problem(), problem(401, "unauthorised"));
    assert!(desk.kept().is_empty());
}

// RFC 9530, section 2
#[tokio::test(start_paused = true)]
async fn a_body_is_sent_as_it_was_signed_or_not_at_all() {
    let desk = desk().await;
    let other = ONE.replace("628111", "628222").into_bytes();
    let unsigned = Signed { digested: None, ..Signed::post(ONE).without("content-digest") };
    let uncovered = Signed::post(ONE).without("content-digest").request(|_| {});
    for (request, code, what) in [
        (Signed::post(ONE).request(|sent| sent.body = other), "wrong_digest", "another body"),
        (Signed::post(ONE).request(|sent| sent.body.clear()), "wrong_digest", "no body"),
        (unsigned.request(|_| {}), "unfit_signature", "a body without a digest"),
        (uncovered, "unfit_signature", "a digest that is not signed"),
    ] {
        let since = Instant::now();
        assert_eq!(desk.ask(request).await.problem(), problem(401, code), "{what}");
        assert_eq!(since.elapsed(), Duration::from_secs(1), "{what}");
    }
    assert!(desk.kept().is_empty());
    assert_eq!(desk.ask_signed(&Signed::post(ONE)).await.status, 202, "none of them has used it up");
}

#[tokio::test(start_paused = true)]
async fn a_signature_that_covers_too_little_is_told_so() {
    let desk = desk().await;
    for component in ["@method", "@authority", "@path", "@query"] {
        let answer = desk.ask_signed(&Signed::post(ONE).without(component)).await;
        assert_eq!(answer.problem(), problem(401, "unfit_signature"), "{component}");
    }
    let unknown = Signed { components: vec!["@method", "@target-uri", "x-absent"], ..Signed::post(ONE) };
    assert_eq!(desk.ask_signed(&unknown).await.problem(), problem(401, "unfit_signature"));
    let garbage = Request::get("/v1/messages").header("signature-input", "((((").body(Body::empty()).unwrap();
    assert_eq!(desk.ask(garbage).await.problem(), problem(401, "unfit_signature"));
}

// RFC 9421, section 7.2.2
#[tokio::test(start_paused = true)]
async fn a_signature_is_good_for_five_minutes_and_once() {
    let desk = desk().await;
    let now = START + 10;
    for (signed, answer) in [
        (Signed::post(ONE).at(now - 301), "stale_signature"),
        // A second later: a refusal takes so long.
        (Signed::post(ONE).at(now + 12), "stale_signature"),
        (Signed::post(ONE).also(&format!("expires={now}")), "stale_signature"),
        (Signed::post(ONE).also(&format!("expires={}", now - 1)), "stale_signature"),
    ] {
        assert_eq!(desk.ask_signed(&signed).await.problem(), problem(401, answer), "{}", signed.parameters);
    }
    let now = START + 14;
    for signed in [
        Signed::post(ONE).at(now),
        Signed::post(ONE).at(now + 9),
        Signed::post(ONE).at(START + 1),
        Signed::post(ONE).at(now).also("expires=9999999999"),
        Signed::post(ONE).at(now).also("nonce=\"another\""),
    ] {
        assert_eq!(desk.ask_signed(&signed).await.status, 202, "{}", signed.parameters);
        let since = Instant::now();
        assert_eq!(desk.ask_signed(&signed).await.problem(), problem(401, "replayed_signature"));
        assert_eq!(since.elapsed(), Duration::from_secs(1));
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_signed_before_the_start_is_to_be_signed_anew() {
    let desk = desk().await;
    let answer = desk.ask_signed(&Signed::post(ONE).at(START)).await;
    assert_eq!(answer.problem(), problem(503, "unavailable"));
    assert_eq!(answer.header("retry-after"), Some("1"));
    assert!(desk.kept().is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_account_may_be_opened_by_signatures_alone() {
    let desk = desk().await;
    assert_eq!(desk.get("/v1/messages", Some("safe:hunter55")).await.problem(), problem(401, "unauthorised"));
    let with_key = |key: &str| {
        let request = Request::get("/v1/messages").header("authorization", format!("Bearer {key}"));
        desk.ask(request.body(Body::empty()).unwrap())
    };
    assert_eq!(with_key("key that is not enough").await.problem(), problem(401, "unauthorised"));
    assert_eq!(desk.ask_signed(&Signed::get("/v1/messages").by("safe/cron")).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn who_shows_something_else_is_judged_by_that() {
    let desk = desk().await;
    let garbage = |login: &str| {
        let request = Request::get("/v1/messages").header("authorization", basic(login));
        desk.ask(request.header("signature-input", "proxy=()").body(Body::empty()).unwrap())
    };
    assert_eq!(garbage("bank:hunter22").await.status, 200);
    assert_eq!(garbage("bank:wrong").await.problem(), problem(401, "unauthorised"));
}
