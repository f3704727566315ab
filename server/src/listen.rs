//! The listeners: TLS for everything; plain HTTP for everything on loopback, for redirects elsewhere.

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use anyhow::{Context, Result};
use axum_server::accept::NoDelayAcceptor;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use axum_server::{Handle, Server};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use xo_api::Site;

/// How long open requests may go on after the stop.
const DRAIN: Duration = Duration::from_secs(10);
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How long a client may take to send a request's head.
const HEADER: Duration = Duration::from_secs(30);

/// A listener that runs.
pub(crate) struct Listener {
    /// Where it listens; the port is known also when 0 was asked for.
    pub(crate) address: SocketAddr,
    task: JoinHandle<std::io::Result<()>>,
}

impl Listener {
    /// Serves by TLS until `stopping`.
    pub(crate) fn https(
        at: SocketAddr,
        tls: RustlsConfig,
        site: Site,
        stopping: &CancellationToken,
    ) -> Result<Self> {
        let (server, address) = bind(at, stopping)?;
        let acceptor = RustlsAcceptor::new(tls)
            .handshake_timeout(HANDSHAKE)
            .acceptor(NoDelayAcceptor::new());
        let task = tokio::spawn(server.acceptor(acceptor).serve(site));
        Ok(Self { address, task })
    }

    /// Serves in the clear until `stopping`.
    pub(crate) fn http(at: SocketAddr, site: Site, stopping: &CancellationToken) -> Result<Self> {
        let (server, address) = bind(at, stopping)?;
        let task = tokio::spawn(server.acceptor(NoDelayAcceptor::new()).serve(site));
        Ok(Self { address, task })
    }

    /// Waits until it has stopped.
    pub(crate) async fn stopped(self) {
        match self.task.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(address = %self.address, %error, "listener failed"),
            Err(error) => tracing::error!(address = %self.address, %error, "listener ended badly"),
        }
    }
}

fn bind(at: SocketAddr, stopping: &CancellationToken) -> Result<(Server<SocketAddr>, SocketAddr)> {
    let unusable = || format!("cannot listen on {at}: is another program using it?");
    let socket = TcpListener::bind(at).with_context(unusable)?;
    socket.set_nonblocking(true).with_context(unusable)?;
    let address = socket.local_addr().with_context(unusable)?;
    let handle = Handle::new();
    let (stop, stopped) = (handle.clone(), stopping.clone());
    tokio::spawn(async move {
        stopped.cancelled().await;
        stop.graceful_shutdown(Some(DRAIN));
    });
    let mut server = axum_server::from_tcp(socket)
        .with_context(unusable)?
        .handle(handle);
    let timer = hyper_util::rt::TokioTimer::new();
    server
        .http_builder()
        .http1()
        .timer(timer)
        .header_read_timeout(HEADER);
    Ok((server, address))
}
