//! Many messages of one request: `sendbatch`.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};
use sms::Timestamp;
use store::Entry;

use super::super::desk::Desk;
use super::answer::{Failure, uuid};
use super::arguments::Arguments;
use super::fields::{self, check, check_content};
use super::translate::{self, SCHEDULE_MAX};
use crate::account::Account;
use crate::directory::Origin;

/// What a batch asks for.
pub(super) struct Batch {
    /// One for each number.
    messages: Vec<Arguments>,
    /// How long it waits before it is sent, if at all.
    after: Duration,
    not_before: Option<Timestamp>,
}

impl Batch {
    /// Reads a batch. A message without a number or without content is skipped.
    pub(super) fn of(said: &Map<String, Value>, now: Timestamp) -> Result<Self, Failure> {
        let config = said.get("batch_config").and_then(Value::as_object);
        let schedule = config.and_then(|config| config.get("schedule_at")).and_then(Value::as_str);
        let after = schedule.map(|text| countdown(text, now)).transpose()?.unwrap_or_default();
        let globals = said.get("globals").and_then(Value::as_object);
        let messages = said.get("messages").and_then(Value::as_array).into_iter().flatten();
        let mut all = Vec::new();
        for message in messages.filter_map(Value::as_object) {
            let mut object = globals.cloned().unwrap_or_default();
            object.extend(message.clone());
            all.extend(each_number(&object));
            if all.len() > MESSAGES_MAX {
                return Err(Failure::argument(format!("A batch has at most {MESSAGES_MAX} messages")));
            }
        }
        Ok(Self { messages: all, after, not_before: (!after.is_zero()).then(|| now.plus(after)) })
    }
}

impl Desk {
    /// Takes over what can be, and says how many messages there were.
    pub(super) async fn take_batch(&self, account: &Arc<Account>, batch: Batch, user: &Arguments) -> Value {
        let count = batch.messages.len();
        let mut entries: Vec<Entry> = Vec::with_capacity(count);
        for said in batch.messages {
            match self.admit_of_batch(account, said, user, batch.not_before) {
                Ok(entry) => entries.push(entry),
                Err(failure) => {
                    tracing::info!(account = %account.name(), status = failure.status.as_u16(), "refused in a batch");
                    self.count_refused(account, 1);
                }
            }
        }
        // What cannot be kept is counted and logged as refused; Jasmin does not say it either.
        if !entries.is_empty() {
            let _ = self.keep(account, entries, Vec::new()).await;
        }
        let id = uuid(self.intake.chance().message_id(self.intake.clock().wall()));
        let mut told = json!({ "batchId": id, "messageCount": count });
        if let (Some(told), false) = (told.as_object_mut(), batch.after.is_zero()) {
            told.insert("scheduled".to_owned(), Value::String(format!("{}s", batch.after.as_secs())));
        }
        told
    }

    fn admit_of_batch(
        &self,
        account: &Arc<Account>,
        mut said: Arguments,
        user: &Arguments,
        not_before: Option<Timestamp>,
    ) -> Result<Entry, Failure> {
        for name in ["username", "password"] {
            said.set(name, user.get(name).unwrap_or_default());
        }
        translate::complete(&mut said);
        check(&said, fields::SEND)?;
        check_content(&said)?;
        let mut submission = translate::submission(&said, account, self.intake.clock().wall())?;
        submission.not_before = submission.not_before.max(not_before);
        let admitted = self.intake.admit(&Origin::Account(account.clone()), submission);
        admitted.map_err(|refusal| {
            Failure::of(&refusal, account.name().as_str(), said.text("to").unwrap_or_default())
        })
    }
}

/// The arguments of a message, once for each of its numbers.
fn each_number(object: &Map<String, Value>) -> Vec<Arguments> {
    let said = Arguments::of_object(object);
    if !said.has("content") && !said.has("hex-content") {
        return Vec::new();
    }
    let with = |number: &Value| {
        let mut said = said.clone();
        let number = number.as_str().map_or_else(|| number.to_string(), str::to_owned);
        said.set("to", number);
        said
    };
    match object.get("to") {
        None => Vec::new(),
        Some(Value::Array(numbers)) => numbers.iter().take(MESSAGES_MAX + 1).map(with).collect(),
        Some(number) => vec![with(number)],
    }
}

/// `YYYY-MM-DD hh:mm:ss` in UTC, or `86400s`.
fn countdown(text: &str, now: Timestamp) -> Result<Duration, Failure> {
    let unknown = || Failure::argument("Cannot parse scheduled_at value");
    let seconds = text.strip_suffix('s').and_then(|digits| digits.parse::<u64>().ok());
    let after = match seconds {
        Some(seconds) => Duration::from_secs(seconds),
        None => {
            let at: jiff::civil::DateTime = text.parse().map_err(|_| unknown())?;
            let at = at.to_zoned(jiff::tz::TimeZone::UTC).map_err(|_| unknown())?.timestamp();
            let at = u64::try_from(at.as_millisecond()).map(Timestamp).map_err(|_| unknown())?;
            if at < now {
                return Err(Failure::argument("Cannot schedule batch in past date"));
            }
            at.since(now)
        }
    };
    if after > SCHEDULE_MAX { Err(unknown()) } else { Ok(after) }
}

const MESSAGES_MAX: usize = 5000;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const NOW: Timestamp = Timestamp(1_767_225_600_000);

    fn batch(json: &str) -> Result<Batch, Failure> {
        Batch::of(&serde_json::from_str(json).unwrap(), NOW)
    }

    #[test]
    fn messages_have_what_all_have_in_common_and_one_number_each() {
        let batch = batch(
            r#"{"globals": {"from": "BANK", "dlr_level": 2}, "messages": [
                {"to": ["1", 2], "content": "a"}, {"to": "3", "content": "b", "from": "SHOP"},
                {"to": "4"}, {"content": "c"}, 5]}"#,
        );
        let messages = batch.unwrap().messages;
        let shown = messages
            .iter()
            .map(|said| ["to", "from", "content", "dlr-level"].map(|name| said.text(name).unwrap()));
        assert_eq!(
            shown.collect::<Vec<_>>(),
            [["1", "BANK", "a", "2"], ["2", "BANK", "a", "2"], ["3", "SHOP", "b", "2"]]
        );
    }

    #[test]
    fn a_batch_may_wait() {
        let at = |text: &str| {
            batch(&format!(r#"{{"batch_config": {{"schedule_at": "{text}"}}}}"#)).map(|batch| batch.after)
        };
        assert_eq!(at("86400s"), Ok(Duration::from_secs(86400)));
        assert_eq!(at("2026-01-01 01:00:00"), Ok(Duration::from_secs(3600)));
        for text in ["tomorrow", "2025-01-01 00:00:00", "-1s", "99999999s"] {
            assert!(at(text).is_err(), "{text}");
        }
    }
}
