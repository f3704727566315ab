//! Measures the server and the image's tool, and prints one table. The release binaries of `xo-server`, `xo-lab` and
//! `xo-image-build` must stand beside it; `make bench` builds them all.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use clap::Parser;
use serde_json::json;
use xo_lab::{Lab, LabConfig};
use xo_tests::bench::plan::Plan;
use xo_tests::bench::process::Installation;
use xo_tests::bench::table::{Row, render};
use xo_tests::bench::{image, latency, listing, reading, starting};

/// Measures start, memory, listing, latency and reading of the server beside this program, and the image's tool.
#[derive(Parser)]
struct Options {
    /// Everything once, with smaller pools.
    #[arg(long)]
    quick: bool,
    /// Measure only the rows whose name contains one of these.
    filters: Vec<String>,
}

/// What was measured, and what could not be.
#[derive(Default)]
struct Report {
    rows: Vec<Row>,
    failures: Vec<String>,
}

impl Report {
    fn take(&mut self, what: &str, rows: Result<Vec<Row>>) {
        match rows {
            Ok(rows) => self.rows.extend(rows),
            Err(error) => self.failures.push(format!("{what}: {error:#}")),
        }
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
    let plan = if options.quick {
        Plan::quick(options.filters)
    } else {
        Plan::full(options.filters)
    };
    let mut report = Report::default();
    report.take("image", image::measure(&plan).await);
    report.take("start", starting::measure(&plan).await);
    report.take("listing", listing::measure(&plan).await);
    if (latency::is_wanted(&plan) || reading::is_wanted(&plan))
        && let Err(error) = follow(&plan, &mut report).await
    {
        report.take("following a pool", Err(error));
    }
    print!("{}", render(&report.rows));
    for failure in &report.failures {
        eprintln!("xo-bench: {failure}");
    }
    if report.failures.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// One server that follows the larger pool, which lives in this process.
async fn follow(plan: &Plan, report: &mut Report) -> Result<()> {
    let [_, vms] = plan.pools;
    let config = LabConfig {
        vms,
        coalesce: Duration::ZERO,
        ..LabConfig::default()
    };
    let lab = Arc::new(Lab::start(config).await?);
    let installation = Installation::new().await?;
    let server = installation.start().await?;
    let mut client = server.sign_in().await?;
    let token = client.call_for_text("token.create", &json!({})).await?;
    let pool = json!({
        "host": lab.https_url(), "username": "root", "password": "lab",
        "allowUnauthorized": true, "autoConnect": false,
    });
    let pool = client.call_for_text("server.add", &pool).await?;
    client.call("server.enable", &json!({ "id": pool })).await?;
    drop(client);
    for row in reading::measure(plan, &server, &token).await {
        report.take("reading", row.map(|row| vec![row]));
    }
    report.take(
        "latency",
        latency::measure(plan, &lab, &server, &token).await,
    );
    server.stop().await
}
