//! The HTTP side: listeners, and a router that picks a handler by verb and the longest matching path prefix, as a host
//! does (reference: wire facts, sections 1 and 5).
//!
//! A handler file lists its `ROUTES`; adding one means adding its table to `TABLES`.

pub mod auth;
mod console;
mod dumps;
mod export;
mod import;
mod raw_vdi;
mod rpc;
mod rrd;
mod transfer;
mod vhd;

use std::convert::Infallible;
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::lab::{Inner, StartError};
use crate::value::Text;

/// Body of an answer: in one piece or streamed.
pub type Body = UnsyncBoxBody<Bytes, Box<dyn std::error::Error + Send + Sync>>;

/// An answer.
pub type Reply = Response<Body>;

/// An answer to come.
pub type Replying = Pin<Box<dyn Future<Output = Reply> + Send>>;

/// A handler, with the whole request.
pub type Handler = fn(Arc<Inner>, Request<Incoming>) -> Replying;

/// One entry of the router.
pub struct Route {
    /// The verb.
    pub method: Method,
    /// What the path must start with.
    pub prefix: &'static str,
    /// Who answers.
    pub handler: Handler,
}

/// The tables of all handler files.
const TABLES: &[&[Route]] = &[
    rpc::ROUTES,
    console::ROUTES,
    dumps::ROUTES,
    export::ROUTES,
    import::ROUTES,
    raw_vdi::ROUTES,
    rrd::ROUTES,
];

fn find(method: &Method, path: &str) -> Option<Handler> {
    TABLES
        .iter()
        .flat_map(|table| table.iter())
        .filter(|route| route.method == *method && path.starts_with(route.prefix))
        .max_by_key(|route| route.prefix.len())
        .map(|route| route.handler)
}

/// The address that a request came in at: each host of the pool has its own.
#[derive(Debug, Clone, Copy)]
pub struct ServedBy(pub IpAddr);

impl ServedBy {
    /// The host that serves a request: the one with this address, else the master.
    #[must_use]
    pub fn host(lab: &Inner, request: &Request<Incoming>) -> Option<Text> {
        let db = lab.store.read();
        let address = request
            .extensions()
            .get::<Self>()
            .map(|served| served.0.to_string());
        let named = db
            .all("host")
            .into_iter()
            .find(|host| address.as_deref() == Some(db.get(host, "address").as_str()));
        named.or_else(|| {
            db.all("pool")
                .first()
                .map(|pool| db.reference(pool, "master"))
        })
    }
}

/// An answer in one piece.
pub fn full(status: StatusCode, content_type: &str, body: impl Into<Bytes>) -> Reply {
    let body = Full::new(body.into())
        .map_err(|never: Infallible| match never {})
        .boxed_unsync();
    let mut reply = Response::new(body);
    *reply.status_mut() = status;
    let headers = reply.headers_mut();
    if let Ok(value) = content_type.parse() {
        headers.insert(http::header::CONTENT_TYPE, value);
    }
    let value = http::HeaderValue::from_static("no-cache, no-store");
    headers.insert(http::header::CACHE_CONTROL, value);
    let value = http::HeaderValue::from_static("*");
    headers.insert(http::header::ACCESS_CONTROL_ALLOW_ORIGIN, value);
    let value = http::HeaderValue::from_static("X-Requested-With");
    headers.insert(http::header::ACCESS_CONTROL_ALLOW_HEADERS, value);
    reply
}

/// A refusal with a short page, as a host sends it.
#[must_use]
pub fn refusal(status: StatusCode, reason: &str) -> Reply {
    let page = format!("<html><body><h1>HTTP {status}</h1><p>{reason}</p></body></html>");
    full(status, "text/html", page)
}

/// The parameters of the request's query, decoded.
pub fn query(request: &Request<Incoming>) -> std::collections::HashMap<String, String> {
    let query = request.uri().query().unwrap_or_default();
    url::form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect()
}

/// Serves this address until the lab stops. Returns where it really listens.
///
/// # Errors
/// When the address cannot be bound.
pub async fn listen(
    lab: &Arc<Inner>,
    address: SocketAddr,
    tls: Option<Arc<rustls::ServerConfig>>,
) -> Result<SocketAddr, StartError> {
    let failed = |source| StartError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    let acceptor = tls.map(TlsAcceptor::from);
    let lab = Arc::clone(lab);
    let tracker = lab.tracker.clone();
    tracker.spawn(async move {
        loop {
            let accepted = tokio::select! {
                () = lab.stop.cancelled() => return,
                accepted = listener.accept() => accepted,
            };
            // An accept fails when the process is out of descriptors: those who are connected still are served.
            let Ok((stream, _)) = accepted else {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
                continue;
            };
            let lab = Arc::clone(&lab);
            let acceptor = acceptor.clone();
            let tracker = lab.tracker.clone();
            tracker.spawn(async move { connection(lab, stream, acceptor).await });
        }
    });
    Ok(bound)
}

async fn connection(lab: Arc<Inner>, stream: TcpStream, acceptor: Option<TlsAcceptor>) {
    let _ = stream.set_nodelay(true);
    let mut severed = lab.faults.severed();
    let served_by = ServedBy(
        stream
            .local_addr()
            .map_or(IpAddr::from([127, 0, 0, 1]), |at| at.ip()),
    );
    if lab.faults.is_down(served_by.0) {
        return;
    }
    let served = async {
        match acceptor {
            None => serve(&lab, stream, served_by).await,
            Some(acceptor) => {
                if let Ok(stream) = acceptor.accept(stream).await {
                    serve(&lab, stream, served_by).await;
                }
            }
        }
    };
    tokio::select! {
        () = served => {}
        () = lab.stop.cancelled() => {}
        _ = severed.changed() => {}
    }
}

async fn serve<S>(lab: &Arc<Inner>, stream: S, served_by: ServedBy)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(|mut request: Request<Incoming>| {
        request.extensions_mut().insert(served_by);
        let lab = Arc::clone(lab);
        async move { answer(lab, request).await }
    });
    let served = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    if let Err(error) = served.await {
        tracing::debug!(%error, "connection ended");
    }
}

/// The connection is closed without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the connection is dropped")]
struct Dropped;

async fn answer(lab: Arc<Inner>, request: Request<Incoming>) -> Result<Reply, Dropped> {
    if lab.faults.take_drop() {
        return Err(Dropped);
    }
    if lab.faults.take_garbage() {
        return Ok(full(
            StatusCode::OK,
            "application/json",
            &b"\x00\xff<garbage}{"[..],
        ));
    }
    Ok(match find(request.method(), request.uri().path()) {
        Some(handler) => handler(lab, request).await,
        None => refusal(StatusCode::NOT_FOUND, "The requested path does not exist."),
    })
}
