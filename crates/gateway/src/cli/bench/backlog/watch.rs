//! How fast messages were accepted, and when.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::time::sleep;

use crate::cli::bench::gateway;

/// How many messages had been accepted at which time.
#[derive(Debug, Default)]
pub(super) struct Watch {
    samples: Vec<(Instant, u64)>,
}

impl Watch {
    /// Looks again and again; ends only when the gateway does not tell.
    pub(super) async fn run(&mut self, metrics: SocketAddr) -> anyhow::Error {
        loop {
            if let Err(error) = self.look(metrics).await {
                return error;
            }
            sleep(LOOK_EVERY).await;
        }
    }

    /// Looks once.
    pub(super) async fn look(&mut self, metrics: SocketAddr) -> anyhow::Result<()> {
        let accepted = gateway::accepted(metrics).await?;
        let is_news = self.samples.last().is_none_or(|&(_, before)| before < accepted);
        if is_news {
            self.samples.push((Instant::now(), accepted));
        } else if accepted == 0 {
            self.samples = vec![(Instant::now(), 0)];
        }
        Ok(())
    }

    /// Messages a second during the first tenth of them and during the last; `None` if one of them did
    /// not take any time.
    pub(super) fn first_and_last_tenth(&self) -> Option<(f64, f64)> {
        let &(_, all) = self.samples.last()?;
        let tenth = all as f64 / 10.0;
        let rate = |from: f64, to: f64| {
            let took = self.when(to)?.checked_duration_since(self.when(from)?)?.as_secs_f64();
            (took > 0.0).then_some((to - from) / took)
        };
        Some((rate(0.0, tenth)?, rate(all as f64 - tenth, all as f64)?))
    }

    /// When so many had been accepted, as if they had come evenly between two looks.
    fn when(&self, count: f64) -> Option<Instant> {
        let after = self.samples.iter().position(|&(_, accepted)| accepted as f64 >= count)?;
        let &(at, accepted) = self.samples.get(after)?;
        let Some(&(before, fewer)) = after.checked_sub(1).and_then(|before| self.samples.get(before)) else {
            return Some(at);
        };
        let share = (count - fewer as f64) / (accepted - fewer) as f64;
        Some(before + (at - before).mul_f64(share.clamp(0.0, 1.0)))
    }
}

const LOOK_EVERY: Duration = Duration::from_millis(50);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn rates_are_those_of_the_tenths() {
        let start = Instant::now();
        let at = |seconds: u64, accepted| (start + Duration::from_secs(seconds), accepted);
        let watch = Watch { samples: vec![at(5, 0), at(7, 200), at(15, 800), at(20, 1000)] };
        let (first, last) = watch.first_and_last_tenth().unwrap();
        assert!((first - 100.0).abs() < 1e-6 && (last - 40.0).abs() < 1e-6, "{first} {last}");
        assert_eq!(Watch { samples: vec![at(5, 1000)] }.first_and_last_tenth(), None);
        assert_eq!(Watch::default().first_and_last_tenth(), None);
    }
}
