//! A peer's dialect of SMPP: PDUs are turned from and into the standard's at the border.
//!
//! Inside, data_coding 0 is the GSM alphabet unpacked, 3 is Latin-1, 8 is UCS-2 in big-endian order, and
//! parts are told by their user data header. A peer that speaks just so has no dialect.

mod address;
mod alphabet;
mod body;
mod parts;
mod signs;
mod tlv;

use smpp::{AlertNotification, ShortMessage, TlvTag, Tlvs, VERSION_3_4};
use sms::Direction;

use self::address::Addresses;
use self::alphabet::Alphabets;
use self::parts::Parts;
use self::signs::Signs;
use super::values;
use crate::config::{Profile, TlvRules};

/// How a peer's PDUs differ from the standard's.
#[derive(Clone, Debug)]
pub(crate) struct Dialect {
    alphabets: Option<Alphabets>,
    parts: Option<Parts>,
    signs: Option<Signs>,
    addresses_out: Addresses,
    addresses_in: Addresses,
    tlvs_out: Option<TlvRules>,
    tlvs_in: Option<TlvRules>,
}

impl Dialect {
    /// The dialect of a profile; `None` if it is the standard's.
    pub(crate) fn of(profile: &Profile) -> Option<Self> {
        let rules = |rules: &TlvRules| (!rules.is_empty()).then(|| rules.clone());
        let dialect = Self {
            alphabets: Alphabets::of(profile),
            parts: Parts::of(profile),
            signs: Signs::of(profile),
            addresses_out: Addresses::new(&profile.source_out, &profile.destination_out),
            addresses_in: Addresses::new(&profile.source_in, &profile.destination_in),
            tlvs_out: rules(&profile.tlv_out),
            tlvs_in: rules(&profile.tlv_in),
        };
        (!dialect.is_standard()).then_some(dialect)
    }

    /// Turns a PDU of ours into one of the peer's, which speaks `version`.
    pub(super) fn say(&self, pdu: &mut ShortMessage, direction: Direction, version: u8) {
        self.addresses_out.rewrite(&mut pdu.source, &mut pdu.destination);
        // They are about what is carried along, not about what the profile has us write behind them.
        if let Some(rules) = &self.tlvs_out {
            match direction {
                Direction::Mt => tlv::apply(rules, &mut pdu.tlvs),
                Direction::Mo => tlv::apply_for_esme(rules, &mut pdu.tlvs),
            }
        }
        if let Some(signs) = self.signs {
            signs.say(pdu);
        }
        if let Some(alphabets) = &self.alphabets {
            alphabets.say(pdu, octets_max(direction, version, &pdu.tlvs));
        }
        if let Some(parts) = self.parts.filter(|_| version >= VERSION_3_4) {
            parts.say(pdu);
        }
    }

    /// Turns a PDU of the peer's into one of ours.
    pub(super) fn hear(&self, pdu: &mut ShortMessage, direction: Direction) {
        if let Some(rules) = &self.tlvs_in {
            match direction {
                Direction::Mt => tlv::apply_for_esme(rules, &mut pdu.tlvs),
                Direction::Mo => tlv::apply(rules, &mut pdu.tlvs),
            }
        }
        if let Some(alphabets) = &self.alphabets {
            alphabets.hear(pdu, direction);
        }
        self.addresses_in.rewrite(&mut pdu.source, &mut pdu.destination);
    }

    /// The same for an alert, whose destination is the ESME that asked for it.
    pub(super) fn say_alert(&self, alert: &mut AlertNotification) {
        self.addresses_out.rewrite(&mut alert.source, &mut alert.esme);
        if let Some(rules) = &self.tlvs_out {
            tlv::apply(rules, &mut alert.tlvs);
        }
    }

    /// Turns an alert of the peer's into one of ours.
    pub(super) fn hear_alert(&self, alert: &mut AlertNotification) {
        if let Some(rules) = &self.tlvs_in {
            tlv::apply(rules, &mut alert.tlvs);
        }
        self.addresses_in.rewrite(&mut alert.source, &mut alert.esme);
    }

    fn is_standard(&self) -> bool {
        self.alphabets.is_none()
            && self.parts.is_none()
            && self.signs.is_none()
            && self.addresses_out.are_kept()
            && self.addresses_in.are_kept()
            && self.tlvs_out.is_none()
            && self.tlvs_in.is_none()
    }
}

/// How long the body of a PDU may be: on its way to a handset a segment, where a part has its number in too even if TLVs
/// say it; to an ESME what the version has.
fn octets_max(direction: Direction, version: u8, tlvs: &Tlvs) -> usize {
    match direction {
        Direction::Mt if tlvs.get(TlvTag::SAR_MSG_REF_NUM).is_some() => values::PART_OCTETS_MAX,
        Direction::Mt => sms::SEGMENT_OCTETS_MAX,
        Direction::Mo if version < VERSION_3_4 => body::SHORT_MESSAGE_OCTETS_MAX,
        Direction::Mo => usize::MAX,
    }
}
