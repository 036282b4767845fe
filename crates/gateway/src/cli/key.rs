//! `estafet key`

use std::process::ExitCode;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use clap::{Args, ValueEnum};
use gateway::config::ApiKeyHash;

/// Makes a key for the HTTP API, and the lines of the configuration that let it in. The key is shown this
/// once and kept nowhere.
#[derive(Debug, Args)]
pub(crate) struct Key {
    /// Whose or what for it is.
    #[arg(long)]
    name: String,
    /// What may be done with it; may be given more than once.
    #[arg(long, value_enum, required = true)]
    scope: Vec<Scope>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Scope {
    /// Hand messages in.
    Send,
    /// Ask what became of messages.
    Read,
    /// See and settle what could not be told.
    Inbox,
}

impl Key {
    #[allow(clippy::print_stdout)]
    pub(crate) fn run(&self) -> anyhow::Result<ExitCode> {
        let key = format!("estafet_{}", BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>()));
        let scopes: Vec<&str> = self.scope.iter().map(|scope| scope.word()).collect();
        println!("key: {key}\n");
        println!("# Below the [[account]] that it belongs to:");
        println!("[[account.api_key]]");
        println!("name = {}", toml::Value::from(self.name.as_str()));
        println!("hash = \"{}\"", ApiKeyHash::of(&key));
        println!("scopes = {scopes:?}");
        Ok(ExitCode::SUCCESS)
    }
}

impl Scope {
    fn word(self) -> &'static str {
        match self {
            Self::Send => "send",
            Self::Read => "read",
            Self::Inbox => "inbox",
        }
    }
}
