//! `@=` both ways.

use std::time::Duration;

use crate::program::{Home, Outcome};
use crate::stub::{CONTENT, Stub};

#[tokio::test]
async fn an_export_is_written_to_the_file_or_the_standard_output() {
    let stub = Stub::start().await;
    let home = Home::registered(&stub.url());
    for channel in ["vm=sized", "vm=chunked"] {
        let done = home
            .run(&["vm.export", channel, "@=vm.xva"])
            .await
            .succeeded();
        assert_eq!((done.text(), done.stderr), (String::new(), String::new()));
        assert!(
            std::fs::read(home.path("vm.xva")).unwrap() == CONTENT,
            "{channel} differs"
        );
        std::fs::remove_file(home.path("vm.xva")).unwrap();

        let done = home.run(&["vm.export", channel, "@=-"]).await.succeeded();
        assert!(
            done.stdout == CONTENT,
            "{channel} differs on the standard output"
        );
    }
}

#[tokio::test]
async fn a_broken_export_leaves_no_file() {
    let stub = Stub::start().await;
    let home = Home::registered(&stub.url());
    home.run(&["vm.export", "vm=cut", "@=vm.xva"])
        .await
        .failed(1, &["transfer failed"]);
    let files: Vec<_> = std::fs::read_dir(home.path(""))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(files.len(), 1, "{files:?}");
    assert_eq!(files[0].file_name(), "xo-cli");
}

#[tokio::test]
async fn an_interrupted_export_leaves_no_file() {
    let stub = Stub::start().await;
    let home = Home::registered(&stub.url());
    let child = home.spawn(&["vm.export", "vm=stalled", "@=vm.xva"]);
    let pid = child.id().unwrap();
    let part = home.path(&format!(".vm.xva.{pid}.part"));
    let begun = async {
        while !std::fs::metadata(&part).is_ok_and(|metadata| metadata.len() > 0) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), begun)
        .await
        .expect("the transfer did not begin");
    let kill = std::process::Command::new("sh")
        .args(["-c", &format!("kill -INT {pid}")])
        .status();
    assert!(kill.unwrap().success());
    Outcome::of(child).await.failed(130, &["interrupted"]);
    assert!(!part.exists() && !home.path("vm.xva").exists());
}

#[tokio::test]
async fn an_import_sends_the_file_with_its_length_and_prints_the_result() {
    let stub = Stub::start().await;
    let home = Home::registered(&stub.url());
    std::fs::write(home.path("vm.xva"), &CONTENT[..]).unwrap();
    let done = home
        .run(&["vm.import", "sr=good-sr", "@=vm.xva"])
        .await
        .succeeded();
    assert_eq!(done.text(), "new-vm\n");
    let request = stub.memory.take_request();
    assert_eq!(
        (request.method.as_str(), request.target.as_str()),
        ("POST", "/api/good-sr")
    );
    assert_eq!(request.headers["content-length"], CONTENT.len().to_string());
    assert!(request.body == CONTENT, "the body differs");
}

#[tokio::test]
async fn an_import_from_the_standard_input_is_sent_in_chunks() {
    let stub = Stub::start().await;
    let home = Home::registered(&stub.url());
    let done = home
        .run_with_input(&["vm.import", "sr=good-sr", "@=-"], &CONTENT)
        .await;
    assert_eq!(done.succeeded().text(), "new-vm\n");
    let request = stub.memory.take_request();
    assert_eq!(request.headers["transfer-encoding"], "chunked");
    assert!(request.body == CONTENT, "the body differs");
}

#[tokio::test]
async fn the_error_of_an_import_is_the_method_s_own() {
    let stub = Stub::start().await;
    let home = Home::registered(&stub.url());
    std::fs::write(home.path("vm.xva"), "x").unwrap();
    home.run(&["vm.import", "sr=full-sr", "@=vm.xva"])
        .await
        .failed(1, &["error: SR is full"]);
    home.run(&["vm.import", "sr=good-sr", "@=none"])
        .await
        .failed(1, &["cannot read none"]);
}

#[tokio::test]
async fn a_file_is_required_where_one_goes_and_refused_where_none_goes() {
    let stub = Stub::start().await;
    let home = Home::registered(&stub.url());
    home.run(&["vm.export", "vm=sized"])
        .await
        .failed(2, &["transfers a file", "@=<file>"]);
    let done = home
        .run(&["test.echo", "@=file"])
        .await
        .failed(1, &["was not used"]);
    assert_eq!(done.text(), "{}\n");
}
