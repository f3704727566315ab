//! Pool connections: what is stored of each, and the watcher that keeps it alive.
//!
//! Invariant: a certificate that was accepted once is stored as a pin, and only that one is believed from then on, until an
//! administrator asks to accept anew (`server.set allowUnauthorized=true`).

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::sync::watch;
use xapi::{Fingerprint, Limits, TrustMode};
use xo_inventory::{Connection, Heard, Settings, State, Status};
use xo_store::{NewServer, Secret, Server, ServerChange};

use crate::access::Account;
use crate::{Caller, Engine, Error, Permission, Result};

/// A pool that this process runs itself: its address and its certificate are others at each start.
#[derive(Debug, Clone, Copy)]
pub struct OwnPool<'a> {
    /// The connection that it had before.
    pub connection: Option<&'a str>,
    /// To find its connection by, where none is given, and for a new one.
    pub label: &'a str,
    /// Where it is now.
    pub host: &'a str,
    /// The account.
    pub username: &'a str,
    /// Its password.
    pub password: &'a str,
}

/// The running watchers, by connection id.
pub(crate) struct Pools {
    running: Mutex<HashMap<String, Connection>>,
    /// Connections were made, changed or removed, or stand otherwise.
    changed: watch::Sender<()>,
}

impl Pools {
    pub(crate) fn new() -> Self {
        Self {
            running: Mutex::default(),
            changed: watch::Sender::new(()),
        }
    }

    /// Tells those who follow connections that there is something to see.
    pub(crate) fn tell(&self) {
        self.changed.send_replace(());
    }

    fn status(&self, id: &str) -> Option<Status> {
        let running = self.running.lock();
        running.get(id).map(|c| c.status().borrow().clone())
    }

    fn heard(&self, id: &str) -> Option<Heard> {
        self.running.lock().get(id).map(Connection::heard)
    }

    /// Whether any pool is connected now.
    pub(crate) fn any_connected(&self) -> bool {
        let running = self.running.lock();
        running
            .values()
            .any(|c| matches!(c.status().borrow().state, State::Connected))
    }
}

impl Engine {
    /// Connects every enabled pool that is not connected yet, in the background.
    pub async fn connect_enabled(self: &Arc<Self>) -> Result<()> {
        for server in self.store.servers().list().await? {
            if server.enabled
                && let Err(error) = self.connect(&server).await
            {
                tracing::error!(server = server.host, %error, "pool connection not started");
            }
        }
        Ok(())
    }

    /// Starts the watcher of a connection, or leaves the running one alone.
    pub(crate) async fn connect(self: &Arc<Self>, server: &Server) -> Result<()> {
        let password = self.store.servers().password(&server.id).await?;
        let settings = Settings {
            name: server.label.clone().unwrap_or_else(|| server.host.clone()),
            address: server.host.parse().map_err(Error::from)?,
            credentials: xapi::Credentials {
                username: server.username.clone(),
                password: password.into_exposed(),
            },
            trust: trust_of(server),
            proxy: proxy_of(server)?,
            read_only: server.read_only,
            limits: Limits::default(),
        };
        let mut running = self.pools.running.lock();
        if running.contains_key(&server.id) {
            return Ok(());
        }
        let connection = Connection::start(Arc::clone(&self.inventory), settings);
        let status = connection.status();
        running.insert(server.id.clone(), connection);
        let (engine, id) = (Arc::clone(self), server.id.clone());
        self.tracker
            .spawn(async move { engine.follow_status(&id, status).await });
        drop(running);
        self.pools.tell();
        Ok(())
    }

    /// Points the connection of a pool that this process runs itself at where that is now; makes it when there is none, and connects
    /// it. One that is given stays disabled if it is; one that is found by its label is enabled. Returns the connection's id.
    pub async fn adopt_pool(self: &Arc<Self>, pool: OwnPool<'_>) -> Result<String> {
        let servers = self.store.servers();
        let all = servers.list().await?;
        let given = all
            .iter()
            .find(|server| Some(server.id.as_str()) == pool.connection);
        let known = given.or_else(|| {
            all.iter()
                .find(|server| server.label.as_deref() == Some(pool.label))
        });
        let server = match known {
            Some(server) => {
                self.disconnect(&server.id).await;
                let change = ServerChange {
                    host: Some(pool.host.to_owned()),
                    username: Some(pool.username.to_owned()),
                    password: Some(Secret::new(pool.password)),
                    enabled: given.is_none().then_some(true),
                    allow_unauthorized: Some(true),
                    fingerprint: Some(None),
                    ..ServerChange::default()
                };
                servers.update(&server.id, change).await?
            }
            None => {
                let new = NewServer {
                    host: pool.host.to_owned(),
                    label: Some(pool.label.to_owned()),
                    username: pool.username.to_owned(),
                    password: Secret::new(pool.password),
                    enabled: true,
                    read_only: false,
                    allow_unauthorized: true,
                    http_proxy: None,
                };
                servers.create(new).await?
            }
        };
        if server.enabled {
            self.connect(&server).await?;
        }
        Ok(server.id)
    }

    /// Waits until a connection that was just started is connected.
    ///
    /// # Errors
    /// Why the first try failed; further ones go on by themselves.
    pub async fn await_connected(&self, id: &str) -> Result<()> {
        let running = self.pools.running.lock().get(id).map(Connection::status);
        let Some(mut status) = running else {
            return Err(Error::no_such(id, "server"));
        };
        let settled = status
            .wait_for(|s| !matches!(s.state, State::Connecting))
            .await;
        let state = settled.map(|s| s.state.clone());
        match state {
            Ok(State::Disconnected(error)) => Err(xapi::Error::clone(&error).into()),
            Ok(State::Duplicate(pool)) => Err(Error::Forbidden {
                operation: "server.enable".into(),
                reason: format!("pool {pool} is connected already under another connection"),
            }),
            _ => Ok(()),
        }
    }

    /// Ends the watcher of a connection; its pool's objects go.
    pub(crate) async fn disconnect(&self, id: &str) {
        self.keep_pool_name(id).await;
        let connection = self.pools.running.lock().remove(id);
        if let Some(connection) = connection {
            connection.stop().await;
        }
        self.pools.tell();
    }

    pub(crate) async fn disconnect_all(&self) {
        let all: Vec<Connection> = self.pools.running.lock().drain().map(|(_, c)| c).collect();
        futures_util::future::join_all(all.into_iter().map(Connection::stop)).await;
    }

    /// Wakes whenever connections were made, changed or removed, or stand otherwise. When one was last heard of is no change.
    pub fn watch_servers(&self) -> watch::Receiver<()> {
        self.pools.changed.subscribe()
    }

    /// The connections as this caller may see them: administrators all of them; others how those stand whose pools hold something that
    /// was granted to them, without where the pool is, whose account is used, and why it is not connected.
    ///
    /// # Errors
    /// [`Error::NotSignedIn`]; what the store says.
    pub async fn servers(&self, caller: &Caller) -> Result<Vec<Value>> {
        let account = self.account(caller)?;
        let servers = self.store.servers().list().await?;
        let all = servers.iter().map(|one| self.server_json(one));
        if account.is_admin {
            return Ok(all.collect());
        }
        let held: HashSet<String> = account
            .grants
            .iter()
            .map(|(id, _)| match self.inventory.find(id) {
                Some(object) => object.pool.to_string(),
                // A pool that was not connected since the start.
                None => id.to_owned(),
            })
            .collect();
        let pool = |server: &Value| {
            server
                .get("poolId")
                .and_then(Value::as_str)
                .map(str::to_owned)
        };
        let seen = all.filter(|server| pool(server).is_some_and(|id| held.contains(&id)));
        Ok(seen.map(|server| self.outline(&account, server)).collect())
    }

    /// What may be told of a connection to whoever holds a part of its pool.
    fn outline(&self, account: &Account, server: Value) -> Value {
        let Value::Object(mut members) = server else {
            return server;
        };
        let pool = members.get("poolId").and_then(Value::as_str);
        let pool = pool.and_then(|id| self.inventory.find(id));
        let is_named = pool.is_some_and(|pool| self.may(account, &pool, Permission::View));
        members.retain(|name, _| match name.as_str() {
            "id" | "enabled" | "status" | "poolId" | "since" | "lastEvent" => true,
            "poolNameLabel" => is_named,
            _ => false,
        });
        Value::Object(members)
    }

    /// A connection as clients see it (`server.getAll`).
    pub(crate) fn server_json(&self, server: &Server) -> Value {
        let status = self.pools.status(&server.id);
        let (word, error, since) = match &status {
            None => ("disconnected", None, None),
            Some(s) => match &s.state {
                State::Connecting => ("connecting", None, Some(s.since)),
                State::Connected => ("connected", None, Some(s.since)),
                State::Disconnected(e) => ("disconnected", Some(error_json(e)), Some(s.since)),
                State::Duplicate(pool) => {
                    let message = format!("pool {pool} is connected already");
                    (
                        "disconnected",
                        Some(json!({ "code": "DUPLICATE_POOL", "message": message })),
                        Some(s.since),
                    )
                }
            },
        };
        let since = since
            .and_then(|t| t.duration_since(UNIX_EPOCH).ok())
            .map(|d| d.as_millis() as u64);
        let pool = status
            .as_ref()
            .and_then(|s| s.pool.as_ref().map(ToString::to_string));
        let pool = pool.or_else(|| server.pool_id.clone());
        let pool_object = pool.as_deref().and_then(|id| self.inventory.find(id));
        let mut view = json!({
            "id": server.id,
            "host": server.host,
            "username": server.username,
            "enabled": server.enabled,
            "readOnly": server.read_only,
            "allowUnauthorized": server.allow_unauthorized,
            "status": word,
            "poolId": pool,
            "since": since,
        });
        if let Some(view) = view.as_object_mut() {
            let mut put = |key: &str, value: Option<Value>| {
                if let Some(value) = value {
                    view.insert(key.into(), value);
                }
            };
            put("label", server.label.as_ref().map(|l| json!(l)));
            put("httpProxy", server.http_proxy.as_ref().map(|p| json!(p)));
            put("fingerprint", server.fingerprint.as_ref().map(|f| json!(f)));
            put("error", error);
            let heard = self.pools.heard(&server.id).unwrap_or_default();
            put("lastEvent", heard.at_ms.map(|ms| json!(ms)));
            put("latency", heard.latency_ms.map(|ms| json!(ms)));
            let kept = || server.pool_name.as_ref().map(|name| json!(name));
            let name = pool_object.and_then(|o| o.at("name_label"));
            put("poolNameLabel", name.or_else(kept));
            put(
                "master",
                status.and_then(|s| s.address).map(|a| json!(a.host)),
            );
        }
        view
    }

    /// Stores what a watcher found: the pool, the pins.
    async fn follow_status(&self, id: &str, mut status: tokio::sync::watch::Receiver<Status>) {
        while status.changed().await.is_ok() {
            let now = status.borrow_and_update().clone();
            if !matches!(now.state, State::Connected) {
                self.pools.tell();
                continue;
            }
            let pins: Vec<String> = now.pins.iter().map(Fingerprint::to_string).collect();
            let change = ServerChange {
                pool_id: now.pool.as_ref().map(|p| Some(p.to_string())),
                fingerprint: (!pins.is_empty()).then(|| Some(pins.join(" "))),
                ..ServerChange::default()
            };
            if let Err(error) = self.store.servers().update(id, change).await {
                tracing::warn!(server = id, %error, "the state of a pool connection was not stored");
            }
            self.keep_pool_name(id).await;
            self.pools.tell();
        }
    }

    /// Stores the name of the pool that is connected: of one that is not, no other is known.
    async fn keep_pool_name(&self, id: &str) {
        let pool = self.pools.status(id).and_then(|status| status.pool);
        let pool = pool.and_then(|pool| self.inventory.get(&pool));
        let Some(Value::String(name)) = pool.and_then(|pool| pool.at("name_label")) else {
            return;
        };
        let change = ServerChange {
            pool_name: Some(Some(name)),
            ..ServerChange::default()
        };
        if let Err(error) = self.store.servers().update(id, change).await {
            tracing::warn!(server = id, %error, "the name of a pool was not stored");
        }
    }
}

fn proxy_of(server: &Server) -> Result<Option<xapi::Proxy>> {
    let proxy = server.http_proxy.as_deref().map(str::parse).transpose();
    Ok(proxy?)
}

fn trust_of(server: &Server) -> TrustMode {
    let pins: Vec<Fingerprint> = server
        .fingerprint
        .iter()
        .flat_map(|list| list.split_whitespace())
        .filter_map(|text| text.parse().ok())
        .collect();
    if !pins.is_empty() {
        TrustMode::Pinned(pins)
    } else if server.allow_unauthorized {
        TrustMode::FirstUse
    } else {
        TrustMode::Authorities
    }
}

fn error_json(error: &xapi::Error) -> Value {
    let words = Error::from(error.clone());
    let mut view = json!({ "code": error_code(error), "message": words.to_string() });
    let shown = match error {
        xapi::Error::CertificateChanged {
            presented,
            accepted,
            ..
        } => Some((presented, accepted.as_slice())),
        xapi::Error::CertificateUntrusted { presented, .. } => Some((presented, [].as_slice())),
        _ => None,
    };
    if let (Some((presented, accepted)), Some(view)) = (shown, view.as_object_mut()) {
        let accepted: Vec<String> = accepted.iter().map(ToString::to_string).collect();
        view.insert("presented".into(), json!(presented.to_string()));
        view.insert("accepted".into(), json!(accepted));
    }
    view
}

/// XAPI's own code, or ours for what happens before XAPI answers.
pub(crate) fn error_code(error: &xapi::Error) -> &str {
    match error {
        xapi::Error::Api(e) => e.code.as_str(),
        xapi::Error::CertificateChanged { .. } => "CERTIFICATE_CHANGED",
        xapi::Error::CertificateUntrusted { .. } => "CERTIFICATE_UNTRUSTED",
        xapi::Error::Garbage { .. } => "NOT_XAPI",
        _ => "UNREACHABLE",
    }
}
