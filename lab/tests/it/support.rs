//! A lab and a plain client that sees the bytes.

use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};
use xo_lab::{Lab, LabConfig};

/// Everything here ends within this.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// A lab with an open session.
pub struct Client {
    pub lab: Lab,
    pub http: reqwest::Client,
    pub session: String,
}

/// The small pool that most tests use; events are not gathered, so that tests are quick.
pub fn small() -> LabConfig {
    LabConfig {
        vms: 20,
        coalesce: Duration::ZERO,
        https: None,
        ..LabConfig::default()
    }
}

impl Client {
    pub async fn start() -> Self {
        Self::with(small()).await
    }

    pub async fn with(config: LabConfig) -> Self {
        // Tests run side by side in one process or alone: either way one of them is first.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let lab = Lab::start(config).await.unwrap();
        let http = reqwest::Client::builder()
            .no_proxy()
            .timeout(DEADLINE)
            .build()
            .unwrap();
        let mut client = Self {
            lab,
            http,
            session: String::new(),
        };
        client.login().await;
        client
    }

    /// Opens a new session.
    pub async fn login(&mut self) {
        let user = json!(["root", "lab"]);
        let answer = self
            .post("session.login_with_password", user)
            .await
            .unwrap();
        self.session = answer["result"].as_str().unwrap().to_owned();
    }

    /// The whole answer to a JSON-RPC request with exactly these parameters.
    pub async fn post(&self, method: &str, params: Json) -> reqwest::Result<Json> {
        let url = format!("{}/jsonrpc", self.lab.http_url());
        let body = json!({"jsonrpc": "2.0", "method": method, "params": params, "id": 1});
        self.http.post(url).json(&body).send().await?.json().await
    }

    fn with_session(&self, params: &Json) -> Json {
        let mut all = vec![json!(self.session)];
        all.extend(params.as_array().unwrap().iter().cloned());
        Json::Array(all)
    }

    /// The result of a call; the session goes first by itself.
    pub async fn call(&self, method: &str, params: Json) -> Json {
        let answer = self.post(method, self.with_session(&params)).await.unwrap();
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].clone()
    }

    /// The result of a call that takes nothing, not even a session.
    pub async fn call_bare(&self, method: &str) -> Json {
        self.post(method, json!([])).await.unwrap()["result"].clone()
    }

    /// The code and the parameters that a call fails with.
    pub async fn refused(&self, method: &str, params: Json) -> Vec<String> {
        let answer = self.post(method, self.with_session(&params)).await.unwrap();
        let error = answer
            .get("error")
            .unwrap_or_else(|| panic!("{method} succeeds: {answer}"));
        let words = std::iter::once(&error["message"]).chain(error["data"].as_array().unwrap());
        words
            .map(|word| word.as_str().unwrap().to_owned())
            .collect()
    }

    /// The answer to an XML-RPC request, as sent.
    pub async fn xml(&self, method: &str, params: &[&str]) -> String {
        let params: String = params
            .iter()
            .map(|param| format!("<param><value>{param}</value></param>"))
            .collect();
        let body = format!(
            "<methodCall><methodName>{method}</methodName><params>{params}</params></methodCall>"
        );
        let answer = self
            .http
            .post(self.lab.http_url())
            .body(body)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["content-type"], "text/xml");
        answer.text().await.unwrap()
    }

    /// The references of VMs in this state, without templates and control domains.
    pub fn vms(&self, state: &str) -> Vec<String> {
        let db = self.lab.db().read();
        db.all("VM")
            .into_iter()
            .filter(|vm| {
                db.text(vm, "power_state").as_ref() == state
                    && !db.flag(vm, "is_a_template")
                    && !db.flag(vm, "is_control_domain")
            })
            .map(|vm| vm.to_string())
            .collect()
    }

    /// The first of them.
    pub fn vm(&self, state: &str) -> String {
        self.vms(state).into_iter().next().unwrap()
    }

    /// A field of an object.
    pub fn text(&self, reference: &str, field: &str) -> String {
        self.lab.db().read().text(reference, field).to_string()
    }

    /// A set of references.
    pub fn refs(&self, reference: &str, field: &str) -> Vec<String> {
        let refs = self.lab.db().read().refs(reference, field);
        refs.iter().map(ToString::to_string).collect()
    }

    /// Starts a call as a task and waits for its end; the task's record.
    pub async fn task(&self, method: &str, params: Json) -> Json {
        let task = self.call(&format!("Async.{method}"), params).await;
        self.done(task.as_str().unwrap()).await
    }

    /// Waits for a task's end; its record.
    pub async fn done(&self, task: &str) -> Json {
        let started = Instant::now();
        let mut token = String::new();
        loop {
            let record = self.call("task.get_record", json!([task])).await;
            if !matches!(record["status"].as_str(), Some("pending" | "cancelling")) {
                return record;
            }
            assert!(
                started.elapsed() < DEADLINE,
                "the task does not end: {record}"
            );
            let classes = [format!("task/{task}")];
            let answer = self.call("event.from", json!([classes, token, 1.0])).await;
            token = answer["token"].as_str().unwrap().to_owned();
        }
    }
}
