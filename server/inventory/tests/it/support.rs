//! A lab, an inventory, and the watcher between them.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use xapi::{Credentials, Limits, TrustMode};
use xapi_records::Id;
use xo_inventory::{Connection, Inventory, Notice, Settings, State, Status, Subscription};
use xo_lab::{Lab, LabConfig};

/// Everything here ends within this.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// The small pool that most tests use; events are not gathered, so that tests are quick.
pub fn small() -> LabConfig {
    LabConfig {
        vms: 10,
        coalesce: Duration::ZERO,
        https: None,
        ..LabConfig::default()
    }
}

pub fn settings(lab: &Lab) -> Settings {
    Settings {
        name: "test".into(),
        address: lab.http_url().parse().unwrap(),
        credentials: Credentials {
            username: "root".into(),
            password: "lab".into(),
        },
        trust: TrustMode::FirstUse,
        proxy: None,
        read_only: false,
        limits: Limits::default(),
    }
}

/// A pool that is watched.
pub struct Watched {
    pub lab: Lab,
    pub inventory: Arc<Inventory>,
    pub connection: Connection,
}

impl Watched {
    pub async fn start() -> Self {
        Self::with(small()).await
    }

    /// Comes back when the pool is loaded.
    pub async fn with(config: LabConfig) -> Self {
        let lab = Lab::start(config).await.unwrap();
        let inventory = Arc::new(Inventory::new());
        let connection = connect(&inventory, settings(&lab)).await;
        Self {
            lab,
            inventory,
            connection,
        }
    }

    pub async fn until(&self, fits: impl FnMut(&Status) -> bool) -> Status {
        until(&self.connection, fits).await
    }

    pub fn pool(&self) -> Id {
        self.connection.status().borrow().pool.clone().unwrap()
    }

    /// The uuid of a VM in this state, and its reference.
    pub fn vm(&self, state: &str) -> (Id, String) {
        let db = self.lab.db().read();
        let vm = db.all("VM").into_iter().find(|vm| {
            db.text(vm, "power_state").as_ref() == state
                && !db.flag(vm, "is_a_template")
                && !db.flag(vm, "is_control_domain")
        });
        let vm = vm.unwrap();
        (Id::new(&db.text(&vm, "uuid")), vm.to_string())
    }

    pub fn set(&self, reference: &str, field: &str, value: &str) {
        self.lab.db().write().set(reference, field, value);
    }

    /// Changes the pool's description and takes what is told until that is told too: everything else.
    pub async fn told(&self, subscription: &mut Subscription) -> Told {
        let mark = format!("mark {}", self.lab.db().read().generation());
        let pool = self.lab.db().read().all("pool")[0].to_string();
        self.set(&pool, "name_description", &mark);
        let pool = self.pool();
        let mut told = Told::default();
        let read = async {
            loop {
                let mut marked = false;
                for notice in subscription.next().await.unwrap() {
                    let item = notice.object();
                    match &notice {
                        Notice::Enter(_) if item.id == pool => {
                            marked |= item.at("name_description").unwrap() == *mark;
                        }
                        Notice::Enter(_) => drop(told.entered.insert(item.id.to_string())),
                        Notice::Exit(_) => drop(told.exited.insert(item.id.to_string())),
                    }
                }
                if marked {
                    return;
                }
            }
        };
        let read = tokio::time::timeout(DEADLINE, read).await;
        read.expect("the mark does not come");
        told
    }

    /// The ids of all objects.
    pub fn ids(&self) -> BTreeSet<String> {
        let all = self.inventory.all();
        all.iter().map(|item| item.id.to_string()).collect()
    }
}

/// Which objects a subscriber was told of.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Told {
    pub entered: BTreeSet<String>,
    pub exited: BTreeSet<String>,
}

impl Told {
    pub fn nothing() -> Self {
        Self::default()
    }

    pub fn entered(id: &Id) -> Self {
        Self {
            entered: BTreeSet::from([id.to_string()]),
            exited: BTreeSet::new(),
        }
    }
}

/// Starts a watcher and waits until it is connected.
pub async fn connect(inventory: &Arc<Inventory>, settings: Settings) -> Connection {
    let connection = Connection::start(Arc::clone(inventory), settings);
    until(&connection, is_connected).await;
    connection
}

pub fn is_connected(status: &Status) -> bool {
    matches!(status.state, State::Connected)
}

pub fn is_disconnected(status: &Status) -> bool {
    matches!(status.state, State::Disconnected(_))
}

/// Waits for a status.
pub async fn until(connection: &Connection, fits: impl FnMut(&Status) -> bool) -> Status {
    let mut status = connection.status();
    let waited = tokio::time::timeout(DEADLINE, status.wait_for(fits)).await;
    match waited {
        Ok(status) => status.unwrap().clone(),
        Err(_) => panic!("still {:?}", connection.status().borrow().state),
    }
}
