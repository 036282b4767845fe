//! The door with accounts, in virtual time.

#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use argon2::{Algorithm, Argon2, Params, PasswordHasher, Version};

use sms::Timestamp;
use tokio::time::Instant;

use super::visitor::CROWDED_FOR;
use super::*;
use crate::config::{Config, PasswordHash};
use crate::directory::Directory;

/// A hash that takes less than a millisecond.
pub(super) fn hash(password: &str) -> PasswordHash {
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(8, 1, 1, None).unwrap());
    let hash = argon2.hash_password_with_salt(password.as_bytes(), b"salt of the tests").unwrap();
    PasswordHash::try_from(hash.to_string()).unwrap()
}

fn directory() -> Directory {
    let text = format!(
        "data_dir = \"data\"\n\
         [[account]]\nname = \"bank\"\npassword_hash = \"{}\"\n\
         [[account]]\nname = \"shop\"\npassword = \"hunter22\"\n\
         [[account]]\nname = \"far\"\npassword = \"hunter22\"\nallow_from = [\"203.0.113.0/24\"]\n",
        hash("hunter22").as_str()
    );
    let config = Config::parse(&text, Path::new("test.toml")).unwrap();
    let routes = config.route_table().map_err(|problem| problem.what).unwrap();
    Directory::new(&config, routes, None)
}

fn door() -> Door {
    Door::new(LoginMetrics::default(), Timestamp(0))
}

async fn knock(
    door: &Door,
    directory: &Directory,
    from: &str,
    login: (&str, &str),
) -> Result<String, Refused> {
    let visitor = Visitor { address: from.parse().unwrap(), entrance: Entrance::Http };
    let shown = Credentials { account: login.0.to_owned(), password: login.1.into() };
    Ok(door.admit(directory, &visitor, shown).await?.name().to_string())
}

// S-9, ABU-1
#[tokio::test(start_paused = true)]
async fn whatever_is_wrong_is_answered_alike_after_a_second() {
    let (door, directory) = (door(), directory());
    for login in [("nobody", "hunter22"), ("bank", "hunter23"), ("shop", ""), ("far", "hunter22")] {
        let since = Instant::now();
        assert_eq!(knock(&door, &directory, "192.0.2.1", login).await, Err(Refused::Wrong), "{login:?}");
        assert_eq!(since.elapsed(), Duration::from_secs(1), "{login:?}");
    }
    let since = Instant::now();
    assert_eq!(knock(&door, &directory, "203.0.113.9", ("far", "hunter22")).await, Ok("far".to_owned()));
    assert_eq!(knock(&door, &directory, "192.0.2.1", ("shop", "hunter22")).await, Ok("shop".to_owned()));
    assert_eq!(since.elapsed(), Duration::ZERO, "what is right need not wait");
}

// S-9, ABU-1
#[tokio::test(start_paused = true)]
async fn who_guesses_is_not_heard_whether_the_account_exists_or_not() {
    let directory = directory();
    let mut ends = Vec::new();
    for account in ["bank", "nobody", "far"] {
        let door = door();
        let mut answers = Vec::new();
        for _ in 0..12 {
            answers.push(knock(&door, &directory, "192.0.2.1", (account, "a guess")).await);
        }
        assert_eq!(answers[..9], vec![Err(Refused::Wrong); 9]);
        ends.push(answers[9..].to_vec());
        let right = knock(&door, &directory, "192.0.2.2", ("shop", "hunter22")).await;
        assert_eq!(right, Ok("shop".to_owned()), "elsewhere nobody guessed");
    }
    assert!(ends[0].iter().any(|answer| matches!(answer, Err(Refused::Unheard(_)))), "{ends:?}");
    assert!(ends.windows(2).all(|pair| pair[0] == pair[1]), "{ends:?}");
}

// ABU-1
#[tokio::test(start_paused = true)]
async fn who_guessed_right_at_last_is_not_heard_either() {
    let (door, directory) = (door(), directory());
    for _ in 0..20 {
        let _ = knock(&door, &directory, "192.0.2.1", ("shop", "a guess")).await;
    }
    let answer = knock(&door, &directory, "192.0.2.1", ("shop", "hunter22")).await;
    assert!(matches!(answer, Err(Refused::Unheard(_))), "{answer:?}");
}

// ABU-1
#[tokio::test(start_paused = true)]
async fn an_owner_is_heard_where_he_came_in_before_whatever_others_fail() {
    let (door, directory) = (door(), directory());
    for login in [("bank", "hunter22"), ("shop", "hunter22")] {
        assert!(knock(&door, &directory, "192.0.2.1", login).await.is_ok());
    }
    for number in 0..100 {
        let guess = ("bank", "a guess");
        let others = format!("198.51.100.{number}");
        // From everywhere, and somebody even behind his own address.
        let _ = tokio::join!(
            knock(&door, &directory, &others, guess),
            knock(&door, &directory, "192.0.2.1", guess),
            knock(&door, &directory, "192.0.2.1", ("nobody", "a guess"))
        );
    }
    let since = Instant::now();
    assert_eq!(knock(&door, &directory, "192.0.2.1", ("bank", "hunter22")).await, Ok("bank".to_owned()));
    assert_eq!(knock(&door, &directory, "192.0.2.1", ("shop", "hunter22")).await, Ok("shop".to_owned()));
    assert_eq!(since.elapsed(), Duration::ZERO);
}

// ABU-1
#[tokio::test(start_paused = true)]
async fn strangers_who_crowd_are_refused_and_have_not_failed() {
    let (door, directory) = (door(), directory());
    assert!(knock(&door, &directory, "192.0.2.1", ("bank", "hunter22")).await.is_ok());
    let mut turns = Vec::new();
    while let Some(turn) = door.lanes.turn(false).await {
        turns.push(turn);
    }
    for login in [("nobody", "x"), ("far", "hunter22"), ("shop", "x")] {
        let answer = knock(&door, &directory, "198.51.100.1", login).await;
        assert_eq!(answer, Err(Refused::Unheard(CROWDED_FOR)), "{login:?}");
    }
    assert_eq!(
        knock(&door, &directory, "203.0.113.9", ("far", "x")).await,
        Err(Refused::Wrong),
        "it is at home"
    );
    turns.clear();
    assert_eq!(knock(&door, &directory, "198.51.100.1", ("bank", "hunter22")).await, Ok("bank".to_owned()));
}

// ABU-1
#[tokio::test(start_paused = true)]
async fn a_changed_account_is_at_home_where_it_was() {
    let (door, before) = (door(), directory());
    assert!(knock(&door, &before, "192.0.2.1", ("shop", "hunter22")).await.is_ok());
    let text = "data_dir = \"data\"\n[[account]]\nname = \"shop\"\npassword = \"another\"\n";
    let config = Config::parse(text, Path::new("test.toml")).unwrap();
    let routes = config.route_table().map_err(|problem| problem.what).unwrap();
    let directory = Directory::new(&config, routes, Some(&before));
    assert!(directory.accounts["shop"].access().home.has("192.0.2.1".parse().unwrap()));
    assert_eq!(knock(&door, &directory, "192.0.2.1", ("shop", "hunter22")).await, Err(Refused::Wrong));
    assert!(knock(&door, &directory, "192.0.2.1", ("shop", "another")).await.is_ok());
}

#[tokio::test]
async fn a_new_key_leaves_the_sessions_of_its_account_alone() {
    let before = directory();
    let key = format!(
        "[[account.api_key]]\nname = \"cron\"\nhash = \"{}\"\nscopes = [\"send\"]\n",
        crate::config::ApiKeyHash::of("a key")
    );
    let text = format!("data_dir = \"data\"\n[[account]]\nname = \"shop\"\npassword = \"hunter22\"\n{key}");
    let config = Config::parse(&text, Path::new("test.toml")).unwrap();
    let routes = config.route_table().map_err(|problem| problem.what).unwrap();
    let directory = Directory::new(&config, routes, Some(&before));
    assert!(Arc::ptr_eq(&directory.accounts["shop"], &before.accounts["shop"]));
    let held = door().admit_key(&directory, "192.0.2.1".parse().unwrap(), "a key").await;
    assert!(held.is_ok_and(|holder| Arc::ptr_eq(&holder.account, &before.accounts["shop"])));
}
