//! One file per command; here is what they share: reading the command line and telling the outcome.

mod call;
mod completion;
mod deploy;
mod list_commands;
mod list_objects;
mod register;
mod rest;
mod transfer;
mod watch;

use std::ffi::OsString;

use clap::Parser;

use crate::arguments::{Arguments, Command};
use crate::configuration::Configuration;
use crate::error::{Error, exit};
use crate::{output, spelling};

pub use completion::Shell;

/// Runs the command that the arguments (without the program's name) ask for; returns the exit code.
pub async fn run(arguments: Vec<OsString>) -> u8 {
    let words: Result<Vec<String>, _> = arguments.into_iter().map(OsString::into_string).collect();
    let Ok(words) = words else {
        output::failure(&Error::usage("an argument is not UTF-8 text", ""));
        return exit::USAGE;
    };
    let words = std::iter::once("xo-cli".to_owned()).chain(spelling::modernise(words));
    let arguments = match Arguments::try_parse_from(words) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version arrive here too. A closed output is no reason to fail.
            let _ = error.print();
            return if error.exit_code() == 0 {
                exit::OK
            } else {
                exit::USAGE
            };
        }
    };
    match execute(arguments).await {
        Ok(()) => exit::OK,
        Err(error) => {
            output::failure(&error);
            error.exit_code()
        }
    }
}

async fn execute(Arguments { options, command }: Arguments) -> Result<(), Error> {
    match command {
        Command::Register(sign_in) => register::register(&options, sign_in).await,
        Command::CreateToken(sign_in) => register::create_token(&options, sign_in).await,
        Command::Unregister => unregister(),
        Command::ListCommands { patterns } => list_commands::run(&options, &patterns).await,
        Command::ListObjects { words } => list_objects::run(options, words).await,
        Command::Rest { request } => rest::run(&options, request).await,
        Command::Watch { ndjson } => watch::run(&options, ndjson).await,
        Command::Completion { shell } => completion::run(shell),
        Command::Deploy(words) => deploy::run(&options, *words).await,
        Command::Version => output::line(concat!("xo-cli ", env!("CARGO_PKG_VERSION"))),
        Command::Call(words) => call::run(options, words).await,
    }
}

/// Forgets the server. Nothing is said to it: its token stays valid until it expires or is revoked.
fn unregister() -> Result<(), Error> {
    let mut configuration = Configuration::load()?;
    if configuration.unregister() {
        configuration.save()
    } else {
        output::note("nothing was registered");
        Ok(())
    }
}
