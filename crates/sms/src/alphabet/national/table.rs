//! A table of 128 septets, for reading and for saying.

/// The place of a septet that has no character.
pub(super) const NOTHING: char = '\0';

/// A table, either way.
pub(super) struct Table {
    characters: [char; SEPTETS],
    /// Each character with its septet, in the order of the characters.
    codes: [(char, u8); SEPTETS],
}

impl Table {
    /// The table with these characters in the order of the septets. The escape has none, whatever is said.
    pub(super) const fn new(mut characters: [char; SEPTETS]) -> Self {
        characters[super::gsm::ESCAPE as usize] = NOTHING;
        Self { characters, codes: sorted(&characters) }
    }

    /// These characters with some of them changed.
    pub(super) const fn changed(characters: [char; SEPTETS], changes: &[(u8, char)]) -> Self {
        Self::new(with(characters, changes))
    }

    /// The character of a septet, or `None` if it has none.
    pub(super) fn character(&self, septet: u8) -> Option<char> {
        self.characters.get(usize::from(septet)).copied().filter(|&character| character != NOTHING)
    }

    /// The septet of a character, the lowest if there are two, or `None` if it is not in the table.
    pub(super) fn code(&self, character: char) -> Option<u8> {
        let at = self.codes.partition_point(|&(other, _)| other < character);
        self.codes
            .get(at)
            .filter(|&&(other, _)| other == character && other != NOTHING)
            .map(|&(_, code)| code)
    }
}

/// These characters with some of them changed.
pub(super) const fn with(mut characters: [char; SEPTETS], changes: &[(u8, char)]) -> [char; SEPTETS] {
    let mut change = 0;
    while change < changes.len() {
        let (septet, character) = changes[change];
        characters[septet as usize] = character;
        change += 1;
    }
    characters
}

/// By insertion, which keeps the order of equal ones.
const fn sorted(characters: &[char; SEPTETS]) -> [(char, u8); SEPTETS] {
    let mut codes = [(NOTHING, 0); SEPTETS];
    let mut septet = 0;
    while septet < SEPTETS {
        let character = characters[septet];
        let mut at = septet;
        while at > 0 && codes[at - 1].0 as u32 > character as u32 {
            codes[at] = codes[at - 1];
            at -= 1;
        }
        codes[at] = (character, septet as u8);
        septet += 1;
    }
    codes
}

/// How many septets there are.
pub(super) const SEPTETS: usize = 128;
