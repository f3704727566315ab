//! The first administrator: while no user exists, a one-time code printed on the server's own terminal lets one be made.
//!
//! Invariant: there is no default account. Five wrong codes make a new code.

use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::constant_time;
use parking_lot::Mutex;
use rand::Rng;
use serde_json::{Map, Value};
use tokio::sync::watch;
use xo_store::{NewToken, NewUser, Permission, Secret, Store, User, UserChange};

use crate::{Engine, Error, Result};

const WRONG_CODES: u32 = 5;
const SELF_TEST_MS: i64 = 15 * 60_000;
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
    /// True where the appliance's agent is.
    pub appliance: bool,
}

#[derive(Debug)]
struct Code {
    text: String,
    wrong: u32,
}

#[derive(Debug)]
pub(crate) struct Setup {
    code: Mutex<Code>,
    /// Told when there is another code.
    renewed: watch::Sender<()>,
}

impl Setup {
    pub(crate) fn new() -> Self {
        let text = new_code();
        Self {
            code: Mutex::new(Code { text, wrong: 0 }),
            renewed: watch::Sender::new(()),
        }
    }
}

impl Engine {
    /// Whether somebody must set the server up.
    pub fn setup_state(&self) -> SetupState {
        SetupState {
            required: self.directory().is_empty(),
            version: self.options.version.clone(),
            connected: self.pools.any_connected(),
            appliance: self.appliance.is_there(),
        }
    }

    /// The code to be printed where only the owner of the machine reads; `None` once a user exists.
    pub fn setup_code(&self) -> Option<String> {
        self.directory()
            .is_empty()
            .then(|| self.setup.code.lock().text.clone())
    }

    /// Tells the code now, and each time that there is another one or none any more; until the engine stops.
    pub async fn follow_setup_code(&self, mut tell: impl FnMut(Option<&str>) + Send) {
        let (mut directory, mut renewed) =
            (self.directory_changes(), self.setup.renewed.subscribe());
        let mut told: Option<Option<String>> = None;
        loop {
            let code = self.setup_code();
            if told.as_ref() != Some(&code) {
                tell(code.as_deref());
                told = Some(code);
            }
            let changed = tokio::select! {
                () = self.stopping.cancelled() => return,
                changed = directory.changed() => changed,
                changed = renewed.changed() => changed,
            };
            if changed.is_err() {
                return;
            }
        }
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
                let permission = Permission::Admin;
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

    /// The names of a store's administrators, in order.
    ///
    /// # Errors
    /// The store's.
    pub async fn administrators_in(store: &Store) -> Result<Vec<String>> {
        let users = store.users().list().await?;
        let admins = users.into_iter().filter(is_administrator);
        let mut names: Vec<String> = admins.map(|user| user.name).collect();
        names.sort();
        Ok(names)
    }

    /// Gives an administrator another password, takes the second factor away and ends all sessions: for whoever is at the machine's own
    /// terminal. A server that runs may remember the old sign-ins for a minute.
    ///
    /// # Errors
    /// [`Error::NoSuchObject`] for somebody who is no administrator, [`Error::InvalidParameters`] for a short password.
    pub async fn reset_password_in(store: &Store, name: &str, password: &str) -> Result<()> {
        let password = Secret::new(checked_password(password)?);
        let found = store.users().find_by_name(name).await?;
        let user = found
            .filter(is_administrator)
            .ok_or_else(|| Error::no_such(name, "administrator"))?;
        let change = UserChange {
            password: Some(password),
            preferences: Some(Map::from_iter([("otp".to_owned(), Value::Null)])),
            ..UserChange::default()
        };
        store.users().update(&user.id, change).await?;
        store.tokens().delete_of_user(&user.id, None).await?;
        tracing::info!(
            user = user.name,
            "the password was reset, sessions and second factor are gone"
        );
        Ok(())
    }

    /// A token of the first administrator by name, good for a quarter of an hour; the one that was made so before ends.
    ///
    /// # Errors
    /// The store's.
    pub async fn self_test_token_in(store: &Store, now: SystemTime) -> Result<Option<String>> {
        let mut admins = store.users().list().await?;
        admins.retain(is_administrator);
        let Some(admin) = admins.into_iter().min_by(|a, b| a.name.cmp(&b.name)) else {
            return Ok(None);
        };
        let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        let now_ms = i64::try_from(since.as_millis()).unwrap_or_default();
        let client = Map::from_iter([("id".to_owned(), Value::from("self-test"))]);
        let new = NewToken {
            user_id: admin.id,
            expires_at_ms: now_ms.saturating_add(SELF_TEST_MS),
            description: Some("self-test of the sign-in".to_owned()),
            client: Some(client),
        };
        let issued = store.tokens().create(new, now_ms).await?;
        Ok(Some(issued.secret.expose().to_owned()))
    }

    /// The server shows another certificate: the appliance tells the pool. Elsewhere nobody needs to know.
    ///
    /// # Errors
    /// The agent's: the pool was not told.
    pub async fn certificate_changed(&self) -> Result<()> {
        match self.appliance.ask("certificate-changed", Map::new()).await {
            Ok(_) | Err(Error::NotAppliance) => Ok(()),
            Err(error) => Err(error),
        }
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
        let mut code = self.setup.code.lock();
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
            return forbidden(
                "wrong setup code: it stands in the server's log, and the last one there counts",
            );
        }
        *code = Code {
            text: new_code(),
            wrong: 0,
        };
        tracing::warn!(
            code = code.text,
            "too many wrong setup codes: the setup code is now this one"
        );
        self.setup.renewed.send_replace(());
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

fn is_administrator(user: &User) -> bool {
    user.permission == Permission::Admin
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
