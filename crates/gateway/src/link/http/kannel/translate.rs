//! The only place that knows both what is said to Kannel and a message.

use bytes::Bytes;
use sms::{Address, Direction, LinkName, Message, ReceiptRequest};

use super::order::{Order, Reports};
use crate::account::Account;
use crate::submission::Submission;

/// What is wanted for one receiver.
pub(super) fn submission(order: &Order, receiver: &Address, account: &Account) -> Submission {
    let udhi = if order.has_udh { Message::UDHI } else { 0 };
    let reply_path = if order.reply_path { REPLY_PATH } else { 0 };
    Submission {
        id: None,
        direction: Direction::Mt,
        source: order.source.clone(),
        destination: receiver.clone(),
        service_type: order.service_type.clone(),
        protocol_id: order.protocol_id,
        esm_class: udhi | reply_path,
        priority: order.priority,
        receipt: receipts(&order.reports, account),
        not_before: order.not_before,
        expires_at: order.expires_at,
        in_reply_to: None,
        attached: None,
        tlvs: Bytes::new(),
        content: order.content.clone(),
        back_to: None,
        wish: order.smsc.as_deref().map(LinkName::from),
    }
}

/// The receipts that it takes to make the reports.
fn receipts(reports: &Reports, account: &Account) -> ReceiptRequest {
    let has = |bit: u32| reports.mask & bit != 0;
    let intermediate = if has(BUFFERED) { ReceiptRequest::INTERMEDIATE } else { 0 };
    match (has(DELIVERED), has(FAILED)) {
        (false, false) => ReceiptRequest { others: intermediate, ..ReceiptRequest::NONE },
        _ => ReceiptRequest { others: intermediate, ..account.receipts_by_http() },
    }
}

/// Bits of `dlr-mask`.
const DELIVERED: u32 = 1;
const FAILED: u32 = 2;
const BUFFERED: u32 = 4;
/// esm_class, SMPP 3.4 section 5.2.12.
const REPLY_PATH: u8 = 0x80;
