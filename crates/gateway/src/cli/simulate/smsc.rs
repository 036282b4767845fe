//! `estafet simulate smsc`

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};
use simulator::{Credentials, Every, Faults, Handset, IdForm, ReceiptPath, Smsc, SmscConfig, SmscStats};

use super::latency::LatencySummary;
use crate::cli::console::{report_until_stopped, say, until_stopped};

#[derive(Debug, Args)]
pub(crate) struct SmscArguments {
    /// Where it listens.
    #[arg(long, default_value = "127.0.0.1:2776")]
    listen: SocketAddr,
    /// Who may bind; anybody if left out.
    #[arg(long, requires = "password")]
    system_id: Option<String>,
    /// The password to bind with.
    #[arg(long, requires = "system_id")]
    password: Option<String>,
    /// How message ids are written.
    #[arg(long, value_enum, default_value = "decimal")]
    ids: Ids,
    /// Shortest time to a receipt, in milliseconds.
    #[arg(long, default_value_t = 0)]
    receipt_after_ms: u64,
    /// Longest time to a receipt, in milliseconds; the shortest if left out.
    #[arg(long)]
    receipt_before_ms: Option<u64>,
    /// Receipts come by all sessions in turn instead of the one that submitted.
    #[arg(long)]
    receipts_round_robin: bool,
    /// Segments a second that it takes.
    #[arg(long)]
    rate: Option<NonZeroU32>,
    /// Throttles every n-th submission; 0 never.
    #[arg(long, default_value_t = 0)]
    throttle_every: u64,
    /// Never answers every n-th submission.
    #[arg(long, default_value_t = 0)]
    silent_every: u64,
    /// Cuts the connection at every n-th submission.
    #[arg(long, default_value_t = 0)]
    drop_every: u64,
    /// Answers this late, in milliseconds.
    #[arg(long, default_value_t = 0)]
    answer_after_ms: u64,
    /// Sends the receipt of every n-th before its answer.
    #[arg(long, default_value_t = 0)]
    receipt_first_every: u64,
    /// Sends the receipt of every n-th twice.
    #[arg(long, default_value_t = 0)]
    receipt_twice_every: u64,
    /// Never sends the receipt of every n-th.
    #[arg(long, default_value_t = 0)]
    receipt_lost_every: u64,
    /// A handset sends this: its number, the destination and the text; more than once for more messages.
    #[arg(long, num_args = 3, value_names = ["FROM", "TO", "TEXT"], action = clap::ArgAction::Append)]
    handset: Vec<String>,
    /// The segments of a long message of a handset go last first.
    #[arg(long, requires = "handset")]
    last_segment_first: bool,
    /// Counts the messages of `simulate esme` up to this number, so that losses and duplicates show.
    #[arg(long, default_value_t = 0)]
    count: usize,
    /// Says where it listens and, in the end, what it was given, as a line of JSON each.
    #[arg(long)]
    json: bool,
}

/// Where a message centre listens, for machines.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Listening {
    pub(crate) address: SocketAddr,
}

/// What a message centre was given, for machines.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SmscSummary {
    /// Submissions that it took.
    pub(crate) accepted: u64,
    /// Submissions that it did not take.
    pub(crate) refused: u64,
    /// Different messages of `simulate esme` among what it took.
    pub(crate) distinct: u64,
    /// How many of them came more than once.
    pub(crate) duplicated: u64,
    /// Receipts that were answered OK.
    pub(crate) receipts_acknowledged: u64,
    /// How long stamped messages of `simulate esme` took until they were here.
    pub(crate) carried_us: LatencySummary,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Ids {
    /// Decimal digits.
    Decimal,
    /// Hexadecimal digits.
    Hex,
    /// Hexadecimal in the response, decimal in the receipt.
    HexThenDecimal,
    /// Decimal in the response, hexadecimal in the receipt.
    DecimalThenHex,
    /// No number at all.
    Text,
}

impl SmscArguments {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let json = self.json;
        let messages = self.messages();
        let smsc = Smsc::start(self.config()).await?;
        for message in messages {
            let handset = smsc.handset(&message.from);
            tokio::spawn(message.send(handset));
        }
        if json {
            say(&serde_json::to_string(&Listening { address: smsc.address() })?);
            until_stopped().await?;
            say(&serde_json::to_string(&SmscSummary::of(&smsc))?);
        } else {
            say(&format!("SMSC at {}", smsc.address()));
            report_until_stopped(|| line(&smsc.stats())).await?;
        }
        smsc.stop().await;
        Ok(ExitCode::SUCCESS)
    }

    fn messages(&self) -> Vec<HandsetMessage> {
        let message = |words: &[String]| match words {
            [from, to, text] => Some(HandsetMessage {
                from: from.clone(),
                to: to.clone(),
                text: text.clone(),
                is_reversed: self.last_segment_first,
            }),
            _ => None,
        };
        self.handset.chunks(3).filter_map(message).collect()
    }

    fn config(self) -> SmscConfig {
        let shortest = Duration::from_millis(self.receipt_after_ms);
        let longest = self.receipt_before_ms.map_or(shortest, Duration::from_millis);
        let faults = self.faults();
        let credentials = self.system_id.zip(self.password);
        SmscConfig {
            listen: self.listen,
            credentials: credentials.map(|(system_id, password)| Credentials { system_id, password }),
            id_form: match self.ids {
                Ids::Decimal => IdForm::Decimal,
                Ids::Hex => IdForm::Hex,
                Ids::HexThenDecimal => IdForm::HexThenDecimal,
                Ids::DecimalThenHex => IdForm::DecimalThenHex,
                Ids::Text => IdForm::Text,
            },
            receipt_delay_min: shortest,
            receipt_delay_max: longest.max(shortest),
            receipt_path: if self.receipts_round_robin {
                ReceiptPath::RoundRobin
            } else {
                ReceiptPath::Submitter
            },
            segments_per_second: self.rate,
            serials_max: self.count,
            faults,
            ..SmscConfig::default()
        }
    }

    fn faults(&self) -> Faults {
        Faults {
            throttle: Every::nth(self.throttle_every),
            silent: Every::nth(self.silent_every),
            drop: Every::nth(self.drop_every),
            answer_delay: Duration::from_millis(self.answer_after_ms),
            receipt_first: Every::nth(self.receipt_first_every),
            receipt_twice: Every::nth(self.receipt_twice_every),
            receipt_lost: Every::nth(self.receipt_lost_every),
            ..Faults::default()
        }
    }
}

/// What a handset shall send.
struct HandsetMessage {
    from: String,
    to: String,
    text: String,
    is_reversed: bool,
}

impl HandsetMessage {
    async fn send(self, handset: Handset) {
        let sent = async {
            let mut segments = handset.segments(&self.to, &self.text)?;
            if self.is_reversed {
                segments.reverse();
            }
            handset.send_segments(segments).await
        };
        match sent.await {
            Ok(()) => tracing::info!(from = %self.from, to = %self.to, "a message of a handset was taken"),
            Err(error) => {
                tracing::warn!(from = %self.from, to = %self.to, %error, "a message of a handset was not taken")
            }
        }
    }
}

impl SmscSummary {
    fn of(smsc: &Smsc) -> Self {
        let (stats, tally) = (smsc.stats(), smsc.tally());
        Self {
            accepted: stats.accepted,
            refused: stats.submits.saturating_sub(stats.accepted),
            distinct: tally.distinct(),
            duplicated: tally.duplicated(),
            receipts_acknowledged: stats.receipts_acknowledged,
            carried_us: LatencySummary::of(&smsc.carried()),
        }
    }
}

fn line(stats: &SmscStats) -> String {
    format!("{stats:?}").replace("SmscStats ", "")
}
