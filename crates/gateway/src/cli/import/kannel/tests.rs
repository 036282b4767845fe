#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::path::Path;

use gateway::config::Config;

use super::super::draft::Draft;

/// What comes out of a kannel.conf: the configuration, checked, its text, and what is remarked.
fn imported(text: &str) -> (Config, String, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kannel.conf");
    std::fs::write(&path, text).unwrap();
    let (draft, report) = super::import(&path).unwrap();
    let (text, report) =
        (draft.to_string(), report.to_string().replace(&path.display().to_string(), "kannel.conf"));
    let config =
        Config::parse(&text, Path::new("out.toml")).unwrap_or_else(|error| panic!("{error}\n{text}"));
    (config, text, report)
}

/// The part of a text from one line to the next empty one.
fn section<'t>(text: &'t str, line: &str) -> &'t str {
    let sections = text.split("\n\n");
    sections
        .into_iter()
        .find(|section| section.lines().any(|other| other == line))
        .unwrap_or_else(|| panic!("{text}"))
}

// KN-46
#[test]
fn a_setup_of_bearerbox_and_smsbox_is_carried_over() {
    let (config, text, report) = imported(include_str!("samples/operator.conf"));
    assert_eq!(text, include_str!("samples/operator.toml").replace("{path}", first_line_path(&text)));
    assert_eq!(report, include_str!("samples/operator.txt"));
    assert_eq!((config.smsc.len(), config.account.len(), config.application.len()), (3, 3, 3));
    assert_eq!(config.answer.len(), 1);
}

// KN-12, KN-49
#[test]
fn services_answer_from_their_own_sender_or_from_that_of_all() {
    let text = "group = smsbox\nglobal-sender = 9999\n\n\
        group = sms-service\nkeyword = a\nget-url = \"http://h/\"\n\n\
        group = sms-service\nkeyword = b\nget-url = \"http://h/\"\nfaked-sender = 555\n\n\
        group = sms-service\nkeyword = c\ntext = x\n\n\
        group = sms-service\nkeyword = d\ntext = x\nfaked-sender = 777\n\n\
        group = sms-service\nkeyword = e\ntext = x\nfaked-sender = 123456789012345678901\n";
    let (config, text, report) = imported(text);
    assert_eq!((config.application.len(), config.answer.len()), (2, 3));
    for (name, sender) in [
        ("name = \"a\"", "faked_sender = \"9999\""),
        ("name = \"b\"", "faked_sender = \"555\""),
        ("name = \"c\"", "sender = \"9999\""),
        ("name = \"d\"", "sender = \"777\""),
    ] {
        assert!(section(&text, name).contains(&format!("\n{sender}")), "{text}");
    }
    assert!(!section(&text, "name = \"e\"").contains("sender"), "{text}");
    assert!(report.contains("group sms-service, faked-sender: no message can have this sender"), "{report}");
}

/// The path that the comment at the top names.
fn first_line_path(text: &str) -> &str {
    text.lines().next().unwrap().rsplit(' ').next().unwrap()
}

#[test]
fn an_empty_configuration_is_one_all_the_same() {
    let (config, ..) = imported("");
    assert!(config.http.is_none() && config.smsc.is_empty());
}

fn smsc(keys: &str) -> (String, String) {
    let (_, text, report) = imported(&format!("group = smsc\nsmsc = smpp\nsmsc-id = x\nhost = h\n{keys}\n"));
    (section(&text, "[[smsc]]").to_owned(), report)
}

#[test]
fn binds_follow_from_the_ports() {
    for (keys, bind, address) in [
        ("port = 1\ntransceiver-mode = true", "transceiver", "h:1"),
        ("port = 1", "transmitter", "h:1"),
        ("receive-port = 2", "receiver", "h:2"),
        ("port = 3\nreceive-port = 3", "transmitter+receiver", "h:3"),
        ("transceiver-mode = 1", "transceiver", "h:2775"),
    ] {
        let (section, _) = smsc(keys);
        assert!(section.contains(&format!("bind = \"{bind}\"")), "{keys}: {section}");
        assert!(section.contains(&format!("address = \"{address}\"")), "{keys}: {section}");
    }
}

#[test]
fn two_groups_for_two_directions_are_one_link() {
    let group = |port: &str| {
        format!("group = smsc\nsmsc = smpp\nsmsc-id = x\nhost = h\nsmsc-username = u\n{port} = 9\n\n")
    };
    for (first, second) in [("port", "receive-port"), ("receive-port", "port")] {
        let (config, text, _) = imported(&format!("{}{}", group(first), group(second)));
        assert_eq!(config.smsc.len(), 1, "{text}");
        assert!(text.contains("bind = \"transmitter+receiver\"\n"), "{text}");
    }
}

#[test]
fn forms_of_ids_are_two_bits() {
    for (bits, response, receipt) in [
        ("0x00", "decimal", "decimal"),
        ("0x01", "hex", "decimal"),
        ("2", "decimal", "hex"),
        ("0x03", "hex", "hex"),
    ] {
        let (section, _) = smsc(&format!("msg-id-type = {bits}"));
        let expected = format!("response_id = \"{response}\"\nreceipt_id = \"{receipt}\"\n");
        assert!(format!("{section}\n").contains(&expected), "{bits}: {section}");
    }
    assert!(!smsc("").0.contains("_id = \"hex"));
}

#[test]
fn what_is_less_than_one_a_second_is_one() {
    let (section, report) = smsc("throughput = 0.5");
    assert!(section.contains("rate = 1"), "{section}");
    assert!(report.contains("group smsc, throughput: less than one a second"), "{report}");
    assert!(smsc("throughput = 12.5").0.contains("rate = 13"));
    assert!(!smsc("throughput = 0").0.contains("rate"));
}

#[test]
fn ton_and_npi_count_in_pairs() {
    let (section, report) = smsc("source-addr-ton = 5\nsource-addr-npi = 0\ndest-addr-ton = 1");
    assert!(section.contains("source_out = [{ form = \"international\""), "{section}");
    assert!(report.contains("group smsc, dest-addr-ton: counts together"), "{report}");
}

/// The routes of a user of links with these keys, as `prefix -> targets`.
fn routes(links: &[&str], user: &str) -> (Vec<String>, String) {
    let mut text = String::new();
    for (number, keys) in links.iter().enumerate() {
        text += &format!("group = smsc\nsmsc = smpp\nsmsc-id = c{number}\nhost = h\nport = 1\n{keys}\n\n");
    }
    let (config, _, report) =
        imported(&format!("{text}group = sendsms-user\nusername = u\npassword = p\n{user}\n"));
    let routes = config.route.iter().map(|route| {
        let targets = route.to.get_ref().iter().map(|target| match target {
            gateway::config::RouteTarget::Link(name) => name.as_str(),
            gateway::config::RouteTarget::Weighted { link, .. } => link.as_str(),
        });
        let prefix = route.r#match.prefix.as_deref().unwrap_or("*");
        format!("{prefix} -> {}", targets.collect::<Vec<_>>().join(" "))
    });
    (routes.collect(), report)
}

#[test]
fn prefixes_of_links_are_routes_the_longest_first() {
    let links = ["allowed-prefix = \"+040;0401\"", "denied-prefix = 0401", ""];
    let (routes, _) = routes(&links, "");
    assert_eq!(routes, ["0401 -> c0 c2", "040 -> c0 c1 c2", "* -> c1 c2"]);
}

#[test]
fn links_that_prefer_a_number_go_before_others() {
    let (routes, _) = routes(&["preferred-prefix = 62", "", "denied-prefix = 62"], "");
    assert_eq!(routes, ["62 -> c0", "* -> c0 c1 c2"]);
}

#[test]
fn ids_that_users_are_held_to_choose_the_links() {
    let links = ["allowed-smsc-id = promo", "denied-smsc-id = promo;x", ""];
    assert_eq!(routes(&links, "forced-smsc = promo").0, ["* -> c0 c2"]);
    assert_eq!(routes(&links, "default-smsc = other").0, ["* -> c1 c2"]);
    assert_eq!(routes(&links, "").0, ["* -> c1 c2"]);
}

#[test]
fn numbers_that_no_link_takes_are_named() {
    let (routes, report) = routes(&["denied-prefix = 900"], "");
    assert_eq!(routes, ["* -> c0"]);
    assert!(report.contains("u: no link takes numbers with 900"), "{report}");
}

#[test]
fn who_may_come_counts_beside_who_may_not() {
    let user = |keys: &str| {
        let (config, _, report) =
            imported(&format!("group = sendsms-user\nusername = u\npassword = p\n{keys}\n"));
        (config.account[0].allow_from.clone(), report)
    };
    let (nets, _) = user("user-allow-ip = \"127.0.0.1;10.0.*.*\"\nuser-deny-ip = *.*.*.*");
    let lets_in = |address: &str| nets.as_ref().unwrap().contain(address.parse().unwrap());
    assert!(["127.0.0.1", "10.0.255.1"].into_iter().all(lets_in));
    assert!(!["127.0.0.2", "10.1.0.1"].into_iter().any(lets_in));
    let (nets, report) = user("user-allow-ip = 127.0.0.1");
    assert!(nets.is_none() && report.contains("Kannel lets everybody in"), "{report}");
    let (nets, report) = user("user-deny-ip = 10.0.0.1");
    assert!(nets.is_none() && report.contains("say who may"), "{report}");
}

// KN-45, KN-46
#[test]
fn services_find_their_messages_by_keyword_number_and_link() {
    let text = "group = smsc\nsmsc = smpp\nsmsc-id = x\nhost = h\nport = 1\ntransceiver-mode = true\n\n\
                group = sms-service\nkeyword = default\nget-url = http://10.0.0.1/d?%a\n\n\
                group = sms-service\nkeyword = game\naliases = \"play;spiel\"\naccepted-smsc = x;y\n\
                allowed-receiver-prefix = 1234\nget-url = \"http://games.example/?f=%p&t=%r\"\nmax-messages = 3\n\
                concatenation = true\n";
    let (config, text, report) = imported(text);
    assert!(report.lines().count() == 2 && report.contains("called by plain http"), "{report}");
    assert!(report.contains("called on this host or in a private network"), "{report}");
    assert!(section(&text, "name = \"game\"").contains("allow_http = true"), "{text}");
    let keywords: Vec<_> = config.route.iter().map(|route| route.r#match.keyword.as_deref()).collect();
    assert_eq!(keywords, [Some("game"), Some("play"), Some("spiel"), None]);
    assert!(
        text.contains("from = { link = \"x\" }\nmatch = { keyword = \"play\", prefix = \"1234\" }"),
        "{text}"
    );
    assert!(section(&text, "name = \"game\"").contains("max_messages = 3"), "{text}");
    assert!(section(&text, "name = \"default\"").contains("allow_private_address = true"), "{text}");
}

// KN-46
#[test]
fn what_services_and_users_do_with_texts_is_carried_over() {
    let text = "group = smsbox\nsendsms-port = 13013\nimmediate-sendsms-reply = true\n\n\
                group = smpp-tlv\nname = PE_ID\ntag = 0x1400\ntype = octetstring\nlength = 30\n\n\
                group = sendsms-user\nusername = u\npassword = p\nheader = \"A:\"\nfooter = \":Z\"\n\
                split-chars = \" .\"\n\n\
                group = sms-service\nkeyword = post\npost-url = \"http://cp.example/p?%k\"\nsend-sender = true\n\
                header = \"H \"\nfooter = \" F\"\nmax-messages = 0\n\n\
                group = sms-service\nkeyword = xml\npost-xml = \"http://cp.example/x\"\n";
    let (_, text, report) = imported(text);
    assert_eq!(
        report.lines().count(),
        5,
        "no SMSC, what of a dlr-url, a pid, and plain http twice: {report}"
    );
    let user = section(&text, "name = \"u\"");
    for key in [
        "header = \"A:\"",
        "footer = \":Z\"",
        "split_chars = \" .\"",
        "immediate = true",
        "tlv = [{ length = 30, name = \"PE_ID\", tag = 5120, type = \"octetstring\" }]",
    ] {
        assert!(user.contains(key), "{user}");
    }
    let post = section(&text, "name = \"post\"");
    for line in [
        "format = \"kannel\"",
        "method = \"POST\"",
        "send_sender = true",
        "header = \"H \"",
        "max_messages = 0",
    ] {
        assert!(post.contains(line), "{post}");
    }
    assert!(section(&text, "name = \"xml\"").contains("format = \"kannel-xml\""), "{text}");
}

// KN-43, KN-47
#[test]
fn a_service_that_answers_nothing_becomes_no_answer() {
    let text = "group = sms-service\nkeyword = default\ntext = \"No service specified\"\nmax-messages = 0\n\n\
                group = sms-service\nkeyword = help\ntext = \"Call us\"\n";
    let (config, _, report) = imported(text);
    assert_eq!(config.answer.len(), 1);
    assert!(report.contains("line 1: group sms-service: it answers nothing"), "{report}");
}

// KN-46
#[test]
fn what_is_not_in_utf_8_is_in_iso_8859_1() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kannel.conf");
    let octets = b"group = sms-service\nkeyword = default\ntext = \"Caf\xE9 \xA3\"\n";
    std::fs::write(&path, octets).unwrap();
    let (draft, report) = super::import(&path).unwrap();
    assert!(draft.to_string().contains("Caf\u{e9} \u{a3}"), "{draft}");
    assert!(report.to_string().contains("line 3: the file: not in UTF-8"), "{report}");
    std::fs::write(&path, "\u{FEFF}group = sms-service\nkeyword = default\ntext = caf\u{e9}\n").unwrap();
    assert!(super::import(&path).unwrap().0.to_string().contains("caf\u{e9}"));
}

#[test]
fn no_password_is_in_a_remark() {
    let text = "group = core\nadmin-password = s3cret\nstatus-password = s3cret\n\n\
                group = mysql-connection\npassword = s3cret\n\n\
                group = smsc\nsmsc = cimd2\nsmsc-password = s3cret\n";
    let (_, text, report) = imported(text);
    assert!(!text.contains("s3cret") && !report.contains("s3cret"), "{report}");
    assert!(report.contains("line 2: group core, admin-password: there are no commands"), "{report}");
}

#[test]
fn the_draft_of_the_package_s_example_is_taken() {
    let example = Path::new("/usr/share/doc/kannel/examples/kannel.conf");
    if !example.exists() {
        return;
    }
    let (draft, _): (Draft, _) = super::import(example).unwrap();
    Config::parse(&draft.to_string(), Path::new("out.toml")).unwrap();
}

/// What a service becomes, with these lines in the group smsbox, and what is said of it.
fn service(smsbox: &str, keys: &str) -> (String, String) {
    let (_, text, report) = imported(&format!(
        "group = smsbox\nsendsms-port = 1\n{smsbox}\n\ngroup = smsc\nsmsc = smpp\nsmsc-id = x\nhost = h\n\
         transceiver-mode = 1\n\ngroup = sms-service\nkeyword = k\n{keys}\n"
    ));
    (text, report)
}

// KN-39, KN-46
#[test]
fn what_smsbox_says_in_place_of_a_provider_is_said_by_its_application() {
    let (text, report) = service(
        "http-timeout = 20\nmax-pending-requests = 7\nhttp-request-retry = 2\nreply-couldnotfetch = busy\n\
         reply-couldnotrepresent = odd\nreply-emptymessage = nothing\nmo-recode = true",
        "get-url = http://cp.example/?%a",
    );
    let section = section(&text, "name = \"k\"");
    for line in [
        "timeout_s = 20",
        "window = 7",
        "attempts_max = 3",
        "fallback_text = \"busy\"",
        "unreadable_text = \"odd\"",
        "empty_text = \"nothing\"",
        "charset = \"UTF-8\"",
    ] {
        assert!(section.lines().any(|other| other == line), "{line}: {section}");
    }
    for (line, key) in [(5, "http-request-retry"), (9, "mo-recode")] {
        assert!(report.contains(&format!("line {line}: group smsbox, {key}: ")), "{report}");
    }
    let (text, _) = service("", "get-url = http://cp.example/?%a\nalt-charset = latin1");
    assert!(text.contains("timeout_s = 240\n") && text.contains("charset = \"latin1\"\n"), "{text}");
    assert!(!text.contains("attempts_max") && !text.contains("fallback_text"), "{text}");
    let (text, report) =
        service("reply-couldnotfetch = busy", "get-url = http://cp.example/?%a\nomit-empty = 1");
    assert!(text.contains("attempts_max = 3\n") && text.contains("unreadable_text = \"busy\"\n"), "{text}");
    assert!(report.contains("line 1: group smsbox: with reply-couldnotfetch Kannel calls once"), "{report}");
}

// KN-45, KN-48
#[test]
fn what_a_service_takes_and_answers_is_said_if_it_is_otherwise() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("terms.txt");
    std::fs::write(&file, "Terms").unwrap();
    let (text, report) = service("", &format!("file = \"{}\"", file.display()));
    assert!(section(&text, "[[answer]]").contains("text = \"Terms\""), "{text}");
    assert!(report.contains("group sms-service, file: the answer is what the file says now"), "{report}");
    let (text, report) = service("", "file = /nowhere/at/all");
    assert!(!text.contains("[[answer]]") && report.contains("the service is left out"), "{report}");
    for (keys, words) in [
        ("get-url = http://cp.example/?a=%s&b=%s", Some(2)),
        ("text = hi", Some(0)),
        ("get-url = http://cp.example/?a=%s&b=%r", None),
        ("get-url = http://cp.example/?a=%s\ncatch-all = true", None),
        ("post-url = http://cp.example/", None),
    ] {
        let (_, report) = service("", keys);
        let said = words.map(|words| report.contains(&format!("messages with {words} words behind")));
        assert!(said.unwrap_or(!report.contains("words behind")), "{keys}: {report}");
    }
}

// KN-46
#[test]
fn what_accounts_have_no_route_for_is_not_for_services() {
    let file = |user: &str| {
        let (_, text, _) = imported(&format!(
            "group = smsc\nsmsc = smpp\nsmsc-id = x\nhost = h\ntransceiver-mode = 1\nallowed-smsc-id = y\n\n\
             group = sendsms-user\nusername = u\npassword = p\n{user}\n\ngroup = sms-service\nkeyword = k\ntext = hi\n"
        ));
        section(&text, "match = { keyword = \"k\" }").contains("from = { link = \"x\" }")
    };
    assert!(file("") && !file("forced-smsc = y"));
}

// KN-46
#[test]
fn what_the_receiving_group_of_a_pair_says_is_kept() {
    let pair = "group = smsc\nsmsc = smpp\nsmsc-id = x\nhost = h\nport = 9\nmsg-id-type = 1\nreconnect-delay = 5\n\n\
                group = smsc\nsmsc = smpp\nsmsc-id = x\nhost = h\nreceive-port = 9\nmsg-id-type = 2\n\
                address-range = ^777\nalt-charset = latin1\nreconnect-delay = 7\nmy-number = 1\nthroughput = 3\n";
    let (_, text, report) = imported(pair);
    let section = section(&text, "[[smsc]]");
    for line in [
        "response_id = \"hex\"",
        "receipt_id = \"hex\"",
        "address_range = \"^777\"",
        "default_alphabet = \"latin-1\"",
        "reconnect_max_s = 5",
    ] {
        assert!(section.lines().any(|other| other == line), "{line}: {section}");
    }
    assert!(!section.contains("rate"), "{section}");
    for words in [
        "line 17: group smsc, reconnect-delay: both groups are one link",
        "line 18: group smsc, my-number: destinations stay",
    ] {
        assert!(report.contains(words), "{report}");
    }
    assert!(!report.contains("nothing of this kind"), "{report}");
}

// KN-51
#[test]
fn whom_a_user_may_send_to_is_kept() {
    let text = "group = smsbox\nsendsms-port = 1\nblack-list-regex = ^888\n\n\
                group = sendsms-user\nusername = u\npassword = p\nallowed-prefix = 62;+62\ndenied-prefix = 6299\n\
                white-list-regex = \"^62[0-9]+\"\nblack-list-regex = (\nblack-list = http://h/list\n";
    let (config, _, report) = imported(text);
    let keys = &config.account[0].kannel;
    assert_eq!(keys.allowed_prefix, ["62", "+62"]);
    assert_eq!(keys.denied_prefix, ["6299"]);
    assert_eq!((keys.white_list_regex.len(), keys.black_list_regex.len()), (1, 1));
    for words in [
        "line 8: group sendsms-user, allowed-prefix: here it counts",
        "line 9: group sendsms-user, denied-prefix: here it counts",
        "line 11: group sendsms-user, black-list-regex: this is no regular expression",
        "line 12: group sendsms-user, black-list: lists are not fetched",
    ] {
        assert!(report.contains(words), "{report}");
    }
}

// KN-27
#[test]
fn reports_go_to_private_networks_where_users_are_there() {
    let user = |keys: &str| {
        let (config, _, report) =
            imported(&format!("group = sendsms-user\nusername = u\npassword = p\n{keys}\n"));
        let kannel = &config.account[0].kannel;
        assert_eq!(kannel.allow_http, !kannel.allow_private_address);
        let says_private = report.contains("a dlr-url may lead to this host and private networks");
        assert_eq!(kannel.allow_private_address, says_private, "{report}");
        (kannel.allow_private_address, report.contains("a dlr-url in a private network"))
    };
    assert_eq!(user(""), (false, true));
    assert_eq!(user("dlr-url = http://10.0.0.1/dlr"), (true, false));
    assert_eq!(user("user-allow-ip = 192.168.0.*\nuser-deny-ip = *.*.*.*"), (true, false));
    assert_eq!(user("user-allow-ip = 8.8.8.8\nuser-deny-ip = *.*.*.*"), (false, true));
}

// KN-52
#[test]
fn how_numbers_start_is_unified_where_kannel_unifies_it() {
    let text = "group = core\nunified-prefix = \"+62,0\"\n\n\
                group = smsc\nsmsc = smpp\nsmsc-id = x\nhost = h\nport = 1\nunified-prefix = \"0,+62;-,99\"\n\
                dest-addr-ton = 2\ndest-addr-npi = 8\n\n\
                group = sendsms-user\nusername = u\npassword = p\n";
    let (config, text, report) = imported(text);
    assert_eq!(config.account[0].kannel.unified_prefix.pairs().collect::<Vec<_>>(), [("0", "+62")]);
    let rules = "[{ add = \"0\", form = \"international\", npi = 1, strip = \"62\", ton = 2 }, \
                 { add = \"\", npi = 1, strip = \"99\", ton = 2 }, { add = \"62\", npi = 1, strip = \"0\", ton = 1 }]";
    let section = section(&text, "[[smsc]]");
    assert!(
        section.contains(&format!("source_in = {rules}\n"))
            || section.ends_with(&format!("source_in = {rules}")),
        "{section}"
    );
    let leaving =
        "destination_out = [{ add = \"0\", form = \"international\", npi = 8, strip = \"62\", ton = 2 }";
    assert!(section.contains(leaving), "{section}");
    assert!(!report.contains("unified"), "{report}");
    let (_, report) = service("", "text = hi\ncatch-all = 1\n\ngroup = core\nunified-prefix = x");
    assert!(report.contains("group core, unified-prefix: these are no prefixes"), "{report}");
}
