//! The second factor: one-time passwords (TOTP, RFC 6238) of users who keep a secret, in base32, in their preference `otp`, where Xen
//! Orchestra keeps it. Tokens need none (`xo-protocol.md` section 2, Session methods).
//!
//! Invariant: a code is taken once, and nothing older than the last one that was taken.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use serde_json::Value;
use totp_rs::{Builder, Secret};
use xo_store::User;

use crate::{Credentials, Engine, Error, Result};

/// How long the page waits for the code after the password.
const HOLDS: Duration = Duration::from_secs(300);
const MAX_HELD: usize = 1000;

/// Codes that were taken, and sign-ins of browsers that wait for theirs.
#[derive(Debug, Default)]
pub(crate) struct SecondFactor {
    /// The time step of each user's last code.
    taken: Mutex<HashMap<String, u64>>,
    held: Mutex<HashMap<String, (Credentials, Instant)>>,
}

impl SecondFactor {
    /// Checks the code of a user who needs one, at a time in seconds since the epoch.
    ///
    /// # Errors
    /// [`Error::OtpRequired`] without a code, [`Error::InvalidCredentials`] for a wrong or used one.
    pub(crate) fn check(&self, user: &User, code: Option<&str>, now_s: u64) -> Result<()> {
        let secret = match user.preferences.get("otp") {
            None | Some(Value::Null) => return Ok(()),
            Some(secret) => secret.as_str().unwrap_or_default(),
        };
        let code = code.map(str::trim).filter(|code| !code.is_empty());
        let code = code.ok_or(Error::OtpRequired)?;
        let step = step_of(secret, code, now_s).ok_or(Error::InvalidCredentials)?;
        let mut taken = self.taken.lock();
        if taken.get(&user.id).is_some_and(|last| *last >= step) {
            return Err(Error::InvalidCredentials);
        }
        taken.insert(user.id.clone(), step);
        Ok(())
    }
}

/// The time step to which a code belongs; clocks may differ by one step of 30 s.
fn step_of(secret: &str, code: &str, now_s: u64) -> Option<u64> {
    let bare: String = secret
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '=')
        .collect();
    let secret = Secret::try_from_base32(bare.to_ascii_uppercase()).ok()?;
    // Secrets of 80 bits, which many programs make, are shorter than the RFC wants.
    let totp = Builder::new().with_secret(secret).build_noncompliant();
    totp.check(code, now_s)
}

impl Engine {
    /// Keeps credentials that were right but for the code, for a few minutes; the key to them is for that browser alone.
    pub fn hold_sign_in(&self, credentials: Credentials) -> String {
        let key = format!("{:032x}", rand::random::<u128>());
        let (now, mut held) = (Instant::now(), self.second_factor.held.lock());
        held.retain(|_, (_, until)| *until > now);
        if held.len() >= MAX_HELD {
            held.clear();
        }
        held.insert(key.clone(), (credentials, now + HOLDS));
        key
    }

    /// The credentials that were kept, with a code.
    pub fn held_sign_in(&self, key: &str, code: &str) -> Option<Credentials> {
        let held = self.second_factor.held.lock();
        let (credentials, until) = held.get(key)?;
        match credentials {
            Credentials::Password { name, password, .. } if *until > Instant::now() => {
                Some(Credentials::Password {
                    name: name.clone(),
                    password: password.clone(),
                    otp: Some(code.to_owned()),
                })
            }
            _ => None,
        }
    }

    /// Forgets credentials that were kept.
    pub fn forget_sign_in(&self, key: &str) {
        self.second_factor.held.lock().remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The secret of RFC 6238's appendix B, and the last six digits of its codes.
    const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

    fn user(otp: Option<&str>) -> User {
        let preferences = otp.map(|otp| ("otp".to_owned(), Value::from(otp)));
        User {
            id: "u".into(),
            name: "ann".into(),
            permission: xo_store::Permission::None,
            preferences: preferences.into_iter().collect(),
            auth_providers: None,
            has_password: true,
            groups: Vec::new(),
        }
    }

    #[test]
    fn the_codes_of_the_rfc_are_taken_once_and_in_order() {
        let (factor, ann) = (SecondFactor::default(), user(Some(SECRET)));
        let check = |code, now| factor.check(&ann, Some(code), now);
        assert!(matches!(
            check("287083", 59),
            Err(Error::InvalidCredentials)
        ));
        check("287082", 59).unwrap();
        assert!(matches!(
            check("287082", 59),
            Err(Error::InvalidCredentials)
        ));
        check("081804", 1_111_111_109).unwrap();
        assert!(matches!(
            check("287082", 59),
            Err(Error::InvalidCredentials)
        ));
    }

    #[test]
    fn only_who_has_a_secret_needs_a_code() {
        let factor = SecondFactor::default();
        factor.check(&user(None), None, 59).unwrap();
        let missing = factor.check(&user(Some(SECRET)), None, 59);
        assert!(matches!(missing, Err(Error::OtpRequired)));
        // What is no secret lets nobody in.
        let broken = factor.check(&user(Some("!")), Some("287082"), 59);
        assert!(matches!(broken, Err(Error::InvalidCredentials)));
    }
}
