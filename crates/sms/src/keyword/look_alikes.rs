//! Letters of several alphabets that look alike, as those do who type a keyword with another keyboard.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;

/// A word in upper case with its letters of one alphabet, where a letter of the others looks like one of it; a word
/// of one alphabet, and one in which not all letters of the others do, stays as it is.
pub(super) fn of_one_script(word: &str) -> Cow<'_, str> {
    let is_mixed =
        SCRIPTS.into_iter().filter(|script| word.chars().any(|letter| script.has(letter))).count() > 1;
    let said_in = |script: Script| {
        let letters: Option<String> = word.chars().map(|letter| script.alike(letter)).collect();
        letters.map(|letters| letters.nfkc().collect::<String>())
    };
    let one = SCRIPTS.into_iter().filter(|_| is_mixed).find_map(said_in);
    one.map_or(Cow::Borrowed(word), Cow::Owned)
}

#[derive(Clone, Copy)]
enum Script {
    Latin,
    Cyrillic,
    Greek,
}

impl Script {
    fn has(self, letter: char) -> bool {
        match self {
            Self::Latin => {
                letter.is_ascii_alphabetic()
                    || matches!(letter, '\u{C0}'..='\u{24F}' | '\u{1E00}'..='\u{1EFF}')
            }
            Self::Cyrillic => matches!(letter, '\u{400}'..='\u{52F}'),
            Self::Greek => matches!(letter, '\u{370}'..='\u{3FF}' | '\u{1F00}'..='\u{1FFF}'),
        }
    }

    /// A letter as this alphabet has it, and what is of no alphabet as it is; `None` if it has none like that.
    fn alike(self, letter: char) -> Option<char> {
        if self.has(letter) || !SCRIPTS.into_iter().any(|script| script.has(letter)) {
            return Some(letter);
        }
        let row = ALIKE.iter().find(|row| row.contains(&letter))?;
        row.get(self as usize).copied().filter(|alike| *alike != NONE)
    }
}

/// In the order in which they are preferred.
const SCRIPTS: [Script; 3] = [Script::Latin, Script::Cyrillic, Script::Greek];
const NONE: char = '\0';
/// Unicode Technical Standard 39, `confusables.txt`: capitals of the Latin, the Cyrillic and the Greek alphabet.
const ALIKE: [[char; 3]; 19] = [
    ['A', '\u{410}', '\u{391}'],
    ['B', '\u{412}', '\u{392}'],
    ['C', '\u{421}', '\0'],
    ['E', '\u{415}', '\u{395}'],
    ['H', '\u{41D}', '\u{397}'],
    ['I', '\u{406}', '\u{399}'],
    ['J', '\u{408}', '\0'],
    ['K', '\u{41A}', '\u{39A}'],
    ['M', '\u{41C}', '\u{39C}'],
    ['N', '\0', '\u{39D}'],
    ['O', '\u{41E}', '\u{39F}'],
    ['P', '\u{420}', '\u{3A1}'],
    ['Q', '\u{51A}', '\0'],
    ['S', '\u{405}', '\0'],
    ['T', '\u{422}', '\u{3A4}'],
    ['W', '\u{51C}', '\0'],
    ['X', '\u{425}', '\u{3A7}'],
    ['Y', '\u{423}', '\u{3A5}'],
    ['Z', '\0', '\u{396}'],
];
