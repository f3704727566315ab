//! `completion`: a script that completes commands and options in a shell.

use clap::{CommandFactory, ValueEnum};

use crate::arguments::Arguments;
use crate::error::Error;
use crate::output;

/// The shells that are served.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Shell {
    /// GNU Bash
    Bash,
    /// The Z shell
    Zsh,
    /// The friendly interactive shell
    Fish,
}

/// Prints the script.
pub fn run(shell: Shell) -> Result<(), Error> {
    let generator = match shell {
        Shell::Bash => clap_complete::Shell::Bash,
        Shell::Zsh => clap_complete::Shell::Zsh,
        Shell::Fish => clap_complete::Shell::Fish,
    };
    let mut script = Vec::new();
    clap_complete::generate(generator, &mut Arguments::command(), "xo-cli", &mut script);
    output::line(String::from_utf8_lossy(&script).trim_end())
}
