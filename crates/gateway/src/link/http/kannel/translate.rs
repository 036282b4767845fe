//! The only place that knows both what is said to Kannel and a message.

use std::sync::Arc;

use sms::{Attached, Direction, LinkName, Message, ReceiptRequest};

use super::order::{Order, Written};
use super::report;
use super::wanted::{self, TOLD};
use crate::account::Account;
use crate::attributes::{Attributes, Events, TAG_OCTETS_MAX};
use crate::submission::{REPLY_PATH, Submission};

/// What is wanted for one receiver.
pub(super) fn submission(order: &Order, receiver: &Written, account: &Account) -> Submission {
    let udhi = if order.has_udh { Message::UDHI } else { 0 };
    let reply_path = if order.reply_path { REPLY_PATH } else { 0 };
    let (attached, receipt) = reports(order, receiver, account);
    Submission {
        id: None,
        direction: Direction::Mt,
        source: order.source.address.clone(),
        destination: receiver.address.clone(),
        service_type: order.service_type.clone(),
        protocol_id: order.protocol_id,
        esm_class: udhi | reply_path,
        priority: order.priority,
        receipt,
        not_before: order.not_before,
        expires_at: order.expires_at,
        in_reply_to: None,
        attached,
        tlvs: order.tlvs.clone(),
        content: order.content.clone(),
        may_be_odd: false,
        back_to: None,
        wish: order.smsc.as_deref().map(LinkName::from),
    }
}

/// What is kept for the reports, and the receipts that it takes to make them.
fn reports(order: &Order, receiver: &Written, account: &Account) -> (Option<Arc<Attached>>, ReceiptRequest) {
    let reports = &order.reports;
    let events = reports.mask;
    if let Some(attributes) = attributes(order, receiver, account) {
        let attached = attributes.attached(account.name());
        return (attached, events.needed().receipts());
    }
    let others = events.receipts().others;
    let meta = Attributes { meta: reports.meta.clone(), ..Attributes::default() };
    let attached = meta.attached(account.name());
    if events.has_any(Events::FINAL) {
        (attached, ReceiptRequest { others, ..account.receipts_by_http() })
    } else {
        (attached, ReceiptRequest { others, ..ReceiptRequest::NONE })
    }
}

/// What is said of a message whose reports go to a URL; `None` if there is none, or nothing to be told there.
pub(super) fn attributes(order: &Order, receiver: &Written, account: &Account) -> Option<Attributes> {
    let reports = &order.reports;
    let events = reports.mask;
    let url = reports.url.clone().filter(|_| account.config().kannel.dlr && events.has_any(TOLD))?;
    let otherwise = |written: &Written| {
        let is_other = written.text != written.address.text();
        if is_other { written.text.clone() } else { String::new() }
    };
    let tags = [
        (report::ACCOUNT, reports.account.clone()),
        (report::BILLING, reports.binfo.clone()),
        (report::TO, otherwise(receiver)),
        (report::FROM, otherwise(&order.source)),
    ];
    let tags = tags.into_iter().filter(|(_, said)| !said.is_empty());
    let attributes = Attributes {
        callback: Some(wanted::callback(url, events)),
        tags: tags.map(|(name, said)| (name.to_owned(), beginning(&said))).collect(),
        meta: reports.meta.clone(),
        ..Attributes::default()
    };
    attributes.checked().ok()
}

/// As much as a tag may have.
fn beginning(said: &str) -> String {
    let end = (0..=TAG_OCTETS_MAX.min(said.len())).rev().find(|at| said.is_char_boundary(*at));
    said[..end.unwrap_or_default()].to_owned()
}
