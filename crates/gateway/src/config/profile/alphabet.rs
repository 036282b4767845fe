//! What an alphabet is called, and how its characters are written.

use serde::de::Error;
use serde::{Deserialize, Deserializer};
use sms::Language;

/// What data_coding 0 means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DefaultAlphabet {
    /// The GSM 7-bit default alphabet, a character per octet.
    #[default]
    Gsm,
    /// ISO 8859-1.
    #[serde(rename = "latin-1")]
    Latin1,
    /// ASCII.
    Ascii,
    /// UTF-8.
    #[serde(rename = "utf-8")]
    Utf8,
}

/// The data_coding of each alphabet; `None` is the standard's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DataCodings {
    /// The GSM 7-bit default alphabet: 0, unless that means another one.
    pub gsm: Option<u8>,
    /// ASCII: 1.
    pub ascii: Option<u8>,
    /// ISO 8859-1: 3.
    pub latin1: Option<u8>,
    /// UCS-2: 8.
    pub ucs2: Option<u8>,
    /// Data: 4, or 2 as it was submitted.
    pub octets: Option<u8>,
}

/// Languages whose national tables an SMSC is known to take.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Languages(pub Vec<Language>);

impl<'de> Deserialize<'de> for Languages {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let names = Vec::<String>::deserialize(deserializer)?;
        let named = |name: &String| {
            let language = Language::ALL.into_iter().find(|language| language.name() == name);
            language.ok_or_else(|| {
                let known = Language::ALL.map(Language::name).join(", ");
                D::Error::custom(format_args!("no national tables of \"{name}\": there are those of {known}"))
            })
        };
        names.iter().map(named).collect::<Result<_, _>>().map(Self)
    }
}

/// The order of the octets of a UCS-2 unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ByteOrder {
    /// The higher first, as the standard has it.
    #[default]
    Big,
    /// The lower first, a fault of some peers.
    Little,
}
