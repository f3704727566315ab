//! What is going on when a lab stops, or when its connections are cut, ends with it.

use std::time::{Duration, Instant};

use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use xo_lab::Value;

use crate::transfer_support::{DEADLINE, Site, read_head, write_head};

/// An export that the client does not read, an import that the client does not go on with, and a screen.
async fn busy(site: &Site) -> (Vec<TcpStream>, [String; 2]) {
    let (disk, screen) = {
        let vm = site.vm("Running");
        let mut db = site.lab.db().write();
        let disk = db
            .refs(&vm, "VBDs")
            .iter()
            .find_map(|vbd| db.linked(vbd, "VDI"))
            .unwrap();
        db.set(&disk, "virtual_size", Value::Int(1 << 40));
        let console = db.refs(&vm, "consoles")[0].clone();
        (disk, db.text(&console, "uuid"))
    };
    let tasks = [site.task().await, site.task().await];
    let [out, into] = &tasks;
    let lines = [
        format!("GET /export_raw_vdi?vdi={disk}&task_id={out}"),
        format!("PUT /import?task_id={into}"),
        format!("CONNECT /console?uuid={screen}"),
    ];
    let mut streams = Vec::new();
    for line in lines {
        let mut stream = site.connect().await;
        let length = if line.starts_with("PUT") {
            1_000_000
        } else {
            0
        };
        let line = format!("{line}&session_id={} HTTP/1.1", site.session);
        let length = format!("content-length: {length}");
        write_head(&mut stream, &[&line, "host: lab", &length]).await;
        assert!(read_head(&mut stream).await.starts_with("HTTP/1.1 200"));
        streams.push(stream);
    }
    (streams, tasks)
}

/// Reads until the other end is gone.
async fn drain(streams: Vec<TcpStream>) {
    let mut buffer = vec![0; 1 << 20];
    for mut stream in streams {
        let rest = async { while matches!(stream.read(&mut buffer).await, Ok(1..)) {} };
        tokio::time::timeout(DEADLINE, rest)
            .await
            .expect("the connection should end");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_ends_transfers_and_screens_at_once() {
    let site = Site::start().await;
    let (streams, tasks) = busy(&site).await;
    let start = Instant::now();
    site.lab.stop().await;
    assert!(
        start.elapsed() < Duration::from_secs(2),
        "nothing had to be waited for in vain"
    );
    drain(streams).await;
    for task in tasks {
        assert_eq!(site.ended(&task).await.status, "failure");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_ends_transfers_and_screens_and_the_lab_goes_on() {
    let site = Site::start().await;
    let (streams, tasks) = busy(&site).await;
    site.lab.faults().sever_connections();
    drain(streams).await;
    for task in tasks {
        assert_eq!(site.ended(&task).await.status, "failure");
    }
    let mut stream = site.connect().await;
    write_head(&mut stream, &["GET /nowhere HTTP/1.1", "host: lab"]).await;
    assert!(read_head(&mut stream).await.starts_with("HTTP/1.1 404"));
}
