//! The links of a configuration, as its text.

use std::net::SocketAddr;

use super::PASSWORD;

/// An SMSC that is bound to at `address`; `more` are further lines.
///
/// It is connected to again within a second.
pub(crate) fn smsc(name: &str, address: SocketAddr, more: &str) -> String {
    format!(
        "[[smsc]]\nname = \"{name}\"\naddress = \"{address}\"\nsystem_id = \"estafet\"\n\
         password = \"{PASSWORD}\"\nreconnect_max_s = 1\n{more}\n"
    )
}

/// An ESME; `more` are further lines.
pub(crate) fn account(name: &str, more: &str) -> String {
    let window = if more.contains("window") { "" } else { "window = 100\n" };
    format!("[[account]]\nname = \"{name}\"\npassword = \"{PASSWORD}\"\n{window}{more}\n")
}

/// A content provider on this machine; `more` are further lines.
pub(crate) fn application(name: &str, url: &str, more: &str) -> String {
    format!("[[application]]\nname = \"{name}\"\nurl = \"{url}\"\nallow_private_address = true\n{more}\n")
}

/// A route, as its lines.
pub(crate) fn route(lines: &str) -> String {
    format!("[[route]]\n{lines}\n")
}
