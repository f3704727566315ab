//! Start and stop: open the store, start the engine, serve, wait for the end.

use std::fs::{File, TryLockError};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, bail};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use xo_api::{App, Certificate, LabState, Later, SetupHost};
use xo_engine::{Engine, Error, Options};
use xo_store::{Store, StoreConfig};

use crate::labs::Labs;
use crate::listen::Listener;
use crate::{Config, backup, process, setup_code, tls};

/// Between two attempts to tell the agent.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
const LAST_PAUSE: Duration = Duration::from_secs(120);

/// A server that runs.
pub struct Daemon {
    /// Everything that operations use.
    pub engine: Arc<Engine>,
    listeners: Vec<(&'static str, Listener)>,
    labs: Arc<Labs>,
    lab_addresses: Vec<String>,
    /// What is shown over TLS, now.
    certificate: Option<tls::InUse>,
    backups: Arc<backup::Host>,
    stopping: CancellationToken,
    /// Told when the server is to start anew, with other data.
    restart: CancellationToken,
    _lock: File,
}

impl Daemon {
    /// Starts all that the configuration asks for. Nothing is left running when it fails.
    pub async fn start(config: &Config) -> Result<Self> {
        tls::provide();
        make_data_dir(config)?;
        let lock = lock(&config.data_dir)?;
        if let Ok(places) = backup::Places::of(config) {
            backup::swap::carry_out(&places)?;
        }
        backup::Shelf::of(&config.data_dir)?.sweep();
        let store = open_store(config).await?;
        let options = Options {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            timezone: process::timezone(),
            agent: Some(config.agent.clone()),
        };
        let engine = Engine::start(store.clone(), options).await?;
        let (stopping, restart) = (CancellationToken::new(), CancellationToken::new());
        let backups = backup::Host::new(config, store.clone(), restart.clone());
        let mut daemon = Self {
            backups: Arc::new(backups),
            restart,
            labs: Arc::new(Labs::new(Arc::clone(&engine), store)),
            engine,
            listeners: Vec::new(),
            lab_addresses: Vec::new(),
            certificate: None,
            stopping,
            _lock: lock,
        };
        if let Err(error) = daemon.open(config).await {
            daemon.stop().await;
            return Err(error);
        }
        Ok(daemon)
    }

    async fn open(&mut self, config: &Config) -> Result<()> {
        if let Some(address) = config.https {
            let in_use = tls::InUse::open(&config.data_dir, SystemTime::now()).await?;
            self.certificate = Some(in_use.clone());
            let site = xo_api::site(self.app(true));
            let listener = Listener::https(address, in_use.config(), site, &self.stopping)?;
            self.listeners.push(("https", listener));
            let engine = Arc::clone(&self.engine);
            tokio::spawn(tell_agent(engine, in_use.watch(), self.stopping.clone()));
            tokio::spawn(in_use.follow(self.stopping.clone()));
        }
        if let Some(address) = config.http {
            let site = if address.ip().is_loopback() {
                xo_api::site(self.app(false))
            } else {
                xo_api::redirect_site(self.https_port().unwrap_or(443))
            };
            self.listeners
                .push(("http", Listener::http(address, site, &self.stopping)?));
        }
        let code = setup_code::Place::of(&config.data_dir);
        tokio::spawn(code.follow(Arc::clone(&self.engine)));
        self.lab_addresses = self.labs.start(config.lab).await?;
        self.engine.connect_enabled().await?;
        Ok(())
    }

    /// Where a scheme is served.
    pub fn address(&self, scheme: &str) -> Option<SocketAddr> {
        self.listeners
            .iter()
            .find(|(name, _)| *name == scheme)
            .map(|(_, l)| l.address)
    }

    /// What somebody at the terminal needs to know: addresses, fingerprint, the setup code.
    pub fn welcome(&self) -> String {
        let mut lines = vec![format!("xo-server {} is ready", env!("CARGO_PKG_VERSION"))];
        for (scheme, listener) in &self.listeners {
            lines.push(format!(
                "  address:      {}",
                shown(scheme, listener.address)
            ));
        }
        if let Some(certificate) = &self.certificate {
            let fingerprint = certificate.certificate().fingerprint;
            lines.push(format!("  certificate:  SHA-256 {fingerprint}"));
        }
        for address in &self.lab_addresses {
            lines.push(format!("  lab pool:     {address}"));
        }
        match self.engine.setup_code() {
            Some(code) => lines.push(format!(
                "  setup code:   {code}   (makes the first administrator)"
            )),
            None => lines.push("  sign in with an existing account".to_owned()),
        }
        lines.join("\n")
    }

    /// Waits until the server is to start anew: stop it, and start another one.
    pub async fn restart_wanted(&self) {
        self.restart.cancelled().await;
    }

    /// Stops: no new requests, open ones get some seconds, then the pools are left.
    pub async fn stop(self) {
        self.stopping.cancel();
        self.engine.stop().await;
        for (_, listener) in self.listeners {
            listener.stopped().await;
        }
        self.labs.stop().await;
    }

    fn app(&self, secure_cookies: bool) -> App {
        App {
            engine: Arc::clone(&self.engine),
            secure_cookies,
            metrics: Arc::new(process::metrics),
            setup: Arc::new(ForSetup {
                certificate: self.certificate.clone(),
                labs: Arc::clone(&self.labs),
            }),
            backups: Arc::clone(&self.backups) as _,
        }
    }

    fn https_port(&self) -> Option<u16> {
        self.address("https").map(|a| a.port())
    }
}

/// Tells the appliance's agent of the certificate that is shown at the start, and of each other one; again and again while it does not
/// listen.
async fn tell_agent(
    engine: Arc<Engine>,
    mut shown: watch::Receiver<Certificate>,
    stopping: CancellationToken,
) {
    let telling = async {
        let mut pause = FIRST_PAUSE;
        loop {
            shown.mark_unchanged();
            match engine.certificate_changed().await {
                Ok(()) => {
                    pause = FIRST_PAUSE;
                    if shown.changed().await.is_err() {
                        return;
                    }
                }
                Err(error) => {
                    tracing::warn!("the pool is not told the certificate yet: {error}");
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(LAST_PAUSE);
                }
            }
        }
    };
    tokio::select! {
        () = stopping.cancelled() => {}
        () = telling => {}
    }
}

/// What the set-up asks of the daemon.
struct ForSetup {
    certificate: Option<tls::InUse>,
    labs: Arc<Labs>,
}

impl SetupHost for ForSetup {
    fn certificate(&self) -> Option<Certificate> {
        Some(self.certificate.as_ref()?.certificate())
    }

    fn replace_certificate(
        &self,
        chain: String,
        key: String,
    ) -> Later<'_, xo_engine::Result<Certificate>> {
        Box::pin(async move {
            let in_use = self.certificate.as_ref().ok_or_else(|| Error::Forbidden {
                operation: "certificate".into(),
                reason:
                    "this server does not speak TLS itself: its reverse proxy has the certificate"
                        .into(),
            })?;
            in_use.replace(&chain, &key).await
        })
    }

    fn lab(&self) -> Later<'_, xo_engine::Result<LabState>> {
        Box::pin(self.labs.state())
    }

    fn start_lab(&self) -> Later<'_, xo_engine::Result<String>> {
        Box::pin(self.labs.ensure())
    }
}

/// Two servers in one data folder would take each other's tasks for interrupted.
fn lock(folder: &Path) -> Result<File> {
    let path = folder.join("xo-server.lock");
    let file = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            bail!(
                "another xo-server uses the data folder {}: stop it first",
                folder.display()
            )
        }
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("cannot lock {}", path.display()))
        }
    }
}

/// Opens the database of a configuration; the data folder is made when it is not there.
pub async fn open_store(config: &Config) -> Result<Store> {
    make_data_dir(config)?;
    if backup::swap::is_half_done(&config.data_dir) {
        bail!(
            "a restore in {} was broken off: start the server, which ends it",
            config.data_dir.display()
        );
    }
    let key = config.data_dir.join(backup::SECRET);
    let store = StoreConfig::new(config.database.clone(), key);
    Ok(Store::open(&store).await?)
}

fn make_data_dir(config: &Config) -> Result<()> {
    let folder = &config.data_dir;
    process::make_private_folder(folder)
        .with_context(|| format!("cannot use the data folder {}", folder.display()))
}

/// A listener's address as one opens it.
fn shown(scheme: &str, address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        let port = address.port();
        return format!("{scheme}://<any address of this machine>:{port}/");
    }
    format!("{scheme}://{address}/")
}
