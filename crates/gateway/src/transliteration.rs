//! Submissions whose text is nearly in the GSM alphabet, in it.

use bytes::Bytes;
use sms::data_coding::Encoding;
use sms::{Alphabet, DataCoding, Message, Substitution, transliterated};

use crate::submission::{Content, Submission};

/// Puts the text of a submission into the GSM alphabet if all of it has a counterpart there, and says what
/// became of what; empty if the text stays as it is.
///
/// Of what is encoded already that is UCS-2 without a user data header: what has one may be a part, of which
/// the others are not seen here.
pub(crate) fn transliterate(submission: &mut Submission) -> Vec<Substitution> {
    match &mut submission.content {
        Content::Text { text, .. } => {
            let Some((changed, substitutions)) = transliterated(text) else { return Vec::new() };
            *text = changed;
            substitutions
        }
        Content::Encoded { data_coding, octets } => {
            let is_plain = submission.esm_class & Message::UDHI == 0
                && DataCoding(*data_coding).listed() == Some(Encoding::Ucs2);
            let text = is_plain.then(|| sms::decode(*data_coding, octets)).flatten();
            let Some((changed, substitutions)) = text.and_then(|text| transliterated(&text)) else {
                return Vec::new();
            };
            let mut body = Vec::with_capacity(changed.len());
            if Alphabet::Gsm7.encode(&changed, &mut body).is_err() {
                return Vec::new();
            }
            *data_coding = Alphabet::Gsm7.data_coding();
            *octets = Bytes::from(body);
            substitutions
        }
    }
}
