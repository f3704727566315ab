//! Tasks: who sees them, waiting, watching, removing.

use futures_util::StreamExt;
use serde_json::{Value, json};

use crate::support::{LIMIT, PASSWORD, Site};

async fn failed_task(site: &Site) -> String {
    let vm = site.vm("Running").await;
    let path = format!("/vms/{}/actions/start", vm["id"].as_str().unwrap());
    site.post(&path, &json!({})).await.expect(202).json()["taskId"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn a_failed_action_tells_why_in_its_task() {
    let site = Site::with_pool().await;
    let id = failed_task(&site).await;
    let task = site
        .get(&format!("/tasks/{id}?wait=true"))
        .await
        .expect(200)
        .json();
    assert_eq!(task["status"], "failure");
    assert_eq!(task["result"]["code"], "VM_BAD_POWER_STATE");
    assert!(task["end"].as_i64() >= task["start"].as_i64());
    let listed = site
        .get("/tasks?fields=status,id&filter=status:failure")
        .await
        .expect(200)
        .json();
    assert_eq!(
        listed,
        json!([{ "href": format!("/rest/v0/tasks/{id}"), "status": "failure", "id": id }])
    );
    site.post(&format!("/tasks/{id}/actions/abort"), &json!({}))
        .await
        .expect(409);
    site.delete(&format!("/tasks/{id}")).await.expect(204);
    site.get(&format!("/tasks/{id}")).await.expect(404);
    site.delete("/tasks").await.expect(204);
}

#[tokio::test]
async fn what_was_refused_is_told_from_what_failed() {
    let site = Site::start().await;
    let ann = json!({ "name": "ann", "password": PASSWORD });
    site.post("/users", &ann).await.expect(201);
    site.post("/users", &ann).await.expect(409);
    let ended = async |filter: &str| {
        let path = format!("/tasks?fields=result&filter=status:failure%20{filter}");
        site.get(&path).await.expect(200).json()
    };
    let deadline = tokio::time::Instant::now() + LIMIT;
    while ended("").await == json!([]) {
        assert!(tokio::time::Instant::now() < deadline, "no task tells it");
        tokio::task::yield_now().await;
    }
    assert_eq!(ended("").await[0]["result"]["name"], "Refusal");
    assert_eq!(ended("!result:name:/^Refusal$/").await, json!([]));
}

#[tokio::test]
async fn nobody_sees_the_tasks_of_others() {
    let site = Site::with_pool().await;
    let id = failed_task(&site).await;
    site.post("/users", &json!({ "name": "ann", "password": PASSWORD }))
        .await
        .expect(201);
    let ann = site.token_of("ann").await;
    assert_eq!(
        site.get_as(&ann, "/tasks").await.expect(200).json(),
        json!([])
    );
    site.get_as(&ann, &format!("/tasks/{id}")).await.expect(404);
}

#[tokio::test]
async fn tasks_are_watched_line_by_line() {
    let site = Site::with_pool().await;
    site.get("/tasks?watch").await.expect(400);
    let mut lines = site
        .open("/tasks?ndjson=true&watch=true&fields=id,status")
        .await;
    let id = failed_task(&site).await;
    let mut statuses = Vec::new();
    while statuses.last().is_none_or(|status| status == "pending") {
        let line = tokio::time::timeout(LIMIT, lines.next())
            .await
            .unwrap()
            .unwrap()
            .unwrap();
        let line: Value = serde_json::from_slice(&line).unwrap();
        assert_eq!(line[0], "update");
        if line[1]["id"] == id.as_str() {
            statuses.push(line[1]["status"].as_str().unwrap().to_owned());
        }
    }
    assert_eq!(statuses, ["pending", "failure"]);
    site.engine.stop().await;
    assert!(
        tokio::time::timeout(LIMIT, lines.next())
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn a_running_task_is_asked_to_stop_and_the_pool_stops_it() {
    let site = Site::with_pool().await;
    let lab = site.lab.as_ref().unwrap();
    lab.faults()
        .slow_call("VM.clean_shutdown", std::time::Duration::from_secs(60));
    let vm = site.vm("Running").await;
    let id = vm["id"].as_str().unwrap();
    let path = format!("/vms/{id}/actions/clean_shutdown");
    let task = site.post(&path, &json!({})).await.expect(202).json();
    let task = task["taskId"].as_str().unwrap();
    let runs = |lab: &xo_lab::Lab| {
        let db = lab.db().read();
        let mut tasks = db.all("task").into_iter();
        tasks.any(|task| db.get(&task, "status").as_str() == "pending")
    };
    let waiting = async {
        while !runs(lab) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LIMIT, waiting).await.unwrap();
    let abort = format!("/tasks/{task}/actions/abort");
    let aborting = site.post(&abort, &json!({})).await.expect(202);
    assert!(aborting.header("location").starts_with("/rest/v0/tasks/"));
    let ended = format!("/tasks/{task}?wait=result");
    let ended = site.get(&ended).await.expect(200).json();
    assert_eq!(ended["status"], "failure", "{ended}");
    assert_eq!(ended["result"]["code"], "TASK_CANCELLED", "{ended}");
    assert!(ended["abortionRequestedAt"].is_i64(), "{ended}");
    let again = site.post(&format!("{abort}?sync"), &json!({})).await;
    again.expect(409);
    let now = site.get(&format!("/vms/{id}")).await.expect(200).json();
    assert_eq!(now["power_state"], "Running");
}

#[tokio::test]
async fn the_screen_of_a_control_domain_is_in_the_history_of_its_host() {
    let site = Site::with_pool().await;
    let credentials = xo_engine::Credentials::Token(site.token.clone());
    let caller = site.engine.sign_in(credentials, None).await.unwrap().caller;
    let host = site.get("/hosts?fields=*&limit=1").await.json()[0].clone();
    let id = host["id"].as_str().unwrap();
    let path = format!("/vm-controllers?fields=id&filter=$container:{id}");
    let domain = site.get(&path).await.expect(200).json()[0]["id"].clone();
    let (_, viewing) = site
        .engine
        .open_console(&caller, domain.as_str().unwrap())
        .await
        .unwrap();
    viewing.closed().await;
    let told = site
        .get(&format!("/hosts/{id}/tasks?fields=*"))
        .await
        .json();
    let told = told.as_array().unwrap();
    assert_eq!(told.len(), 2, "{told:?}");
    for task in told {
        assert_eq!(task["properties"]["objectType"], "host");
        assert_eq!(task["properties"]["objectName"], host["name_label"]);
    }
}
