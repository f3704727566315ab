//! What clients ask of a server that follows a pool: the full list, single objects.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use anyhow::Result;
use serde_json::json;
use tokio::task::JoinSet;

use super::plan::Plan;
use super::process::ServerProcess;
use super::table::{Row, Target};
use super::wire::{Wire, request};

/// Enough to keep the server busy.
const CONNECTIONS: usize = 16;

struct Rows {
    by_websocket: Row,
    by_rest: Row,
    single: Row,
}

impl Rows {
    fn new() -> Self {
        Self {
            by_websocket: Row::new("xo.getAllObjects", "ms", Some(Target::AtMost(60.0))),
            by_rest: Row::new(
                "GET /rest/v0/vms?fields=*",
                "ms",
                Some(Target::AtMost(60.0)),
            ),
            single: Row::new(
                "GET one VM, requests per second",
                "/s",
                Some(Target::AtLeast(8000.0)),
            ),
        }
    }
}

/// Whether there is anything to measure.
pub fn is_wanted(plan: &Plan) -> bool {
    let rows = Rows::new();
    plan.wants(&[rows.by_websocket, rows.by_rest, rows.single])
}

/// Measures what is asked for.
pub async fn measure(plan: &Plan, server: &ServerProcess, token: &str) -> Vec<Result<Row>> {
    let rows = Rows::new();
    let mut measured = Vec::new();
    if plan.wants(std::slice::from_ref(&rows.by_websocket)) {
        let once = async || {
            let mut socket = server.sign_in_by(token).await?;
            let began = Instant::now();
            socket.call_for_size("xo.getAllObjects", &json!({})).await?;
            Ok(milliseconds(began))
        };
        measured.push(repeat(plan, rows.by_websocket, once).await);
    }
    if plan.wants(std::slice::from_ref(&rows.by_rest)) {
        let once = async || {
            let mut wire = server.place.connect().await?;
            let began = Instant::now();
            get(&mut wire, &request("/rest/v0/vms?fields=*", token), |_| {}).await?;
            Ok(milliseconds(began))
        };
        measured.push(repeat(plan, rows.by_rest, once).await);
    }
    if plan.wants(std::slice::from_ref(&rows.single)) {
        let once = async || rate(plan, server, token).await;
        measured.push(repeat(plan, rows.single, once).await);
    }
    measured
}

async fn repeat(plan: &Plan, mut row: Row, once: impl AsyncFn() -> Result<f64>) -> Result<Row> {
    for _ in 0..plan.repetitions {
        row.values.push(once().await?);
    }
    Ok(row)
}

/// Requests for one VM after the other, answered per second, over some connections that stay open.
async fn rate(plan: &Plan, server: &ServerProcess, token: &str) -> Result<f64> {
    let mut list = Vec::new();
    let mut wire = server.place.connect().await?;
    let names = request("/rest/v0/vms", token);
    get(&mut wire, &names, |piece| list.extend_from_slice(piece)).await?;
    let paths: Vec<String> = serde_json::from_slice(&list)?;
    let requests: Arc<Vec<Vec<u8>>> =
        Arc::new(paths.iter().map(|path| request(path, token)).collect());
    let mut wires = Vec::new();
    for _ in 0..CONNECTIONS {
        wires.push(server.place.connect().await?);
    }
    let (answers, over) = (
        Arc::new(AtomicU64::new(0)),
        Arc::new(AtomicBool::new(false)),
    );
    let mut clients = JoinSet::new();
    let began = Instant::now();
    for (i, mut wire) in wires.into_iter().enumerate() {
        let (requests, answers, over) = (
            Arc::clone(&requests),
            Arc::clone(&answers),
            Arc::clone(&over),
        );
        clients.spawn(async move {
            for request in requests
                .iter()
                .cycle()
                .skip(i * requests.len() / CONNECTIONS)
            {
                if over.load(Ordering::Relaxed) {
                    break;
                }
                get(&mut wire, request, |_| {}).await?;
                answers.fetch_add(1, Ordering::Relaxed);
            }
            anyhow::Ok(())
        });
    }
    tokio::time::sleep(plan.requests).await;
    let rate = answers.load(Ordering::Relaxed) as f64 / began.elapsed().as_secs_f64();
    over.store(true, Ordering::Relaxed);
    while let Some(ended) = clients.join_next().await {
        ended??;
    }
    Ok(rate)
}

async fn get(wire: &mut Wire, request: &[u8], sink: impl FnMut(&[u8])) -> Result<()> {
    let answer = wire.exchange(request, sink).await?;
    let asked = String::from_utf8_lossy(request);
    let asked = asked.lines().next().unwrap_or_default();
    anyhow::ensure!(answer.status == 200, "{asked}: status {}", answer.status);
    Ok(())
}

fn milliseconds(began: Instant) -> f64 {
    began.elapsed().as_secs_f64() * 1000.0
}
