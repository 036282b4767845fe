//! What a text would take.

use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use sms::udh::Reference;
use sms::{Alphabet, UserDataHeader, split_text, transliterated};
use utoipa::ToSchema;

use super::super::problem::Problem;
use super::submission::{SubstitutionView, json};
use super::words;
use crate::refusal::Refusal;

/// A text as a caller writes it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct PreviewRequest {
    #[schema(value_type = words::MessageText)]
    text: String,
    /// Whether a text that is nearly in the GSM alphabet is put into it; as the account has it if left out.
    transliterate: Option<bool>,
}

/// What the text takes in the alphabet that takes the fewest segments, by 23.040. A link whose SMSC has another
/// alphabet may take more.
#[derive(Serialize, ToSchema)]
#[schema(as = Preview)]
pub(in super::super) struct PreviewView {
    /// `gsm7` or `ucs2`.
    #[schema(value_type = Encoding)]
    encoding: &'static str,
    /// Characters as people count them in a text: Unicode scalar values.
    characters: usize,
    /// Septets or UCS-2 units, of all parts.
    units: usize,
    /// Units that each part has room for.
    units_per_segment: usize,
    /// Units that are left in the last part.
    units_left: usize,
    segments: usize,
    /// What stands in each part.
    parts: Vec<String>,
    /// What became of characters of the text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    transliterated: Vec<SubstitutionView>,
}

/// What the text in a body would take; `transliterates` if it does not say so itself.
pub(in super::super) fn preview(body: &[u8], transliterates: bool) -> Result<PreviewView, Problem> {
    let request: PreviewRequest = json(body)?;
    let changed = request.transliterate.unwrap_or(transliterates).then(|| transliterated(&request.text));
    let (text, substitutions) = changed.flatten().unwrap_or((request.text, Vec::new()));
    let alphabet = Alphabet::best_for(&text);
    let bodies = split_text(&text, alphabet, Reference::Short(0)).map_err(|_| too_long())?;
    let is_long = bodies.len() > 1;
    let (encoding, octets_per_unit, units_per_segment) = match (alphabet, is_long) {
        (Alphabet::Ucs2, false) => ("ucs2", 2, 70),
        (Alphabet::Ucs2, true) => ("ucs2", 2, 67),
        (_, false) => ("gsm7", 1, 160),
        (_, true) => ("gsm7", 1, 153),
    };
    let bodies: Vec<&[u8]> = bodies.iter().map(|body| without_header(body, is_long)).collect();
    let units = |body: &&[u8]| body.len() / octets_per_unit;
    let text_of = |body: &&[u8]| sms::decode(alphabet.data_coding(), body).unwrap_or_default();
    Ok(PreviewView {
        encoding,
        characters: text.chars().count(),
        units: bodies.iter().map(units).sum(),
        units_per_segment,
        units_left: units_per_segment.saturating_sub(bodies.last().map_or(0, units)),
        segments: bodies.len(),
        parts: bodies.iter().map(text_of).collect(),
        transliterated: substitutions.into_iter().map(SubstitutionView::from).collect(),
    })
}

words::word!(
    /// The alphabets of [`preview`].
    Encoding,
    words::text().enum_values(Some(["gsm7", "ucs2"]))
);

fn too_long() -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "bad_length", Refusal::BadLength.to_string())
        .in_field("text")
}

fn without_header(body: &[u8], has_header: bool) -> &[u8] {
    if !has_header {
        return body;
    }
    UserDataHeader::parse(body).map_or(body, |(_, rest)| rest)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::{Value, json};

    use super::*;

    fn shown(text: &str) -> Value {
        let body = json!({ "text": text }).to_string();
        serde_json::to_value(preview(body.as_bytes(), false).unwrap()).unwrap()
    }

    #[test]
    fn a_short_text() {
        let expected = json!({
            "encoding": "gsm7", "characters": 2, "units": 3, "units_per_segment": 160, "units_left": 157,
            "segments": 1, "parts": ["a€"],
        });
        assert_eq!(shown("a€"), expected, "the euro takes an escape");
        let cyrillic = shown("да");
        assert_eq!((&cyrillic["encoding"], &cyrillic["units_left"]), (&"ucs2".into(), &68.into()));
        assert_eq!(shown("")["units_left"], 160);
    }

    #[test]
    fn long_texts_are_shown_part_by_part() {
        let long = shown(&"x".repeat(161));
        assert_eq!((&long["segments"], &long["units_per_segment"]), (&2.into(), &153.into()));
        assert_eq!((&long["units"], &long["units_left"]), (&161.into(), &145.into()));
        assert_eq!(long["parts"], json!(["x".repeat(153), "x".repeat(8)]));
        let emoji = shown(&"😀".repeat(36));
        assert_eq!(
            (&emoji["characters"], &emoji["units"], &emoji["segments"]),
            (&36.into(), &72.into(), &2.into())
        );
        assert_eq!(emoji["parts"], json!(["😀".repeat(33), "😀".repeat(3)]), "no pair is split");
    }

    #[test]
    fn transliteration_is_shown() {
        let body = r#"{"text":"“x”","transliterate":true}"#;
        let shown = serde_json::to_value(preview(body.as_bytes(), false).unwrap()).unwrap();
        assert_eq!((&shown["encoding"], &shown["parts"]), (&"gsm7".into(), &json!(["\"x\""])));
        assert_eq!(shown["transliterated"][0]["was"], "“");
    }

    #[test]
    fn what_cannot_be_sent_is_refused() {
        let body = json!({ "text": "x".repeat(255 * 153 + 1) }).to_string();
        let problem = serde_json::to_value(preview(body.as_bytes(), false).err().unwrap()).unwrap();
        assert_eq!((&problem["code"], &problem["field"]), (&"bad_length".into(), &"text".into()));
        assert!(preview(br#"{"text":"x","to":"1"}"#, false).is_err());
    }
}
