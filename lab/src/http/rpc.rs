//! `POST /jsonrpc` speaks JSON-RPC, `POST` of any other path XML-RPC. API errors are HTTP 200; a body that is no request is
//! HTTP 500, as in a host.

use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::{Method, Request as Incomer, StatusCode};

use super::{Reply, Replying, Route, ServedBy, full, refusal};
use crate::calls;
use crate::failure::Failure;
use crate::lab::Inner;
use crate::rpc::encode::Format;
use crate::rpc::{Outcome, Request, json, xml};

/// The largest request that is read.
const LIMIT: usize = 64 << 20;

pub(super) const ROUTES: &[Route] = &[
    Route {
        method: Method::POST,
        prefix: "/",
        handler: xml_rpc,
    },
    Route {
        method: Method::POST,
        prefix: "/jsonrpc",
        handler: json_rpc,
    },
    Route {
        method: Method::OPTIONS,
        prefix: "/",
        handler: options,
    },
];

fn options(_: Arc<Inner>, _: Incomer<Incoming>) -> Replying {
    Box::pin(async { full(StatusCode::OK, "text/html", Bytes::new()) })
}

/// A host that is not the master sends its callers there.
fn slave(lab: &Inner, request: &Incomer<Incoming>) -> Option<Failure> {
    let host = ServedBy::host(lab, request)?;
    let db = lab.store.read();
    let master = db
        .all("pool")
        .first()
        .map(|pool| db.reference(pool, "master"))?;
    (host != master).then(|| Failure::new("HOST_IS_SLAVE", [&*db.text(&master, "address")]))
}

async fn answer(
    lab: &Arc<Inner>,
    slave: Option<Failure>,
    call: Request,
    format: Format,
) -> Outcome {
    match slave {
        Some(failure) => Err(failure),
        None => calls::call(lab, call, format).await,
    }
}

async fn body(request: Incomer<Incoming>) -> Result<Bytes, Reply> {
    let collected = Limited::new(request.into_body(), LIMIT).collect().await;
    collected
        .map(http_body_util::Collected::to_bytes)
        .map_err(|error| {
            refusal(
                StatusCode::INTERNAL_SERVER_ERROR,
                &format!("The body cannot be read: {error}"),
            )
        })
}

fn json_rpc(lab: Arc<Inner>, request: Incomer<Incoming>) -> Replying {
    Box::pin(async move {
        let slave = slave(&lab, &request);
        let body = match body(request).await {
            Ok(body) => body,
            Err(reply) => return reply,
        };
        match json::parse(&body) {
            Ok((request, envelope)) => {
                let outcome = answer(&lab, slave, request, Format::Json).await;
                full(
                    StatusCode::OK,
                    "application/json",
                    json::answer(outcome, &envelope),
                )
            }
            Err(error) => refusal(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
        }
    })
}

fn xml_rpc(lab: Arc<Inner>, request: Incomer<Incoming>) -> Replying {
    Box::pin(async move {
        let slave = slave(&lab, &request);
        let body = match body(request).await {
            Ok(body) => body,
            Err(reply) => return reply,
        };
        match xml::parse(&body) {
            Ok(request) => {
                let bare = &*request.method == "system.listMethods";
                let outcome = answer(&lab, slave, request, Format::Xml).await;
                let answer = match &outcome {
                    Ok(result) if bare => xml::bare(result),
                    _ => xml::answer(&outcome),
                };
                full(StatusCode::OK, "text/xml", answer)
            }
            Err(error) => refusal(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
        }
    })
}
