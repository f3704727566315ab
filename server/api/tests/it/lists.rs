//! Lists and single objects.

use axum::body::Body;
use serde_json::{Value, json};

use crate::support::{LIMIT, PASSWORD, Site, cookie};

#[tokio::test]
async fn a_list_is_of_links_unless_fields_are_asked_for() {
    let site = Site::with_pool().await;
    let links = site.get("/vms").await.expect(200).json();
    let links = links.as_array().unwrap();
    assert_eq!(links.len(), 20);
    let href = links[0].as_str().unwrap();
    let one = site
        .get(href.strip_prefix("/rest/v0").unwrap())
        .await
        .expect(200)
        .json();
    assert_eq!(one["type"], "VM");
    assert!(one.get("href").is_none());
    let all = site.get("/vms?fields=*&limit=1").await.expect(200).json();
    let mut expected = json!({ "href": href });
    expected
        .as_object_mut()
        .unwrap()
        .extend(one.as_object().unwrap().clone());
    assert_eq!(all, json!([expected]));
    let slashed = site.get("/vms/?fields=*&limit=1").await.expect(200);
    assert_eq!(slashed.json(), all, "a slash at the end says nothing");
    site.get("/no-such-collection/").await.expect(404);
    let some = site
        .get("/vms?fields=name_label,id,nothing&limit=1")
        .await
        .expect(200)
        .json();
    assert_eq!(
        some,
        json!([{ "href": href, "name_label": one["name_label"], "id": one["id"] }])
    );
}

#[tokio::test]
async fn a_list_is_filtered_sorted_and_paged() {
    let site = Site::with_pool().await;
    let names = async |query: &str| -> Vec<String> {
        let list = site
            .get(&format!("/vms?fields=name_label&{query}"))
            .await
            .expect(200)
            .json();
        let names = list.as_array().unwrap().iter();
        names
            .map(|vm| vm["name_label"].as_str().unwrap().to_owned())
            .collect()
    };
    let up = names("sort=name_label").await;
    let mut down = names("sort=-name_label").await;
    down.reverse();
    assert_eq!(up, down);
    assert_eq!(names("sort=name_label&offset=3&limit=2").await, up[3..5]);
    let running = names("filter=power_state:Running").await.len();
    let others = names("filter=!power_state:Running").await.len();
    assert!(running > 0 && others > 0);
    assert_eq!(running + others, 20);
    let bad = site.get("/vms?filter=(").await.expect(400).json();
    assert_eq!(bad["data"]["stringToParse"], "(");
    site.get("/vms?limit=0").await.expect(422);
    site.get("/vms?limit=many").await.expect(422);
}

#[tokio::test]
async fn a_list_is_sorted_by_the_names_of_what_its_objects_name() {
    let site = Site::with_pool().await;
    let list = async |path: &str| site.get(path).await.expect(200).json();
    let srs = list("/srs?fields=id,name_label").await;
    let name_of = |id: &Value| {
        let sr = srs.as_array().unwrap().iter().find(|sr| sr["id"] == *id);
        sr.unwrap()["name_label"].as_str().unwrap().to_lowercase()
    };
    for (sort, is_down) in [("$SR.name_label", false), ("-$SR.name_label", true)] {
        let vdis = list(&format!("/vdis?fields=$SR&sort={sort}")).await;
        let vdis = vdis.as_array().unwrap().iter();
        let names: Vec<_> = vdis.map(|vdi| name_of(&vdi["$SR"])).collect();
        let mut ordered = names.clone();
        ordered.sort();
        assert_ne!(ordered.first(), ordered.last());
        if is_down {
            ordered.reverse();
        }
        assert_eq!(names, ordered);
    }
}

#[tokio::test]
async fn lists_come_as_lines_and_as_tables() {
    let site = Site::with_pool().await;
    // Upstream's older clients send the bare name.
    for query in ["ndjson=true", "ndjson", "ndjson=1"] {
        let lines = site
            .get(&format!("/vms?fields=id&{query}"))
            .await
            .expect(200);
        assert_eq!(lines.header("content-type"), "application/x-ndjson");
        let text = lines.text();
        assert!(text.ends_with('\n'));
        let ids = text
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap());
        assert_eq!(ids.filter(|vm| vm["id"].is_string()).count(), 20, "{query}");
    }
    assert_eq!(
        site.get("/vms?ndjson&filter=nothing-is-called-so")
            .await
            .expect(200)
            .text(),
        ""
    );
    assert_eq!(
        site.get("/vms?filter=nothing-is-called-so")
            .await
            .expect(200)
            .text(),
        "[]"
    );
    let table = site
        .get("/vms?fields=id,name_label&markdown=true&limit=2")
        .await
        .expect(200);
    assert!(table.header("content-type").starts_with("text/markdown"));
    let text = table.text();
    assert_eq!(text.lines().count(), 4, "{text}");
    assert!(
        text.starts_with("| href | id | name_label |\n| --- | --- | --- |\n"),
        "{text}"
    );
    site.get("/vms?markdown&ndjson").await.expect(422);
    site.get("/vms?ndjson=false&markdown=false")
        .await
        .expect(200)
        .json();
}

#[tokio::test]
async fn every_collection_can_be_listed_and_its_objects_read() {
    let site = Site::with_pool().await;
    let document = site.get("/docs/swagger.json").await.expect(200).json();
    let mut seen = 0;
    for path in document["paths"].as_object().unwrap().keys() {
        let path = path.strip_prefix("/rest/v0").unwrap();
        if path.contains('{')
            || !document["paths"][format!("/rest/v0{path}/{{id}}")]["get"].is_object()
        {
            continue;
        }
        let list = site
            .get(&format!("{path}?fields=id&limit=1"))
            .await
            .expect(200)
            .json();
        if let Some(one) = list.get(0) {
            let href = one["href"]
                .as_str()
                .unwrap()
                .strip_prefix("/rest/v0")
                .unwrap()
                .to_owned();
            assert!(href.starts_with(path), "{href} is not in {path}");
            let single = site.get(&href).await.expect(200).json();
            assert_eq!(single["id"], one["id"], "{href}");
            seen += 1;
        }
    }
    assert!(seen > 15, "only {seen} collections have objects");
}

#[tokio::test]
async fn what_belongs_to_a_vm_is_listed_below_it() {
    let site = Site::with_pool().await;
    let vm = site.vm("Running").await;
    let id = vm["id"].as_str().unwrap();
    let disks = site
        .get(&format!("/vms/{id}/vdis?fields=$VBDs"))
        .await
        .expect(200)
        .json();
    let disks = disks.as_array().unwrap();
    assert!(!disks.is_empty());
    let vbds = vm["$VBDs"].as_array().unwrap();
    assert!(disks.iter().all(|d| {
        d["$VBDs"]
            .as_array()
            .unwrap()
            .iter()
            .any(|v| vbds.contains(v))
    }));
    for list in ["messages", "alarms", "tasks"] {
        assert!(
            site.get(&format!("/vms/{id}/{list}"))
                .await
                .expect(200)
                .json()
                .is_array()
        );
    }
    site.get("/vms/nothing/messages").await.expect(404);
    let host = site.get("/hosts?fields=id").await.json()[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let wrong_type = site.get(&format!("/vms/{host}")).await.expect(404).json();
    assert_eq!(wrong_type["data"]["id"], host.as_str());
}

#[tokio::test]
async fn somebody_without_rights_sees_no_objects() {
    let site = Site::with_pool().await;
    let user = json!({ "name": "ann", "password": PASSWORD });
    let ann = site.post("/users", &user).await.expect(201).json();
    let token = site.token_of("ann").await;
    assert_eq!(
        site.get_as(&token, "/vms?fields=*")
            .await
            .expect(200)
            .json(),
        json!([])
    );
    let vm = site.vm("Running").await;
    let id = vm["id"].as_str().unwrap();
    site.get_as(&token, &format!("/vms/{id}")).await.expect(404);
    let servers = site.get_as(&token, "/servers").await.expect(200);
    assert_eq!(servers.json(), json!([]));
    let (cookie, pause) = (cookie(&token), format!("/vms/{id}/actions/pause"));
    site.send("POST", &pause, &[("cookie", &cookie)], Body::empty())
        .await
        .expect(404);
    let users = site
        .get_as(&token, "/users?fields=id")
        .await
        .expect(200)
        .json();
    assert_eq!(users.as_array().unwrap().len(), 1);
    assert_eq!(users[0]["id"], ann["id"]);
}

#[tokio::test]
async fn tags_are_added_and_removed() {
    let site = Site::with_pool().await;
    let vm = site.vm("Running").await;
    let id = vm["id"].as_str().unwrap();
    let tags = async || site.get(&format!("/vms/{id}")).await.expect(200).json()["tags"].clone();
    let has = |tags: &Value| tags.as_array().unwrap().contains(&json!("web/front end"));
    let path = format!("/vms/{id}/tags/web%2Ffront%20end");
    site.with_body("PUT", &path, &json!({})).await.expect(204);
    let inventory = &site.engine.inventory;
    let shows = |there: bool| {
        inventory.await_state(crate::support::LIMIT, move |i| {
            let now = i.find(id).and_then(|vm| vm.at("tags")).unwrap_or_default();
            now.as_array()
                .is_some_and(|tags| tags.contains(&json!("web/front end")))
                == there
        })
    };
    assert!(shows(true).await);
    assert!(has(&tags().await));
    site.delete(&path).await.expect(204);
    assert!(shows(false).await);
    assert!(!has(&tags().await));
}

#[tokio::test]
async fn messages_that_warn_are_alarms_with_their_value_in_percent() {
    let site = Site::with_pool().await;
    let host = site.get("/hosts?fields=id").await.json()[0]["id"].clone();
    let host = host.as_str().unwrap();
    {
        let body = "value: 0.973\nconfig:\n<variable>\n  <name value=\"cpu_usage\"/>\n</variable>";
        let mut db = site.lab.as_ref().unwrap().db().write();
        xo_lab::messages::send(&mut db, "ALARM", 5, "Host", host, body);
        xo_lab::messages::send(&mut db, "VM_STARTED", 5, "Host", host, "not an alarm");
    }
    let both = site.engine.inventory.await_state(LIMIT, |inventory| {
        inventory.of_kind(xo_engine::ObjectType::Message).len() >= 2
    });
    assert!(both.await, "the messages never came");
    let alarms = site.get("/alarms?fields=*").await.expect(200).json();
    assert_eq!(alarms.as_array().unwrap().len(), 1, "{alarms}");
    let alarm = &alarms[0];
    assert_eq!(
        alarm["body"],
        json!({ "name": "cpu_usage", "value": "97.3" })
    );
    assert_eq!(alarm["object"]["uuid"], host);
    let id = alarm["id"].as_str().unwrap();
    let message = site
        .get(&format!("/messages/{id}"))
        .await
        .expect(200)
        .json();
    let seconds = message["time"].as_i64().unwrap();
    assert_eq!(alarm["time"], json!(seconds * 1000));
}
