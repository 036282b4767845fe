//! The languages, and which tables are whose.

use super::table::Table;
use super::{indic, latin, urdu};

/// A language that has tables, by its number in the header (23.038 section 6.2.1.2.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
#[allow(missing_docs)]
pub enum Language {
    Turkish = 1,
    Spanish = 2,
    Portuguese = 3,
    Bengali = 4,
    Gujarati = 5,
    Hindi = 6,
    Kannada = 7,
    Malayalam = 8,
    Oriya = 9,
    Punjabi = 10,
    Tamil = 11,
    Telugu = 12,
    Urdu = 13,
}

impl Language {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 13] = [
        Self::Turkish,
        Self::Spanish,
        Self::Portuguese,
        Self::Bengali,
        Self::Gujarati,
        Self::Hindi,
        Self::Kannada,
        Self::Malayalam,
        Self::Oriya,
        Self::Punjabi,
        Self::Tamil,
        Self::Telugu,
        Self::Urdu,
    ];

    /// The language with this number, or `None` if it has no tables.
    #[must_use]
    pub fn of_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.number() == number)
    }

    /// Its number in the header.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// Its English name in lower case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Turkish => "turkish",
            Self::Spanish => "spanish",
            Self::Portuguese => "portuguese",
            Self::Bengali => "bengali",
            Self::Gujarati => "gujarati",
            Self::Hindi => "hindi",
            Self::Kannada => "kannada",
            Self::Malayalam => "malayalam",
            Self::Oriya => "oriya",
            Self::Punjabi => "punjabi",
            Self::Tamil => "tamil",
            Self::Telugu => "telugu",
            Self::Urdu => "urdu",
        }
    }

    /// The table in the place of the default table; Spanish has none.
    pub(super) const fn locking(self) -> Option<&'static Table> {
        Some(match self {
            Self::Turkish => &latin::TURKISH_LOCKING,
            Self::Spanish => return None,
            Self::Portuguese => &latin::PORTUGUESE_LOCKING,
            Self::Bengali => &indic::BENGALI_LOCKING,
            Self::Gujarati => &indic::GUJARATI_LOCKING,
            Self::Hindi => &indic::HINDI_LOCKING,
            Self::Kannada => &indic::KANNADA_LOCKING,
            Self::Malayalam => &indic::MALAYALAM_LOCKING,
            Self::Oriya => &indic::ORIYA_LOCKING,
            Self::Punjabi => &indic::PUNJABI_LOCKING,
            Self::Tamil => &indic::TAMIL_LOCKING,
            Self::Telugu => &indic::TELUGU_LOCKING,
            Self::Urdu => &urdu::LOCKING,
        })
    }

    /// The table in the place of the extension table.
    pub(super) const fn single(self) -> &'static Table {
        match self {
            Self::Turkish => &latin::TURKISH_SINGLE,
            Self::Spanish => &latin::SPANISH_SINGLE,
            Self::Portuguese => &latin::PORTUGUESE_SINGLE,
            Self::Bengali => &indic::BENGALI_SINGLE,
            Self::Gujarati => &indic::GUJARATI_SINGLE,
            Self::Hindi => &indic::HINDI_SINGLE,
            Self::Kannada => &indic::KANNADA_SINGLE,
            Self::Malayalam => &indic::MALAYALAM_SINGLE,
            Self::Oriya => &indic::ORIYA_SINGLE,
            Self::Punjabi => &indic::PUNJABI_SINGLE,
            Self::Tamil => &indic::TAMIL_SINGLE,
            Self::Telugu => &indic::TELUGU_SINGLE,
            Self::Urdu => &urdu::SINGLE,
        }
    }
}
