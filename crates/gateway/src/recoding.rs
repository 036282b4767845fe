//! Texts that an SMSC has no data_coding for: rewritten whole, before they are split, so that all parts are read alike.

use bytes::Bytes;
use smpp::{TlvTag, Tlvs};
use sms::{Alphabet, Joined, Message, UserDataHeader};

use crate::config::Profile;
use crate::scripts::{Script, Scripts};

/// Octets with what says how they are read.
pub(crate) struct Body {
    pub(crate) data_coding: u8,
    pub(crate) esm_class: u8,
    /// With their user data header if there is one.
    pub(crate) octets: Bytes,
}

/// The body in an alphabet that an SMSC with this profile has a data_coding for; `None` if it goes as it is.
///
/// So does a text that the default alphabet there has: its segments are rewritten one by one when they leave, and get
/// no longer. A part that its sender cut stays one, in what has room for it; `tlvs` may say that it is one.
pub(crate) fn recoded(body: &Body, tlvs: &Bytes, profile: &Profile) -> Option<Body> {
    let scripts = Scripts::of(profile);
    let ours = scripts.rewritten(body.data_coding).filter(|ours| *ours != Script::Ucs2)?;
    let (head, text) = head_and_text(body)?;
    if is_part(head, tlvs) {
        return None;
    }
    let (head, text) = ours.read(head, text);
    let alphabet = match (scripts.has(&text), scripts.default_is_gsm()) {
        (true, false) => return None,
        (true, true) => Alphabet::Gsm7,
        (false, _) => Alphabet::Ucs2,
    };
    let udhi = if head.is_empty() { 0 } else { Message::UDHI };
    let mut octets = head;
    alphabet.encode(&text, &mut octets).ok()?;
    Some(Body {
        data_coding: alphabet.data_coding(),
        esm_class: body.esm_class & !Message::UDHI | udhi,
        octets: octets.into(),
    })
}

/// What a message says in all its parts together, without what says that they are parts.
pub(crate) fn whole(message: &Message) -> Body {
    if let [body] = &message.parts[..] {
        let octets = body.clone();
        return Body { data_coding: message.data_coding, esm_class: message.esm_class, octets };
    }
    let joined = Joined::of(message);
    let (data_coding, octets) = joined.single();
    let udhi = if joined.elements().is_empty() { 0 } else { Message::UDHI };
    Body { data_coding, esm_class: message.esm_class & !Message::UDHI | udhi, octets }
}

/// Whether the border would lose some of a message, or say its parts in several ways: it sees one segment at a time.
pub(crate) fn is_needed(message: &Message, profile: &Profile) -> bool {
    if Scripts::of(profile).rewritten(message.data_coding).is_none() {
        return false;
    }
    let recoded = recoded(&whole(message), &message.tlvs, profile);
    recoded.is_some_and(|recoded| message.parts.len() > 1 || recoded.is_more_than_a_segment())
}

impl Body {
    /// Whether it takes more than one segment.
    pub(crate) fn is_more_than_a_segment(&self) -> bool {
        let header = self.octets.first().filter(|_| self.has_header());
        let header = header.map_or(0, |length| 1 + usize::from(*length));
        let segment = sms::SEGMENT_OCTETS_MAX;
        let room = match sms::DataCoding(self.data_coding).alphabet() {
            // A character takes an octet here and seven bits on the air.
            Alphabet::Gsm7 | Alphabet::Ascii => header + segment.saturating_sub(header) * 8 / 7,
            _ => segment,
        };
        self.octets.len() > room
    }

    /// Whether it begins with a user data header.
    pub(crate) fn has_header(&self) -> bool {
        self.esm_class & Message::UDHI != 0
    }
}

/// The user data header, or nothing, and the text; `None` if the header is broken.
fn head_and_text(body: &Body) -> Option<(&[u8], &[u8])> {
    if !body.has_header() {
        return Some((&[], &body.octets));
    }
    let (header, _) = UserDataHeader::parse(&body.octets).ok()?;
    body.octets.split_at_checked(header.octets())
}

fn is_part(head: &[u8], tlvs: &Bytes) -> bool {
    let header = UserDataHeader::parse(head).ok();
    let tlvs = Tlvs::from_wire(tlvs.clone());
    header.is_some_and(|(header, _)| header.concatenation().is_some())
        || tlvs.is_some_and(|tlvs| tlvs.get(TlvTag::SAR_MSG_REF_NUM).is_some())
}
