//! Strangers who guess at passwords, from many addresses at a time, while owners come and go.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use argon2::{Argon2, PasswordHasher};
use reqwest::Client;
use smpp::CommandStatus;
use tokio::task::JoinSet;

use crate::harness::{PASSWORD, TestGateway, Wire, account, until};

/// An account whose password the gateway knows by a hash alone, of the usual cost.
fn hashed(name: &str, password: &str, more: &str) -> String {
    let hash = Argon2::default().hash_password_with_salt(password.as_bytes(), b"salt of the tests").unwrap();
    format!("[[account]]\nname = \"{name}\"\npassword_hash = \"{hash}\"\n{more}\n")
}

/// How often the guessers were refused.
#[derive(Default)]
struct Refusals {
    binds: AtomicUsize,
    calls: AtomicUsize,
    unheard: AtomicUsize,
}

/// Guessers at `shop` from [`ADDRESSES`], by SMPP and HTTP, until they are dropped.
fn besiege(gateway: &Arc<TestGateway>) -> (JoinSet<()>, Arc<Refusals>) {
    let (mut guessers, refusals) = (JoinSet::new(), Arc::new(Refusals::default()));
    for number in 0..ADDRESSES * PER_ADDRESS {
        let host = [127, 0, 0, 100 + number % ADDRESSES];
        guessers.spawn(guess_by_smpp(gateway.clone(), host, refusals.clone()));
        guessers.spawn(guess_by_http(gateway.clone(), host, refusals.clone()));
    }
    (guessers, refusals)
}

async fn guess_by_smpp(gateway: Arc<TestGateway>, host: [u8; 4], refusals: Arc<Refusals>) {
    loop {
        let mut wire = Wire::connect_from(host, &gateway).await;
        assert_eq!(wire.status_of_bind("shop", "a guess").await, CommandStatus::BINDFAIL);
        refusals.binds.fetch_add(1, Ordering::Relaxed);
    }
}

async fn guess_by_http(gateway: Arc<TestGateway>, host: [u8; 4], refusals: Arc<Refusals>) {
    let client = Client::builder().no_proxy().local_address(std::net::IpAddr::from(host));
    let client = client.tls_certs_only([]).build().unwrap();
    let url = format!("http://{}/v1/messages", gateway.gateway().http_address().unwrap());
    loop {
        let answer = client.get(&url).basic_auth("shop", Some("a guess")).send().await.unwrap();
        match answer.status().as_u16() {
            401 => refusals.calls.fetch_add(1, Ordering::Relaxed),
            429 => {
                assert!(answer.headers().contains_key("retry-after"));
                refusals.unheard.fetch_add(1, Ordering::Relaxed)
            }
            other => panic!("{other}"),
        };
    }
}

/// Binds from the owners' address, and says how long it took.
async fn bind(gateway: &TestGateway, account: &str, password: &str) -> Duration {
    let mut wire = Wire::connect_from(HOME, gateway).await;
    let since = Instant::now();
    assert_eq!(wire.status_of_bind(account, password).await, CommandStatus::OK);
    since.elapsed()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn owners_are_served_where_they_are_at_home_while_strangers_guess() {
    // S-9: ABU-1
    let bank = || hashed("bank", PASSWORD, "allow_from = [\"127.0.0.1/32\"]");
    let gateway = Arc::new(TestGateway::with([bank(), hashed("shop", PASSWORD, "")]).await);
    let shop = gateway.caller("shop");
    assert_eq!(shop.search(&[]).await.status, 200);

    let (mut guessers, refusals) = besiege(&gateway);
    let guessed = || refusals.binds.load(Ordering::Relaxed) + refusals.unheard.load(Ordering::Relaxed);
    let all = usize::from(ADDRESSES * PER_ADDRESS);
    until("the siege", async || guessed() > 2 * all).await;

    let first = bind(&gateway, "bank", PASSWORD).await;
    assert!(first < BOUND, "by allow_from alone, with a hash to verify: {first:?}");
    gateway.reload([bank(), hashed("shop", "hunter33", "")]);
    let changed = bind(&gateway, "shop", "hunter33").await;
    assert!(changed < BOUND, "where the account came in before, with a hash to verify: {changed:?}");
    for _ in 0..20 {
        let again = bind(&gateway, "bank", PASSWORD).await + bind(&gateway, "shop", "hunter33").await;
        assert!(again < BOUND, "{again:?}");
    }
    until("more guesses", async || guessed() > 4 * all).await;
    let metrics = gateway.caller("bank").metrics().await;
    guessers.abort_all();
    while let Some(ended) = guessers.join_next().await {
        assert!(ended.is_err_and(|error| error.is_cancelled()), "a guesser was answered otherwise");
    }

    assert!(metrics.contains("estafet_login_sieges_total{link=\"shop\"}"), "{metrics}");
    assert!(!metrics.contains("estafet_logins_failed_total{link=\"bank\"}"), "{metrics}");
    assert!(refusals.calls.load(Ordering::Relaxed) > 0 && refusals.unheard.load(Ordering::Relaxed) > 0);
}

#[tokio::test]
async fn an_address_that_guesses_is_heard_no_more_and_others_are() {
    // S-9: ABU-1
    let gateway = TestGateway::with([account("bank", ""), account("shop", "")]).await;
    let guesser = [127, 0, 0, 66];
    let mut guesses = JoinSet::new();
    for number in 0..30 {
        let mut wire = Wire::connect_from(guesser, &gateway).await;
        let account = ["bank", "shop", "nobody"][number % 3];
        guesses.spawn(async move { wire.status_of_bind(account, "a guess").await });
    }
    assert!(guesses.join_all().await.iter().all(|status| *status == CommandStatus::BINDFAIL));

    let mut wire = Wire::connect_from(guesser, &gateway).await;
    let since = Instant::now();
    assert_eq!(wire.status_of_bind("bank", PASSWORD).await, CommandStatus::BINDFAIL, "not heard");
    assert!(since.elapsed() >= Duration::from_secs(1), "{:?}", since.elapsed());
    assert!(bind(&gateway, "bank", PASSWORD).await < BOUND);
}

/// Where the owners are.
const HOME: [u8; 4] = [127, 0, 0, 1];
/// Where the guessers are, and how many of each protocol are at each.
const ADDRESSES: u8 = 12;
const PER_ADDRESS: u8 = 5;
/// What an owner waits at most. Without lanes it would be the time of a hash for each guesser.
const BOUND: Duration = Duration::from_secs(2);
