//! A session with one pool: login, calls, and what keeps them going.
//!
//! Invariant: a call logs in again at most once, and moves to the master at most once per answer `HOST_IS_SLAVE`.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::RwLock;
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};

use crate::rpc::{Encoding, Rpc};
use crate::{Address, Error, Reply, Result, Trust};

/// Sessions of ours are labelled with this, so that XAPI counts them together.
const ORIGINATOR: &str = "xoa";
const CALL_TIMEOUT: Duration = Duration::from_secs(300);
const LOGIN_TIMEOUT: Duration = Duration::from_secs(30);

/// An account of the pool.
#[derive(Clone)]
pub struct Credentials {
    /// For example `root`.
    pub username: String,
    /// Never shown by `Debug`.
    pub password: String,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Credentials({})", self.username)
    }
}

/// Where to log in, as whom, and whom to believe.
#[derive(Debug, Clone)]
pub struct Target {
    /// Any member of the pool.
    pub address: Address,
    /// The account.
    pub credentials: Credentials,
    /// Shared with whoever stores the pins.
    pub trust: Arc<Trust>,
}

/// A session with a pool; clones share it.
#[derive(Debug, Clone)]
pub struct Session {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    rpc: Rpc,
    credentials: Credentials,
    place: RwLock<Place>,
    login: tokio::sync::Mutex<()>,
}

#[derive(Debug, Clone)]
struct Place {
    address: Address,
    encoding: Encoding,
    session: String,
}

impl Session {
    /// Logs in, on the master when the address is another member's.
    ///
    /// # Errors
    /// `SESSION_AUTHENTICATION_FAILED` for a wrong account, connection and certificate errors.
    pub async fn login(target: &Target) -> Result<Self> {
        let rpc = Rpc::new(Arc::clone(&target.trust))?;
        let place = login(&rpc, target.address.clone(), &target.credentials).await?;
        Ok(Self {
            inner: Arc::new(Inner {
                rpc,
                credentials: target.credentials.clone(),
                place: RwLock::new(place),
                login: tokio::sync::Mutex::new(()),
            }),
        })
    }

    /// The member that answers, normally the master.
    pub fn address(&self) -> Address {
        self.inner.place.read().address.clone()
    }

    /// The session's reference, which data channels take as `session_id`.
    pub fn reference(&self) -> String {
        self.inner.place.read().session.clone()
    }

    /// Which certificates this session believes.
    pub fn trust(&self) -> &Arc<Trust> {
        &self.inner.rpc.trust
    }

    pub(crate) fn rpc(&self) -> &Rpc {
        &self.inner.rpc
    }

    /// Calls `class.message`; `args` come after the session and stand in a JSON array.
    ///
    /// # Errors
    /// XAPI's own, or why it could not be asked.
    pub async fn call<T: DeserializeOwned>(&self, method: &str, args: Json) -> Result<T> {
        let reply = self.request(method, args, CALL_TIMEOUT).await?;
        reply
            .parse()
            .map_err(|e| self.garbage(method, e.to_string()))
    }

    /// Calls a message whose result does not matter.
    pub async fn perform(&self, method: &str, args: Json) -> Result<()> {
        self.request(method, args, CALL_TIMEOUT).await.map(drop)
    }

    /// Calls and hands out the answer's bytes unread.
    pub async fn request(&self, method: &str, args: Json, timeout: Duration) -> Result<Reply> {
        let mut list = match args {
            Json::Array(items) => items,
            Json::Null => Vec::new(),
            one => vec![one],
        };
        list.insert(0, Json::Null);
        let (mut relogged, mut moved) = (false, false);
        loop {
            let place = self.inner.place.read().clone();
            if let Some(first) = list.first_mut() {
                *first = Json::String(place.session.clone());
            }
            let rpc = &self.inner.rpc;
            let answer = rpc
                .call(&place.address, place.encoding, method, &list, timeout)
                .await;
            match answer {
                Ok(Some(reply)) => return Ok(reply),
                Ok(None) => return Err(self.garbage(method, "no JSON".into())),
                Err(Error::Api(e)) if e.code == "SESSION_INVALID" && !relogged => {
                    relogged = true;
                    self.login_again(&place.session, place.address).await?;
                }
                Err(Error::Api(e)) if e.code == "HOST_IS_SLAVE" && !moved => {
                    moved = true;
                    let master = e.params.first().map(String::as_str).unwrap_or_default();
                    self.login_again(&place.session, place.address.with_host(master))
                        .await?;
                }
                Err(e) => return Err(e),
            }
        }
    }

    /// Ends the session on the pool; what fails is of no interest any more.
    pub async fn logout(&self) {
        let place = self.inner.place.read().clone();
        let args = [Json::String(place.session)];
        let rpc = &self.inner.rpc;
        let limit = Duration::from_secs(5);
        let _ = rpc
            .call(
                &place.address,
                place.encoding,
                "session.logout",
                &args,
                limit,
            )
            .await;
    }

    pub(crate) fn garbage(&self, method: &str, detail: String) -> Error {
        Error::Garbage {
            host: self.address().authority(),
            method: method.to_owned(),
            detail,
        }
    }

    /// Many calls may find the same session dead: the first one logs in, the others take what it got.
    async fn login_again(&self, dead: &str, address: Address) -> Result<()> {
        let _only_one = self.inner.login.lock().await;
        if self.inner.place.read().session != dead {
            return Ok(());
        }
        let place = login(&self.inner.rpc, address, &self.inner.credentials).await?;
        *self.inner.place.write() = place;
        Ok(())
    }
}

async fn login(rpc: &Rpc, mut address: Address, account: &Credentials) -> Result<Place> {
    let args = [
        json!(account.username),
        json!(account.password),
        json!(env!("CARGO_PKG_VERSION")),
        json!(ORIGINATOR),
    ];
    let method = "session.login_with_password";
    let mut encoding = Encoding::Json;
    let mut hops = 0;
    loop {
        match rpc
            .call(&address, encoding, method, &args, LOGIN_TIMEOUT)
            .await
        {
            Ok(Some(reply)) => {
                let session = reply.parse().map_err(|e| Error::Garbage {
                    host: address.authority(),
                    method: method.into(),
                    detail: e.to_string(),
                })?;
                return Ok(Place {
                    address,
                    encoding,
                    session,
                });
            }
            Ok(None) => encoding = Encoding::Xml,
            Err(Error::Api(e)) if e.code == "HOST_IS_SLAVE" && hops < 3 => {
                hops += 1;
                address = address.with_host(e.params.first().map_or("", String::as_str));
            }
            Err(e) => return Err(e),
        }
    }
}
