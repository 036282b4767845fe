//! `estafet key`

use std::process::ExitCode;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use clap::{Args, ValueEnum};
use gateway::config::{ApiKeyHash, RequestSecret};

/// Makes a key for the HTTP API, and the lines of the configuration that let it in. The key is shown this
/// once and kept nowhere; but the secret of one that requests are signed with stands in the configuration.
#[derive(Debug, Args)]
pub(crate) struct Key {
    /// Whose or what for it is.
    #[arg(long)]
    name: String,
    /// What may be done with it; may be given more than once.
    #[arg(long, value_enum, required = true)]
    scope: Vec<Scope>,
    /// A key that requests are signed with and that is never sent.
    #[arg(long)]
    signed: bool,
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
    pub(crate) fn run(&self) -> anyhow::Result<ExitCode> {
        if self.signed {
            self.print_signing_key();
        } else {
            self.print_api_key();
        }
        Ok(ExitCode::SUCCESS)
    }

    #[allow(clippy::print_stdout)]
    fn print_api_key(&self) {
        let key = format!("estafet_{}", BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>()));
        println!("key: {key}\n");
        println!("# Below the [[account]] that it belongs to:");
        println!("[[account.api_key]]");
        println!("name = {}", toml::Value::from(self.name.as_str()));
        println!("hash = \"{}\"", ApiKeyHash::of(&key));
        println!("scopes = {:?}", self.scopes());
    }

    #[allow(clippy::print_stdout)]
    fn print_signing_key(&self) {
        let secret = RequestSecret::from(rand::random::<[u8; 32]>()).expose_base64();
        println!("# Below the [[account]] that it belongs to; who signs needs the secret too, and calls the");
        println!("# key by the names of both: keyid=\"ACCOUNT/{}\"", self.name);
        println!("[[account.signing_key]]");
        println!("name = {}", toml::Value::from(self.name.as_str()));
        println!("secret = \"{secret}\"");
        println!("scopes = {:?}", self.scopes());
    }

    fn scopes(&self) -> Vec<&str> {
        self.scope.iter().map(|scope| scope.word()).collect()
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
