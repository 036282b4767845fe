//! Keywords, compared without regard to case and without an allocation. Their words have one blank between them.

/// Characters that the key of a keyword is made of: enough to tell keywords apart, and a bound on the work
/// that a message without spaces can cause.
const KEYED_CHARS: usize = 24;

/// Whether two keywords are the same when upper-cased.
pub(crate) fn same(left: &str, right: &str) -> bool {
    if left.is_ascii() && right.is_ascii() {
        return left.eq_ignore_ascii_case(right);
    }
    upper(left).eq(upper(right))
}

/// Whether a keyword is the first words of a message.
pub(crate) fn leads(message: &str, keyword: &str) -> bool {
    phrases(message).any(|phrase| same(phrase, keyword))
}

/// A keyword, then without its last word, and so on to its first word alone.
pub(crate) fn phrases(keyword: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(keyword), |phrase| phrase.rsplit_once(' ').map(|(shorter, _)| shorter))
}

/// The first words of a keyword, `most` at most.
pub(crate) fn first_words(keyword: &str, most: usize) -> &str {
    let mut blanks = keyword.match_indices(' ');
    match most.checked_sub(1).map(|before| blanks.nth(before)) {
        Some(Some((end, _))) => &keyword[..end],
        Some(None) => keyword,
        None => "",
    }
}

/// How many words a keyword has.
pub(crate) fn words(keyword: &str) -> usize {
    1 + keyword.bytes().filter(|&octet| octet == b' ').count()
}

/// A number that is the same for keywords that are the [`same`].
pub(crate) fn key(keyword: &str) -> u64 {
    let octets = keyword.as_bytes();
    match octets.get(..KEYED_CHARS).unwrap_or(octets) {
        ascii if ascii.is_ascii() => fnv1a(ascii.iter().map(|octet| u64::from(octet.to_ascii_uppercase()))),
        _ => fnv1a(upper(keyword).take(KEYED_CHARS).map(u64::from)),
    }
}

fn upper(text: &str) -> impl Iterator<Item = char> {
    text.chars().flat_map(char::to_uppercase)
}

/// FNV-1a, over characters.
fn fnv1a(values: impl Iterator<Item = u64>) -> u64 {
    values.fold(0xCBF2_9CE4_8422_2325, |state, value| (state ^ value).wrapping_mul(0x0100_0000_01B3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_does_not_count() {
        for (left, right) in
            [("game", "GAME"), ("Spiel", "sPIEL"), ("ĐĂNG", "đăng"), ("straße", "STRASSE"), ("ſtop", "STOP")]
        {
            assert!(same(left, right), "{left} {right}");
            assert_eq!(key(left), key(right), "{left} {right}");
        }
        assert!(!same("game", "games"));
        assert!(!same("games", "game"));
        assert_ne!(key("game"), key("gams"));
    }

    #[test]
    fn a_keyword_leads_whole_words() {
        assert_eq!(phrases("REG GAME NOW").collect::<Vec<_>>(), ["REG GAME NOW", "REG GAME", "REG"]);
        assert!(leads("REG GAME NOW", "reg game") && leads("REG", "REG"));
        assert!(!leads("REG GAMES", "REG GAME") && !leads("REG", "REG GAME"));
        assert_eq!((words("REG"), words("REG GAME")), (1, 2));
    }

    #[test]
    fn long_keywords_are_told_apart_by_comparison() {
        let long = "x".repeat(KEYED_CHARS);
        let longer = "x".repeat(KEYED_CHARS + 1);
        assert_eq!(key(&long), key(&longer));
        assert!(!same(&long, &longer));
        let odd = format!("{long}ß");
        assert_eq!(key(&odd), key(&odd.to_uppercase()));
    }
}
