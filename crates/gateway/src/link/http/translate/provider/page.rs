//! The text of a page, as a handset can show it.

use std::borrow::Cow;

/// What stands between the tags of a page: line breaks in it are blanks, and references the characters that they
/// stand for. Comments, and what scripts and styles say, are no text.
pub(super) fn text(page: &str) -> String {
    between_tags(page, |_| "")
}

/// The same for who may not know that what it says is a page: without any tag it is a text that has its lines, and
/// what begins a line begins one.
pub(super) fn text_or_page(body: &str) -> String {
    if has_tags(body) { between_tags(body, line_break) } else { resolved(body).replace('\u{a0}', " ") }
}

/// Whether there is any tag, its end, or a declaration (HTML, 13.2.5.6).
fn has_tags(body: &str) -> bool {
    let begins =
        |tag: &str| tag.starts_with(|first: char| first.is_ascii_alphabetic() || "/!?".contains(first));
    body.split('<').skip(1).any(begins)
}

fn line_break(tag: &str) -> &'static str {
    let name = tag.split(|c: char| !(c.is_ascii_alphanumeric() || c == '/')).next().unwrap_or_default();
    let name = name.strip_suffix('/').unwrap_or(name);
    let breaks = ["br", "/p", "/div", "/h1", "/h2", "/h3", "/li", "/tr", "/title"];
    if breaks.iter().any(|known| known.eq_ignore_ascii_case(name)) { "\n" } else { "" }
}

/// The text between tags, with what stands for each tag.
fn between_tags(page: &str, stands_for: fn(&str) -> &'static str) -> String {
    let mut text = String::with_capacity(page.len());
    let mut rest = page;
    while let Some((before, tag)) = rest.split_once('<') {
        text.push_str(&unescaped(before));
        text.push_str(stands_for(tag));
        rest = behind(tag);
    }
    text.push_str(&unescaped(rest));
    text.trim().to_owned()
}

/// What follows a tag, without its `<`; what goes with it goes, too. What does not end goes on to the end of the page.
fn behind(tag: &str) -> &str {
    let starts = |name: &str| tag.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
    let end = match () {
        () if starts("!--") => return after(tag, "-->").unwrap_or_default(),
        () if starts("script") => Some("</script"),
        () if starts("style") => Some("</style"),
        () => None,
    };
    let tag = end.map_or(tag, |end| after(tag, end).unwrap_or_default());
    tag.split_once('>').map_or("", |(_, rest)| rest)
}

/// What stands behind a word, in whatever case that is.
fn after<'t>(text: &'t str, word: &str) -> Option<&'t str> {
    let mut octets = text.as_bytes().windows(word.len());
    let at = octets.position(|octets| octets.eq_ignore_ascii_case(word.as_bytes()))?;
    text.get(at + word.len()..)
}

/// A text of one line, with its references resolved.
fn unescaped(text: &str) -> String {
    resolved(text).replace(['\r', '\n', '\t', '\u{a0}'], " ")
}

/// A text with its references resolved (HTML, 13.5); what is no reference stays.
fn resolved(text: &str) -> Cow<'_, str> {
    html_escape::decode_html_entities(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    // KN-39
    #[test]
    fn a_page_is_told_without_its_tags() {
        for (page, expected) in [
            ("<p>caf\u{e9} &amp; <b>bar</b></p>\n", "caf\u{e9} & bar"),
            ("a<br>b &eacute; &nope; &amp; <p>c</body>  ", "ab \u{e9} &nope; & c"),
            ("&lt;&gt;&quot;&#65;&#x42;&nbsp;&euro;&auml;", "<>\"AB \u{20ac}\u{e4}"),
            ("hello\r\n world", "hello   world"),
            ("a<!-- b > c -->d", "ad"),
            ("<style>p{}</style><SCRIPT a=\"1\">x('<p>')</Script >e", "e"),
            ("AT&T; a & b", "AT&T; a & b"),
            ("&Omega;&rarr;&check; &copy &#7;", "\u{3a9}\u{2192}\u{2713} &copy &#7;"),
            ("a < b", "a"),
            ("a <b", "a"),
            ("&#0;&#xD800;&#99999999999;&;", "&#0;&#xD800;&#99999999999;&;"),
            ("<!-- open", ""),
            ("a<script>open", "a"),
            ("", ""),
        ] {
            assert_eq!(text(page), expected, "{page}");
        }
    }

    #[test]
    fn a_text_that_is_called_a_page_has_its_lines() {
        for (body, expected) in [
            ("Saldo: 5 < 6 & 7\nTerima kasih", "Saldo: 5 < 6 & 7\nTerima kasih"),
            ("Tom &amp; Jerry", "Tom & Jerry"),
            ("<b>hi</b>", "hi"),
            ("<p>one</p><p>two<br/>three<BR>four</p>", "one\ntwo\nthree\nfour"),
            ("<!doctype html>\n<html><body>hi\nyou</body>", "hi you"),
        ] {
            assert_eq!(text_or_page(body), expected, "{body}");
        }
    }
}
