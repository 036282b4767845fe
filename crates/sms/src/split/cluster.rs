//! Grapheme clusters: what a reader takes for one character, Unicode annex 29.

use unicode_segmentation::UnicodeSegmentation;

/// How many octets may stand before a cut so that it tears no cluster: `max` or less. If the first cluster is
/// longer than that it is torn, at `max`.
///
/// `characters` are those of the body, each with its octets in it.
pub(super) fn whole(characters: impl Iterator<Item = (char, usize)> + Clone, max: usize) -> usize {
    let text = beyond(characters.clone(), max);
    let mut octets = characters.map(|(_, octets)| octets);
    let mut cut = 0;
    for cluster in text.graphemes(true) {
        let end = cut + octets.by_ref().take(cluster.chars().count()).sum::<usize>();
        if end > max {
            break;
        }
        cut = end;
    }
    if cut == 0 { max } else { cut }
}

/// The text of the first `max` octets, and one character more: it says whether a cut there tears a cluster.
fn beyond(characters: impl Iterator<Item = (char, usize)>, max: usize) -> String {
    let mut begin = 0;
    let within = characters.take_while(|(_, octets)| {
        let is_wanted = begin <= max;
        begin += octets;
        is_wanted
    });
    within.map(|(character, _)| character).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    // N-2
    #[test]
    fn a_cut_tears_no_cluster() {
        let cut =
            |text: &str, max| whole(text.chars().map(|character| (character, character.len_utf16())), max);
        assert_eq!([cut("abc", 1), cut("abc", 2), cut("abc", 3)], [1, 2, 3]);
        assert_eq!(cut("ae\u{301}x", 2), 1, "a combining mark");
        assert_eq!(cut("ae\u{301}x", 3), 3);
        assert_eq!([cut("a👍🏽", 3), cut("a👍🏽", 4)], [1, 1], "a modifier");
        assert_eq!(cut("a👩\u{200D}🚀b", 5), 1, "joined to one");
        assert_eq!(cut("a👩\u{200D}🚀b", 6), 6);
        assert_eq!([cut("🇮🇩🇲🇾", 4), cut("🇮🇩🇲🇾", 6), cut("🇮🇩🇲🇾", 7)], [4, 4, 4], "flags");
        assert_eq!(cut("e\u{301}\u{302}\u{303}", 2), 2, "too long to stay whole");
        assert_eq!(cut("कि", 1), 1, "alone it is all there is");
        assert_eq!(cut("aकि", 2), 1, "a vowel sign");
    }
}
