//! The embedded store passes the suite that every store must pass.

#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use store::Store;
use store::conformance::{self, Fixture};
use store::embedded::{EmbeddedStore, Options};
use tempfile::TempDir;

/// Stores in folders of their own; the one opened last is the one that can be reopened.
#[derive(Default)]
struct Embedded {
    folders: Mutex<Vec<TempDir>>,
}

#[async_trait]
impl Fixture for Embedded {
    async fn open(&self) -> Arc<dyn Store> {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        self.folders.lock().unwrap().push(folder);
        store
    }

    async fn reopen(&self, store: Arc<dyn Store>) -> Arc<dyn Store> {
        drop(store);
        let folders = self.folders.lock().unwrap();
        open(folders.last().unwrap().path())
    }
}

fn open(folder: &Path) -> Arc<dyn Store> {
    Arc::new(EmbeddedStore::open(folder, Options::default()).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_embedded_store_conforms() {
    conformance::run(&Embedded::default()).await;
}
