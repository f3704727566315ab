//! The program `xoa`: the agent's verbs from a terminal of the appliance.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use clap::Parser;
use xo_appliance::agent::client::Client;
use xo_appliance::command::{Command, Streams, run};

pub fn main() -> ExitCode {
    let command = Command::parse();
    let client = Client::new(&command.socket);
    let mut output = std::io::stdout();
    let is_terminal = output.is_terminal();
    let mut streams = Streams {
        output: &mut output,
        input: &mut std::io::stdin().lock(),
        is_terminal,
    };
    let code = match run(&command, &client, &mut streams) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("xoa: {error}");
            error.code()
        }
    };
    let _ = std::io::stdout().flush();
    ExitCode::from(code)
}
