//! The embedded store keeps the promises of every store.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use store::Store;
use store::conformance::{Fixture, run};
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
