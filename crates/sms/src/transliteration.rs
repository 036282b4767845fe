//! Transliteration: a text that is nearly in the GSM alphabet, in it.
//!
//! Only what looks alike is put in place of a character: quotes for quotes, a letter for the same letter with
//! a mark that GSM does not have. No script is turned into another one: who writes Cyrillic wants it read.

use unicode_normalization::UnicodeNormalization;

use crate::alphabet::gsm;

/// What became of a character.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Substitution {
    /// The character as it was written.
    pub was: char,
    /// What stands in its place: nothing, or characters of the GSM alphabet.
    pub is: String,
}

/// The text in the GSM alphabet, and what became of which characters, each named once, in the order in which
/// they come. `None` if it is in the alphabet already, or if any of it has no counterpart there: it needs UCS-2
/// in any case then, and nothing would be gained.
#[must_use]
pub fn transliterated(text: &str) -> Option<(String, Vec<Substitution>)> {
    if gsm::septets(text).is_some() {
        return None;
    }
    let mut changed = String::with_capacity(text.len());
    let mut substitutions: Vec<Substitution> = Vec::new();
    // Composed first: a letter and its mark are one character that GSM may have.
    for character in text.nfc() {
        if gsm::sequence(character).is_some() {
            changed.push(character);
            continue;
        }
        if let Some(known) = substitutions.iter().find(|known| known.was == character) {
            changed.push_str(&known.is);
            continue;
        }
        let is = counterpart(character)?;
        changed.push_str(&is);
        substitutions.push(Substitution { was: character, is });
    }
    Some((changed, substitutions))
}

/// What of the GSM alphabet looks like a character.
fn counterpart(character: char) -> Option<String> {
    if let Some(listed) = listed(character) {
        return Some(listed.to_owned());
    }
    // The letter below its marks, and what is a form of something else: full width, ligatures, fractions.
    let mut is = String::new();
    for part in std::iter::once(character).nfkd().filter(|part| !is_mark(*part)) {
        match listed(part) {
            Some(listed) => is.push_str(listed),
            None => is.push(part),
        }
    }
    // A mark that stands alone is no blank.
    let shows = character.is_whitespace() || !is.trim().is_empty();
    (shows && gsm::septets(&is).is_some()).then_some(is)
}

fn listed(character: char) -> Option<&'static str> {
    COUNTERPARTS.iter().find(|(characters, _)| characters.contains(character)).map(|(_, is)| *is)
}

/// Combining diacritical marks.
const fn is_mark(character: char) -> bool {
    matches!(character, '\u{300}'..='\u{36F}')
}

/// Characters that Unicode does not take apart into what they look like.
const COUNTERPARTS: [(&str, &str); 26] = [
    ("‘’‚‛′`´ʼʹ‹›", "'"),
    ("“”„‟″«»", "\""),
    ("‐‑‒–—―−", "-"),
    ("•", "*"),
    ("·", "."),
    ("\t", " "),
    ("\u{2028}\u{2029}\u{85}", "\n"),
    // Marks of a word processor that show nothing.
    ("\u{AD}\u{200B}\u{2060}\u{FEFF}", ""),
    ("©", "(c)"),
    ("®", "(r)"),
    ("×", "x"),
    ("¦", "|"),
    ("ł", "l"),
    ("Ł", "L"),
    ("đð", "d"),
    ("Đ", "D"),
    ("ı", "i"),
    ("œ", "oe"),
    ("Œ", "OE"),
    ("þ", "th"),
    ("Þ", "Th"),
    ("ħ", "h"),
    ("Ħ", "H"),
    ("ŧ", "t"),
    ("Ŧ", "T"),
    ("⁄", "/"),
];

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    fn changed(text: &str) -> Option<String> {
        transliterated(text).map(|(changed, _)| changed)
    }

    #[test]
    fn what_looks_alike_is_put_in_its_place() {
        for (text, expected) in [
            ("“Olá” – it’s 5 o‘clock…", "\"Ola\" - it's 5 o'clock..."),
            ("coração, Çeşme, İstanbul, ığdır", "coracao, Çesme, Istanbul, igdir"),
            ("áéíóú ÁÉÍÓÚ âêîôû ãõ", "aéiou AÉIOU aeiou ao"),
            ("Łódź, Đorđe, cœur, Žižka, řeka", "Lodz, Dorde, coeur, Zizka, reka"),
            ("a\u{A0}b\u{202F}c\td", "a b c d"),
            ("soft\u{AD}hyphen\u{200B}", "softhyphen"),
            ("ＡＢＣ ﬁn ½ ™ m²", "ABC fin 1/2 TM m2"),
            ("«Bonjour» · 3×4 © ® •", "\"Bonjour\" . 3x4 (c) (r) *"),
            ("`code´ € {}", "'code' € {}"),
        ] {
            assert_eq!(changed(text).as_deref(), Some(expected), "{text}");
        }
        assert_eq!(changed("e\u{301}te\u{301} ’").as_deref(), Some("été '"), "composed first");
    }

    #[test]
    fn what_was_changed_is_named_once() {
        let (text, substitutions) = transliterated("“a” ‘ç’ “ç”").unwrap();
        assert_eq!(text, "\"a\" 'c' \"c\"");
        let said: Vec<_> = substitutions.iter().map(|one| (one.was, one.is.as_str())).collect();
        assert_eq!(said, [('“', "\""), ('”', "\""), ('‘', "'"), ('ç', "c"), ('’', "'")]);
    }

    #[test]
    fn nothing_changes_where_nothing_is_gained() {
        for text in ["", "plain", "Grüße €5 {à}", "“привет”", "日本…", "ά", "“😀”", "¨ ‘"]
        {
            assert_eq!(transliterated(text), None, "{text}");
        }
    }

    #[test]
    fn every_counterpart_is_in_the_alphabet() {
        for (characters, is) in COUNTERPARTS {
            assert!(gsm::septets(is).is_some(), "{is}");
            for character in characters.chars() {
                assert_eq!(gsm::sequence(character), None, "{character} is in the alphabet itself");
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_changed_is_in_the_alphabet(text in "\\PC{0,40}|[a-zà-ž“”’… -]{0,80}") {
            if let Some((changed, substitutions)) = transliterated(&text) {
                prop_assert!(gsm::septets(&changed).is_some());
                for one in substitutions {
                    prop_assert!(gsm::sequence(one.was).is_none());
                    prop_assert!(text.nfc().any(|character| character == one.was));
                }
            }
        }
    }
}
