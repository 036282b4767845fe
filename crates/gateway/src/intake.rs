//! The one door in: authorise, limit, route, encode and split for the chosen link, store; only then OK.

mod leads;
mod reply;
mod whole;

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use bytes::Bytes;
use sms::{Direction, LinkName, Message, Parts, Timestamp};
use store::{Entry, RemoteReceipt, Sighting, Store, StoreError};

use crate::account::Account;
use crate::attributes::Attributes;
use crate::chance::Chance;
use crate::clock::{self, Clock};
use crate::config::{IdForm, Profile};
use crate::directory::{Directory, Origin};
use crate::encoding::{self, Encoded};
use crate::keywords::{self, Beginning, Beginnings, Part};
use crate::recoding;
use crate::references::References;
use crate::refusal::Refusal;
use crate::reply::Replies;
use crate::submission::{Content, Submission};
use crate::surroundings::Surroundings;

pub(crate) use leads::Leads;

/// The door. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Intake {
    directory: Arc<ArcSwap<Directory>>,
    store: Arc<dyn Store>,
    references: Arc<References>,
    beginnings: Arc<Beginnings>,
    replies: Arc<Replies>,
    clock: Clock,
    chance: Chance,
}

impl Intake {
    pub(crate) fn new(
        directory: Arc<ArcSwap<Directory>>,
        store: Arc<dyn Store>,
        surroundings: &Surroundings,
    ) -> Self {
        let (clock, chance) = (surroundings.clock, surroundings.chance.clone());
        let references = Arc::new(References::new(&chance));
        let replies = Arc::new(Replies::new(store.clone(), clock.wall()));
        Self { directory, store, references, beginnings: Arc::default(), replies, clock, chance }
    }

    /// The time of day as messages get it.
    pub(crate) fn clock(&self) -> Clock {
        self.clock
    }

    /// What ids are drawn from.
    pub(crate) fn chance(&self) -> &Chance {
        &self.chance
    }

    /// Checks, routes, encodes and splits one submission: everything but keeping it.
    pub(crate) fn admit(&self, origin: &Origin, submission: Submission) -> Result<Entry, Refusal> {
        let directory = self.directory.load();
        let now = self.clock.wall();
        let mut submission = submission;
        if let Origin::Account(account) = origin {
            account.authorise_source(&mut submission.source)?;
            account.authorise_protocol(submission.protocol_id)?;
            if account.grant(clock::now(), 1) == 0 {
                return Err(Refusal::Throttled);
            }
        }
        check_destination(&submission)?;
        if submission.is_part() {
            return self.part(&directory, origin.name(), submission, now);
        }
        let expires_at = submission
            .expires_at
            .unwrap_or_else(|| submission.not_before.unwrap_or(now).plus(directory.validity));
        if expires_at <= now {
            return Err(Refusal::Expired);
        }
        let (target, alternatives) = match back(&directory, origin, &submission) {
            Some(back) => (back, Vec::new()),
            None => self.route(&directory, origin.name(), &submission)?,
        };
        let smsc = directory.smscs.get(&target).map(|smsc| &*smsc.profile);
        let encoded = encoding::encode(&submission, smsc, &self.references)?;
        let Encoded { data_coding, esm_class, parts, has_our_header, said } = encoded;
        if has_our_header || said.is_some() {
            Attributes::amend(&mut submission.attached, |attributes| {
                attributes.has_our_header |= has_our_header;
                attributes.said = attributes.said.or(said);
            });
        }
        let message = Message {
            data_coding,
            esm_class,
            expires_at: Some(expires_at),
            parts,
            ..self.message(origin.name(), submission, now)
        };
        Ok(Entry { message: Arc::new(message), target, alternatives })
    }

    /// Whether a route leads anywhere for what is not to be sent yet.
    pub(crate) fn leads_somewhere(&self, origin: &LinkName, submission: &Submission) -> Result<(), Refusal> {
        check_destination(submission)?;
        self.route(&self.directory.load(), origin, submission).map(drop)
    }

    /// Keeps what was admitted. Returns only when it would survive a power cut.
    pub(crate) async fn accept(&self, batch: Vec<Entry>) -> Result<(), Refusal> {
        self.store.accept(batch).await.map_err(|error| {
            if let StoreError::Failed(_) = &error {
                tracing::error!(%error, "messages are refused");
            }
            error.into()
        })
    }

    /// A message that waits, saying something else to the link that it waits for.
    pub(crate) fn reword(&self, waiting: &Entry, mut submission: Submission) -> Result<Message, Refusal> {
        let now = self.clock.wall();
        Attributes::amend(&mut submission.attached, |attributes| attributes.note_reworded(now));
        self.message_for(&waiting.target, &waiting.message, submission)
    }

    /// A message that waits, for a link that does not take it as it is.
    pub(crate) fn reform(&self, waiting: &Entry, link: &LinkName) -> Result<Entry, Refusal> {
        let submission = encoding::anew(&waiting.message)?;
        let message = Arc::new(self.message_for(link, &waiting.message, submission)?);
        Ok(Entry { message, target: link.clone(), alternatives: waiting.alternatives.clone() })
    }

    fn message_for(
        &self,
        link: &LinkName,
        before: &Message,
        submission: Submission,
    ) -> Result<Message, Refusal> {
        let directory = self.directory.load();
        // An SMSC that a reload has removed may come back: of how it speaks nothing is known meanwhile.
        let usual = (!directory.has(link)).then(Profile::default);
        let smsc = directory.smscs.get(link).map(|smsc| &*smsc.profile).or(usual.as_ref());
        let Encoded { data_coding, esm_class, parts, has_our_header, said } =
            encoding::encode(&submission, smsc, &self.references)?;
        let Submission { content, mut attached, .. } = submission;
        let is_text = matches!(content, Content::Text { .. });
        if is_text || said.is_some() {
            Attributes::amend(&mut attached, |attributes| {
                attributes.has_our_header = if is_text { has_our_header } else { attributes.has_our_header };
                attributes.said = attributes.said.or(said);
            });
        }
        Ok(Message { data_coding, esm_class, parts, attached, ..before.clone() })
    }

    /// A message for `link` that went whole, in parts; `None` if it has no more than one, or an owner who waits
    /// for its receipt by the id that it has.
    pub(crate) fn divide(&self, whole: &Message, link: &LinkName) -> Option<Entry> {
        let [body] = &whole.parts[..] else { return None };
        if whole.receipt.asks_smsc() {
            return None;
        }
        // What is no text is cut as it is.
        let submission = Submission { may_be_odd: false, ..Submission::whole(whole, recoding::whole(whole)) };
        let profile = self.alphabets_of(link);
        let (data_coding, esm_class, parts) =
            match encoding::encode(&submission, Some(&profile), &self.references) {
                Ok(Encoded { data_coding, esm_class, parts, .. }) if parts.len() > 1 => {
                    (data_coding, esm_class, parts)
                }
                _ => (whole.data_coding, whole.esm_class & !Message::UDHI, encoding::cut(body)?),
            };
        let id = self.chance.message_id(self.clock.wall());
        let message = Arc::new(Message { id, data_coding, esm_class, parts, ..whole.clone() });
        Some(Entry { message, target: link.clone(), alternatives: Vec::new() })
    }

    /// A profile that says what the data_codings of an account do, and else nothing.
    fn alphabets_of(&self, account: &LinkName) -> Profile {
        let directory = self.directory.load();
        let speaks = directory.accounts.get(account).map(|account| &account.config().speaks);
        speaks.map_or_else(Profile::default, |speaks| Profile {
            default_alphabet: speaks.default_alphabet,
            data_coding: speaks.data_coding,
            ..Profile::default()
        })
    }

    /// What a submission would be in the usual form, for an SMSC of which nothing else is known.
    pub(crate) fn preview(&self, submission: &Submission) -> Result<Encoded, Refusal> {
        encoding::encode(submission, Some(&Profile::default()), &self.references)
    }

    /// How long a message is valid from when it is due, if nobody says.
    pub(crate) fn validity(&self) -> Duration {
        self.directory.load().validity
    }

    /// Whether the link is an account whose sessions are told what becomes of its messages.
    pub(crate) fn tells_sessions_of(&self, link: &LinkName) -> bool {
        self.directory.load().accounts.get(link).is_some_and(|account| !account.is_told_by_http())
    }

    /// How short ids are written in receipts for this account.
    pub(crate) fn receipt_ids_of(&self, account: &LinkName) -> IdForm {
        let directory = self.directory.load();
        let known = directory.accounts.get(account);
        known.map_or(IdForm::Hex, |account| account.config().short_id_forms().1)
    }

    /// The account of a content provider, if it has one.
    pub(crate) fn account_of(&self, application: &LinkName) -> Option<Arc<Account>> {
        self.directory.load().account_of(application)
    }

    /// Keeps receipts that an SMSC sent.
    pub(crate) async fn receipts(&self, batch: Vec<RemoteReceipt>) -> Result<Vec<Sighting>, Refusal> {
        Ok(self.store.receipts(batch).await?)
    }

    /// Where routes say that a submission shall go.
    fn route(
        &self,
        directory: &Directory,
        origin: &LinkName,
        submission: &Submission,
    ) -> Result<(LinkName, Vec<LinkName>), Refusal> {
        let words = directory.routes.keyword_words();
        let looks_at_parts = words > 0 || directory.has_choices();
        let part = if looks_at_parts { Part::of(origin, submission) } else { None };
        let begun = part.as_ref().and_then(|part| self.beginnings.of(part));
        let is_beginning = begun.is_none();
        let keyword = match &part {
            Some(part) if !part.is_first() => begun.as_ref().and_then(|begun| begun.keyword.clone()),
            _ if words > 0 => keywords::first_words(submission, words),
            _ => None,
        };
        let question = route::Question {
            from: origin,
            direction: submission.direction,
            source: &submission.source.value,
            destination: &submission.destination.value,
            keyword: keyword.as_deref(),
        };
        let mut chosen = choose(directory, &question, submission.back_to.as_ref());
        if let (Ok((target, alternatives)), Some(smsc)) = (&mut chosen, begun.and_then(|begun| begun.smsc)) {
            keep_together(target, alternatives, &smsc);
        }
        if let Some(part) = part.filter(|part| part.is_first() || is_beginning) {
            let target = chosen.as_ref().ok().map(|(target, _)| target);
            let smsc = target.filter(|target| directory.smscs.contains_key(*target)).cloned();
            let has_first = part.is_first();
            self.beginnings.remember(part, Beginning { keyword, smsc, has_first });
        }
        let (target, alternatives) = chosen?;
        Ok(match &submission.wish {
            Some(wish) if *wish == target || alternatives.contains(wish) => (wish.clone(), Vec::new()),
            _ => (target, alternatives),
        })
    }

    /// The message that a submission is, but for what its target decides.
    fn message(&self, origin: &LinkName, submission: Submission, now: Timestamp) -> Message {
        let (first, member) = submission.id.unwrap_or_else(|| (self.chance.message_id(now), 0));
        Message {
            id: first.member(member),
            member,
            direction: submission.direction,
            origin: origin.clone(),
            source: submission.source,
            destination: submission.destination,
            service_type: submission.service_type,
            protocol_id: submission.protocol_id,
            data_coding: 0,
            esm_class: submission.esm_class,
            priority: submission.priority,
            receipt: submission.receipt,
            accepted_at: now,
            not_before: submission.not_before,
            expires_at: None,
            in_reply_to: submission.in_reply_to,
            attached: submission.attached,
            tlvs: Bytes::copy_from_slice(&submission.tlvs),
            parts: Parts::new(),
        }
    }
}

/// Where a message of an account goes that quotes one of a handset: by what brought that, whatever routes say.
fn back(directory: &Directory, origin: &Origin, submission: &Submission) -> Option<LinkName> {
    let back = submission.back_to.as_ref().filter(|_| matches!(origin, Origin::Account(_)))?;
    directory.smscs.contains_key(back).then(|| back.clone())
}

/// The target of the first rule that matches, with its alternatives; what answers a message goes back
/// unless the rule names its origin.
fn choose(
    directory: &Directory,
    question: &route::Question<'_>,
    back_to: Option<&LinkName>,
) -> Result<(LinkName, Vec<LinkName>), Refusal> {
    let choice = directory.routes.choose(question, |link| directory.is_up(link));
    match (choice, back_to) {
        (Some(choice), None) => {
            Ok((choice.target.clone(), choice.alternatives.into_iter().cloned().collect()))
        }
        (Some(choice), Some(_)) if directory.routes.names_origin(choice.rule) => {
            Ok((choice.target.clone(), choice.alternatives.into_iter().cloned().collect()))
        }
        (_, Some(back_to)) => Ok((back_to.clone(), Vec::new())),
        (None, None) => Err(Refusal::NoRoute),
    }
}

/// What the routes are asked of a message that came from there.
fn question_of<'a>(
    from: &'a LinkName,
    message: &'a Message,
    keyword: Option<&'a str>,
) -> route::Question<'a> {
    route::Question {
        from,
        direction: message.direction,
        source: &message.source.value,
        destination: &message.destination.value,
        keyword,
    }
}

/// Gives a part to the SMSC of those before it, even while that is away: whether it stays away is for the failover to
/// tell, which moves what waits for it together (N-4).
fn keep_together(target: &mut LinkName, alternatives: &mut Vec<LinkName>, before: &LinkName) {
    if let Some(place) = alternatives.iter().position(|link| link == before) {
        let before = alternatives.remove(place);
        alternatives.insert(0, std::mem::replace(target, before));
    }
}

/// 1 to 20 digits, perhaps behind a plus. What a handset sends to is for the routes to judge.
fn check_destination(submission: &Submission) -> Result<(), Refusal> {
    if submission.direction == Direction::Mo {
        return Ok(());
    }
    let value = &submission.destination.value[..];
    let digits = value.strip_prefix(b"+").unwrap_or(value);
    let plausible =
        !digits.is_empty() && value.len() <= DESTINATION_OCTETS_MAX && digits.iter().all(u8::is_ascii_digit);
    if plausible { Ok(()) } else { Err(Refusal::BadDestination) }
}

/// SMPP 3.4 section 5.2.9: destination_addr has 20 characters.
const DESTINATION_OCTETS_MAX: usize = 20;
