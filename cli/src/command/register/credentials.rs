//! User and password for a sign-in: from the command line, the standard input, or asked for without echo.

use std::io::{BufRead, IsTerminal};

use console::Term;

use crate::arguments::SignIn;
use crate::error::Error;

/// What to sign in with.
pub struct Credentials {
    /// User name.
    pub user: String,
    /// Password.
    pub password: String,
}

/// Completes what the command line says; asks only on a terminal.
pub fn gather(sign_in: &SignIn) -> Result<Credentials, Error> {
    let user = match &sign_in.user {
        Some(user) => user.clone(),
        None => ask("User: ", Echo::Visible)?,
    };
    let password = match sign_in.password.as_deref() {
        Some("-") => first_line(&mut std::io::stdin().lock())?,
        Some(password) => password.to_owned(),
        None => ask("Password: ", Echo::Hidden)?,
    };
    Ok(Credentials { user, password })
}

#[derive(Clone, Copy)]
enum Echo {
    Visible,
    Hidden,
}

fn ask(question: &str, echo: Echo) -> Result<String, Error> {
    let terminal = Term::stderr();
    if !std::io::stdin().is_terminal() || !terminal.is_term() {
        return Err(Error::usage(
            "the user or the password is missing and there is no terminal to ask on",
            "give the user, and `-` to read the password from the standard input",
        ));
    }
    terminal.write_str(question)?;
    let answer = match echo {
        Echo::Visible => terminal.read_line(),
        Echo::Hidden => terminal.read_secure_line(),
    }?;
    Ok(answer)
}

/// The first line without its end; an empty input is an error.
fn first_line(input: &mut impl BufRead) -> Result<String, Error> {
    let mut line = String::new();
    input.read_line(&mut line)?;
    let password = line.trim_end_matches(['\r', '\n']);
    if password.is_empty() {
        return Err(Error::usage("no password came from the standard input", ""));
    }
    Ok(password.to_owned())
}

#[cfg(test)]
mod tests {
    use super::first_line;

    #[test]
    fn a_password_is_one_line_and_keeps_its_blanks() {
        assert_eq!(first_line(&mut "a b \r\nrest".as_bytes()).unwrap(), "a b ");
        assert!(first_line(&mut "\n".as_bytes()).is_err());
        assert!(first_line(&mut "".as_bytes()).is_err());
    }
}
