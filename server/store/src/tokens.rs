//! Authentication tokens (xo-protocol section 5).
//!
//! A token has a secret, 43 characters that are shown once and stored as their SHA-256, and a
//! public id that lists show. XO shows the secret itself as `id`; here, whatever deletes or changes
//! a token takes either of the two.

use std::collections::HashMap;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};
use sqlx::any::AnyRow;

use crate::database::Transaction;
use crate::error::{Noun, StoreError};
use crate::row;
use crate::secret::Secret;
use crate::store::Store;
use crate::text::{check_maybe_text, check_name};

/// How many addresses a token remembers.
const LAST_USES: usize = 10;

/// A use from the same address within this time is not written again.
const USE_RESOLUTION_MS: i64 = 60_000;

/// A stored token, without its secret.
#[derive(Debug, Clone, PartialEq)]
pub struct Token {
    /// Public id, 16 characters. It gives no access.
    pub id: String,
    /// Whose it is.
    pub user_id: String,
    /// When it was made, ms since 1970.
    pub created_at_ms: i64,
    /// From when it is refused, ms since 1970.
    pub expires_at_ms: i64,
    /// What it is for.
    pub description: Option<String>,
    /// The program that asked for it: `{id, …}`.
    pub client: Option<Map<String, Value>>,
    /// When it was last used, ms since 1970, by address: the 10 most recent, to the minute.
    pub last_uses: HashMap<String, i64>,
}

/// A token to make.
#[derive(Debug, Clone)]
pub struct NewToken {
    /// Whose it will be.
    pub user_id: String,
    /// From when it is refused, ms since 1970.
    pub expires_at_ms: i64,
    /// What it is for.
    pub description: Option<String>,
    /// The program that asks for it. A string `id` in it takes the place of the user's earlier
    /// token of that client.
    pub client: Option<Map<String, Value>>,
}

/// A token just made: the only moment when its secret is known.
#[derive(Debug, Clone)]
pub struct IssuedToken {
    /// The token.
    pub token: Token,
    /// What signs in: 32 random bytes, base64url.
    pub secret: Secret,
}

/// The tokens of a store.
#[derive(Clone, Copy)]
pub struct Tokens<'s> {
    store: &'s Store,
}

const COLUMNS: &str = "id, user_id, created_at_ms, expires_at_ms, description, client, last_uses";

impl<'s> Tokens<'s> {
    pub(crate) fn new(store: &'s Store) -> Self {
        Self { store }
    }

    /// Makes a token. If the user has one for the same `client.id`, the new one takes its place: XO
    /// extends the old one and answers it again, but a secret that is stored hashed cannot be shown
    /// twice.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] for the user; [`StoreError::Invalid`].
    pub async fn create(self, new: NewToken, now_ms: i64) -> Result<IssuedToken, StoreError> {
        check_maybe_text(Noun::Token, "description", new.description.as_deref())?;
        let client_id = new
            .client
            .as_ref()
            .and_then(|client| client.get("id"))
            .and_then(Value::as_str)
            .map(str::to_owned);
        if let Some(client_id) = &client_id {
            check_name(Noun::Token, "client.id", client_id)?;
        }
        let secret = URL_SAFE_NO_PAD.encode(self.store.random::<32>()?);
        let token = Token {
            id: URL_SAFE_NO_PAD.encode(self.store.random::<12>()?),
            user_id: new.user_id,
            created_at_ms: now_ms,
            expires_at_ms: new.expires_at_ms,
            description: new.description,
            client: new.client,
            last_uses: HashMap::new(),
        };
        let mut transaction = self.store.database().write("create a token").await?;
        let user = transaction
            .row(sqlx::query("SELECT id FROM users WHERE id = $1").bind(&token.user_id))
            .await?;
        if user.is_none() {
            return Err(StoreError::not_found(Noun::User, &token.user_id));
        }
        if let Some(client_id) = &client_id {
            transaction
                .execute(
                    sqlx::query("DELETE FROM tokens WHERE user_id = $1 AND client_id = $2")
                        .bind(&token.user_id)
                        .bind(client_id),
                )
                .await?;
        }
        transaction
            .execute(
                sqlx::query(
                    "INSERT INTO tokens (id, secret_hash, user_id, created_at_ms, expires_at_ms, \
                     description, client_id, client, last_uses) \
                     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '{}')",
                )
                .bind(&token.id)
                .bind(hash(&secret))
                .bind(&token.user_id)
                .bind(token.created_at_ms)
                .bind(token.expires_at_ms)
                .bind(&token.description)
                .bind(client_id)
                .bind(
                    token
                        .client
                        .clone()
                        .map(|client| Value::Object(client).to_string()),
                ),
            )
            .await?;
        transaction.commit().await?;
        Ok(IssuedToken {
            token,
            secret: Secret::new(secret),
        })
    }

    /// The token whose secret this is, unless it has expired. A public id is no secret.
    pub async fn find_by_secret(
        self,
        secret: &str,
        now_ms: i64,
    ) -> Result<Option<Token>, StoreError> {
        let sql =
            format!("SELECT {COLUMNS} FROM tokens WHERE secret_hash = $1 AND expires_at_ms > $2");
        let mut transaction = self.store.database().read("find a token").await?;
        let found = transaction
            .row(sqlx::query(&sql).bind(hash(secret)).bind(now_ms))
            .await?;
        found.as_ref().map(read).transpose()
    }

    /// The token with this public id or secret, expired or not.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn fetch(self, id_or_secret: &str) -> Result<Token, StoreError> {
        let mut transaction = self.store.database().read("find a token").await?;
        fetch(&mut transaction, id_or_secret).await
    }

    /// The user's tokens that have not expired, newest first.
    pub async fn list_of_user(self, user_id: &str, now_ms: i64) -> Result<Vec<Token>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM tokens WHERE user_id = $1 AND expires_at_ms > $2 \
             ORDER BY created_at_ms DESC, id"
        );
        let mut transaction = self.store.database().read("list tokens").await?;
        let rows = transaction
            .rows(sqlx::query(&sql).bind(user_id).bind(now_ms))
            .await?;
        rows.iter().map(read).collect()
    }

    /// All tokens that have not expired, newest first.
    pub async fn list(self, now_ms: i64) -> Result<Vec<Token>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM tokens WHERE expires_at_ms > $1 ORDER BY created_at_ms DESC, id"
        );
        let mut transaction = self.store.database().read("list tokens").await?;
        let rows = transaction.rows(sqlx::query(&sql).bind(now_ms)).await?;
        rows.iter().map(read).collect()
    }

    /// Sets what a token is for.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Invalid`].
    pub async fn set_description(
        self,
        id_or_secret: &str,
        description: Option<&str>,
    ) -> Result<(), StoreError> {
        check_maybe_text(Noun::Token, "description", description)?;
        let mut transaction = self.store.database().write("change a token").await?;
        let token = fetch(&mut transaction, id_or_secret).await?;
        transaction
            .execute(
                sqlx::query("UPDATE tokens SET description = $2 WHERE id = $1")
                    .bind(&token.id)
                    .bind(description),
            )
            .await?;
        transaction.commit().await
    }

    /// Notes that a token was used from `address`. Costs a write at most once a minute for an
    /// address; a token that is gone meanwhile is fine.
    pub async fn record_use(self, id: &str, address: &str, now_ms: i64) -> Result<(), StoreError> {
        check_name(Noun::Token, "address", address)?;
        let mut transaction = self.store.database().write("note a token's use").await?;
        let found = transaction
            .row(sqlx::query("SELECT last_uses FROM tokens WHERE id = $1").bind(id))
            .await?;
        let Some(found) = found else {
            return Ok(());
        };
        let uses: HashMap<String, i64> = row::json(&found, "last_uses")?;
        let Some(uses) = with_use(uses, address, now_ms) else {
            return Ok(());
        };
        transaction
            .execute(
                sqlx::query("UPDATE tokens SET last_uses = $2 WHERE id = $1")
                    .bind(id)
                    .bind(serde_json::json!(uses).to_string()),
            )
            .await?;
        transaction.commit().await
    }

    /// Deletes the tokens with these public ids or secrets, those of `user_id` only if it is given;
    /// tells how many there were. Unknown ones are skipped.
    pub async fn delete(
        self,
        ids_or_secrets: &[String],
        user_id: Option<&str>,
    ) -> Result<u64, StoreError> {
        let mut transaction = self.store.database().write("delete tokens").await?;
        let mut deleted = 0;
        for given in ids_or_secrets {
            let token = match fetch(&mut transaction, given).await {
                Ok(token) => token,
                Err(StoreError::NotFound { .. }) => continue,
                Err(error) => return Err(error),
            };
            if user_id.is_none_or(|user_id| user_id == token.user_id) {
                deleted += transaction
                    .execute(sqlx::query("DELETE FROM tokens WHERE id = $1").bind(&token.id))
                    .await?;
            }
        }
        transaction.commit().await?;
        Ok(deleted)
    }

    /// Deletes a user's tokens except the one with the public id `keep`; tells how many there were.
    /// For a changed password or a lost device.
    pub async fn delete_of_user(
        self,
        user_id: &str,
        keep: Option<&str>,
    ) -> Result<u64, StoreError> {
        let mut transaction = self.store.database().write("delete tokens").await?;
        let deleted = transaction
            .execute(
                sqlx::query("DELETE FROM tokens WHERE user_id = $1 AND id <> $2")
                    .bind(user_id)
                    .bind(keep.unwrap_or_default()),
            )
            .await?;
        transaction.commit().await?;
        Ok(deleted)
    }

    /// Deletes the tokens that have expired; tells how many there were.
    pub async fn delete_expired(self, now_ms: i64) -> Result<u64, StoreError> {
        let mut transaction = self.store.database().write("delete expired tokens").await?;
        let deleted = transaction
            .execute(sqlx::query("DELETE FROM tokens WHERE expires_at_ms <= $1").bind(now_ms))
            .await?;
        transaction.commit().await?;
        Ok(deleted)
    }
}

/// What is stored of a secret. It has 256 random bits, so a plain hash does.
fn hash(secret: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, secret.as_bytes()))
}

/// `uses` with one more, or `None` when it is too close to the last one to be worth a write.
fn with_use(
    mut uses: HashMap<String, i64>,
    address: &str,
    now_ms: i64,
) -> Option<HashMap<String, i64>> {
    if let Some(last) = uses.get(address)
        && now_ms.saturating_sub(*last) < USE_RESOLUTION_MS
    {
        return None;
    }
    uses.insert(address.to_owned(), now_ms);
    while uses.len() > LAST_USES {
        let oldest = uses
            .iter()
            .filter(|(candidate, _)| *candidate != address)
            .min_by_key(|(candidate, at)| (**at, candidate.as_str()))
            .map(|(candidate, _)| candidate.clone())?;
        uses.remove(&oldest);
    }
    Some(uses)
}

async fn fetch(transaction: &mut Transaction<'_>, given: &str) -> Result<Token, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM tokens WHERE id = $1 OR secret_hash = $2");
    let found = transaction
        .row(
            sqlx::query(&sql)
                .bind(given.replace('\0', "\u{fffd}"))
                .bind(hash(given)),
        )
        .await?;
    // What was given may be a secret: do not repeat it in the error.
    match found {
        Some(found) => read(&found),
        None => Err(StoreError::not_found(Noun::Token, "(as given)")),
    }
}

fn read(found: &AnyRow) -> Result<Token, StoreError> {
    Ok(Token {
        id: row::text(found, "id")?,
        user_id: row::text(found, "user_id")?,
        created_at_ms: row::integer(found, "created_at_ms")?,
        expires_at_ms: row::integer(found, "expires_at_ms")?,
        description: row::maybe_text(found, "description")?,
        client: row::maybe_json(found, "client")?,
        last_uses: row::json(found, "last_uses")?,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_ten_most_recent_addresses_are_kept(
            uses in proptest::collection::vec((0_u8..20, 0_i64..10), 0..80)
        ) {
            let mut now_ms = 0;
            let mut kept = HashMap::new();
            let mut newest = Vec::<String>::new();
            for (address, minutes) in uses {
                now_ms += 60_000 * (minutes + 1);
                let address = address.to_string();
                kept = with_use(kept, &address, now_ms).unwrap();
                newest.retain(|other| *other != address);
                newest.push(address);
            }
            let expected: HashSet<_> = newest.into_iter().rev().take(10).collect();
            prop_assert_eq!(kept.into_keys().collect::<HashSet<_>>(), expected);
        }
    }

    #[test]
    fn a_second_use_within_a_minute_is_not_written() {
        let uses = with_use(HashMap::new(), "::1", 1_000_000).unwrap();
        assert_eq!(with_use(uses.clone(), "::1", 1_059_999), None);
        assert!(with_use(uses.clone(), "::1", 1_060_000).is_some());
        assert!(with_use(uses, "127.0.0.1", 1_000_001).is_some());
    }
}
