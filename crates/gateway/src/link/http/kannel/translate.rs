//! The only place that knows both what is said to Kannel and a message.

use std::sync::Arc;

use bytes::Bytes;
use sms::{Address, Attached, Direction, LinkName, Message, ReceiptRequest};

use super::order::{Order, Reports};
use super::report;
use crate::account::Account;
use crate::attributes::{Attributes, Callback, Events, Form};
use crate::config::Method;
use crate::submission::Submission;

/// What is wanted for one receiver.
pub(super) fn submission(order: &Order, receiver: &Address, account: &Account) -> Submission {
    let udhi = if order.has_udh { Message::UDHI } else { 0 };
    let reply_path = if order.reply_path { REPLY_PATH } else { 0 };
    let (attached, receipt) = reports(&order.reports, account);
    Submission {
        id: None,
        direction: Direction::Mt,
        source: order.source.clone(),
        destination: receiver.clone(),
        service_type: order.service_type.clone(),
        protocol_id: order.protocol_id,
        esm_class: udhi | reply_path,
        priority: order.priority,
        receipt,
        not_before: order.not_before,
        expires_at: order.expires_at,
        in_reply_to: None,
        attached,
        tlvs: Bytes::new(),
        content: order.content.clone(),
        back_to: None,
        wish: order.smsc.as_deref().map(LinkName::from),
    }
}

/// What is kept for the reports, and the receipts that it takes to make them.
fn reports(reports: &Reports, account: &Account) -> (Option<Arc<Attached>>, ReceiptRequest) {
    let events = Events(reports.mask);
    let others = if events.has(BUFFERED) { ReceiptRequest::INTERMEDIATE } else { 0 };
    if reports.mask & Events::FINAL.0 == 0 {
        return (None, ReceiptRequest { others, ..ReceiptRequest::NONE });
    }
    let named = reports.url.clone().filter(|_| account.config().kannel.dlr);
    let Some(url) = named else { return (None, ReceiptRequest { others, ..account.receipts_by_http() }) };
    let tags = [(report::ACCOUNT, &reports.account), (report::BILLING, &reports.binfo)];
    let tags = tags.into_iter().filter(|(_, said)| !said.is_empty());
    let attributes = Attributes {
        callback: Some(Callback { url, events, form: Form::Kannel, method: Method::Get }),
        tags: tags
            .map(|(name, said)| (name.to_owned(), said.chars().take(TAG_CHARACTERS_MAX).collect()))
            .collect(),
        ..Attributes::default()
    };
    // The addresses of callbacks are short enough, and so are the tags.
    let attached = attributes.checked().ok().and_then(|attributes| attributes.attached(account.name()));
    (attached, ReceiptRequest { others, ..events.receipts() })
}

/// Bit 4 of `dlr-mask`.
const BUFFERED: Events = Events(4);
/// A character takes four octets at most.
const TAG_CHARACTERS_MAX: usize = 16;
/// esm_class, SMPP 3.4 section 5.2.12.
const REPLY_PATH: u8 = 0x80;
