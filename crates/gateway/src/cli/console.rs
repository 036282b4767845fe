//! What the commands say that run until somebody ends them, and the end itself.

use std::pin::pin;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};

/// Reports every second what `line` says, if it changed, until somebody ends the program.
pub(super) async fn report_until_stopped(line: impl Fn() -> String) -> anyhow::Result<()> {
    let mut stopped = pin!(until_stopped());
    let mut said = String::new();
    loop {
        tokio::select! {
            () = tokio::time::sleep(REPORT_EVERY) => {}
            stopped = &mut stopped => return stopped,
        }
        let now = line();
        if now != said {
            say(&now);
            said = now;
        }
    }
}

/// Returns when somebody ends the program.
pub(super) async fn until_stopped() -> anyhow::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}

#[allow(clippy::print_stdout)]
pub(super) fn say(line: &str) {
    println!("{line}");
}

const REPORT_EVERY: Duration = Duration::from_secs(1);
