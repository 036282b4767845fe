//! Submissions whose text is nearly in the GSM alphabet, of an account that wants it in that: the answer says
//! what was changed.

use smpp::{Body, CommandId, CommandStatus, MessageResp, TlvTag, Tlvs, VERSION_3_4};
use sms::{MessageId, Substitution};

use super::super::relay::{Answer, Operation};
use super::super::translate;
use super::{Desk, operation, refused};
use crate::submission::Submission;
use crate::transliteration::transliterate;

impl Desk {
    /// Puts the text into the GSM alphabet if the account wants that; what became of what, as far as the session can be
    /// told. The record of the message says it in any case. A part of a long message stays as it is, whether its header or
    /// `tlvs` say that it is one.
    pub(in super::super) fn transliterate(
        &self,
        submission: &mut Submission,
        tlvs: &Tlvs,
    ) -> Vec<Substitution> {
        if !self.account.config().transliterate || tlvs.get(TlvTag::SAR_MSG_REF_NUM).is_some() {
            return Vec::new();
        }
        let substitutions = transliterate(submission);
        // V-1: there are no TLVs to say it in.
        if self.version < VERSION_3_4 { Vec::new() } else { substitutions }
    }

    /// Takes such a message over that `request` brought, and says in the answer what became of what.
    pub(in super::super) fn transliterated(
        &self,
        request: CommandId,
        submission: Submission,
        substitutions: &[Substitution],
    ) -> Result<Operation, CommandStatus> {
        let entry = self.admit(submission).map_err(|refusal| translate::status(&refusal))?;
        let response = self.response_saying(entry.message.id, substitutions);
        let desk = self.clone();
        Ok(operation(async move {
            match desk.intake.accept(vec![entry]).await {
                Ok(()) => {
                    let body = match request {
                        CommandId::DATA_SM => Body::DataSmResp(response),
                        _ => Body::SubmitSmResp(response),
                    };
                    Answer { status: CommandStatus::OK, body, messages: 1 }
                }
                Err(refusal) => refused(translate::status(&refusal), request),
            }
        }))
    }

    /// The response with the id of a message that says what became of what, if there is anything to say.
    pub(super) fn response_saying(&self, id: MessageId, substitutions: &[Substitution]) -> MessageResp {
        let mut response = self.response(id);
        say(&mut response.tlvs, substitutions);
        response
    }
}

/// Says in a response what became of what, if there is anything to say.
pub(super) fn say(tlvs: &mut Tlvs, substitutions: &[Substitution]) {
    if !substitutions.is_empty() {
        translate::push(tlvs, TlvTag::ADDITIONAL_STATUS_INFO_TEXT, &in_words(substitutions));
    }
}

/// What became of what, in ASCII with a NUL behind it: `transliterated: U+201C="; U+00E1=a`. What has no room
/// is dots.
fn in_words(substitutions: &[Substitution]) -> Vec<u8> {
    let mut text = String::from("transliterated:");
    for (substitution, separator) in
        substitutions.iter().zip([" "].into_iter().chain(std::iter::repeat("; ")))
    {
        let one = format!("{separator}U+{:04X}={}", u32::from(substitution.was), ascii(&substitution.is));
        if text.len() + one.len() > TEXT_OCTETS_MAX - MORE.len() {
            text.push_str(MORE);
            break;
        }
        text.push_str(&one);
    }
    let mut octets = text.into_bytes();
    octets.push(0);
    octets
}

fn ascii(text: &str) -> String {
    let told = |character: char| match character {
        ' '..='~' => character.to_string(),
        other => format!("U+{:04X}", u32::from(other)),
    };
    text.chars().map(told).collect()
}

/// additional_status_info_text without its NUL, SMPP 3.4 section 5.3.2.11.
const TEXT_OCTETS_MAX: usize = 255;
const MORE: &str = "; ...";

#[cfg(test)]
mod tests {
    use super::*;

    fn one(was: char, is: &str) -> Substitution {
        Substitution { was, is: is.to_owned() }
    }

    #[test]
    fn what_became_of_what_is_ascii_and_has_an_end() {
        let text = in_words(&[one('“', "\""), one('ǿ', "ø"), one('\u{AD}', "")]);
        assert_eq!(text, b"transliterated: U+201C=\"; U+01FF=U+00F8; U+00AD=\0");
        let many: Vec<_> = ('\u{FF21}'..='\u{FF3A}').map(|was| one(was, "x")).collect();
        let text = in_words(&many);
        assert!(text.len() <= TEXT_OCTETS_MAX + 1 && text.ends_with(b"=x; ...\0"), "{}", text.escape_ascii());
    }
}
