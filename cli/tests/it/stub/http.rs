//! The HTTP routes of the stub: side channels and a handful of REST answers. One request per connection.

use std::collections::HashMap;

use serde_json::json;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::{Memory, TOKEN};

/// What downloads contain: not text, and more than one piece.
pub static CONTENT: [u8; 300_000] = {
    let mut bytes = [0; 300_000];
    let mut position = 0;
    while position < bytes.len() {
        bytes[position] = (position % 251) as u8;
        position += 1;
    }
    bytes
};

/// A request as it arrived.
#[derive(Debug)]
pub struct HttpRequest {
    pub method: String,
    /// Path and query.
    pub target: String,
    /// Headers by lower-case name.
    pub headers: HashMap<String, String>,
    pub body: Vec<u8>,
}

pub async fn redirect<S: AsyncWrite + Unpin>(mut stream: S, port: u16) {
    let answer = format!(
        "HTTP/1.1 308 Permanent Redirect\r\nlocation: https://localhost:{port}/api/\r\ncontent-length: 0\r\n\r\n"
    );
    stream.write_all(answer.as_bytes()).await.unwrap();
}

pub async fn serve<S>(mut stream: S, head: &str, memory: &Memory)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut lines = head.lines();
    let mut first = lines.next().unwrap().split(' ');
    let (method, target) = (
        first.next().unwrap().to_owned(),
        first.next().unwrap().to_owned(),
    );
    let headers: HashMap<String, String> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let body = read_body(&mut stream, &headers).await;
    let answer = route(&method, &target, &headers);
    let stalls = target == "/api/stalled";
    memory.requests.lock().unwrap().push_back(HttpRequest {
        method,
        target,
        headers,
        body,
    });
    // A client that was cut off on purpose does not take the rest.
    let _ = stream.write_all(&answer).await;
    if stalls {
        // Until the client leaves.
        let _ = stream.read_u8().await;
    }
    let _ = stream.shutdown().await;
}

fn route(method: &str, target: &str, headers: &HashMap<String, String>) -> Vec<u8> {
    let cookie = format!("authenticationToken={TOKEN}");
    if target.starts_with("/rest/") && headers.get("cookie") != Some(&cookie) {
        return json_answer("401 Unauthorized", &json!({"error": "invalid credentials"}));
    }
    match (method, target.split('?').next().unwrap()) {
        ("GET", "/api/sized") => {
            let mut answer = format!(
                "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n",
                CONTENT.len()
            )
            .into_bytes();
            answer.extend(&CONTENT);
            answer
        }
        ("GET", "/api/chunked") => {
            let mut answer = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
            for piece in CONTENT.chunks(70_000) {
                answer.extend(format!("{:x}\r\n", piece.len()).into_bytes());
                answer.extend(piece);
                answer.extend(b"\r\n");
            }
            answer.extend(b"0\r\n\r\n");
            answer
        }
        ("GET", "/api/cut" | "/api/stalled") => {
            let mut answer = b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n".to_vec();
            answer.extend(&CONTENT[..500]);
            answer
        }
        ("POST", "/api/good-sr") => json_answer(
            "200 OK",
            &json!({"jsonrpc": "2.0", "id": 0, "result": "new-vm"}),
        ),
        ("POST", "/api/full-sr") => json_answer(
            "500 Internal Server Error",
            &json!({"jsonrpc": "2.0", "id": 0, "error": {"code": 24, "message": "SR is full"}}),
        ),
        ("GET", "/rest/v0/vms") if target.contains("ndjson=true") => answer(
            "200 OK",
            "application/x-ndjson",
            "{\"href\":\"/rest/v0/vms/1\"}\n{\"href\":\"/rest/v0/vms/2\"}\n",
        ),
        ("GET", "/rest/v0/vms") => json_answer("200 OK", &json!(["/rest/v0/vms/1"])),
        ("GET", "/rest/v0/vms/1.xva") => answer("200 OK", "application/octet-stream", "XVA"),
        ("POST", "/rest/v0/pools/1/actions/create_vm") => {
            json_answer("202 Accepted", &json!({"taskId": "t1"}))
        }
        ("PUT", "/rest/v0/vdis/1.raw") | ("DELETE", "/rest/v0/tasks/1") => {
            b"HTTP/1.1 204 No Content\r\n\r\n".to_vec()
        }
        _ => json_answer(
            "404 Not Found",
            &json!({"error": "no such route", "data": {"id": 1}}),
        ),
    }
}

fn json_answer(status: &str, body: &serde_json::Value) -> Vec<u8> {
    answer(status, "application/json; charset=utf-8", &body.to_string())
}

fn answer(status: &str, kind: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\r\n{body}")
        .into_bytes()
}

async fn read_body<S: AsyncRead + Unpin>(
    stream: &mut S,
    headers: &HashMap<String, String>,
) -> Vec<u8> {
    let mut body = Vec::new();
    if let Some(length) = headers.get("content-length") {
        body.resize(length.parse().unwrap(), 0);
        stream.read_exact(&mut body).await.unwrap();
    } else if headers
        .get("transfer-encoding")
        .is_some_and(|coding| coding == "chunked")
    {
        loop {
            let mut line = Vec::new();
            while !line.ends_with(b"\r\n") {
                line.push(stream.read_u8().await.unwrap());
            }
            let text = String::from_utf8(line).unwrap();
            let length = usize::from_str_radix(text.trim(), 16).unwrap();
            let mut piece = vec![0; length + 2];
            stream.read_exact(&mut piece).await.unwrap();
            body.extend(&piece[..length]);
            if length == 0 {
                break;
            }
        }
    }
    body
}
