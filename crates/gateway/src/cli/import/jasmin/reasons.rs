//! Why sections and keys of Jasmin's files have no place in our configuration.

/// Why a section has no place at all, if it has none.
pub(super) fn whole_section(section: &str) -> Option<&'static str> {
    Some(match section {
        "http-api" | "smpp-server" | "sm-listener" | "dlr" | "dlr-thrower" | "deliversm-thrower"
        | "rest-api" => {
            return None;
        }
        "amqp-broker" => {
            "there is no broker: messages are in data_dir; let Jasmin send what waits there first"
        }
        "redis-client" => "receipts are matched in the store itself, which needs no database",
        "jcli" => {
            "there is no console with a password of its own: what is set up stands in the file, and `estafet` has commands"
        }
        "router" | "client-management" => {
            "one program does all, and keeps what it is told in its file and data_dir"
        }
        "service-smppclient" => "connectors are [[smsc]], which need no service of their own",
        "smpp-server-pb" | "smpp-server-pb-client" => {
            "one program does all: nothing of it is called by another"
        }
        "interceptor" | "interceptor-client" => "there are no scripts in the way of messages",
        "celery" => "there are no workers: a batch is taken over by the request that brings it",
        _ => "Estafet does not know this section",
    })
}

/// Why a key has no place.
pub(super) fn of(section: &str, key: &str) -> &'static str {
    match (section, key) {
        (_, "log_level") => "the log is one for all: --log-level says how much is in it",
        (_, "log_privacy") => "texts are never in the log",
        (_, "log_file" | "log_rotate" | "log_format" | "log_date_format") => {
            "the log goes to standard error, for the service manager to keep"
        }
        ("http-api", "access_log") => {
            "there is no access log in this form: kannel_access_log is one, and the metrics count calls"
        }
        ("http-api" | "smpp-server", "bind") => {
            "this is no address: it listens at all of the machine until `listen` says otherwise"
        }
        ("http-api" | "smpp-server", "port") => "this is no port: it is the usual one",
        ("http-api" | "smpp-server", "billing_feature") => "there is no billing",
        ("http-api", "long_content_max_parts" | "long_content_split") => {
            "long_messages of a profile says it; nothing is cut"
        }
        ("smpp-server", "id") => "it is in Jasmin's logs alone; system_id is what ESMEs are told",
        ("smpp-server", "dlr_expiry") => "[store] receipt_timeout_h says it for all",
        ("smpp-server", "inactivityTimerSecs") => "who answers enquire_link may stay",
        ("smpp-server", "pduReadTimerSecs") => {
            "a PDU has no time of its own: enquire_link finds who says no more"
        }
        ("sm-listener", "submit_error_retrial") => "a profile says what is tried again (retry)",
        ("sm-listener", "submit_max_age_smppc_not_ready") => {
            "a message waits for its link as long as it is valid"
        }
        ("sm-listener", "submit_retrial_delay_smppc_not_ready") => {
            "what waits is sent as soon as its link is there"
        }
        ("sm-listener", "publish_submit_sm_resp") => "there is no broker: GET /v1/events tells what happens",
        ("dlr", "pid") => "receipts are matched by the one program that there is",
        ("dlr", "dlr_lookup_retry_delay" | "dlr_lookup_max_retries") => {
            "a receipt that comes before its id is held until that is known"
        }
        ("dlr", "smpp_receipt_on_success_submit_sm_resp") => {
            "an ESME is told what becomes of a message, and not that it was sent"
        }
        ("dlr-thrower", "dlr_pdu") => "receipts are deliver_sm",
        ("dlr-thrower" | "deliversm-thrower", "max_retries" | "retry_delay") => {
            "calls are tried again as docs/http.md says"
        }
        ("deliversm-thrower", "http_timeout") => "timeout_s of an [[application]] says it",
        ("dlr-thrower", "http_timeout") => "a dlr-url has the time that other callbacks have",
        ("rest-api", "http_api_host" | "http_api_port") => {
            "both interfaces are at one address, that of [http]"
        }
        ("rest-api", "show_jasmin_version") => "no answer says what has made it",
        ("rest-api", "auth_cache_seconds" | "auth_cache_max_keys") => {
            "who calls is known without asking another program"
        }
        ("rest-api", "http_throughput_per_worker" | "smart_qos") => {
            "a batch is taken over at once; the rate of its account and of links holds"
        }
        _ => "Estafet has nothing of this kind",
    }
}
