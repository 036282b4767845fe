//! Grapheme clusters: what a reader takes for one character, Unicode annex 29.

use unicode_segmentation::GraphemeCursor;

/// How many octets may stand before a cut so that it tears no cluster: `max` or less. If the first cluster is
/// longer than that it is torn, at `max`.
///
/// `characters` are those of the body, each with its octets in it.
pub(super) fn whole(characters: impl Iterator<Item = (char, usize)> + Clone, max: usize) -> usize {
    let Beyond { text, within } = beyond(characters.clone(), max);
    let Some(cut) = boundary(&text, within) else { return max };
    let mut before = 0;
    let kept = characters.take_while(|(character, _)| {
        before += character.len_utf8();
        before <= cut
    });
    kept.map(|(_, octets)| octets).sum()
}

/// The last place up to `within` where a cluster of `text` ends, if there is one behind its start.
fn boundary(text: &str, within: usize) -> Option<usize> {
    let mut cursor = GraphemeCursor::new(within, text.len(), true);
    if within > 0 && cursor.is_boundary(text, 0) == Ok(true) {
        return Some(within);
    }
    cursor.prev_boundary(text, 0).ok().flatten().filter(|&before| before > 0)
}

/// The start of a text, and one character more: it says whether a cut there tears a cluster.
struct Beyond {
    text: String,
    /// How much of it is the start.
    within: usize,
}

/// The characters of the first `max` octets.
fn beyond(characters: impl Iterator<Item = (char, usize)>, max: usize) -> Beyond {
    let (mut text, mut within, mut end) = (String::with_capacity(max), 0, 0);
    for (character, octets) in characters {
        text.push(character);
        end += octets;
        if end > max {
            break;
        }
        within = text.len();
    }
    Beyond { text, within }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use unicode_segmentation::UnicodeSegmentation;

    use super::*;

    proptest! {
        // N-2
        #[test]
        fn a_cut_is_where_the_clusters_of_the_whole_text_say(
            text in "[a-cक-नि्ेंé\u{301}\u{200D}👩🚀👍🏽🇮🇩\r\n]{1,40}",
            max in 1_usize..40,
        ) {
            let characters = text.chars().map(|character| (character, character.len_utf16()));
            let mut ends = text.graphemes(true).scan(0, |end, cluster| {
                *end += cluster.encode_utf16().count();
                Some(*end)
            });
            let mut expected = 0;
            while let Some(end) = ends.next().filter(|&end| end <= max) {
                expected = end;
            }
            prop_assert_eq!(whole(characters, max), if expected == 0 { max } else { expected });
        }
    }

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
