//! Making a VM from a template.

use serde_json::json;
use xo_engine::Error;
use xo_lab::{Failure, Times};
use xo_model::ObjectType::{Network, Vdi, VmTemplate};

use super::{disks, find, ids, shared_sr, text};
use crate::support::Rig;

fn default_template(rig: &Rig) -> std::sync::Arc<xo_inventory::Item> {
    rig.one(VmTemplate, |t| {
        t.at("isDefaultTemplate") == Some(json!(true))
            && t.at("virtualizationMode") == Some(json!("hvm"))
    })
}

#[tokio::test]
async fn a_vm_is_made_of_a_default_template_with_everything_that_was_asked_for() {
    let rig = Rig::start().await;
    let (template, sr) = (default_template(&rig), shared_sr(&rig));
    let network = rig.one(Network, |_| true);
    let cd = rig.one(Vdi, |vdi| text(vdi, "name_label").ends_with(".iso"));
    let id = rig
        .call(
            "vm.create",
            json!({
                "template": template.id, "name_label": "web", "name_description": "made by a test",
                "CPUs": 2, "cpusMax": 4, "memory": "2 GiB", "tags": ["a", "b"], "cpuWeight": null,
                "VDIs": [{ "size": "10 GiB", "SR": sr.id, "type": "system", "name_label": "root" },
                         { "size": 1_u64 << 30, "SR": sr.id, "type": "user" }],
                "VIFs": [{ "network": network.id, "mac": "0a:11:22:33:44:55" },
                         { "network": network.id, "allowedIpv4Addresses": ["10.0.0.9"] }],
                "installation": { "method": "cdrom", "repository": cd.id },
                "bootAfterCreate": true, "hvmBootFirmware": "uefi", "secureBoot": true,
            }),
        )
        .await
        .unwrap();
    let vm = find(&rig, &id);
    assert_eq!(vm.kind.name(), "VM");
    for (property, value) in [
        ("name_label", json!("web")),
        ("name_description", json!("made by a test")),
        ("CPUs", json!({ "max": 4, "number": 2 })),
        ("memory.static.1", json!(2_u64 << 30)),
        ("tags", json!(["a", "b"])),
        ("boot.firmware", json!("uefi")),
        ("secureBoot", json!(true)),
        ("power_state", json!("Running")),
        ("creation.template", json!(template.id)),
    ] {
        rig.until_is(&vm, property, value).await;
    }
    let disks = disks(&rig, &rig.now(&vm));
    let mut sizes: Vec<_> = disks
        .iter()
        .filter_map(|(_, disk)| disk.at("size")?.as_u64())
        .collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [1 << 30, 10 << 30]);
    let vifs: Vec<_> = ids(&rig.now(&vm), "VIFs")
        .iter()
        .map(|id| find(&rig, &json!(id)))
        .collect();
    assert_eq!(vifs.len(), 2);
    assert!(
        vifs.iter()
            .any(|vif| text(vif, "MAC") == "0a:11:22:33:44:55")
    );
    assert!(vifs.iter().any(|vif| text(vif, "lockingMode") == "locked"));
    let inserted = ids(&rig.now(&vm), "$VBDs")
        .iter()
        .any(|id| find(&rig, &json!(id)).at("VDI") == Some(json!(cd.id)));
    assert!(inserted, "the CD is not in the drive");
}

#[tokio::test]
async fn the_disks_of_a_template_are_grown_moved_and_renamed() {
    let rig = Rig::start().await;
    let source = super::vm(&rig, "Halted");
    rig.call("vm.convertToTemplate", json!({ "id": source.id }))
        .await
        .unwrap();
    let (vbd, disk) = disks(&rig, &source).remove(0);
    let position = text(&vbd, "position");
    let size = disk.at("size").unwrap().as_u64().unwrap() + (1 << 30);
    let sr = rig.one(xo_model::ObjectType::Sr, |sr| {
        sr.at("shared") == Some(json!(true))
            && sr.at("content_type") != Some(json!("iso"))
            && sr.id.to_string() != text(&disk, "$SR")
    });
    let mut new = json!({ "template": source.id, "name_label": "grown", "existingDisks": {} });
    new["existingDisks"][&position] = json!({ "size": size, "$SR": sr.id, "name_label": "moved" });
    let vm = find(&rig, &rig.call("vm.create", new).await.unwrap());
    rig.until("the disk is as it was asked for", |_| {
        disks(&rig, &rig.now(&vm)).iter().any(|(vbd, disk)| {
            text(vbd, "position") == position
                && text(disk, "$SR") == sr.id.to_string()
                && disk.at("size") == Some(json!(size))
                && text(disk, "name_label") == "moved"
        })
    })
    .await;
}

#[tokio::test]
async fn when_a_part_fails_nothing_is_left() {
    let rig = Rig::start().await;
    let (template, sr) = (default_template(&rig), shared_sr(&rig));
    let count = |rig: &Rig| {
        (
            rig.inventory().of_kind(xo_model::ObjectType::Vm).len(),
            rig.inventory().of_kind(Vdi).len(),
        )
    };
    let before = count(&rig);
    rig.lab.faults().fail_call(
        "VIF.create",
        Failure::new("NETWORK_CONTAINS_VIF", [] as [&str; 0]),
        Times::Count(1),
    );
    let network = rig.one(Network, |_| true);
    let new = json!({
        "template": template.id, "name_label": "unlucky", "VIFs": [{ "network": network.id }],
        "VDIs": [{ "size": "1 GiB", "SR": sr.id, "type": "user" }],
    });
    let error = rig.call("vm.create", new).await.unwrap_err();
    assert!(
        matches!(&error, Error::Pool { code, .. } if code == "NETWORK_CONTAINS_VIF"),
        "{error}"
    );
    rig.until("nothing is left", |_| count(&rig) == before)
        .await;
}

#[tokio::test]
async fn what_is_not_there_yet_or_not_allowed_is_said_before_anything_is_made() {
    let rig = Rig::start().await;
    let template = default_template(&rig);
    for extra in ["resourceSet"] {
        let mut new = json!({ "template": template.id, "name_label": "x" });
        new[extra] = json!("something");
        let error = rig.call("vm.create", new).await.unwrap_err();
        assert!(
            matches!(error, Error::NotImplemented { .. }),
            "{extra}: {error}"
        );
    }
    let user = rig.user("nobody").await;
    let new = json!({ "template": template.id, "name_label": "x" });
    let error = rig.call_as(&user, "vm.create", new).await.unwrap_err();
    assert!(
        matches!(
            error,
            Error::Unauthorized { .. } | Error::NoSuchObject { .. }
        ),
        "{error}"
    );
}
