//! A running lab: its listeners, its database, its background work.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::calls::Calls;
use crate::config::LabConfig;
use crate::contents::Contents;
use crate::db::{Db, Ids, Store};
use crate::faults::Faults;
use crate::plugins::Plugins;
use crate::tls::Identity;
use crate::{domain, http, population, unrest};

/// How long a lab waits for its tasks when it is stopped.
const DRAIN: Duration = Duration::from_secs(2);

/// Why a lab does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address is taken, or not ours.
    #[error("cannot listen on {address}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why not.
        source: std::io::Error,
    },
    /// No certificate could be made.
    #[error("cannot make a certificate: {0}")]
    Certificate(String),
}

/// What handlers share.
pub struct Inner {
    /// As asked for.
    pub config: LabConfig,
    /// The pool's state.
    pub store: Store,
    /// What is written on the disks.
    pub contents: Contents,
    /// What plugins remember.
    pub plugins: Plugins,
    /// Scripted trouble.
    pub faults: Faults,
    /// The table of calls.
    pub calls: Calls,
    /// What runs besides the listeners.
    pub tracker: TaskTracker,
    /// Set when the lab stops.
    pub stop: CancellationToken,
    /// The certificate as PEM text.
    pub certificate: String,
}

/// A running lab. Dropping it stops it.
pub struct Lab {
    inner: Arc<Inner>,
    http: Option<SocketAddr>,
    https: Option<SocketAddr>,
    fingerprint: String,
}

impl Lab {
    /// Populates a pool and serves it.
    ///
    /// # Errors
    /// When an address cannot be bound or no certificate be made.
    pub async fn start(config: LabConfig) -> Result<Self, StartError> {
        let identity = Identity::generate()?;
        let mut db = Db::new(Ids::new(config.seed));
        population::populate(&mut db, &config, &identity);
        let inner = Arc::new(Inner {
            contents: Contents::of(&db),
            plugins: Plugins::default(),
            store: Store::new(db),
            faults: Faults::default(),
            calls: Calls::new(),
            tracker: TaskTracker::new(),
            stop: CancellationToken::new(),
            certificate: identity.pem.clone(),
            config,
        });
        let http = match inner.config.http {
            Some(address) => Some(http::listen(&inner, address, None).await?),
            None => None,
        };
        let https = match inner.config.https {
            Some(address) => {
                let tls = Some(Arc::clone(&identity.config));
                Some(http::listen(&inner, address, tls).await?)
            }
            None => None,
        };
        if let Some(address) = https {
            domain::place_consoles(&mut inner.store.write(), address.port());
        }
        for address in [http, https].into_iter().flatten() {
            let tls = (Some(address) == https).then(|| Arc::clone(&identity.config));
            others(&inner, address, tls.as_ref()).await;
        }
        unrest::start(&inner);
        Ok(Self {
            inner,
            http,
            https,
            fingerprint: identity.fingerprint,
        })
    }

    /// `http://127.0.0.1:<port>`, empty when plain HTTP is not served.
    #[must_use]
    pub fn http_url(&self) -> String {
        self.http
            .map(|address| format!("http://{address}"))
            .unwrap_or_default()
    }

    /// `https://127.0.0.1:<port>`, empty when HTTPS is not served.
    #[must_use]
    pub fn https_url(&self) -> String {
        self.https
            .map(|address| format!("https://{address}"))
            .unwrap_or_default()
    }

    /// Where plain HTTP is served.
    #[must_use]
    pub fn http_address(&self) -> Option<SocketAddr> {
        self.http
    }

    /// Where HTTPS is served.
    #[must_use]
    pub fn https_address(&self) -> Option<SocketAddr> {
        self.https
    }

    /// SHA-256 of the certificate, lower-case hex.
    #[must_use]
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// The certificate as PEM text.
    #[must_use]
    pub fn certificate(&self) -> &str {
        &self.inner.certificate
    }

    /// What the lab was asked to be.
    #[must_use]
    pub fn config(&self) -> &LabConfig {
        &self.inner.config
    }

    /// The pool's state, to look at and to change from inside the process.
    #[must_use]
    pub fn db(&self) -> &Store {
        &self.inner.store
    }

    /// Scripted trouble.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.inner.faults
    }

    /// Ends every session: calls that wait answer `SESSION_INVALID` at once.
    pub fn expire_sessions(&self) {
        let mut db = self.inner.store.write();
        for session in db.all("session") {
            db.destroy(&session);
        }
    }

    /// What a restored pool looks like to its clients: every object has a new reference, sessions and tasks are gone.
    pub fn restart_with_new_references(&self) {
        self.inner.store.write().renew_references();
    }

    /// Stops listening, ends what waits, and waits for it, but not for ever.
    pub async fn stop(&self) {
        self.inner.stop.cancel();
        self.inner.tracker.close();
        let _ = tokio::time::timeout(DRAIN, self.inner.tracker.wait()).await;
    }
}

/// Serves the other hosts of the pool at their own loopback addresses, on the same port. Where that is not possible (not
/// every system has all of 127/8), they are only known by name.
async fn others(lab: &Arc<Inner>, master: SocketAddr, tls: Option<&Arc<rustls::ServerConfig>>) {
    let addresses: Vec<IpAddr> = {
        let db = lab.store.read();
        db.rows("host")
            .filter_map(|host| db.get(&host.reference, "address").as_str().parse().ok())
            .collect()
    };
    if addresses.first() != Some(&master.ip()) {
        return;
    }
    for address in addresses.into_iter().skip(1) {
        let address = SocketAddr::new(address, master.port());
        if let Err(error) = http::listen(lab, address, tls.cloned()).await {
            tracing::warn!(%error, "a host of the lab is not served");
        }
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        self.inner.stop.cancel();
    }
}
