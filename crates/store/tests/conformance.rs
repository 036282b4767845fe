//! The embedded store keeps the promises of every store.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use sms::MessageId;
use store::Store;
use store::conformance::{Fixture, run, sample};
use store::embedded::{EmbeddedStore, Options};
use tempfile::TempDir;

/// Stores in directories of their own, with short journal files, so that many are begun and removed.
#[derive(Default)]
struct Embedded {
    directories: Mutex<HashMap<usize, TempDir>>,
}

fn options() -> Options {
    Options { segment_octets: 4 << 10, cache_octets: 64 << 10, ..Options::default() }
}

fn address(store: &Arc<dyn Store>) -> usize {
    Arc::as_ptr(store).cast::<()>().addr()
}

impl Embedded {
    fn open_in(&self, directory: TempDir) -> Arc<dyn Store> {
        let store: Arc<dyn Store> = Arc::new(EmbeddedStore::open(directory.path(), options()).unwrap());
        self.directories.lock().unwrap().insert(address(&store), directory);
        store
    }
}

#[async_trait]
impl Fixture for Embedded {
    async fn open(&self) -> Arc<dyn Store> {
        self.open_in(tempfile::tempdir().unwrap())
    }

    async fn reopen(&self, store: Arc<dyn Store>) -> Arc<dyn Store> {
        let directory = self.directories.lock().unwrap().remove(&address(&store)).unwrap();
        drop(store);
        self.open_in(directory)
    }
}

#[tokio::test]
async fn the_embedded_store_conforms() {
    run(&Embedded::default()).await;
}

#[tokio::test]
async fn what_waits_is_found_though_its_record_is_gone() {
    let directory = tempfile::tempdir().unwrap();
    let without_records = Options { ledger: false, ..options() };
    let store = EmbeddedStore::open(directory.path(), without_records).unwrap();
    let batch = sample::entries(3000);
    store.accept(batch.clone()).await.unwrap();
    let smsc = batch[0].target.clone();
    let named = [batch[1].message.id, MessageId::from_octets([0; 16]), batch[2999].message.id];

    let found = store.evacuate_of(&smsc, &named).await.unwrap();

    let ids: Vec<MessageId> = found.iter().map(|lease| lease.message().id).collect();
    assert_eq!(ids, [named[0], named[2]]);
    let never = store.evacuate_of(&smsc, &[MessageId::from_octets([0; 16])]).await.unwrap();
    assert!(never.is_empty());
}
