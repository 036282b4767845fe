//! `estafet import`: the configuration of another gateway, in ours.

mod draft;
mod endpoint;
mod jasmin;
mod kannel;
mod report;
mod source;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Subcommand};
use gateway::config::Config;

use draft::Draft;
use report::Report;

/// Turns the configuration of another gateway into one of Estafet, and says what it could not carry over.
#[derive(Debug, Subcommand)]
pub(crate) enum Import {
    /// Reads a kannel.conf, with what it includes.
    Kannel(Kannel),
    /// Reads jasmin.cfg and scripts or transcripts of jcli, in any order.
    Jasmin(Jasmin),
}

#[derive(Debug, Args)]
pub(crate) struct Kannel {
    /// The configuration of bearerbox and smsbox.
    file: PathBuf,
    #[command(flatten)]
    to: Destination,
}

#[derive(Debug, Args)]
pub(crate) struct Jasmin {
    /// Files in which commands of jcli or sections of jasmin.cfg stand.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    to: Destination,
}

#[derive(Debug, Args)]
struct Destination {
    /// Where the configuration is written; otherwise to standard output. It has passwords in it.
    #[arg(long)]
    output: Option<PathBuf>,
}

impl Import {
    pub(crate) fn run(&self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Kannel(import) => import.to.write(kannel::import(&import.file)?),
            Self::Jasmin(import) => import.to.write(jasmin::import(&import.files)?),
        }
    }
}

impl Destination {
    fn write(&self, (draft, report): (Draft, Report)) -> anyhow::Result<ExitCode> {
        let text = draft.to_string();
        eprint!("{report}");
        match &self.output {
            Some(path) => {
                write_secret(path, &text).with_context(|| format!("cannot write {}", path.display()))?
            }
            None => std::io::stdout().write_all(text.as_bytes())?,
        }
        let name = self.output.as_deref().unwrap_or(Path::new("standard output"));
        Config::parse(&text, name).context("what came out is no configuration yet")?;
        Ok(ExitCode::SUCCESS)
    }
}

/// A new file that only its owner reads.
fn write_secret(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(text.as_bytes())
}
