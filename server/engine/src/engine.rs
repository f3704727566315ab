//! The one value that all operations share.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::RngCore;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use xo_inventory::{Inventory, Item, PoolHandle};
use xo_model::ObjectType;
use xo_store::Store;

use crate::access::{Account, Directory};
use crate::appliance::Appliance;
use crate::method::Method;
use crate::ongoing::Ongoing;
use crate::pools::Pools;
use crate::recent::Recent;
use crate::second_factor::SecondFactor;
use crate::setup::Setup;
use crate::stats::Statistics;
use crate::throttle::Throttle;
use crate::transfer::{Transfer, Transfers};
use crate::{Caller, Error, Permission, Result, Tasks};

const TIDY_EVERY: std::time::Duration = std::time::Duration::from_secs(3600);

/// What the daemon tells the engine at start.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// `system.getServerVersion`.
    pub version: String,
    /// `system.getServerTimezone`.
    pub timezone: String,
    /// The socket of the appliance's agent, where there may be one.
    pub agent: Option<PathBuf>,
}

/// Everything that operations use.
pub struct Engine {
    /// The live objects.
    pub inventory: Arc<Inventory>,
    pub(crate) store: Store,
    pub(crate) methods: BTreeMap<&'static str, Method>,
    pub(crate) transfers: Transfers,
    /// XO tasks: what runs, what failed.
    pub tasks: Tasks,
    pub(crate) throttle: Throttle,
    pub(crate) recent: Recent,
    pub(crate) second_factor: SecondFactor,
    pub(crate) pools: Pools,
    pub(crate) setup: Setup,
    pub(crate) statistics: Statistics,
    pub(crate) options: Options,
    pub(crate) appliance: Appliance,
    /// Wakes when updates of the appliance stand otherwise than before.
    pub(crate) updates: watch::Sender<()>,
    pub(crate) ongoing: Ongoing,
    pub(crate) clients: Arc<AtomicUsize>,
    directory: watch::Sender<Arc<Directory>>,
    /// Background work; waited for at shutdown.
    pub(crate) tracker: TaskTracker,
    /// Cancelled at shutdown.
    pub(crate) stopping: CancellationToken,
}

impl Engine {
    /// Reads accounts and permissions and marks what a crash interrupted. Pools are connected by
    /// [`Engine::connect_enabled`].
    pub async fn start(store: Store, options: Options) -> Result<Arc<Self>> {
        let inventory = Arc::new(Inventory::new());
        let stopping = CancellationToken::new();
        let tracker = TaskTracker::new();
        let tasks = Tasks::start(store.clone(), tracker.clone(), now_ms()).await?;
        let engine = Arc::new(Self {
            pools: Pools::new(),
            inventory,
            methods: crate::nouns::methods()
                .into_iter()
                .map(|m| (m.name, m))
                .collect(),
            transfers: Transfers::default(),
            tasks,
            throttle: Throttle::default(),
            recent: Recent::default(),
            second_factor: SecondFactor::default(),
            setup: Setup::new(),
            statistics: Statistics::default(),
            appliance: Appliance::new(options.agent.clone()),
            updates: watch::Sender::default(),
            ongoing: Ongoing::default(),
            options,
            clients: Arc::default(),
            directory: watch::Sender::default(),
            tracker,
            stopping,
            store,
        });
        engine.refresh_directory().await?;
        engine.tracker.spawn(Arc::clone(&engine).tidy());
        engine.tracker.spawn(Arc::clone(&engine).follow_updates());
        Ok(engine)
    }

    /// Forgets now and then what nobody needs any more.
    async fn tidy(self: Arc<Self>) {
        loop {
            tokio::select! {
                () = self.stopping.cancelled() => return,
                () = tokio::time::sleep(TIDY_EVERY) => {}
            }
            let expired = self.store.tokens().delete_expired(self.now_ms()).await;
            let old = self.store.tasks().prune(xo_store::Tasks::KEPT).await;
            if let Some(error) = expired.err().or(old.err()) {
                tracing::warn!(%error, "expired tokens and old tasks were not removed");
            }
        }
    }

    /// Stops watchers and waits for what runs, for at most ten seconds.
    pub async fn stop(&self) {
        self.stopping.cancel();
        self.inventory.close();
        self.disconnect_all().await;
        self.tracker.close();
        let limit = std::time::Duration::from_secs(10);
        if tokio::time::timeout(limit, self.tracker.wait())
            .await
            .is_err()
        {
            tracing::warn!("some work did not end in time and is dropped");
        }
        self.store.close().await;
    }

    /// All methods, by name.
    pub fn methods(&self) -> impl Iterator<Item = &Method> {
        self.methods.values()
    }

    /// Takes the transfer that waits under a one-shot token.
    pub fn take_transfer(&self, token: &str) -> Option<Transfer> {
        self.transfers.take(token)
    }

    /// Milliseconds since the epoch.
    pub fn now_ms(&self) -> i64 {
        now_ms()
    }

    /// Reads users, groups and entries again, after a change of any of them.
    pub(crate) async fn refresh_directory(&self) -> Result<()> {
        let users = self.store.users().list().await?;
        let groups = self.store.groups().list().await?;
        let acls = self.store.acls().list().await?;
        let directory = Directory::build(&users, &groups, &acls);
        self.directory.send_replace(Arc::new(directory));
        self.recent.forget_all();
        Ok(())
    }

    pub(crate) fn directory(&self) -> Arc<Directory> {
        Arc::clone(&self.directory.borrow())
    }

    /// Tells when users, groups or permissions changed.
    pub(crate) fn directory_changes(&self) -> watch::Receiver<Arc<Directory>> {
        self.directory.subscribe()
    }

    /// The caller's account as it is now.
    pub(crate) fn account(&self, caller: &Caller) -> Result<Arc<Account>> {
        if self.is_expired(caller) {
            return Err(Error::NotSignedIn);
        }
        let user = caller.user.as_deref().ok_or(Error::NotSignedIn)?;
        self.directory()
            .account(user)
            .cloned()
            .ok_or(Error::NotSignedIn)
    }

    /// True for administrators.
    pub fn is_admin(&self, caller: &Caller) -> bool {
        self.account(caller).is_ok_and(|a| a.is_admin)
    }

    /// True when the caller has the right on the object, by an entry on it or on what holds it.
    pub(crate) fn may(&self, account: &Account, object: &Item, permission: Permission) -> bool {
        account.may(&self.inventory, object, permission)
    }

    /// Looks an object up by id or by reference, checks its type and the caller's right on it.
    pub(crate) fn resolve(
        &self,
        caller: &Caller,
        id: &str,
        types: &[ObjectType],
        permission: Option<Permission>,
    ) -> Result<Arc<Item>> {
        let expected = || {
            types
                .iter()
                .map(|t| t.name())
                .collect::<Vec<_>>()
                .join(" or ")
        };
        let unknown = || {
            Error::no_such(
                id,
                if types.is_empty() {
                    "object".into()
                } else {
                    expected()
                },
            )
        };
        let object = self.inventory.find(id).ok_or_else(unknown)?;
        if !types.is_empty() && !types.contains(&object.kind) {
            return Err(unknown());
        }
        if let Some(permission) = permission {
            self.require(caller, &object, permission)?;
        }
        Ok(object)
    }

    /// Fails unless the caller has the right on the object.
    pub(crate) fn require(&self, caller: &Caller, object: &Item, wanted: Permission) -> Result<()> {
        let account = self.account(caller)?;
        if self.may(&account, object, wanted) {
            return Ok(());
        }
        Err(Error::Unauthorized {
            permission: wanted.name().into(),
            object: Some((object.id.to_string(), object.kind.name().into())),
        })
    }

    /// The live pool of an object.
    ///
    /// # Errors
    /// [`Error::Unreachable`] while the pool is disconnected.
    pub(crate) fn pool_of(&self, object: &Item) -> Result<PoolHandle> {
        self.inventory.pool(&object.pool).ok_or_else(|| {
            let pool = self.inventory.get(&object.pool);
            let name = pool.and_then(|pool| pool.at("name_label"));
            let name = match &name {
                Some(serde_json::Value::String(name)) => name.clone(),
                _ => object.pool.to_string(),
            };
            Error::Unreachable {
                what: format!("pool {name}"),
                id: Some(object.pool.to_string()),
                reason: "it is disconnected, and tried again by itself; \
                         the list of connections (\u{201c}Pools and connections\u{201d}) tells the cause"
                    .into(),
            }
        })
    }

    /// Turns references in a pool's error into the ids that clients know.
    pub(crate) fn in_ids(&self, error: Error) -> Error {
        match error {
            Error::Pool { code, params } => {
                let params = params
                    .into_iter()
                    .map(
                        |p| match p.starts_with("OpaqueRef:").then(|| self.inventory.find(&p)) {
                            Some(Some(object)) => object.id.to_string(),
                            _ => p,
                        },
                    )
                    .collect();
                Error::Pool { code, params }
            }
            other => other,
        }
    }
}

pub(crate) fn now_ms() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |d| d.as_millis() as i64)
}

/// 32 random bytes in base64url: 43 characters.
pub(crate) fn random_token() -> String {
    let mut bytes = [0; 32];
    rand::rng().fill_bytes(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}
