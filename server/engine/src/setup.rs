//! The first administrator: while no user exists, a one-time code printed on the server's own terminal lets one be made.
//!
//! Invariant: there is no default account. Five wrong codes make a new code.

use aws_lc_rs::constant_time;
use parking_lot::Mutex;
use rand::Rng;
use xo_store::{NewUser, Secret, Store};

use crate::{Engine, Error, Result};

const WRONG_CODES: u32 = 5;
/// Without characters that are read for one another.
const ALPHABET: &[u8] = b"23456789ABCDEFGHJKMNPQRSTUVWXYZ";

/// How far the server is set up.
#[derive(Debug, Clone)]
pub struct SetupState {
    /// True while no user exists.
    pub required: bool,
    /// Of this server.
    pub version: String,
    /// True while any pool is connected.
    pub connected: bool,
}

#[derive(Debug)]
struct Code {
    text: String,
    wrong: u32,
}

#[derive(Debug)]
pub(crate) struct Setup(Mutex<Code>);

impl Setup {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(Code {
            text: new_code(),
            wrong: 0,
        }))
    }
}

impl Engine {
    /// Whether somebody must set the server up.
    pub fn setup_state(&self) -> SetupState {
        SetupState {
            required: self.directory().is_empty(),
            version: self.options.version.clone(),
            connected: self.pools.any_connected(),
        }
    }

    /// The code to be printed where only the owner of the machine reads; `None` once a user exists.
    pub fn setup_code(&self) -> Option<String> {
        self.directory()
            .is_empty()
            .then(|| self.setup.0.lock().text.clone())
    }

    /// Makes the first administrator, for whoever knows the code. Returns the user's id.
    ///
    /// # Errors
    /// [`Error::Forbidden`] once a user exists, or for a wrong code.
    pub async fn create_first_admin(
        &self,
        code: &str,
        name: &str,
        password: &str,
    ) -> Result<String> {
        self.check_setup_code(code)?;
        let id = Self::create_admin_in(&self.store, name, password, AdminCreation::First).await?;
        self.refresh_directory().await?;
        Ok(id)
    }

    /// Makes an administrator in a store: on the machine's own terminal no code is needed.
    ///
    /// # Errors
    /// [`Error::InvalidParameters`] for a short password, [`Error::AlreadyExists`] for a taken name.
    pub async fn create_admin_in(
        store: &Store,
        name: &str,
        password: &str,
        creation: AdminCreation,
    ) -> Result<String> {
        let (name, password) = (name.trim(), Secret::new(checked_password(password)?));
        let users = store.users();
        let user = match creation {
            AdminCreation::First => users.create_first_admin(name, password).await?,
            AdminCreation::Another => {
                let permission = xo_store::Permission::Admin;
                let name = name.to_owned();
                let new = NewUser {
                    name,
                    password: Some(password),
                    permission,
                    ..NewUser::default()
                };
                users.create(new).await?
            }
        };
        tracing::info!(user = user.name, "administrator created");
        Ok(user.id)
    }

    /// Whether this is the setup code; a wrong one counts.
    ///
    /// # Errors
    /// [`Error::Forbidden`] once a user exists, or for a wrong code.
    pub fn check_setup_code(&self, given: &str) -> Result<()> {
        let forbidden = |reason: &str| {
            Err(Error::Forbidden {
                operation: "setup".into(),
                reason: reason.into(),
            })
        };
        if !self.directory().is_empty() {
            return forbidden("the first administrator exists already: sign in instead");
        }
        let given: String = given
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .map(|c| c.to_ascii_uppercase())
            .collect();
        let mut code = self.setup.0.lock();
        let expected: String = code
            .text
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .collect();
        if constant_time::verify_slices_are_equal(given.as_bytes(), expected.as_bytes()).is_ok() {
            return Ok(());
        }
        code.wrong += 1;
        if code.wrong < WRONG_CODES {
            return forbidden("wrong setup code: it is printed in the server's log at start");
        }
        *code = Code {
            text: new_code(),
            wrong: 0,
        };
        tracing::warn!(
            code = code.text,
            "too many wrong setup codes: the setup code is now this one"
        );
        forbidden("wrong setup code, for the fifth time: a new one was printed in the server's log")
    }
}

/// Whether other users may exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdminCreation {
    /// Fails when a user exists.
    First,
    /// One more.
    Another,
}

/// Long enough to be one.
pub(crate) fn checked_password(password: &str) -> Result<&str> {
    if password.chars().count() < 8 {
        return Err(Error::invalid(
            "password",
            "must have at least 8 characters",
        ));
    }
    Ok(password)
}

/// Ten characters in two groups: 49 bits, and only five tries.
fn new_code() -> String {
    let mut rng = rand::rng();
    let mut code = String::new();
    for i in 0..10 {
        if i == 5 {
            code.push('-');
        }
        if let Some(&c) = ALPHABET.get(rng.random_range(0..ALPHABET.len())) {
            code.push(char::from(c));
        }
    }
    code
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_two_groups_of_five() {
        let code = new_code();
        assert_eq!(code.len(), 11);
        assert_eq!(code.as_bytes()[5], b'-');
        assert_ne!(code, new_code());
    }
}
