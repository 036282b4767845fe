//! The tour: what the gateway does, step by step, each step checked.

#![allow(clippy::print_stdout)]

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use smpp::{ShortMessage, TlvTag};
use sms::{Alphabet, State};

use super::operator::Operator;
use crate::cli::loopback::Loopback;

/// Shows every step; whether all happened as they should.
pub(super) async fn show(operator: &Operator) -> bool {
    let since = Instant::now();
    let results = [
        step("1  A handset writes to a short code, and the content provider answers", game(operator)).await,
        step("2  The bank sends a code by SMPP, and learns by receipt that it arrived", code(operator)).await,
        step("3  A long message in another script travels in segments, with one receipt", long(operator))
            .await,
        step("4  A message by HTTP, and its history", by_http(operator)).await,
        step("5  No route is an answer, not a silence", nowhere(operator)).await,
    ];
    let passed = results.iter().filter(|passed| **passed).count();
    println!(
        "\n{passed} of {} steps as they should be, in {:.1} s",
        results.len(),
        since.elapsed().as_secs_f64()
    );
    passed == results.len()
}

async fn step(title: &str, happens: impl Future<Output = anyhow::Result<()>>) -> bool {
    println!("\n{title}");
    match happens.await {
        Ok(()) => {
            println!("   ✓ as it should be");
            true
        }
        Err(error) => {
            println!("   ✗ {error:#}");
            false
        }
    }
}

async fn game(operator: &Operator) -> anyhow::Result<()> {
    let budi = &operator.budi;
    println!("   {} ─► 1234        \"GAME JOIN\"", budi.number());
    let since = Instant::now();
    budi.send("1234", "GAME JOIN").await?;
    let answer = budi.next_message(PATIENCE).await.context("no answer came to the handset")?;
    let took = since.elapsed().as_secs_f64() * 1000.0;
    println!("   {} ─► {} \"{}\"   after {took:.1} ms", answer.from, budi.number(), answer.text);
    ensure!(answer.from == "1234", "the answer came from {}, not from 1234", answer.from);
    ensure!(answer.text.starts_with("Welcome"), "this is not the content provider's answer");
    Ok(())
}

async fn code(operator: &Operator) -> anyhow::Result<()> {
    let (bank, siti) = (&operator.bank, &operator.siti);
    println!("   bank ─► {}  \"Your code is 4711\"", siti.number());
    let id = bank.submit(siti.number(), "BANK", "Your code is 4711", true).await?;
    println!("   bank ◄─ submit_sm_resp  id {id}");
    let arrived = siti.next_message(PATIENCE).await.context("nothing arrived at the handset")?;
    println!("   {} ◄─ {}  \"{}\"", siti.number(), arrived.from, arrived.text);
    ensure!(arrived.text == "Your code is 4711", "another text arrived");
    delivered(operator, &id).await
}

async fn long(operator: &Operator) -> anyhow::Result<()> {
    let (bank, siti) = (&operator.bank, &operator.siti);
    let text = "Пинтар. ".repeat(20);
    println!("   bank ─► {}  {} characters", siti.number(), text.chars().count());
    let id = bank.submit_pdu(long_submit(siti.number(), &text)?).await?;
    let arrived = siti.next_message(PATIENCE).await.context("nothing arrived at the handset")?;
    println!("   {} ◄─ {}  {} characters, joined", siti.number(), arrived.from, arrived.text.chars().count());
    ensure!(arrived.text == text, "another text arrived");
    delivered(operator, &id).await
}

/// One submit_sm with the whole text in message_payload: splitting is the gateway's business.
fn long_submit(to: &str, text: &str) -> anyhow::Result<ShortMessage> {
    let mut octets = Vec::new();
    Alphabet::Ucs2.encode(text, &mut octets)?;
    let mut message = ShortMessage {
        source: simulator::address("BANK").context("an address")?,
        destination: simulator::address(to).context("an address")?,
        registered_delivery: 1,
        data_coding: Alphabet::Ucs2.data_coding(),
        ..ShortMessage::default()
    };
    message.tlvs.push(TlvTag::MESSAGE_PAYLOAD, &octets)?;
    Ok(message)
}

/// The bank's receipt names the id that it was given.
async fn delivered(operator: &Operator, id: &str) -> anyhow::Result<()> {
    let receipt = operator.bank.next_receipt(PATIENCE).await.context("no receipt came to the bank")?;
    let state = receipt.state.map_or("?", State::receipt_word);
    println!("   bank ◄─ receipt  id {}  {state}", receipt.message_id);
    ensure!(receipt.message_id == id, "the receipt is for another message");
    ensure!(receipt.state == Some(State::Delivered), "the message was not delivered");
    Ok(())
}

async fn by_http(operator: &Operator) -> anyhow::Result<()> {
    let base = format!("http://{}/v1/messages", operator.http);
    let client = Loopback::new("you", "secret12", PATIENCE)?;
    let body = format!(r#"{{"from": "5678", "to": "{}", "text": "Halo"}}"#, operator.budi.number());
    println!("   POST {base}  {body}");
    let (status, answer) = client.post(&base, body).await?;
    let accepted: serde_json::Value = serde_json::from_slice(&answer)?;
    ensure!(status == 202, "the API answered {status}: {accepted}");
    let id = accepted["id"].as_str().context("the answer has no id")?.to_owned();
    let arrived = operator.budi.next_message(PATIENCE).await.context("nothing arrived at the handset")?;
    println!("   {} ◄─ {}  \"{}\"", operator.budi.number(), arrived.from, arrived.text);
    let record = final_record(&client, &format!("{base}/{id}")).await?;
    for step in record["history"].as_array().context("the record has no history")? {
        let text = |key: &str| step[key].as_str().unwrap_or_default().to_owned();
        println!("   {}  {}", text("at"), text("event"));
    }
    ensure!(record["state"] == "delivered", "the record says {}", record["state"]);
    Ok(())
}

/// Asks until the message has its final state.
async fn final_record(client: &Loopback, url: &str) -> anyhow::Result<serde_json::Value> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let (_, answer) = client.get(url).await?;
        let record: serde_json::Value = serde_json::from_slice(&answer)?;
        if record["state"] != "enroute" || Instant::now() > deadline {
            return Ok(record);
        }
        tokio::time::sleep(POLL).await;
    }
}

async fn nowhere(operator: &Operator) -> anyhow::Result<()> {
    println!("   {} ─► 9999        \"ANYBODY THERE?\"", operator.budi.number());
    match operator.budi.send("9999", "ANYBODY THERE?").await {
        Err(refused) => {
            println!("   SMSC ◄─ {refused}");
            Ok(())
        }
        Ok(()) => anyhow::bail!("a message that no route carries was taken over"),
    }
}

const PATIENCE: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(50);
