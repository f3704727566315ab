//! A pool behind an HTTP proxy: calls, transfers and consoles all go through it.

use std::net::SocketAddr;
use std::sync::Arc;

use futures_util::StreamExt;
use parking_lot::Mutex;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use xapi::{Error, Session, Target};
use xo_lab::{Lab, LabConfig};

use crate::support::{small, target, vm};

const ACCOUNT: &str = "proxy-authorization: basic bwu6cznjcmv0";

/// A proxy that remembers the head of every request; it wants the account `me:s3cret` if told so.
struct Proxy {
    address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl Proxy {
    async fn start(wants: Option<&'static str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let heads = Arc::<Mutex<Vec<String>>>::default();
        let seen = Arc::clone(&heads);
        let task = tokio::spawn(async move {
            let mut served = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                served.spawn(pass(stream, wants, Arc::clone(&seen)));
            }
        });
        Self {
            address,
            heads,
            task,
        }
    }

    fn target(&self, pool: &str, account: &str) -> Target {
        let proxy = format!("http://{account}{}", self.address);
        Target {
            proxy: Some(proxy.parse().unwrap()),
            ..target(pool)
        }
    }

    #[track_caller]
    fn assert_all_begin_with(&self, start: &str) {
        let heads = self.heads.lock();
        assert!(!heads.is_empty(), "nothing went through the proxy");
        for head in &*heads {
            assert!(head.starts_with(start), "{head}");
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn pass(
    stream: TcpStream,
    wants: Option<&str>,
    heads: Arc<Mutex<Vec<String>>>,
) -> std::io::Result<()> {
    let mut client = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if client.read_line(&mut head).await? == 0 {
            return Ok(());
        }
    }
    heads.lock().push(head.clone());
    if wants.is_some_and(|line| !head.to_lowercase().contains(line)) {
        return client
            .write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n")
            .await;
    }
    let goal = head.split(' ').nth(1).unwrap();
    let tunnelled = head.starts_with("CONNECT ");
    let goal = goal.trim_start_matches("http://");
    let mut host = TcpStream::connect(goal.split('/').next().unwrap()).await?;
    if tunnelled {
        client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await?;
    } else {
        host.write_all(head.as_bytes()).await?;
    }
    host.write_all(client.buffer()).await?;
    tokio::io::copy_bidirectional(&mut client.into_inner(), &mut host).await?;
    Ok(())
}

async fn tls_lab() -> Lab {
    let https = LabConfig::default().https;
    Lab::start(LabConfig { https, ..small() }).await.unwrap()
}

#[tokio::test]
async fn calls_and_transfers_over_tls_go_through_a_tunnel() {
    let (lab, proxy) = (tls_lab().await, Proxy::start(Some(ACCOUNT)).await);
    let session = Session::login(&proxy.target(&lab.https_url(), "me:s3cret@"))
        .await
        .unwrap();
    let halted = vm(&lab, "Halted");
    let mut export = session
        .download("/export", &[("ref", &halted)], Some("export"))
        .await
        .unwrap();
    assert!(export.body.next().await.unwrap().is_ok());
    let host = lab.https_url().trim_start_matches("https://").to_owned();
    proxy.assert_all_begin_with(&format!("CONNECT {host} HTTP/1.1\r\n"));
}

#[tokio::test]
async fn plain_text_is_handed_to_the_proxy() {
    let (lab, proxy) = (Lab::start(small()).await.unwrap(), Proxy::start(None).await);
    let session = Session::login(&proxy.target(&lab.http_url(), ""))
        .await
        .unwrap();
    session
        .perform("pool.get_all", serde_json::json!([]))
        .await
        .unwrap();
    proxy.assert_all_begin_with(&format!("POST {}/jsonrpc HTTP/1.1\r\n", lab.http_url()));
}

#[tokio::test]
async fn a_console_goes_through_a_tunnel() {
    let (lab, proxy) = (tls_lab().await, Proxy::start(Some(ACCOUNT)).await);
    let session = Session::login(&proxy.target(&lab.https_url(), "me:s3cret@"))
        .await
        .unwrap();
    proxy.heads.lock().clear();
    let console = {
        let db = lab.db().read();
        let console = db.refs(&vm(&lab, "Running"), "consoles")[0].clone();
        db.text(&console, "uuid").to_string()
    };
    let location = format!("{}/console?uuid={console}", lab.https_url());
    let mut console = session.open_console(&location).await.unwrap();
    let first = console.output.next().await.unwrap().unwrap();
    assert!(first.starts_with(b"RFB"), "{first:?}");
    proxy.assert_all_begin_with("CONNECT ");
}

#[tokio::test]
async fn what_the_proxy_refuses_names_the_proxy() {
    let (lab, proxy) = (tls_lab().await, Proxy::start(Some(ACCOUNT)).await);
    let error = Session::login(&proxy.target(&lab.https_url(), "me:wrong@"))
        .await
        .unwrap_err();
    let Error::Unreachable { host, .. } = &error else {
        panic!("{error:?}");
    };
    assert!(
        host.ends_with(&format!("through the proxy {}", proxy.address)),
        "{host}"
    );
    assert!(!format!("{error:?}").contains("wrong"));
}
