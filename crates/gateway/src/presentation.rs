//! What a handset shall do with a text, beside showing it.

use sms::udh::{Element, Ports, Waiting};
use sms::{Alphabet, DataCoding, Joined, Message, MessageClass, UserDataHeader};

/// What a text is meant for. The default is to be kept and shown, as nearly every text is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Presentation {
    /// Where it goes in the handset.
    pub(crate) class: Option<MessageClass>,
    /// The application that it is for.
    pub(crate) ports: Option<Ports>,
    /// What it says that waits elsewhere, by kind.
    pub(crate) waiting: Vec<Waiting>,
}

impl Presentation {
    /// That of a message that was written with one.
    pub(crate) fn of(message: &Message) -> Self {
        let first = message.parts.first().filter(|_| message.has_udh());
        let header = first.and_then(|first| UserDataHeader::parse(first).ok()).map(|(header, _)| header);
        Self {
            class: DataCoding(message.data_coding).class(),
            ports: header.and_then(|header| header.ports()),
            waiting: header.iter().flat_map(UserDataHeader::waiting).collect(),
        }
    }

    /// That of a message which has nothing else but its text; `None` if it has more: octets that are no text, or
    /// elements of a header that are neither of its parts nor of a presentation.
    pub(crate) fn of_text(message: &Message) -> Option<Self> {
        let first = message.parts.first().filter(|_| message.has_udh());
        let header = first.and_then(|first| UserDataHeader::parse(first).ok()).map(|(header, _)| header);
        let is_known = |element: Element<'_>| {
            let known = [
                Element::CONCATENATION_8,
                Element::CONCATENATION_16,
                Element::WAITING,
                Element::PORTS_8,
                Element::PORTS_16,
            ];
            element.names_table() || known.contains(&element.id)
        };
        let is_known = header.is_none_or(|header| header.elements().all(is_known));
        let has_text = || Joined::of(message).text().is_some();
        (is_known && has_text()).then(|| Self::of(message))
    }

    /// The data_coding of a text in this alphabet. Of several kinds that wait it can say the first only, and of
    /// a class nothing in an alphabet that 23.038 does not have.
    pub(crate) fn data_coding(&self, alphabet: Alphabet) -> u8 {
        let waiting = self.waiting.first().and_then(|first| DataCoding::with_waiting(alphabet, *first));
        let classed = self.class.and_then(|class| DataCoding::with_class(alphabet, class));
        waiting.or(classed).map_or(alphabet.data_coding(), |data_coding| data_coding.0)
    }

    /// The information elements of its user data header, without the length octet; empty if there is none.
    pub(crate) fn elements(&self) -> Vec<u8> {
        let ports = self.ports.iter().flat_map(|ports| ports.encode());
        ports.chain(self.waiting.iter().copied().flat_map(Waiting::encode)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_text_has_nothing_of_it() {
        let plain = Presentation::default();
        assert!(plain.elements().is_empty());
        assert_eq!([Alphabet::Gsm7, Alphabet::Ucs2].map(|alphabet| plain.data_coding(alphabet)), [0, 8]);
    }

    // I-4
    #[test]
    fn a_flash_is_one_in_either_alphabet() {
        let flash = Presentation { class: Some(MessageClass::Flash), ..Presentation::default() };
        let codings = [Alphabet::Gsm7, Alphabet::Ucs2].map(|alphabet| flash.data_coding(alphabet));
        assert_eq!((codings, flash.elements()), ([0xF0, 0x18], Vec::new()));
    }

    // I-1, I-3
    #[test]
    fn several_elements_stand_in_one_header() {
        let clear = |kind| Waiting { is_kept: false, kind, count: 0 };
        let all = [Waiting::VOICE, Waiting::FAX, Waiting::EMAIL, Waiting::OTHER, Waiting::VIDEO].map(clear);
        let clear_all = Presentation { waiting: all.to_vec(), ..Presentation::default() };
        assert_eq!(
            clear_all.elements(),
            [0x01, 2, 0, 0, 0x01, 2, 1, 0, 0x01, 2, 2, 0, 0x01, 2, 3, 0, 0x01, 2, 7, 0]
        );
        assert_eq!(clear_all.data_coding(Alphabet::Gsm7), 0xC0);

        let ports = Some(Ports { destination: 2948, source: 9200 });
        let voice = vec![Waiting { is_kept: true, kind: Waiting::VOICE, count: 3 }];
        let both = Presentation { class: None, ports, waiting: voice };
        assert_eq!(both.elements(), [0x05, 4, 0x0B, 0x84, 0x23, 0xF0, 0x01, 2, 0x80, 3]);
        assert_eq!(both.data_coding(Alphabet::Ucs2), 0xE8);
    }
}
