//! The interfaces of Jasmin: what an account's requests mean there.

use serde::Deserialize;

use super::{Expression, Ports, Reach};

/// What is done for requests at Jasmin's interfaces.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct JasminConfig {
    /// Whether the URLs that requests name are called: `dlr-url`, and the two of a batch. Otherwise receipts go where
    /// they always do.
    pub dlr: bool,
    /// Whether these URLs may lead to loopback or a private network.
    pub allow_private_address: bool,
    /// Whether they may be plain http.
    pub allow_http: bool,
    /// The ports that they may lead to, beside 80 and 443.
    pub allow_ports: Vec<Ports>,
    /// What its requests may not do.
    pub denied: Vec<JasminRight>,
    /// What the values of its requests must be like.
    pub filters: ValueFilters,
    /// The sender of messages whose request names none.
    pub default_source: Option<String>,
}

impl JasminConfig {
    /// Where the URLs may lead that requests name.
    pub(super) fn reach(&self) -> Reach {
        let Self { allow_private_address: private, allow_http: http, allow_ports, .. } = self;
        Reach { private: *private, http: *http, ports: allow_ports.clone() }
    }
}

/// What a request may do, by the names that jcli has for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JasminRight {
    /// Send.
    HttpSend,
    /// Ask for the balance.
    HttpBalance,
    /// Ask for the rate.
    HttpRate,
    /// Send what takes more than one segment.
    HttpLongContent,
    /// Say `dlr-level`.
    DlrLevel,
    /// Say `dlr-method`.
    HttpDlrMethod,
    /// Say `from`.
    SrcAddr,
    /// Say `priority`.
    Priority,
    /// Say `validity-period`.
    ValidityPeriod,
    /// Say `hex-content`.
    HexContent,
    /// Say `sdt`.
    ScheduleDeliveryTime,
}

/// Regular expressions that the beginning of a value must match, by the names that jcli has for them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ValueFilters {
    /// That of `to`.
    pub dst_addr: Option<ValueFilter>,
    /// That of `from`.
    pub src_addr: Option<ValueFilter>,
    /// That of `priority`.
    pub priority: Option<ValueFilter>,
    /// That of `validity-period`.
    pub validity_period: Option<ValueFilter>,
    /// That of `content`.
    pub content: Option<ValueFilter>,
}

/// What the beginning of a value must match.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct ValueFilter(Expression);

impl ValueFilter {
    /// Whether a value is as it must be.
    pub(crate) fn takes(&self, value: &str) -> bool {
        self.0.is_match(value)
    }
}

impl TryFrom<String> for ValueFilter {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Expression::new(format_args!(r"\A(?:{text})")).map(Self)
    }
}
