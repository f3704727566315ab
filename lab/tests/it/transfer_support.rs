//! A small lab and a plain client for its transfers.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use xo_lab::{Lab, LabConfig, Value};

/// Everything here ends within this.
pub const DEADLINE: Duration = Duration::from_secs(30);

/// A lab with an open session.
pub struct Site {
    pub lab: Lab,
    pub http: reqwest::Client,
    pub session: String,
}

/// How a task ended: its status, its result, its error.
#[derive(Debug)]
pub struct Ended {
    pub status: String,
    pub result: String,
    pub error: Vec<String>,
}

impl Site {
    pub async fn start() -> Self {
        // Tests run side by side in one process or alone: either way one of them is first.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let config = LabConfig {
            hosts: 2,
            vms: 8,
            srs: 1,
            https: None,
            ..LabConfig::default()
        };
        let lab = Lab::start(config).await.unwrap();
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(DEADLINE)
            .build()
            .unwrap();
        let mut site = Self {
            lab,
            http,
            session: String::new(),
        };
        site.session = site
            .call("session.login_with_password", &["root", "lab"])
            .await;
        site
    }

    /// A call whose parameters and result are strings. The session goes first by itself.
    pub async fn call(&self, method: &str, params: &[&str]) -> String {
        let mut all = params.to_vec();
        if !self.session.is_empty() {
            all.insert(0, &self.session);
        }
        let body =
            serde_json::json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": all });
        let url = format!("{}/jsonrpc", self.lab.http_url());
        let reply = self
            .http
            .post(url)
            .body(body.to_string())
            .send()
            .await
            .unwrap();
        let reply: serde_json::Value = serde_json::from_str(&reply.text().await.unwrap()).unwrap();
        assert!(reply.get("error").is_none(), "{method}: {reply}");
        reply["result"].as_str().unwrap_or_default().to_owned()
    }

    /// The address of a path, with the session.
    pub fn url(&self, path_and_query: &str) -> String {
        let glue = if path_and_query.contains('?') {
            '&'
        } else {
            '?'
        };
        format!(
            "{}{path_and_query}{glue}session_id={}",
            self.lab.http_url(),
            self.session
        )
    }

    pub async fn task(&self) -> String {
        self.call("task.create", &["transfer", ""]).await
    }

    /// Waits for the end of a task.
    pub async fn ended(&self, task: &str) -> Ended {
        let mut changes = self.lab.db().watch();
        let wait = async {
            loop {
                {
                    let db = self.lab.db().read();
                    assert!(db.has("task", task), "the task is gone");
                    let status = db.text(task, "status").to_string();
                    if !matches!(&*status, "pending" | "cancelling") {
                        let words = db.get(task, "error_info").elements();
                        return Ended {
                            status,
                            result: db.text(task, "result").to_string(),
                            error: words.iter().map(|word| word.as_str().to_owned()).collect(),
                        };
                    }
                }
                changes.changed().await.unwrap();
            }
        };
        tokio::time::timeout(DEADLINE, wait)
            .await
            .expect("the task should end")
    }

    /// A GET that succeeds.
    pub async fn get(&self, path_and_query: &str) -> Vec<u8> {
        let reply = self
            .http
            .get(self.url(path_and_query))
            .send()
            .await
            .unwrap();
        assert_eq!(reply.status(), 200, "{path_and_query}");
        reply.bytes().await.unwrap().to_vec()
    }

    /// A PUT with a task; tells how the task ended.
    pub async fn put(&self, path_and_query: &str, body: Vec<u8>) -> Ended {
        let task = self.task().await;
        let glue = if path_and_query.contains('?') {
            '&'
        } else {
            '?'
        };
        let url = self.url(&format!("{path_and_query}{glue}task_id={task}"));
        // The connection may break once the lab has what it needs: the task tells.
        let _ = self.http.put(url).body(body).send().await;
        self.ended(&task).await
    }

    /// A connection for what a client library does not do.
    pub async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.lab.http_address().unwrap())
            .await
            .unwrap()
    }

    /// A plain VM in this power state that has a disk.
    pub fn vm(&self, state: &str) -> String {
        let db = self.lab.db().read();
        let found = db.all("VM").into_iter().find(|vm| {
            !db.flag(vm, "is_a_template")
                && !db.flag(vm, "is_control_domain")
                && !db.flag(vm, "is_a_snapshot")
                && db.get(vm, "power_state").as_str() == state
                && db
                    .refs(vm, "VBDs")
                    .iter()
                    .any(|vbd| db.linked(vbd, "VDI").is_some())
        });
        found.expect("the lab has such a VM").to_string()
    }

    /// A halted VM whose first disk was made small, so that its whole content can be compared.
    pub fn small_vm(&self) -> (String, String) {
        let running = self.vm("Running");
        let mut db = self.lab.db().write();
        let halted = db.all("VM").into_iter().find(|vm| {
            !db.flag(vm, "is_a_template")
                && !db.flag(vm, "is_control_domain")
                && !db.flag(vm, "is_a_snapshot")
                && db.get(vm, "power_state").as_str() == "Halted"
        });
        let vm = halted.unwrap_or_else(|| running.as_str().into());
        db.set(&vm, "power_state", "Halted");
        let mut disks = Vec::new();
        for vbd in db.refs(&vm, "VBDs") {
            db.set(&vbd, "currently_attached", false);
            if let Some(vdi) = db.linked(&vbd, "VDI") {
                db.set(&vdi, "virtual_size", Value::Int(8 << 20));
                disks.push(vdi);
            }
        }
        (
            vm.to_string(),
            disks.first().expect("the VM has a disk").to_string(),
        )
    }
}

/// Reads from a connection up to the end of an HTTP header.
pub async fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    let wait = async {
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
    };
    tokio::time::timeout(DEADLINE, wait)
        .await
        .expect("an answer should come");
    String::from_utf8(head).unwrap()
}

/// Writes the head of a request.
pub async fn write_head(stream: &mut TcpStream, lines: &[&str]) {
    let head = format!("{}\r\n\r\n", lines.join("\r\n"));
    stream.write_all(head.as_bytes()).await.unwrap();
}
