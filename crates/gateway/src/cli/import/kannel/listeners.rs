//! Where Estafet listens: the ports of smsbox and opensmppbox.

use super::super::draft::Section;
use super::super::report::Report;
use super::group::Group;

/// `[http]` in place of smsbox, and `[smpp]` in place of opensmppbox.
pub(super) fn sections(
    core: Option<&mut Group>,
    smsbox: Option<&mut Group>,
    opensmppbox: Vec<Group>,
    report: &mut Report,
) -> Vec<Section> {
    let http = smsbox.and_then(|smsbox| http(core, smsbox, report));
    let smpp = opensmppbox.into_iter().map(|group| smpp(group, report));
    http.into_iter().chain(smpp.take(1)).collect()
}

fn http(mut core: Option<&mut Group>, smsbox: &mut Group, report: &mut Report) -> Option<Section> {
    let port = smsbox.number("sendsms-port", report)?;
    let listen = address(smsbox.text("sendsms-interface"), port);
    let path = smsbox.text("sendsms-url").filter(|path| path != SENDSMS);
    let section = Section::new("[http]");
    let section = if smsbox.flag("sendsms-port-ssl") {
        let mut file = |key| core.as_mut().and_then(|core| core.text(key));
        let (certificate, key) = (file("ssl-server-cert-file"), file("ssl-server-key-file"));
        smsbox.remark_whole("plain HTTP, health and metrics are at 127.0.0.1:8080", report);
        section
            .with("listen", "127.0.0.1:8080")
            .with("tls_listen", listen)
            .with("tls_certificate", certificate.unwrap_or_else(|| "certificate.pem".to_owned()))
            .with("tls_key", key.unwrap_or_else(|| "key.pem".to_owned()))
    } else {
        section.with("listen", listen)
    };
    let log = core.and_then(|core| core.text("access-log"));
    let section = section.maybe("kannel_access_log", log);
    Some(match path {
        Some(path) => section.with("kannel", path),
        None => section.with("kannel", true),
    })
}

fn smpp(mut group: Group, report: &mut Report) -> Section {
    let port = group.number("opensmppbox-port", report).unwrap_or(DEFAULT_SMPP_PORT);
    let section = Section::new("[smpp]").with("listen", address(None, port));
    let section = section.maybe("system_id", group.text("our-system-id").filter(|id| id.len() <= 15));
    let why = "each line of that file is an [[account]] here, with the same name and password";
    group.drop("smpp-logins", why, report);
    group.finish(report);
    section
}

/// An empty interface is every one.
fn address(interface: Option<String>, port: i64) -> String {
    let host = interface.filter(|host| host.parse::<std::net::IpAddr>().is_ok());
    format!("{}:{port}", host.as_deref().unwrap_or("0.0.0.0"))
}

const SENDSMS: &str = "/cgi-bin/sendsms";
const DEFAULT_SMPP_PORT: i64 = 2345;
