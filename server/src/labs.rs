//! Simulated pools inside the daemon, and their connections, made once and found again by their label.

use std::sync::Arc;

use anyhow::{Context, Result};
use xo_engine::Engine;
use xo_lab::{Lab, LabConfig};

/// Starts `count` labs and points a connection at each.
pub(crate) async fn start(engine: &Arc<Engine>, count: u32) -> Result<Vec<Lab>> {
    let mut labs = Vec::new();
    for i in 1..=count {
        let config = LabConfig {
            seed: u64::from(i),
            name: format!("Lab {i}"),
            ..LabConfig::default()
        };
        let lab = Lab::start(config)
            .await
            .context("cannot start a lab pool")?;
        engine
            .adopt_pool(&format!("Lab {i}"), &lab.https_url(), "root", "lab")
            .await?;
        labs.push(lab);
    }
    Ok(labs)
}
