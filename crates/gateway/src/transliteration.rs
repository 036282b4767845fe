//! Submissions whose text is nearly in the GSM alphabet, in it.

use bytes::Bytes;
use sms::data_coding::Encoding;
use sms::{Alphabet, DataCoding, Message, Substitution, transliterated};

use crate::attributes::{Attributes, Transliterated};
use crate::submission::{Content, Submission};

/// Puts the text of a submission into the GSM alphabet if all of it has a counterpart there, and says what
/// became of what; empty if the text stays as it is. What is said here is kept with the message too.
///
/// Of what is encoded already that is UCS-2 without a user data header: what has one may be a part, of which
/// the others are not seen here.
pub(crate) fn transliterate(submission: &mut Submission) -> Vec<Substitution> {
    let Some(done) = put_into_gsm(submission) else { return Vec::new() };
    let substitutions = done.substitutions.clone();
    Attributes::amend(&mut submission.attached, |attributes| attributes.transliterated = Some(done));
    substitutions
}

fn put_into_gsm(submission: &mut Submission) -> Option<Transliterated> {
    match &mut submission.content {
        Content::Text { text, .. } => {
            let (changed, substitutions) = transliterated(text)?;
            *text = changed;
            Some(Transliterated { said_in: None, substitutions })
        }
        Content::Encoded { data_coding, octets } => {
            let is_plain = submission.esm_class & Message::UDHI == 0
                && DataCoding(*data_coding).listed() == Some(Encoding::Ucs2);
            let text = is_plain.then(|| sms::decode(*data_coding, octets)).flatten()?;
            let (changed, substitutions) = transliterated(&text)?;
            let mut body = Vec::with_capacity(changed.len());
            Alphabet::Gsm7.encode(&changed, &mut body).ok()?;
            let said_in = Some(std::mem::replace(data_coding, Alphabet::Gsm7.data_coding()));
            *octets = Bytes::from(body);
            Some(Transliterated { said_in, substitutions })
        }
    }
}
