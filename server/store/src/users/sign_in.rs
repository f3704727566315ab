//! Signing in with a password.
//!
//! Invariant: how long a check takes does not tell whether the name exists or has a password.

use super::{User, Users};
use crate::error::{Noun, StoreError};
use crate::passwords::{MAX_BYTES, Verdict};
use crate::row;
use crate::secret::Secret;

impl Users<'_> {
    /// The user with this name, if that is their password. `None` costs as much as a match: whether
    /// the name exists does not show. A hash made at a lower cost is renewed.
    pub async fn verify_password(
        self,
        name: &str,
        password: &Secret,
    ) -> Result<Option<User>, StoreError> {
        let mut transaction = self.store.database().read("check a password").await?;
        let found = transaction
            .row(
                sqlx::query("SELECT id, password_hash FROM users WHERE name = $1")
                    .bind(name.replace('\0', "\u{fffd}")),
            )
            .await?;
        drop(transaction);
        let (id, hash) = match &found {
            Some(row) => (
                Some(row::text(row, "id")?),
                row::maybe_text(row, "password_hash")?,
            ),
            None => (None, None),
        };
        let verdict = self
            .store
            .passwords()
            .check(password, hash.as_deref())
            .await?;
        let (Some(id), Some(hash)) = (id, hash) else {
            return Ok(None);
        };
        match verdict {
            Verdict::Wrong => return Ok(None),
            Verdict::Right => {}
            Verdict::RightButCheap => self.renew_hash(&id, password, &hash).await?,
        }
        self.find(&id).await
    }

    /// Replaces a cheap hash, unless the password was changed meanwhile.
    async fn renew_hash(self, id: &str, password: &Secret, old: &str) -> Result<(), StoreError> {
        let fresh = self.hash(password).await?;
        let mut transaction = self.store.database().write("renew a password hash").await?;
        transaction
            .execute(
                sqlx::query(
                    "UPDATE users SET password_hash = $3 WHERE id = $1 AND password_hash = $2",
                )
                .bind(id)
                .bind(old)
                .bind(fresh),
            )
            .await?;
        transaction.commit().await
    }

    pub(super) async fn hash(self, password: &Secret) -> Result<String, StoreError> {
        let length = password.expose().len();
        if length == 0 || length > MAX_BYTES {
            return Err(StoreError::invalid(
                Noun::User,
                "password",
                format!("must have 1 to {MAX_BYTES} bytes"),
            ));
        }
        let salt = self.store.random()?;
        self.store.passwords().hash(password, salt).await
    }
}
