//! Statistics of hosts, VMs and storage.

use serde_json::{Value, json};
use xo_engine::Error;
use xo_model::ObjectType::{Host, Sr, Vm};

use crate::support::Rig;

fn check_series(series: &Value, points: usize, what: &str) {
    let values = series
        .as_array()
        .unwrap_or_else(|| panic!("{what}: no values in {series}"));
    assert_eq!(values.len(), points, "{what}");
    assert!(
        values
            .iter()
            .all(|value| value.is_number() || value.is_null()),
        "{what}"
    );
    assert!(values.iter().any(Value::is_number), "{what}: only gaps");
}

#[tokio::test]
async fn hosts_tell_of_themselves_each_at_every_granularity() {
    let rig = Rig::start().await;
    for host in rig.inventory().of_kind(Host) {
        for (granularity, interval, most) in [
            ("seconds", 5, 120),
            ("minutes", 60, 120),
            ("hours", 3600, 168),
            ("days", 86_400, 366),
        ] {
            let asked = json!({ "host": host.id, "granularity": granularity });
            let told = rig.call("host.stats", asked).await.unwrap();
            assert_eq!(told["interval"], interval);
            assert!(told["endTimestamp"].as_i64().unwrap() > 1_700_000_000);
            let stats = &told["stats"];
            let points = stats["load"].as_array().unwrap().len();
            assert!(
                points + 1 >= most && points <= most,
                "{granularity}: {points} points"
            );
            check_series(&stats["memory"], points, "memory");
            check_series(&stats["memoryFree"], points, "memoryFree");
            check_series(&stats["cpus"]["0"], points, "cpus");
            check_series(&stats["pifs"]["rx"]["0"], points, "pifs");
        }
    }
}

#[tokio::test]
async fn a_running_vm_is_measured_and_a_halted_one_is_not() {
    let rig = Rig::start().await;
    let running = rig.one(Vm, |vm| vm.at("power_state") == Some(json!("Running")));
    let told = rig
        .call("vm.stats", json!({ "id": running.id }))
        .await
        .unwrap();
    let points = told["stats"]["memory"].as_array().unwrap().len();
    check_series(&told["stats"]["cpus"]["0"], points, "cpus");
    check_series(&told["stats"]["cpuUsage"], points, "cpuUsage");
    let again = rig
        .call("vm.stats", json!({ "id": running.id }))
        .await
        .unwrap();
    assert_eq!(told, again, "asked twice within a step");
    let halted = rig.one(Vm, |vm| vm.at("power_state") == Some(json!("Halted")));
    let error = rig
        .call("vm.stats", json!({ "id": halted.id }))
        .await
        .unwrap_err();
    assert!(matches!(error, Error::IncorrectState { .. }), "{error}");
    let odd = json!({ "id": running.id, "granularity": "years" });
    let error = rig.call("vm.stats", odd).await.unwrap_err();
    assert!(error.to_string().contains("granularity"), "{error}");
}

#[tokio::test]
async fn what_all_hosts_do_on_shared_storage_is_added_up() {
    let rig = Rig::start().await;
    let sr = rig.one(Sr, |sr| {
        sr.at("shared") == Some(json!(true)) && sr.at("content_type") != Some(json!("iso"))
    });
    let told = rig.call("sr.stats", json!({ "id": sr.id })).await.unwrap();
    let stats = &told["stats"];
    let points = stats["iops"]["r"].as_array().unwrap().len();
    for path in [
        "/iops/w",
        "/ioThroughput/r",
        "/ioThroughput/w",
        "/latency/r",
        "/latency/w",
        "/iowait",
    ] {
        check_series(stats.pointer(path).unwrap_or(&Value::Null), points, path);
    }
    // A host may have told of a later time by now.
    let number = |value: &Value| value.as_i64().unwrap();
    let end = number(&told["endTimestamp"]);
    let short = sr.id.to_string()[..8].to_owned();
    let mut sum = 0.0;
    for host in rig.inventory().of_kind(Host) {
        let asked = json!({ "host": host.id });
        let host = rig.call("host.stats", asked).await.unwrap();
        let later = (number(&host["endTimestamp"]) - end) / number(&host["interval"]);
        let reads = host["stats"]["iops"]["r"][&short].as_array().unwrap();
        let then = &reads[reads.len() - 1 - usize::try_from(later).unwrap()];
        sum += then.as_f64().unwrap();
    }
    let last = stats["iops"]["r"]
        .as_array()
        .unwrap()
        .last()
        .unwrap()
        .as_f64()
        .unwrap();
    assert!((last - sum).abs() < 1e-6 * sum.max(1.0), "{last} of {sum}");
}
