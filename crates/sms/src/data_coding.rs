//! data_coding: in which alphabet a body is, and what else the octet says of it.
//!
//! It is the data coding scheme of 23.038 section 4, but that SMPP gives the values up to 0x0F meanings of
//! its own (SMPP 3.4 section 5.2.19).

use crate::alphabet::Alphabet;
use crate::udh::Waiting;

/// A data_coding. Every octet is one; what the standards do not name is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct DataCoding(pub u8);

/// What a data_coding says, without a bit left over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Meaning {
    /// 0x00 to 0x0F: one of the encodings that SMPP lists.
    Listed(Encoding),
    /// 0x10 to 0x7F: the general groups of 23.038.
    General {
        /// 0x40 to 0x7F: the message deletes itself once it was read.
        deletes_itself: bool,
        /// The text is compressed (23.042).
        is_compressed: bool,
        /// What the text is written in.
        characters: Characters,
        /// What the handset does with it.
        class: ClassBits,
    },
    /// 0x80 to 0xBF: reserved; the six low bits.
    Reserved(u8),
    /// 0xC0 to 0xEF: something waits for the subscriber elsewhere, such as in a mailbox.
    Waiting {
        /// What becomes of the message itself.
        keeping: Keeping,
        /// Whether the sign is set, or taken away.
        is_active: bool,
        /// Bit 2, which means nothing.
        spare: bool,
        /// What waits: 0 voice, 1 fax, 2 e-mail, 3 other.
        kind: u8,
    },
    /// 0xF0 to 0xFF: an alphabet and a class.
    Classed {
        /// Bit 3, which means nothing.
        spare: bool,
        /// Data and not text in the GSM alphabet.
        is_octets: bool,
        /// What the handset does with it.
        class: MessageClass,
    },
}

/// The encodings that SMPP lists, by their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Encoding {
    /// The SMSC's default alphabet: inside, the GSM 7-bit default alphabet.
    Default = 0x0,
    /// IA5, that is ASCII.
    Ascii = 0x1,
    /// Octets, as some networks say it.
    OtherOctets = 0x2,
    /// ISO 8859-1.
    Latin1 = 0x3,
    /// Octets.
    Octets = 0x4,
    /// JIS X 0208.
    Jis = 0x5,
    /// ISO 8859-5.
    Cyrillic = 0x6,
    /// ISO 8859-8.
    Hebrew = 0x7,
    /// UCS-2.
    Ucs2 = 0x8,
    /// Pictograms.
    Pictograms = 0x9,
    /// ISO-2022-JP.
    Iso2022Jp = 0xA,
    /// Reserved.
    ReservedB = 0xB,
    /// Reserved.
    ReservedC = 0xC,
    /// JIS X 0212.
    ExtendedKanji = 0xD,
    /// KS C 5601.
    Korean = 0xE,
    /// Reserved.
    ReservedF = 0xF,
}

/// What the text of a general group is written in, bits 3-2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Characters {
    /// The GSM 7-bit default alphabet.
    Gsm7 = 0,
    /// Octets.
    Octets = 1,
    /// UCS-2.
    Ucs2 = 2,
    /// Reserved.
    Reserved = 3,
}

/// Bit 4 and the two low bits of a general group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ClassBits {
    /// The low bits are a class.
    Class(MessageClass),
    /// There is no class: the low bits mean nothing.
    Spare(u8),
}

/// What a handset does with a message, 23.038 section 4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum MessageClass {
    /// Class 0: shown at once and not kept, "flash".
    Flash = 0,
    /// Class 1: kept in the handset.
    Handset = 1,
    /// Class 2: kept in the SIM.
    Sim = 2,
    /// Class 3: handed to what is attached to the handset.
    Terminal = 3,
}

/// What becomes of a message that says that something waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Keeping {
    /// 0xC0 to 0xCF: its text is not kept, and in the GSM alphabet.
    Discard,
    /// 0xD0 to 0xDF: its text is kept, and in the GSM alphabet.
    Gsm7,
    /// 0xE0 to 0xEF: its text is kept, and in UCS-2.
    Ucs2,
}

impl DataCoding {
    /// All that the octet says.
    #[must_use]
    pub const fn meaning(self) -> Meaning {
        let octet = self.0;
        match octet >> 4 {
            0x0 => Meaning::Listed(Encoding::of(octet)),
            0x1..=0x7 => Meaning::General {
                deletes_itself: octet & DELETES_ITSELF != 0,
                is_compressed: octet & COMPRESSED != 0,
                characters: Characters::of(octet),
                class: ClassBits::of(octet),
            },
            0x8..=0xB => Meaning::Reserved(octet & 0x3F),
            0xF => Meaning::Classed {
                spare: octet & 0x08 != 0,
                is_octets: octet & OCTETS != 0,
                class: MessageClass::of(octet),
            },
            group => Meaning::Waiting {
                keeping: match group {
                    0xC => Keeping::Discard,
                    0xD => Keeping::Gsm7,
                    _ => Keeping::Ucs2,
                },
                is_active: octet & ACTIVE != 0,
                spare: octet & 0x04 != 0,
                kind: octet & LOW_BITS,
            },
        }
    }

    /// The alphabet of the body. Compressed text, what is reserved and alphabets that are not written here
    /// are [`Alphabet::Octets`].
    #[must_use]
    pub const fn alphabet(self) -> Alphabet {
        match self.meaning() {
            Meaning::Listed(Encoding::Default)
            | Meaning::General { is_compressed: false, characters: Characters::Gsm7, .. }
            | Meaning::Waiting { keeping: Keeping::Discard | Keeping::Gsm7, .. }
            | Meaning::Classed { is_octets: false, .. } => Alphabet::Gsm7,
            Meaning::Listed(Encoding::Ucs2)
            | Meaning::General { is_compressed: false, characters: Characters::Ucs2, .. }
            | Meaning::Waiting { keeping: Keeping::Ucs2, .. } => Alphabet::Ucs2,
            Meaning::Listed(Encoding::Ascii) => Alphabet::Ascii,
            Meaning::Listed(Encoding::Latin1) => Alphabet::Latin1,
            Meaning::Listed(_)
            | Meaning::General { .. }
            | Meaning::Reserved(_)
            | Meaning::Classed { is_octets: true, .. } => Alphabet::Octets,
        }
    }

    /// The encoding that SMPP lists under it; `None` if it says more than one, or something else.
    #[must_use]
    pub const fn listed(self) -> Option<Encoding> {
        match self.meaning() {
            Meaning::Listed(encoding) => Some(encoding),
            _ => None,
        }
    }

    /// The class that it names.
    #[must_use]
    pub const fn class(self) -> Option<MessageClass> {
        match self.meaning() {
            Meaning::Classed { class, .. } | Meaning::General { class: ClassBits::Class(class), .. } => {
                Some(class)
            }
            _ => None,
        }
    }

    /// Whether both standards reserve it: 0x80 to 0xBF.
    #[must_use]
    pub const fn is_reserved(self) -> bool {
        matches!(self.meaning(), Meaning::Reserved(_))
    }

    /// That of a body in `alphabet` for a handset that does with it what `class` says; `None` for ASCII and
    /// Latin-1, which 23.038 does not have.
    ///
    /// The class group of 23.038 where it has the alphabet, which SMPP lists too; UCS-2 is in the general
    /// group only (0x18 to 0x1B).
    #[must_use]
    pub const fn with_class(alphabet: Alphabet, class: MessageClass) -> Option<Self> {
        let meaning = match alphabet {
            Alphabet::Gsm7 => Meaning::Classed { spare: false, is_octets: false, class },
            Alphabet::Octets => Meaning::Classed { spare: false, is_octets: true, class },
            Alphabet::Ucs2 => Meaning::General {
                deletes_itself: false,
                is_compressed: false,
                characters: Characters::Ucs2,
                class: ClassBits::Class(class),
            },
            Alphabet::Ascii | Alphabet::Latin1 => return None,
        };
        Some(meaning.data_coding())
    }

    /// That of a text in `alphabet` that says what waits; `None` if there is none: only a text in the GSM
    /// alphabet can be discarded, and only one in that or in UCS-2 be kept.
    ///
    /// How many wait cannot be said, and what is neither voice, fax nor e-mail is "other".
    #[must_use]
    pub const fn with_waiting(alphabet: Alphabet, waiting: Waiting) -> Option<Self> {
        let keeping = match (alphabet, waiting.is_kept) {
            (Alphabet::Gsm7, false) => Keeping::Discard,
            (Alphabet::Gsm7, true) => Keeping::Gsm7,
            (Alphabet::Ucs2, true) => Keeping::Ucs2,
            _ => return None,
        };
        let kind = waiting.kind & LOW_BITS;
        Some(Meaning::Waiting { keeping, is_active: waiting.count > 0, spare: false, kind }.data_coding())
    }
}

impl Meaning {
    /// The octet that says it. Bits of a number that have no room are ignored.
    #[must_use]
    pub const fn data_coding(self) -> DataCoding {
        DataCoding(match self {
            Self::Listed(encoding) => encoding as u8,
            Self::General { deletes_itself, is_compressed, characters, class } => {
                bit(deletes_itself, DELETES_ITSELF)
                    | bit(is_compressed, COMPRESSED)
                    | (characters as u8) << 2
                    | class.bits()
            }
            Self::Reserved(bits) => 0x80 | bits & 0x3F,
            Self::Waiting { keeping, is_active, spare, kind } => {
                let group = match keeping {
                    Keeping::Discard => 0xC0,
                    Keeping::Gsm7 => 0xD0,
                    Keeping::Ucs2 => 0xE0,
                };
                group | bit(is_active, ACTIVE) | bit(spare, 0x04) | kind & LOW_BITS
            }
            Self::Classed { spare, is_octets, class } => {
                0xF0 | bit(spare, 0x08) | bit(is_octets, OCTETS) | class as u8
            }
        })
    }
}

impl Encoding {
    const fn of(octet: u8) -> Self {
        match octet & 0x0F {
            0x0 => Self::Default,
            0x1 => Self::Ascii,
            0x2 => Self::OtherOctets,
            0x3 => Self::Latin1,
            0x4 => Self::Octets,
            0x5 => Self::Jis,
            0x6 => Self::Cyrillic,
            0x7 => Self::Hebrew,
            0x8 => Self::Ucs2,
            0x9 => Self::Pictograms,
            0xA => Self::Iso2022Jp,
            0xB => Self::ReservedB,
            0xC => Self::ReservedC,
            0xD => Self::ExtendedKanji,
            0xE => Self::Korean,
            _ => Self::ReservedF,
        }
    }
}

impl Characters {
    const fn of(octet: u8) -> Self {
        match octet >> 2 & LOW_BITS {
            0 => Self::Gsm7,
            1 => Self::Octets,
            2 => Self::Ucs2,
            _ => Self::Reserved,
        }
    }
}

impl ClassBits {
    const fn of(octet: u8) -> Self {
        match octet & HAS_CLASS {
            0 => Self::Spare(octet & LOW_BITS),
            _ => Self::Class(MessageClass::of(octet)),
        }
    }

    const fn bits(self) -> u8 {
        match self {
            Self::Class(class) => HAS_CLASS | class as u8,
            Self::Spare(bits) => bits & LOW_BITS,
        }
    }
}

impl MessageClass {
    /// The class that the two low bits name.
    #[must_use]
    pub const fn of(bits: u8) -> Self {
        match bits & LOW_BITS {
            0 => Self::Flash,
            1 => Self::Handset,
            2 => Self::Sim,
            _ => Self::Terminal,
        }
    }

    /// The unit of the handset that a message of this class is for, as dest_addr_subunit names it (SMPP 3.4
    /// section 5.3.2.1): 1 the display, 2 the handset, 3 the SIM, 4 what is attached.
    #[must_use]
    pub const fn subunit(self) -> u8 {
        self as u8 + 1
    }
}

const fn bit(is_set: bool, bit: u8) -> u8 {
    if is_set { bit } else { 0 }
}

/// General groups: bits 6, 5 and 4.
const DELETES_ITSELF: u8 = 0x40;
const COMPRESSED: u8 = 0x20;
const HAS_CLASS: u8 = 0x10;
/// Message waiting: the sign is set.
const ACTIVE: u8 = 0x08;
/// Class group: data.
const OCTETS: u8 = 0x04;
/// The class, or what waits.
const LOW_BITS: u8 = 0x03;

#[cfg(test)]
mod tests {
    use super::*;

    /// Every data_coding by its own rule of 23.038 and SMPP 3.4, written bit by bit.
    fn by_the_bits(octet: u8) -> Alphabet {
        let bits = [7, 6, 5, 4, 3, 2].map(|bit| octet >> bit & 1);
        match (octet, bits) {
            (0, _) => Alphabet::Gsm7,
            (1, _) => Alphabet::Ascii,
            (3, _) => Alphabet::Latin1,
            (8, _) => Alphabet::Ucs2,
            (_, [0, 0, 0, 1, 0, 0] | [0, 1, 0, _, 0, 0]) => Alphabet::Gsm7,
            (_, [0, 0, 0, 1, 1, 0] | [0, 1, 0, _, 1, 0]) => Alphabet::Ucs2,
            (_, [1, 1, 0, _, _, _] | [1, 1, 1, 1, _, 0]) => Alphabet::Gsm7,
            (_, [1, 1, 1, 0, _, _]) => Alphabet::Ucs2,
            _ => Alphabet::Octets,
        }
    }

    /// The class, likewise.
    fn class_by_the_bits(octet: u8) -> Option<MessageClass> {
        let classed = [0x10, 0x30, 0x50, 0x70, 0xF0].contains(&(octet & 0xF0));
        let classes = [MessageClass::Flash, MessageClass::Handset, MessageClass::Sim, MessageClass::Terminal];
        classed.then(|| classes[usize::from(octet & 3)])
    }

    // C-1, C-2, C-4
    #[test]
    fn the_whole_octet_decides() {
        for octet in 0..=255 {
            assert_eq!(DataCoding(octet).alphabet(), by_the_bits(octet), "{octet:#04X}");
            assert_eq!(DataCoding(octet).class(), class_by_the_bits(octet), "{octet:#04X}");
            assert_eq!(DataCoding(octet).is_reserved(), (0x80..=0xBF).contains(&octet), "{octet:#04X}");
            assert_eq!(DataCoding(octet).listed().is_some(), octet < 0x10, "{octet:#04X}");
        }
    }

    // C-1, C-2, C-4
    #[test]
    fn every_octet_means_something_of_its_own() {
        let mut meanings = std::collections::HashSet::new();
        for octet in 0..=255 {
            let meaning = DataCoding(octet).meaning();
            assert_eq!(meaning.data_coding(), DataCoding(octet), "{meaning:?}");
            assert!(meanings.insert(meaning), "{octet:#04X} means what another one means");
        }
    }

    // C-1, C-2, C-4, I-1, I-4
    #[test]
    fn values_met_in_the_field() {
        use Alphabet::{Gsm7, Octets, Ucs2};
        let known = [
            (0x02, Octets),
            (0x04, Octets),
            (0x05, Octets),
            (0x0E, Octets),
            (0x10, Gsm7),
            (0x14, Octets),
            (0x18, Ucs2),
            (0x20, Octets),
            (0x38, Octets),
            (0x88, Octets),
            (0xC8, Gsm7),
            (0xD8, Gsm7),
            (0xE8, Ucs2),
            (0xF0, Gsm7),
            (0xF4, Octets),
            (0xF5, Octets),
        ];
        for (octet, alphabet) in known {
            assert_eq!(DataCoding(octet).alphabet(), alphabet, "{octet:#04X}");
        }
    }

    // I-4
    #[test]
    fn classes_in_each_alphabet() {
        use Alphabet::{Ascii, Gsm7, Latin1, Octets, Ucs2};
        use MessageClass::{Flash, Handset, Sim, Terminal};
        let vectors = [
            (Gsm7, Flash, 0xF0),
            (Gsm7, Sim, 0xF2),
            (Octets, Flash, 0xF4),
            (Octets, Handset, 0xF5),
            (Octets, Sim, 0xF6),
            (Ucs2, Flash, 0x18),
            (Ucs2, Terminal, 0x1B),
        ];
        for (alphabet, class, octet) in vectors {
            let coding = DataCoding::with_class(alphabet, class);
            assert_eq!(coding, Some(DataCoding(octet)));
            assert_eq!((DataCoding(octet).alphabet(), DataCoding(octet).class()), (alphabet, Some(class)));
        }
        for alphabet in [Ascii, Latin1] {
            assert_eq!(DataCoding::with_class(alphabet, Flash), None);
        }
        for octet in [0xF0, 0xF4, 0x10, 0x18] {
            assert_eq!(DataCoding(octet).class(), Some(Flash), "{octet:#04X}");
        }
        assert_eq!([Flash, Handset, Sim, Terminal].map(MessageClass::subunit), [1, 2, 3, 4]);
    }

    // I-1
    #[test]
    fn what_waits_by_data_coding() {
        let waiting = |kind, count, is_kept| Waiting { is_kept, kind, count };
        let vectors = [
            (Alphabet::Gsm7, waiting(Waiting::VOICE, 1, false), 0xC8),
            (Alphabet::Gsm7, waiting(Waiting::VOICE, 0, false), 0xC0),
            (Alphabet::Gsm7, waiting(Waiting::VOICE, 3, true), 0xD8),
            (Alphabet::Gsm7, waiting(Waiting::VOICE, 0, true), 0xD0),
            (Alphabet::Ucs2, waiting(Waiting::VOICE, 1, true), 0xE8),
            (Alphabet::Ucs2, waiting(Waiting::VOICE, 0, true), 0xE0),
            (Alphabet::Gsm7, waiting(Waiting::FAX, 9, false), 0xC9),
            (Alphabet::Gsm7, waiting(Waiting::EMAIL, 9, true), 0xDA),
            (Alphabet::Gsm7, waiting(Waiting::OTHER, 1, false), 0xCB),
            (Alphabet::Gsm7, waiting(Waiting::VIDEO, 1, false), 0xCB),
        ];
        for (alphabet, waiting, octet) in vectors {
            assert_eq!(DataCoding::with_waiting(alphabet, waiting), Some(DataCoding(octet)));
            assert_eq!(DataCoding(octet).alphabet(), alphabet);
        }
        assert_eq!(DataCoding::with_waiting(Alphabet::Ucs2, waiting(0, 1, false)), None);
        assert_eq!(DataCoding::with_waiting(Alphabet::Octets, waiting(0, 1, true)), None);
    }
}
