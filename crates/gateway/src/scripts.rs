//! What a peer says with its data_codings, and what has to be rewritten for it: C-2, C-3.

use sms::alphabet::{ascii, gsm, latin1, ucs2};
use sms::data_coding::Encoding;
use sms::{Alphabet, DataCoding, Tables, UserDataHeader};

use crate::config::{DataCodings, DefaultAlphabet, Profile};

/// What the data_codings of a peer say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Scripts {
    default: DefaultAlphabet,
    codings: DataCodings,
}

/// What a plain data_coding says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Script {
    Gsm,
    Ascii,
    Latin1,
    Utf8,
    Ucs2,
    Octets,
}

impl Scripts {
    pub(crate) fn of(profile: &Profile) -> Self {
        Self { default: profile.default_alphabet, codings: profile.data_coding }
    }

    /// Whether they say what ours do.
    pub(crate) fn are_standard(&self) -> bool {
        self.default == DefaultAlphabet::Gsm && self.codings == DataCodings::default()
    }

    /// What of ours is rewritten for the peer, which has no data_coding that says it.
    pub(crate) fn rewritten(&self, data_coding: u8) -> Option<Script> {
        let ours = Script::of(data_coding)?;
        let is_said = self.named(ours).is_some() || self.meaning(data_coding) == Some(ours);
        (!is_said && ours != Script::Octets).then_some(ours)
    }

    /// The data_coding that says a script of ours, if the profile gives it one of its own.
    pub(crate) fn named(&self, ours: Script) -> Option<u8> {
        match ours {
            Script::Gsm => self.codings.gsm,
            Script::Ascii => self.codings.ascii,
            Script::Latin1 => self.codings.latin1,
            Script::Ucs2 => self.codings.ucs2,
            Script::Octets => self.codings.octets,
            Script::Utf8 => None,
        }
    }

    /// The data_coding of the default alphabet.
    pub(crate) fn default_coding(&self) -> u8 {
        match self.default {
            DefaultAlphabet::Gsm => self.codings.gsm.unwrap_or(0),
            _ => 0,
        }
    }

    /// Whether the default alphabet is GSM 7-bit.
    pub(crate) fn default_is_gsm(&self) -> bool {
        self.default == DefaultAlphabet::Gsm
    }

    /// Appends a text in the default alphabet; whether that has all of it.
    pub(crate) fn encode(&self, text: &str, out: &mut Vec<u8>) -> bool {
        match self.default {
            DefaultAlphabet::Gsm => gsm::encode(text, out).is_ok(),
            DefaultAlphabet::Latin1 => latin1::encode(text, out).is_ok(),
            DefaultAlphabet::Ascii => ascii::encode(text, out).is_ok(),
            DefaultAlphabet::Utf8 => {
                out.extend_from_slice(text.as_bytes());
                true
            }
        }
    }

    /// Whether the default alphabet has all of a text.
    pub(crate) fn has(&self, text: &str) -> bool {
        self.encode(text, &mut Vec::with_capacity(text.len()))
    }

    /// What the peer says with a data_coding; `None` for what only passes through.
    pub(crate) fn meaning(&self, data_coding: u8) -> Option<Script> {
        let codings = &self.codings;
        let named = [
            (codings.gsm, Script::Gsm),
            (codings.latin1, Script::Latin1),
            (codings.ascii, Script::Ascii),
            (codings.ucs2, Script::Ucs2),
            (codings.octets, Script::Octets),
        ];
        if let Some((_, script)) = named.iter().find(|(named, _)| *named == Some(data_coding)) {
            return Some(*script);
        }
        match data_coding {
            0 => Some(match self.default {
                DefaultAlphabet::Gsm => Script::Gsm,
                DefaultAlphabet::Latin1 => Script::Latin1,
                DefaultAlphabet::Ascii => Script::Ascii,
                DefaultAlphabet::Utf8 => Script::Utf8,
            }),
            _ if !says_more(data_coding) => Script::of(data_coding),
            _ => match DataCoding(data_coding).alphabet() {
                Alphabet::Gsm7 => Some(Script::Gsm),
                Alphabet::Ucs2 => Some(Script::Ucs2),
                _ => None,
            },
        }
    }

    /// Whether the peer means by a data_coding what we do, or what 23.038 has for it.
    pub(crate) fn agrees(&self, data_coding: u8) -> bool {
        let is_ours = self.meaning(data_coding) == Script::of(data_coding);
        is_ours || says_more(data_coding) && !self.names(data_coding)
    }

    /// Whether the profile gives this data_coding a meaning of its own.
    fn names(&self, data_coding: u8) -> bool {
        let codings = &self.codings;
        [codings.gsm, codings.ascii, codings.latin1, codings.ucs2, codings.octets]
            .contains(&Some(data_coding))
    }
}

impl Script {
    /// What one of our own plain data_codings says.
    pub(crate) const fn of(data_coding: u8) -> Option<Self> {
        match DataCoding(data_coding).listed() {
            Some(Encoding::Default) => Some(Self::Gsm),
            Some(Encoding::Ascii) => Some(Self::Ascii),
            Some(Encoding::OtherOctets | Encoding::Octets) => Some(Self::Octets),
            Some(Encoding::Latin1) => Some(Self::Latin1),
            Some(Encoding::Ucs2) => Some(Self::Ucs2),
            _ => None,
        }
    }

    /// The data_coding that it has inside.
    pub(crate) const fn data_coding(self) -> u8 {
        match self {
            Self::Gsm => 0,
            Self::Ascii => 1,
            Self::Latin1 => 3,
            Self::Octets => 4,
            Self::Ucs2 | Self::Utf8 => 8,
        }
    }

    /// A text of ours behind `head`, its user data header or nothing; and what of the header stays when the text is
    /// written otherwise: not the national tables that it is read by (G-1).
    pub(crate) fn read(self, head: &[u8], text: &[u8]) -> (Vec<u8>, String) {
        let tables = match self {
            Self::Gsm => UserDataHeader::parse(head).map_or(Tables::DEFAULT, |(header, _)| header.tables()),
            _ => Tables::DEFAULT,
        };
        let said = match self {
            Self::Gsm => tables.decode(text),
            Self::Ascii => ascii::decode(text),
            Self::Latin1 => latin1::decode(text),
            Self::Ucs2 => ucs2::decode_lossy(text),
            Self::Utf8 | Self::Octets => String::from_utf8_lossy(text).into_owned(),
        };
        let stays = if tables == Tables::DEFAULT { head.to_vec() } else { without_tables(head) };
        (stays, said)
    }
}

/// Whether a data_coding is one of 23.038's groups, which say more than an alphabet.
const fn says_more(data_coding: u8) -> bool {
    DataCoding(data_coding).listed().is_none()
}

/// The header without what names national tables; nothing if there is nothing else.
fn without_tables(head: &[u8]) -> Vec<u8> {
    let elements =
        UserDataHeader::parse(head).map(|(header, _)| header.encoded(|element| !element.names_table()));
    match elements {
        Ok(elements) if elements.is_empty() => elements,
        // As it was in a header that was no shorter, its length is not cut.
        Ok(elements) => [&[elements.len() as u8], &elements[..]].concat(),
        Err(_) => head.to_vec(),
    }
}
