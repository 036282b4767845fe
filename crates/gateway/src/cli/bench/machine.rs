//! What the figures were measured on.

use std::fs;

use serde::Serialize;

use super::disk::Disk;

/// A machine, and how busy it was before.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Machine {
    pub(super) cpu: String,
    pub(super) cores: usize,
    pub(super) kernel: String,
    /// How many processes ran or wanted to in the minute before, on average.
    pub(super) load_before: f64,
}

impl Machine {
    /// It and its disk, as people read it.
    pub(super) fn line(&self, disk: Disk) -> String {
        let Self { cpu, cores, kernel, load_before } = self;
        format!(
            "{cores} × {cpu}, Linux {kernel}, load before {load_before:.1}; fdatasync after 4 KiB: {:.0} µs",
            disk.fdatasync_us
        )
    }

    /// This one, as far as it tells.
    pub(super) fn here() -> Self {
        let read = |path| fs::read_to_string(path).unwrap_or_default();
        let cpu = read("/proc/cpuinfo");
        let model = cpu.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
        Self {
            cpu: model.map_or("unknown", |(_, model)| model.trim()).to_owned(),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            load_before: read("/proc/loadavg")
                .split_whitespace()
                .next()
                .and_then(|load| load.parse().ok())
                .unwrap_or(0.0),
        }
    }
}
