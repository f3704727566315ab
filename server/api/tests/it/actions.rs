//! Actions, changes, makings and deletions.

use serde_json::{Value, json};

use crate::support::{LIMIT, Site};

async fn becomes(site: &Site, id: &str, property: &str, value: Value) {
    let seen = site.engine.inventory.await_state(LIMIT, |i| {
        i.find(id)
            .and_then(|object| object.at(property))
            .unwrap_or_default()
            == value
    });
    assert!(seen.await, "{id}: {property} never became {value}");
}

#[tokio::test]
async fn an_action_answers_with_its_task_and_the_task_tells_the_end() {
    let site = Site::with_pool().await;
    let vm = site.vm("Halted").await;
    let id = vm["id"].as_str().unwrap();
    let answer = site
        .post(&format!("/vms/{id}/actions/start"), &json!({}))
        .await
        .expect(202);
    let task = answer.json()["taskId"].as_str().unwrap().to_owned();
    assert_eq!(answer.header("location"), format!("/rest/v0/tasks/{task}"));
    let ended = site
        .get(&format!("/tasks/{task}?wait=result"))
        .await
        .expect(200)
        .json();
    assert_eq!(ended["status"], "success", "{ended}");
    let properties = &ended["properties"];
    assert_eq!(properties["name"], "REST API: start VM");
    assert_eq!(properties["type"], "xo:rest-api:action");
    assert_eq!(properties["objectId"], id);
    assert_eq!(properties["objectType"], "VM");
    assert_eq!(properties["objectName"], vm["name_label"]);
    becomes(&site, id, "power_state", json!("Running")).await;
    let of_vm = site
        .get(&format!("/vms/{id}/tasks"))
        .await
        .expect(200)
        .json();
    assert_eq!(of_vm, json!([format!("/rest/v0/tasks/{task}")]));
}

#[tokio::test]
async fn a_synchronous_action_answers_when_it_is_done() {
    let site = Site::with_pool().await;
    let vm = site.vm("Running").await;
    let id = vm["id"].as_str().unwrap();
    site.post(
        &format!("/vms/{id}/actions/hard_shutdown?sync=true"),
        &json!({}),
    )
    .await
    .expect(204);
    becomes(&site, id, "power_state", json!("Halted")).await;
    let again = site
        .post(
            &format!("/vms/{id}/actions/hard_shutdown?sync=true"),
            &json!({}),
        )
        .await
        .expect(409)
        .json();
    assert_eq!(again["info"]["code"], "VM_BAD_POWER_STATE", "{again}");
    assert_eq!(again["info"]["params"][0], id);
    let snapshot = site
        .post(
            &format!("/vms/{id}/actions/snapshot?sync"),
            &json!({ "name_label": "before" }),
        )
        .await
        .expect(201)
        .json();
    let snapshot = snapshot["id"].as_str().unwrap();
    let shown = site
        .get(&format!("/vm-snapshots/{snapshot}"))
        .await
        .expect(200)
        .json();
    assert_eq!(shown["name_label"], "before");
    let revert = json!({ "snapshotId": snapshot, "snapshotBefore": true });
    site.post(&format!("/vms/{id}/actions/revert_snapshot?sync"), &revert)
        .await
        .expect(204);
    site.delete(&format!("/vm-snapshots/{snapshot}"))
        .await
        .expect(204);
}

#[tokio::test]
async fn the_history_of_a_vm_tells_of_its_disks_and_snapshots_also_when_they_are_gone() {
    let site = Site::with_pool().await;
    let vm = site.vm("Halted").await;
    let id = vm["id"].as_str().unwrap();
    let made = site
        .post(&format!("/vms/{id}/actions/snapshot?sync"), &json!({}))
        .await
        .expect(201)
        .json();
    let snapshot = made["id"].as_str().unwrap();
    site.delete(&format!("/vm-snapshots/{snapshot}"))
        .await
        .expect(204);
    let disk = vm["$VBDs"][0].as_str().unwrap();
    site.delete(&format!("/vbds/{disk}")).await.expect(204);
    let path = format!("/vms/{id}/tasks?fields=properties&sort=start");
    let tasks = site.get(&path).await.expect(200).json();
    let names: Vec<&str> = tasks
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|task| task["properties"]["name"].as_str())
        .collect();
    assert_eq!(
        names,
        [
            "REST API: snapshot VM",
            "REST API: snapshot.delete",
            "REST API: vbd.delete"
        ]
    );
}

#[tokio::test]
async fn what_is_wrong_is_told_before_anything_runs() {
    let site = Site::with_pool().await;
    let vm = site.vm("Halted").await;
    let id = vm["id"].as_str().unwrap();
    let start = format!("/vms/{id}/actions/start");
    let unknown = site
        .post(&start, &json!({ "force": true }))
        .await
        .expect(422)
        .json();
    assert_eq!(
        unknown["data"]["errors"][0]["keyword"],
        "additionalProperties"
    );
    let wrong = site
        .post(&start, &json!({ "hostId": 5 }))
        .await
        .expect(422)
        .json();
    assert_eq!(
        wrong["data"]["errors"][0]["instancePath"], "/hostId",
        "{wrong}"
    );
    site.post(&start, &json!({ "hostId": "nowhere" }))
        .await
        .expect(404);
    site.post("/vms/nothing/actions/start", &json!({}))
        .await
        .expect(404);
    site.post(&format!("/vms/{id}/actions/fly"), &json!({}))
        .await
        .expect(404);
    site.post(&start, &json!([])).await.expect(400);
    assert_eq!(
        site.get(&format!("/vms/{id}/tasks")).await.json(),
        json!([])
    );
}

#[tokio::test]
async fn an_object_is_changed_in_the_words_of_the_api() {
    let site = Site::with_pool().await;
    let vm = site.vm("Halted").await;
    let id = vm["id"].as_str().unwrap();
    let path = format!("/vms/{id}");
    let change = json!({ "nameLabel": "renamed", "autoPoweron": true, "tags": ["one", "two"] });
    site.with_body("PATCH", &path, &change).await.expect(204);
    becomes(&site, id, "name_label", json!("renamed")).await;
    becomes(&site, id, "auto_poweron", json!(true)).await;
    becomes(&site, id, "tags", json!(["one", "two"])).await;
    site.with_body("PATCH", &path, &json!({ "name_label": "again" }))
        .await
        .expect(204);
    becomes(&site, id, "name_label", json!("again")).await;
    site.with_body("PATCH", &path, &json!({ "noSuchThing": 1 }))
        .await
        .expect(422);
    let wrong = site
        .with_body("PATCH", &path, &json!({ "autoPoweron": "yes" }))
        .await
        .expect(422)
        .json();
    assert_eq!(
        wrong["data"]["errors"][0]["instancePath"], "/autoPoweron",
        "in the caller's words: {wrong}"
    );
}

#[tokio::test]
async fn disks_and_devices_are_made_and_deleted() {
    let site = Site::with_pool().await;
    let vm = site.vm("Halted").await;
    let id = vm["id"].as_str().unwrap();
    let pool = site.get("/pools?fields=*").await.json()[0].clone();
    let sr = pool["default_SR"].as_str().unwrap();
    let disk = json!({ "srId": sr, "virtual_size": 1 << 20, "name_label": "data" });
    let answer = site.post("/vdis", &disk).await.expect(201);
    let vdi = answer.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(answer.header("location"), format!("/rest/v0/vdis/{vdi}"));
    let attach = json!({ "VM": id, "VDI": vdi, "mode": "RW" });
    let vbd = site.post("/vbds", &attach).await.expect(201).json()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(
        site.get(&format!("/vbds/{vbd}")).await.expect(200).json()["VM"],
        id
    );
    let network = site.get("/networks?fields=id&limit=1").await.json()[0]["id"].clone();
    let vif = site
        .post("/vifs", &json!({ "vmId": id, "networkId": network }))
        .await
        .expect(201)
        .json();
    let vif = vif["id"].as_str().unwrap();
    site.delete(&format!("/vifs/{vif}")).await.expect(204);
    site.delete(&format!("/vbds/{vbd}")).await.expect(204);
    site.delete(&format!("/vdis/{vdi}")).await.expect(204);
    site.delete("/vdis/nothing").await.expect(404);
}

#[tokio::test]
async fn a_connected_disk_is_named_but_not_resized_and_the_answer_is_a_conflict() {
    let site = Site::with_pool().await;
    let vm = site.vm("Running").await;
    let filter = format!("VM:{} attached? !is_cd_drive?", vm["id"].as_str().unwrap());
    let vbds = site
        .get(&format!(
            "/vbds?fields=VDI&filter={}",
            filter.replace(' ', "%20")
        ))
        .await
        .json();
    let path = format!("/vdis/{}", vbds[0]["VDI"].as_str().unwrap());
    let name = json!({ "name_label": "renamed" });
    site.with_body("PATCH", &path, &name).await.expect(204);
    let size = site.get(&path).await.json()["size"].as_u64().unwrap();
    let larger = json!({ "size": size + (1 << 30) });
    let refused = site.with_body("PATCH", &path, &larger).await.expect(409);
    assert_eq!(refused.json()["info"]["code"], "VDI_IN_USE");
}

#[tokio::test]
async fn devices_are_made_with_all_that_a_body_may_tell() {
    let site = Site::with_pool().await;
    let vm = site.vm("Halted").await;
    let pool = site.get("/pools?fields=default_SR").await.json()[0].clone();
    let disk = json!({
        "srId": pool["default_SR"], "virtual_size": 1 << 20, "name_label": "state", "name_description": "of a VM",
        "tags": ["kept"], "type": "suspend", "read_only": false, "sharable": false,
        "other_config": { "a": "b" }, "sm_config": {}, "xenstore_data": {},
    });
    let vdi = site.post("/vdis", &disk).await.expect(201).json()["id"].clone();
    let vdi = vdi.as_str().unwrap();
    let shown = site.get(&format!("/vdis/{vdi}")).await.expect(200).json();
    let told = json!([shown["name_description"], shown["tags"], shown["VDI_type"]]);
    assert_eq!(told, json!(["of a VM", ["kept"], "suspend"]));
    let wrong =
        json!({ "srId": pool["default_SR"], "virtual_size": 1, "name_label": "x", "type": "huge" });
    site.post("/vdis", &wrong).await.expect(422);

    let attach = json!({
        "VM": vm["id"], "VDI": vdi, "mode": "RO", "type": "CD", "empty": true, "unpluggable": false,
        "other_config": {}, "qos_algorithm_type": "", "qos_algorithm_params": {},
    });
    let vbd = site.post("/vbds", &attach).await.expect(201).json()["id"].clone();
    let path = format!("/vbds/{}", vbd.as_str().unwrap());
    let shown = site.get(&path).await.expect(200).json();
    assert_eq!(shown["is_cd_drive"], true);
    assert_eq!(shown.get("VDI").filter(|vdi| !vdi.is_null()), None);

    let network = site.get("/networks?fields=id&limit=1").await.json()[0]["id"].clone();
    let interface = json!({
        "vmId": vm["id"], "networkId": network, "MTU": 1400, "locking_mode": "unlocked", "currently_attached": false,
        "other_config": { "ethtool-tx": "off" }, "qos_algorithm_type": "ratelimit", "qos_algorithm_params": { "kbps": "500" },
    });
    let vif = site.post("/vifs", &interface).await.expect(201).json()["id"].clone();
    let path = format!("/vifs/{}", vif.as_str().unwrap());
    let shown = site.get(&path).await.expect(200).json();
    let told = json!([
        shown["MTU"],
        shown["lockingMode"],
        shown["txChecksumming"],
        shown["rateLimit"]
    ]);
    assert_eq!(told, json!([1400, "unlocked", false, 500]));
}

#[tokio::test]
async fn a_vm_and_a_network_are_made_in_a_pool() {
    let site = Site::with_pool().await;
    let pool = site.get("/pools?fields=id").await.json()[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let network = json!({ "name": "inner", "description": "only inside" });
    let made = site
        .post(
            &format!("/pools/{pool}/actions/create_internal_network?sync"),
            &network,
        )
        .await
        .expect(201);
    let network = made.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(
        site.get(&format!("/networks/{network}"))
            .await
            .expect(200)
            .json()["name_label"],
        "inner"
    );
    let template = site.get("/vm-templates?fields=id&limit=1").await.json()[0]["id"].clone();
    let vm = json!({
        "name_label": "new", "template": template, "cpus": 2, "vifs": [{ "network": network }],
        "vdis": [{ "size": 1 << 30, "name_label": "root" }],
    });
    let made = site
        .post(&format!("/pools/{pool}/actions/create_vm?sync"), &vm)
        .await
        .expect(201)
        .json();
    let id = made["id"].as_str().unwrap();
    let shown = site.get(&format!("/vms/{id}")).await.expect(200).json();
    assert_eq!(shown["name_label"], "new");
    assert_eq!(shown["CPUs"]["number"], 2);
    assert_eq!(
        site.get(&format!("/vms/{id}/vdis?filter=name_label:root"))
            .await
            .json()
            .as_array()
            .unwrap()
            .len(),
        1
    );
    site.delete(&format!("/vms/{id}")).await.expect(204);
}

#[tokio::test]
async fn statistics_are_told() {
    let site = Site::with_pool().await;
    let vm = site.vm("Running").await;
    let path = format!(
        "/vms/{}/stats?granularity=seconds",
        vm["id"].as_str().unwrap()
    );
    let stats = site.get(&path).await.expect(200).json();
    assert!(stats["stats"].is_object(), "{stats}");
    let pool = site.get("/pools?fields=id").await.json()[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let of_pool = site
        .get(&format!("/pools/{pool}/stats"))
        .await
        .expect(200)
        .json();
    assert_eq!(of_pool.as_object().unwrap().len(), 2);
}

#[tokio::test]
async fn a_vm_takes_a_cd_another_boot_order_and_becomes_a_template() {
    let site = Site::with_pool().await;
    let vm = site.vm("Halted").await;
    let id = vm["id"].as_str().unwrap();
    let images = site
        .get("/vdis?fields=id&filter=name_label:alpine&limit=1")
        .await
        .expect(200)
        .json();
    let act = async |name: &str, body: Value| {
        site.post(&format!("/vms/{id}/actions/{name}?sync=true"), &body)
            .await
            .expect(204);
    };
    act("insert_cd", json!({ "vdiId": images[0]["id"] })).await;
    act("eject_cd", json!({})).await;
    act("set_boot_order", json!({ "order": "ncd" })).await;
    let changed = site.get(&format!("/vms/{id}")).await.expect(200).json();
    assert_eq!(changed["boot"]["order"], "ncd", "{changed}");
    act("convert_to_template", json!({})).await;
    let body = json!({ "nameLabel": "golden" });
    let path = format!("/vm-templates/{id}");
    site.with_body("PATCH", &path, &body).await.expect(204);
    let template = site.get(&path).await.expect(200).json();
    assert_eq!(template["name_label"], "golden", "{template}");
}

#[tokio::test]
async fn storage_becomes_the_default_of_its_pool() {
    let site = Site::with_pool().await;
    let srs = site
        .get("/srs?fields=id,$pool&filter=SR_type:nfs&sort=-name_label&limit=1")
        .await
        .expect(200)
        .json();
    let (sr, pool) = (
        srs[0]["id"].as_str().unwrap(),
        srs[0]["$pool"].as_str().unwrap(),
    );
    let act = async |name: &str| {
        site.post(&format!("/srs/{sr}/actions/{name}?sync=true"), &json!({}))
            .await
            .expect(204);
    };
    act("make_default").await;
    becomes(&site, pool, "default_SR", json!(sr)).await;
    act("connect").await;
}
