//! Many messages of one request: `sendbatch`.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Map, Value, json};
use sms::{Address, Priority, Timestamp};
use store::Entry;
use url::Url;

use super::super::desk::Desk;
use super::answer::{Failure, success, uuid};
use super::arguments::Arguments;
use super::server::check_sending;
use super::translate::{SCHEDULE_MAX, called_url};
use crate::account::Account;
use crate::attributes::{Attributes, Callback, Events, Form};
use crate::config::{Method, callbacks_of};
use crate::refusal::Refusal;
use crate::report::{self, Subject};

/// What a batch asks for.
pub(super) struct Batch {
    /// One for each number.
    messages: Vec<Single>,
    /// How long it waits before it is sent, if at all.
    after: Duration,
    not_before: Option<Timestamp>,
    /// `callback_url` and `errback_url`: called for each message that is taken over, and for each that is not.
    callback: Option<String>,
    errback: Option<String>,
}

/// One message to one number, and what it says if that can be read.
struct Single {
    number: String,
    said: Result<Arguments, Failure>,
}

/// Why nothing of a batch is taken over.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) title: String,
    pub(super) description: String,
}

impl Refused {
    fn new(title: impl Into<String>, description: impl Into<String>) -> Self {
        Self { title: title.into(), description: description.into() }
    }
}

impl Batch {
    /// Reads a batch. A message without a number or without content is skipped.
    pub(super) fn of(said: &Map<String, Value>, now: Timestamp) -> Result<Self, Refused> {
        let config = table(said, "batch_config")?;
        let after = match config.get("schedule_at") {
            None | Some(Value::Null) => Duration::ZERO,
            Some(Value::String(text)) => countdown(text, now)?,
            Some(other) => return Err(unknown_schedule(&other.to_string())),
        };
        let globals = table(said, "globals")?;
        let mut all = Vec::new();
        for message in list(said, "messages")? {
            let message = message.as_object().ok_or_else(|| misshapen("messages", "objects"))?;
            let mut object = globals.clone();
            object.extend(message.clone());
            all.extend(each_number(object));
            if all.len() > MESSAGES_MAX {
                let most = format!("A batch has at most {MESSAGES_MAX} messages");
                return Err(Refused::new(most, "Send the others in another batch."));
            }
        }
        let url = |name: &str| config.get(name)?.as_str().filter(|url| !url.is_empty()).map(str::to_owned);
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
    ) -> Result<Value, Refused> {
        let callback = called(account, "callback_url", batch.callback.as_deref())?;
        let errback = called(account, "errback_url", batch.errback.as_deref())?;
        let count = batch.messages.len();
        let batch_id = uuid(self.intake.chance().message_id(self.intake.clock().wall()));
        let calls = Calls { account, batch_id: &batch_id, now: self.intake.clock().wall(), desk: self };
        let mut entries: Vec<Entry> = Vec::with_capacity(count);
        let mut told: Vec<Entry> = Vec::new();
        let mut numbers: Vec<String> = Vec::with_capacity(count);
        for Single { number, said } in batch.messages {
            match said.and_then(|said| self.admit_of_batch(account, said, user, batch.not_before)) {
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
        let content = check_sending(&mut said)?;
        self.admit_as_jasmin(account, &said, content, not_before)
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
fn called(account: &Account, name: &str, url: Option<&str>) -> Result<Option<Url>, Refused> {
    let url = url.filter(|_| account.config().jasmin.dlr);
    let refused = |failure: Failure| {
        let keys = "The keys of the account do not allow that it is called, or it cannot be read.";
        Refused::new(failure.text, keys)
    };
    url.map(|url| called_url(name, url, account)).transpose().map_err(refused)
}

/// What a batch says of all its messages. Languages that write an empty table as a list may do so.
fn table(said: &Map<String, Value>, name: &str) -> Result<Map<String, Value>, Refused> {
    match said.get(name) {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(table)) => Ok(table.clone()),
        Some(Value::Array(list)) if list.is_empty() => Ok(Map::new()),
        Some(_) => Err(misshapen(name, "an object")),
    }
}

fn list<'m>(said: &'m Map<String, Value>, name: &str) -> Result<&'m [Value], Refused> {
    match said.get(name) {
        None | Some(Value::Null) => Ok(&[]),
        Some(Value::Array(list)) => Ok(list),
        Some(Value::Object(table)) if table.is_empty() => Ok(&[]),
        Some(_) => Err(misshapen(name, "a list of objects")),
    }
}

fn misshapen(name: &str, shape: &str) -> Refused {
    Refused::new("Cannot read the batch", format!("{name} must be {shape}."))
}

/// The arguments of a message, once for each of its numbers.
fn each_number(mut object: Map<String, Value>) -> Vec<Single> {
    let Some(numbers) = object.remove("to") else { return Vec::new() };
    if !["content", "hex-content", "hex_content"].iter().any(|name| object.contains_key(*name)) {
        return Vec::new();
    }
    let said = Arguments::of_object(&object);
    let with = |number: &Value| {
        let number = number.as_str().map_or_else(|| number.to_string(), str::to_owned);
        let said = said.clone().map(|mut said| {
            said.set("to", number.as_bytes());
            said
        });
        Single { number, said }
    };
    match &numbers {
        Value::Array(numbers) => numbers.iter().take(MESSAGES_MAX + 1).map(with).collect(),
        number => vec![with(number)],
    }
}

/// `YYYY-MM-DD hh:mm:ss` in UTC, or `86400s`.
fn countdown(text: &str, now: Timestamp) -> Result<Duration, Refused> {
    let digits = text.strip_suffix('s').filter(|digits| !digits.is_empty());
    let after = match digits.filter(|digits| digits.bytes().all(|digit| digit.is_ascii_digit())) {
        Some(digits) => Duration::from_secs(digits.parse().unwrap_or(u64::MAX)),
        None => {
            let at = jiff::civil::DateTime::strptime("%Y-%m-%d %H:%M:%S", text).ok();
            let at = at.and_then(|at| at.to_zoned(jiff::tz::TimeZone::UTC).ok());
            let at = at.ok_or_else(|| unknown_schedule(text))?.timestamp();
            // What is before 1970 is as long over as anything.
            let at = Timestamp(u64::try_from(at.as_millisecond()).unwrap_or_default());
            if at < now {
                let description = format!("Invalid past date given: {text}");
                return Err(Refused::new("Cannot schedule batch in past date", description));
            }
            at.since(now)
        }
    };
    if after > SCHEDULE_MAX {
        let description = format!("{text} is too far ahead: thirty days are the most.");
        return Err(Refused::new("Cannot parse scheduled_at value", description));
    }
    Ok(after)
}

fn unknown_schedule(text: &str) -> Refused {
    let start: String = text.chars().take(QUOTED_MAX).collect();
    let description = format!(
        "Got unknown format: {start}, correct formats are 'YYYY-MM-DD mm:hh:ss' or number of seconds"
    );
    Refused::new("Cannot parse scheduled_at value", description)
}

/// How many characters of what is wrong an answer quotes.
const QUOTED_MAX: usize = 32;
const MESSAGES_MAX: usize = 5000;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const NOW: Timestamp = Timestamp(1_767_225_600_000);

    fn batch(json: &str) -> Result<Batch, Refused> {
        Batch::of(&serde_json::from_str(json).unwrap(), NOW)
    }

    #[test]
    fn messages_have_what_all_have_in_common_and_one_number_each() {
        let batch = batch(
            r#"{"globals": {"from": "BANK", "dlr_level": 2}, "messages": [
                {"to": ["1", 2], "content": "a"}, {"to": "3", "content": "b", "from": "SHOP"},
                {"to": "4"}, {"content": "c"}, {}]}"#,
        );
        let messages = batch.unwrap().messages;
        let shown = messages.iter().map(|single| {
            let Ok(said) = &single.said else { panic!("{} is refused", single.number) };
            ["to", "from", "content", "dlr-level"].map(|name| said.text(name).unwrap())
        });
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
        assert_eq!(at("2026-1-1 1:0:0"), Ok(Duration::from_secs(3600)));
        assert_eq!((at("0s"), at("005s")), (Ok(Duration::ZERO), Ok(Duration::from_secs(5))));
        let past = |text: &str| {
            let description = format!("Invalid past date given: {text}");
            Err(Refused::new("Cannot schedule batch in past date", description))
        };
        for text in ["2025-01-01 00:00:00", "1969-01-01 00:00:00"] {
            assert_eq!(at(text), past(text));
        }
        let end = "correct formats are 'YYYY-MM-DD mm:hh:ss' or number of seconds";
        for text in [
            "tomorrow",
            "-1s",
            "+5s",
            " 5s",
            "5s ",
            "5",
            "5S",
            "1.5s",
            "s",
            "",
            "2026-11-29T00:00:00",
            "2026-11-29",
            "2026-11-29 00:00",
            "2026-11-29 00:00:00Z",
            "2026-11-29 00:00:00.5",
            "2026-13-01 00:00:00",
        ] {
            let description = format!("Got unknown format: {text}, {end}");
            assert_eq!(at(text), Err(Refused::new("Cannot parse scheduled_at value", description)));
        }
        assert!(at("99999999s").is_err() && at("99999999999999999999s").is_err());
    }

    // JS-31, JS-32: what Jasmin answers with 500 is not taken for what nobody said
    #[test]
    fn what_has_another_shape_is_refused_and_not_passed_over() {
        let message = r#"{"to": "1", "content": "a"}"#;
        for (json, words) in [
            (r#""messages": "abc""#.to_owned(), "messages"),
            (r#""messages": {"a": 1}"#.to_owned(), "messages"),
            (format!(r#""messages": [{message}, 5]"#), "messages"),
            (r#""globals": "x""#.to_owned(), "globals"),
            (r#""batch_config": 5"#.to_owned(), "batch_config"),
            (r#""batch_config": {"schedule_at": 5}"#.to_owned(), "Got unknown format: 5,"),
            (r#""batch_config": {"schedule_at": true}"#.to_owned(), "Got unknown format: true,"),
        ] {
            let refused = batch(&format!("{{{json}}}")).err().unwrap();
            assert!(refused.description.contains(words), "{json}: {}", refused.description);
        }
        for json in [
            r#""messages": {}"#,
            r#""messages": null, "globals": []"#,
            r#""batch_config": null, "globals": {}"#,
            r#""batch_config": [], "messages": []"#,
            r#""batch_config": {"schedule_at": null, "callback_url": ""}"#,
        ] {
            let batch = batch(&format!("{{{json}}}")).unwrap();
            assert!(batch.messages.is_empty() && batch.after.is_zero() && batch.callback.is_none(), "{json}");
        }
    }

    // JS-31
    #[test]
    fn what_is_wrong_with_one_message_is_of_that_one() {
        let json = r#"{"messages": [{"to": "1", "content": ["a"]}, {"to": "2", "content": null}, {"to": 3, "hex_content": "41"}]}"#;
        let said: Vec<_> =
            batch(json).unwrap().messages.into_iter().map(|single| single.said.is_ok()).collect();
        assert_eq!(said, [false, true, true]);
    }
}
