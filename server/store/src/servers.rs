//! Pool connections: where a pool is and how to sign in to it.
//!
//! The password is sealed with the key file and bound to its row; it leaves only through
//! [`Servers::password`].

use serde_json::Value;
use sqlx::any::AnyRow;

use crate::database::Transaction;
use crate::error::{Noun, StoreError};
use crate::row;
use crate::secret::Secret;
use crate::store::Store;
use crate::text::{check_maybe_text, check_name};

/// A stored pool connection, without its password.
#[derive(Debug, Clone, PartialEq)]
pub struct Server {
    /// UUID.
    pub id: String,
    /// Address, `host` or `host:port`; unique.
    pub host: String,
    /// What people call it.
    pub label: Option<String>,
    /// User of the pool.
    pub username: String,
    /// Whether to stay connected.
    pub enabled: bool,
    /// Whether changes of the pool are refused.
    pub read_only: bool,
    /// Whether an unverified certificate is accepted at first sight; it is pinned then.
    pub allow_unauthorized: bool,
    /// Proxy to reach the pool through.
    pub http_proxy: Option<String>,
    /// SHA-256 fingerprint of the pinned certificate.
    pub fingerprint: Option<String>,
    /// Id of the pool as last seen.
    pub pool_id: Option<String>,
    /// Name of the pool as last seen.
    pub pool_name: Option<String>,
    /// What the last attempt to connect ended with; `None` once it succeeded.
    pub error: Option<Value>,
}

/// A pool connection to make.
#[derive(Debug, Clone)]
pub struct NewServer {
    /// Address; unique.
    pub host: String,
    /// What people call it.
    pub label: Option<String>,
    /// User of the pool.
    pub username: String,
    /// Their password.
    pub password: Secret,
    /// Whether to stay connected.
    pub enabled: bool,
    /// Whether changes of the pool are refused.
    pub read_only: bool,
    /// Whether an unverified certificate is accepted at first sight.
    pub allow_unauthorized: bool,
    /// Proxy to reach the pool through.
    pub http_proxy: Option<String>,
}

/// What to change of a pool connection; `None` keeps, `Some(None)` removes.
#[derive(Debug, Clone, Default)]
pub struct ServerChange {
    /// New address. The pinned certificate is forgotten with the old one.
    pub host: Option<String>,
    /// New label.
    pub label: Option<Option<String>>,
    /// New user.
    pub username: Option<String>,
    /// New password.
    pub password: Option<Secret>,
    /// Whether to stay connected.
    pub enabled: Option<bool>,
    /// Whether changes of the pool are refused.
    pub read_only: Option<bool>,
    /// Whether an unverified certificate is accepted at first sight.
    pub allow_unauthorized: Option<bool>,
    /// New proxy.
    pub http_proxy: Option<Option<String>>,
    /// Certificate to pin.
    pub fingerprint: Option<Option<String>>,
    /// Pool id as last seen.
    pub pool_id: Option<Option<String>>,
    /// Pool name as last seen.
    pub pool_name: Option<Option<String>>,
    /// What the last attempt to connect ended with.
    pub error: Option<Option<Value>>,
}

/// The pool connections of a store.
#[derive(Clone, Copy)]
pub struct Servers<'s> {
    store: &'s Store,
}

const COLUMNS: &str = "id, host, label, username, enabled, read_only, allow_unauthorized, \
     http_proxy, fingerprint, pool_id, pool_name, error";

impl<'s> Servers<'s> {
    pub(crate) fn new(store: &'s Store) -> Self {
        Self { store }
    }

    /// Makes a pool connection.
    ///
    /// # Errors
    /// [`StoreError::AlreadyExists`] with the id of the one that has the address;
    /// [`StoreError::Invalid`].
    pub async fn create(self, new: NewServer) -> Result<Server, StoreError> {
        let id = self.store.new_id()?;
        let sealed = self.seal(&id, &new.password)?;
        let server = Server {
            id,
            host: new.host,
            label: new.label,
            username: new.username,
            enabled: new.enabled,
            read_only: new.read_only,
            allow_unauthorized: new.allow_unauthorized,
            http_proxy: new.http_proxy,
            fingerprint: None,
            pool_id: None,
            pool_name: None,
            error: None,
        };
        check(&server)?;
        let mut transaction = self.store.database().write("add a server").await?;
        refuse_taken_host(&mut transaction, &server).await?;
        transaction
            .execute(
                sqlx::query(
                    "INSERT INTO servers (id, host, username, sealed_password, enabled, read_only, \
                     allow_unauthorized) VALUES ($1, $2, $3, $4, 0, 0, 0)",
                )
                .bind(&server.id)
                .bind(&server.host)
                .bind(&server.username)
                .bind(sealed),
            )
            .await?;
        write(&mut transaction, &server).await?;
        transaction.commit().await?;
        Ok(server)
    }

    /// All pool connections, by host.
    pub async fn list(self) -> Result<Vec<Server>, StoreError> {
        let mut transaction = self.store.database().read("list servers").await?;
        let sql = format!("SELECT {COLUMNS} FROM servers");
        let rows = transaction.rows(sqlx::query(&sql)).await?;
        let mut servers = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        servers.sort_by(|a, b| a.host.cmp(&b.host));
        Ok(servers)
    }

    /// The pool connection with this id.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn fetch(self, id: &str) -> Result<Server, StoreError> {
        let mut transaction = self.store.database().read("find a server").await?;
        fetch(&mut transaction, id).await
    }

    /// The password to sign in to the pool with.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; [`StoreError::Unsealable`] when the key file is not the one it was
    /// sealed with.
    pub async fn password(self, id: &str) -> Result<Secret, StoreError> {
        let mut transaction = self
            .store
            .database()
            .read("read a server's password")
            .await?;
        let found = transaction
            .row(sqlx::query("SELECT sealed_password FROM servers WHERE id = $1").bind(id))
            .await?
            .ok_or_else(|| StoreError::not_found(Noun::Server, id))?;
        let sealed = row::text(&found, "sealed_password")?;
        match self.store.sealing_key().open(&place(id), &sealed) {
            Ok(password) => Ok(Secret::new(password)),
            Err(_) => Err(StoreError::Unsealable {
                noun: Noun::Server,
                id: id.to_owned(),
            }),
        }
    }

    /// Changes a pool connection; answers what it is now. Nothing is written when nothing differs.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::AlreadyExists`] for a taken host,
    /// [`StoreError::Invalid`].
    pub async fn update(self, id: &str, change: ServerChange) -> Result<Server, StoreError> {
        let sealed = match &change.password {
            Some(password) => Some(self.seal(id, password)?),
            None => None,
        };
        let mut transaction = self.store.database().write("change a server").await?;
        let before = fetch(&mut transaction, id).await?;
        let server = apply(before.clone(), change);
        if server == before && sealed.is_none() {
            return Ok(server);
        }
        check(&server)?;
        refuse_taken_host(&mut transaction, &server).await?;
        write(&mut transaction, &server).await?;
        if let Some(sealed) = sealed {
            transaction
                .execute(
                    sqlx::query("UPDATE servers SET sealed_password = $2 WHERE id = $1")
                        .bind(id)
                        .bind(sealed),
                )
                .await?;
        }
        transaction.commit().await?;
        Ok(server)
    }

    /// Forgets a pool connection.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn delete(self, id: &str) -> Result<(), StoreError> {
        let mut transaction = self.store.database().write("remove a server").await?;
        let deleted = transaction
            .execute(sqlx::query("DELETE FROM servers WHERE id = $1").bind(id))
            .await?;
        if deleted == 0 {
            return Err(StoreError::not_found(Noun::Server, id));
        }
        transaction.commit().await
    }

    fn seal(self, id: &str, password: &Secret) -> Result<String, StoreError> {
        check_maybe_text(Noun::Server, "password", Some(password.expose()))?;
        let key = self.store.sealing_key();
        key.seal(&place(id), password.expose(), self.store.entropy())
    }
}

/// What the sealed password is bound to.
fn place(id: &str) -> String {
    format!("servers/{id}/password")
}

fn apply(mut server: Server, change: ServerChange) -> Server {
    fn put<T>(field: &mut T, new: Option<T>) {
        if let Some(new) = new {
            *field = new;
        }
    }
    if change
        .host
        .as_ref()
        .is_some_and(|host| *host != server.host)
    {
        server.fingerprint = None;
    }
    put(&mut server.host, change.host);
    put(&mut server.label, change.label);
    put(&mut server.username, change.username);
    put(&mut server.enabled, change.enabled);
    put(&mut server.read_only, change.read_only);
    put(&mut server.allow_unauthorized, change.allow_unauthorized);
    put(&mut server.http_proxy, change.http_proxy);
    put(&mut server.fingerprint, change.fingerprint);
    put(&mut server.pool_id, change.pool_id);
    put(&mut server.pool_name, change.pool_name);
    put(&mut server.error, change.error);
    server
}

fn check(server: &Server) -> Result<(), StoreError> {
    check_name(Noun::Server, "host", &server.host)?;
    check_name(Noun::Server, "username", &server.username)?;
    check_maybe_text(Noun::Server, "label", server.label.as_deref())?;
    check_maybe_text(Noun::Server, "httpProxy", server.http_proxy.as_deref())?;
    check_maybe_text(Noun::Server, "fingerprint", server.fingerprint.as_deref())?;
    check_maybe_text(Noun::Server, "poolId", server.pool_id.as_deref())?;
    check_maybe_text(Noun::Server, "poolNameLabel", server.pool_name.as_deref())
}

async fn refuse_taken_host(
    transaction: &mut Transaction<'_>,
    server: &Server,
) -> Result<(), StoreError> {
    let holder = transaction
        .row(
            sqlx::query("SELECT id FROM servers WHERE host = $1 AND id <> $2")
                .bind(&server.host)
                .bind(&server.id),
        )
        .await?;
    match holder {
        Some(holder) => Err(StoreError::AlreadyExists {
            noun: Noun::Server,
            id: row::text(&holder, "id")?,
            field: "host",
        }),
        None => Ok(()),
    }
}

async fn write(transaction: &mut Transaction<'_>, server: &Server) -> Result<(), StoreError> {
    transaction
        .execute(
            sqlx::query(
                "UPDATE servers SET host = $2, label = $3, username = $4, enabled = $5, \
                 read_only = $6, allow_unauthorized = $7, http_proxy = $8, fingerprint = $9, \
                 pool_id = $10, pool_name = $11, error = $12 WHERE id = $1",
            )
            .bind(&server.id)
            .bind(&server.host)
            .bind(&server.label)
            .bind(&server.username)
            .bind(i64::from(server.enabled))
            .bind(i64::from(server.read_only))
            .bind(i64::from(server.allow_unauthorized))
            .bind(&server.http_proxy)
            .bind(&server.fingerprint)
            .bind(&server.pool_id)
            .bind(&server.pool_name)
            .bind(server.error.as_ref().map(Value::to_string)),
        )
        .await
        .map(drop)
}

async fn fetch(transaction: &mut Transaction<'_>, id: &str) -> Result<Server, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM servers WHERE id = $1");
    match transaction.row(sqlx::query(&sql).bind(id)).await? {
        Some(found) => read(&found),
        None => Err(StoreError::not_found(Noun::Server, id)),
    }
}

fn read(found: &AnyRow) -> Result<Server, StoreError> {
    Ok(Server {
        id: row::text(found, "id")?,
        host: row::text(found, "host")?,
        label: row::maybe_text(found, "label")?,
        username: row::text(found, "username")?,
        enabled: row::flag(found, "enabled")?,
        read_only: row::flag(found, "read_only")?,
        allow_unauthorized: row::flag(found, "allow_unauthorized")?,
        http_proxy: row::maybe_text(found, "http_proxy")?,
        fingerprint: row::maybe_text(found, "fingerprint")?,
        pool_id: row::maybe_text(found, "pool_id")?,
        pool_name: row::maybe_text(found, "pool_name")?,
        error: row::maybe_json(found, "error")?,
    })
}
