//! Long messages of handsets: their parts wait for each other, and are routed together.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use sms::{Joined, LinkName, Message, Parts, Timestamp};
use store::Entry;

use super::{Intake, choose, question_of};
use crate::config::{REASSEMBLY, Splitting};
use crate::directory::Directory;
use crate::refusal::Refusal;
use crate::submission::{Content, Submission};

impl Intake {
    /// A part, on its way to where it waits for the others. Its time does not run out there.
    pub(super) fn part(
        &self,
        directory: &Directory,
        origin: &LinkName,
        submission: Submission,
        now: Timestamp,
    ) -> Result<Entry, Refusal> {
        let question = route::Question {
            from: origin,
            direction: submission.direction,
            source: &submission.source.value,
            destination: &submission.destination.value,
            keyword: None,
        };
        if !directory.routes.may_lead(&question) {
            return Err(Refusal::NoRoute);
        }
        let (data_coding, body) = match &submission.content {
            Content::Encoded { data_coding, octets } => (*data_coding, Bytes::copy_from_slice(octets)),
            Content::Text { .. } => return Err(Refusal::BadLength),
        };
        let message = Message {
            data_coding,
            parts: Parts::from_elem(body, 1),
            ..self.message(origin, submission, now)
        };
        Ok(Entry { message: Arc::new(message), target: LinkName::from(REASSEMBLY), alternatives: Vec::new() })
    }

    /// When to look again for a route for parts that were taken over when there was one, and now there is none whatever
    /// they say; `None` if there may be one, or if that was so long ago that they are not valid any more.
    pub(crate) fn wait_for_route(&self, parts: &[&Message]) -> Option<Timestamp> {
        let lead = *parts.first()?;
        let first = parts.iter().copied().min_by_key(|part| part.accepted_at)?;
        let (directory, now) = (self.directory.load(), self.clock.wall());
        let is_valid = first.accepted_at.plus(directory.validity) > now;
        let leads = || directory.routes.may_lead(&question_of(&first.origin, lead, None));
        (is_valid && !leads()).then(|| now.plus(ROUTE_WAIT))
    }

    /// The message that parts make, in the order of their numbers, routed by its whole text.
    pub(crate) fn admit_whole(&self, parts: &[&Message]) -> Result<Entry, Refusal> {
        let lead = *parts.first().ok_or(Refusal::BadLength)?;
        let first = parts.iter().copied().min_by_key(|part| part.accepted_at).unwrap_or(lead);
        let directory = self.directory.load();
        let now = self.clock.wall();
        let bodies = || parts.iter().filter_map(|part| part.parts.first());
        let joined = Joined::of_parts(
            parts.iter().zip(bodies()).map(|(part, body)| (part.data_coding, part.esm_class, &body[..])),
        );
        let text = joined.text().filter(|_| directory.routes.uses_keywords());
        let words = directory.routes.keyword_words();
        let keyword = text.as_deref().and_then(|text| sms::keywords(text, words));
        let question = question_of(&first.origin, lead, keyword.as_deref());
        let (target, alternatives) = choose(&directory, &question, None)?;
        let is_alike = parts.iter().all(|part| part.data_coding == lead.data_coding);
        let is_single = !is_alike || (joined.missing().is_empty() && takes_payload(&directory, &target));
        let (data_coding, parts) = match joined.single() {
            (data_coding, body) if is_single => (data_coding, Parts::from_elem(body, 1)),
            _ => (lead.data_coding, bodies().cloned().collect()),
        };
        let has_header = !is_single || !joined.elements().is_empty();
        let message = Message {
            id: lead.shown_id().of_whole().member(lead.member),
            origin: first.origin.clone(),
            accepted_at: first.accepted_at,
            expires_at: Some(now.plus(directory.validity)),
            data_coding,
            esm_class: if has_header { lead.esm_class } else { lead.esm_class & !Message::UDHI },
            parts,
            // What a part is known by if it comes again is not what the whole is.
            attached: None,
            ..lead.clone()
        };
        Ok(Entry { message: Arc::new(message), target, alternatives })
    }
}

fn takes_payload(directory: &Directory, target: &LinkName) -> bool {
    directory.accounts.get(target).is_some_and(|account| {
        !account.is_told_by_http() && account.config().speaks.long_messages == Splitting::Payload
    })
}

/// How long parts wait until a route is looked for again.
const ROUTE_WAIT: Duration = Duration::from_secs(5);
