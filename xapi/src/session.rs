//! A session with one pool: login, calls, and what keeps them going.
//!
//! Invariant: a call logs in again at most once, and moves to the master at most once per answer `HOST_IS_SLAVE`. Calls that find
//! the session dead together share one login, and its failure. After [`Session::logout`] nothing logs in again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::RwLock;
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};
use tokio_util::task::TaskTracker;

use crate::login::{self, Place};
use crate::rpc::Rpc;
use crate::{Address, Error, Limits, Proxy, Reply, Result, Trust};

/// How long a logout waits for the cleaning up that goes on, and then for the pool's answer.
const LOGOUT_TIMEOUT: Duration = Duration::from_secs(5);
/// What is asked on the side to clean up must not hang on.
const ASIDE_TIMEOUT: Duration = Duration::from_secs(30);

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
    /// What stands between us and the pool.
    pub proxy: Option<Proxy>,
    /// Refuse, here, whatever would change the pool.
    pub read_only: bool,
    /// How long the pool may be silent.
    pub limits: Limits,
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
    limits: Limits,
    read_only: bool,
    place: RwLock<Place>,
    /// One login at a time. Holds why the last one failed, and which session it was to replace.
    login: tokio::sync::Mutex<Option<(String, tokio::time::Instant, Error)>>,
    ended: AtomicBool,
    aside: TaskTracker,
}

impl Session {
    /// Logs in, on the master when the address is another member's.
    ///
    /// # Errors
    /// `SESSION_AUTHENTICATION_FAILED` for a wrong account, connection and certificate errors.
    pub async fn login(target: &Target) -> Result<Self> {
        Self::login_among(target, &[]).await
    }

    /// Logs in at this very address.
    ///
    /// # Errors
    /// As [`Session::login`]; `HOST_IS_SLAVE` with the master's address when that is another member.
    pub async fn login_there(target: &Target) -> Result<Self> {
        let rpc = Rpc::new(Arc::clone(&target.trust), target.proxy.clone())?;
        let place = login::at(&rpc, &target.address, &target.credentials).await?;
        Ok(Self::at(rpc, target, place))
    }

    /// Logs in on the master, which is looked for at the target and at all `members` at once.
    ///
    /// # Errors
    /// As [`Session::login`]; when nobody answers, what the target's own address said.
    pub async fn login_among(target: &Target, members: &[Address]) -> Result<Self> {
        let rpc = Rpc::new(Arc::clone(&target.trust), target.proxy.clone())?;
        let place = login::among(&rpc, &target.address, members, &target.credentials).await?;
        Ok(Self::at(rpc, target, place))
    }

    fn at(rpc: Rpc, target: &Target, place: Place) -> Self {
        Self {
            inner: Arc::new(Inner {
                rpc,
                credentials: target.credentials.clone(),
                limits: target.limits.clone(),
                read_only: target.read_only,
                place: RwLock::new(place),
                login: tokio::sync::Mutex::default(),
                ended: AtomicBool::new(false),
                aside: TaskTracker::new(),
            }),
        }
    }

    /// Makes sure that the pool answers: where it did, else at whichever of `members` is the master now. All clones follow.
    ///
    /// # Errors
    /// As [`Session::login_among`].
    pub async fn reconnect(&self, members: &[Address]) -> Result<()> {
        let before = self.inner.place.read().clone();
        let probe = self.request("pool.get_all", json!([]), ASIDE_TIMEOUT).await;
        match probe {
            Ok(_) => Ok(()),
            Err(Error::Api(e)) if e.code != "HOST_IS_SLAVE" => Err(Error::Api(e)),
            Err(failure) => {
                let others: Vec<Address> = members
                    .iter()
                    .filter(|m| **m != before.address)
                    .cloned()
                    .collect();
                let Some((first, rest)) = others.split_first() else {
                    return Err(failure);
                };
                let _only_one = self.inner.login.lock().await;
                if self.inner.place.read().session != before.session {
                    return Ok(());
                }
                let account = &self.inner.credentials;
                match login::among(&self.inner.rpc, first, rest, account).await {
                    Ok(place) => *self.inner.place.write() = place,
                    Err(e) if e.is_connection() => return Err(failure),
                    Err(e) => return Err(e),
                }
                Ok(())
            }
        }
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

    pub(crate) fn limits(&self) -> &Limits {
        &self.inner.limits
    }

    pub(crate) fn rpc(&self) -> &Rpc {
        &self.inner.rpc
    }

    /// Calls `class.message`; `args` come after the session and stand in a JSON array.
    ///
    /// # Errors
    /// XAPI's own, or why it could not be asked.
    pub async fn call<T: DeserializeOwned>(&self, method: &str, args: Json) -> Result<T> {
        let reply = self.request(method, args, self.inner.limits.call).await?;
        reply
            .parse()
            .map_err(|e| self.garbage(method, e.to_string()))
    }

    /// Calls a message whose result does not matter.
    pub async fn perform(&self, method: &str, args: Json) -> Result<()> {
        self.request(method, args, self.inner.limits.call)
            .await
            .map(drop)
    }

    /// Calls and hands out the answer's bytes unread.
    ///
    /// # Errors
    /// As [`Session::call`].
    pub async fn request(&self, method: &str, args: Json, timeout: Duration) -> Result<Reply> {
        let mut args = with_session(args);
        let (mut relogged, mut moved) = (false, false);
        loop {
            let place = self.inner.place.read().clone();
            let e = match self.ask(&place, method, &mut args, timeout).await {
                Err(Error::Api(e)) => e,
                other => return other,
            };
            if e.code == "SESSION_INVALID" && !relogged {
                relogged = true;
            } else if e.code == "HOST_IS_SLAVE" && !moved {
                moved = true;
            } else {
                return Err(Error::Api(e));
            }
            self.mend(&place, Error::Api(e)).await?;
        }
    }

    /// As [`Session::request`], but a dead session or a moved master is told after it was mended: what the caller asked about
    /// was bound to it.
    pub(crate) async fn request_once(
        &self,
        method: &str,
        args: Json,
        timeout: Duration,
    ) -> Result<Reply> {
        let place = self.inner.place.read().clone();
        let answer = self
            .ask(&place, method, &mut with_session(args), timeout)
            .await;
        if let Err(e) = &answer
            && matches!(e.code(), Some("SESSION_INVALID" | "HOST_IS_SLAVE"))
        {
            self.mend(&place, e.clone()).await?;
        }
        answer
    }

    /// Touches an object and waits until its event comes: everything that changed before has then been told to all who listen.
    /// `class` is written as in `VM`.
    ///
    /// # Errors
    /// `HANDLE_INVALID` when there is no such object; [`Error::Timeout`] when its event does not come.
    pub async fn barrier(&self, class: &str, reference: &str) -> Result<()> {
        let token: Json = self.call("event.inject", json!([class, reference])).await?;
        let classes = [format!("{class}/{reference}")];
        let limit = ASIDE_TIMEOUT.as_secs_f64();
        let seen: Json = self
            .call("event.from", json!([classes, token, limit]))
            .await?;
        let events = seen.get("events").and_then(Json::as_array);
        if events.is_some_and(|events| !events.is_empty()) {
            return Ok(());
        }
        Err(Error::Timeout {
            host: self.address().authority(),
            method: "event.from".into(),
        })
    }

    /// Ends the session on the pool, after what cleans up; what fails is of no interest any more.
    pub async fn logout(&self) {
        self.inner.aside.close();
        let _ = tokio::time::timeout(LOGOUT_TIMEOUT, self.inner.aside.wait()).await;
        self.inner.ended.store(true, Ordering::Relaxed);
        let place = self.inner.place.read().clone();
        let mut args = with_session(Json::Null);
        let _ = self
            .ask(&place, "session.logout", &mut args, LOGOUT_TIMEOUT)
            .await;
    }

    /// Does something that nobody waits for, within a limit; [`Session::logout`] waits for it.
    pub(crate) fn aside(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.detach(async move { drop(tokio::time::timeout(ASIDE_TIMEOUT, work).await) });
    }

    /// Does something to its end, which must have a limit of its own, also when the one who waits for it is dropped.
    pub(crate) fn detach(&self, work: impl Future<Output = ()> + Send + 'static) {
        // Dropping a guard outside of a runtime happens only when the process ends.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            self.inner.aside.spawn_on(work, &runtime);
        }
    }

    async fn ask(
        &self,
        place: &Place,
        method: &str,
        args: &mut [Json],
        timeout: Duration,
    ) -> Result<Reply> {
        self.require_change(method)?;
        if let Some(first) = args.first_mut() {
            *first = Json::String(place.session.clone());
        }
        let rpc = &self.inner.rpc;
        rpc.call(&place.address, place.encoding, method, args, timeout)
            .await?
            .ok_or_else(|| self.garbage(method, "no JSON any more".into()))
    }

    /// Fails when `method`, a call or the path of an upload, would change a pool that is only looked at.
    pub(crate) fn require_change(&self, method: &str) -> Result<()> {
        if self.inner.read_only && !only_looks(method) {
            return Err(Error::ReadOnly {
                host: self.address().authority(),
                method: method.to_owned(),
            });
        }
        Ok(())
    }

    /// Logs in anew, here or on the master that `error` names. Many calls may find the same session dead: the first one logs
    /// in, the others take what it got.
    async fn mend(&self, dead: &Place, error: Error) -> Result<()> {
        if self.inner.ended.load(Ordering::Relaxed) {
            return Err(error);
        }
        let address = match &error {
            Error::Api(e) if e.code == "HOST_IS_SLAVE" => login::master_of(&dead.address, e)?,
            _ => dead.address.clone(),
        };
        let asked = tokio::time::Instant::now();
        let mut last = self.inner.login.lock().await;
        if self.inner.place.read().session != dead.session {
            return Ok(());
        }
        if let Some((session, at, failure)) = &*last
            && *session == dead.session
            && *at >= asked
        {
            return Err(failure.clone());
        }
        match login::follow(&self.inner.rpc, address, &self.inner.credentials).await {
            Ok(place) => {
                *self.inner.place.write() = place;
                *last = None;
                Ok(())
            }
            Err(e) => {
                *last = Some((dead.session.clone(), tokio::time::Instant::now(), e.clone()));
                Err(e)
            }
        }
    }

    pub(crate) fn garbage(&self, method: &str, detail: String) -> Error {
        Error::Garbage {
            host: self.address().authority(),
            method: method.to_owned(),
            detail,
        }
    }
}

/// Whether a call leaves the pool as it is. Sessions, event subscriptions and the tasks that carry downloads are our own.
fn only_looks(method: &str) -> bool {
    let (class, message) = method.split_once('.').unwrap_or((method, ""));
    matches!(class, "session" | "event" | "task") || message.starts_with("get_")
}

/// The parameters of a call, with room for the session in front.
fn with_session(args: Json) -> Vec<Json> {
    let mut list = match args {
        Json::Array(items) => items,
        Json::Null => Vec::new(),
        one => vec![one],
    };
    list.insert(0, Json::Null);
    list
}
