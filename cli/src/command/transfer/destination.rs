//! Where a download goes. Invariant: a regular file is written aside and takes its name when complete, so
//! that a broken transfer never leaves something that looks whole.

use std::path::{Path, PathBuf};

use tokio::fs::File;
use tokio::io::{AsyncWrite, AsyncWriteExt};

use crate::error::Error;

/// An open destination. Dropped before [`Destination::finish`], it removes what was written aside.
pub struct Destination {
    writer: Box<dyn AsyncWrite + Send + Unpin>,
    named: PathBuf,
    aside: Option<Aside>,
}

struct Aside {
    file: PathBuf,
    target: PathBuf,
}

impl Destination {
    /// Opens `-` (the standard output), a device or pipe in place, or a new file beside the named one.
    pub async fn open(name: &str) -> Result<Self, Error> {
        if name == "-" {
            let writer = Box::new(tokio::io::stdout());
            return Ok(Self {
                writer,
                named: "standard output".into(),
                aside: None,
            });
        }
        let named = PathBuf::from(name);
        let failed = |error: std::io::Error| Error::File {
            action: "create",
            path: PathBuf::from(name),
            reason: error.to_string(),
        };
        let target = tokio::fs::canonicalize(&named)
            .await
            .unwrap_or_else(|_| named.clone());
        let existing = tokio::fs::metadata(&target).await.ok();
        if existing.as_ref().is_some_and(std::fs::Metadata::is_dir) {
            return Err(failed(std::io::ErrorKind::IsADirectory.into()));
        }
        if existing.is_some_and(|metadata| !metadata.is_file()) {
            let file = File::options()
                .write(true)
                .open(&target)
                .await
                .map_err(failed)?;
            return Ok(Self {
                writer: Box::new(file),
                named,
                aside: None,
            });
        }
        let aside = beside(&target);
        let file = File::create(&aside).await.map_err(failed)?;
        let aside = Some(Aside {
            file: aside,
            target,
        });
        Ok(Self {
            writer: Box::new(file),
            named,
            aside,
        })
    }

    /// Appends bytes.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.writer
            .write_all(bytes)
            .await
            .map_err(|error| self.failed(&error))
    }

    /// Flushes, and gives the file its name.
    pub async fn finish(mut self) -> Result<(), Error> {
        self.writer
            .flush()
            .await
            .map_err(|error| self.failed(&error))?;
        if let Some(aside) = self.aside.take()
            && let Err(error) = tokio::fs::rename(&aside.file, &aside.target).await
        {
            self.aside = Some(aside);
            return Err(self.failed(&error));
        }
        Ok(())
    }

    fn failed(&self, error: &std::io::Error) -> Error {
        if self.aside.is_none() && error.kind() == std::io::ErrorKind::BrokenPipe {
            return Error::Output(error.kind().into());
        }
        Error::File {
            action: "write",
            path: self.named.clone(),
            reason: error.to_string(),
        }
    }
}

impl Drop for Destination {
    fn drop(&mut self) {
        if let Some(aside) = &self.aside {
            // Best effort: what broke the transfer is already being told.
            let _ = std::fs::remove_file(&aside.file);
        }
    }
}

fn beside(target: &Path) -> PathBuf {
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    target.with_file_name(format!(".{name}.{}.part", std::process::id()))
}

#[cfg(test)]
mod tests {
    use super::Destination;

    #[tokio::test]
    async fn a_file_appears_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("vm.xva");
        std::fs::write(&path, "old").unwrap();
        let name = path.to_str().unwrap();

        let mut broken = Destination::open(name).await.unwrap();
        broken.write(b"half").await.unwrap();
        drop(broken);
        assert_eq!(std::fs::read(&path).unwrap(), b"old");

        let mut whole = Destination::open(name).await.unwrap();
        whole.write(b"new").await.unwrap();
        whole.finish().await.unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"new");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[tokio::test]
    async fn a_folder_is_refused_and_a_device_is_written_in_place() {
        let folder = tempfile::tempdir().unwrap();
        assert!(
            Destination::open(folder.path().to_str().unwrap())
                .await
                .is_err()
        );
        let mut device = Destination::open("/dev/null").await.unwrap();
        device.write(b"gone").await.unwrap();
        device.finish().await.unwrap();
    }
}
