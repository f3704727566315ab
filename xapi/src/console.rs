//! The byte channel to a VM's screen: WebSocket where the host offers it, `CONNECT` on old hosts.
//!
//! What flows is RFB (VNC), untouched, in the pieces in which it arrives.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::{Sink, SinkExt, Stream, StreamExt};
use rustls_pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_util::codec::{BytesCodec, Framed};

use crate::{Address, Error, Result, Session};

const OPEN_TIMEOUT: Duration = Duration::from_secs(15);

/// Both directions of an open console.
pub struct Console {
    /// From the screen.
    pub output: Pin<Box<dyn Stream<Item = std::io::Result<Bytes>> + Send>>,
    /// To the keyboard.
    pub input: Pin<Box<dyn Sink<Bytes, Error = std::io::Error> + Send>>,
}

trait Wire: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Wire for T {}

impl Session {
    /// Opens the console at `location`, the URL that the `console` record tells.
    ///
    /// # Errors
    /// [`Error::Unreachable`], [`Error::Status`] when the host refuses, certificate errors.
    pub async fn open_console(&self, location: &str) -> Result<Console> {
        let host = self.address().authority();
        let late = || Error::Timeout {
            host: host.clone(),
            method: "/console".into(),
        };
        tokio::time::timeout(OPEN_TIMEOUT, self.open_either(location))
            .await
            .map_err(|_| late())?
    }

    async fn open_either(&self, location: &str) -> Result<Console> {
        let url = url::Url::parse(location).map_err(|_| Error::Address {
            address: location.to_owned(),
            reason: "the console's location is no URL",
        })?;
        let address = Address::of_url(&url).unwrap_or_else(|| self.address());
        let target = match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        };
        match self.open_websocket(&address, &target).await {
            // An old host does not know the upgrade and answers as to a plain GET.
            Err(Error::Status { status, .. }) if status != 401 && status != 403 => {
                self.open_connect(&address, &target).await
            }
            other => other,
        }
    }

    async fn open_websocket(&self, address: &Address, target: &str) -> Result<Console> {
        let wire = self.wire(address).await?;
        let scheme = if address.tls { "wss" } else { "ws" };
        let unreachable = |e: Box<dyn std::error::Error + Send + Sync>| Error::Unreachable {
            host: address.authority(),
            source: e,
        };
        let mut request = format!("{scheme}://{}{target}", address.authority())
            .into_client_request()
            .map_err(|e| unreachable(e.into()))?;
        let cookie = format!("session_id={}", self.reference());
        let headers = request.headers_mut();
        headers.insert(
            "cookie",
            cookie
                .parse()
                .map_err(|_| self.garbage("/console", "session".into()))?,
        );
        headers.insert(
            "sec-websocket-protocol",
            http::HeaderValue::from_static("binary"),
        );
        let (socket, _) = match tokio_tungstenite::client_async(request, wire).await {
            Ok(open) => open,
            Err(tungstenite::Error::Http(response)) => {
                return Err(Error::Status {
                    host: address.authority(),
                    path: "/console".into(),
                    status: response.status().as_u16(),
                });
            }
            Err(e) => return Err(unreachable(e.into())),
        };
        let (input, output) = socket.split();
        let output = output.filter_map(|message| async {
            match message {
                Ok(Message::Binary(data)) => Some(Ok(data)),
                Ok(Message::Text(text)) => Some(Ok(Bytes::from(text))),
                Ok(_) => None,
                Err(e) => Some(Err(std::io::Error::other(e))),
            }
        });
        let input = input
            .sink_map_err(std::io::Error::other)
            .with(|data: Bytes| async { Ok::<_, std::io::Error>(Message::Binary(data)) });
        Ok(Console {
            output: Box::pin(output),
            input: Box::pin(input),
        })
    }

    async fn open_connect(&self, address: &Address, target: &str) -> Result<Console> {
        let mut wire = self.wire(address).await?;
        let broken = |e: std::io::Error| Error::Unreachable {
            host: address.authority(),
            source: e.into(),
        };
        let head = format!(
            "CONNECT {target} HTTP/1.0\r\nCookie: session_id={}\r\n\r\n",
            self.reference()
        );
        wire.write_all(head.as_bytes()).await.map_err(broken)?;
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            if answer.len() > 16 * 1024 {
                return Err(self.garbage("/console", "an endless HTTP header".into()));
            }
            answer.push(wire.read_u8().await.map_err(broken)?);
        }
        let status = String::from_utf8_lossy(&answer)
            .split(' ')
            .nth(1)
            .and_then(|s| s.parse::<u16>().ok())
            .ok_or_else(|| self.garbage("/console", "no HTTP status".into()))?;
        if status != 200 {
            return Err(Error::Status {
                host: address.authority(),
                path: "/console".into(),
                status,
            });
        }
        let (input, output) = Framed::new(wire, BytesCodec::new()).split();
        Ok(Console {
            output: Box::pin(output.map(|r| r.map(BytesMut::freeze))),
            input: Box::pin(input),
        })
    }

    async fn wire(&self, address: &Address) -> Result<Box<dyn Wire>> {
        let host = address.authority();
        let unreachable = |e: std::io::Error| {
            if let Some(story) = self.trust().explain(&host, &e) {
                return story;
            }
            Error::Unreachable {
                host: self.rpc().way(host.clone()),
                source: e.into(),
            }
        };
        let tcp = match &self.rpc().proxy {
            Some(proxy) => proxy.connect(address).await,
            None => TcpStream::connect((address.host.as_str(), address.port)).await,
        };
        let tcp = tcp.map_err(unreachable)?;
        tcp.set_nodelay(true).map_err(unreachable)?;
        if !address.tls {
            return Ok(Box::new(tcp));
        }
        let config = self
            .trust()
            .client_config()
            .map_err(|e| unreachable(std::io::Error::other(e)))?;
        let name = ServerName::try_from(address.host.clone()).map_err(|_| Error::Address {
            address: address.host.clone(),
            reason: "not a name that TLS can check",
        })?;
        let tls = tokio_rustls::TlsConnector::from(Arc::new(config)).connect(name, tcp);
        Ok(Box::new(tls.await.map_err(unreachable)?))
    }
}
