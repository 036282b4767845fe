//! jasmin.cfg: where Estafet listens.

use std::rc::Rc;

use super::super::draft::Section;
use super::super::report::{Place, Report};
use super::remark::remark;

/// `[http]` and `[smpp]` in place of the interfaces that the file speaks of.
pub(super) fn listeners(text: &str, file: &Rc<str>, report: &mut Report) -> Vec<Section> {
    let mut http = None;
    let mut smpp = None;
    let mut section = String::new();
    for (number, line) in text.lines().enumerate() {
        let place = Place { file: file.clone(), line: number + 1 };
        let line = line.trim();
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = name.to_owned();
            match name {
                "http-api" => http = Some(Listener::new(1401)),
                "smpp-server" => smpp = Some(Listener::new(2775)),
                _ => {}
            }
            continue;
        }
        let Some((key, value)) = line.split_once(['=', ':']).filter(|_| !line.starts_with(['#', ';'])) else {
            continue;
        };
        let (key, value) = (key.trim(), value.trim().trim_matches('"'));
        let listener = match section.as_str() {
            "http-api" => http.as_mut(),
            "smpp-server" => smpp.as_mut(),
            _ => None,
        };
        let is_taken = listener.is_some_and(|listener| listener.set(key, value));
        if let Some(why) = why(&section, key).filter(|_| !is_taken) {
            remark(report, &place, &section, key, why);
        }
    }
    let http = http.map(|at| Section::new("[http]").with("listen", at.address()).with("jasmin", true));
    let smpp = smpp.map(|at: Listener| Section::new("[smpp]").with("listen", at.address()));
    http.into_iter().chain(smpp).collect()
}

struct Listener {
    host: String,
    port: u16,
}

impl Listener {
    fn new(port: u16) -> Self {
        Self { host: "0.0.0.0".to_owned(), port }
    }

    /// Whether the key says where.
    fn set(&mut self, key: &str, value: &str) -> bool {
        match key {
            "bind" if value.parse::<std::net::IpAddr>().is_ok() => value.clone_into(&mut self.host),
            "port" => self.port = value.parse().unwrap_or(self.port),
            _ => return false,
        }
        true
    }

    fn address(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

fn why(section: &str, key: &str) -> Option<&'static str> {
    let (is_log, is_place) = (key.starts_with("log_") || key == "access_log", key == "store_path");
    Some(match section {
        _ if is_log => return None,
        "amqp-broker" | "redis-client" => return None,
        "jcli" | "router" | "client-management" if is_place => "messages are in data_dir",
        "jcli" | "router" | "client-management" => return None,
        "http-api" | "smpp-server" if key == "billing_feature" => "there is no billing",
        "http-api" if key.starts_with("long_content") => "long_messages of a profile says it; nothing is cut",
        "smpp-server" => "[smpp] has keys of its own for times and limits",
        "dlr-thrower" | "deliversm-thrower" => "calls are tried again as docs/http.md says",
        "sm-listener" => "a profile says what is tried again (retry)",
        "interceptor" | "interceptor-client" => "there are no scripts in the way of messages",
        _ => "Estafet has nothing of this kind",
    })
}
