//! Simulated pools inside the daemon, and their connections.
//!
//! Invariant: a lab that was asked for while the server ran is there again at the next start, under the same connection, unless that
//! was removed. Its contents are made anew, and so are its address and its certificate: the connection is pointed at them.

use std::sync::Arc;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;
use xo_api::LabState;
use xo_engine::{Engine, Error, OwnPool};
use xo_lab::{Lab, LabConfig};
use xo_store::{Server, Store};

/// The setting that remembers the lab that was asked for.
const SETTING: &str = "lab";
const FIRST: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Remembered {
    /// Its connection.
    server: String,
}

struct Running {
    lab: Lab,
    server: String,
}

/// All labs of a server.
pub(crate) struct Labs {
    engine: Arc<Engine>,
    store: Store,
    running: Mutex<Vec<Running>>,
}

impl Labs {
    pub(crate) fn new(engine: Arc<Engine>, store: Store) -> Self {
        Self {
            engine,
            store,
            running: Mutex::default(),
        }
    }

    /// Starts `count` labs, and the one that is remembered. Returns their addresses.
    pub(crate) async fn start(&self, count: u32) -> Result<Vec<String>> {
        let remembered = self.remembered().await?;
        let mut running = self.running.lock().await;
        for number in FIRST..FIRST + count {
            let known = remembered.as_deref().filter(|_| number == FIRST);
            running.push(self.run(number, known).await?);
        }
        if running.is_empty() && remembered.is_some() {
            match self.run(FIRST, remembered.as_deref()).await {
                Ok(lab) => running.push(lab),
                // Nobody asked for it this time: the server is not kept from its work.
                Err(error) => tracing::error!("the lab is not there again: {error:#}"),
            }
        }
        Ok(running.iter().map(|one| one.lab.https_url()).collect())
    }

    pub(crate) async fn state(&self) -> Result<LabState, Error> {
        let running = self.running.lock().await;
        let servers = self.store.servers().list().await?;
        Ok(if connected(&running, &servers).is_some() {
            LabState::Running
        } else if servers.is_empty() {
            LabState::Available
        } else {
            LabState::Unavailable
        })
    }

    /// Makes sure that one runs and is connected, and remembers it; returns its connection.
    pub(crate) async fn ensure(&self) -> Result<String, Error> {
        let mut running = self.running.lock().await;
        let servers = self.store.servers().list().await?;
        if let Some(server) = connected(&running, &servers) {
            return Ok(server.id.clone());
        }
        if let Some(other) = servers.first() {
            return Err(Error::Forbidden {
                operation: "setup.lab".into(),
                reason: format!(
                    "the pool at {} is here already, and the lab is for servers without one: \
                     remove its connection, or start the server with --lab to have both",
                    other.host
                ),
            });
        }
        let id = match running.first_mut() {
            // Its connection was removed.
            Some(one) => {
                one.server = self.adopt(&one.lab, FIRST, None).await?;
                one.server.clone()
            }
            None => {
                let one = self.run(FIRST, None).await;
                let one = one.map_err(|e| Error::Unavailable(format!("{e:#}")))?;
                let id = one.server.clone();
                running.push(one);
                id
            }
        };
        let remembered = Remembered { server: id.clone() };
        self.store.settings().set(SETTING, &remembered).await?;
        self.engine.await_connected(&id).await?;
        tracing::info!("the lab is started and connected");
        Ok(id)
    }

    pub(crate) async fn stop(&self) {
        for one in self.running.lock().await.drain(..) {
            one.lab.stop().await;
        }
    }

    /// The connection of the lab that was asked for, if it is still there.
    async fn remembered(&self) -> Result<Option<String>> {
        let settings = self.store.settings();
        let Some(Remembered { server }) = settings.find(SETTING).await? else {
            return Ok(None);
        };
        let servers = self.store.servers().list().await?;
        if servers.iter().any(|one| one.id == server) {
            return Ok(Some(server));
        }
        settings.delete(SETTING).await?;
        Ok(None)
    }

    async fn run(&self, number: u32, known: Option<&str>) -> Result<Running> {
        let config = LabConfig {
            seed: u64::from(number),
            name: label(number),
            ..LabConfig::default()
        };
        let lab = Lab::start(config)
            .await
            .context("cannot start a lab pool")?;
        match self.adopt(&lab, number, known).await {
            Ok(server) => Ok(Running { lab, server }),
            Err(error) => {
                lab.stop().await;
                Err(error).context("cannot connect a lab pool")
            }
        }
    }

    async fn adopt(&self, lab: &Lab, number: u32, known: Option<&str>) -> Result<String, Error> {
        let pool = OwnPool {
            connection: known,
            label: &label(number),
            host: &lab.https_url(),
            username: "root",
            password: "lab",
        };
        self.engine.adopt_pool(pool).await
    }
}

fn label(number: u32) -> String {
    format!("Lab {number}")
}

/// The connection of one that runs.
fn connected<'a>(running: &[Running], servers: &'a [Server]) -> Option<&'a Server> {
    servers
        .iter()
        .find(|server| running.iter().any(|one| one.server == server.id))
}
