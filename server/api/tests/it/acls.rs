//! Access entries over REST, and what they let somebody do.

use serde_json::{Value, json};

use crate::support::{PASSWORD, Site};

async fn first(site: &Site, path: &str) -> Value {
    site.get(path).await.expect(200).json()[0].clone()
}

#[tokio::test]
async fn an_entry_is_made_listed_felt_and_taken_back() {
    let mut site = Site::with_pool().await;
    let ann = json!({ "name": "ann", "password": PASSWORD });
    let ann = site.post("/users", &ann).await.expect(201).json()["id"].clone();
    let host = first(&site, "/hosts?fields=id&limit=1").await["id"].clone();
    let vm = format!(
        "/vms?fields=id&limit=1&filter=$container:{}",
        host.as_str().unwrap()
    );
    let vm = first(&site, &vm).await["id"].clone();
    let entry = json!({ "subject": ann, "object": host, "action": "operator" });
    let made = site.post("/acls", &entry).await.expect(201).json();
    let again = site.post("/acls", &entry).await.expect(201).json();
    assert_eq!(made, again);
    let listed = site.get("/acls?fields=*").await.expect(200).json();
    assert_eq!(listed.as_array().unwrap().len(), 1, "{listed}");
    assert_eq!(listed[0]["object"], host);
    assert_eq!(listed[0]["objectType"], "host");

    let admin = site.token.clone();
    site.token = site.token_of("ann").await;
    site.get("/acls").await.expect(403);
    site.post("/acls", &entry).await.expect(403);
    let asked = json!({ "objects": [vm, host, "unknown"] });
    let held = site.post("/acls/permissions", &asked).await;
    let both = json!(["view", "operate"]);
    assert_eq!(
        held.expect(200).json(),
        json!({ vm.as_str().unwrap(): both, host.as_str().unwrap(): both })
    );

    let own = std::mem::replace(&mut site.token, admin);
    let path = format!("/acls/{}", made["id"].as_str().unwrap());
    site.delete(&path).await.expect(204);
    site.delete(&path).await.expect(404);
    site.token = own;
    let held = site.post("/acls/permissions", &asked).await;
    assert_eq!(held.expect(200).json(), json!({}));
}

#[tokio::test]
async fn nothing_is_granted_to_nobody_on_nothing_or_as_an_unknown_role() {
    let site = Site::with_pool().await;
    let ann = json!({ "name": "ann", "password": PASSWORD });
    let ann = site.post("/users", &ann).await.expect(201).json()["id"].clone();
    let host = first(&site, "/hosts?fields=id&limit=1").await["id"].clone();
    let entry = |subject: &Value, object: &Value, action: &str| json!({ "subject": subject, "object": object, "action": action });
    let none = json!("nobody");
    for (refused, status) in [
        (entry(&none, &host, "viewer"), 404),
        (entry(&ann, &none, "viewer"), 404),
        (entry(&ann, &host, "king"), 422),
    ] {
        site.post("/acls", &refused).await.expect(status);
    }
    assert_eq!(site.get("/acls").await.expect(200).json(), json!([]));
}
