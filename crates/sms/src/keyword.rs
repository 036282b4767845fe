//! The keyword of a text: the word by which a mobile-originated message finds its service.

mod look_alikes;

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;

/// The first word of `text` in upper case, or `None` if there is no word.
///
/// Words are separated by blanks, line breaks and other control characters, dots, `#` and `*`, however
/// many. Quotation marks around a word, and characters that nobody sees (U+200B, U+00AD), do not count. Characters
/// that only look different are the same (Unicode NFKC: full-width letters, circled digits), and so are upper and
/// lower case. In a word of several alphabets, letters that look alike are of one: of the Latin one if all of them
/// can be, or else of the Cyrillic or the Greek one. A word of a configuration is to be put through this function
/// too before it is compared.
#[must_use]
pub fn keyword(text: &str) -> Option<Cow<'_, str>> {
    keywords(text, 1)
}

/// The first words of `text`, `most` at most, each as [`keyword`] has it and with one blank between them: a
/// keyword with its sub-keywords. `None` if there is no word.
#[must_use]
pub fn keywords(text: &str, most: usize) -> Option<Cow<'_, str>> {
    if !text.is_ascii() {
        return folded(text, most).map(Cow::Owned);
    }
    let words = text.split(separates).map(|word| word.trim_matches(is_quote));
    let mut words = words.filter(|word| !word.is_empty()).take(most);
    let first = words.next()?;
    let first = match first.bytes().any(|octet| octet.is_ascii_lowercase()) {
        true => Cow::Owned(first.to_ascii_uppercase()),
        false => Cow::Borrowed(first),
    };
    Some(words.fold(first, |phrase, word| Cow::Owned(format!("{phrase} {}", word.to_ascii_uppercase()))))
}

/// What stands behind the first word of `text` and what separates it from the next.
#[must_use]
pub fn behind_keyword(text: &str) -> &str {
    let separates = |character: char| std::iter::once(character).nfkc().all(separates);
    let mut rest = text.trim_start_matches(separates);
    loop {
        let (word, behind) = rest.split_at(rest.find(separates).unwrap_or(rest.len()));
        rest = behind.trim_start_matches(separates);
        if rest.is_empty() || !seen(word).all(is_quote) {
            return rest;
        }
    }
}

/// Only as much is folded as the words need.
fn folded(text: &str, most: usize) -> Option<String> {
    let mut characters = seen(text).peekable();
    let (mut phrase, mut words) = (String::new(), 0);
    while words < most && characters.peek().is_some() {
        while characters.next_if(|&character| separates(character)).is_some() {}
        let word = std::iter::from_fn(|| characters.next_if(|&character| !separates(character)));
        // Upper case of a composed letter can be decomposed.
        let word: String = word.flat_map(char::to_uppercase).nfkc().collect();
        let word = word.trim_matches(is_quote);
        if word.is_empty() {
            continue;
        }
        if words > 0 {
            phrase.push(' ');
        }
        phrase.push_str(&look_alikes::of_one_script(word));
        words += 1;
    }
    (!phrase.is_empty()).then_some(phrase)
}

/// What of a text is seen, in the form in which it is compared.
fn seen(text: &str) -> impl Iterator<Item = char> + '_ {
    text.chars().filter(|&character| !is_unseen(character)).nfkc()
}

/// Soft hyphen, joiners, marks of direction, variation selectors and the like.
fn is_unseen(character: char) -> bool {
    matches!(
        character,
        '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}'
    )
}

fn is_quote(character: char) -> bool {
    matches!(
        character,
        '"' | '\'' | '`' | '«' | '»' | '\u{2018}'..='\u{201F}' | '\u{2032}' | '\u{2039}' | '\u{203A}'
    )
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
    fn quotation_marks_and_what_nobody_sees_do_not_count() {
        for text in [
            "“reg game”",
            "\"REG\" game",
            "'reg'",
            "«Reg» x",
            "„reg“",
            "r\u{200B}eg",
            "\u{FEFF}reg",
            "” reg",
            "' reg x",
            "re\u{AD}g",
        ] {
            assert_eq!(keyword(text).as_deref(), Some("REG"), "{text:?}");
        }
        assert_eq!(keywords("“reg  game”", 2).as_deref(), Some("REG GAME"));
        assert_eq!(keyword("c’est").as_deref(), Some("C’EST"));
    }

    // CMN-2
    #[test]
    fn letters_of_other_alphabets_that_look_alike() {
        for (text, word) in [
            ("R\u{415}G", "REG"),
            ("st\u{43E}\u{440}", "STOP"),
            ("\u{397}ELP", "HELP"),
            ("прив\u{65}т", "ПРИВЕТ"),
            ("СТОП", "СТОП"),
            ("WINПРИЗ", "WINПРИЗ"),
        ] {
            assert_eq!(keyword(text).as_deref(), Some(word), "{text:?}");
        }
    }

    // CMN-2
    #[test]
    fn no_word() {
        for text in ["\"", "“ ”", "\u{200B}", "", " ", ".#*\r\n\t", "\u{3000}", "．＃＊"] {
            assert_eq!(keyword(text), None, "{text:?}");
        }
    }

    // CMN-1, CMN-2
    #[test]
    fn sub_keywords() {
        for text in ["REG GAME now", "reg  game", "Reg.Game", " reg\r\n*game#", "ＲＥＧ　ｇａｍｅ．x"]
        {
            assert_eq!(keywords(text, 2).as_deref(), Some("REG GAME"), "{text:?}");
        }
        assert_eq!(keywords("reg", 2).as_deref(), Some("REG"));
        assert_eq!(keywords("рег  игра сейчас", 3).as_deref(), Some("РЕГ ИГРА СЕЙЧАС"));
        assert_eq!(keywords(" . ", 3), None);
    }

    #[test]
    fn behind_the_keyword() {
        for (text, rest) in [
            ("REG  Game now", "Game now"),
            (" *reg#12*34", "12*34"),
            ("рег．Игра", "Игра"),
            ("reg", ""),
            ("“ reg game”", "game”"),
            ("\u{200B} reg 1", "1"),
            ("", ""),
        ] {
            assert_eq!(behind_keyword(text), rest, "{text:?}");
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
        fn keywords_are_their_own_keywords(text in any::<String>(), most in 1_usize..5) {
            if let Some(words) = keywords(&text, most) {
                prop_assert_eq!(keywords(&words, most), Some(Cow::Borrowed(&*words)));
            }
        }

        #[test]
        fn case_and_separators_do_not_matter(word in "[a-zа-я0-9éß-]{1,20}", before in "[ .#*\r\n]{0,5}") {
            let shouted = format!("{before}{}.rest", word.to_uppercase());
            prop_assert_eq!(keyword(&shouted), keyword(&word));
        }
    }
}
