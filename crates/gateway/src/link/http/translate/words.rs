//! The words of the API as schemas: what they look like, beside the types that they are read into.

use sms::Attached;
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaType, Type};
use utoipa::openapi::{KnownFormat, SchemaFormat};

use super::body::OCTETS_MAX;
use super::submission::VALIDITY_S_MAX;
use crate::attributes::{TAG_OCTETS_MAX, TAGS_MAX};
use crate::callback_url::URL_OCTETS_MAX;

/// Declares a type that stands for a word in the document and nowhere else.
macro_rules! word {
    ($(#[$doc:meta])* $name:ident, $schema:expr) => {
        $(#[$doc])*
        pub(in crate::link::http) struct $name;

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                $schema.into()
            }
        }

        impl utoipa::ToSchema for $name {}
    };
}
pub(in super::super) use word;

word!(
    /// The id of a message: [`sms::MessageId`].
    MessageId,
    text()
        .description(Some("The id of a message."))
        .pattern(Some("^[0-9A-Fa-f]{32}$"))
        .examples(["6b0458def476870f68483bcd231cef48"])
);
word!(
    /// What [`super::MessageRequest::take_quoted`] finds.
    QuotedId,
    text()
        .description(Some("The id of a message of a handset, as it was told with that."))
        .examples(["6b0458def476870f68483bcd231cef48"])
);
word!(
    /// A place among what waits: [`store::Mark`].
    Mark,
    text()
        .description(Some("Where a page ends."))
        .pattern(Some("^[0-9A-Fa-f]{16}$"))
        .examples(["0000000000012c00"])
);
word!(
    /// What [`super::instant`] reads.
    Instant,
    text()
        .description(Some("An instant of RFC 3339, with its offset; a blank may stand for the T."))
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
        .examples(["2026-01-31T12:00:00Z"])
);
word!(
    /// What [`sms::Address::number`] reads.
    Number,
    text()
        .description(Some(
            "A number as people write it: up to 20 digits, perhaps with blanks, dashes, dots, slashes and \
             parentheses between them, but without a 0 in parentheses.",
        ))
        .pattern(Some(format!("^{}$", number(r"\+?", 1))))
        .examples(["628111000111"])
);
word!(
    /// What [`sms::Address::guess`] reads.
    SenderAddress,
    text()
        .description(Some(
            "A number as people write it, a short code, or a name of up to 11 printable ASCII characters.",
        ))
        .pattern(Some(format!("^(?:[ -~]{{1,11}}|{}|{})$", number(r"\+", 1), number("", 7))))
        .examples(["BANK"])
);
word!(
    /// A text that may be sent.
    MessageText,
    text()
        .description(Some("A text that has room in 255 segments."))
        .max_length(Some(255 * 153))
        .examples(["Your code is 4711"])
);
word!(
    /// What [`super::octets_of_hex`] reads.
    Hex,
    text()
        .description(Some("Octets as pairs of hexadecimal digits."))
        .pattern(Some("^([0-9A-Fa-f]{2})*$"))
        .max_length(Some(2 * OCTETS_MAX))
        .examples(["0605040b8423f001"])
);
word!(
    /// How long a message may wait.
    Seconds,
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .minimum(Some(1))
        .maximum(Some(VALIDITY_S_MAX as usize))
        .examples([3600])
);
word!(
    /// See [`Attached::REFERENCE_OCTETS_MAX`].
    ClientReference,
    text()
        .description(Some("What the caller calls the message, in up to 255 octets."))
        .max_length(Some(Attached::REFERENCE_OCTETS_MAX))
        .examples(["order-4711"])
);
word!(
    /// Words with what they mean to the caller.
    Tags,
    ObjectBuilder::new()
        .description(Some("Words of the caller's own with what they mean to it, up to 64 octets each."))
        .max_properties(Some(TAGS_MAX))
        .property_names(Some(Schema::from(
            text().min_length(Some(1)).max_length(Some(TAG_OCTETS_MAX)).build()
        )))
        .additional_properties(Some(Schema::from(text().max_length(Some(TAG_OCTETS_MAX)).build())))
        .examples([serde_json::json!({ "campaign": "autumn" })])
);
word!(
    /// What [`super::attributes`] takes for a URL to call.
    CallbackUrl,
    text()
        .description(Some("An http or https URL, in up to 2048 octets."))
        .pattern(Some(format!(
            "^[Hh][Tt][Tt][Pp][Ss]?://(?:{USERINFO}@)?(?:{NAME}|{IPV4}|{IPV6})(?:{PORT})?(?:[/?#][!-~]*)?$"
        )))
        .max_length(Some(URL_OCTETS_MAX))
);
word!(
    /// The state of a message that is on its way.
    Enroute,
    text().enum_values(Some([super::record::state_name(sms::State::Enroute)]))
);
word!(
    /// A state as [`super::record::state_name`] has it.
    StateName,
    text()
        .description(Some("The state of a message; all but `enroute` are final."))
        .enum_values(Some(super::record::STATES.map(super::record::state_name)))
);

/// The pattern of what [`sms::Address::number`] reads, with this before its digits, and so many of them at least.
fn number(plus: &str, digits_min: usize) -> String {
    format!(
        r"(?![\s\S]*\(0\))[ \t\n\f\r]*[{ODD_SEPARATORS}]*{plus}[ \-./(){ODD_SEPARATORS}]*(?:[0-9][ \-./(){ODD_SEPARATORS}]*){{{digits_min},20}}[ \t\n\f\r]*"
    )
}

/// Blanks, dashes and marks that no keyboard has.
const ODD_SEPARATORS: &str = "\u{A0}\u{AD}\u{1680}\u{2000}-\u{2015}\u{202A}-\u{202F}\u{205F}\u{2060}\u{2066}-\u{2069}\u{2212}\u{3000}\u{FE63}\u{FEFF}\u{FF0D}";
/// RFC 3986, section 3.2.1.
const USERINFO: &str = "[A-Za-z0-9._~!$&'()*+,;=:%-]*";
/// A name of DNS that no address can be taken for; one of IDNA is not, so that it need not be decoded.
const NAME: &str = r"(?:(?![Xx][Nn]--)[A-Za-z0-9_][A-Za-z0-9_-]*\.)*(?![Xx][Nn]--)[A-Za-z][A-Za-z0-9_-]*";
const IPV4: &str =
    r"(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])\.){3}(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
/// RFC 4291, section 2.2: whole, or with zeros left out once.
const IPV6: &str = r"\[(?:(?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}|(?:[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{1,4}){0,3})?::(?:[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{1,4}){0,2})?)\]";
const PORT: &str = ":(?:[0-9]{1,4}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])";

/// A schema of strings.
pub(in super::super) fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(SchemaType::new(Type::String))
}
