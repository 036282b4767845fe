//! How fast a simulated message centre and a load are together: `cargo run --release -p simulator
//! --example simulator_speed -- MESSAGES SESSIONS WINDOW`.
#![allow(clippy::print_stdout)]

use simulator::{EsmeConfig, Load, Smsc, SmscConfig};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut numbers = std::env::args().skip(1).map(|argument| argument.parse::<u64>());
    let messages = numbers.next().transpose()?.unwrap_or(1_000_000);
    let sessions = usize::try_from(numbers.next().transpose()?.unwrap_or(2))?;
    let window = usize::try_from(numbers.next().transpose()?.unwrap_or(1000))?;
    for receipts in [false, true] {
        let smsc = Smsc::start(SmscConfig {
            window,
            serials_max: usize::try_from(messages)?,
            ..SmscConfig::default()
        })
        .await?;
        let esme = EsmeConfig { window, ..EsmeConfig::at(smsc.address(), "bank", "secret") };
        let report = Load { messages, sessions, receipts, ..Load::new(esme) }.run().await?;
        println!(
            "receipts {receipts}: {:.0} submissions/s, whole in {:.2} s; {report:?}",
            report.per_second(),
            report.elapsed.as_secs_f64()
        );
        smsc.stop().await;
    }
    Ok(())
}
