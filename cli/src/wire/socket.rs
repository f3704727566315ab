//! Opens the WebSocket: TCP, TLS when asked for, the upgrade; one deadline for all of it.

use std::time::Duration;

use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Error as WsError;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

use super::address::Address;
use super::trust::Trust;
use crate::error::Error;

/// How long opening a connection may take.
pub const CONNECT_LIMIT: Duration = Duration::from_secs(15);
/// One frame may hold every object of a large infrastructure.
const MAX_MESSAGE_BYTES: usize = 2 << 30;
/// A server that answers a plain request with a redirection to TLS is followed once.
const MAX_REDIRECTIONS: usize = 1;

/// A byte stream, plain or TLS.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// An open WebSocket.
pub type Socket = WebSocketStream<Box<dyn Stream>>;

enum Upgrade {
    Done(Box<Socket>),
    Redirected(Address),
}

/// Connects to the API of the server; also returns the address that answered.
pub async fn open(address: &Address, trust: &Trust) -> Result<(Socket, Address), Error> {
    let mut address = address.clone();
    let mut redirections = 0;
    loop {
        let attempt = tokio::time::timeout(CONNECT_LIMIT, upgrade(&address, trust)).await;
        let attempt = attempt.unwrap_or_else(|_| {
            let limit = CONNECT_LIMIT.as_secs();
            Err(connect_error(
                &address,
                format!("no answer in {limit} seconds"),
            ))
        });
        match attempt? {
            Upgrade::Done(socket) => return Ok((*socket, address)),
            Upgrade::Redirected(target) if redirections < MAX_REDIRECTIONS => {
                redirections += 1;
                address = target;
            }
            Upgrade::Redirected(target) => {
                return Err(not_xo(&address, format!("it redirects to {target}")));
            }
        }
    }
}

async fn upgrade(address: &Address, trust: &Trust) -> Result<Upgrade, Error> {
    let tcp = TcpStream::connect((address.host(), address.port()))
        .await
        .map_err(|error| connect_error(address, error.to_string()))?;
    // Small messages that wait for each other: never delay them. A refusal is harmless.
    let _ = tcp.set_nodelay(true);
    let stream: Box<dyn Stream> = if address.is_tls() {
        let name = ServerName::try_from(address.host().to_owned())
            .map_err(|error| connect_error(address, error.to_string()))?;
        let connector = TlsConnector::from(trust.configuration());
        match connector.connect(name, tcp).await {
            Ok(tls) => Box::new(tls),
            Err(error) if is_no_tls(&error) => {
                let reason = format!("it does not speak TLS on port {}", address.port());
                return Err(connect_error(address, reason));
            }
            Err(error) => return Err(tls_error(address, trust, &error.to_string())),
        }
    } else {
        Box::new(tcp)
    };
    let limits = WebSocketConfig::default()
        .max_message_size(Some(MAX_MESSAGE_BYTES))
        .max_frame_size(Some(MAX_MESSAGE_BYTES));
    let request = address.web_socket();
    match tokio_tungstenite::client_async_with_config(request, stream, Some(limits)).await {
        Ok((socket, _)) => Ok(Upgrade::Done(Box::new(socket))),
        Err(WsError::Http(response)) => {
            let location = response
                .headers()
                .get("location")
                .and_then(|name| name.to_str().ok());
            match location.and_then(|location| address.redirected(location)) {
                Some(target) => Ok(Upgrade::Redirected(target)),
                None => Err(not_xo(
                    address,
                    format!("HTTP status {}", response.status()),
                )),
            }
        }
        Err(WsError::Io(error)) => Err(connect_error(address, error.to_string())),
        Err(error) => Err(not_xo(address, error.to_string())),
    }
}

/// Whether what came back was not TLS at all, such as a line of plain HTTP.
fn is_no_tls(error: &std::io::Error) -> bool {
    let cause = error
        .get_ref()
        .and_then(|cause| cause.downcast_ref::<rustls::Error>());
    matches!(
        cause,
        Some(rustls::Error::InvalidMessage(
            rustls::InvalidMessage::InvalidContentType
        ))
    )
}

/// The error for a TLS failure: about the certificate when that was what was refused.
pub fn tls_error(address: &Address, trust: &Trust, reason: &str) -> Error {
    let server = address.to_string();
    match trust.presented() {
        Some(presented) if presented.refusal.is_some() => Error::Certificate {
            server,
            reason: presented.refusal.unwrap_or_default(),
            fingerprint: Some(presented.fingerprint),
        },
        _ => Error::Connect {
            server,
            reason: format!("TLS failed: {reason}"),
        },
    }
}

fn connect_error(address: &Address, reason: String) -> Error {
    Error::Connect {
        server: address.to_string(),
        reason,
    }
}

fn not_xo(address: &Address, reason: String) -> Error {
    Error::NotAnXoServer {
        server: address.to_string(),
        reason,
    }
}
