//! The setup code in a file of the data folder, for who looks after the machine: an appliance shows it on its screen.
//!
//! Invariant: the file is there exactly as long as the code is good: while no user exists and the server runs. Only its owner reads it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use xo_engine::Engine;

/// Where it is.
pub(crate) struct Place(PathBuf);

impl Place {
    pub(crate) fn of(data_dir: &Path) -> Self {
        Self(data_dir.join("setup-code"))
    }

    /// Keeps the file until the engine stops.
    pub(crate) async fn follow(self, engine: Arc<Engine>) {
        engine
            .follow_setup_code(|code| {
                if let Err(error) = self.tell(code) {
                    tracing::warn!("{error:#}");
                }
            })
            .await;
        if let Err(error) = self.tell(None) {
            tracing::warn!("{error:#}");
        }
    }

    fn tell(&self, code: Option<&str>) -> Result<()> {
        let shown = self.0.display();
        match code {
            Some(code) => {
                // Whole or not there, for whoever reads it meanwhile.
                let fresh = self.0.with_extension("new");
                crate::process::write_private(&fresh, code.as_bytes())?;
                std::fs::rename(&fresh, &self.0).with_context(|| format!("cannot write {shown}"))
            }
            None => match std::fs::remove_file(&self.0) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    Err(error).with_context(|| format!("cannot remove {shown}"))
                }
                _ => Ok(()),
            },
        }
    }
}
