//! Sign-ins that were checked a moment ago, so that a client that sends its token or password with every request is not checked against
//! the database, or by a slow password hash, every time.
//!
//! Invariant: a revocation takes effect at once. Whatever takes a right to sign in away calls [`Recent::forget_all`], and a check that
//! began before that is not remembered after it.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_lc_rs::hmac;
use parking_lot::Mutex;
use rand::RngCore;
use tokio::sync::watch;

use crate::{Caller, Credentials, Engine, Result};

/// How long a check holds. A token's own end is looked at for every call besides.
const HOLDS: Duration = Duration::from_secs(60);
const LIMIT: usize = 10_000;

/// A keyed hash of credentials and address: secrets are not kept.
type Key = [u8; 32];

#[derive(Debug, Clone)]
struct Entry {
    user: Arc<str>,
    expires_at: Option<i64>,
    token: Option<Arc<str>>,
    until: Instant,
}

#[derive(Debug, Default)]
struct Entries {
    by_key: HashMap<Key, Entry>,
    /// How many times everything was forgotten.
    epoch: u64,
}

/// The recent sign-ins.
pub(crate) struct Recent {
    secret: hmac::Key,
    entries: Mutex<Entries>,
    forgotten: watch::Sender<()>,
}

impl Default for Recent {
    fn default() -> Self {
        let mut secret = [0; 32];
        rand::rng().fill_bytes(&mut secret);
        Self {
            secret: hmac::Key::new(hmac::HMAC_SHA256, &secret),
            entries: Mutex::default(),
            forgotten: watch::Sender::new(()),
        }
    }
}

impl Recent {
    /// Forgets everything: a token, a password or a user changed.
    pub(crate) fn forget_all(&self) {
        let mut entries = self.entries.lock();
        entries.by_key.clear();
        entries.epoch += 1;
        drop(entries);
        self.forgotten.send_replace(());
    }

    /// Wakes whenever everything was forgotten.
    pub(crate) fn watch(&self) -> watch::Receiver<()> {
        self.forgotten.subscribe()
    }

    fn key(&self, credentials: &Credentials, from: Option<IpAddr>) -> Key {
        let mut context = hmac::Context::with_key(&self.secret);
        let mut add = |part: &str| {
            context.update(&(part.len() as u64).to_le_bytes());
            context.update(part.as_bytes());
        };
        match credentials {
            Credentials::Token(token) => add(token),
            Credentials::Password {
                name,
                password,
                otp,
            } => {
                add(name);
                add(password);
                add(otp.as_deref().unwrap_or_default());
            }
        }
        if let Some(from) = from {
            context.update(from.to_string().as_bytes());
        }
        let mut key = [0; 32];
        for (byte, made) in key.iter_mut().zip(context.sign().as_ref()) {
            *byte = *made;
        }
        key
    }

    fn find(&self, key: &Key, now: Instant) -> Result<Entry, u64> {
        let entries = self.entries.lock();
        let entry = entries.by_key.get(key).filter(|entry| entry.until > now);
        entry.cloned().ok_or(entries.epoch)
    }

    fn keep(&self, key: Key, entry: Entry, epoch: u64, now: Instant) {
        let mut entries = self.entries.lock();
        if entries.epoch != epoch {
            return;
        }
        if entries.by_key.len() >= LIMIT {
            entries.by_key.retain(|_, entry| entry.until > now);
        }
        if entries.by_key.len() >= LIMIT {
            entries.by_key.clear();
        }
        entries.by_key.insert(key, entry);
    }
}

impl Engine {
    /// Who sends these credentials, for requests that carry them each time: checked once a minute at most.
    ///
    /// # Errors
    /// As [`Engine::sign_in`].
    pub async fn authenticate(
        &self,
        credentials: Credentials,
        from: Option<IpAddr>,
    ) -> Result<Caller> {
        let key = self.recent.key(&credentials, from);
        let epoch = match self.recent.find(&key, Instant::now()) {
            Ok(known) => {
                return Ok(Caller {
                    user: Some(known.user),
                    expires_at: known.expires_at,
                    token: known.token,
                    address: from,
                });
            }
            Err(epoch) => epoch,
        };
        let caller = self.sign_in(credentials, from).await?.caller;
        if let Some(user) = caller.user.clone() {
            let now = Instant::now();
            let entry = Entry {
                user,
                expires_at: caller.expires_at,
                token: caller.token.clone(),
                until: now + HOLDS,
            };
            self.recent.keep(key, entry, epoch, now);
        }
        Ok(caller)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(now: Instant) -> Entry {
        Entry {
            user: "u".into(),
            expires_at: None,
            token: None,
            until: now + HOLDS,
        }
    }

    fn token(text: &str) -> Credentials {
        Credentials::Token(text.into())
    }

    #[test]
    fn a_check_holds_for_a_minute_and_for_the_same_address_only() {
        let (recent, now) = (Recent::default(), Instant::now());
        let here = Some(IpAddr::from([10, 0, 0, 1]));
        let key = recent.key(&token("secret"), here);
        let epoch = recent.find(&key, now).unwrap_err();
        recent.keep(key, entry(now), epoch, now);
        assert_eq!(&*recent.find(&key, now).unwrap().user, "u");
        assert!(recent.find(&key, now + HOLDS).is_err());
        assert!(
            recent
                .find(&recent.key(&token("secret"), None), now)
                .is_err()
        );
        assert!(
            recent
                .find(&recent.key(&token("other"), here), now)
                .is_err()
        );
    }

    #[test]
    fn name_and_password_are_not_run_together() {
        let recent = Recent::default();
        let of = |name: &str, password: &str| {
            recent.key(
                &Credentials::Password {
                    name: name.into(),
                    password: password.into(),
                    otp: None,
                },
                None,
            )
        };
        assert_ne!(of("ab", "c"), of("a", "bc"));
        assert_eq!(of("ab", "c"), of("ab", "c"));
    }

    #[test]
    fn a_check_that_began_before_a_revocation_is_not_remembered_after_it() {
        let (recent, now) = (Recent::default(), Instant::now());
        let key = recent.key(&token("secret"), None);
        let epoch = recent.find(&key, now).unwrap_err();
        recent.forget_all();
        recent.keep(key, entry(now), epoch, now);
        assert!(recent.find(&key, now).is_err());
    }

    #[test]
    fn entries_are_bounded() {
        let (recent, now) = (Recent::default(), Instant::now());
        for i in 0..=LIMIT {
            let key = recent.key(&token(&i.to_string()), None);
            recent.keep(key, entry(now), 0, now);
        }
        assert!(recent.entries.lock().by_key.len() <= LIMIT);
    }
}
