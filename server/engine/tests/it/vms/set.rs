//! Changing the settings of a VM.

use serde_json::{Value, json};
use xo_engine::Error;

use super::vm;
use crate::support::Rig;

#[tokio::test]
async fn every_kind_of_setting_is_written_and_read_back_at_once() {
    let rig = Rig::start().await;
    let vm = vm(&rig, "Halted");
    let cases: &[(&str, Value, &str, Value)] = &[
        (
            "name_label",
            json!("renamed"),
            "name_label",
            json!("renamed"),
        ),
        ("name_description", json!(""), "name_description", json!("")),
        ("notes", json!("# read me"), "notes", json!("# read me")),
        ("notes", json!(null), "notes", json!(null)),
        ("auto_poweron", json!(true), "auto_poweron", json!(true)),
        ("auto_poweron", json!(false), "auto_poweron", json!(false)),
        (
            "high_availability",
            json!("best-effort"),
            "high_availability",
            json!("best-effort"),
        ),
        ("CPUs", json!(3), "CPUs.number", json!(3)),
        ("cpusMax", json!(2), "CPUs.number", json!(2)),
        (
            "memory",
            json!("3 GiB"),
            "memory.static.1",
            json!(3_u64 << 30),
        ),
        (
            "memoryMax",
            json!(2_u64 << 30),
            "memory.dynamic",
            json!([2_u64 << 30, 2_u64 << 30]),
        ),
        (
            "memoryMin",
            json!(1_u64 << 30),
            "memory.dynamic.0",
            json!(1_u64 << 30),
        ),
        (
            "memoryStaticMax",
            json!("4GiB"),
            "memory.static.1",
            json!(4_u64 << 30),
        ),
        ("cpuMask", json!([0, 2]), "cpuMask", json!([0, 2])),
        ("cpuWeight", json!(512), "cpuWeight", json!(512)),
        ("cpuWeight", json!(null), "cpuWeight", json!(null)),
        ("cpuCap", json!(50), "cpuCap", json!(50)),
        ("affinityHost", json!(null), "affinityHost", json!(null)),
        ("vga", json!("std"), "vga", json!("std")),
        ("videoram", json!(8), "videoram", json!(8)),
        ("coresPerSocket", json!(2), "coresPerSocket", json!(2)),
        ("coresPerSocket", json!(null), "coresPerSocket", json!(null)),
        (
            "nestedVirt",
            json!(true),
            "isNestedVirtEnabled",
            json!(true),
        ),
        ("expNestedHvm", json!(true), "expNestedHvm", json!(true)),
        ("startDelay", json!(30), "startDelay", json!(30)),
        ("secureBoot", json!(true), "secureBoot", json!(true)),
        ("nicType", json!("e1000"), "nicType", json!("e1000")),
        (
            "hvmBootFirmware",
            json!("uefi"),
            "boot.firmware",
            json!("uefi"),
        ),
        ("viridian", json!(true), "viridian", json!(true)),
        (
            "virtualizationMode",
            json!("pvh"),
            "virtualizationMode",
            json!("pvh"),
        ),
        (
            "PV_args",
            json!("console=hvc0"),
            "PV_args",
            json!("console=hvc0"),
        ),
        (
            "creation",
            json!({ "user": "u1" }),
            "creation.user",
            json!("u1"),
        ),
        (
            "xenStoreData",
            json!({ "a": "1" }),
            "xenStoreData",
            json!({ "vm-data/a": "1" }),
        ),
        (
            "xenStoreData",
            json!({ "vm-data/a": null }),
            "xenStoreData",
            json!({}),
        ),
        ("suspendSr", json!(null), "suspendSr", json!(null)),
    ];
    for (param, value, property, expected) in cases {
        let mut change = json!({ "id": vm.id });
        change[*param] = value.clone();
        rig.call("vm.set", change)
            .await
            .unwrap_or_else(|error| panic!("{param}={value}: {error}"));
        let now = rig.now(&vm).at(property).unwrap_or_default();
        assert_eq!(now, *expected, "{param}={value}");
    }
}

#[tokio::test]
async fn a_running_vm_takes_what_it_can_and_the_rest_with_a_restart() {
    let rig = Rig::start().await;
    let vm = vm(&rig, "Running");
    let change = json!({ "id": vm.id, "memoryStaticMax": "64 GiB" });
    let error = rig.call("vm.set", change.clone()).await.unwrap_err();
    assert!(
        matches!(&error, Error::Pool { code, .. } if code == "VM_BAD_POWER_STATE"),
        "{error}"
    );
    rig.call("vm.setAndRestart", change).await.unwrap();
    let now = rig.now(&vm);
    assert_eq!(now.at("memory.static.1"), Some(json!(64_u64 << 30)));
    assert_eq!(now.at("power_state"), Some(json!("Running")));
}

#[tokio::test]
async fn a_setting_that_makes_no_sense_is_refused_with_its_name() {
    let rig = Rig::start().await;
    let vm = vm(&rig, "Halted");
    for (param, value) in [
        ("memory", json!("a lot")),
        ("CPUs", json!(0)),
        ("vga", json!("crt")),
        ("videoram", json!(3)),
        ("virtualizationMode", json!("qemu")),
        ("hvmBootFirmware", json!("openfirmware")),
        ("high_availability", json!("always")),
        ("affinity", json!("x")),
    ] {
        let mut change = json!({ "id": vm.id });
        change[param] = value;
        let error = rig.call("vm.set", change).await.unwrap_err();
        assert!(
            matches!(error, Error::InvalidParameters(_)),
            "{param}: {error}"
        );
        assert!(error.to_string().contains(param), "{error}");
    }
}

#[tokio::test]
async fn what_no_pool_can_mean_is_refused_before_the_pool_is_asked() {
    let rig = Rig::start().await;
    let vm = vm(&rig, "Halted");
    for (name, value) in [
        ("name_label", json!("   ")),
        ("name_label", json!("n".repeat(2000))),
        ("cpuCap", json!(-5)),
        ("cpuWeight", json!(0)),
        ("CPUs", json!(1_000_000)),
        ("coresPerSocket", json!(-1)),
        ("startDelay", json!(-1)),
        ("memory", json!(1_u64 << 60)),
    ] {
        let refused = rig
            .call("vm.set", json!({ "id": vm.id, name: value }))
            .await;
        let Err(Error::InvalidParameters(errors)) = refused else {
            panic!("{name}: {refused:?}");
        };
        assert_eq!(errors[0].path, format!("/{name}"));
    }
}
