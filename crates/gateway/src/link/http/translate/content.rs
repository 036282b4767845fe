//! What a message says, as those are told that we call: a long one is told whole.

use sms::{Direction, Joined, Message, MessageId, Tables, UserDataHeader, reassembly};

use super::hex;

/// What a message says. Either `text` or `binary` is there.
pub(super) struct Told {
    pub(super) text: Option<String>,
    /// Octets that are no text, in hexadecimal.
    pub(super) binary: Option<String>,
    /// The user data header with its length octet, in hexadecimal, if there is one.
    pub(super) udh: Option<String>,
    /// The parts of a long message that never came.
    pub(super) missing: Vec<u8>,
}

/// Whether the SMSC brought it again: it goes by the id of the first then, as one that was handed over with it.
pub(super) fn came_again(message: &Message) -> bool {
    message.direction == Direction::Mo && message.member > 0
}

/// The id that a message is told by to an account.
pub(super) fn id_of(message: &Message) -> MessageId {
    if came_again(message) { message.shown_id() } else { message.id }
}

impl Told {
    /// All of a message: its segments are joined. Only an account's own part of a long message, which is a
    /// message by itself, is told as a part.
    pub(super) fn of(message: &Message) -> Self {
        match &message.parts[..] {
            [part] if message.direction == Direction::Mt || !is_part(message, part) => {
                Self::of_segment(message, part)
            }
            _ => Self::of_joined(&Joined::of(message)),
        }
    }

    fn of_segment(message: &Message, part: &[u8]) -> Self {
        let (udh, body) = split_header(message, part);
        let tables = UserDataHeader::parse(udh).map_or(Tables::DEFAULT, |(header, _)| header.tables());
        let text = sms::decode_by(tables, message.data_coding, body);
        let binary = text.is_none().then(|| hex(body));
        Self { text, binary, udh: (!udh.is_empty()).then(|| hex(udh)), missing: Vec::new() }
    }

    fn of_joined(joined: &Joined) -> Self {
        let text = joined.text();
        let binary = text.is_none().then(|| hex(&joined.octets()));
        let elements = joined.elements();
        let header = || [&[elements.len() as u8], elements].concat();
        let udh = (!elements.is_empty()).then(|| hex(&header()));
        Self { text, binary, udh, missing: joined.missing().to_vec() }
    }
}

fn is_part(message: &Message, part: &[u8]) -> bool {
    reassembly::concatenation(message.esm_class, part).is_some()
}

/// The header with its length octet, and what follows; a broken header is left in the body (U-1).
fn split_header<'a>(message: &Message, part: &'a [u8]) -> (&'a [u8], &'a [u8]) {
    if !message.has_udh() {
        return (&[], part);
    }
    let octets = UserDataHeader::parse(part).map_or(0, |(header, _)| header.octets());
    part.split_at_checked(octets).unwrap_or((&[], part))
}
