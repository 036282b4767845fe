//! What a message would take.

use serde::{Deserialize, Serialize};
use sms::{Alphabet, DataCoding, Message, Substitution, units_per_segment};
use utoipa::ToSchema;

use super::super::problem::Problem;
use super::body::DataCodingNumber;
use super::presentation::{PortsRequest, WaitingRequest, WaitingRequests, waiting};
use super::recipients::Recipients;
use super::submission::{MessageRequest, SubstitutionView, json};
use super::{hex, object, whole, words};
use crate::encoding::Encoded;
use crate::submission::{Content, Submission};

/// A message as a caller writes it, as far as that says how many segments it takes.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct PreviewRequest {
    /// The text, to be encoded in the alphabet that takes the fewest segments.
    #[schema(value_type = Option<words::MessageText>)]
    text: Option<String>,
    /// Octets in hexadecimal digits, instead of a text.
    #[schema(value_type = Option<words::Hex>)]
    binary: Option<String>,
    /// The user data header of `binary` in hexadecimal digits, its length octet included.
    #[schema(value_type = Option<words::Hex>)]
    udh: Option<String>,
    /// The alphabet and class of `binary`: data_coding of SMPP 3.4 section 5.2.19.
    #[serde(default, deserialize_with = "whole::optional")]
    #[schema(value_type = Option<DataCodingNumber>)]
    data_coding: Option<u8>,
    /// Whether it is shown at once and not kept: the same as class 0.
    #[serde(default, deserialize_with = "object::or_default")]
    #[schema(value_type = Option<bool>)]
    flash: bool,
    /// The class of 23.038, 0 to 3.
    #[serde(default, deserialize_with = "whole::optional")]
    #[schema(minimum = 0, maximum = 3)]
    message_class: Option<u8>,
    /// The application in the handset that it is for.
    #[serde(default, deserialize_with = "object::optional")]
    #[schema(value_type = Option<PortsRequest>)]
    ports: Option<PortsRequest>,
    /// What waits for the subscriber elsewhere: at most one of each kind.
    #[serde(default, deserialize_with = "waiting")]
    #[schema(value_type = Option<WaitingRequests>)]
    waiting: Vec<WaitingRequest>,
    /// Whether a text that is nearly in the GSM alphabet is put into it; as the account has it if left out.
    transliterate: Option<bool>,
}

/// What the message takes, a text in the alphabet that takes the fewest segments, by 23.040. A link whose SMSC has
/// another alphabet may take more.
#[derive(Serialize, ToSchema)]
#[schema(as = Preview)]
pub(in super::super) struct PreviewView {
    /// `gsm7` or `ucs2`, or `octets` of those that are no text in these.
    #[schema(value_type = Encoding)]
    encoding: &'static str,
    /// Characters as people count them in a text: Unicode scalar values. Octets have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    characters: Option<usize>,
    /// Septets, UCS-2 units or octets, of all parts, without their headers.
    units: usize,
    /// Units that each part has room for beside its header.
    units_per_segment: usize,
    /// Units that are left in the last part.
    units_left: usize,
    /// How many segments an SMSC is sent, which is what operators charge for.
    segments: usize,
    /// What stands in each part: text, or octets in hexadecimal digits.
    parts: Vec<String>,
    /// What became of characters of the text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    transliterated: Vec<SubstitutionView>,
}

/// The message in a body, to nobody in particular.
pub(in super::super) fn preview_request(body: &[u8]) -> Result<MessageRequest, Problem> {
    let request: PreviewRequest = json(body)?;
    Ok(MessageRequest {
        text: request.text,
        binary: request.binary,
        udh: request.udh,
        data_coding: request.data_coding,
        flash: request.flash,
        message_class: request.message_class,
        ports: request.ports,
        waiting: request.waiting,
        transliterate: request.transliterate,
        ..MessageRequest::to(Recipients::One(NOBODY.to_owned()))
    })
}

/// What a message takes that was encoded as it would be sent.
pub(in super::super) fn preview(
    submission: &Submission,
    encoded: &Encoded,
    substitutions: Vec<Substitution>,
) -> PreviewView {
    let alphabet = DataCoding(encoded.data_coding).alphabet();
    let has_header = encoded.esm_class & Message::UDHI != 0;
    let header_octets = |part: &[u8]| match part.first() {
        Some(&length) if has_header => 1 + usize::from(length),
        _ => 0,
    };
    let first_header = encoded.parts.first().map_or(0, |part| header_octets(part));
    let bodies: Vec<&[u8]> =
        encoded.parts.iter().map(|part| part.get(header_octets(part)..).unwrap_or_default()).collect();
    let octets_per_unit = if alphabet == Alphabet::Ucs2 { 2 } else { 1 };
    let units = |body: &&[u8]| body.len() / octets_per_unit;
    let units_per_segment = units_per_segment(alphabet, first_header);
    let text = match &submission.content {
        Content::Text { text, .. } => Some(text),
        Content::Encoded { .. } => None,
    };
    let shown = |body: &&[u8]| match text {
        Some(_) => sms::decode(alphabet.data_coding(), body).unwrap_or_default(),
        None => hex(body),
    };
    PreviewView {
        encoding: encoding_name(alphabet),
        characters: text.map(|text| text.chars().count()),
        units: bodies.iter().map(units).sum(),
        units_per_segment,
        units_left: units_per_segment.saturating_sub(bodies.last().map_or(0, units)),
        segments: bodies.len(),
        parts: bodies.iter().map(shown).collect(),
        transliterated: substitutions.into_iter().map(SubstitutionView::from).collect(),
    }
}

const fn encoding_name(alphabet: Alphabet) -> &'static str {
    match alphabet {
        Alphabet::Gsm7 | Alphabet::Ascii => "gsm7",
        Alphabet::Ucs2 => "ucs2",
        Alphabet::Latin1 | Alphabet::Octets => "octets",
    }
}

words::word!(
    /// The words of [`encoding_name`].
    Encoding,
    words::text().enum_values(Some(["gsm7", "ucs2", "octets"]))
);

/// A number as good as any.
const NOBODY: &str = "1";
