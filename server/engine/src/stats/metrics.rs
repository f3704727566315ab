//! Where the columns of a host's statistics stand in what clients are told, and in which unit.
//!
//! Hosts tell shares of one, KiB, MiB/s and microseconds; clients read percent, bytes, bytes/s and milliseconds.

const KIB: f64 = 1024.0;
const MIB: f64 = 1_048_576.0;
const PERCENT: f64 = 100.0;
const MS_PER_US: f64 = 0.001;

/// The place of a column: members from the outside in, and what its values are multiplied with.
#[derive(Debug, PartialEq)]
pub(super) struct Place {
    pub(super) path: Vec<String>,
    pub(super) factor: f64,
}

fn place<const N: usize>(path: [&str; N], factor: f64) -> Option<Place> {
    Some(Place {
        path: path.map(str::to_owned).to_vec(),
        factor,
    })
}

/// How the same column of several hosts becomes one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Join {
    Sum,
    Mean,
}

/// What is told of storage: the place of a host's column without the key of the storage, which comes last.
pub(super) const OF_STORAGE: [(&[&str], Join); 7] = [
    (&["iops", "r"], Join::Sum),
    (&["iops", "w"], Join::Sum),
    (&["ioThroughput", "r"], Join::Sum),
    (&["ioThroughput", "w"], Join::Sum),
    (&["latency", "r"], Join::Mean),
    (&["latency", "w"], Join::Mean),
    (&["iowait"], Join::Mean),
];

/// The place of a host's column.
pub(super) fn of_host(metric: &str) -> Option<Place> {
    match metric {
        "loadavg" => return place(["load"], 1.0),
        "memory_free_kib" => return place(["memoryFree"], KIB),
        "memory_total_kib" => return place(["memory"], KIB),
        _ => {}
    }
    if let Some(cpu) = number(metric, "cpu", "") {
        return place(["cpus", cpu], PERCENT);
    }
    if let Some(pif) = number(metric, "pif_eth", "_rx") {
        return place(["pifs", "rx", pif], 1.0);
    }
    if let Some(pif) = number(metric, "pif_eth", "_tx") {
        return place(["pifs", "tx", pif], 1.0);
    }
    let storage = [
        ("iops_read_", "iops", "r", 1.0),
        ("iops_write_", "iops", "w", 1.0),
        ("iops_total_", "iops", "total", 1.0),
        ("io_throughput_read_", "ioThroughput", "r", MIB),
        ("io_throughput_write_", "ioThroughput", "w", MIB),
        ("io_throughput_total_", "ioThroughput", "total", MIB),
        ("read_latency_", "latency", "r", MS_PER_US),
        ("write_latency_", "latency", "w", MS_PER_US),
    ];
    for (prefix, group, part, factor) in storage {
        if let Some(sr) = metric.strip_prefix(prefix) {
            return place([group, part, sr], factor);
        }
    }
    place(["iowait", metric.strip_prefix("iowait_")?], PERCENT)
}

/// The place of a VM's column.
pub(super) fn of_vm(metric: &str) -> Option<Place> {
    match metric {
        "memory" => return place(["memory"], 1.0),
        "memory_target" => return place(["memoryTarget"], 1.0),
        "memory_internal_free" => return place(["memoryFree"], KIB),
        "cpu_usage" => return place(["cpuUsage"], PERCENT),
        _ => {}
    }
    if let Some(cpu) = number(metric, "cpu", "") {
        return place(["cpus", cpu], PERCENT);
    }
    if let Some(vif) = number(metric, "vif_", "_rx") {
        return place(["vifs", "rx", vif], 1.0);
    }
    if let Some(vif) = number(metric, "vif_", "_tx") {
        return place(["vifs", "tx", vif], 1.0);
    }
    if metric.starts_with("runstate_") {
        return place([&camel_case(metric)], PERCENT);
    }
    let (letter, what) = metric.strip_prefix("vbd_xvd")?.split_once('_')?;
    match what {
        "read" => place(["xvds", "r", letter], 1.0),
        "write" => place(["xvds", "w", letter], 1.0),
        "iops_read" => place(["iops", "r", letter], 1.0),
        "iops_write" => place(["iops", "w", letter], 1.0),
        "iops_total" => place(["iops", "total", letter], 1.0),
        _ => None,
    }
}

/// What stands between, if it is a number.
fn number<'a>(metric: &'a str, prefix: &str, suffix: &str) -> Option<&'a str> {
    let middle = metric.strip_prefix(prefix)?.strip_suffix(suffix)?;
    (!middle.is_empty() && middle.bytes().all(|b| b.is_ascii_digit())).then_some(middle)
}

/// `runstate_full_contention` → `runstateFullContention`
fn camel_case(name: &str) -> String {
    let mut words = name.split('_');
    let mut joined = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut letters = word.chars();
        joined.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        joined.push_str(letters.as_str());
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_where_clients_look_for_them() {
        let host = [
            ("cpu12", "cpus.12", 100.0),
            ("pif_eth0_rx", "pifs.rx.0", 1.0),
            ("memory_free_kib", "memoryFree", 1024.0),
            (
                "io_throughput_write_7a1b2c3d",
                "ioThroughput.w.7a1b2c3d",
                1_048_576.0,
            ),
            ("read_latency_7a1b2c3d", "latency.r.7a1b2c3d", 0.001),
            ("iowait_7a1b2c3d", "iowait.7a1b2c3d", 100.0),
        ];
        for (metric, path, factor) in host {
            let place = of_host(metric).unwrap();
            assert_eq!(
                (place.path.join(".").as_str(), place.factor),
                (path, factor),
                "{metric}"
            );
        }
        let vm = [
            ("vbd_xvda_iops_read", "iops.r.a", 1.0),
            ("vbd_xvdb_write", "xvds.w.b", 1.0),
            ("vif_3_tx", "vifs.tx.3", 1.0),
            ("runstate_full_contention", "runstateFullContention", 100.0),
        ];
        for (metric, path, factor) in vm {
            let place = of_vm(metric).unwrap();
            assert_eq!(
                (place.path.join(".").as_str(), place.factor),
                (path, factor),
                "{metric}"
            );
        }
    }

    #[test]
    fn what_no_client_knows_is_left_out() {
        for metric in [
            "cpu_avg",
            "cpu",
            "pif_xenbr0_rx",
            "vbd_xvda_inflight",
            "running_domains",
            "",
        ] {
            assert_eq!(of_host(metric), None, "{metric}");
            assert_eq!(of_vm(metric), None, "{metric}");
        }
    }
}
