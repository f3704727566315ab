//! Disks as files over REST, as Terraform and scripts use it.

use axum::body::Body;
use serde_json::{Value, json};

use crate::support::{Answer, Site, cookie};

const MIB: usize = 1 << 20;

impl Site {
    async fn with_bytes(&self, verb: &str, path: &str, body: Vec<u8>) -> Answer {
        let length = body.len().to_string();
        let cookie = cookie(&self.token);
        let headers = [
            ("cookie", cookie.as_str()),
            ("content-length", &length),
            ("content-type", "application/octet-stream"),
        ];
        self.send(verb, path, &headers, Body::from(body)).await
    }

    async fn shared_sr(&self) -> String {
        let path = "/srs?fields=id&filter=shared?%20!content_type:iso";
        let list = self.get(path).await.expect(200).json();
        list[0]["id"].as_str().unwrap().to_owned()
    }
}

#[tokio::test]
async fn an_image_is_posted_read_and_overwritten() {
    let site = Site::with_pool().await;
    let sr = site.shared_sr().await;
    let raw: Vec<u8> = (0..3 * MIB).map(|at| (at % 253) as u8).collect();
    let path = format!("/srs/{sr}/vdis?raw=true&name_label=a%20disk&name_description=d");
    let made = site
        .with_bytes("POST", &path, raw.clone())
        .await
        .expect(201);
    let id = made.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(made.header("location"), format!("/rest/v0/vdis/{id}"));
    let shown: Value = site.get(&format!("/vdis/{id}")).await.expect(200).json();
    assert_eq!(shown["name_label"], "a disk");
    assert_eq!(shown["name_description"], "d");
    assert_eq!(shown["size"], json!(3 * MIB));

    let whole = site.get(&format!("/vdis/{id}.raw")).await.expect(200);
    assert_eq!(whole.header("content-length"), (3 * MIB).to_string());
    assert!(
        whole
            .header("content-disposition")
            .ends_with("a%20disk.raw")
    );
    assert!(whole.body == raw);
    let vhd = site.get(&format!("/vdis/{id}.vhd")).await.expect(200).body;
    assert!(vhd.starts_with(b"conectix"));

    let zeros = vec![0; 3 * MIB];
    site.with_bytes("PUT", &format!("/vdis/{id}.raw"), zeros.clone())
        .await
        .expect(204);
    assert!(site.get(&format!("/vdis/{id}.raw")).await.body == zeros);
    site.with_bytes("PUT", &format!("/vdis/{id}.vhd"), vhd.clone())
        .await
        .expect(204);
    assert!(site.get(&format!("/vdis/{id}.raw")).await.body == raw);

    let copy = site
        .with_bytes("POST", &format!("/srs/{sr}/vdis"), vhd)
        .await
        .expect(201)
        .json();
    let copy = copy["id"].as_str().unwrap();
    assert!(site.get(&format!("/vdis/{copy}.raw")).await.body == raw);
    site.delete(&format!("/vdis/{copy}")).await.expect(204);
}

#[tokio::test]
async fn what_cannot_be_taken_is_told() {
    let site = Site::with_pool().await;
    let sr = site.shared_sr().await;
    let some = || vec![1; MIB];
    let no_vhd = site
        .with_bytes("POST", &format!("/srs/{sr}/vdis"), some())
        .await
        .expect(400);
    assert!(no_vhd.text().contains("dynamic VHD"), "{}", no_vhd.text());
    site.with_bytes("POST", "/srs/nowhere/vdis?raw", some())
        .await
        .expect(404);
    let id = site
        .with_bytes("POST", &format!("/srs/{sr}/vdis?raw"), some())
        .await
        .expect(201)
        .json();
    let id = id["id"].as_str().unwrap();
    site.get(&format!("/vdis/{id}.vmdk")).await.expect(422);
    site.get("/vdis/nowhere.raw").await.expect(404);
    site.get(&format!("/vdi-snapshots/{id}.raw"))
        .await
        .expect(404);
    let large = site
        .with_bytes("PUT", &format!("/vdis/{id}.raw"), vec![1; 2 * MIB])
        .await
        .expect(400);
    assert!(large.text().contains("enlarge"), "{}", large.text());
}

#[tokio::test]
async fn a_vm_is_created_with_its_first_configuration_and_goes_with_its_disks() {
    let site = Site::with_pool().await;
    let sr = site.shared_sr().await;
    let pool = site.get("/pools?fields=id").await.expect(200).json();
    let pool = pool[0]["id"].as_str().unwrap().to_owned();
    let templates = "/vm-templates?fields=id&limit=1&filter=isDefaultTemplate?";
    let template = site.get(templates).await.expect(200).json();
    let new = json!({
        "template": template[0]["id"], "name_label": "web", "cloud_config": "#cloud-config\n", "network_config": "version: 2\n",
        "vdis": [{ "name_label": "root", "size": 1_u64 << 30, "sr": sr }],
    });
    let path = format!("/pools/{pool}/actions/create_vm?sync=true");
    let made = site.post(&path, &new).await.expect(201).json();
    let disks = format!(
        "/vms/{}/vdis?fields=name_label",
        made["id"].as_str().unwrap()
    );
    let disks = site.get(&disks).await.expect(200).text();
    assert!(disks.contains("XO CloudConfigDrive"), "{disks}");
    let count = async || {
        site.get("/vdis")
            .await
            .expect(200)
            .json()
            .as_array()
            .unwrap()
            .len()
    };
    let before = count().await;
    let vm = format!("/vms/{}", made["id"].as_str().unwrap());
    site.delete(&vm).await.expect(204);
    let gone = site
        .engine
        .inventory
        .await_state(crate::support::LIMIT, |inventory| {
            inventory.of_kind(xo_engine::ObjectType::Vdi).len() == before - 2
        });
    assert!(gone.await, "its disks did not go with the VM");
}
