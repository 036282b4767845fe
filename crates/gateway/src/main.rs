//! The program `estafet`.

mod cli;

use std::process::ExitCode;

use clap::Parser;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments = cli::Arguments::parse();
    cli::start_logging(&arguments.logging, &arguments.command);
    match cli::run(arguments.command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("estafet: {error:#}");
            ExitCode::FAILURE
        }
    }
}
