//! The body of a submission for the link that it leaves by: alphabet, and parts.

use bytes::Bytes;
use sms::udh::Reference;
use sms::{
    Alphabet, Coding, DataCoding, Joined, Language, Message, Parts, SEGMENT_OCTETS_MAX, Tables,
    UserDataHeader,
};

use crate::attributes::{Attributes, Said};
use crate::config::{Profile, Splitting};
use crate::presentation::Presentation;
use crate::recoding::{self, Body, recoded};
use crate::references::References;
use crate::refusal::Refusal;
use crate::scripts::Scripts;
use crate::submission::{Content, Submission, header_and_body};

/// The bodies of the segments, with what is said of them.
pub(crate) struct Encoded {
    pub(crate) data_coding: u8,
    pub(crate) esm_class: u8,
    pub(crate) parts: Parts,
    /// Whether we wrote a header for a text that is more than what says which part this is.
    pub(crate) has_our_header: bool,
    /// How it was said, if that was otherwise.
    pub(crate) said: Option<Said>,
}

/// Whether a link with this profile can take a message as it is.
pub(crate) fn suits(message: &Message, profile: &Profile) -> bool {
    let Tables { locking, single } = our_tables(message);
    let is_read = |language: &Language| profile.national.0.contains(language);
    locking.iter().chain(&single).all(is_read)
        && (profile.long_messages == Splitting::Payload || !is_undivided(message))
        && !recoding::is_needed(message, profile)
}

/// What a message says, for a link that does not take it as it is.
///
/// # Errors
/// Its text cannot be read.
pub(crate) fn anew(message: &Message) -> Result<Submission, Refusal> {
    if our_tables(message) != Tables::DEFAULT {
        let text = Joined::of(message).text().ok_or(Refusal::BadLength)?;
        let presentation = Presentation::of(message);
        return Ok(Submission::again(message, Content::Text { text, presentation }));
    }
    Ok(Submission::whole(message, recoding::whole(message)))
}

/// The national tables that we chose for its text. Those that its sender chose are no matter of ours.
fn our_tables(message: &Message) -> Tables {
    let first = message.parts.first().filter(|_| message.has_udh());
    let header = first.and_then(|first| UserDataHeader::parse(first).ok());
    let tables = header.map_or(Tables::DEFAULT, |(header, _)| header.tables());
    if tables == Tables::DEFAULT {
        return tables;
    }
    let noted = message.attached.as_deref().map(Attributes::readable).unwrap_or_default();
    if noted.has_our_header { tables } else { Tables::DEFAULT }
}

/// Whether it takes more than one segment and was not split.
fn is_undivided(message: &Message) -> bool {
    message.parts.len() == 1 && recoding::whole(message).is_more_than_a_segment()
}

/// Encodes and splits for an SMSC with this profile; `None` is a link that takes every message whole.
pub(crate) fn encode(
    submission: &Submission,
    smsc: Option<&Profile>,
    references: &References,
) -> Result<Encoded, Refusal> {
    match &submission.content {
        Content::Text { text, presentation } => {
            encoded_text(text, presentation, submission, smsc, references)
        }
        Content::Encoded { data_coding, octets } => {
            // A copy: the octets are a slice of a read buffer that would live as long as the message.
            let octets = Bytes::copy_from_slice(octets);
            let body = Body { data_coding: *data_coding, esm_class: submission.esm_class, octets };
            encoded_octets(body, submission, smsc, references)
        }
    }
}

/// A body in pieces that say nothing of each other, for who takes it no other way; `None` if it is one piece, or
/// too many.
pub(crate) fn cut(body: &Bytes) -> Option<Parts> {
    let pieces = body.len().div_ceil(PIECE_OCTETS);
    let piece = |at: usize| body.slice(at * PIECE_OCTETS..body.len().min((at + 1) * PIECE_OCTETS));
    (2..=sms::SEGMENTS_MAX).contains(&pieces).then(|| (0..pieces).map(piece).collect())
}

fn encoded_text(
    text: &str,
    presentation: &Presentation,
    submission: &Submission,
    profile: Option<&Profile>,
    references: &References,
) -> Result<Encoded, Refusal> {
    let mut elements = presentation.elements();
    let splitting = profile.map_or_else(Splitting::default, |profile| profile.long_messages);
    let reference = reference(elements.len() + text.len(), splitting, submission, references);
    let coding = profile.map_or_else(
        || Coding::of(Alphabet::best_for(text)),
        |profile| best_for(text, profile, &elements, reference),
    );
    elements.extend(coding.tables.elements());
    let mut body = Vec::with_capacity(1 + elements.len() + text.len());
    let is_whole = profile.is_some_and(takes_whole);
    if is_whole && !elements.is_empty() {
        body.push(u8::try_from(elements.len()).map_err(|_| Refusal::BadLength)?);
        body.extend_from_slice(&elements);
    }
    let header_octets = body.len();
    coding.encode(text, &mut body).map_err(|_| Refusal::BadLength)?;
    let body = Bytes::from(body);
    let said = body.slice(header_octets..);
    let header = Some(&elements[..]).filter(|elements| !elements.is_empty());
    let parts = divided(coding.alphabet.data_coding(), header, said, reference)?;
    // Whoever divides it later can do no more than we could.
    let parts = if is_whole { Parts::from_elem(body, 1) } else { parts };
    let has_header = parts.len() > 1 || !elements.is_empty();
    let udhi = if has_header { Message::UDHI } else { 0 };
    Ok(Encoded {
        data_coding: presentation.data_coding(coding.alphabet),
        esm_class: submission.esm_class | udhi,
        parts,
        has_our_header: !elements.is_empty(),
        said: None,
    })
}

fn encoded_octets(
    body: Body,
    submission: &Submission,
    smsc: Option<&Profile>,
    references: &References,
) -> Result<Encoded, Refusal> {
    let instead = smsc.and_then(|profile| recoded(&body, &submission.tlvs, profile));
    let said = instead.as_ref().map(|_| Said::of(&body));
    let body = instead.unwrap_or(body);
    let (data_coding, esm_class) = (body.data_coding, body.esm_class);
    let parts = match smsc {
        None => Parts::from_elem(body.octets, 1),
        Some(profile) => encoded_parts(body, submission, profile, references)?,
    };
    let udhi = if parts.len() > 1 { Message::UDHI } else { 0 };
    Ok(Encoded { data_coding, esm_class: esm_class | udhi, parts, has_our_header: false, said })
}

fn encoded_parts(
    body: Body,
    submission: &Submission,
    profile: &Profile,
    references: &References,
) -> Result<Parts, Refusal> {
    let Body { data_coding, esm_class, octets } = body;
    let (elements, text) = header_and_body(esm_class, &octets)?;
    let reference = reference(octets.len(), profile.long_messages, submission, references);
    let is_odd = submission.may_be_odd
        && !text.len().is_multiple_of(2)
        && DataCoding(data_coding).alphabet() == Alphabet::Ucs2;
    let cut_as = if is_odd { Alphabet::Octets.data_coding() } else { data_coding };
    let parts = divided(cut_as, elements, text, reference)?;
    // Whoever divides it later can do no more than we could.
    Ok(if takes_whole(profile) { Parts::from_elem(octets, 1) } else { parts })
}

fn divided(
    data_coding: u8,
    elements: Option<&[u8]>,
    body: Bytes,
    reference: Reference,
) -> Result<Parts, Refusal> {
    sms::split_encoded(data_coding, elements, body, reference).map_err(|_| Refusal::BadLength)
}

fn takes_whole(profile: &Profile) -> bool {
    profile.long_messages == Splitting::Payload
}

/// The GSM alphabet if the SMSC has a way to say all of it, otherwise UCS-2; or national tables that the SMSC
/// reads, if they are cheaper. Whoever splits messages itself is not asked to do it with those.
fn best_for(text: &str, profile: &Profile, elements: &[u8], reference: Reference) -> Coding {
    let scripts = Scripts::of(profile);
    let rewrites_gsm = scripts.rewritten(Alphabet::Gsm7.data_coding()).is_some();
    if rewrites_gsm && !scripts.has(text) {
        return Coding::of(Alphabet::Ucs2);
    }
    if !rewrites_gsm && !profile.national.0.is_empty() && !takes_whole(profile) {
        return sms::cheapest(text, &profile.national.0, elements, reference);
    }
    Coding::of(Alphabet::best_for(text))
}

/// The number that the parts of this message share; any, if it has one part only. Of 16 bits if the SMSC
/// takes it so; TLVs do in any case.
fn reference(
    octets: usize,
    splitting: Splitting,
    submission: &Submission,
    references: &References,
) -> Reference {
    if octets <= SEGMENT_OCTETS_MAX / 2 {
        return Reference::Short(0);
    }
    let number = references.next(&submission.source, &submission.destination);
    match splitting {
        Splitting::Udh16 | Splitting::Sar => Reference::Long(number),
        Splitting::Udh8 | Splitting::Payload => {
            let [_, low] = number.to_be_bytes();
            Reference::Short(low)
        }
    }
}

/// The longest short_message before 5.0; even, so that no character of UCS-2 is cut.
const PIECE_OCTETS: usize = 254;
