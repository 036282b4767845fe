//! The keyword of a text: the word by which a mobile-originated message finds its service.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;

/// The first word of `text` in upper case, or `None` if there is no word.
///
/// Words are separated by blanks, line breaks and other control characters, dots, `#` and `*`, however
/// many. Characters that only look different are the same (Unicode NFKC: full-width letters, circled
/// digits), and so are upper and lower case. A word of a configuration is to be put through this
/// function too before it is compared.
#[must_use]
pub fn keyword(text: &str) -> Option<Cow<'_, str>> {
    if !text.is_ascii() {
        return folded(text).map(Cow::Owned);
    }
    let word = text.split(separates).find(|word| !word.is_empty())?;
    Some(match word.bytes().any(|octet| octet.is_ascii_lowercase()) {
        true => Cow::Owned(word.to_ascii_uppercase()),
        false => Cow::Borrowed(word),
    })
}

/// Only as much is folded as the first word needs.
fn folded(text: &str) -> Option<String> {
    let word = text.nfkc().skip_while(|&character| separates(character));
    let word = word.take_while(|&character| !separates(character));
    // Upper case of a composed letter can be decomposed.
    let word: String = word.flat_map(char::to_uppercase).nfkc().collect();
    (!word.is_empty()).then_some(word)
}

fn separates(character: char) -> bool {
    matches!(character, '.' | '#' | '*') || character.is_whitespace() || character.is_control()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    // CMN-2
    #[test]
    fn one_thing_in_many_forms() {
        let texts =
            ["REG KEY", "REG  key", "Reg.Key", " reg\r\nkey", "*reg*key#", "..#REG", "reg", "ＲＥＧ　ｋｅｙ"];
        for text in texts {
            assert_eq!(keyword(text).as_deref(), Some("REG"), "{text:?}");
        }
        assert!(matches!(keyword("REG KEY"), Some(Cow::Borrowed(_))));
    }

    // CMN-2
    #[test]
    fn look_alike_digits_and_other_scripts() {
        for text in ["vote１ x", "vote① x", "VOTE𝟏"] {
            assert_eq!(keyword(text).as_deref(), Some("VOTE1"), "{text:?}");
        }
        assert_eq!(keyword("привет мир").as_deref(), Some("ПРИВЕТ"));
        assert_eq!(keyword("straße\u{A0}1").as_deref(), Some("STRASSE"));
        assert_eq!(keyword("caf\u{65}\u{301}").as_deref(), keyword("CAFÉ").as_deref());
        assert_eq!(keyword("cafés．x").as_deref(), Some("CAFÉS"));
    }

    // CMN-2
    #[test]
    fn no_word() {
        for text in ["", " ", ".#*\r\n\t", "\u{3000}", "．＃＊"] {
            assert_eq!(keyword(text), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn a_keyword_is_its_own_keyword(text in any::<String>()) {
            if let Some(word) = keyword(&text) {
                prop_assert_eq!(keyword(&word), Some(Cow::Borrowed(&*word)));
            }
        }

        #[test]
        fn case_and_separators_do_not_matter(word in "[a-zа-я0-9éß-]{1,20}", before in "[ .#*\r\n]{0,5}") {
            let shouted = format!("{before}{}.rest", word.to_uppercase());
            prop_assert_eq!(keyword(&shouted), keyword(&word));
        }
    }
}
