//! Disks, devices and storage: what is allowed, what is counted, and the codes of what is not.

use serde_json::{Value as Json, json};

use crate::support::Client;

fn text(value: &Json) -> String {
    value.as_str().unwrap().to_owned()
}

async fn shared_sr(client: &Client) -> String {
    text(&client.call("SR.get_by_name_label", json!(["NFS 1"])).await[0])
}

async fn disk(client: &Client, sr: &str, bytes: i64) -> String {
    let record = json!([{
        "name_label": "a disk", "SR": sr, "virtual_size": bytes, "type": "user",
        "other_config": {"a": "b"}
    }]);
    text(&client.call("VDI.create", record).await)
}

#[tokio::test]
async fn a_disk_grows_counts_in_its_sr_and_goes() {
    let client = Client::start().await;
    let sr = shared_sr(&client).await;
    let used = || client.lab.db().read().int(&sr, "physical_utilisation");
    let before = used();
    let vdi = disk(&client, &sr, 1 << 30).await;
    let record = client.call("VDI.get_record", json!([vdi])).await;
    assert_eq!(record["name_label"], "a disk");
    assert_eq!(record["other_config"]["a"], "b");
    assert_eq!(record["location"], record["uuid"]);
    client
        .call("VDI.resize", json!([vdi, (1_i64 << 31).to_string()]))
        .await;
    assert_eq!(used(), before + (1 << 31));
    assert_eq!(
        client.refused("VDI.resize", json!([vdi, 1])).await[0],
        "SR_BACKEND_FAILURE_79"
    );
    let copy = text(&client.call("VDI.copy", json!([vdi, sr])).await);
    assert_eq!(used(), before + (2 << 31));
    for vdi in [vdi, copy] {
        client.call("VDI.destroy", json!([vdi])).await;
    }
    assert_eq!(used(), before);
    let huge = json!([{"SR": sr, "virtual_size": i64::MAX / 2, "type": "user"}]);
    assert_eq!(client.refused("VDI.create", huge).await[0], "SR_FULL");
    let nowhere = json!([{"SR": "OpaqueRef:none", "virtual_size": 1, "type": "user"}]);
    assert_eq!(
        client.refused("VDI.create", nowhere).await,
        ["HANDLE_INVALID", "SR", "OpaqueRef:none"]
    );
}

#[tokio::test]
async fn changed_blocks_are_one_bit_for_64_kib() {
    let client = Client::start().await;
    let vdi = disk(&client, &shared_sr(&client).await, 64 << 20).await;
    let plain = text(&client.call("VDI.snapshot", json!([vdi])).await);
    let refusal = client
        .refused("VDI.list_changed_blocks", json!([plain, vdi]))
        .await;
    assert_eq!(refusal, ["VDI_NO_CBT_METADATA", &plain]);
    client.call("VDI.enable_cbt", json!([vdi])).await;
    let first = text(&client.call("VDI.snapshot", json!([vdi])).await);
    let second = text(&client.call("VDI.snapshot", json!([vdi])).await);
    let bitmap = client
        .call("VDI.list_changed_blocks", json!([first, second]))
        .await;
    assert_eq!(bitmap.as_str().unwrap().len(), 128_usize.div_ceil(3) * 4);
    client.call("VDI.data_destroy", json!([first])).await;
    assert_eq!(client.text(&first, "type"), "cbt_metadata");
    let same = client
        .call("VDI.list_changed_blocks", json!([first, second]))
        .await;
    assert_eq!(same, bitmap, "the list outlives the data");
}

#[tokio::test]
async fn disks_are_served_over_nbd_where_the_network_is_for_that() {
    let client = Client::start().await;
    let vdi = disk(&client, &shared_sr(&client).await, 1 << 20).await;
    assert_eq!(
        client.call("VDI.get_nbd_info", json!([vdi])).await,
        json!([])
    );
    let label = "Pool-wide network associated with eth0";
    let network = client
        .call("network.get_by_name_label", json!([label]))
        .await[0]
        .clone();
    client
        .call("network.add_purpose", json!([network, "nbd"]))
        .await;
    let refusal = client
        .refused("network.add_purpose", json!([network, "insecure_nbd"]))
        .await;
    assert_eq!(
        refusal,
        ["NETWORK_INCOMPATIBLE_PURPOSES", "insecure_nbd", "nbd"]
    );
    let served = client.call("VDI.get_nbd_info", json!([vdi])).await;
    let served = served.as_array().unwrap();
    assert_eq!(served.len(), 2, "one for each host");
    let export = format!(
        "/{}?session_id={}",
        client.text(&vdi, "uuid"),
        client.session
    );
    assert_eq!(served[0]["exportname"], export);
    assert_eq!(served[0]["port"], 10809);
}

#[tokio::test]
async fn a_cd_is_ejected_and_inserted() {
    let client = Client::start().await;
    let vm = client.vm("Running");
    let kind = |kind: &str| {
        let vbds = client.refs(&vm, "VBDs");
        vbds.into_iter()
            .find(|vbd| client.text(vbd, "type") == kind)
            .unwrap()
    };
    let (cd, hard) = (kind("CD"), kind("Disk"));
    let images = client
        .call("SR.get_by_name_label", json!(["ISO library"]))
        .await;
    let image = client.refs(images[0].as_str().unwrap(), "VDIs")[0].clone();
    assert_eq!(
        client.refused("VBD.eject", json!([cd])).await,
        ["VBD_IS_EMPTY", &cd]
    );
    client.call("VBD.insert", json!([cd, image])).await;
    assert!(client.refs(&image, "VBDs").contains(&cd));
    assert!(client.lab.db().read().flag(&cd, "currently_attached"));
    assert_eq!(
        client.refused("VBD.insert", json!([cd, image])).await,
        ["VBD_NOT_EMPTY", &cd]
    );
    client.call("VBD.eject", json!([cd])).await;
    assert_eq!(client.text(&cd, "VDI"), "OpaqueRef:NULL");
    assert_eq!(
        client.refused("VBD.eject", json!([hard])).await,
        ["VBD_NOT_REMOVABLE_MEDIA", &hard]
    );
    assert_eq!(
        client.refused("VBD.destroy", json!([hard])).await[0],
        "OPERATION_NOT_ALLOWED"
    );
    assert_eq!(
        client.refused("VBD.plug", json!([hard])).await,
        ["DEVICE_ALREADY_ATTACHED", &hard]
    );
}

#[tokio::test]
async fn devices_take_free_numbers_only() {
    let client = Client::start().await;
    let vm = client.vm("Halted");
    let free = client.call("VM.get_allowed_VBD_devices", json!([vm])).await;
    assert!(!free.as_array().unwrap().contains(&json!("0")));
    let vdi = disk(&client, &shared_sr(&client).await, 1 << 20).await;
    let vbd = |device: &str| json!([{"VM": vm, "VDI": vdi, "userdevice": device, "type": "Disk", "mode": "RW"}]);
    assert_eq!(
        client.refused("VBD.create", vbd("0")).await,
        ["DEVICE_ALREADY_EXISTS", "0"]
    );
    assert_eq!(
        client.refused("VBD.create", vbd("x")).await,
        ["INVALID_DEVICE", "x"]
    );
    let made = text(&client.call("VBD.create", vbd("autodetect")).await);
    assert_eq!(json!(client.text(&made, "userdevice")), free[0]);
    let network = client.lab.db().read().all("network")[1].to_string();
    let vif = |device: &str, mac: &str| json!([{"VM": vm, "network": network, "device": device, "MAC": mac}]);
    assert_eq!(
        client.refused("VIF.create", vif("0", "")).await,
        ["DEVICE_ALREADY_EXISTS", "0"]
    );
    assert_eq!(
        client.refused("VIF.create", vif("1", "zz")).await,
        ["MAC_INVALID", "zz"]
    );
    let made = text(&client.call("VIF.create", vif("1", "")).await);
    assert_eq!(client.text(&made, "MAC").len(), 17);
    assert_eq!(
        client.refused("VIF.plug", json!([made])).await[0],
        "VM_BAD_POWER_STATE"
    );
}

#[tokio::test]
async fn storage_is_created_unplugged_forgotten_and_introduced() {
    let client = Client::start().await;
    let host = client.lab.db().read().all("host")[0].to_string();
    let config = json!({"server": "192.0.2.9", "serverpath": "/x"});
    let create = |kind: &str| json!([host, config, 0, "mine", "", kind, "user", true, {}]);
    assert_eq!(
        client.refused("SR.create", create("tape")).await,
        ["SR_UNKNOWN_DRIVER", "tape"]
    );
    let sr = text(&client.call("SR.create", create("nfs")).await);
    let uuid = client.text(&sr, "uuid");
    assert_eq!(
        client.refs(&sr, "PBDs").len(),
        2,
        "a shared SR is plugged everywhere"
    );
    disk(&client, &sr, 1 << 20).await;
    assert_eq!(
        client.refused("SR.forget", json!([sr])).await,
        ["SR_HAS_PBD", &sr]
    );
    for pbd in client.refs(&sr, "PBDs") {
        client.call("PBD.unplug", json!([pbd])).await;
    }
    assert_eq!(
        client.refused("SR.scan", json!([sr])).await,
        ["SR_HAS_NO_PBDS", &sr]
    );
    assert_eq!(
        client.refused("SR.destroy", json!([sr])).await,
        ["SR_NOT_EMPTY", &sr]
    );
    client.call("SR.forget", json!([sr])).await;
    let introduce = json!([uuid, "again", "", "nfs", "user", true, {}]);
    let sr = text(&client.call("SR.introduce", introduce.clone()).await);
    assert_eq!(client.text(&sr, "uuid"), uuid);
    assert_eq!(
        client.refused("SR.introduce", introduce).await,
        ["SR_UUID_EXISTS", &uuid]
    );
    let pbd = json!([{"host": host, "SR": sr, "device_config": config}]);
    let pbd = text(&client.call("PBD.create", pbd).await);
    client.call("PBD.plug", json!([pbd])).await;
    client.call("SR.scan", json!([sr])).await;
    assert_eq!(
        client.refused("PBD.destroy", json!([pbd])).await[0],
        "OPERATION_NOT_ALLOWED"
    );
}

#[tokio::test]
async fn a_plugged_connection_with_running_vms_stays() {
    let client = Client::start().await;
    let vm = client.vm("Running");
    let host = client.text(&vm, "resident_on");
    let vbds = client.refs(&vm, "VBDs");
    let vdi = vbds
        .iter()
        .map(|vbd| client.text(vbd, "VDI"))
        .find(|vdi| vdi != "OpaqueRef:NULL")
        .unwrap();
    let sr = client.text(&vdi, "SR");
    let pbds = client.refs(&sr, "PBDs");
    let pbd = pbds
        .iter()
        .find(|pbd| client.text(pbd, "host") == host)
        .unwrap();
    assert_eq!(
        client.refused("PBD.unplug", json!([pbd])).await[0],
        "VDI_IN_USE"
    );
}

#[tokio::test]
async fn a_disk_of_a_running_vm_moves_live() {
    let client = Client::start().await;
    let vm = client.vm("Running");
    let vbd = client.refs(&vm, "VBDs")[0].clone();
    let vdi = client.text(&vbd, "VDI");
    let srs = client
        .call(
            "SR.get_all_records_where",
            json!(["field \"type\"=\"nfs\""]),
        )
        .await;
    let now = client.text(&vdi, "SR");
    let sr = srs
        .as_object()
        .unwrap()
        .keys()
        .find(|sr| **sr != now)
        .unwrap();
    let moved = text(&client.call("VDI.pool_migrate", json!([vdi, sr, {}])).await);
    assert_eq!(client.text(&vbd, "VDI"), moved);
    assert_eq!(client.text(&moved, "SR"), *sr);
    assert_eq!(
        client.refused("VDI.get_uuid", json!([vdi])).await[0],
        "HANDLE_INVALID"
    );
    let lonely = disk(&client, sr, 1 << 20).await;
    let refusal = client
        .refused("VDI.pool_migrate", json!([lonely, now, {}]))
        .await;
    assert_eq!(refusal, ["VDI_NEEDS_VM_FOR_MIGRATE", &lonely]);
}
