//! The interface of Kannel's smsbox: where it is, and what an account's requests mean there.

use std::num::NonZeroU8;

use serde::{Deserialize, Deserializer, de};

use super::certificate::one_or_more;
use super::profile::Tag;
use super::unified_prefix::UnifiedPrefix;
use super::{Expression, Ports, Reach};

/// Where requests as for Kannel's `sendsms` come to, if they may.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SendsmsPath(Option<String>);

impl SendsmsPath {
    /// The path, if there is one.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

impl<'de> Deserialize<'de> for SendsmsPath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match SwitchOrPath::deserialize(deserializer)? {
            SwitchOrPath::Switch(on) => Ok(Self(on.then(|| USUAL.to_owned()))),
            SwitchOrPath::Path(path) if is_path(&path) => Ok(Self(Some(path))),
            SwitchOrPath::Path(_) => {
                Err(de::Error::custom("true, false or a path such as \"/cgi-bin/sendsms\""))
            }
        }
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum SwitchOrPath {
    Switch(bool),
    Path(String),
}

/// No braces: the router would take them for something else.
fn is_path(path: &str) -> bool {
    let is_plain = |octet: u8| octet.is_ascii_alphanumeric() || b"/-._~".contains(&octet);
    path.len() > 1 && path.starts_with('/') && path.bytes().all(is_plain)
}

/// What the group `sendsms-user` of Kannel says of requests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SendsmsConfig {
    /// The sender of every message, whatever the request says.
    pub faked_sender: Option<String>,
    /// The sender of messages whose request names none.
    pub default_sender: Option<String>,
    /// The most segments of a text; what is longer is cut, as Kannel does. Nothing is cut if it is left out.
    pub max_messages: Option<NonZeroU8>,
    /// Behind which characters a text is cut that is too long, as Kannel's `split-chars`.
    pub split_chars: Option<String>,
    /// What stands before every text.
    pub header: Option<String>,
    /// What stands behind it.
    pub footer: Option<String>,
    /// Whether an answer says `Sent.` with who was left out and how many segments there are, as Kannel's
    /// `immediate-sendsms-reply`; it comes when the message is on disk all the same.
    pub immediate: bool,
    /// The names that `meta-data` may have in its group `smpp`, as those of Kannel's groups `smpp-tlv`.
    pub tlv: Vec<NamedTlv>,
    /// How the numbers start that requests may send to, a plus aside; any may if there are none.
    pub allowed_prefix: Vec<String>,
    /// How those start that requests may not send to, unless `allowed_prefix` has them.
    pub denied_prefix: Vec<String>,
    /// What receivers must match, each of them, as the request writes them.
    #[serde(deserialize_with = "one_or_more")]
    pub white_list_regex: Vec<Expression>,
    /// What no receiver may match.
    #[serde(deserialize_with = "one_or_more")]
    pub black_list_regex: Vec<Expression>,
    /// How receivers start, whatever way requests write them; routes see them so.
    pub unified_prefix: UnifiedPrefix,
    /// Whether the URLs that requests name for receipts are called; otherwise receipts go where they always do.
    pub dlr: bool,
    /// The URL that is called with receipts that a request asks for without naming one, with escape codes.
    pub dlr_url: Option<String>,
    /// Whether these URLs may lead to loopback or a private network.
    pub allow_private_address: bool,
    /// Whether they may be plain http.
    pub allow_http: bool,
    /// The ports that they may lead to, beside 80 and 443.
    pub allow_ports: Vec<Ports>,
}

impl SendsmsConfig {
    /// Where the URLs may lead that requests name.
    pub(super) fn reach(&self) -> Reach {
        let Self { allow_private_address: private, allow_http: http, allow_ports, .. } = self;
        Reach { private: *private, http: *http, ports: allow_ports.clone() }
    }
}

/// A TLV by its name in `meta-data`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedTlv {
    /// Its name.
    pub name: String,
    /// Its tag.
    pub tag: Tag,
    /// What its value is.
    #[serde(default, rename = "type")]
    pub kind: TlvKind,
    /// The octets of an integer (1, 2, 4 or 8); the most octets of all else.
    pub length: Option<u8>,
}

/// What the value of a TLV is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TlvKind {
    /// As it is.
    #[default]
    OctetString,
    /// With a NUL behind it.
    NulTerminated,
    /// A number.
    Integer,
}

const USUAL: &str = "/cgi-bin/sendsms";
