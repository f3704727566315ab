//! A simulated host imports what is packed.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use xo_lab::{Lab, LabConfig};
use xva::Compression;

use crate::sample::{Bench, MIB};

const DEADLINE: Duration = Duration::from_secs(60);

/// One request on a connection of its own.
async fn exchange(address: SocketAddr, head: &str, body: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "{head} HTTP/1.1\r\nhost: lab\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    // A host closes once it has what it needs.
    let _ = stream.write_all(body).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

async fn call(address: SocketAddr, method: &str, params: Value) -> Value {
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    let answer = exchange(address, "POST /jsonrpc", body.to_string().as_bytes()).await;
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    let start = body.find('{').unwrap();
    let end = body.rfind('}').unwrap();
    let answer: Value = serde_json::from_str(&body[start..=end]).unwrap();
    assert!(answer.get("error").is_none(), "{method}: {answer}");
    answer["result"].clone()
}

async fn import(address: SocketAddr, archive: &[u8]) -> Value {
    let session = call(
        address,
        "session.login_with_password",
        json!(["root", "lab"]),
    )
    .await;
    let task = call(address, "task.create", json!([session, "import", ""])).await;
    let (session_id, task_id) = (session.as_str().unwrap(), task.as_str().unwrap());
    let head = format!("PUT /import?session_id={session_id}&task_id={task_id}");
    exchange(address, &head, archive).await;
    loop {
        let record = call(address, "task.get_record", json!([session, task])).await;
        if record["status"] != "pending" {
            return record;
        }
    }
}

#[tokio::test]
async fn a_host_imports_what_is_packed() {
    let config = LabConfig {
        https: None,
        ..LabConfig::default()
    };
    let lab = Lab::start(config).await.unwrap();
    let address = lab.http_address().unwrap();
    let bench = Bench::new(5 * MIB, &[(2 * MIB, 10, 1)]);
    for compression in [Compression::None, Compression::Gzip, Compression::Zstd] {
        let archive = std::fs::read(bench.pack("disk.xva", compression).0).unwrap();
        let ended = tokio::time::timeout(DEADLINE, import(address, &archive))
            .await
            .unwrap();
        assert_eq!(ended["status"], "success", "{compression:?}: {ended}");
    }
    let db = lab.db().read();
    let vms: Vec<_> = db.all("VM");
    let made = vms.iter().filter(|vm| &*db.text(vm, "name_label") == "XOA");
    assert_eq!(made.count(), 3);
}
