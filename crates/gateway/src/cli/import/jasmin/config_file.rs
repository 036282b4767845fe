//! jasmin.cfg: where Estafet listens.

use std::rc::Rc;

use super::super::draft::Section;
use super::super::report::{Place, Report};
use super::reasons;
use super::remark::remark;

/// `[http]` and `[smpp]` in place of the interfaces that the file speaks of.
pub(super) fn listeners(text: &str, file: &Rc<str>, report: &mut Report) -> Vec<Section> {
    let mut http = None;
    let mut smpp = None;
    let mut section = String::new();
    let mut has_key = false;
    for (number, line) in text.lines().enumerate() {
        let place = Place { file: file.clone(), line: number + 1 };
        // More of the value above.
        if has_key && line.starts_with(char::is_whitespace) {
            continue;
        }
        let line = line.trim();
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = name.to_owned();
            has_key = false;
            match name {
                "http-api" => http = Some(Listener::new(1401)),
                "smpp-server" => smpp = Some(Listener::new(2775)),
                _ => {}
            }
            if let Some(why) = reasons::whole_section(name) {
                remark(report, &place, name, "", why);
            }
            continue;
        }
        let Some((key, value)) = line.split_once(['=', ':']).filter(|_| !line.starts_with(['#', ';'])) else {
            continue;
        };
        has_key = true;
        let (key, value) = (key.trim(), value.trim().trim_matches('"'));
        let listener = match section.as_str() {
            "http-api" => http.as_mut(),
            "smpp-server" => smpp.as_mut(),
            _ => None,
        };
        let is_taken = listener.is_some_and(|listener| listener.set(&section, key, value));
        if !is_taken && reasons::whole_section(&section).is_none() {
            remark(report, &place, &section, key, reasons::of(&section, key));
        }
    }
    let http = http.map(|at| at.section("[http]").with("jasmin", true));
    let smpp = smpp.map(|at: Listener| at.section("[smpp]"));
    http.into_iter().chain(smpp).collect()
}

struct Listener {
    host: String,
    port: u16,
    /// Keys of ours, with seconds.
    times: Vec<(&'static str, i64)>,
}

impl Listener {
    fn new(port: u16) -> Self {
        Self { host: "0.0.0.0".to_owned(), port, times: Vec::new() }
    }

    /// Whether the key says where, or how long.
    fn set(&mut self, section: &str, key: &str, value: &str) -> bool {
        let time = match (section, key) {
            ("smpp-server", "sessionInitTimerSecs") => "bind_timeout_s",
            ("smpp-server", "enquireLinkTimerSecs") => "enquire_link_s",
            ("smpp-server", "responseTimerSecs") => "response_timeout_s",
            (_, "bind") if value.eq_ignore_ascii_case("localhost") => return self.is_at("127.0.0.1"),
            (_, "bind") if value.parse::<std::net::IpAddr>().is_ok() => return self.is_at(value),
            (_, "port") => return value.parse().map(|port| self.port = port).is_ok(),
            _ => return false,
        };
        let seconds = value.parse().ok().filter(|seconds| *seconds > 0);
        seconds.map(|seconds| self.times.push((time, seconds))).is_some()
    }

    fn is_at(&mut self, host: &str) -> bool {
        host.clone_into(&mut self.host);
        true
    }

    fn section(&self, heading: &'static str) -> Section {
        let section = Section::new(heading).with("listen", self.address());
        self.times.iter().fold(section, |section, (key, seconds)| section.with(key, *seconds))
    }

    fn address(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}
