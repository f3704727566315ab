//! list-commands, list-objects, watch: what is printed when the output is not a terminal.

use serde_json::{Value, json};

use crate::program::Home;
use crate::stub::Stub;

#[tokio::test]
async fn commands_are_listed_with_parameters_and_chosen_by_patterns() {
    let stub = Stub::start().await;
    let home = Home::registered(&stub.url());
    let done = home
        .run(&["--list-commands", "{vm,server}.*"])
        .await
        .succeeded();
    assert_eq!(
        done.text(),
        "server.add host=<string>\n\
         vm.start id=<string> [force=<boolean>]\n    starts a VM\n\
         vm.stop id=<string>\n"
    );
    let done = home
        .run(&["list-commands", "--json", "*.stop"])
        .await
        .succeeded();
    let names: Vec<String> = done.json().as_object().unwrap().keys().cloned().collect();
    assert_eq!(names, ["host.stop", "vm.stop"]);
    let done = home.run(&["vm.start", "--help"]).await.succeeded();
    assert_eq!(
        done.text(),
        "vm.start id=<string> [force=<boolean>]\n    starts a VM\n"
    );
    assert_eq!(stub.memory.calls_of("vm.start"), Vec::<Value>::new());
    home.run(&["list-commands", "{vm"])
        .await
        .failed(2, &["brace"]);
}

#[tokio::test]
async fn objects_are_a_json_list_reduced_and_filtered_as_asked() {
    let stub = Stub::start().await;
    let home = Home::registered(&stub.url());
    let done = home.run(&["--list-objects"]).await.succeeded();
    assert_eq!(done.json().as_array().unwrap().len(), 3);
    assert_eq!(stub.memory.calls_of("xo.getAllObjects"), [json!({})]);

    let arguments = [
        "list-objects",
        "--name_label",
        "type=VM",
        "--CPUs.number",
        "CPUs.number=json:4",
    ];
    let done = home.run(&arguments).await.succeeded();
    assert_eq!(done.json(), json!([{"name_label": "db", "CPUs.number": 4}]));
    assert_eq!(
        stub.memory.calls_of("xo.getAllObjects")[1],
        json!({"filter": {"type": "VM", "CPUs": {"number": 4}}})
    );
    home.run(&["list-objects", "VM"]).await.failed(2, &["`VM`"]);
}

#[tokio::test]
async fn watch_prints_a_document_per_notification_until_the_server_leaves() {
    let stub = Stub::start().await;
    let home = Home::new();
    let url = format!("http://watching@localhost:{}", stub.port);
    let home = home.with_variable("XO_CLI_URL", url);
    let done = home
        .run(&["watch", "--ndjson"])
        .await
        .failed(3, &["connection lost"]);
    let item = json!({"vm-1": {"id": "vm-1", "type": "VM"}});
    let expected = json!({"method": "all", "params": {"type": "enter", "items": item}});
    assert_eq!(done.text(), format!("{expected}\n"));
}
