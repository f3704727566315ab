//! The appliance's server, asked from the host.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use aws_lc_rs::digest::{SHA256, digest};
use reqwest::tls::TlsInfo;
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};

use crate::machine::{Machine, PATIENCE};

const LOOK: Duration = Duration::from_millis(500);
/// Of a server that may be away.
const ONE_LOOK: Duration = Duration::from_secs(2);
const ONE_ANSWER: Duration = Duration::from_secs(30);

/// Its address and what it shows.
#[derive(Debug)]
pub struct Server {
    client: Client,
    base: String,
    /// SHA-256 of its certificate, in capitals with colons.
    pub fingerprint: String,
}

impl Server {
    /// Waits until it answers.
    pub async fn answers(machine: &mut Machine) -> Result<Self> {
        // Whoever answers is checked by the fingerprint on the console.
        let client = Client::builder()
            .tls_danger_accept_invalid_certs(true)
            .tls_info(true)
            .timeout(ONE_ANSWER)
            .pool_max_idle_per_host(0)
            .build()?;
        let base = base(machine);
        let until = Instant::now() + PATIENCE;
        loop {
            let asked = client.get(format!("{base}/ping")).send().await;
            if let Ok(answer) = asked
                && answer.status().is_success()
            {
                let fingerprint = fingerprint(&answer)?;
                return Ok(Self {
                    client,
                    base,
                    fingerprint,
                });
            }
            machine.is_alive()?;
            if Instant::now() > until {
                bail!("HTTPS never answered");
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Whether it answers now.
    pub async fn is_there(&self) -> bool {
        let asked = self.client.get(format!("{}/ping", self.base));
        let answer = asked.timeout(ONE_LOOK).send().await;
        answer.is_ok_and(|answer| answer.status().is_success())
    }

    /// How far it is set up.
    pub async fn setup(&self) -> Result<Value> {
        let answer = self
            .client
            .get(format!("{}/setup", self.base))
            .send()
            .await?;
        Ok(answer.error_for_status()?.json().await?)
    }

    /// Makes the first administrator.
    pub async fn make_admin(&self, code: &str, name: &str, password: &str) -> Result<()> {
        let body = json!({ "code": code, "username": name, "password": password });
        let answer = self
            .client
            .post(format!("{}/setup/admin", self.base))
            .json(&body)
            .send()
            .await?;
        ensure!(
            answer.status() == 201,
            "the set-up answered {}: {}",
            answer.status(),
            answer.text().await?
        );
        Ok(())
    }

    /// A request of a user.
    pub async fn ask(&self, method: Method, path: &str, user: (&str, &str)) -> Result<Value> {
        let request = self.client.request(method, format!("{}{path}", self.base));
        answer(path, request.basic_auth(user.0, Some(user.1))).await
    }

    /// The same with a body.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        user: (&str, &str),
        body: &Value,
    ) -> Result<Value> {
        let request = self.client.request(method, format!("{}{path}", self.base));
        answer(path, request.basic_auth(user.0, Some(user.1)).json(body)).await
    }

    /// The same server in a machine that was started anew.
    pub fn moved_to(&mut self, machine: &Machine) {
        self.base = base(machine);
    }
}

async fn answer(path: &str, request: RequestBuilder) -> Result<Value> {
    let answer = request.send().await?;
    let status = answer.status();
    let text = answer.text().await?;
    ensure!(status.is_success(), "{path} answered {status}: {text}");
    if text.is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_str(&text).with_context(|| format!("{path} answered no JSON: {text}"))
}

fn base(machine: &Machine) -> String {
    format!("https://127.0.0.1:{}/rest/v0", machine.port)
}

fn fingerprint(answer: &Response) -> Result<String> {
    let shown = answer.extensions().get::<TlsInfo>();
    let certificate = shown
        .and_then(TlsInfo::peer_certificate)
        .context("no certificate")?;
    let pairs: Vec<String> = digest(&SHA256, certificate)
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02X}"))
        .collect();
    Ok(pairs.join(":"))
}
