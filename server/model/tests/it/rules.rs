//! The rules that decide single properties.

use serde_json::{Value, json};

use crate::estate::Estate;

fn with(name: &str, fields: Value) -> Value {
    Estate::new().with(name, fields).object(name)
}

#[test]
fn a_vm_is_on_its_host_when_it_runs() {
    let estate = Estate::new();
    let host = estate.uuid("host1");
    assert_eq!(estate.object("web")["$container"], json!(host));
    assert_eq!(
        with("web", json!({"power_state": "Paused"}))["$container"],
        json!(host)
    );
}

#[test]
fn a_vm_that_does_not_run_is_in_the_pool_unless_a_disk_is_local() {
    let estate = Estate::new();
    let (host, pool) = (estate.uuid("host1"), estate.uuid("pool"));
    assert_eq!(
        with("web", json!({"power_state": "Halted"}))["$container"],
        json!(pool)
    );
    assert_eq!(estate.object("db")["$container"], json!(host));
    let shared = estate.clone().with("local", json!({"shared": true}));
    assert_eq!(shared.object("db")["$container"], json!(pool));
    let cd = estate.clone().with("vbd-db", json!({"type": "CD"}));
    assert_eq!(cd.object("db")["$container"], json!(pool));
    let unplugged = estate.with("local", json!({"PBDs": []}));
    assert_eq!(unplugged.object("db")["$container"], json!(pool));
}

#[test]
fn types_and_ids_follow_from_what_a_vm_is() {
    let estate = Estate::new();
    let kind = |name| estate.object(name)["type"].clone();
    assert_eq!(kind("web"), "VM");
    assert_eq!(kind("dom0"), "VM-controller");
    assert_eq!(kind("web-snapshot"), "VM-snapshot");
    assert_eq!(kind("template"), "VM-template");
    let template = estate.object("template");
    let id = format!("{}-{}", estate.uuid("pool"), estate.uuid("template"));
    assert_eq!(
        (&template["id"], &template["uuid"]),
        (&json!(id), &json!(estate.uuid("template")))
    );
    assert_eq!(template["isDefaultTemplate"], true);
    let golden = estate.object("golden");
    assert_eq!(
        (&golden["id"], &golden["isDefaultTemplate"]),
        (&json!(estate.uuid("golden")), &json!(false))
    );
    let cloned = with("web", json!({"snapshot_of": "@db"}));
    assert_eq!(cloned["type"], "VM-snapshot");
}

#[test]
fn disks_are_told_apart_and_chains_are_summed() {
    let estate = Estate::new();
    assert_eq!(estate.object("disk")["chainPhysicalUsage"], 1100);
    assert_eq!(estate.object("disk")["parent"], json!(estate.uuid("base")));
    assert_eq!(estate.object("base")["type"], "VDI-unmanaged");
    assert_eq!(estate.object("disk-snapshot")["type"], "VDI-snapshot");
    let looped = estate
        .clone()
        .with("base", json!({"sm_config": {"vhd-parent": "%disk"}}));
    assert_eq!(looped.object("disk")["chainPhysicalUsage"], 1100);
    let missing = estate.with("disk", json!({"sm_config": {"vhd-parent": "nowhere"}}));
    assert_eq!(missing.object("disk")["chainPhysicalUsage"], 100);
}

#[test]
fn processors_and_memory_are_measured_only_while_a_vm_runs_with_tools() {
    let web = Estate::new().object("web");
    assert_eq!(web["CPUs"], json!({"max": 4, "number": 4}));
    assert_eq!(web["memory"]["size"], 2_147_479_552_u64);
    let halted = with("web", json!({"power_state": "Halted"}));
    assert_eq!(halted["CPUs"]["number"], 2);
    assert_eq!(halted["memory"]["size"], 2_147_483_648_u64);
    assert_eq!(halted.get("xenTools"), None);
    assert_eq!(halted.get("managementAgentDetected"), None);
    let bare = with("web", json!({"guest_metrics": ""}));
    assert_eq!(bare["CPUs"]["number"], 2);
    assert_eq!(
        (&bare["xenTools"], &bare["os_version"]),
        (&json!(false), &Value::Null)
    );
    let told = Estate::new().with(
        "web-guest",
        json!({"memory": {"total": "1000", "used": "600"}}),
    );
    let memory = told.object("web")["memory"].clone();
    assert_eq!(
        (&memory["size"], &memory["usage"]),
        (&json!(1000), &json!(600))
    );
}

#[test]
fn tools_and_drivers_are_told_of_a_running_guest() {
    let web = Estate::new().object("web");
    assert_eq!(
        web["xenTools"],
        json!({"major": 9, "minor": 4, "version": 9.4})
    );
    assert_eq!(web["pvDriversVersion"], "9.4.0-146");
    assert_eq!(web["managementAgentDetected"], true);
    let silent = Estate::new().with("web-guest", json!({"PV_drivers_version": {}, "other": {}}));
    let web = silent.object("web");
    assert_eq!(
        (&web["managementAgentDetected"], &web["xenTools"]),
        (&json!(false), &json!(false))
    );
    assert_eq!(web.get("pvDriversVersion"), None);
}

#[test]
fn what_is_virtual_hardware_depends_on_the_mode() {
    let web = Estate::new().object("web");
    assert_eq!(
        (&web["virtualizationMode"], &web["vga"], &web["videoram"]),
        (&json!("hvm"), &json!("std"), &json!(16))
    );
    assert_eq!(web.get("PV_args"), None);
    let db = Estate::new().object("db");
    assert_eq!(
        (&db["virtualizationMode"], &db["PV_args"]),
        (&json!("pv"), &json!("console=hvc0"))
    );
    assert_eq!(db.get("vga"), None);
    let old = with(
        "db",
        json!({"HVM_boot_policy": "BIOS order", "domain_type": null}),
    );
    assert_eq!(
        (&old["virtualizationMode"], &old["vga"], &old["videoram"]),
        (&json!("hvm"), &json!("cirrus"), &json!(4))
    );
    assert_eq!(
        with("db", json!({"domain_type": "pvh"}))["virtualizationMode"],
        "pvh"
    );
}

#[test]
fn nested_virtualisation_is_asked_for_as_the_platform_knows_it() {
    assert_eq!(Estate::new().object("web")["isNestedVirtEnabled"], true);
    let old = Estate::new().with(
        "host1",
        json!({"software_version": {"platform_version": "3.2.1"}}),
    );
    assert_eq!(old.object("web")["isNestedVirtEnabled"], false);
}

#[test]
fn firmware_and_vulnerabilities_are_judged() {
    let web = Estate::new().object("web");
    assert_eq!(web["isFirmwareSupported"], false);
    assert_eq!(
        web["vulnerabilities"]["xsa468"]["reason"],
        "pv-driver-version-vulnerable"
    );
    assert_eq!(
        Estate::new().object("db")["vulnerabilities"],
        json!({"xsa468": false})
    );
}

#[test]
fn operations_are_told_by_the_id_of_their_task() {
    let estate = Estate::new();
    let task = estate.uuid("task");
    assert_eq!(
        estate.object("web")["current_operations"],
        json!({task: "clean_reboot"})
    );
    assert_eq!(
        estate.object("disk")["current_operations"],
        json!({"OpaqueRef:task": "copy"})
    );
}

#[test]
fn a_pool_without_a_name_has_that_of_its_master() {
    assert_eq!(Estate::new().object("pool")["name_label"], "xcp1");
    assert_eq!(
        with("pool", json!({"name_label": "Lab"}))["name_label"],
        "Lab"
    );
    assert_eq!(
        with("pool", json!({"ha_reboot_vm_on_internal_shutdown": false}))["haRebootVmOnInternalShutdown"],
        false
    );
}

#[test]
fn a_repository_is_where_only_one_host_reaches_it() {
    let estate = Estate::new();
    assert_eq!(
        estate.object("local")["$container"],
        json!(estate.uuid("host1"))
    );
    for name in ["nfs", "lonely"] {
        assert_eq!(
            estate.object(name)["$container"],
            json!(estate.uuid("pool")),
            "{name}"
        );
    }
    let linstor = Estate::new().with("nfs", json!({"type": "linstor"})).with(
        "pbd-nfs",
        json!({"device_config": {"provisioning": "thick"}}),
    );
    assert_eq!(linstor.object("nfs")["allocationStrategy"], "thick");
    assert_eq!(estate.object("lonely")["allocationStrategy"], "unknown");
}

#[test]
fn what_user_data_is_broken_is_left_out() {
    let web = with(
        "web",
        json!({"other_config": {"xo:resource_set": "{", "xo:00000000": "[]", "pci": ",x,0/a"}}),
    );
    assert_eq!((web.get("resourceSet"), web.get("creation")), (None, None));
    assert_eq!(web["attachedPcis"], json!(["a"]));
}
