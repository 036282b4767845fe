//! How fast the disk syncs.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::time::Instant;

use serde::Serialize;

/// What the disk is like.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Disk {
    /// The median time of fdatasync after an append of 4 KiB, in microseconds.
    pub(super) fdatasync_us: f64,
}

impl Disk {
    /// Measures the disk that holds this folder.
    pub(super) async fn measure(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join("disk");
        Ok(tokio::task::spawn_blocking(move || measure(&path)).await??)
    }
}

fn measure(path: &Path) -> io::Result<Disk> {
    let mut file = File::create(path)?;
    let mut times = Vec::with_capacity(APPENDS);
    for _ in 0..APPENDS {
        file.write_all(&[0x55; APPEND_OCTETS])?;
        let start = Instant::now();
        file.sync_data()?;
        times.push(start.elapsed().as_secs_f64() * 1e6);
    }
    std::fs::remove_file(path)?;
    Ok(Disk { fdatasync_us: super::figure::median(times.into_iter()).unwrap_or_default() })
}

const APPENDS: usize = 200;
const APPEND_OCTETS: usize = 4096;
