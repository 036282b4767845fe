//! FLT-1 with FLT-10: the process is killed while those that it calls refuse, fall silent and hang up. What was
//! acknowledged is told, or waits as a dead letter.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};
use simulator::{Handset, Smsc, SmscConfig};
use tokio::task::JoinSet;

use crate::fickle::Fickle;
use crate::harness::{ANI, Caller, PASSWORD, account, route, smsc, until};
use crate::killed::seed;
use crate::program::Program;

// INV-1, INV-2
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn flt_1_what_was_acknowledged_is_told_or_a_dead_letter() {
    let seed = seed();
    // Shown when it fails.
    eprintln!("ESTAFET_FAULT_SEED={seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let telco = Smsc::start(SmscConfig::default()).await.unwrap();
    let provider = Fickle::start(seed).await;
    let mut program = Program::start(links(&telco, &provider));
    program.ready().await;
    let traffic = Traffic::start(&telco, program.http_address());
    for _ in 0..KILLS {
        let before = traffic.counts();
        let more = [random.random_range(20..200), random.random_range(20..200)];
        until("traffic goes on", async || {
            traffic.counts().iter().zip(before).zip(more).all(|((now, before), more)| *now >= before + more)
        })
        .await;
        program.kill_and_start();
    }
    program.ready().await;
    let acknowledged = traffic.stop().await;
    provider.mend();

    let shop = program.caller("shop");
    until("all is told or a dead letter", async || {
        let told = provider.told();
        let missing = acknowledged.iter().filter(|what| !told.contains(*what)).count();
        missing == 0 || acknowledged.is_subset(&dead_letters(&shop).await.into_iter().chain(told).collect())
    })
    .await;

    let faults = provider.faults();
    assert!(faults.len() == 4 && faults.values().all(|count| *count > 0), "{faults:?}");
    assert!(!program.log().contains("ERROR"), "{}", program.log());
}

fn links(telco: &Smsc, provider: &Fickle) -> [String; 5] {
    let callback = format!(
        "callback_url = \"{}/receipt\"\ncallback_timeout_s = 1\nallow_private_address = true",
        provider.url()
    );
    let application = format!(
        "[[application]]\nname = \"games\"\nurl = \"{}/mo\"\ntimeout_s = 1\naccount = \"shop\"\n\
         allow_private_address = true\n",
        provider.url()
    );
    [
        smsc("telco", telco.address(), "sessions = 2"),
        account("shop", &callback),
        application,
        route("match = { destination = \"1234\" }\nto = [\"games\"]"),
        route("to = [\"telco\"]"),
    ]
}

/// What waits for its owner to look at it.
async fn dead_letters(shop: &Caller) -> BTreeSet<String> {
    let (mut letters, mut cursor) = (BTreeSet::new(), String::new());
    loop {
        let page = shop.call("GET", &format!("/v1/dead-letters?limit=1000{cursor}"), None).await.body;
        for letter in page["dead_letters"].as_array().unwrap() {
            let key = if letter["event"] == "receipt" { "id" } else { "text" };
            letters.insert(letter[key].as_str().unwrap().to_owned());
        }
        let Some(next) = page["next"].as_str() else { return letters };
        cursor = format!("&cursor={next}");
    }
}

/// Handsets that write and a customer that sends, again and again, until they are stopped.
struct Traffic {
    stop: Arc<AtomicBool>,
    /// What was acknowledged: the texts of handsets, and the ids of the customer's messages.
    acknowledged: [Arc<Mutex<BTreeSet<String>>>; 2],
    tasks: JoinSet<()>,
}

impl Traffic {
    fn start(telco: &Smsc, http: SocketAddr) -> Self {
        let mut traffic =
            Self { stop: Arc::default(), acknowledged: Default::default(), tasks: JoinSet::new() };
        for hand in 0..HANDS {
            let (stop, [texts, ids]) = (traffic.stop.clone(), traffic.acknowledged.clone());
            let handset = telco.handset(&format!("{ANI}{hand}"));
            traffic.tasks.spawn(write(handset, stop.clone(), texts));
            traffic.tasks.spawn(send(http, stop, ids));
        }
        traffic
    }

    fn counts(&self) -> [usize; 2] {
        [0, 1].map(|at| self.acknowledged[at].lock().unwrap().len())
    }

    /// All that was acknowledged.
    async fn stop(self) -> BTreeSet<String> {
        self.stop.store(true, Ordering::Relaxed);
        self.tasks.join_all().await;
        let [texts, ids] = self.acknowledged.map(|some| std::mem::take(&mut *some.lock().unwrap()));
        texts.into_iter().chain(ids).collect()
    }
}

/// Messages of handsets, one after another; noted is which the gateway has acknowledged.
async fn write(handset: Handset, stop: Arc<AtomicBool>, acknowledged: Arc<Mutex<BTreeSet<String>>>) {
    for number in 0.. {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        let text = format!("mo {number} of {}", handset.number());
        if handset.send("1234", &text).await.is_ok() {
            acknowledged.lock().unwrap().insert(text);
        } else {
            tokio::time::sleep(NOBODY_THERE).await;
        }
    }
}

/// Messages by HTTP, one after another; noted are the ids of those that were accepted.
async fn send(http: SocketAddr, stop: Arc<AtomicBool>, acknowledged: Arc<Mutex<BTreeSet<String>>>) {
    // Fails when there is one already, and that is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client =
        reqwest::Client::builder().no_proxy().tls_certs_only([]).timeout(ANSWER_TIME).build().unwrap();
    let body = json!({ "from": "SHOP", "to": ANI, "text": "hello" }).to_string();
    while !stop.load(Ordering::Relaxed) {
        let request = client.post(format!("http://{http}/v1/messages")).basic_auth("shop", Some(PASSWORD));
        let answer = request.header("content-type", "application/json").body(body.clone()).send().await;
        match accepted(answer).await {
            Some(id) => drop(acknowledged.lock().unwrap().insert(id)),
            None => tokio::time::sleep(NOBODY_THERE).await,
        }
    }
}

async fn accepted(answer: reqwest::Result<reqwest::Response>) -> Option<String> {
    let answer = answer.ok().filter(|answer| answer.status() == 202)?;
    let body: Value = serde_json::from_slice(&answer.bytes().await.ok()?).unwrap();
    Some(body["id"].as_str().unwrap().to_owned())
}

const KILLS: usize = 6;
/// Handsets, and connections of the customer.
const HANDS: usize = 4;
const NOBODY_THERE: Duration = Duration::from_millis(10);
const ANSWER_TIME: Duration = Duration::from_secs(5);
