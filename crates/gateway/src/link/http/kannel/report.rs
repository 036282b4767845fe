//! What became of a message, as Kannel tells it to a `dlr-url`.

use sms::{Message, ReceiptText, State};
use store::{Item, Lease, Notice};

use super::escape::{Pattern, Said, Values};
use crate::attributes::{Attributes, Events};

/// The `account` and `binfo` of a request, as they are kept with its message.
pub(super) const ACCOUNT: &str = "account";
pub(super) const BILLING: &str = "binfo";

/// The URL to be fetched; `None` if there is nothing to tell.
pub(in super::super) fn url(lease: &Lease, attributes: &Attributes) -> Option<String> {
    let Item::Notice(notice) = lease.item() else { return None };
    let callback = attributes.callback.as_ref()?;
    Some(filled(&callback.url, lease.message(), notice, attributes))
}

fn filled(url: &str, message: &Message, notice: Notice, attributes: &Attributes) -> String {
    let text = text(message, notice);
    let tag = |name: &str| attributes.tags.get(name).map(String::as_str).unwrap_or_default();
    Pattern::new(url).fill(&Values {
        handset: message.destination.text().into(),
        service_number: message.source.text().into(),
        said: Said::octets(&text),
        at: Some(notice.done_at),
        id: message.shown_id().to_string().into(),
        service: message.origin.as_str(),
        account: tag(ACCOUNT),
        billing: tag(BILLING).into(),
        dlr_url: url,
        dlr: Some(kind(notice.state)),
        coding: Some(0),
        charset: "UTF-8",
        priority: Some(message.priority.0),
        ..Values::default()
    })
}

/// One bit of the mask.
fn kind(state: State) -> u8 {
    let event = if state == State::Delivered { Events::DELIVERED } else { Events::FAILED };
    event.0 as u8
}

/// The receipt in the words of SMPP 3.4, Appendix B, without the beginning of the message.
fn text(message: &Message, notice: Notice) -> Vec<u8> {
    let receipt = ReceiptText {
        id: &message.shown_id().digits(),
        submitted: u16::try_from(message.parts.len()).unwrap_or(u16::MAX),
        delivered: notice.delivered,
        submit_date: message.accepted_at,
        done_date: notice.done_at,
        state: notice.state,
        error: notice.error,
        text: b"",
    };
    let mut text = Vec::new();
    receipt.write(&mut text);
    text
}
