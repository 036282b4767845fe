//! What becomes of a message, as Jasmin tells it to a `dlr-url`.

use http::header::{CONTENT_TYPE, HeaderValue};
use smpp::CommandStatus;
use sms::Timestamp;
use store::{Notice, Record};

use super::super::call::{Answer, Call, Heard};
use super::super::told::{News, Told};
use super::answer::uuid;
use super::thrower;
use crate::attributes::{Events, Report};
use crate::config::Method;

/// The call; `None` if there is nothing to tell.
pub(in super::super) fn call(told: &Told<'_>) -> Option<Call> {
    let callback = told.attributes.callback.as_ref()?;
    let fields = match told.news {
        News::Final(notice) if callback.events.has_any(Events::FINAL) => terminal(told, notice),
        News::OnTheWay(report) => at_the_smsc(told, report)?,
        News::Final(_) => return None,
    };
    let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let mut headers = thrower::headers(thrower::OF_REPORTS);
    Some(match callback.method {
        Method::Get => {
            headers.insert(CONTENT_TYPE, FORM);
            Call { query: Some(form), headers, ..Call::default() }
        }
        Method::Post => Call { body: Some((FORM, form.into_bytes())), headers, ..Call::default() },
    })
}

/// A status below 400 takes it if the body says so, and nothing else does.
pub(in super::super) fn read(heard: &Heard) -> Answer {
    let says_so = heard.body.as_deref().is_ok_and(|body| body.trim_ascii() == ACKNOWLEDGED);
    match heard.status {
        ..400 if says_so => Answer::Taken(Ok(None)),
        ..400 => Answer::Unlike { is_final: false },
        _ => heard.refusal(),
    }
}

type Fields = Vec<(&'static str, String)>;

/// Level 1: the answer of the SMSC.
fn at_the_smsc(told: &Told<'_>, report: Report) -> Option<Fields> {
    let id = told.message.in_reply_to?;
    let connector = connector(told.record.as_ref());
    let status = CommandStatus(report.status).name().unwrap_or("ESME_RUNKNOWNERR");
    Some(vec![
        ("id", uuid(id)),
        ("level", "1".to_owned()),
        ("message_status", status.to_owned()),
        ("connector", connector),
    ])
}

/// Level 2: the receipt. What the SMSC did not say is `ND`, and so is the id of a message that it never took.
fn terminal(told: &Told<'_>, notice: Notice) -> Fields {
    let message = told.message;
    let record = told.record.as_ref();
    let text = sms::decode(GSM, &message.beginning()).unwrap_or_default();
    vec![
        ("id", uuid(message.shown_id())),
        ("level", "2".to_owned()),
        ("message_status", notice.state.receipt_word().to_owned()),
        ("connector", connector(record)),
        (
            "id_smsc",
            record
                .and_then(Record::last_remote_id)
                .map_or_else(|| NOT_SAID.to_owned(), |id| id.text().into_owned()),
        ),
        ("sub", format!("{:03}", message.parts.len().min(999))),
        ("dlvrd", format!("{:03}", notice.delivered.min(999))),
        ("subdate", date(message.accepted_at)),
        ("donedate", date(notice.done_at)),
        ("err", format!("{:03}", notice.error.min(999))),
        ("text", if text.is_empty() { NOT_SAID.to_owned() } else { text }),
    ]
}

/// The link that had it last.
fn connector(record: Option<&Record>) -> String {
    record.and_then(Record::last_link).map(ToString::to_string).unwrap_or_default()
}

/// YYMMDDhhmm in UTC.
fn date(at: Timestamp) -> String {
    let milliseconds = i64::try_from(at.0).unwrap_or(i64::MAX);
    let at = jiff::Timestamp::from_millisecond(milliseconds).unwrap_or(jiff::Timestamp::MAX);
    at.strftime("%y%m%d%H%M").to_string()
}

/// data_coding of what a receipt shows of a text.
const GSM: u8 = 0;
const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded");
const ACKNOWLEDGED: &[u8] = b"ACK/Jasmin";
const NOT_SAID: &str = "ND";
