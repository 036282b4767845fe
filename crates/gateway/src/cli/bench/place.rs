//! Where a benchmark works and what it leaves.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use serde::Serialize;
use tempfile::TempDir;

/// Where a benchmark works and what it leaves.
#[derive(Clone, Debug, Args)]
pub(super) struct Place {
    /// Where the data go; a temporary folder here if left out.
    #[arg(long)]
    pub(super) data_dir: Option<PathBuf>,
    /// Also writes everything to this file as JSON.
    #[arg(long)]
    pub(super) json: Option<PathBuf>,
}

impl Place {
    /// Writes the report where it was asked for.
    pub(super) fn write(&self, report: &impl Serialize) -> anyhow::Result<()> {
        let Some(path) = &self.json else { return Ok(()) };
        let text = serde_json::to_string_pretty(report)? + "\n";
        std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
    }

    /// A folder of our own, which goes when this is dropped.
    pub(super) fn folder(&self) -> anyhow::Result<TempDir> {
        let parent = self.data_dir.as_deref().unwrap_or(Path::new("."));
        std::fs::create_dir_all(parent)
            .and_then(|()| tempfile::Builder::new().prefix("estafet-bench-").tempdir_in(parent))
            .with_context(|| format!("cannot make a folder in {}", parent.display()))
    }
}
