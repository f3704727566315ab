//! A host that stands in front of a lab and answers some requests itself: older or worse than the lab is.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use xo_lab::Lab;

/// What is done with a request.
pub enum Answer {
    /// The lab answers.
    Pass,
    /// These bytes, then the end.
    Bytes(Vec<u8>),
    /// These bytes, then nothing more; what the client sends is not read.
    Hang(Vec<u8>),
}

/// An answer in one piece.
pub fn page(status: &str, content_type: &str, body: &str) -> Answer {
    let length = body.len();
    Answer::Bytes(
        format!(
            "HTTP/1.1 {status}\r\ncontent-type: {content_type}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
        )
        .into_bytes(),
    )
}

type Script = dyn Fn(&str) -> Answer + Send + Sync;

/// It runs until it is dropped.
pub struct Front {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Front {
    /// `script` decides by the first line of a request: `POST /jsonrpc HTTP/1.1`.
    pub async fn start(lab: &Lab, script: impl Fn(&str) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let lab = lab.http_address().unwrap();
        let script: Arc<Script> = Arc::new(script);
        let task = tokio::spawn(async move {
            let mut served = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                served.spawn(serve(stream, lab, Arc::clone(&script)));
            }
        });
        Self { address, task }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn authority(&self) -> String {
        self.address.to_string()
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut client: TcpStream, lab: SocketAddr, script: Arc<Script>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match client.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    let head = String::from_utf8(head).unwrap();
    let (line, headers) = head.split_once("\r\n").unwrap();
    match script(line) {
        Answer::Pass => {
            // One request per connection, so that each of them is seen; not for what becomes another protocol.
            let lower = headers.to_ascii_lowercase();
            let once = if line.starts_with("CONNECT") || lower.contains("\r\nupgrade:") {
                ""
            } else {
                "connection: close\r\n"
            };
            let mut host = TcpStream::connect(lab).await.unwrap();
            let head = format!("{line}\r\n{once}{headers}");
            host.write_all(head.as_bytes()).await.unwrap();
            let _ = tokio::io::copy_bidirectional(&mut client, &mut host).await;
        }
        Answer::Bytes(bytes) => {
            // An answer before the end of the request would be lost with the connection.
            let _ = client.write_all(&bytes).await;
            let _ = client.shutdown().await;
            let _ = tokio::io::copy(&mut client, &mut tokio::io::sink()).await;
        }
        Answer::Hang(bytes) => {
            let _ = client.write_all(&bytes).await;
            std::future::pending::<()>().await;
        }
    }
}
