//! The processes under test: the release binaries of the server and of the lab, which stand beside the bench's own.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::json;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use super::wire::{Place, Socket, request};

/// No step takes longer, unless something is broken.
pub const LIMIT: Duration = Duration::from_secs(60);
const USER: &str = "bench";
const PASSWORD: &str = "a password for the bench";

/// A data folder with an administrator, in which servers can be started one after the other.
pub struct Installation {
    folder: TempDir,
}

impl Installation {
    /// Makes one, as `xo-server admin create` does.
    pub async fn new() -> Result<Self> {
        let folder = TempDir::new()?;
        let mut child = Command::new(binary("xo-server")?)
            .args(["admin", "create", USER, "--password-stdin", "--data-dir"])
            .arg(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .env("XO_LOG", "error")
            .spawn()?;
        let mut input = child.stdin.take().context("no input")?;
        input.write_all(PASSWORD.as_bytes()).await?;
        drop(input);
        let status = child.wait().await?;
        anyhow::ensure!(status.success(), "no administrator could be made");
        Ok(Self { folder })
    }

    /// Starts a server and waits for its first answer.
    pub async fn start(&self) -> Result<ServerProcess> {
        ServerProcess::start(self.folder.path()).await
    }
}

/// A running `xo-server`. Dropping it kills it.
pub struct ServerProcess {
    /// From its start to its first answer.
    pub started_in: Duration,
    /// How to reach it.
    pub place: Place,
    child: Child,
}

impl ServerProcess {
    /// Starts a server with its data in `folder` and waits for its first answer over TLS.
    pub async fn start(folder: &Path) -> Result<Self> {
        let address = free_address()?;
        let program = binary("xo-server")?;
        let began = Instant::now();
        let child = Command::new(program)
            .arg("--data-dir")
            .arg(folder)
            .args(["--https", &address.to_string(), "--http", "off"])
            .env("XO_LOG", "warn")
            .env_remove("XO_LAB")
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        while TcpStream::connect(address).await.is_err() {
            anyhow::ensure!(began.elapsed() < LIMIT, "the server does not start");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let place = Place::new(address, &folder.join("tls.crt"))?;
        let mut wire = place.connect().await?;
        wire.exchange(&request("/rest/v0/ping", ""), |_| {}).await?;
        Ok(Self {
            started_in: began.elapsed(),
            place,
            child,
        })
    }

    /// Resident memory now, in MB (10⁶ bytes).
    pub fn memory_mb(&self) -> Result<f64> {
        self.status("VmRSS:")
    }

    /// The most that was ever resident, in MB.
    pub fn peak_mb(&self) -> Result<f64> {
        self.status("VmHWM:")
    }

    /// A connection that is signed in as administrator.
    pub async fn sign_in(&self) -> Result<Socket> {
        let mut socket = self.place.connect().await?.upgrade().await?;
        let credentials = json!({ "email": USER, "password": PASSWORD });
        socket.call("session.signIn", &credentials).await?;
        Ok(socket)
    }

    /// A connection that is signed in by a token, which costs the server no password hashing.
    pub async fn sign_in_by(&self, token: &str) -> Result<Socket> {
        let mut socket = self.place.connect().await?.upgrade().await?;
        socket
            .call("session.signIn", &json!({ "token": token }))
            .await?;
        Ok(socket)
    }

    /// Ends it and waits until it is gone.
    pub async fn stop(mut self) -> Result<()> {
        Ok(self.child.kill().await?)
    }

    fn status(&self, key: &str) -> Result<f64> {
        let id = self.child.id().context("the server ended")?;
        let text = std::fs::read_to_string(format!("/proc/{id}/status"))?;
        let line = text.lines().find_map(|line| line.strip_prefix(key));
        let kib = line.and_then(|line| line.trim().strip_suffix(" kB"));
        let kib: f64 = kib.with_context(|| format!("no {key}"))?.parse()?;
        Ok(kib * 1024.0 / 1e6)
    }
}

/// A running `xo-lab`. Dropping it kills it.
pub struct LabProcess {
    /// `https://…`
    pub url: String,
    _child: Child,
}

impl LabProcess {
    /// Starts a pool of so many VMs, without coalescing of events.
    pub async fn start(vms: usize) -> Result<Self> {
        let mut child = Command::new(binary("xo-lab")?)
            .args(["--vms", &vms.to_string(), "--coalesce-ms", "0"])
            .args(["--http", "127.0.0.1:0", "--https", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let output = child.stdout.take().context("no output")?;
        let mut lines = BufReader::new(output).lines();
        while let Some(line) = lines.next_line().await? {
            if let Some(url) = line.strip_prefix("https:") {
                return Ok(Self {
                    url: url.trim().to_owned(),
                    _child: child,
                });
            }
        }
        anyhow::bail!("the lab does not start")
    }
}

/// A program that stands beside this one.
pub(super) fn binary(name: &str) -> Result<PathBuf> {
    let path = std::env::current_exe()?.with_file_name(name);
    anyhow::ensure!(
        path.exists(),
        "{} is missing: build it in the same profile",
        path.display()
    );
    Ok(path)
}

fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}
