//! A pool is connected: how long until a client has listed all objects, and what the server's memory is then.

use std::time::{Duration, Instant};

use anyhow::Result;
use serde_json::json;

use super::plan::Plan;
use super::process::{Installation, LabProcess};
use super::table::{Row, Target};

/// Memory is read when the load is over.
const SETTLE: Duration = Duration::from_secs(1);

/// Measures pools of each size.
pub async fn measure(plan: &Plan) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for vms in plan.pools {
        rows.extend(one_size(plan, vms).await?);
    }
    Ok(rows)
}

async fn one_size(plan: &Plan, vms: usize) -> Result<Vec<Row>> {
    let is_target = vms == 10_000;
    let limit = |limit| is_target.then_some(Target::AtMost(limit));
    let mut listed = Row::new(format!("{vms} VMs, enable to all listed"), "s", limit(1.5));
    let mut memory = Row::new(format!("{vms} VMs, memory"), "MB", limit(160.0));
    let mut peak = Row::new(format!("{vms} VMs, memory at its peak"), "MB", None);
    if !plan.wants(&[listed.clone(), memory.clone(), peak.clone()]) {
        return Ok(Vec::new());
    }
    let lab = LabProcess::start(vms).await?;
    let installation = Installation::new().await?;
    let server = installation.start().await?;
    let mut client = server.sign_in().await?;
    let token = client.call_for_text("token.create", &json!({})).await?;
    let pool = json!({
        "host": lab.url, "username": "root", "password": "lab",
        "allowUnauthorized": true, "autoConnect": false,
    });
    let pool = client.call_for_text("server.add", &pool).await?;
    server.stop().await?;
    for _ in 0..plan.repetitions {
        let server = installation.start().await?;
        let mut client = server.sign_in_by(&token).await?;
        let began = Instant::now();
        client.call("server.enable", &json!({ "id": pool })).await?;
        let all = client.call("xo.getAllObjects", &json!({})).await?;
        listed.values.push(began.elapsed().as_secs_f64());
        let found = memchr::memmem::find_iter(&all, b"\"type\":\"VM\"").count();
        drop(all);
        anyhow::ensure!(found == vms, "{found} VMs of {vms} are listed");
        tokio::time::sleep(SETTLE).await;
        memory.values.push(server.memory_mb()?);
        peak.values.push(server.peak_mb()?);
        client
            .call("server.disable", &json!({ "id": pool }))
            .await?;
        server.stop().await?;
    }
    Ok(vec![listed, memory, peak])
}
