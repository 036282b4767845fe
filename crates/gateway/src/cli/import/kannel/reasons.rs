//! Why a line of kannel.conf has no place in our configuration.

/// Why nothing of a line is left; `None` if nothing is missed.
pub(super) fn of(group: &str, key: &str, value: &str) -> Option<&'static str> {
    if value.is_empty() || is_without_effect(group, key) {
        return None;
    }
    Some(in_group(group, key).or_else(|| anywhere(key)).unwrap_or("Estafet has nothing of this kind"))
}

/// Why a group has no place here at all, if it has none.
pub(super) fn whole_group(group: &str) -> Option<&'static str> {
    Some(match group {
        "core" | "smsbox" | "smsc" | "sendsms-user" | "sms-service" | "opensmppbox" | "smpp-tlv" => {
            return None;
        }
        "mysql-connection"
        | "pgsql-connection"
        | "mssql-connection"
        | "oracle-connection"
        | "sqlite3-connection"
        | "redis-connection"
        | "cassandra-connection"
        | "sdb-connection"
        | "dlr-db"
        | "redis" => "receipts are matched in the store itself, which needs no database",
        "smsbox-route" => {
            "routes say where messages go, there are no boxes: [[route]] with from or destination"
        }
        "modems" => "Estafet speaks SMPP with SMSCs",
        "wapbox" | "ppg" | "wap-push-user" | "wap-user-map" | "wap-url-map" => "there is no WAP gateway",
        "ota-setting" | "ota-bookmark" => "there is no OTA provisioning",
        "sqlbox" => "there is no interface by SQL: applications call POST /v1/messages",
        "smsc-route" => "routes say where messages of handsets go: [[route]] with from or destination",
        "radius-acct" => "there is no RADIUS",
        _ => "Estafet does not know this group",
    })
}

/// What is as it was all the same.
fn is_without_effect(group: &str, key: &str) -> bool {
    matches!(
        (group, key),
        ("sms-service", "catch-all" | "assume-plain-text" | "concatenation" | "omit-empty")
            | ("sendsms-user", "omit-empty")
    )
}

fn in_group(group: &str, key: &str) -> Option<&'static str> {
    Some(match (group, key) {
        ("core", "store-type" | "store-location" | "store-file" | "store-db") => {
            "messages are kept in data_dir; let Kannel send what waits there before it is stopped"
        }
        ("smsbox", "bearerbox-host" | "bearerbox-port" | "bearerbox-port-ssl" | "smsbox-id")
        | ("core", "smsbox-port" | "smsbox-port-ssl" | "smsbox-interface" | "smsbox-max-pending")
        | ("core", "box-allow-ip" | "box-deny-ip") => "there are no boxes: one program does all",
        (
            "core",
            "wapbox-port" | "wapbox-port-ssl" | "udp-allow-ip" | "udp-deny-ip" | "wdp-interface-name",
        ) => "there is no WAP gateway",
        ("core", "dlr-storage" | "dlr-spool" | "store-dump-freq") => {
            "receipts and messages are in data_dir, and synced before they are acknowledged"
        }
        ("core", "sms-combine-concatenated-mo") => {
            "long messages of handsets always reach an application whole, and an account in their parts"
        }
        ("smsbox", "http-queue-delay") => "between two calls are 1, 2, 4 … seconds",
        ("smsc", "dead-start") => "a link is connected to at the start",
        ("smsc", "smsc-admin-id") => "there are no commands for single links",
        ("core", "sms-resend-freq" | "sms-resend-retry") => "a profile says what is tried again (retry)",
        ("core", "sms-incoming-queue-limit" | "sms-outgoing-queue-limit") => {
            "what waits is on disk, not in memory"
        }
        ("core", "ssl-server-cert-file" | "ssl-server-key-file" | "ssl-client-certkey-file") => {
            "certificates are named where they are shown: [http], [smpp], [[smsc]]"
        }
        ("smsbox", "sendsms-chars") => {
            "numbers are digits, perhaps behind a plus; blanks and dashes are taken out"
        }
        ("smsbox", "http-request-retry") => "calls are tried again until the message's validity ends",
        ("smsbox", "sendota-url" | "xmlrpc-url") => "of smsbox there is /cgi-bin/sendsms alone",
        ("smsc", "service-type") => "the service_type is what a request says in binfo",
        ("smsc", "connection-timeout") => {
            "enquire_link_s and enquire_link_timeout_s end a link that is silent"
        }
        ("smsc", "esm-class" | "priority" | "validityperiod") => "what the message itself says counts",
        ("smsc", "source-addr-autodetect") => "names are always told from numbers",
        ("smsc", "my-number") => "destinations stay as they come; match them in a [[route]]",
        ("smsc", "alt-addr-charset") => "names of senders are ASCII",
        ("smsc", "reroute" | "reroute-smsc-id" | "reroute-receiver" | "reroute-dlr") => {
            "a [[route]] with from = { link = … } sends messages of handsets on"
        }
        ("smsc", "max-sms-octets") => "long_messages of a profile says how long messages leave",
        ("smsc", "our-port" | "our-receiver-port") => "the system chooses the port that we call from",
        ("sendsms-user", "allowed-prefix-regex" | "denied-prefix-regex") => {
            "Kannel 1.4.5 looks at no number by it; white_list_regex and black_list_regex do"
        }
        ("sms-service", "strip-keyword") => "the text has its keyword; %r is what stands behind it",
        ("sms-service", "accepted-account") => "messages of handsets have no account",
        ("sms-service", "denied-prefix" | "denied-receiver-prefix") => {
            "routes say what comes, not what does not: a [[route]] before this one, with source_prefix or prefix"
        }
        ("core", "white-list-receiver-regex" | "black-list-receiver-regex") => {
            "the kannel of an account says it: white_list_regex, black_list_regex"
        }
        ("core", "maximum-queue-length" | "dlr-retry") => "what waits is on disk, not in memory",
        ("sms-service", "dlr-url" | "dlr-mask") => {
            "to be told of replies an application needs an account: dlr_url, dlr_mask and account"
        }
        ("opensmppbox", _) => "accounts and [smpp] say what there is to say",
        _ => return None,
    })
}

fn anywhere(key: &str) -> Option<&'static str> {
    Some(match key {
        "prefix" | "suffix" => "nothing is cut out of what a URL answers",
        "split-chars" | "split-suffix" => {
            "parts of a long text belong together and are put together by the handset: nothing stands between them"
        }
        _ if key.contains("-regex") => "routes know prefixes and whole numbers",
        _ if key.contains("white-list") || key.contains("black-list") => {
            "lists are not fetched; the kannel of an account has white_list_regex and black_list_regex"
        }
        "log-file" => "the log goes to standard error, of all links together",
        "log-level" | "log-format" => "--log-level and --log-format say it for all",
        "our-host" => "the system chooses the address that we call from",
        "allowed-prefix" | "denied-prefix" | "denied-receiver-prefix" => {
            "routes say which numbers there is a way to: [[route]] with a prefix"
        }
        _ if key.contains("smsc-id") || key == "smsc-id" => "routes say which links there are for whom",
        _ if key.starts_with("admin-") || key == "status-password" => {
            "there are no commands by HTTP: /healthz, /readyz and /metrics are shown, SIGHUP reads the file again"
        }
        _ if key.starts_with("access-log") => "GET /v1/messages and estafet store export show every message",
        _ if key.starts_with("http-proxy") => "applications are called without a proxy",
        _ if key.starts_with("ssl-") => "TLS 1.2 and 1.3 with the ciphers of today",
        _ if key.starts_with("reply-") => {
            "what cannot be answered is not answered; see fallback_text of an application"
        }
        _ => return None,
    })
}
