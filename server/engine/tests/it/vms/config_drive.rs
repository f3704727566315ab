//! What a new guest is told by its config drive.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use fatfs::{FileSystem, FsOptions};
use serde_json::{Value, json};
use xo_engine::Error;
use xo_inventory::Item;
use xo_model::ObjectType::{Vdi, Vm, VmTemplate};

use super::{disks, find, shared_sr, text};
use crate::streams::{download, read};
use crate::support::Rig;

const USER_DATA: &str = "#cloud-config\nhostname: web\n";
const NETWORK: &str = "version: 2\nethernets: {}\n";

fn new_vm(rig: &Rig) -> Value {
    let template = rig.one(VmTemplate, |t| {
        t.at("isDefaultTemplate") == Some(json!(true))
    });
    json!({
        "template": template.id, "name_label": "web",
        "VDIs": [{ "size": "1 GiB", "SR": shared_sr(rig).id, "type": "system" }],
        "cloudConfig": USER_DATA, "networkConfig": NETWORK,
    })
}

fn drives(rig: &Rig) -> usize {
    let all = rig.inventory().of_kind(Vdi).into_iter();
    all.filter(|vdi| text(vdi, "name_label") == "XO CloudConfigDrive")
        .count()
}

/// The files of the drive as a guest reads them.
async fn files(rig: &Rig, vm: &Item) -> BTreeMap<String, String> {
    let disks = disks(rig, &rig.now(vm));
    let (_, drive) = disks
        .iter()
        .find(|(_, vdi)| text(vdi, "name_label") == "XO CloudConfigDrive")
        .expect("no config drive");
    assert_eq!(text(drive, "$SR"), shared_sr(rig).id.to_string());
    let params = json!({ "id": drive.id, "format": "raw" });
    let offer = rig.call("disk.exportContent", params).await.unwrap();
    let mut image = read(download(rig, &offer).await.unwrap()).await;
    assert_eq!(image[510..512], [0x55, 0xaa]);
    let start = u32::from_le_bytes(image[454..458].try_into().unwrap()) as usize * 512;
    let partition = Cursor::new(image.split_off(start));
    let system = FileSystem::new(partition, FsOptions::new()).unwrap();
    assert_eq!(system.volume_label(), "cidata");
    assert_eq!(
        system.read_volume_label_from_root_dir().unwrap().as_deref(),
        Some("cidata")
    );
    let root = system.root_dir();
    root.iter()
        .map(|entry| {
            let entry = entry.unwrap();
            let mut text = String::new();
            entry.to_file().read_to_string(&mut text).unwrap();
            (entry.file_name(), text)
        })
        .collect()
}

#[tokio::test]
async fn a_new_guest_finds_its_configuration_beside_its_disk() {
    let rig = Rig::start().await;
    let id = rig.call("vm.create", new_vm(&rig)).await.unwrap();
    let vm = find(&rig, &id);
    let expected = BTreeMap::from([
        ("meta-data".to_owned(), format!("instance-id: {}\n", vm.id)),
        ("user-data".to_owned(), USER_DATA.to_owned()),
        ("network-config".to_owned(), NETWORK.to_owned()),
    ]);
    assert_eq!(files(&rig, &vm).await, expected);
    let again = json!({ "vm": id, "sr": shared_sr(&rig).id, "config": "#!/bin/sh\n" });
    rig.call("vm.createCloudInitConfigDrive", again)
        .await
        .unwrap();
    assert_eq!(drives(&rig), 2);
}

#[tokio::test]
async fn a_drive_that_cannot_be_made_leaves_nothing() {
    let rig = Rig::start().await;
    let count = |rig: &Rig| {
        let kinds = [Vm, Vdi].map(|kind| rig.inventory().of_kind(kind).len());
        (kinds, rig.lab.db().read().all("VDI").len())
    };
    let before = count(&rig);
    rig.fail_next("PUT /import_raw_vdi", "VDI_IO_ERROR");
    let error = rig.call("vm.create", new_vm(&rig)).await.unwrap_err();
    assert!(
        matches!(&error, Error::Pool { code, .. } if code == "VDI_IO_ERROR"),
        "{error}"
    );
    rig.until("nothing is left", |_| count(&rig) == before)
        .await;
    let mut without_disk = new_vm(&rig);
    without_disk["VDIs"] = json!([]);
    let error = rig.call("vm.create", without_disk).await.unwrap_err();
    assert!(matches!(error, Error::InvalidParameters(_)), "{error}");
    rig.until("nothing is left", |_| count(&rig) == before)
        .await;
}

#[tokio::test]
async fn a_drive_that_shall_go_after_the_boot_goes() {
    let rig = Rig::start().await;
    let mut new = new_vm(&rig);
    new["bootAfterCreate"] = json!(true);
    new["destroyCloudConfigVdiAfterBoot"] = json!(true);
    let id = rig.call("vm.create", new).await.unwrap();
    rig.until("the drive is gone", |_| drives(&rig) == 0).await;
    let vm = find(&rig, &id);
    rig.until("the disk stays", |_| disks(&rig, &rig.now(&vm)).len() == 1)
        .await;
}

#[tokio::test]
async fn templates_are_kept_listed_by_kind_and_deleted() {
    let rig = Rig::start().await;
    let new = json!({ "name": "web", "template": USER_DATA });
    let made = rig.call("cloudConfig.create", new).await.unwrap();
    let id = made["id"].clone();
    assert_eq!(
        made,
        json!({ "id": id, "name": "web", "template": USER_DATA })
    );
    let network = json!({ "name": "net", "template": NETWORK });
    rig.call("cloudConfig.createNetworkConfig", network)
        .await
        .unwrap();
    rig.call("cloudConfig.update", json!({ "id": id, "name": "db" }))
        .await
        .unwrap();
    let user = rig.user("somebody").await;
    let list = rig
        .call_as(&user, "cloudConfig.getAll", json!({}))
        .await
        .unwrap();
    assert_eq!(
        list,
        json!([{ "id": id, "name": "db", "template": USER_DATA }])
    );
    let networks = rig
        .call("cloudConfig.getAllNetworkConfigs", json!({}))
        .await
        .unwrap();
    assert_eq!(networks[0]["name"], "net");
    assert_eq!(networks[0]["type"], "network");
    let gone = rig.call("cloudConfig.delete", json!({ "id": id })).await;
    assert_eq!(gone.unwrap(), json!(true));
    let again = rig.call("cloudConfig.delete", json!({ "id": id })).await;
    assert!(matches!(again, Err(Error::NoSuchObject { .. })));
}
