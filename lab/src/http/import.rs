//! `PUT /import`: makes the objects of an XVA archive and fills their disks (reference: XVA, sections 1, 5 and 7).
//!
//! `200` goes out before the archive is read; the task tells the outcome. Nothing behind the last chunk is read.

mod objects;

use std::error::Error as _;
use std::io::Read;
use std::sync::Arc;

use http::header;
use hyper::body::Incoming;
use hyper::{Method, Request, StatusCode};
use xva::{Checksums, Limits, OvaError, Reader, xmlrpc};

use super::transfer::{Transfer, is_probe, probe, source};
use super::{Reply, Route, refusal};
use crate::contents::Full;
use crate::failure::Failure;
use crate::lab::Inner;
use crate::value::Text;
use objects::Imported;

pub(super) const ROUTES: &[Route] = &[Route {
    method: Method::PUT,
    prefix: "/import",
    handler: |lab, request| Box::pin(import(lab, request)),
}];

/// The version of XAPI that the lab claims: newer archives are refused.
const XAPI_VERSION: (i64, i64) = (25, 6);

async fn import(lab: Arc<Inner>, request: Request<Incoming>) -> Reply {
    if request.headers().contains_key(header::TRANSFER_ENCODING) {
        let code = "IMPORT_ERROR_CANNOT_HANDLE_CHUNKED";
        return match Transfer::begin(&lab, &request, "PUT /import").await {
            Ok(transfer) => transfer.refuse(StatusCode::FORBIDDEN, Failure::bare(code)),
            Err(reply) => reply,
        };
    }
    if is_probe(&request) {
        return probe(&lab, &request, "PROBE /import").await;
    }
    let mut transfer = match Transfer::begin(&lab, &request, "PUT /import").await {
        Ok(transfer) => transfer,
        Err(reply) => return reply,
    };
    let sr = match target(&transfer) {
        Ok(sr) => sr,
        Err(failure) => return transfer.refuse(StatusCode::BAD_REQUEST, failure),
    };
    let (reply, pipe) = transfer.streaming("text/html");
    let body = source(request);
    lab.tracker.clone().spawn_blocking(move || {
        let outcome = take(&mut transfer, &sr, body);
        transfer.finish(outcome);
        // The answer ends with the import, and with it the connection.
        drop(pipe);
    });
    reply
}

/// The SR that takes the disks.
fn target(transfer: &Transfer) -> Result<Text, Failure> {
    let db = transfer.lab.store.read();
    let sr = if transfer
        .param("sr_id")
        .or(transfer.param("sr_uuid"))
        .is_some()
    {
        transfer.object(&db, "SR", &["sr_id", "sr_uuid"])?
    } else {
        let pool = db.all("pool");
        let chosen = pool.first().and_then(|pool| db.linked(pool, "default_SR"));
        chosen.ok_or_else(|| Failure::bare("DEFAULT_SR_NOT_FOUND"))?
    };
    if db.get(&sr, "content_type").as_str() == "iso" {
        return Err(Failure::new("SR_OPERATION_NOT_SUPPORTED", [&*sr]));
    }
    Ok(sr)
}

fn take(transfer: &mut Transfer, sr: &Text, body: impl Read) -> Result<String, Failure> {
    let checksums = if transfer.flag("force") {
        Checksums::Ignore
    } else {
        Checksums::Verify
    };
    let mut reader =
        Reader::open(body, Limits::default(), checksums).map_err(|error| failure(&error))?;
    reader
        .ova()
        .check_version(XAPI_VERSION.0, XAPI_VERSION.1)
        .map_err(|error| failure(&xva::Error::Ova(error)))?;
    let mut imported = Imported::default();
    let outcome = fill(transfer, sr, &mut reader, &mut imported);
    let lab = Arc::clone(&transfer.lab);
    let mut db = lab.store.write();
    match outcome {
        Ok(()) => {
            imported.complete(&mut db);
            let vms = imported
                .vms
                .iter()
                .map(|vm| xmlrpc::Value::from(&**vm))
                .collect();
            Ok(xmlrpc::to_xml(&xmlrpc::Value::Array(vms)))
        }
        Err(failure) => {
            imported.undo(&mut db, &lab.contents);
            Err(failure)
        }
    }
}

fn fill(
    transfer: &mut Transfer,
    sr: &Text,
    reader: &mut Reader<impl Read>,
    imported: &mut Imported,
) -> Result<(), Failure> {
    let lab = Arc::clone(&transfer.lab);
    {
        let restore = transfer.flag("restore");
        let mut db = lab.store.write();
        lab.contents.sweep(&mut db);
        imported.create(&mut db, reader.ova(), sr, &transfer.task, restore)?;
        db.put_entry(
            &transfer.task,
            "other_config",
            "object_creation",
            "complete",
        );
    }
    let sizes: Vec<(String, u64)> = reader
        .disks()
        .iter()
        .map(|disk| (disk.id.clone(), disk.virtual_size))
        .collect();
    let total: u64 = sizes.iter().map(|(_, size)| size).sum();
    let before = |disk: &str| -> u64 {
        sizes
            .iter()
            .take_while(|(id, _)| id != disk)
            .map(|(_, size)| size)
            .sum()
    };
    transfer.take_fault()?;
    while let Some(chunk) = reader.next_chunk().map_err(|error| failure(&error))? {
        transfer.progress(before(chunk.disk) + chunk.offset, total)?;
        let Some(content) = imported.contents.get(chunk.disk) else {
            continue;
        };
        lab.contents
            .write(content, chunk.offset, chunk.data)
            .map_err(full_sr)?;
    }
    Ok(())
}

/// What a host says when the disk's SR takes no more.
pub(super) fn full_sr(error: Full) -> Failure {
    Failure::new("SR_BACKEND_FAILURE_44", ["", &error.to_string(), ""])
}

/// The code that XAPI gives to an archive that is refused (reference: XVA, section 7).
fn failure(error: &xva::Error) -> Failure {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    match error {
        xva::Error::Truncated { .. } | xva::Error::NotAnXva { .. } => {
            Failure::bare("IMPORT_ERROR_PREMATURE_EOF")
        }
        xva::Error::UnexpectedEntry {
            expected, found, ..
        } if expected == "ova.xml" => {
            Failure::new("IMPORT_ERROR_UNEXPECTED_FILE", [expected, found])
        }
        xva::Error::Ova(OvaError::Dangling { target, .. }) => {
            Failure::new("IMPORT_ERROR_FAILED_TO_FIND_OBJECT", [target])
        }
        xva::Error::Ova(OvaError::TooNew { .. }) => Failure::bare("IMPORT_INCOMPATIBLE_VERSION"),
        _ => Failure::new("IMPORT_ERROR", [text]),
    }
}

/// A refusal for paths that take no transfer encoding at all.
pub(super) fn no_transfer_encoding(request: &Request<Incoming>) -> Option<Reply> {
    let chunked = request.headers().contains_key(header::TRANSFER_ENCODING);
    chunked.then(|| refusal(StatusCode::NOT_FOUND, "Transfer-Encoding is not supported."))
}
