//! What is measured of a host, a VM and an SR, and how the numbers move.

use std::f64::consts::TAU;

use crate::db::Db;
use crate::plugins::fingerprint;
use crate::value::{Text, Value};

const MIB: f64 = 1_048_576.0;

/// One column: a number around `middle` that moves by up to `swing`.
#[derive(Debug, Clone)]
pub(super) struct Source {
    /// `host:<uuid>:<metric>`.
    pub legend: String,
    middle: f64,
    swing: f64,
    seed: u64,
}

impl Source {
    pub(super) fn new(legend: String, middle: f64, swing: f64) -> Self {
        let seed = fingerprint(&[&legend]);
        Self {
            legend,
            middle,
            swing,
            seed,
        }
    }

    /// The value of the row that ends at this time: a slow wave with noise; coarse rows are calmer.
    pub(super) fn at(&self, time: i64, step: i64) -> f64 {
        if self.swing == 0.0 {
            return self.middle;
        }
        let period = (600 + self.seed % 3000) as f64;
        let phase = (self.seed >> 32) as f64;
        let wave = ((time as f64 / period + phase) * TAU).sin();
        let noise = fingerprint(&[&self.seed.to_string(), &time.to_string()]) % 2001;
        let noise = noise as f64 / 1000.0 - 1.0;
        let calm = if step > 60 { 0.3 } else { 1.0 };
        let value = self.middle + self.swing * calm * (0.6 * wave + 0.4 * noise);
        (value.max(0.0) * 1e6).round() / 1e6
    }
}

/// Columns of one object.
struct Columns {
    prefix: String,
    sources: Vec<Source>,
}

impl Columns {
    fn of(class: &str, uuid: &str) -> Self {
        Self {
            prefix: format!("{class}:{uuid}:"),
            sources: Vec::new(),
        }
    }

    fn add(&mut self, metric: &str, middle: f64, swing: f64) {
        self.sources.push(Source::new(
            format!("{}{metric}", self.prefix),
            middle,
            swing,
        ));
    }

    /// A load that differs between objects: some are busy, most are not.
    fn load(&self, metric: &str) -> f64 {
        let draw = (fingerprint(&[&self.prefix, metric]) % 1000) as f64 / 1000.0;
        0.03 + 0.6 * draw * draw * draw
    }

    fn add_load(&mut self, metric: &str) {
        let middle = self.load(metric);
        self.add(metric, middle, middle.min(1.0 - middle));
    }

    fn add_rate(&mut self, metric: &str, scale: f64) {
        let middle = self.load(metric) * scale;
        self.add(metric, middle, middle);
    }
}

fn count(db: &Db, host: &str, key: &str) -> usize {
    let text = db
        .get(host, "cpu_info")
        .entry(key)
        .map_or("", Value::as_str);
    text.parse().unwrap_or(4)
}

/// A host: CPUs, memory, interfaces, storage.
pub(super) fn host(db: &Db, host: &str) -> Vec<Source> {
    let mut columns = Columns::of("host", &db.text(host, "uuid"));
    for cpu in 0..count(db, host, "cpu_count") {
        columns.add_load(&format!("cpu{cpu}"));
    }
    columns.add_load("cpu_avg");
    columns.add("loadavg", 0.8, 0.7);
    let metrics = db.reference(host, "metrics");
    let total = db.int(&metrics, "memory_total") as f64 / 1024.0;
    let free = db.int(&metrics, "memory_free") as f64 / 1024.0;
    columns.add("memory_total_kib", total.round(), 0.0);
    columns.add("memory_free_kib", free.round(), (free * 0.02).round());
    for pif in db.refs(host, "PIFs") {
        let device = db.text(&pif, "device");
        if db.flag(&pif, "physical") && !device.is_empty() {
            columns.add_rate(&format!("pif_{device}_rx"), 20.0 * MIB);
            columns.add_rate(&format!("pif_{device}_tx"), 12.0 * MIB);
        }
    }
    for sr in db
        .refs(host, "PBDs")
        .iter()
        .filter_map(|pbd| db.linked(pbd, "SR"))
    {
        if db.get(&sr, "content_type").as_str() != "iso" {
            storage(&mut columns, &short(&db.text(&sr, "uuid")));
        }
    }
    columns.sources
}

fn short(uuid: &str) -> String {
    uuid.chars().take(8).collect()
}

fn storage(columns: &mut Columns, sr: &str) {
    for direction in ["read", "write", "total"] {
        let scale = if direction == "total" { 2.0 } else { 1.0 };
        columns.add_rate(&format!("iops_{direction}_{sr}"), 400.0 * scale);
        columns.add_rate(&format!("io_throughput_{direction}_{sr}"), 30.0 * scale);
    }
    for direction in ["read", "write"] {
        columns.add_rate(&format!("{direction}_latency_{sr}"), 5000.0);
    }
    columns.add_load(&format!("iowait_{sr}"));
}

/// A running VM: CPUs, memory, interfaces, disks.
pub(super) fn vm(db: &Db, vm: &str) -> Vec<Source> {
    let mut columns = Columns::of("vm", &db.text(vm, "uuid"));
    for cpu in 0..db.int(vm, "VCPUs_at_startup").clamp(0, 64) {
        columns.add_load(&format!("cpu{cpu}"));
    }
    let usage = columns.load("cpu_usage");
    columns.add_load("cpu_usage");
    for (state, share) in [
        ("blocked", 1.0 - usage),
        ("fullrun", usage * 0.7),
        ("partial_run", usage * 0.2),
        ("full_contention", usage * 0.05),
        ("partial_contention", usage * 0.03),
        ("concurrency_hazard", usage * 0.02),
    ] {
        columns.add(
            &format!("runstate_{state}"),
            share,
            share.min(1.0 - share) * 0.1,
        );
    }
    let memory = db.int(vm, "memory_dynamic_max") as f64;
    columns.add("memory", memory, 0.0);
    columns.add("memory_target", memory, 0.0);
    if db.linked(vm, "guest_metrics").is_some() {
        let free = memory / 1024.0 * (1.0 - columns.load("memory_internal_free"));
        columns.add("memory_internal_free", free.round(), (free * 0.05).round());
    }
    let device = |reference: &Text| db.text(reference, "device");
    for vif in db.refs(vm, "VIFs").iter().map(device) {
        columns.add_rate(&format!("vif_{vif}_rx"), 2.0 * MIB);
        columns.add_rate(&format!("vif_{vif}_tx"), MIB);
    }
    for vbd in db.refs(vm, "VBDs") {
        let name = device(&vbd);
        if name.is_empty() || db.get(&vbd, "type").as_str() == "CD" {
            continue;
        }
        for direction in ["read", "write"] {
            columns.add_rate(&format!("vbd_{name}_{direction}"), 4.0 * MIB);
            columns.add_rate(&format!("vbd_{name}_iops_{direction}"), 120.0);
            columns.add_rate(&format!("vbd_{name}_{direction}_latency"), 5000.0);
        }
        columns.add_rate(&format!("vbd_{name}_iops_total"), 240.0);
        columns.add_load(&format!("vbd_{name}_iowait"));
    }
    columns.sources
}

/// An SR: how full it is.
pub(super) fn sr(db: &Db, sr: &str) -> Vec<Source> {
    let mut columns = Columns::of("sr", &db.text(sr, "uuid"));
    columns.add("size", db.int(sr, "physical_size") as f64, 0.0);
    columns.add(
        "physical_utilisation",
        db.int(sr, "physical_utilisation") as f64,
        0.0,
    );
    columns.sources
}
