//! What a process has used, as the system tells (proc(5)).

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use tokio::time::Instant;

/// What a process has used since it started.
#[derive(Clone, Debug, Default)]
pub(super) struct Usage {
    /// Time on a processor, in user and kernel mode, of all its threads, to a clock tick.
    pub(super) cpu: Duration,
    /// The most memory that it had at a time, in octets.
    pub(super) peak_rss_octets: u64,
    /// The memory that it has, in octets.
    pub(super) rss_octets: u64,
    /// Octets that it caused to be written to disk; `None` if the system does not tell.
    pub(super) written_octets: Option<u64>,
    /// Time on a processor of the threads that live, by name.
    pub(super) threads: BTreeMap<String, Duration>,
}

impl Usage {
    /// What the process with this number has used.
    pub(super) fn of(id: u32) -> anyhow::Result<Self> {
        let folder = PathBuf::from(format!("/proc/{id}"));
        let stat = fs::read_to_string(folder.join("stat")).context("the process is over")?;
        let status = fs::read_to_string(folder.join("status")).context("the process is over")?;
        let io = fs::read_to_string(folder.join("io")).ok();
        Ok(Self {
            cpu: cpu_of(&stat).context("no times in /proc/…/stat")?,
            peak_rss_octets: field(&status, "VmHWM:").unwrap_or(0) * 1024,
            rss_octets: field(&status, "VmRSS:").unwrap_or(0) * 1024,
            written_octets: io.and_then(|io| field(&io, "write_bytes:")),
            threads: threads(&folder.join("task")),
        })
    }

    /// What the process with this number has used when it has nothing to do any more, or after some
    /// time: what it does in the background belongs to what it was asked to do.
    pub(super) async fn when_quiet(id: u32) -> anyhow::Result<Self> {
        let deadline = Instant::now() + QUIET_PATIENCE;
        let mut before = Self::of(id)?;
        loop {
            tokio::time::sleep(QUIET_FOR).await;
            let now = Self::of(id)?;
            if now.cpu - before.cpu <= QUIET_CPU || Instant::now() > deadline {
                return Ok(now);
            }
            before = now;
        }
    }
}

/// utime and stime, which follow the name in brackets.
fn cpu_of(stat: &str) -> Option<Duration> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut times = fields.split_whitespace().skip(UTIME_AFTER_NAME).map(str::parse::<u64>);
    let ticks = times.next()?.ok()? + times.next()?.ok()?;
    Some(Duration::from_secs_f64(ticks as f64 / rustix::param::clock_ticks_per_second() as f64))
}

/// The number behind a name.
fn field(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

fn threads(tasks: &Path) -> BTreeMap<String, Duration> {
    let mut times = BTreeMap::new();
    for task in fs::read_dir(tasks).into_iter().flatten().flatten() {
        let name = fs::read_to_string(task.path().join("comm"));
        let on_cpu = fs::read_to_string(task.path().join("schedstat"));
        // A thread may end while we look.
        let (Ok(name), Ok(on_cpu)) = (name, on_cpu) else { continue };
        let ns = on_cpu.split_whitespace().next().and_then(|ns| ns.parse().ok()).unwrap_or(0);
        *times.entry(name.trim().to_owned()).or_default() += Duration::from_nanos(ns);
    }
    times
}

/// How many fields are between the name and utime.
const UTIME_AFTER_NAME: usize = 11;
/// A process has nothing to do when it uses at most [`QUIET_CPU`] in this time, which is longer than the
/// ledger waits before it writes.
const QUIET_FOR: Duration = Duration::from_millis(1500);
const QUIET_CPU: Duration = Duration::from_millis(10);
/// How long it may take to have nothing to do.
const QUIET_PATIENCE: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn times_are_found_behind_any_name() {
        let stat = "7 (a b) c) S 1 7 7 0 -1 4194560 900 0 3 0 1234 66 0 0 20 0 5 0 100";
        let ticks = rustix::param::clock_ticks_per_second() as f64;
        assert_eq!(cpu_of(stat).unwrap(), Duration::from_secs_f64(1300.0 / ticks));
        assert_eq!((cpu_of("7 (a) S 1"), cpu_of("")), (None, None));
    }

    #[test]
    fn this_process_has_used_something() {
        let usage = Usage::of(std::process::id()).unwrap();
        assert!(usage.peak_rss_octets > 1 << 20, "{usage:?}");
        assert!(Usage::of(u32::MAX).is_err());
    }

    #[test]
    fn numbers_are_found_by_name() {
        let io = "rchar: 1\nwrite_bytes: 4096\ncancelled_write_bytes: 7\n";
        assert_eq!((field(io, "write_bytes:"), field(io, "wchar:")), (Some(4096), None));
    }
}
