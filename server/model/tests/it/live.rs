//! What is derived again when records change.

use proptest::prelude::*;
use serde_json::{Value, json};
use xapi_records::{Class, Record};
use xo_model::{Change, LivePool};

use crate::estate::{Estate, Objects, reference};

/// A pool that is up to date, and what was told of it.
fn settled(estate: &Estate) -> (LivePool, Objects) {
    let mut pool = estate.pool();
    let objects = Objects::of(&mut pool);
    (pool, objects)
}

/// The objects that are derived again when fields of a record change.
fn derived(name: &str, fields: Value) -> Vec<String> {
    let estate = Estate::new();
    let (mut pool, mut objects) = settled(&estate);
    assert!(pool.put(&reference(name), estate.with(name, fields).record(name)));
    objects.refresh(&mut pool)
}

#[test]
fn only_what_depends_on_a_changed_record_is_derived_again() {
    for (name, fields, expected) in [
        ("web", json!({"name_label": "www"}), &["web"][..]),
        (
            "web",
            json!({"power_state": "Halted", "resident_on": ""}),
            &["web"],
        ),
        ("web-metrics", json!({"VCPUs_number": 1}), &["web"]),
        ("web-guest", json!({"networks": {}}), &["web"]),
        ("host1-metrics", json!({"memory_free": 1}), &["host1"]),
        ("host1", json!({"tags": []}), &["host1"]),
        (
            "host1",
            json!({"name_label": "renamed"}),
            &["host1", "pool"],
        ),
        ("nfs", json!({"physical_utilisation": 9}), &["nfs"]),
        ("local", json!({"physical_utilisation": 9}), &["local"]),
        ("local", json!({"shared": true}), &["db", "local"]),
        ("disk", json!({"physical_utilisation": 9}), &["disk"]),
        ("disk-db", json!({"physical_utilisation": 9}), &["disk-db"]),
        (
            "base",
            json!({"physical_utilisation": 9}),
            &["base", "disk"],
        ),
        ("vbd", json!({"currently_attached": false}), &["vbd"]),
        ("vbd-db", json!({"currently_attached": true}), &["vbd-db"]),
        (
            "pbd-local",
            json!({"currently_attached": false}),
            &["pbd-local"],
        ),
        ("eth0", json!({"IP": "192.0.2.99"}), &["eth0"]),
        ("eth0-metrics", json!({"carrier": false}), &["eth0"]),
        ("bond", json!({"mode": "balance-slb"}), &["bond"]),
        ("certificate", json!({"fingerprint": "CC"}), &["host1"]),
        ("pack", json!({"version": "2"}), &["host1"]),
        ("patch", json!({"size": 3}), &["applied", "patch"]),
        ("task", json!({"progress": 0.5}), &["task"]),
        ("pool", json!({"tags": []}), &["pool"]),
        ("message", json!({"body": "x"}), &["message"]),
        ("console", json!({"location": "x"}), &[]),
    ] {
        assert_eq!(derived(name, fields.clone()), expected, "{name} {fields}");
    }
}

#[test]
fn a_bond_and_a_master_reach_further() {
    assert_eq!(
        derived("bond", json!({"slaves": ["@eth0"]})),
        ["bond", "bond0", "eth0", "eth1"]
    );
    assert_eq!(
        derived("eth0", json!({"bond_slave_of": ""})),
        ["eth0", "lan"]
    );
    // One bonded interface was enough to know; another one does not matter.
    assert_eq!(derived("eth1", json!({"bond_slave_of": ""})), ["eth1"]);
    let vms = [
        "db",
        "dom0",
        "golden",
        "host1",
        "pool",
        "template",
        "web",
        "web-snapshot",
    ];
    let older =
        json!({"software_version": {"platform_version": "3.2.0", "product_version": "8.2"}});
    assert_eq!(derived("host1", older), vms);
}

#[test]
fn an_equal_record_changes_nothing() {
    let estate = Estate::new();
    let (mut pool, mut objects) = settled(&estate);
    for (_, name) in estate.names() {
        assert!(!pool.put(&reference(&name), estate.record(&name)));
    }
    assert!(!pool.is_stale());
    assert_eq!(objects.refresh(&mut pool), [""; 0]);
}

#[test]
fn a_link_is_mended_when_its_record_arrives() {
    let estate = Estate::new();
    let (whole, _) = settled(&estate);
    let mut pool = LivePool::new();
    let mut objects = Objects::default();
    for (_, name) in estate.names().into_iter().rev() {
        pool.put(&reference(&name), estate.record(&name));
        objects.refresh(&mut pool);
    }
    assert_eq!(shown(&objects), anew(&whole));
}

#[test]
fn nothing_is_told_before_the_pool_is_known() {
    let estate = Estate::new();
    let mut pool = LivePool::new();
    pool.put(&reference("web"), estate.record("web"));
    assert_eq!(pool.refresh(|_| {}), 0);
    assert_eq!(pool.pool_id(), None);
    pool.put(&reference("pool"), estate.record("pool"));
    let mut objects = Objects::default();
    assert_eq!(objects.refresh(&mut pool), ["pool", "web"]);
    assert_eq!(pool.pool_id().unwrap().to_string(), estate.uuid("pool"));
}

#[test]
fn a_deleted_record_takes_its_object_along() {
    let estate = Estate::new();
    let (mut pool, mut objects) = settled(&estate);
    assert!(pool.remove(Class::Vm, &reference("template")));
    assert!(!pool.remove(Class::Vm, &reference("template")));
    let id = format!("{}-{}", estate.uuid("pool"), estate.uuid("template"));
    let mut gone = Vec::new();
    pool.refresh(|change| match change {
        Change::Gone(id) => gone.push(id.to_string()),
        Change::Put(object) => panic!("{object:?}"),
    });
    assert_eq!(gone, [id]);
    assert!(pool.remove(Class::VmMetrics, &reference("web-metrics")));
    assert_eq!(objects.refresh(&mut pool), ["web"]);
}

#[test]
fn a_template_that_becomes_a_vm_changes_its_id_and_those_who_link_to_it() {
    let estate = Estate::new().with("vbd-db", json!({"VM": "@template"}));
    let estate = estate.with("template", json!({"VBDs": ["@vbd-db"]}));
    let (mut pool, mut objects) = settled(&estate);
    let before = objects.by_reference("vbd-db")["VM"].clone();
    let vm = estate.with("template", json!({"is_a_template": false}));
    pool.put(&reference("template"), vm.record("template"));
    objects.refresh(&mut pool);
    let template = objects.by_reference("template");
    assert_eq!(template["id"], json!(vm.uuid("template")));
    assert_ne!(objects.by_reference("vbd-db")["VM"], before);
    assert_eq!(objects.by_reference("vbd-db")["VM"], template["id"]);
    assert!(!objects.0.contains_key(before.as_str().unwrap()));
}

#[test]
fn a_full_list_replaces_what_is_known() {
    let estate = Estate::new();
    let (mut pool, mut objects) = settled(&estate);
    let listed = ["dom0", "web", "db"].map(|name| (reference(name), estate.record(name)));
    pool.replace(Class::Vm, listed.into());
    let told = objects.refresh(&mut pool);
    assert_eq!(pool.records().count(Class::Vm), 3);
    assert!(
        !told.contains(&"web".to_owned()) && !told.contains(&"db".to_owned()),
        "{told:?}"
    );
    let vms = objects
        .0
        .values()
        .filter(|object| object.kind.class() == Class::Vm)
        .count();
    assert_eq!(vms, 3);
}

#[test]
fn access_is_inherited_through_ids_that_exist() {
    let estate = Estate::new();
    let (_, objects) = settled(&estate);
    for object in objects.0.values() {
        for parent in &object.parents {
            assert!(
                objects.0.contains_key(&parent.to_string()),
                "{} of {}",
                parent,
                object.json
            );
        }
    }
    let parents = |name: &str| {
        let object = objects
            .0
            .values()
            .find(|object| object.reference == reference(name))
            .unwrap();
        object
            .parents
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
    };
    assert_eq!(parents("disk"), [estate.uuid("nfs"), estate.uuid("web")]);
    assert_eq!(parents("vbd-cd"), [""; 0]);
    assert_eq!(parents("db"), [estate.uuid("host1")]);
    assert_eq!(parents("message"), [estate.uuid("web")]);
}

/// Id → JSON, as it was told.
fn shown(objects: &Objects) -> Vec<(String, String)> {
    let mut shown: Vec<_> = objects
        .0
        .iter()
        .map(|(id, object)| (id.clone(), object.json.to_string()))
        .collect();
    shown.sort();
    shown
}

/// Id → JSON, as deriving everything anew tells it.
fn anew(pool: &LivePool) -> Vec<(String, String)> {
    let mut shown: Vec<_> = pool
        .objects()
        .map(|object| (object.id.to_string(), object.json.to_string()))
        .collect();
    shown.sort();
    shown
}

/// The estate, and one in which most things differ.
fn variants() -> [Estate; 2] {
    let one = Estate::new();
    let other = Estate::new()
        .with(
            "pool",
            json!({"master": "", "default_SR": "@local", "name_label": "x"}),
        )
        .with(
            "host1",
            json!({"name_label": "y", "software_version": {}, "PIFs": [], "certificates": []}),
        )
        .with(
            "web",
            json!({"power_state": "Halted", "VBDs": ["@vbd-db"], "metrics": "@db-metrics"}),
        )
        .with(
            "db",
            json!({"VBDs": ["@vbd"], "power_state": "Running", "resident_on": "@host1"}),
        )
        .with("template", json!({"is_a_template": false}))
        .with("web-snapshot", json!({"snapshot_of": "@db"}))
        .with("vbd", json!({"VM": "@db", "VDI": "@disk-db"}))
        .with(
            "disk",
            json!({"SR": "@local", "sm_config": {"vhd-parent": "%disk-db"}, "managed": false}),
        )
        .with(
            "disk-db",
            json!({"SR": "@nfs", "sm_config": {"vhd-parent": "%base"}}),
        )
        .with("base", json!({"physical_utilisation": 5, "managed": true}))
        .with("local", json!({"shared": true, "PBDs": []}))
        .with("pbd-local", json!({"host": ""}))
        .with("eth0", json!({"bond_slave_of": ""}))
        .with("eth1", json!({"metrics": "@eth0-metrics"}))
        .with("bond", json!({"slaves": ["@bond0"], "master": "@eth0"}))
        .with("usb-group", json!({"PUSBs": []}))
        .with("patch", json!({"size": 1}));
    [one, other]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Records come, change and go in any order: what was told is what deriving everything anew tells.
    #[test]
    fn whatever_happens_nothing_is_stale(
        steps in prop::collection::vec((any::<prop::sample::Index>(), 0..3usize, any::<bool>()), 1..30)
    ) {
        let variants = variants();
        let names = variants[0].names();
        let (mut pool, mut objects) = settled(&variants[0]);
        for (index, what, refresh) in steps {
            let (class, name) = index.get(&names);
            match variants.get(what) {
                Some(estate) => pool.put(&reference(name), estate.record(name)),
                None => pool.remove(*class, &reference(name)),
            };
            if refresh {
                objects.refresh(&mut pool);
                // Links to what is gone may dangle until their own record changes: compare what has no such link.
                let anew = anew(&pool);
                let shown = shown(&objects);
                prop_assert_eq!(
                    shown.iter().map(|(id, _)| id).collect::<Vec<_>>(),
                    anew.iter().map(|(id, _)| id).collect::<Vec<_>>()
                );
                if what < 2 && names.iter().all(|(c, n)| pool.records().record(*c, &reference(n)).is_some()) {
                    prop_assert_eq!(shown, anew);
                }
            }
        }
        for (_, name) in &names {
            pool.put(&reference(name), variants[1].record(name));
        }
        objects.refresh(&mut pool);
        prop_assert_eq!(shown(&objects), anew(&pool));
    }

    #[test]
    fn no_record_makes_a_derivation_panic(text in "\\PC{0,12}", number: i64) {
        let mut pool = LivePool::new();
        pool.put(&reference("pool"), Estate::new().record("pool"));
        for class in Class::ALL {
            let same = reference("x").to_string();
            let json = json!({
                "uuid": text, "metrics": same, "guest_metrics": same, "VBDs": [same], "VDI": same, "SR": same, "PBDs": [same],
                "host": same, "snapshot_of": same, "sm_config": {"vhd-parent": text}, "other_config": {"pci": text, "disks": text,
                "xo:resource_set": text, "boot_time": text}, "platform": {"device_id": "0002", "videoram": text},
                "networks": {"0/ip": text, text.clone(): "1"}, "PV_drivers_version": {"major": text, "minor": number.to_string()},
                "memory_total": number, "memory_free": number, "physical_utilisation": number, "recommendations": text,
                "current_operations": {"a": text}, "software_version": {"product_version": text, "platform_version": text},
                "memory": {"total": text, "used": "1"}, "live": true, "power_state": "Running", "managed": true,
            });
            pool.put(&reference("x"), Record::parse(class, &json.to_string()).unwrap());
        }
        let mut told = 0;
        pool.refresh(|change| if let Change::Put(object) = change {
            serde_json::from_str::<Value>(&object.json).unwrap();
            told += 1;
        });
        // The pool's own record was told under its reference, and once more as "x".
        prop_assert_eq!(told, 26);
    }
}
