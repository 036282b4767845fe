//! A content provider and receiver of receipts on which nobody can rely.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// Takes about half of what it is told, until it is mended.
pub(crate) struct Fickle {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

struct State {
    random: StdRng,
    is_mended: bool,
    /// What it took: ids of receipts, and texts of handsets.
    told: BTreeSet<String>,
    faults: BTreeMap<Fault, usize>,
}

/// What it may do instead of taking what it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fault {
    Fails,
    Refuses,
    FallsSilent,
    HangsUp,
}

impl Fickle {
    pub(crate) async fn start(seed: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(State {
            random: StdRng::seed_from_u64(seed),
            is_mended: false,
            told: BTreeSet::new(),
            faults: BTreeMap::new(),
        }));
        let shared = state.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(converse(stream, shared.clone()));
            }
        });
        Self { address, state }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on it takes everything.
    pub(crate) fn mend(&self) {
        self.state.lock().unwrap().is_mended = true;
    }

    /// What it took.
    pub(crate) fn told(&self) -> BTreeSet<String> {
        self.state.lock().unwrap().told.clone()
    }

    /// How often it did what.
    pub(crate) fn faults(&self) -> BTreeMap<Fault, usize> {
        self.state.lock().unwrap().faults.clone()
    }
}

impl State {
    /// What to do with a call.
    fn fault(&mut self) -> Option<Fault> {
        if self.is_mended {
            return None;
        }
        let fault = match self.random.random_range(0..100) {
            0..12 => Fault::Fails,
            12..20 => Fault::Refuses,
            20..24 => Fault::FallsSilent,
            24..36 => Fault::HangsUp,
            _ => return None,
        };
        *self.faults.entry(fault).or_default() += 1;
        Some(fault)
    }
}

/// Answers one call after another, as long as it likes.
async fn converse(stream: TcpStream, state: Arc<Mutex<State>>) {
    let mut stream = BufReader::new(stream);
    while let Some(what) = heard(&mut stream).await {
        let fault = state.lock().unwrap().fault();
        let status = match fault {
            None => "200 OK",
            Some(Fault::Fails) => "500 Internal Server Error",
            Some(Fault::Refuses) => "404 Not Found",
            Some(Fault::FallsSilent) => return std::future::pending().await,
            Some(Fault::HangsUp) => return,
        };
        if fault.is_none() {
            state.lock().unwrap().told.insert(what);
        }
        let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n");
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

/// What the next call tells; `None` if there is none.
async fn heard(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let (mut length, mut line) = (0, String::new());
    loop {
        line.clear();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        if line == "\r\n" {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some(match serde_json::from_slice::<Value>(&body) {
        Ok(receipt) => receipt["id"].as_str().unwrap().to_owned(),
        Err(_) => {
            let mut fields = form_urlencoded::parse(&body);
            fields.find(|(name, _)| name == "text").unwrap().1.into_owned()
        }
    })
}
