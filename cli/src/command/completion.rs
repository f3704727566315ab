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
    output::line(script(generator).trim_end())
}

fn script(shell: clap_complete::Shell) -> String {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "xo-cli", &mut script);
    let script = String::from_utf8_lossy(&script);
    // For bash, clap_complete 4.6 takes the hyphen of our name for the border of a subcommand in one of two places.
    script.replace("xo__subcmd__cli", "xo__cli")
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    /// What bash offers after these words.
    fn offered(words: &[&str]) -> String {
        let last = words.len() - 1;
        let asked = format!(
            "{}\nCOMP_WORDS=({}); COMP_CWORD={last}; _xo__cli xo-cli '{}' '{}'; echo \"${{COMPREPLY[@]}}\"",
            script(clap_complete::Shell::Bash),
            words
                .iter()
                .map(|word| format!("'{word}'"))
                .collect::<Vec<_>>()
                .join(" "),
            words[last],
            words[last - 1],
        );
        let told = Command::new("bash").args(["-c", &asked]).output().unwrap();
        String::from_utf8(told.stdout).unwrap()
    }

    #[test]
    fn bash_completes_subcommands_and_what_follows_them() {
        assert!(offered(&["xo-cli", "reg"]).contains("register"));
        assert!(offered(&["xo-cli", "rest", "p"]).contains("patch"));
        assert!(offered(&["xo-cli", "register", "--"]).contains("--expiresIn"));
    }
}
