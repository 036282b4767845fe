#![allow(clippy::unwrap_used)]

use std::path::Path;

use super::*;

const DESIGN: &str = r#"
data_dir = "data"

[smpp]
listen = "127.0.0.1:2775"

[http]
listen = "127.0.0.1:8080"

[[smsc]]
name = "telco-a"
address = "127.0.0.1:2776"
system_id = "estafet"
password = "secret"
bind = "transceiver"
sessions = 2
window = 100
rate = 0
response_id = "hex"
receipt_id = "decimal"

[[account]]
name = "bank"
password = "hunter22"
window = 100
rate = 0
max_binds = 10
allow_from = ["192.0.2.0/24"]
sources = ["1234", "BANK"]

[[application]]
name = "games"
url = "http://127.0.0.1:9000/mo"
allow_private_address = true

[[route]]
from = { link = "bank" }
to = ["telco-a"]

[[route]]
match = { destination = "1234", keyword = "GAME" }
to = ["games"]
"#;

fn parse(text: &str) -> Result<Config, String> {
    Config::parse(text, Path::new("estafet.toml")).map_err(|error| error.to_string())
}

#[test]
fn the_documented_file_is_taken() {
    let config = parse(DESIGN).unwrap();
    assert_eq!(config.smsc[0].sessions.get(), 2);
    assert_eq!(config.account[0].max_binds, 10);
    assert_eq!(config.route.len(), 2);
}

#[test]
fn an_unknown_key_is_named_with_its_line() {
    let error = parse(&DESIGN.replace("max_binds", "max_bind")).unwrap_err();
    assert!(error.starts_with("estafet.toml, line 27: unknown field `max_bind`"), "{error}");
    assert!(!error.contains('\n'), "one line of the log: {error}");
}

#[test]
fn a_route_to_nowhere_is_named_with_its_line() {
    let error = parse(&DESIGN.replace("to = [\"games\"]", "to = [\"gmaes\"]")).unwrap_err();
    assert!(error.contains("line 42") && error.contains("gmaes"), "{error}");
}

#[test]
fn a_name_stands_for_one_link() {
    let error = parse(&DESIGN.replace("name = \"games\"", "name = \"bank\"")).unwrap_err();
    assert!(error.contains("used twice"), "{error}");
}

// N-3, ABU-4
#[test]
fn what_waits_for_the_rest_of_its_message_has_limits() {
    let limits = parse(DESIGN).unwrap().reassembly.limits();
    assert_eq!((limits.timeout.as_secs(), limits.parts_max, limits.octets_max), (86_400, 100_000, 32 << 20));
    assert_eq!((limits.source_parts_max, limits.source_octets_max), (4 * 255, 256 << 10));
    let error = parse(&format!("{DESIGN}[reassembly]\nparts_max = 0\n")).unwrap_err();
    assert!(error.contains("line 44"), "{error}");
    let error = parse(&DESIGN.replace("name = \"games\"", "name = \"reassembly\"")).unwrap_err();
    assert!(error.contains("line 32") && error.contains("the gateway itself"), "{error}");
}

#[test]
fn an_account_is_called_or_fetches() {
    let with = |lines: &str| parse(&DESIGN.replace("max_binds = 10", lines));
    assert!(with("inbox = true").unwrap().account[0].inbox);
    let error = with("inbox = true\ncallback_url = \"https://bank.example/\"").unwrap_err();
    assert!(error.contains("\"bank\" has an inbox and a callback_url"), "{error}");
}

#[test]
fn a_password_is_needed_and_never_shown() {
    let error = parse(&DESIGN.replace("password = \"hunter22\"", "")).unwrap_err();
    assert!(error.contains("password_hash"), "{error}");
    let shown = format!("{:?}", parse(DESIGN).unwrap());
    assert!(!shown.contains("hunter22") && !shown.contains("secret"), "{shown}");
}

#[test]
fn a_content_provider_is_called_by_http_with_a_host() {
    for url in ["ftp://127.0.0.1/", "mailto:a@b.c", "127.0.0.1:9000", "http://", "data:,x"] {
        let error = parse(&DESIGN.replace("http://127.0.0.1:9000/mo", url)).unwrap_err();
        assert!(error.contains("line 33"), "{url}: {error}");
    }
}

#[test]
fn what_a_content_provider_cannot_be_told_is_named_with_its_line() {
    let with = |lines: &str| {
        let url = "url = \"http://127.0.0.1:9000/mo\"";
        parse(&DESIGN.replace(url, &format!("{url}\n{lines}")))
    };
    for (lines, line, problem) in [
        ("fields = { msisdn = \"number\" }", 34, "there is nothing that {number} stands for"),
        ("format = \"json\"\nbody = '{\"t\": {text}}'", 35, "the body is no JSON"),
        ("format = \"xml\"\nbody = '<t>{text}</b>'", 35, "the body is no XML"),
        ("format = \"xml\"", 34, "needs a body"),
        ("body = 'x'", 34, "goes with the formats"),
        ("method = \"GET\"\nformat = \"json\"", 35, "cannot be sent by GET"),
        ("format = \"kannel\"\nfields = { a = \"id\" }", 35, "fields go with"),
        ("charset = \"klingon\"", 34, "no character set"),
        ("headers = { Host = \"h\" }", 34, "no header that can be set"),
        ("username = \"u\"", 34, "goes with a password"),
        ("success = { status = [999] }", 34, "200 to 599"),
        ("success = { body_matches = '(' }", 34, "body_matches"),
        ("refused = { }", 34, "say what is looked at"),
        ("format = \"jasmin\"\nsuccess = { status = [200] }", 35, "the format says"),
        ("accept_x_kannel_headers = true", 32, "goes with the format"),
        ("reply = { json = \"a\" }", 34, "begins with a slash"),
        ("reply = { xml = \"/a/@b/c\" }", 34, "a path names elements"),
        ("fallback_text = \"sorry\"", 34, "say when"),
        ("give_up_s = 259201", 34, "validity_h"),
        ("give_up_s = 0", 34, "nonzero"),
        ("timeout_s = 0", 34, "nonzero"),
        ("account = \"nobody\"", 34, "no account with the name"),
    ] {
        let error = with(lines).unwrap_err();
        assert!(error.contains(&format!("line {line}:")) && error.contains(problem), "{lines}: {error}");
    }
    for url in ["http://{to}/mo", "http://h{to}/mo", "{text}"] {
        let error = parse(&DESIGN.replace("http://127.0.0.1:9000/mo", url)).unwrap_err();
        assert!(error.contains("line 33") && error.contains("before its first placeholder"), "{error}");
    }
}

// WH-3
#[test]
fn an_application_is_called_where_its_keys_allow_it() {
    let with = |url: &str, more: &str| {
        let written = "url = \"http://127.0.0.1:9000/mo\"\nallow_private_address = true";
        parse(&DESIGN.replace(written, &format!("url = \"{url}\"\n{more}")))
    };
    for (url, more, problem) in [
        ("http://127.0.0.1:9000/mo", "", "allow_private_address"),
        ("https://169.254.169.254/mo", "allow_http = true", "allow_private_address"),
        ("http://games.example/mo", "", "allow_http"),
    ] {
        let error = with(url, more).unwrap_err();
        assert!(error.contains("line 33:") && error.contains(problem), "{url}: {error}");
    }
    for (url, more) in [
        ("https://games.example:8443/mo", ""),
        ("HTTPS://games.example/mo", ""),
        ("http://games.example/mo", "allow_http = true"),
        ("http://games.example:25/mo", "allow_http = true"),
    ] {
        assert!(with(url, more).is_ok(), "{url}");
    }
}

#[test]
fn a_route_that_is_none_is_named_with_its_line() {
    for (to, problem) in [("[]", "names no link"), ("[\"games\", \"games\"]", "more than once")] {
        let error = parse(&DESIGN.replace("to = [\"games\"]", &format!("to = {to}"))).unwrap_err();
        assert!(error.contains("line 42") && error.contains(problem), "{error}");
    }
}

#[test]
fn values_that_cannot_work_are_named_with_their_line() {
    let cases = [
        ("sessions = 2", "sessions = 0", "line 16"),
        (
            "window = 100\nrate = 0\nresponse_id",
            "pdu_octets_max = 99999\nrate = 0\nresponse_id",
            "1024 to 73728",
        ),
        (
            "[http]\nlisten = \"127.0.0.1:8080\"",
            "[http]\nlisten = \"127.0.0.1:8080\"\nbodies_octets_max = 16777215",
            "16777216 octets at least",
        ),
        ("window = 100\nrate = 0\nresponse_id", "window = 0\nrate = 0\nresponse_id", "line 17"),
        ("system_id = \"estafet\"", "system_id = \"sixteen-letters!\"", "line 13"),
        (
            "address = \"127.0.0.1:2776\"",
            "address = \"smpp://127.0.0.1:2776\"",
            "line 12: an address is host:port",
        ),
        ("data_dir = \"data\"", "data_dir = \"\"", "line 2: this names no folder"),
        ("data_dir = \"data\"", "data_dir = \"data\"\n[store]\nvalidity_h = 0", "line 4"),
        ("password = \"hunter22\"", "password = \"\"", "line 24: without a password"),
        ("name = \"bank\"", "name = \"ba:nk\"", "line 23: an account has a name without a colon"),
        (
            "sources = [\"1234\", \"BANK\"]",
            "sources = [\"ThisIsTooLongName\"]",
            "line 29: \"ThisIsTooLongName\" is no",
        ),
        ("9000/mo\"", "9000/mo?x={from\"", "line 33: the placeholder {from has no brace"),
    ];
    for (right, wrong, line) in cases {
        assert!(DESIGN.contains(right), "{right}");
        let error = parse(&DESIGN.replace(right, wrong)).unwrap_err();
        assert!(error.contains(line), "{wrong}: {error}");
    }
}

#[test]
fn certificates_that_cannot_be_read_are_named_with_the_line_of_their_owner() {
    let missing = |key: &str| format!("{key} = \"nofile.pem\"");
    let account =
        format!("max_binds = 10\ncallback_url = \"https://bank.example/\"\n{}", missing("callback_tls_ca"));
    let application = format!("url = \"https://cp.example/\"\n{}", missing("tls_ca"));
    let smsc = format!("rate = 0\ntls = true\n{}\nresponse_id", missing("tls_ca"));
    let http =
        format!("8080\"\ntls_listen = \"[::]:0\"\n{}\n{}", missing("tls_certificate"), missing("tls_key"));
    for (right, wrong, problem) in [
        (
            "max_binds = 10",
            account,
            "line 23: the certificates of \"bank\": cannot read certificates in nofile.pem",
        ),
        ("url = \"http://127.0.0.1:9000/mo\"", application, "line 32: the certificates of \"games\""),
        ("rate = 0\nresponse_id", smsc, "line 11: SMSC \"telco-a\""),
        ("8080\"", http, "line 9: [http]: cannot read"),
    ] {
        let config = parse(&DESIGN.replace(right, &wrong)).unwrap();
        let error = config.check_certificates().unwrap_err().to_string();
        assert!(error.contains("estafet.toml, ") && error.contains(problem), "{wrong}: {error}");
    }
}

#[test]
fn no_two_listeners_have_one_address() {
    let with = |smpp: &str, http: &str, more: &str| {
        parse(
            &DESIGN
                .replace("127.0.0.1:2775", smpp)
                .replace("\"127.0.0.1:8080\"", &format!("\"{http}\"\n{more}")),
        )
    };
    let tls = "tls_listen = \"0.0.0.0:80\"\ntls_certificate = \"c.pem\"\ntls_key = \"k.pem\"";
    for (smpp, http, more, line) in [
        ("127.0.0.1:80", "127.0.0.1:80", "", 8),
        ("127.0.0.1:80", "0.0.0.0:80", "", 8),
        ("127.0.0.1:80", "127.0.0.1:81", tls, 9),
        ("[::]:80", "[::1]:80", "", 8),
    ] {
        let error = with(smpp, http, more).unwrap_err();
        let expected = format!("line {line}: another listener has the address");
        assert!(error.contains(&expected), "{smpp} {http}: {error}");
    }
    for (smpp, http) in [("127.0.0.1:0", "127.0.0.1:0"), ("127.0.0.1:80", "127.0.0.2:80")] {
        assert!(with(smpp, http, "").is_ok(), "{smpp} {http}");
    }
}

#[test]
fn a_text_for_handsets_has_room_in_a_message() {
    let answer = |text: &str| format!("[[answer]]\nname = \"none\"\ntext = \"{text}\"\n");
    let provider = |key: &str, text: &str| {
        let url = "url = \"https://cp.example/\"\nattempts_max = 2";
        format!("[[application]]\nname = \"more\"\n{key} = \"{text}\"\n{url}\n")
    };
    let kannel = |key: &str, text: &str| provider(key, text) + "format = \"kannel\"\n";
    let written = |text: &str| {
        let [empty, unreadable] = ["empty_text", "unreadable_text"].map(|key| kannel(key, text));
        [answer(text), provider("fallback_text", text), empty, unreadable]
    };
    for more in written(&"a".repeat(255 * 153)) {
        assert!(parse(&format!("{DESIGN}{more}")).is_ok(), "{}", &more[..60]);
    }
    for more in written(&"a".repeat(255 * 153 + 1)) {
        let error = parse(&format!("{DESIGN}{more}")).unwrap_err();
        assert!(error.contains("line 45: a message has room for 255 segments"), "{error}");
    }
}

#[test]
fn a_key_opens_something_and_has_a_hash_of_its_own() {
    let key = |hash: &str, scopes: &str| {
        format!("[[account.api_key]]\nname = \"cron\"\nhash = \"{hash}\"\nscopes = {scopes}\n\n")
    };
    let with = |keys: &str| parse(&DESIGN.replace("[[application]]", &format!("{keys}[[application]]")));
    let (one, other) = (ApiKeyHash::of("one").to_string(), ApiKeyHash::of("other").to_string());
    let second = key(&other, "[\"read\"]");
    let named = second.replace("cron", "report");
    let right = with(&(key(&one, "[\"send\", \"read\"]") + &named)).unwrap();
    assert_eq!(right.account[0].api_key[0].scopes, [Scope::Send, Scope::Read]);
    for (keys, problem) in [
        (
            key(&one, "[\"send\"]") + &key(&one, "[\"send\"]").replace("cron", "report"),
            "the hash of another one",
        ),
        (key(&one, "[\"send\"]") + &second, "line 37: the api_key \"cron\" has the name of another one"),
        (key(&one, "[]"), "no scopes"),
        (key(&one, "[\"all\"]"), "unknown variant"),
        (key("estafet_x", "[\"send\"]"), "64 hexadecimal digits"),
    ] {
        let error = with(&keys).unwrap_err();
        assert!(error.contains(problem), "{keys}: {error}");
    }
}

#[test]
fn a_signing_key_opens_something_under_a_name_of_its_own() {
    let key = |name: &str, scopes: &str| {
        let secret = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
        format!("[[account.signing_key]]\nname = \"{name}\"\nsecret = \"{secret}\"\nscopes = {scopes}\n\n")
    };
    let with = |keys: &str| parse(&DESIGN.replace("[[application]]", &format!("{keys}[[application]]")));
    let right = with(&(key("cron", "[\"send\"]") + &key("cron.2", "[\"read\"]"))).unwrap();
    let [one, other] = &right.account[0].signing_key[..] else { panic!("{right:?}") };
    assert_eq!((one.id("bank"), other.id("bank")), (Some("bank/cron".into()), Some("bank/cron.2".into())));
    assert_eq!((one.id("ba\"nk"), other.id("bänk")), (None, None));
    assert!(!format!("{right:?}").contains("AAAA"));
    for (keys, problem) in [
        (key("cron", "[\"send\"]").repeat(2), "the name of another one"),
        (key("cron", "[]"), "no scopes"),
        (key("a/b", "[\"send\"]"), "cannot be named"),
        (key("", "[\"send\"]"), "cannot be named"),
        (key("cron", "[\"send\"]").replace("AA=", "="), "32 to 64 octets"),
    ] {
        let error = with(&keys).unwrap_err();
        assert!(error.contains(problem) && !error.contains("AAAA"), "{keys}: {error}");
    }
    let required = DESIGN.replace("max_binds = 10", "max_binds = 10\nrequire_signature = true");
    assert!(parse(&required).unwrap_err().contains("needs a signing_key"));
}

#[test]
fn a_dlr_url_of_the_file_is_one_that_is_called() {
    let application = |url: &str| {
        format!(
            "url = \"https://cp.example/\"\nformat = \"kannel\"\ndlr_url = \"{url}\"\ndlr_mask = 3\naccount = \"bank\""
        )
    };
    let with = |kannel: &str, application: &str| {
        let bank = DESIGN.replace("max_binds = 10", &format!("max_binds = 10\nkannel = {{ {kannel} }}"));
        parse(&format!("{bank}\n[[application]]\nname = \"more\"\n{application}\n"))
    };
    let none = "url = \"https://cp.example/\"";
    for (kannel, url, problem) in [
        ("dlr_url = \"http://10.0.0.1/\"", "", ""),
        ("dlr = true, dlr_url = \"https://cp.example:8080/%p\"", "", ""),
        ("dlr = true, dlr_url = \"http://cp.example/%p\"", "", "allow_http"),
        ("dlr = true, dlr_url = \"https://10.0.0.1/%p\", allow_http = true", "", "allow_private_address"),
        ("dlr = true, dlr_url = \"https://%p/\"", "", "before its first code"),
        ("", "http://cp.example/", ""),
        ("dlr = true", "https://cp.example/", ""),
        ("dlr = true", "http://cp.example/", "allow_http"),
    ] {
        let more = if url.is_empty() { none.to_owned() } else { application(url) };
        match with(kannel, &more) {
            Ok(_) => assert_eq!(problem, "", "{kannel} {url}"),
            Err(error) => {
                assert!(!problem.is_empty() && error.contains(problem), "{kannel} {url}: {error}");
            }
        }
    }
}

#[test]
fn an_account_can_be_called() {
    let with = |lines: &str| parse(&DESIGN.replace("max_binds = 10", &format!("max_binds = 10\n{lines}")));
    assert_eq!(parse(DESIGN).unwrap().account[0].callback, None);
    let lines = "callback_url = \"https://bank.example/sms\"\ncallback_batch = 100";
    let callback = with(lines).unwrap().account[0].callback.clone().unwrap();
    assert_eq!((callback.batch.get(), callback.endpoint.window.get()), (100, 48));
    assert!(!callback.endpoint.reach.private);
    for (lines, problem) in [
        ("callback_window = 5", "no callback_url"),
        ("allow_private_address = true", "no callback_url"),
        ("callback_url = \"ftp://bank.example/\"", "http or https"),
        ("callback_url = \"https://bank.example/\"\ncallback_batch = 1001", "more than 1000"),
        ("callback_url = \"https://bank.example/\"\ncallback_timeout_s = 0", "nonzero"),
        ("callback_url = \"http://bank.example/\"", "allow_http"),
        ("callback_url = \"https://169.254.169.254/\"", "allow_private_address"),
        ("callback_url = \"https://[::1]/\"\nallow_http = true", "allow_private_address"),
        ("allow_http = true", "no callback_url"),
        ("allow_ports = [8080]", "no callback_url"),
    ] {
        let error = with(lines).unwrap_err();
        assert!(error.contains(problem), "{lines}: {error}");
    }
}
