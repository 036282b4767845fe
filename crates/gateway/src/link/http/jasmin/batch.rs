//! Many messages of one request: `sendbatch`.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use reqwest::Url;
use serde_json::{Map, Value, json};
use sms::{Address, Priority, Timestamp};
use store::Entry;

use super::super::desk::Desk;
use super::answer::{Failure, success, uuid};
use super::arguments::Arguments;
use super::fields::{self, check, check_content};
use super::rights;
use super::translate::{self, SCHEDULE_MAX, called_url};
use crate::account::Account;
use crate::attributes::{Attributes, Callback, Events, Form};
use crate::config::{Method, callbacks_of};
use crate::directory::Origin;
use crate::refusal::Refusal;
use crate::report::{self, Subject};

/// What a batch asks for.
pub(super) struct Batch {
    /// One for each number.
    messages: Vec<Arguments>,
    /// How long it waits before it is sent, if at all.
    after: Duration,
    not_before: Option<Timestamp>,
    /// `callback_url` and `errback_url`: called for each message that is taken over, and for each that is not.
    callback: Option<String>,
    errback: Option<String>,
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
            all.extend(each_number(object)?);
            if all.len() > MESSAGES_MAX {
                return Err(Failure::argument(format!("A batch has at most {MESSAGES_MAX} messages")));
            }
        }
        let url = |name: &str| config?.get(name)?.as_str().map(str::to_owned);
        Ok(Self {
            messages: all,
            after,
            not_before: (!after.is_zero()).then(|| now.plus(after)),
            callback: url("callback_url"),
            errback: url("errback_url"),
        })
    }
}

impl Desk {
    /// Takes over what can be, and says how many messages there were. What is told of each is taken over with
    /// them.
    pub(super) async fn take_batch(
        &self,
        account: &Arc<Account>,
        batch: Batch,
        user: &Arguments,
    ) -> Result<Value, Failure> {
        let callback = called(account, "callback_url", batch.callback.as_deref())?;
        let errback = called(account, "errback_url", batch.errback.as_deref())?;
        let count = batch.messages.len();
        let batch_id = uuid(self.intake.chance().message_id(self.intake.clock().wall()));
        let calls = Calls { account, batch_id: &batch_id, now: self.intake.clock().wall(), desk: self };
        let mut entries: Vec<Entry> = Vec::with_capacity(count);
        let mut told: Vec<Entry> = Vec::new();
        let mut numbers: Vec<String> = Vec::with_capacity(count);
        for said in batch.messages {
            let number = said.text("to").unwrap_or_default().to_owned();
            match self.admit_of_batch(account, said, user, batch.not_before) {
                Ok(entry) => {
                    told.extend(calls.of_success(callback.as_ref(), &number, &entry));
                    entries.push(entry);
                    numbers.push(number);
                }
                Err(failure) => {
                    tracing::info!(account = %account.name(), status = failure.status.as_u16(), "refused in a batch");
                    self.count_refused(account, 1);
                    told.extend(calls.of_failure(errback.as_ref(), &number, &failure));
                }
            }
        }
        // What cannot be kept is counted and logged as refused; Jasmin does not say it to who calls either.
        if let Err(refusal) = self.keep_with(account, entries, told).await {
            let failure = |number: &String| Failure::of(&refusal, account.name().as_str(), number);
            let told = numbers
                .iter()
                .filter_map(|number| calls.of_failure(errback.as_ref(), number, &failure(number)));
            let _ = self.intake.accept(told.collect()).await;
        }
        let mut answer = json!({ "batchId": batch_id, "messageCount": count });
        if let (Some(answer), false) = (answer.as_object_mut(), batch.after.is_zero()) {
            answer.insert("scheduled".to_owned(), Value::String(format!("{}s", batch.after.as_secs())));
        }
        Ok(answer)
    }

    /// Keeps messages together with what is told of them: all or none.
    async fn keep_with(
        &self,
        account: &Account,
        entries: Vec<Entry>,
        told: Vec<Entry>,
    ) -> Result<(), Refusal> {
        if entries.is_empty() {
            return if told.is_empty() { Ok(()) } else { self.intake.accept(told).await };
        }
        let count = entries.len();
        let kept = self.intake.accept(entries.into_iter().chain(told).collect()).await;
        match kept {
            Ok(()) => {
                self.outlets.of(account.name()).metrics().received.inc_by(count as u64);
            }
            Err(_) => self.count_refused(account, count),
        }
        kept
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
        rights::check_sending(&said, account, &submission)?;
        submission.not_before = submission.not_before.max(not_before);
        let admitted = self.intake.admit(&Origin::Account(account.clone()), submission);
        admitted.map_err(|refusal| {
            Failure::of(&refusal, account.name().as_str(), said.text("to").unwrap_or_default())
        })
    }
}

/// What is told of the messages of one batch.
struct Calls<'b> {
    account: &'b Account,
    batch_id: &'b str,
    now: Timestamp,
    desk: &'b Desk,
}

impl Calls<'_> {
    fn of_success(&self, url: Option<&Url>, number: &str, entry: &Entry) -> Option<Entry> {
        self.call(url?, number, true, &success(entry.message.id))
    }

    fn of_failure(&self, url: Option<&Url>, number: &str, failure: &Failure) -> Option<Entry> {
        let text = format!("HTTPAPI error: {}", failure.quoted().trim_matches('"'));
        self.call(url?, number, false, &text)
    }

    fn call(&self, url: &Url, number: &str, is_sent: bool, text: &str) -> Option<Entry> {
        let mut url = url.clone();
        url.query_pairs_mut()
            .append_pair("batchId", self.batch_id)
            .append_pair("to", number)
            .append_pair("status", if is_sent { "1" } else { "0" })
            .append_pair("statusText", text);
        let callback =
            Callback { url: url.into(), events: Events(0), form: Form::Batch, method: Method::Get };
        let attributes = Attributes { callback: Some(callback), ..Attributes::default() };
        let nobody = Address::default();
        let subject = Subject {
            owner: self.account.name(),
            told: callbacks_of(self.account.name()),
            id: None,
            source: &nobody,
            destination: &nobody,
            priority: Priority::default(),
        };
        report::of(&subject, attributes, Bytes::new(), self.now, self.desk.intake.chance())
    }
}

/// The URL of a batch, if it names one and such URLs are called.
fn called(account: &Account, name: &str, url: Option<&str>) -> Result<Option<Url>, Failure> {
    let url = url.filter(|_| account.config().jasmin.dlr);
    url.map(|url| called_url(name, url, account)).transpose()
}

/// The arguments of a message, once for each of its numbers.
fn each_number(mut object: Map<String, Value>) -> Result<Vec<Arguments>, Failure> {
    let numbers = object.remove("to");
    let said = Arguments::of_object(&object)?;
    if !said.has("content") && !said.has("hex-content") {
        return Ok(Vec::new());
    }
    let with = |number: &Value| {
        let mut said = said.clone();
        let number = number.as_str().map_or_else(|| number.to_string(), str::to_owned);
        said.set("to", number);
        said
    };
    Ok(match &numbers {
        None => Vec::new(),
        Some(Value::Array(numbers)) => numbers.iter().take(MESSAGES_MAX + 1).map(with).collect(),
        Some(number) => vec![with(number)],
    })
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
