//! Who asks: nobody yet, or a user of ours, from where, and until when.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use serde_json::{Map, Value, json};
use tokio::sync::watch;
use xo_store::{Secret, User};

use crate::{Engine, Error, Result};

/// Who asks. Cheap to clone; what the user may do is looked up at each call, so a change takes effect at once.
#[derive(Debug, Clone, Default)]
pub struct Caller {
    /// The user's id, once signed in.
    pub user: Option<Arc<str>>,
    /// When the token used to sign in expires, in ms since the epoch.
    pub expires_at: Option<i64>,
    /// The public id of the token used to sign in.
    pub token: Option<Arc<str>>,
    /// The client's address.
    pub address: Option<IpAddr>,
}

/// How somebody signs in.
#[derive(Debug, Clone)]
pub enum Credentials {
    /// By name and password.
    Password {
        /// The user name, which Xen Orchestra also calls `email`.
        name: String,
        /// As typed.
        password: String,
        /// The code of the moment, for users who have a second factor.
        otp: Option<String>,
    },
    /// By a token.
    Token(String),
}

/// Who got in.
#[derive(Debug, Clone)]
pub struct SignIn {
    /// To be used for calls from now on.
    pub caller: Caller,
    /// The user as clients see it.
    pub user: Value,
}

impl Credentials {
    /// Reads the parameters of `session.signIn`: `{email|username, password, otp?}` or `{token}`.
    pub fn from_params(params: &Map<String, Value>) -> Result<Self> {
        let text = |name: &str| params.get(name).and_then(Value::as_str).map(str::to_owned);
        if let Some(token) = text("token") {
            return Ok(Self::Token(token));
        }
        match (text("email").or_else(|| text("username")), text("password")) {
            (Some(name), Some(password)) => Ok(Self::Password {
                name,
                password,
                otp: text("otp"),
            }),
            _ => Err(Error::invalid(
                "credentials",
                "expected email and password, or token",
            )),
        }
    }
}

impl Caller {
    /// Somebody at this address who has not signed in.
    pub fn anonymous(address: Option<IpAddr>) -> Self {
        Self {
            user: None,
            expires_at: None,
            token: None,
            address,
        }
    }
}

impl Engine {
    /// Checks credentials; failures are counted per user and address.
    ///
    /// # Errors
    /// [`Error::InvalidCredentials`], [`Error::OtpRequired`], [`Error::Throttled`].
    pub async fn sign_in(&self, credentials: Credentials, from: Option<IpAddr>) -> Result<SignIn> {
        let (user, expires_at, token) = match credentials {
            Credentials::Password {
                name,
                password,
                otp,
            } => {
                self.throttle.check(&name, from, Instant::now())?;
                let found = if password.is_empty() {
                    None
                } else {
                    self.store
                        .users()
                        .verify_password(&name, &Secret::new(password))
                        .await?
                };
                let Some(user) = found else {
                    self.throttle.failed(&name, from, Instant::now());
                    tracing::warn!(user = name, address = ?from, "sign-in refused");
                    return Err(Error::InvalidCredentials);
                };
                let now_s = u64::try_from(self.now_ms() / 1000).unwrap_or_default();
                if let Err(refused) = self.second_factor.check(&user, otp.as_deref(), now_s) {
                    if matches!(refused, Error::InvalidCredentials) {
                        self.throttle.failed(&name, from, Instant::now());
                        tracing::warn!(user = name, address = ?from, "one-time password refused");
                    }
                    return Err(refused);
                }
                self.throttle.succeeded(&name);
                (user.id, None, None)
            }
            Credentials::Token(secret) => {
                let tokens = self.store.tokens();
                let token = tokens.find_by_secret(&secret, self.now_ms()).await?;
                let token = token.ok_or(Error::InvalidCredentials)?;
                if let Some(address) = from {
                    let address = address.to_string();
                    let noted = tokens.record_use(&token.id, &address, self.now_ms());
                    if let Err(error) = noted.await {
                        tracing::warn!(%error, "the use of a token is not noted");
                    }
                }
                (token.user_id, Some(token.expires_at_ms), Some(token.id))
            }
        };
        if self.directory().account(&user).is_none() {
            // Made on the machine's own terminal, beside this process.
            self.refresh_directory().await?;
        }
        let caller = Caller {
            user: Some(Arc::from(user.as_str())),
            expires_at,
            token: token.map(Arc::from),
            address: from,
        };
        Ok(SignIn {
            user: self.user_json(&user).await?,
            caller,
        })
    }

    /// True when the token behind this caller has run out.
    pub fn is_expired(&self, caller: &Caller) -> bool {
        caller.expires_at.is_some_and(|at| at <= self.now_ms())
    }

    /// Wakes whenever a token, a password or a user may have changed.
    pub fn watch_credentials(&self) -> watch::Receiver<()> {
        self.recent.watch()
    }

    /// Whether what somebody signed in with still lets them in, for what goes on without asking each time.
    pub async fn is_still_in(&self, caller: &Caller) -> Result<bool> {
        if self.is_expired(caller) || self.account(caller).is_err() {
            return Ok(false);
        }
        let Some(token) = caller.token.as_deref() else {
            return Ok(true);
        };
        match self.store.tokens().fetch(token).await {
            Ok(_) => Ok(true),
            Err(xo_store::StoreError::NotFound { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// The user as clients see it: `id, email, name, groups, permission, preferences`.
    pub(crate) async fn user_json(&self, id: &str) -> Result<Value> {
        Ok(user_view(&self.store.users().fetch(id).await?))
    }
}

/// One user, without what is secret.
pub(crate) fn user_view(user: &User) -> Value {
    let mut view = json!({
        "id": user.id,
        "email": user.name,
        "name": user.name,
        "groups": user.groups,
        "permission": user.permission.as_str(),
        "preferences": user.preferences,
    });
    if let (Some(providers), Some(view)) = (&user.auth_providers, view.as_object_mut()) {
        view.insert("authProviders".into(), json!(providers));
    }
    view
}
