//! How fast a server answers, and what it takes while it has nothing to do.

use std::time::Duration;

use anyhow::Result;
use tempfile::TempDir;

use super::plan::Plan;
use super::process::{Installation, ServerProcess};
use super::table::{Row, Target};

/// Memory is read when the start is over.
const SETTLE: Duration = Duration::from_secs(1);

/// Measures both.
pub async fn measure(plan: &Plan) -> Result<Vec<Row>> {
    let mut first = Row::new("start to first answer, new data folder", "s", None);
    let mut again = Row::new("start to first answer", "s", Some(Target::AtMost(0.15)));
    let mut idle = Row::new("memory, idle", "MB", Some(Target::AtMost(25.0)));
    if !plan.wants(&[first.clone(), again.clone(), idle.clone()]) {
        return Ok(Vec::new());
    }
    let installation = Installation::new().await?;
    installation.start().await?.stop().await?;
    for _ in 0..plan.repetitions {
        let folder = TempDir::new()?;
        let server = ServerProcess::start(folder.path()).await?;
        first.values.push(server.started_in.as_secs_f64());
        server.stop().await?;
        let server = installation.start().await?;
        again.values.push(server.started_in.as_secs_f64());
        tokio::time::sleep(SETTLE).await;
        idle.values.push(server.memory_mb()?);
        server.stop().await?;
    }
    Ok(vec![first, again, idle])
}
