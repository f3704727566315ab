//! An engine with a store of its own, an administrator, and a lab pool that it is connected to.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};
use tempfile::TempDir;
use xo_engine::{Caller, Credentials, Engine, Error, Options, Outcome};
use xo_inventory::{Inventory, Item};
use xo_lab::{Failure, Lab, LabConfig, Times};
use xo_model::ObjectType;
use xo_store::{DatabaseLocation, PasswordCost, Store, StoreConfig};

const PASSWORD: &str = "correct horse";
const LIMIT: Duration = Duration::from_secs(20);

/// An engine that knows nobody and no pool; the folder holds its database.
pub async fn bare_engine() -> (Arc<Engine>, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let database = DatabaseLocation::Sqlite(folder.path().join("xo.db"));
    let mut config = StoreConfig::new(database, folder.path().join("key"));
    config.password_cost = PasswordCost {
        memory_kib: 8,
        passes: 1,
        lanes: 1,
    };
    let store = Store::open(&config).await.unwrap();
    let options = Options {
        version: "test".into(),
        timezone: "UTC".into(),
        agent: None,
    };
    (Engine::start(store, options).await.unwrap(), folder)
}

/// Everything that a test needs.
pub struct Rig {
    pub engine: Arc<Engine>,
    pub admin: Caller,
    pub lab: Lab,
    _folder: TempDir,
}

impl Rig {
    /// With a small pool: two hosts, twenty VMs.
    pub async fn start() -> Self {
        Self::with(LabConfig::default()).await
    }

    /// With the pool that is asked for.
    pub async fn with(config: LabConfig) -> Self {
        let (lab, (engine, folder)) = tokio::join!(Lab::start(config), bare_engine());
        let code = engine.setup_code().unwrap();
        engine
            .create_first_admin(&code, "admin", PASSWORD)
            .await
            .unwrap();
        let admin = sign_in(&engine, "admin").await;
        let rig = Self {
            engine,
            admin,
            lab: lab.unwrap(),
            _folder: folder,
        };
        let server = json!({
            "host": rig.lab.http_url(), "username": "root", "password": "lab", "autoConnect": false,
        });
        let id = rig.call("server.add", server).await.unwrap();
        rig.call("server.enable", json!({ "id": id }))
            .await
            .unwrap();
        rig
    }

    /// Calls as the administrator.
    pub async fn call(&self, method: &str, params: Value) -> Result<Value, Error> {
        self.call_as(&self.admin, method, params).await
    }

    /// Calls as somebody else.
    pub async fn call_as(
        &self,
        caller: &Caller,
        method: &str,
        params: Value,
    ) -> Result<Value, Error> {
        let params: Map<String, Value> = serde_json::from_value(params).unwrap();
        Ok(match self.engine.call(caller, method, params).await? {
            Outcome::Value(value) => value,
            Outcome::Json(pieces) => pieces.into_value().unwrap(),
        })
    }

    /// A new user without rights.
    pub async fn user(&self, name: &str) -> Caller {
        self.call(
            "user.create",
            json!({ "email": name, "password": PASSWORD }),
        )
        .await
        .unwrap();
        sign_in(&self.engine, name).await
    }

    /// The pool refuses the next call of this name.
    pub fn fail_next(&self, call: &str, code: &str) {
        let failure = Failure::new(code, ["as the test wants it"]);
        self.lab.faults().fail_call(call, failure, Times::Count(1));
    }

    /// Puts an entry into a map field of a record, behind the engine's back.
    pub fn plant(&self, item: &Item, field: &str, key: &str, value: &str) {
        let reference = item.reference.to_string();
        self.lab
            .db()
            .write()
            .put_entry(&reference, field, key, value);
    }

    /// The live objects.
    pub fn inventory(&self) -> &Inventory {
        &self.engine.inventory
    }

    /// The first object of a type that fits.
    pub fn one(&self, kind: ObjectType, fits: impl Fn(&Item) -> bool) -> Arc<Item> {
        let mut all = self.inventory().of_kind(kind).into_iter();
        all.find(|item| fits(item))
            .unwrap_or_else(|| panic!("no such {kind} in the lab"))
    }

    /// The object as it is now.
    pub fn now(&self, item: &Item) -> Arc<Item> {
        self.inventory()
            .get(&item.id)
            .unwrap_or_else(|| panic!("{} {} is gone", item.kind, item.id))
    }

    /// Waits until the inventory shows what is expected.
    pub async fn until(&self, what: &str, seen: impl Fn(&Inventory) -> bool) {
        assert!(
            self.inventory().await_state(LIMIT, seen).await,
            "in vain waited until {what}"
        );
    }

    /// Waits until a property of an object has a value.
    pub async fn until_is(&self, item: &Item, property: &str, value: Value) {
        let seen = |inventory: &Inventory| {
            inventory
                .get(&item.id)
                .and_then(|now| now.at(property))
                .unwrap_or_default()
                == value
        };
        if !self.inventory().await_state(LIMIT, seen).await {
            let now = self
                .inventory()
                .get(&item.id)
                .and_then(|now| now.at(property));
            panic!(
                "{} {}: {property} is {now:?}, expected {value}",
                item.kind, item.id
            );
        }
    }
}

async fn sign_in(engine: &Engine, name: &str) -> Caller {
    let credentials = Credentials::Password {
        name: name.into(),
        password: PASSWORD.into(),
        otp: None,
    };
    engine.sign_in(credentials, None).await.unwrap().caller
}
