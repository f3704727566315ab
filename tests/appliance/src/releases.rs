//! A repository of signed releases, published by the tool itself and served to the machine.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, Result, bail};
use axum::Router;
use axum::http::header::CONTENT_LENGTH;
use axum::response::Response;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tower_http::services::ServeDir;

/// The host, as the guests of QEMU's own network see it.
const HOST: &str = "10.0.2.2";

/// It is served until it is dropped.
#[derive(Debug)]
pub struct Releases {
    tool: PathBuf,
    folder: PathBuf,
    served: JoinHandle<()>,
    bytes: Arc<AtomicU64>,
    /// Where the machine finds it.
    pub address: String,
}

impl Releases {
    /// An empty one in this folder.
    pub async fn serve(tool: &Path, folder: &Path) -> Result<Self> {
        let _ = std::fs::remove_dir_all(folder);
        std::fs::create_dir_all(folder)?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let bytes = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&bytes);
        let app = Router::new().fallback_service(ServeDir::new(folder)).layer(
            axum::middleware::map_response(move |answer: Response| {
                let length = answer.headers().get(CONTENT_LENGTH);
                let length = length.and_then(|length| length.to_str().ok()?.parse().ok());
                counted.fetch_add(length.unwrap_or(0), Ordering::Relaxed);
                std::future::ready(answer)
            }),
        );
        let served = tokio::spawn(async move {
            // It ends with the test.
            let _ = axum::serve(listener, app).await;
        });
        Ok(Self {
            tool: tool.to_owned(),
            folder: folder.to_owned(),
            served,
            bytes,
            address: format!("http://{HOST}:{port}"),
        })
    }

    /// Adds the first slot of a disk, signed with the keys that images of this checkout trust.
    pub fn publish(&self, version: &str, disk: &Path, sbom: &Path) -> Result<()> {
        let (disk, sbom) = (disk.to_string_lossy(), sbom.to_string_lossy());
        self.tool(&[
            "publish",
            "--version",
            version,
            "--disk",
            &disk,
            "--sbom",
            &sbom,
        ])
    }

    /// How many bytes of files were asked for since the last time.
    pub fn asked(&self) -> u64 {
        self.bytes.swap(0, Ordering::Relaxed)
    }

    /// How many bytes a release has: its root file system, its hashes and its kernel image.
    pub fn size(&self, version: &str) -> Result<u64> {
        let mut size = 0;
        for entry in std::fs::read_dir(self.folder.join("targets"))? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let ends = ["root", "hashes", "efi"].map(|end| format!(".xoa-{version}.{end}"));
            if ends.iter().any(|end| name.ends_with(end)) {
                size += entry.metadata()?.len();
            }
        }
        Ok(size)
    }

    /// One file with all of a release.
    pub fn bundle(&self, version: &str, to: &Path) -> Result<()> {
        let to = to.to_string_lossy();
        self.tool(&["bundle", "--version", version, "--output", &to])
    }

    fn tool(&self, arguments: &[&str]) -> Result<()> {
        let mut command = Command::new(&self.tool);
        command
            .args(arguments)
            .arg("--repository")
            .arg(&self.folder);
        let done = command.output().with_context(|| format!("{command:?}"))?;
        if !done.status.success() {
            bail!(
                "{command:?}: {}",
                String::from_utf8_lossy(&done.stderr).trim()
            );
        }
        Ok(())
    }
}

impl Drop for Releases {
    fn drop(&mut self) {
        self.served.abort();
    }
}
