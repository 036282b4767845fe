//! What every implementation of [`Store`] must do.
//!
//! [`run`] plays all behaviours, one after another, each in an empty store. It panics where the
//! implementation does not keep a promise. It waits for what it expects and never sleeps.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::missing_panics_doc)]

mod durability;
pub mod history;
mod queue;
mod recall;
mod receipt_tlvs;
mod receipts;
mod records;
pub mod sample;

use std::sync::Arc;

use async_trait::async_trait;
use sms::{LinkName, Timestamp};

use crate::{Entry, Item, Lease, Outcome, RemoteReceipt, Settlement, Store};
use sample::now;

/// Where the suite gets its stores.
#[async_trait]
pub trait Fixture: Sync {
    /// A store that is empty.
    async fn open(&self) -> Arc<dyn Store>;

    /// The same store after its process has ended in order and begun again. Nobody else holds it.
    async fn reopen(&self, store: Arc<dyn Store>) -> Arc<dyn Store>;
}

/// Plays all behaviours.
pub async fn run(fixture: &dyn Fixture) {
    queue::what_was_accepted_is_lent_in_order(&*fixture.open().await).await;
    queue::a_higher_priority_goes_first(&*fixture.open().await).await;
    queue::a_dropped_lease_is_lent_again_at_its_place(&*fixture.open().await).await;
    queue::a_cancelled_take_loses_nothing(&*fixture.open().await).await;
    queue::a_taker_waits_for_what_comes(fixture.open().await).await;
    queue::a_message_that_cannot_be_kept_refuses_its_batch(&*fixture.open().await).await;
    queue::nothing_is_lent_before_its_time(&*fixture.open().await).await;
    queue::a_retry_is_not_lent_before_its_time(&*fixture.open().await).await;
    queue::what_is_deferred_was_not_tried(&*fixture.open().await).await;
    queue::nothing_is_lent_after_its_validity(&*fixture.open().await).await;
    queue::another_link_can_have_it(&*fixture.open().await).await;
    queue::what_nobody_takes_in_time_waits_on_the_shelf(&*fixture.open().await).await;
    queue::a_link_can_be_emptied(&*fixture.open().await).await;
    queue::what_waits_can_be_seen_and_chosen(&*fixture.open().await).await;
    queue::what_waits_of_a_message_is_found_among_much(fixture).await;
    receipts::a_receipt_ends_a_message_and_its_owner_is_told(&*fixture.open().await).await;
    receipts::the_owner_is_told_only_what_it_asked_for(&*fixture.open().await).await;
    receipts::a_receipt_may_come_before_the_response(&*fixture.open().await).await;
    receipts::ids_are_compared_by_value(&*fixture.open().await).await;
    receipts::an_intermediate_receipt_changes_nothing(&*fixture.open().await).await;
    receipts::receipts_of_a_long_message_are_aggregated(&*fixture.open().await).await;
    receipts::one_failed_segment_fails_the_message(&*fixture.open().await).await;
    receipts::an_unknown_outcome_can_be_held_and_amended(&*fixture.open().await).await;
    receipts::what_is_held_and_refused_late_is_lent_again(&*fixture.open().await).await;
    receipts::what_a_late_answer_ends_is_not_lent_again(fixture).await;
    receipts::an_unknown_outcome_that_is_repeated_is_counted(&*fixture.open().await).await;
    receipts::another_link_is_told(fixture).await;
    receipts::a_notice_is_told_until_it_is_settled(&*fixture.open().await).await;
    receipt_tlvs::what_a_receipt_says_besides_is_told_octet_for_octet(fixture).await;
    receipt_tlvs::what_is_too_long_is_not_told_in_part(&*fixture.open().await).await;
    receipt_tlvs::what_a_receipt_says_is_kept_until_its_response_comes(fixture).await;
    receipt_tlvs::of_a_long_message_counts_the_receipt_that_its_state_is_from(fixture).await;
    receipt_tlvs::a_state_that_is_from_no_receipt_says_nothing_besides(&*fixture.open().await).await;
    receipt_tlvs::what_is_not_the_end_says_besides_what_it_has(&*fixture.open().await).await;
    recall::what_waits_can_be_cancelled_and_is_never_lent_again(&*fixture.open().await).await;
    recall::what_is_lent_or_sent_or_over_is_not_cancelled(&*fixture.open().await).await;
    recall::what_is_alike_is_cancelled_together(&*fixture.open().await).await;
    recall::nobody_cancels_or_sees_what_is_anothers(&*fixture.open().await).await;
    recall::what_waits_can_be_replaced_until_it_is_tried(&*fixture.open().await).await;
    recall::a_message_takes_the_place_of_those_like_it(&*fixture.open().await).await;
    records::a_record_says_all_that_happened(&*fixture.open().await).await;
    records::a_record_says_how_often_its_owner_could_not_be_told(&*fixture.open().await).await;
    records::who_follows_sees_what_is_added_to_records(&*fixture.open().await).await;
    records::what_is_not_there_is_not_found(&*fixture.open().await).await;
    records::a_search_goes_page_by_page(&*fixture.open().await).await;
    records::a_search_for_states_goes_page_by_page(&*fixture.open().await).await;
    records::a_search_looks_at_what_it_is_asked(&*fixture.open().await).await;
    records::what_was_attached_is_in_the_record(fixture).await;
    records::an_answer_comes_with_its_settlement(&*fixture.open().await).await;
    durability::what_waits_survives(fixture).await;
    durability::what_was_sent_survives(fixture).await;
    durability::what_is_on_a_shelf_survives(fixture).await;
    durability::what_was_lent_is_lent_again(fixture).await;
    durability::a_notice_survives(fixture).await;
    durability::records_survive(fixture).await;
    durability::early_receipts_survive(fixture).await;
    durability::what_was_recalled_stays_so(fixture).await;
    durability::what_is_replaced_goes_its_new_way(fixture).await;
}

const SMSC: &str = "telco-a";
const OTHER: &str = "telco-b";
const OWNER: &str = "bank";

fn link(name: &str) -> LinkName {
    LinkName::from(name)
}

async fn accept(store: &dyn Store, batch: &[Entry]) {
    store.accept(batch.to_vec()).await.unwrap();
}

async fn take_one(store: &dyn Store, name: &str) -> Lease {
    let mut leases = store.take(&link(name), 1).await.unwrap();
    assert_eq!(leases.len(), 1);
    leases.pop().unwrap()
}

/// Nothing waits for this link, due or not.
async fn assert_nothing_waits(store: &dyn Store, name: &str) {
    assert!(store.evacuate(&link(name), 100).await.unwrap().is_empty(), "something waits for {name}");
}

fn settle(store: &dyn Store, lease: Lease, outcome: Outcome) {
    store.settle(vec![Settlement { lease, outcome, answer: None }]);
}

fn sent(id: &str) -> Outcome {
    Outcome::Sent { remote_id: sample::remote_id(id) }
}

fn receipt(id: &str, state: sms::State) -> RemoteReceipt {
    let (remote_id, tlvs) = (sample::remote_id(id), bytes::Bytes::new());
    RemoteReceipt { smsc: link(SMSC), remote_id, state, error: 0, done_at: now(), tlvs }
}

fn soon() -> Timestamp {
    Timestamp(now().0 + 30)
}

fn notice_of(lease: &Lease) -> crate::Notice {
    match lease.item() {
        Item::Notice(notice) => notice,
        Item::Segment(part) => panic!("segment {part} was lent, not a notice"),
    }
}
