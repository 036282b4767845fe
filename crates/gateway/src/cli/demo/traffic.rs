//! What goes on while the demo stays up.

#![allow(clippy::print_stdout)]

use std::time::Duration;

use simulator::Handset;

use super::operator::Operator;

/// A message now and then, and every message that arrives at a handset is shown. Never ends by itself.
pub(super) async fn go_on(operator: &Operator) {
    tokio::join!(
        show_arrivals(&operator.budi),
        show_arrivals(&operator.siti),
        show_receipts(operator),
        write_now_and_then(operator),
    );
}

async fn show_arrivals(handset: &Handset) {
    loop {
        if let Some(message) = handset.next_message(LONG).await {
            println!("   {} ◄─ {}  \"{}\"", handset.number(), message.from, message.text);
        }
    }
}

async fn show_receipts(operator: &Operator) {
    loop {
        if let Some(receipt) = operator.bank.next_receipt(LONG).await {
            let state = receipt.state.map_or("?", sms::State::receipt_word);
            println!("   bank ◄─ receipt  id {}  {state}", receipt.message_id);
        }
    }
}

async fn write_now_and_then(operator: &Operator) {
    for round in 1_u32.. {
        tokio::time::sleep(PAUSE).await;
        let (budi, siti) = (&operator.budi, &operator.siti);
        let done = match round % 3 {
            1 => say(budi, "1234", "GAME JOIN").await,
            2 => say(siti, "5678", "Is anybody bound?").await,
            _ => {
                println!("   bank ─► {}  \"Your code is {}\"", siti.number(), 1000 + round);
                let text = format!("Your code is {}", 1000 + round);
                operator
                    .bank
                    .submit(siti.number(), "BANK", &text, true)
                    .await
                    .map(drop)
                    .map_err(|error| error.to_string())
            }
        };
        if let Err(error) = done {
            println!("   ✗ {error}");
        }
    }
}

async fn say(handset: &Handset, to: &str, text: &str) -> Result<(), String> {
    println!("   {} ─► {to}  \"{text}\"", handset.number());
    handset.send(to, text).await.map_err(|error| error.to_string())
}

const PAUSE: Duration = Duration::from_secs(10);
const LONG: Duration = Duration::from_secs(3600);
