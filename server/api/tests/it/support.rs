//! A site with an administrator and a lab pool, and what its answers are.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt;
use xo_api::{App, Backup, BackupHost, Certificate, LabState, Later, Restored, SetupHost};
use xo_engine::{Engine, Incoming, Options, Outgoing};
use xo_lab::{Lab, LabConfig};
use xo_store::{DatabaseLocation, PasswordCost, Store, StoreConfig};

pub const PASSWORD: &str = "correct horse";
pub const LIMIT: Duration = Duration::from_secs(20);

/// A site.
pub struct Site {
    pub engine: Arc<Engine>,
    router: Router,
    pub token: String,
    pub lab: Option<Lab>,
    _folder: TempDir,
}

/// The daemon, as far as the set-up needs it: it has a certificate and starts no lab.
struct Daemon;

impl SetupHost for Daemon {
    fn certificate(&self) -> Option<Certificate> {
        Some(Certificate {
            fingerprint: "AB:CD".into(),
            names: vec!["localhost".into()],
            not_before: 1000,
            not_after: 2000,
            self_signed: true,
        })
    }

    fn replace_certificate(
        &self,
        chain: String,
        key: String,
    ) -> Later<'_, xo_engine::Result<Certificate>> {
        Box::pin(async move {
            if key != "right" {
                return Err(xo_engine::Error::invalid("key", "is not the certificate's"));
            }
            let fingerprint = chain;
            Ok(Certificate {
                fingerprint,
                ..self.certificate().unwrap()
            })
        })
    }

    fn lab(&self) -> Later<'_, xo_engine::Result<LabState>> {
        Box::pin(async { Ok(LabState::Available) })
    }

    fn start_lab(&self) -> Later<'_, xo_engine::Result<String>> {
        Box::pin(async { Ok("the-lab".to_owned()) })
    }
}

/// Whose backups are refused.
fn none<T: Send + 'static>() -> Later<'static, xo_engine::Result<T>> {
    Box::pin(async { Err(xo_engine::Error::no_such("it", "backup")) })
}

impl BackupHost for Daemon {
    fn list(&self) -> xo_engine::Result<Vec<Backup>> {
        Ok(Vec::new())
    }

    fn make(&self) -> Later<'_, xo_engine::Result<Backup>> {
        none()
    }

    fn take(&self, _: Incoming) -> Later<'_, xo_engine::Result<Backup>> {
        none()
    }

    fn open(&self, _: String) -> Later<'_, xo_engine::Result<Outgoing>> {
        none()
    }

    fn remove(&self, id: &str) -> xo_engine::Result<()> {
        Err(xo_engine::Error::no_such(id, "backup"))
    }

    fn recovery_key(&self) -> xo_engine::Result<String> {
        Ok("ABCD".to_owned())
    }

    fn restore(&self, _: String, _: Option<String>) -> Later<'_, xo_engine::Result<Restored>> {
        none()
    }

    fn restore_file(&self, _: Incoming, _: String) -> Later<'_, xo_engine::Result<Restored>> {
        none()
    }
}

/// What was answered.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("no JSON: {e}: {self:?}"))
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |v| v.to_str().unwrap())
    }

    /// Fails with the whole answer when the status is another.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        self
    }
}

impl Site {
    /// Nobody and nothing.
    pub async fn empty() -> Self {
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
        let engine = Engine::start(store, options).await.unwrap();
        let metrics: xo_api::Metrics = Arc::new(String::new);
        let app = App {
            engine: Arc::clone(&engine),
            secure_cookies: false,
            metrics,
            setup: Arc::new(Daemon),
            backups: Arc::new(Daemon),
        };
        Self {
            engine,
            router: xo_api::router(app),
            token: String::new(),
            lab: None,
            _folder: folder,
        }
    }

    /// With an administrator, who is signed in by a token.
    pub async fn start() -> Self {
        let mut site = Self::empty().await;
        let code = site.engine.setup_code().unwrap();
        site.engine
            .create_first_admin(&code, "admin", PASSWORD)
            .await
            .unwrap();
        site.token = site.token_of("admin").await;
        site
    }

    /// With an administrator and a pool of two hosts and twenty VMs.
    pub async fn with_pool() -> Self {
        let mut site = Self::start().await;
        let lab = Lab::start(LabConfig::default()).await.unwrap();
        let server = json!({ "host": lab.http_url(), "username": "root", "password": "lab" });
        let made = site.post("/servers", &server).await.expect(201).json();
        let id = made["id"].as_str().unwrap();
        site.post(&format!("/servers/{id}/actions/connect?sync"), &json!({}))
            .await
            .expect(204);
        site.lab = Some(lab);
        site
    }

    /// A token of somebody with the usual password.
    pub async fn token_of(&self, name: &str) -> String {
        let credentials = xo_engine::Credentials::Password {
            name: name.into(),
            password: PASSWORD.into(),
            otp: None,
        };
        let caller = self.engine.sign_in(credentials, None).await.unwrap().caller;
        self.engine
            .create_token(&caller, &serde_json::Map::new())
            .await
            .unwrap()
            .1
    }

    /// A request below `/rest/v0`, with these headers.
    pub async fn send(
        &self,
        verb: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Body,
    ) -> Answer {
        let mut request = Request::builder()
            .method(verb)
            .uri(format!("/rest/v0{path}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.answer(request.body(body).unwrap()).await
    }

    /// Any request.
    pub async fn answer(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let read = tokio::time::timeout(LIMIT, to_bytes(response.into_body(), usize::MAX)).await;
        Answer {
            status,
            headers,
            body: read.expect("the answer never ends").unwrap().to_vec(),
        }
    }

    /// An answer that goes on, as a stream of bytes.
    pub async fn open(&self, path: &str) -> axum::body::BodyDataStream {
        let request = Request::get(format!("/rest/v0{path}")).header("cookie", cookie(&self.token));
        let response = self
            .router
            .clone()
            .oneshot(request.body(Body::empty()).unwrap())
            .await
            .unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        response.into_body().into_data_stream()
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.get_as(&self.token, path).await
    }

    pub async fn get_as(&self, token: &str, path: &str) -> Answer {
        self.send("GET", path, &[("cookie", &cookie(token))], Body::empty())
            .await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.with_body("POST", path, body).await
    }

    pub async fn with_body(&self, verb: &str, path: &str, body: &Value) -> Answer {
        let headers = [
            ("cookie", cookie(&self.token)),
            ("content-type", "application/json".to_owned()),
        ];
        let headers = headers
            .each_ref()
            .map(|(name, value)| (*name, value.as_str()));
        self.send(verb, path, &headers, Body::from(body.to_string()))
            .await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(
            "DELETE",
            path,
            &[("cookie", &cookie(&self.token))],
            Body::empty(),
        )
        .await
    }

    /// The first VM in this state.
    pub async fn vm(&self, power_state: &str) -> Value {
        let path = format!("/vms?fields=*&limit=1&filter=power_state:{power_state}");
        let list = self.get(&path).await.expect(200).json();
        list.get(0)
            .cloned()
            .unwrap_or_else(|| panic!("no VM is {power_state}"))
    }
}

pub fn cookie(token: &str) -> String {
    format!("authenticationToken={token}")
}

pub fn basic(name: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{name}:{password}")))
}
