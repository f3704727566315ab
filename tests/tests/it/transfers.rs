//! Whole VMs through the server: export, import, broken archives.

use serde_json::{Value, json};
use xo_lab::LabConfig;
use xo_tests::client::Client;
use xo_tests::rig::Rig;

async fn export(rig: &Rig, client: &mut Client, vm: &Value) -> Vec<u8> {
    let offer = client.call("vm.export", json!({ "vm": vm })).await.unwrap();
    let url = format!(
        "http://{}{}",
        rig.http().unwrap(),
        offer["$getFrom"].as_str().unwrap()
    );
    let response = reqwest::get(url).await.unwrap();
    assert_eq!(response.status(), 200);
    response.bytes().await.unwrap().to_vec()
}

async fn import(rig: &Rig, client: &mut Client, sr: &Value, body: Vec<u8>) -> Value {
    let offer = client.call("vm.import", json!({ "sr": sr })).await.unwrap();
    let url = format!(
        "http://{}{}",
        rig.http().unwrap(),
        offer["$sendTo"].as_str().unwrap()
    );
    let response = reqwest::Client::new()
        .post(url)
        .body(body)
        .send()
        .await
        .unwrap();
    response.json().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vm_is_exported_imported_and_there_again() {
    let rig = Rig::with_lab(LabConfig::default()).await.unwrap();
    let mut client = rig.client().await.unwrap();
    let vms = rig.objects("VM").await.unwrap();
    let vm = vms.iter().find(|vm| vm["power_state"] == "Halted").unwrap();
    let archive = export(&rig, &mut client, &vm["id"]).await;
    let limits = xva::Limits::default();
    let bytes = std::io::Cursor::new(&archive);
    let mut reader = xva::Reader::open(bytes, limits, xva::Checksums::Verify).unwrap();
    let mut chunks = 0;
    while let Some(_chunk) = reader.next_chunk().unwrap() {
        chunks += 1;
    }
    assert!(chunks > 0, "the disks are in it");

    let srs = rig.objects("SR").await.unwrap();
    let sr = srs
        .iter()
        .find(|sr| sr["shared"] == true && sr["content_type"] != "iso")
        .unwrap();
    let answer = import(&rig, &mut client, &sr["id"], archive.clone()).await;
    let id = answer["result"]
        .as_str()
        .unwrap_or_else(|| panic!("{answer}"));
    let all = rig.objects("VM").await.unwrap();
    let copy = all.iter().find(|vm| vm["id"] == id).unwrap();
    assert_eq!(copy["name_label"], vm["name_label"]);
    assert_ne!(copy["id"], vm["id"]);

    let answer = import(
        &rig,
        &mut client,
        &sr["id"],
        archive[..archive.len() / 2].to_vec(),
    )
    .await;
    let error = &answer["error"];
    assert!(
        error["message"].as_str().unwrap().contains("IMPORT_ERROR"),
        "{answer}"
    );
    rig.stop().await;
}
