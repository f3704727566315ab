//! A TLS connection that speaks just enough HTTP/1.1 and WebSocket to measure a server, and copies next to nothing.
//!
//! reqwest and tungstenite would take as much of the two processors as the server does.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Where a server is and which certificate it has.
#[derive(Clone)]
pub struct Place {
    address: SocketAddr,
    tls: TlsConnector,
}

impl Place {
    /// A server at `address` whose self-signed certificate is in the PEM file `certificate`.
    pub fn new(address: SocketAddr, certificate: &Path) -> Result<Self> {
        let der = CertificateDer::from_pem_file(certificate)
            .with_context(|| format!("no certificate in {}", certificate.display()))?;
        let mut roots = rustls::RootCertStore::empty();
        roots.add(der)?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self {
            address,
            tls: TlsConnector::from(Arc::new(tls)),
        })
    }

    /// Opens a connection.
    pub async fn connect(&self) -> Result<Wire> {
        let tcp = TcpStream::connect(self.address).await?;
        tcp.set_nodelay(true)?;
        let name = ServerName::from(self.address.ip());
        let tls = self.tls.connect(name, tcp).await?;
        Ok(Wire {
            stream: BufReader::with_capacity(64 * 1024, tls),
        })
    }
}

/// An open connection.
pub struct Wire {
    stream: BufReader<TlsStream<TcpStream>>,
}

/// What an answer was.
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Bytes of the body; for chunked bodies without the framing.
    pub length: u64,
}

impl Wire {
    /// Sends bytes as they are.
    pub async fn send(&mut self, bytes: &[u8]) -> Result<()> {
        self.stream.write_all(bytes).await?;
        Ok(self.stream.flush().await?)
    }

    /// Sends a request made by [`request`] and reads its answer to the end; the body goes to `sink`, piece by piece.
    pub async fn exchange(
        &mut self,
        request: &[u8],
        mut sink: impl FnMut(&[u8]),
    ) -> Result<Answer> {
        self.send(request).await?;
        let (status, framing) = self.head().await?;
        let length = match framing {
            Framing::Length(length) => {
                self.pass(length, &mut sink).await?;
                length
            }
            Framing::Chunked => self.chunks(&mut sink).await?,
        };
        Ok(Answer { status, length })
    }

    /// Becomes a WebSocket.
    pub async fn upgrade(mut self) -> Result<Socket> {
        let request = "GET /api/ HTTP/1.1\r\nHost: bench\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                       Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n";
        self.send(request.as_bytes()).await?;
        let (status, _) = self.head().await?;
        anyhow::ensure!(status == 101, "no WebSocket: status {status}");
        Ok(Socket {
            wire: self,
            calls: 0,
        })
    }

    async fn head(&mut self) -> Result<(u16, Framing)> {
        let mut line = String::new();
        self.stream.read_line(&mut line).await?;
        let status = line.split(' ').nth(1).and_then(|s| s.parse().ok());
        let status = status.with_context(|| format!("no HTTP answer: {line:?}"))?;
        let mut framing = Framing::Length(0);
        loop {
            line.clear();
            if self.stream.read_line(&mut line).await? == 0 {
                bail!("the answer ends in its head");
            }
            let Some((name, value)) = line.trim_end().split_once(':') else {
                return Ok((status, framing));
            };
            if name.eq_ignore_ascii_case("content-length") {
                framing = Framing::Length(value.trim().parse()?);
            } else if name.eq_ignore_ascii_case("transfer-encoding") {
                framing = Framing::Chunked;
            }
        }
    }

    async fn chunks(&mut self, sink: &mut impl FnMut(&[u8])) -> Result<u64> {
        let (mut total, mut line) = (0, String::new());
        loop {
            line.clear();
            self.stream.read_line(&mut line).await?;
            let size = u64::from_str_radix(line.trim_end(), 16)
                .with_context(|| format!("no chunk: {line:?}"))?;
            if size > 0 {
                self.pass(size, sink).await?;
                total += size;
            }
            let mut end = [0; 2];
            self.stream.read_exact(&mut end).await?;
            if size == 0 {
                return Ok(total);
            }
        }
    }

    async fn pass(&mut self, mut length: u64, sink: &mut impl FnMut(&[u8])) -> Result<()> {
        while length > 0 {
            let piece = filled(&mut self.stream).await?;
            let take = piece.len().min(usize::try_from(length)?);
            sink(piece.get(..take).unwrap_or_default());
            self.stream.consume(take);
            length -= take as u64;
        }
        Ok(())
    }
}

async fn filled(stream: &mut (impl AsyncBufRead + Unpin)) -> Result<&[u8]> {
    let piece = stream.fill_buf().await?;
    anyhow::ensure!(!piece.is_empty(), "the server closed the connection");
    Ok(piece)
}

enum Framing {
    Length(u64),
    Chunked,
}

/// A `GET` over keep-alive, with the token as the cookie that clients send.
pub fn request(path: &str, token: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: bench\r\nCookie: authenticationToken={token}\r\n\r\n")
        .into_bytes()
}

/// A JSON-RPC connection.
pub struct Socket {
    wire: Wire,
    calls: u64,
}

impl Socket {
    /// Calls, and returns the answer's frame; what else comes before it is thrown away.
    pub async fn call(&mut self, method: &str, params: &serde_json::Value) -> Result<Vec<u8>> {
        let id = self.send_call(method, params).await?;
        loop {
            let mut frame = Vec::new();
            self.message(|piece| frame.extend_from_slice(piece)).await?;
            if !is_answer(&frame, id) {
                continue;
            }
            let start = frame.get(..200.min(frame.len())).unwrap_or_default();
            if memchr::memmem::find(start, b"\"error\":").is_some() {
                bail!("{method}: {}", String::from_utf8_lossy(&frame));
            }
            return Ok(frame);
        }
    }

    /// Calls for a string.
    pub async fn call_for_text(
        &mut self,
        method: &str,
        params: &serde_json::Value,
    ) -> Result<String> {
        let answer: serde_json::Value = serde_json::from_slice(&self.call(method, params).await?)?;
        let text = answer["result"].as_str();
        Ok(text
            .with_context(|| format!("{method}: {answer}"))?
            .to_owned())
    }

    /// Calls, and counts the bytes of the answer without keeping them.
    pub async fn call_for_size(&mut self, method: &str, params: &serde_json::Value) -> Result<u64> {
        let id = self.send_call(method, params).await?;
        loop {
            let mut first = Vec::new();
            let size = self
                .message(|piece| {
                    if first.len() < 200 {
                        first.extend(piece.iter().take(200 - first.len()));
                    }
                })
                .await?;
            if is_answer(&first, id) {
                return Ok(size);
            }
        }
    }

    /// The next bytes of whatever the server sends, as soon as they are there; `look` gets all that came.
    pub async fn bytes(&mut self, look: impl FnOnce(&[u8])) -> Result<()> {
        let piece = filled(&mut self.wire.stream).await?;
        let length = piece.len();
        look(piece);
        self.wire.stream.consume(length);
        Ok(())
    }

    async fn send_call(&mut self, method: &str, params: &serde_json::Value) -> Result<u64> {
        self.calls += 1;
        let id = self.calls;
        let text =
            serde_json::json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })
                .to_string();
        // A final text frame, masked as clients must, with a mask that changes nothing.
        let mut frame = vec![0x81];
        match u16::try_from(text.len())? {
            length @ 0..126 => frame.push(0x80 | length as u8),
            length => {
                frame.push(0x80 | 126);
                frame.extend(length.to_be_bytes());
            }
        }
        frame.extend([0; 4]);
        frame.extend(text.as_bytes());
        self.wire.send(&frame).await?;
        Ok(id)
    }

    /// One whole message to `sink`, however many frames it is cut into; its length.
    async fn message(&mut self, mut sink: impl FnMut(&[u8])) -> Result<u64> {
        let (mut total, mut expected) = (0, TEXT);
        loop {
            let stream = &mut self.wire.stream;
            let head = stream.read_u8().await?;
            let length = match stream.read_u8().await? & 0x7f {
                126 => u64::from(stream.read_u16().await?),
                127 => stream.read_u64().await?,
                short => u64::from(short),
            };
            anyhow::ensure!(head & 0x7f == expected, "an unexpected frame: {head:#x}");
            self.wire.pass(length, &mut sink).await?;
            total += length;
            if head & FINAL != 0 {
                return Ok(total);
            }
            expected = CONTINUATION;
        }
    }
}

/// RFC 6455 section 5.2: the bit that ends a message, and the opcodes that are met here.
const FINAL: u8 = 0x80;
const TEXT: u8 = 1;
const CONTINUATION: u8 = 0;

/// Answers have their id within their first or last bytes, changes have none.
fn is_answer(frame: &[u8], id: u64) -> bool {
    let head = frame.get(..120.min(frame.len())).unwrap_or_default();
    memchr::memmem::find(head, b"\"method\":\"all\"").is_none()
        && memchr::memmem::find(head, format!("\"id\":{id}").as_bytes()).is_some()
}
