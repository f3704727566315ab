//! The pool is believable, and the same for the same seed.

use serde_json::json;
use xo_lab::LabConfig;

use crate::support::{Client, small};

fn uuids(client: &Client, class: &str) -> Vec<String> {
    let db = client.lab.db().read();
    db.all(class)
        .iter()
        .map(|row| db.text(row, "uuid").to_string())
        .collect()
}

#[tokio::test]
async fn the_seed_decides_every_uuid() {
    let first = Client::start().await;
    let same = Client::start().await;
    let other = Client::with(LabConfig { seed: 2, ..small() }).await;
    for class in ["pool", "host", "VM", "VDI", "SR"] {
        assert_eq!(uuids(&first, class), uuids(&same, class), "{class}");
        assert!(
            uuids(&first, class)
                .iter()
                .all(|uuid| !uuids(&other, class).contains(uuid))
        );
    }
}

#[tokio::test]
async fn there_is_what_an_administrator_expects() {
    let client = Client::start().await;
    let count = async |class: &str, query: &str| {
        let found = client
            .call(&format!("{class}.get_all_where"), json!([query]))
            .await;
        found.as_array().unwrap().len()
    };
    assert_eq!(count("pool", "true").await, 1);
    assert_eq!(count("VM", "field \"is_control_domain\"=\"true\"").await, 2);
    assert!(count("VM", "field \"is_default_template\"=\"true\"").await >= 10);
    assert!(count("VM", "field \"is_a_snapshot\"=\"true\"").await >= 1);
    for state in ["Running", "Halted", "Suspended", "Paused"] {
        assert!(!client.vms(state).is_empty(), "{state}");
    }
    for kind in ["nfs", "ext", "iso", "udev"] {
        assert!(
            count("SR", &format!("field \"type\"=\"{kind}\"")).await >= 1,
            "{kind}"
        );
    }
    assert_eq!(count("SR", "field \"is_tools_sr\"=\"true\"").await, 1);
    assert_eq!(count("PIF", "field \"management\"=\"true\"").await, 2);
    let vms = client.call("VM.get_all_records", json!([])).await;
    for vm in vms.as_object().unwrap().values() {
        assert!(
            vm["platform"]["cores-per-socket"].is_string(),
            "{}",
            vm["name_label"]
        );
        assert!(vm["domid"].is_i64() && vm["HVM_shadow_multiplier"].is_f64());
    }
    let hosts = client.call("host.get_all_records", json!([])).await;
    for host in hosts.as_object().unwrap().values() {
        assert_eq!(host["software_version"]["product_brand"], "XCP-ng");
        assert!(
            host["other_config"]["boot_time"]
                .as_str()
                .unwrap()
                .parse::<f64>()
                .is_ok()
        );
    }
}

#[tokio::test]
async fn every_record_of_a_class_has_the_same_fields_in_the_same_order() {
    let client = Client::start().await;
    for class in [
        "VM", "host", "SR", "VDI", "VBD", "VIF", "task", "network", "PIF",
    ] {
        let records = client
            .call(&format!("{class}.get_all_records"), json!([]))
            .await;
        let mut shapes = records.as_object().unwrap().values().map(|record| {
            record
                .as_object()
                .unwrap()
                .keys()
                .cloned()
                .collect::<Vec<_>>()
        });
        let Some(first) = shapes.next() else { continue };
        assert_eq!(first[0], "uuid");
        assert!(shapes.all(|shape| shape == first), "{class}");
    }
}

#[tokio::test]
async fn listed_classes_answer_and_none_is_newer_than_the_pool() {
    let client = Client::start().await;
    let methods = client.call_bare("system.listMethods").await;
    let classes: Vec<&str> = methods
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|method| method.as_str().unwrap().strip_suffix(".get_all_records"))
        .collect();
    assert!(classes.len() > 40, "{}", classes.len());
    for class in &classes {
        assert!(
            client
                .call(&format!("{class}.get_all_records"), json!([]))
                .await
                .is_object()
        );
    }
    assert!(!classes.contains(&"Rate_limit"), "that came with XAPI 26");
}
