//! What a person reads in a browser that sent a form.

use super::super::problem::Problem;
use super::submission::{Accepted, SubstitutionView};

/// That a message was taken over.
pub(in super::super) fn accepted_page(accepted: &Accepted) -> String {
    let change = |view: &SubstitutionView| {
        format!("“{}” became “{}”", escaped(&view.was.to_string()), escaped(&view.is))
    };
    let changes: Vec<String> = accepted.transliterated.iter().map(change).collect();
    let mut facts = vec![("Id", accepted.id().to_string()), ("Segments", accepted.segments.to_string())];
    if !changes.is_empty() {
        facts.push(("Characters", changes.join(", ")));
    }
    page("Accepted", &format!("The message to <b>{}</b> is on its way.", escaped(&accepted.to)), &facts)
}

/// That it was not, and why.
pub(in super::super) fn refused_page(problem: &Problem) -> String {
    let mut facts = vec![("Code", problem.code().to_owned())];
    facts.extend(problem.field().map(|field| ("Field", escaped(field))));
    page("Not sent", &format!("Nothing was sent: {}.", escaped(problem.detail())), &facts)
}

/// A page with facts, whose values are HTML.
fn page(title: &str, said: &str, facts: &[(&str, String)]) -> String {
    let facts: String =
        facts.iter().map(|(name, value)| format!("<dt>{name}</dt><dd>{value}</dd>\n")).collect();
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title}</title>\n\
         <h1>{title}</h1>\n<p>{said}</p>\n<dl>\n{facts}</dl>\n</html>\n"
    )
}

/// A text as HTML has it.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_was_said_is_markup() {
        let problem = Problem::bad_value("to", "<b>&\"'");
        let page = refused_page(&problem);
        assert!(page.contains("Nothing was sent: &lt;b&gt;&amp;&quot;&#39;.</p>"), "{page}");
        assert!(page.contains("<dt>Code</dt><dd>bad_value</dd>\n<dt>Field</dt><dd>to</dd>"), "{page}");
    }
}
