//! Hashing and checking of passwords (argon2id, PHC strings), off the async threads and two at a
//! time.
//!
//! Invariant: a check costs the same whether the user exists, has a password, or typed the right
//! one.

use std::sync::Arc;
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, CustomizedPasswordHasher, Params, PasswordVerifier, Version};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use tokio::sync::Semaphore;

use crate::config::PasswordCost;
use crate::entropy::{Entropy, random};
use crate::error::StoreError;
use crate::secret::Secret;

/// Hashes at once: bounds the memory that sign-ins can take.
const AT_ONCE: usize = 2;

/// Longest password in bytes.
pub(crate) const MAX_BYTES: usize = 1024;

/// Hashes and checks passwords at one cost.
pub(crate) struct Passwords {
    params: Params,
    /// Looks like a hash and matches nothing: checked where there is no real one.
    decoy: String,
    slots: Arc<Semaphore>,
    wait: Duration,
}

/// What a check found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Wrong,
    Right,
    /// Right, and the stored hash is cheaper than new ones are.
    RightButCheap,
}

impl Passwords {
    pub(crate) fn new(
        cost: PasswordCost,
        wait: Duration,
        entropy: &dyn Entropy,
    ) -> Result<Self, StoreError> {
        let params = Params::new(cost.memory_kib, cost.passes, cost.lanes, None).map_err(failed)?;
        let salt = STANDARD_NO_PAD.encode(random::<16>(entropy)?);
        let output = STANDARD_NO_PAD.encode(random::<32>(entropy)?);
        let PasswordCost {
            memory_kib,
            passes,
            lanes,
        } = cost;
        Ok(Self {
            params,
            decoy: format!("$argon2id$v=19$m={memory_kib},t={passes},p={lanes}${salt}${output}"),
            slots: Arc::new(Semaphore::new(AT_ONCE)),
            wait,
        })
    }

    /// A new hash of `password`, as a PHC string.
    pub(crate) async fn hash(
        &self,
        password: &Secret,
        salt: [u8; 16],
    ) -> Result<String, StoreError> {
        let password = password.clone();
        let params = self.params.clone();
        self.aside(move || {
            Argon2::default()
                .hash_password_customized(
                    password.expose().as_bytes(),
                    &salt,
                    Some(Algorithm::Argon2id.as_str()),
                    Some(Version::V0x13.into()),
                    params,
                )
                .map(|hash| hash.to_string())
                .map_err(failed)
        })
        .await?
    }

    /// Checks `password` against a stored hash, or against nothing at the same cost.
    pub(crate) async fn check(
        &self,
        password: &Secret,
        stored: Option<&str>,
    ) -> Result<Verdict, StoreError> {
        let real = stored.is_some();
        let hash = stored.unwrap_or(&self.decoy).to_owned();
        let password = password.clone();
        let fresh = self.params.clone();
        self.aside(move || {
            let hash = PasswordHash::new(&hash).map_err(failed)?;
            // One over-long password must not cost more than a right one; no stored one is
            // over-long.
            let bytes = password.expose().as_bytes();
            let bytes = bytes.get(..MAX_BYTES + 1).unwrap_or(bytes);
            let matches = Argon2::default().verify_password(bytes, &hash).is_ok();
            Ok(match Params::try_from(&hash) {
                _ if !(matches && real) => Verdict::Wrong,
                Ok(used) if !is_cheaper(&used, &fresh) => Verdict::Right,
                _ => Verdict::RightButCheap,
            })
        })
        .await?
    }

    /// Runs `work` on a blocking thread when a slot is free.
    async fn aside<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, StoreError> {
        // The slot goes with the work: it stays taken when the caller gives up waiting.
        let slot = tokio::time::timeout(self.wait, Arc::clone(&self.slots).acquire_owned())
            .await
            .map_err(|_| StoreError::Overloaded)?
            .map_err(failed)?;
        tokio::task::spawn_blocking(move || {
            let _slot = slot;
            work()
        })
        .await
        .map_err(failed)
    }
}

fn is_cheaper(used: &Params, fresh: &Params) -> bool {
    used.m_cost() < fresh.m_cost() || used.t_cost() < fresh.t_cost()
}

fn failed(error: impl std::fmt::Display) -> StoreError {
    StoreError::Crypto {
        reason: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::SystemEntropy;

    const LONG: Duration = Duration::from_secs(60);

    fn passwords(memory_kib: u32, wait: Duration) -> Passwords {
        let cost = PasswordCost {
            memory_kib,
            passes: 1,
            lanes: 1,
        };
        Passwords::new(cost, wait, &SystemEntropy::default()).unwrap()
    }

    #[tokio::test]
    async fn only_the_right_password_matches() {
        let passwords = passwords(8, LONG);
        let hash = passwords.hash(&"right".into(), [1; 16]).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=8,t=1,p=1$"), "{hash}");
        let check = async |password: &str, stored| {
            passwords
                .check(&Secret::from(password), stored)
                .await
                .unwrap()
        };
        assert_eq!(check("right", Some(&*hash)).await, Verdict::Right);
        assert_eq!(check("wrong", Some(&*hash)).await, Verdict::Wrong);
        assert_eq!(check("", Some(&*hash)).await, Verdict::Wrong);
        assert_eq!(check("right", None).await, Verdict::Wrong);
    }

    #[tokio::test]
    async fn a_cheaper_hash_is_told_to_be_cheap_and_a_dearer_one_is_not() {
        let (cheap, dear) = (passwords(8, LONG), passwords(64, LONG));
        let password = Secret::from("right");
        let old = cheap.hash(&password, [1; 16]).await.unwrap();
        let new = dear.hash(&password, [1; 16]).await.unwrap();
        let verdict = dear.check(&password, Some(&old)).await.unwrap();
        assert_eq!(verdict, Verdict::RightButCheap);
        let verdict = cheap.check(&password, Some(&new)).await.unwrap();
        assert_eq!(verdict, Verdict::Right);
    }

    #[test]
    fn impossible_costs_are_refused() {
        let cost = PasswordCost {
            memory_kib: 1,
            passes: 1,
            lanes: 1,
        };
        let refused = Passwords::new(cost, Duration::ZERO, &SystemEntropy::default());
        assert!(refused.is_err());
    }

    #[tokio::test]
    async fn who_finds_no_free_slot_is_told_after_the_wait() {
        let passwords = passwords(8, Duration::from_millis(1));
        let all = u32::try_from(AT_ONCE).unwrap();
        let taken = passwords.slots.acquire_many(all).await.unwrap();
        let refused = passwords.check(&"right".into(), None).await;
        assert!(matches!(refused, Err(StoreError::Overloaded)));
        drop(taken);
        let checked = passwords.check(&"right".into(), None).await;
        assert_eq!(checked.unwrap(), Verdict::Wrong);
    }
}
