//! What the owner of a message says of it for itself, and what we note of it: in the form in which that is kept
//! with the message.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use sms::{Attached, LinkName, ReceiptRequest, Substitution, Timestamp};

use crate::callback_url::URL_OCTETS_MAX;
use crate::config::{Method, callbacks_of};
use crate::recoding::Body;

/// What the owner of a message says of it for itself, and what we note. Has no `Debug` form: it may be about people.
#[cfg_attr(test, derive(Debug))]
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Attributes {
    /// What the owner calls the message, up to [`Attached::REFERENCE_OCTETS_MAX`] octets; often empty.
    pub(crate) client_reference: String,
    /// Who is called with what becomes of the message, and nobody else is told then.
    pub(crate) callback: Option<Callback>,
    /// Up to [`TAGS_MAX`] words with what they mean to the owner, each up to [`TAG_OCTETS_MAX`] octets.
    pub(crate) tags: BTreeMap<String, String>,
    /// The request that brought it and others, if that had a key: only the first of them has this.
    pub(crate) keyed: Option<KeyedRequest>,
    /// The `meta-data` of Kannel, up to [`META_OCTETS_MAX`] octets, as it was written; often empty.
    pub(crate) meta: String,
    /// What it tells of another message, if that is what it is for.
    pub(crate) report: Option<Report>,
    /// What a message of a handset is known by if its SMSC brings it again; it is found by that, and has no
    /// `client_reference` then.
    pub(crate) brought: Option<Brought>,
    /// That its text was put into the GSM alphabet.
    pub(crate) transliterated: Option<Transliterated>,
    /// Whether its user data header is all ours: its sender wrote none.
    pub(crate) has_our_header: bool,
    /// How it was said, if it was rewritten for its SMSC.
    pub(crate) said: Option<Said>,
    /// When it was given another text: the last [`REWORDED_MAX`] times, the oldest first.
    pub(crate) reworded: Vec<Timestamp>,
    /// Whether it is said in place of a reply of a content provider, and is none.
    pub(crate) is_fallback: bool,
}

/// How the octets were said of a message that was rewritten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    /// In this data_coding.
    pub(crate) data_coding: u8,
    /// With a user data header.
    pub(crate) has_header: bool,
}

impl Said {
    pub(crate) fn of(body: &Body) -> Self {
        Self { data_coding: body.data_coding, has_header: body.has_header() }
    }
}

/// What became of a text that was put into the GSM alphabet.
#[cfg_attr(test, derive(Debug))]
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Transliterated {
    /// The data_coding in which its sender says it, if that said it in octets.
    pub(crate) said_in: Option<u8>,
    /// What became of which characters. The first of them are kept, in up to [`SUBSTITUTIONS_OCTETS_MAX`] octets.
    pub(crate) substitutions: Vec<Substitution>,
}

/// What a message is known by if it is brought again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Brought {
    /// A digest of what it is known by.
    pub(crate) key: [u8; Self::KEY_OCTETS],
    /// How often it had come before.
    pub(crate) again: u8,
}

impl Brought {
    /// The length of a key.
    pub(crate) const KEY_OCTETS: usize = 16;

    /// What messages with this key are found by; no owner calls a message so.
    pub(crate) fn reference(key: &[u8; Self::KEY_OCTETS]) -> [u8; Self::KEY_OCTETS + 1] {
        let mut reference = [0; Self::KEY_OCTETS + 1];
        reference[1..].copy_from_slice(key);
        reference
    }
}

/// What a message tells of another one that is still on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Report {
    /// What happened: one of the events.
    pub(crate) event: Events,
    /// The command_status that it happened with, 0 if there is none.
    pub(crate) status: u32,
}

/// What is known of a request that had an idempotency key, for who repeats it.
#[cfg_attr(test, derive(Debug))]
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct KeyedRequest {
    /// SHA-256 of its body.
    pub(crate) content: [u8; 32],
    /// What became of each of its messages, one octet each, up to [`RESULTS_MAX`].
    pub(crate) results: Vec<u8>,
}

/// A callback of a message's own.
#[cfg_attr(test, derive(Debug))]
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Callback {
    /// What is called, up to [`URL_OCTETS_MAX`] octets, as it was written: the form says what stands in it.
    pub(crate) url: String,
    /// What it is called for.
    pub(crate) events: Events,
    /// In which words.
    pub(crate) form: Form,
    /// In which way.
    pub(crate) method: Method,
}

/// What a callback is called for: bits, which are those of Kannel's `dlr-mask`. Those without a name here are
/// kept as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Events(pub(crate) u32);

impl std::ops::BitOr for Events {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl Events {
    /// The message was delivered.
    pub(crate) const DELIVERED: Self = Self(1);
    /// It will never be.
    pub(crate) const FAILED: Self = Self(2);
    /// The SMSC has it and tries to deliver it.
    pub(crate) const BUFFERED: Self = Self(4);
    /// The SMSC took it over.
    pub(crate) const ACCEPTED: Self = Self(8);
    /// The SMSC refused it, or it never got there.
    pub(crate) const REJECTED: Self = Self(16);
    /// It got its final state, whatever that is.
    pub(crate) const FINAL: Self = Self(Self::DELIVERED.0 | Self::FAILED.0);

    /// Whether all of these are among them.
    pub(crate) const fn has(self, events: Self) -> bool {
        self.0 & events.0 == events.0
    }

    /// Whether any of these is among them.
    pub(crate) const fn has_any(self, events: Self) -> bool {
        self.0 & events.0 != 0
    }

    /// All that it takes to be told of them: whoever wants to know of refusals alone, or that a message is accepted, has
    /// to be told of failures.
    pub(crate) const fn needed(self) -> Self {
        if self.has_any(Self(Self::REJECTED.0 | Self::BUFFERED.0)) {
            Self(self.0 | Self::FAILED.0)
        } else {
            self
        }
    }

    /// The receipts that it takes to know of them; the record shows the final state if any is needed.
    pub(crate) const fn receipts(self) -> ReceiptRequest {
        let takes_receipts = Self(Self::FINAL.0 | Self::BUFFERED.0);
        ReceiptRequest {
            on_success: self.has(Self::DELIVERED),
            on_failure: self.has(Self::FAILED),
            tracked: self.has_any(takes_receipts),
            others: if self.has(Self::BUFFERED) { ReceiptRequest::INTERMEDIATE } else { 0 },
        }
    }
}

/// The words of a callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// The JSON of an account's callback.
    Json,
    /// Kannel's: the URL has escapes such as `%d`, and is fetched.
    Kannel,
    /// Jasmin's fields.
    Jasmin,
    /// Those of a batch of Jasmin's REST interface: all is in the URL, which is fetched.
    Batch,
}

/// More than can be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Excess {
    #[error("at most {} octets", Attached::REFERENCE_OCTETS_MAX)]
    ClientReference,
    #[error("at most {URL_OCTETS_MAX} octets")]
    CallbackUrl,
    #[error(
        "at most {TAGS_MAX}, each with a name of 1 to {TAG_OCTETS_MAX} octets and at most as many behind it"
    )]
    Tags,
    #[error("at most {META_OCTETS_MAX} octets")]
    Meta,
}

/// What is kept was written by a newer program, or damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("attributes in a form that is not known")]
pub(crate) struct Unreadable;

/// The most tags of a message.
pub(crate) const TAGS_MAX: usize = 16;
/// The longest name of a tag, and the longest of what stands behind it, in octets.
pub(crate) const TAG_OCTETS_MAX: usize = 64;
/// The longest `meta-data`, in octets.
pub(crate) const META_OCTETS_MAX: usize = 1024;
/// The most results of a request with a key.
pub(crate) const RESULTS_MAX: usize = 10_000;
/// The most octets in which it is kept what became of characters: those of about two hundred.
pub(crate) const SUBSTITUTIONS_OCTETS_MAX: usize = 1000;
/// The most times that it is kept when a message was given another text.
pub(crate) const REWORDED_MAX: usize = 4;
// Two octets are the longest length; 200 are more than what stands around the values.
const _: () = assert!(
    URL_OCTETS_MAX
        + TAGS_MAX * 2 * TAG_OCTETS_MAX
        + META_OCTETS_MAX
        + RESULTS_MAX
        + SUBSTITUTIONS_OCTETS_MAX
        + REWORDED_MAX * 8
        + 200
        < Attached::ATTRIBUTES_OCTETS_MAX
);

const VERSION: u8 = 1;
const CALLBACK: u8 = 1;
const TAG: u8 = 2;
const KEYED: u8 = 3;
const REPORT: u8 = 4;
const META: u8 = 5;
const TRANSLITERATED: u8 = 6;
const BROUGHT: u8 = 7;
const OUR_HEADER: u8 = 8;
const SAID: u8 = 9;
const REWORDED: u8 = 10;
const FALLBACK: u8 = 11;

/// The form in which attributes are kept in [`Attached::attributes`]. Numbers are little-endian.
///
/// ```text
/// attributes = nothing, or version u8, fields       field = kind u8, length u16, then by kind
///   1 callback events u32, form u8 (0 JSON, 1 Kannel, 2 Jasmin, 3 batch), method u8 (0 POST, 1 GET), url
///   2 tag      length of its name u8, name, what stands behind it
///   3 keyed    SHA-256 of the request's body (32), what became of each of its messages (u8 each)
///   4 report   event u32, command_status u32
///   5 meta     `meta-data`
///   6 transliterated  data_coding of the octets as they were said u8 (0: a text), for each character that was
///              changed: length u8, itself, what stands in its place
///   7 brought  how often it had come before u8; the reference is a zero and what it is known by (16)
///   8 our header  nothing: the user data header is ours
///   9 said     data_coding of the octets as they were said u8, whether with a user data header u8
///   10 reworded  when it was given another text u64 (each time)
///   11 fallback  nothing: it is said in place of a reply
/// ```
///
/// Fields of another kind are skipped; attributes of another version are not read. The reference stands
/// beside them, so that records can be found by it.
impl Attributes {
    /// What goes with a message of `owner`; `None` if there is nothing.
    pub(crate) fn attached(&self, owner: &LinkName) -> Option<Arc<Attached>> {
        if *self == Self::default() {
            return None;
        }
        Some(Arc::new(Attached {
            reference: self.reference(),
            told: self.callback.as_ref().map(|_| callbacks_of(owner)),
            attributes: self.octets().into(),
        }))
    }

    /// What goes with a message, as it was said.
    pub(crate) fn of(attached: &Attached) -> Result<Self, Unreadable> {
        let mut attributes = Self::named(&attached.reference);
        let Some((&version, mut rest)) = attached.attributes.split_first() else { return Ok(attributes) };
        if version != VERSION {
            return Err(Unreadable);
        }
        while let Some((&kind, behind)) = rest.split_first() {
            let (length, behind) = behind.split_first_chunk().ok_or(Unreadable)?;
            let length = usize::from(u16::from_le_bytes(*length));
            let (field, behind) = behind.split_at_checked(length).ok_or(Unreadable)?;
            if kind == BROUGHT {
                attributes.brought = Some(read_brought(field, &attached.reference)?);
                attributes.client_reference.clear();
            } else {
                attributes.read(kind, field)?;
            }
            rest = behind;
        }
        Ok(attributes)
    }

    /// Changes what goes with a message; what cannot be read stays as it is. What was there stays there, though
    /// it says nothing any more.
    pub(crate) fn amend(attached: &mut Option<Arc<Attached>>, change: impl FnOnce(&mut Self)) {
        let known = attached.as_deref().map_or_else(|| Ok(Self::default()), Self::of);
        let Ok(mut attributes) = known else { return };
        change(&mut attributes);
        let attributes = Bytes::from(attributes.octets());
        match attached {
            None if attributes.is_empty() => {}
            None => *attached = Some(Arc::new(Attached { attributes, ..Attached::default() })),
            Some(attached) => Arc::make_mut(attached).attributes = attributes,
        }
    }

    /// Notes that the message was given another text.
    pub(crate) fn note_reworded(&mut self, at: Timestamp) {
        if self.reworded.len() >= REWORDED_MAX {
            self.reworded.remove(0);
        }
        self.reworded.push(at);
    }

    /// The same, or only the reference if the rest cannot be read: for who shows it.
    pub(crate) fn readable(attached: &Attached) -> Self {
        Self::of(attached).unwrap_or_else(|Unreadable| Self::named(&attached.reference))
    }

    /// Itself, if it is no more than can be kept.
    pub(crate) fn checked(self) -> Result<Self, Excess> {
        let is_good = |(name, value): (&String, &String)| {
            (1..=TAG_OCTETS_MAX).contains(&name.len()) && value.len() <= TAG_OCTETS_MAX
        };
        if self.client_reference.len() > Attached::REFERENCE_OCTETS_MAX {
            Err(Excess::ClientReference)
        } else if self.callback.as_ref().is_some_and(|callback| callback.url.len() > URL_OCTETS_MAX) {
            Err(Excess::CallbackUrl)
        } else if self.tags.len() > TAGS_MAX || !self.tags.iter().all(is_good) {
            Err(Excess::Tags)
        } else if self.meta.len() > META_OCTETS_MAX {
            Err(Excess::Meta)
        } else {
            Ok(self)
        }
    }

    fn reference(&self) -> Bytes {
        match &self.brought {
            Some(brought) => Bytes::copy_from_slice(&Brought::reference(&brought.key)),
            None => self.client_reference.clone().into(),
        }
    }

    fn named(reference: &[u8]) -> Self {
        Self { client_reference: String::from_utf8_lossy(reference).into_owned(), ..Self::default() }
    }

    fn octets(&self) -> Vec<u8> {
        let named = Self { client_reference: self.client_reference.clone(), ..Self::default() };
        if *self == named {
            return Vec::new();
        }
        let mut out = vec![VERSION];
        if let Some(Callback { url, events, form, method }) = &self.callback {
            let [form, method] = [*form as u8, u8::from(*method == Method::Get)];
            put(&mut out, CALLBACK, &[&events.0.to_le_bytes(), &[form, method], url.as_bytes()]);
        }
        for (name, value) in &self.tags {
            put(&mut out, TAG, &[&[name.len() as u8], name.as_bytes(), value.as_bytes()]);
        }
        if let Some(KeyedRequest { content, results }) = &self.keyed {
            put(&mut out, KEYED, &[content, results]);
        }
        if !self.meta.is_empty() {
            put(&mut out, META, &[self.meta.as_bytes()]);
        }
        if let Some(transliterated) = &self.transliterated {
            put(
                &mut out,
                TRANSLITERATED,
                &[&[transliterated.said_in.unwrap_or(0)], &transliterated.octets()],
            );
        }
        if let Some(Brought { again, .. }) = &self.brought {
            put(&mut out, BROUGHT, &[&[*again]]);
        }
        if self.has_our_header {
            put(&mut out, OUR_HEADER, &[]);
        }
        if let Some(Said { data_coding, has_header }) = self.said {
            put(&mut out, SAID, &[&[data_coding, u8::from(has_header)]]);
        }
        if !self.reworded.is_empty() {
            let times: Vec<u8> = self.reworded.iter().flat_map(|at| at.0.to_le_bytes()).collect();
            put(&mut out, REWORDED, &[&times]);
        }
        if self.is_fallback {
            put(&mut out, FALLBACK, &[]);
        }
        if let Some(Report { event, status }) = &self.report {
            put(&mut out, REPORT, &[&event.0.to_le_bytes(), &status.to_le_bytes()]);
        }
        out
    }

    fn read(&mut self, kind: u8, field: &[u8]) -> Result<(), Unreadable> {
        match kind {
            CALLBACK => self.callback = Some(read_callback(field)?),
            TAG => {
                let (&length, rest) = field.split_first().ok_or(Unreadable)?;
                let (name, value) = rest.split_at_checked(usize::from(length)).ok_or(Unreadable)?;
                self.tags.insert(text(name)?, text(value)?);
            }
            KEYED => {
                let (content, results) = field.split_first_chunk().ok_or(Unreadable)?;
                self.keyed = Some(KeyedRequest { content: *content, results: results.to_vec() });
            }
            META => self.meta = text(field)?,
            TRANSLITERATED => self.transliterated = Some(Transliterated::read(field)?),
            OUR_HEADER => self.has_our_header = true,
            SAID => {
                let [data_coding, has_header] = *field else { return Err(Unreadable) };
                self.said = Some(Said { data_coding, has_header: has_header != 0 });
            }
            REWORDED => {
                let (times, rest) = field.as_chunks();
                if !rest.is_empty() {
                    return Err(Unreadable);
                }
                self.reworded = times.iter().map(|at| Timestamp(u64::from_le_bytes(*at))).collect();
            }
            FALLBACK => self.is_fallback = true,
            REPORT => {
                let (event, rest) = field.split_first_chunk().ok_or(Unreadable)?;
                let (status, _) = rest.split_first_chunk().ok_or(Unreadable)?;
                let event = Events(u32::from_le_bytes(*event));
                self.report = Some(Report { event, status: u32::from_le_bytes(*status) });
            }
            _ => {}
        }
        Ok(())
    }
}

impl Transliterated {
    fn octets(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for Substitution { was, is } in &self.substitutions {
            let length = was.len_utf8() + is.len();
            let Ok(octet) = u8::try_from(length) else { continue };
            if out.len() + 1 + length > SUBSTITUTIONS_OCTETS_MAX {
                break;
            }
            out.push(octet);
            out.extend_from_slice(was.encode_utf8(&mut [0; 4]).as_bytes());
            out.extend_from_slice(is.as_bytes());
        }
        out
    }

    fn read(field: &[u8]) -> Result<Self, Unreadable> {
        let (&said_in, mut rest) = field.split_first().ok_or(Unreadable)?;
        let mut substitutions = Vec::new();
        while let Some((&length, behind)) = rest.split_first() {
            let (one, behind) = behind.split_at_checked(usize::from(length)).ok_or(Unreadable)?;
            let one = std::str::from_utf8(one).map_err(|_| Unreadable)?;
            let mut characters = one.chars();
            let was = characters.next().ok_or(Unreadable)?;
            substitutions.push(Substitution { was, is: characters.as_str().to_owned() });
            rest = behind;
        }
        Ok(Self { said_in: Some(said_in).filter(|&said_in| said_in != 0), substitutions })
    }
}

fn put(out: &mut Vec<u8>, kind: u8, values: &[&[u8]]) {
    let length: usize = values.iter().map(|value| value.len()).sum();
    out.push(kind);
    out.extend_from_slice(&(length as u16).to_le_bytes());
    values.iter().for_each(|value| out.extend_from_slice(value));
}

fn read_callback(field: &[u8]) -> Result<Callback, Unreadable> {
    let (events, rest) = field.split_first_chunk().ok_or(Unreadable)?;
    let ([form, method], url) = rest.split_first_chunk().ok_or(Unreadable)?;
    let form = match form {
        0 => Form::Json,
        1 => Form::Kannel,
        2 => Form::Jasmin,
        3 => Form::Batch,
        _ => return Err(Unreadable),
    };
    let method = match method {
        0 => Method::Post,
        1 => Method::Get,
        _ => return Err(Unreadable),
    };
    Ok(Callback { url: text(url)?, events: Events(u32::from_le_bytes(*events)), form, method })
}

fn read_brought(field: &[u8], reference: &[u8]) -> Result<Brought, Unreadable> {
    let [again] = *field else { return Err(Unreadable) };
    let key = reference.strip_prefix(&[0]).and_then(|key| key.try_into().ok()).ok_or(Unreadable)?;
    Ok(Brought { key, again })
}

fn text(octets: &[u8]) -> Result<String, Unreadable> {
    std::str::from_utf8(octets).map(str::to_owned).map_err(|_| Unreadable)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    fn some_callback() -> impl Strategy<Value = Callback> {
        let form = prop_oneof![Just(Form::Json), Just(Form::Kannel), Just(Form::Jasmin), Just(Form::Batch)];
        let method = prop_oneof![Just(Method::Post), Just(Method::Get)];
        (".{0,300}", any::<u32>(), form, method).prop_map(|(url, events, form, method)| Callback {
            url,
            events: Events(events),
            form,
            method,
        })
    }

    fn some_keyed() -> impl Strategy<Value = KeyedRequest> {
        let results = proptest::collection::vec(any::<u8>(), 0..300);
        (any::<[u8; 32]>(), results).prop_map(|(content, results)| KeyedRequest { content, results })
    }

    fn some_transliterated() -> impl Strategy<Value = Transliterated> {
        let one = (any::<char>(), ".{0,3}").prop_map(|(was, is)| Substitution { was, is });
        let said_in = prop_oneof![Just(None), Just(Some(8))];
        (said_in, proptest::collection::vec(one, 0..20))
            .prop_map(|(said_in, substitutions)| Transliterated { said_in, substitutions })
    }

    prop_compose! {
        fn some_attributes()(
            client_reference in ".{0,60}",
            callback in proptest::option::of(some_callback()),
            tags in proptest::collection::btree_map(".{1,15}", ".{0,15}", 0..TAGS_MAX),
            keyed in proptest::option::of(some_keyed()),
            meta in ".{0,60}",
            report in proptest::option::of((any::<u32>(), any::<u32>())),
            brought in proptest::option::of((any::<[u8; 16]>(), any::<u8>())),
            transliterated in proptest::option::of(some_transliterated()),
            has_our_header in any::<bool>(),
            said in proptest::option::of((any::<u8>(), any::<bool>())),
            reworded in proptest::collection::vec(any::<u64>().prop_map(Timestamp), 0..REWORDED_MAX),
            is_fallback in any::<bool>(),
        ) -> Attributes {
            let report = report.map(|(event, status)| Report { event: Events(event), status });
            let said = said.map(|(data_coding, has_header)| Said { data_coding, has_header });
            let brought = brought.map(|(key, again)| Brought { key, again });
            let client_reference = if brought.is_some() { String::new() } else { client_reference };
            Attributes {
                client_reference,
                callback,
                tags,
                keyed,
                meta,
                report,
                brought,
                transliterated,
                has_our_header,
                said,
                reworded,
                is_fallback,
            }
        }
    }

    proptest! {
        #[test]
        fn attributes_are_read_as_they_were_kept(attributes in some_attributes()) {
            let attributes = attributes.checked().unwrap();
            match attributes.attached(&LinkName::from("bank")) {
                None => prop_assert!(attributes == Attributes::default()),
                Some(attached) => {
                    prop_assert!(attached.fits());
                    prop_assert!(Attributes::of(&attached).unwrap() == attributes);
                }
            }
        }

        #[test]
        fn what_is_amended_is_all_that_changes(attributes in some_attributes(), flag in any::<bool>()) {
            let mut attached = attributes.attached(&LinkName::from("bank"));
            let told = attached.as_ref().and_then(|attached| attached.told.clone());
            Attributes::amend(&mut attached, |attributes| attributes.has_our_header = flag);
            let changed = Attributes { has_our_header: flag, ..attributes };
            let read = attached.as_deref().map(|attached| Attributes::of(attached).unwrap());
            prop_assert!(read.unwrap_or_default() == changed);
            prop_assert_eq!(attached.and_then(|attached| attached.told.clone()), told);
        }

        #[test]
        fn no_octets_make_the_reader_panic(octets in proptest::collection::vec(any::<u8>(), 0..100)) {
            let _ = Attributes::of(&Attached { attributes: octets.into(), ..Attached::default() });
        }
    }

    #[test]
    fn a_newer_field_is_skipped_and_a_newer_version_is_not_read() {
        let of = |octets: &'static [u8]| {
            Attributes::of(&Attached { attributes: octets.into(), ..Attached::default() })
        };
        let read = of(b"\x01\xFF\x02\0??\x02\x03\0\x01ab").unwrap();
        assert_eq!(read.tags, BTreeMap::from([("a".to_owned(), "b".to_owned())]));
        for octets in [&b"\x02"[..], b"\x01\x02\x09\0\x01ab", b"\x01\x02\x03\0\x03ab", b"\x01\x01\0\0"] {
            assert!(of(octets).is_err(), "{octets:?}");
        }
    }

    #[test]
    fn of_many_characters_the_first_are_kept() {
        let substitutions = (0..1000).map(|_| Substitution { was: '“', is: "\"".to_owned() }).collect();
        let transliterated = Some(Transliterated { said_in: Some(8), substitutions });
        let attributes = Attributes { transliterated, ..Attributes::default() };
        let attached = attributes.attached(&LinkName::from("bank")).unwrap();
        let read = Attributes::of(&attached).unwrap().transliterated.unwrap();
        assert_eq!((read.said_in, read.substitutions.len()), (Some(8), SUBSTITUTIONS_OCTETS_MAX / 5));
    }

    #[test]
    fn what_is_too_much_is_named() {
        let long = |length: usize| "x".repeat(length);
        let excess = |attributes: Attributes| attributes.checked().err();
        let named = |client_reference: String| Attributes { client_reference, ..Attributes::default() };
        assert_eq!(excess(named(long(255))), None);
        assert_eq!(excess(named(long(256))), Some(Excess::ClientReference));
        let tagged = |name: String, value: String| Attributes {
            tags: BTreeMap::from([(name, value)]),
            ..Attributes::default()
        };
        assert_eq!(excess(tagged(long(64), long(64))), None);
        for (name, value) in [(0, 1), (65, 1), (1, 65)] {
            assert_eq!(excess(tagged(long(name), long(value))), Some(Excess::Tags));
        }
        let many = |count: usize| Attributes {
            tags: (0..count).map(|number| (number.to_string(), String::new())).collect(),
            ..Attributes::default()
        };
        assert_eq!(excess(many(TAGS_MAX)), None);
        assert_eq!(excess(many(TAGS_MAX + 1)), Some(Excess::Tags));
    }
}
