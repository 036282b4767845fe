//! Prints what it costs to write 160 characters in the GSM alphabet, and to find out that a text is not in it.
//!
//! Medians of many turns, each of a hundred texts into a buffer that is used again: the machine may be busy.
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::hint::black_box;
use std::time::{Duration, Instant};

use sms::alphabet::gsm;

/// How often each takes its turn.
const TURNS: usize = 2_000;
/// How many texts there are in a turn.
const BATCH: usize = 100;
/// How long 160 characters may take.
const GOAL_NS: f64 = 200.0;

fn main() -> Result<(), Box<dyn Error>> {
    let plain = "Your one-time password is 4711. Do not tell it to anybody, we never ask for it. ".repeat(2);
    let accented = "Übermäßig schöne Grüße aus Århus: die Prüfung ist vorbei, à bientôt?! ".repeat(3);
    let accented: String = accented.replace('ô', "ò").chars().take(160).collect();
    println!("160 characters in the GSM alphabet, ns");
    let ns = measure(&plain)?;
    println!("{:<32} {ns:>8.1}  goal {GOAL_NS}: {}", "ASCII", if ns <= GOAL_NS { "met" } else { "missed" });
    let ns = measure(&accented)?;
    println!(
        "{:<32} {ns:>8.1}  goal {GOAL_NS}: {}",
        "letters of Europe",
        if ns <= GOAL_NS { "met" } else { "missed" }
    );
    Ok(())
}

/// The median in nanoseconds per text.
fn measure(text: &str) -> Result<f64, Box<dyn Error>> {
    assert_eq!(text.chars().count(), 160);
    let mut out = Vec::with_capacity(320);
    let mut turns = Vec::with_capacity(TURNS);
    for _ in 0..TURNS {
        let start = Instant::now();
        for _ in 0..BATCH {
            out.clear();
            gsm::encode(black_box(text), &mut out)?;
            black_box(&out);
        }
        turns.push(start.elapsed());
    }
    Ok(median(turns).as_nanos() as f64 / BATCH as f64)
}

fn median(mut turns: Vec<Duration>) -> Duration {
    turns.sort_unstable();
    turns[turns.len() / 2]
}
