//! Prints what it costs to write 160 characters in the GSM alphabet, for texts of several kinds.
//!
//! Medians of many turns, each of a hundred texts into a buffer that is used again: the machine may be busy. The
//! texts of a turn have their words in different orders, so that the processor cannot know them by heart.
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::hint::black_box;
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use sms::alphabet::gsm;

/// How often each takes its turn.
const TURNS: usize = 2_000;
/// How many texts there are in a turn.
const BATCH: usize = 100;
/// How long 160 characters may take.
const GOAL_NS: f64 = 200.0;

/// The words of each kind of text.
const KINDS: [(&str, &str); 6] = [
    ("ASCII", "Your one-time password is 4711. Do not tell it to anybody, we never ask for it."),
    ("letters of Europe", "Übermäßig schöne Grüße aus Århus: die Prüfung ist vorbei, à bientòt?!"),
    ("Greek capitals", "Ο ΚΩΔΙΚΟΣ ΣΑΣ ΕΙΝΑΙ ΨΗΦΙΑ ΠΛΗΡΩΜΗ ΞΕΝΟΔΟΧΕΙΟ ΘΕΣΣΑΛΟΝΙΚΗ"),
    ("prices in €", "Nur 5€, 12€ oder 99€ bis 31.12., [A] {B} ~C"),
    ("accents alone", "éè ùì òÇ Øø Åå Ææ ß ÉÄ ÖÑÜ §ä ö ñü à £¥ ¤¡¿"),
    ("extension alone", "€€ [] {} ~^|\\ €[ ]€ {~ }|"),
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("160 characters in the GSM alphabet, ns");
    for (kind, words) in KINDS {
        let ns = measure(&texts(words))?;
        println!("{kind:<32} {ns:>8.1}  goal {GOAL_NS}: {}", if ns <= GOAL_NS { "met" } else { "missed" });
    }
    Ok(())
}

/// Texts of 160 characters of these words.
fn texts(words: &str) -> Vec<String> {
    // Handsets show Greek capitals that look like Latin ones as those.
    let latin = |character| match "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ".chars().position(|greek| greek == character)
    {
        Some(at) => char::from(b"ABEZHIKMNOPTYX"[at]),
        None => character,
    };
    let words: Vec<String> = words.split(' ').map(|word| word.chars().map(latin).collect()).collect();
    let mut random = StdRng::seed_from_u64(160);
    let mut text = || {
        let mut text = String::new();
        while text.chars().count() < 160 {
            text += words.choose(&mut random).map_or("", String::as_str);
            if random.random_bool(0.9) {
                text.push(' ');
            }
        }
        text.chars().take(160).collect()
    };
    (0..BATCH).map(|_| text()).collect()
}

/// The median in nanoseconds per text.
fn measure(texts: &[String]) -> Result<f64, Box<dyn Error>> {
    let mut out = Vec::with_capacity(320);
    let mut turns = Vec::with_capacity(TURNS);
    for _ in 0..TURNS {
        let start = Instant::now();
        for text in texts {
            out.clear();
            gsm::encode(black_box(text), &mut out)?;
            black_box(&out);
        }
        turns.push(start.elapsed());
    }
    Ok(median(turns).as_nanos() as f64 / texts.len() as f64)
}

fn median(mut turns: Vec<Duration>) -> Duration {
    turns.sort_unstable();
    turns[turns.len() / 2]
}
