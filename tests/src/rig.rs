//! A whole server in this process, with a data folder of its own and an administrator.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tempfile::TempDir;
use xo_lab::{Lab, LabConfig};
use xo_server::Daemon;
use xo_server::config::{Config, Layer};

use crate::client::Client;

/// The administrator that every rig has.
pub const USER: &str = "admin";
/// Their password.
pub const PASSWORD: &str = "correct horse";

/// A server, and perhaps labs.
pub struct Rig {
    /// The server.
    pub daemon: Daemon,
    /// Pools beside it, not inside.
    pub labs: Vec<Lab>,
    folder: TempDir,
}

impl Rig {
    /// A server without a pool.
    pub async fn empty() -> Result<Self> {
        let folder = TempDir::new()?;
        let daemon = start(folder.path()).await?;
        let code = daemon.engine.setup_code().context("no setup code")?;
        daemon
            .engine
            .create_first_admin(&code, USER, PASSWORD)
            .await?;
        Ok(Self {
            daemon,
            labs: Vec::new(),
            folder,
        })
    }

    /// A server and one connected lab.
    pub async fn with_lab(config: LabConfig) -> Result<Self> {
        let mut rig = Self::empty().await?;
        let lab = Lab::start(config).await?;
        let mut client = rig.client().await?;
        let host = lab.https_url();
        let server = client
            .call(
                "server.add",
                json!({
                    "host": host, "username": "root", "password": "lab",
                    "allowUnauthorized": true, "autoConnect": false,
                }),
            )
            .await?;
        client
            .call("server.enable", json!({ "id": server }))
            .await?;
        rig.labs.push(lab);
        Ok(rig)
    }

    /// The first lab.
    pub fn lab(&self) -> Result<&Lab> {
        self.labs.first().context("no lab")
    }

    /// Where TLS is served.
    pub fn https(&self) -> Result<SocketAddr> {
        self.daemon.address("https").context("no https listener")
    }

    /// Where plain HTTP is served.
    pub fn http(&self) -> Result<SocketAddr> {
        self.daemon.address("http").context("no http listener")
    }

    /// Its data folder.
    pub fn folder(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    /// A client that is signed in as administrator.
    pub async fn client(&self) -> Result<Client> {
        let mut client = self.stranger().await?;
        client
            .call(
                "session.signIn",
                json!({ "email": USER, "password": PASSWORD }),
            )
            .await?;
        Ok(client)
    }

    /// A client that has not signed in.
    pub async fn stranger(&self) -> Result<Client> {
        Client::open(&format!("ws://{}/api/", self.http()?)).await
    }

    /// All objects of a type.
    pub async fn objects(&self, kind: &str) -> Result<Vec<Value>> {
        let mut client = self.client().await?;
        let all = client
            .call("xo.getAllObjects", json!({ "filter": { "type": kind } }))
            .await?;
        let all = all.as_object().context("no map of objects")?;
        Ok(all.values().cloned().collect())
    }

    /// Stops everything.
    pub async fn stop(self) {
        self.daemon.stop().await;
        for lab in &self.labs {
            lab.stop().await;
        }
    }
}

/// Starts a server on free ports with its data in `folder`. It is no appliance, also where an agent is.
pub async fn start(folder: &Path) -> Result<Daemon> {
    start_beside(folder, &folder.join("no-agent.sock")).await
}

/// The same, beside an agent that listens at `agent`.
pub async fn start_beside(folder: &Path, agent: &Path) -> Result<Daemon> {
    let layer = Layer {
        agent: Some(agent.to_owned()),
        data_dir: Some(folder.join("data")),
        https: Some("127.0.0.1:0".into()),
        http: Some("127.0.0.1:0".into()),
        ..Layer::default()
    };
    Daemon::start(&Config::merge(&[("test", layer)])?).await
}
