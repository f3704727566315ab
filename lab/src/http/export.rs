//! `GET /export` and `GET /export_metadata`: a VM as an XVA archive (reference: XVA, sections 4 and 8).
//!
//! Owns the way from rows to `ova.xml`: references become `Ref:<n>`, those to objects that are not exported become null.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use http::{HeaderValue, header};
use hyper::body::Incoming;
use hyper::{Method, Request, StatusCode};
use xva::xmlrpc::{self, Struct};
use xva::{CHUNK_SIZE, Compression, Object, Ova, Version, WriteError, Writer};

use super::transfer::{Pipe, Transfer};
use super::{Reply, Replying, Route, full};
use crate::contents::id_of;
use crate::date;
use crate::db::Db;
use crate::failure::Failure;
use crate::lab::Inner;
use crate::operations;
use crate::value::{NULL_REF, Text, Value};

pub(super) const ROUTES: &[Route] = &[
    Route {
        method: Method::GET,
        prefix: "/export",
        handler: |lab, request| Box::pin(export(lab, request)),
    },
    Route {
        method: Method::GET,
        prefix: "/export_metadata",
        handler: metadata,
    },
];

/// A VM to be exported.
struct Plan {
    ova: Ova,
    /// The content of each disk by its identifier in the archive.
    contents: HashMap<String, Text>,
}

async fn export(lab: Arc<Inner>, request: Request<Incoming>) -> Reply {
    let mut transfer = match Transfer::begin(&lab, &request, "GET /export").await {
        Ok(transfer) => transfer,
        Err(reply) => return reply,
    };
    let compression = match transfer.param("use_compression") {
        Some("true" | "gzip") => Compression::Gzip,
        Some("zstd") => Compression::Zstd,
        _ => Compression::None,
    };
    let prepared = prepare(&mut transfer);
    let (vm, plan) = match prepared {
        Ok(prepared) => prepared,
        Err(failure) => return transfer.refuse(StatusCode::INTERNAL_SERVER_ERROR, failure),
    };
    let (mut reply, pipe) = transfer.streaming("application/octet-stream");
    let name = HeaderValue::from_static("attachment; filename=\"export.xva\"");
    reply
        .headers_mut()
        .insert(header::CONTENT_DISPOSITION, name);
    lab.tracker.clone().spawn_blocking(move || {
        let breaker = pipe.breaker();
        let outcome = write(&mut transfer, &plan, compression, pipe);
        if outcome.is_err() {
            breaker.abort();
        }
        operations::end(&mut transfer.lab.store.write(), "VM", &vm, &transfer.task);
        transfer.finish(outcome);
    });
    reply
}

fn prepare(transfer: &mut Transfer) -> Result<(Text, Plan), Failure> {
    let lab = Arc::clone(&transfer.lab);
    let mut db = lab.store.write();
    let vm = transfer.object(&db, "VM", &["ref", "uuid"])?;
    operations::check(&db, "VM", &vm, "export")?;
    transfer.take_fault()?;
    let plan = plan(&db, std::slice::from_ref(&vm));
    operations::begin(&mut db, "VM", &vm, "export", &transfer.task);
    Ok((vm, plan))
}

fn write(
    transfer: &mut Transfer,
    plan: &Plan,
    compression: Compression,
    pipe: Pipe,
) -> Result<String, Failure> {
    let failed = |error: WriteError| Failure::new("CLIENT_ERROR", [error.to_string()]);
    let mut writer = Writer::new(pipe, &plan.ova, compression).map_err(failed)?;
    let disks = writer.disks().to_vec();
    let total: u64 = disks.iter().map(|disk| disk.virtual_size).sum();
    let mut before = 0;
    let mut chunk = vec![0; CHUNK_SIZE as usize];
    for disk in disks {
        let Some(content) = plan.contents.get(&disk.id) else {
            continue;
        };
        let mut at = 0;
        while let Some(data) = transfer.lab.contents.next_data(content, at) {
            let start = data / CHUNK_SIZE * CHUNK_SIZE;
            if start >= disk.virtual_size {
                break;
            }
            transfer.progress(before + start, total)?;
            transfer.lab.contents.read(content, start, &mut chunk);
            writer
                .write_chunk(&disk.id, start, &chunk)
                .map_err(failed)?;
            at = start + CHUNK_SIZE;
        }
        before += disk.virtual_size;
    }
    writer.finish().map_err(failed)?;
    Ok(xmlrpc::to_xml(&"".into()))
}

fn metadata(lab: Arc<Inner>, request: Request<Incoming>) -> Replying {
    Box::pin(async move {
        let mut transfer = match Transfer::begin(&lab, &request, "GET /export_metadata").await {
            Ok(transfer) => transfer,
            Err(reply) => return reply,
        };
        let made = transfer.take_fault().and_then(|()| {
            let db = lab.store.read();
            let vms = if transfer.flag("all") {
                let exported = |vm: &Text| {
                    !db.flag(vm, "is_default_template")
                        && !db.flag(vm, "is_a_snapshot")
                        && (transfer.flag("include_dom0") || !db.flag(vm, "is_control_domain"))
                };
                db.all("VM").into_iter().filter(exported).collect()
            } else {
                vec![transfer.object(&db, "VM", &["ref", "uuid"])?]
            };
            let mut archive = Vec::new();
            xva::write_metadata(&mut archive, &plan(&db, &vms).ova)
                .map_err(|error| Failure::internal(&error.to_string()))?;
            Ok(archive)
        });
        match made {
            Ok(archive) => {
                transfer.finish(Ok(xmlrpc::to_xml(&"".into())));
                let mut reply = full(StatusCode::OK, "application/octet-stream", archive);
                let name = HeaderValue::from_static("attachment; filename=\"export.xva\"");
                reply
                    .headers_mut()
                    .insert(header::CONTENT_DISPOSITION, name);
                reply
            }
            Err(failure) => transfer.refuse(StatusCode::INTERNAL_SERVER_ERROR, failure),
        }
    })
}

/// What goes into the archive of these VMs: themselves, their devices, and what those need.
fn plan(db: &Db, vms: &[Text]) -> Plan {
    let mut rows: Vec<Text> = Vec::new();
    let mut seen = HashSet::new();
    let mut add = |reference: Text| {
        if seen.insert(Text::clone(&reference)) {
            rows.push(reference);
        }
    };
    for vm in vms {
        add(Text::clone(vm));
        for vbd in db.refs(vm, "VBDs") {
            let vdi = db
                .linked(&vbd, "VDI")
                .filter(|_| db.get(&vbd, "type").as_str() != "CD");
            add(vbd);
            if let Some(vdi) = vdi {
                let sr = db.linked(&vdi, "SR");
                add(vdi);
                sr.map(&mut add);
            }
        }
        for vif in db.refs(vm, "VIFs") {
            let network = db.linked(&vif, "network");
            add(vif);
            network.map(&mut add);
        }
        if let Some(vdi) = db.linked(vm, "suspend_VDI") {
            let sr = db.linked(&vdi, "SR");
            add(vdi);
            sr.map(&mut add);
        }
    }
    let names: HashMap<&str, String> = rows
        .iter()
        .enumerate()
        .map(|(at, row)| (&**row, format!("Ref:{at}")))
        .collect();
    let mut contents = HashMap::new();
    let mut objects = Vec::new();
    for row in &rows {
        let (Some(class), Some(id)) = (db.class_of(row), names.get(&**row)) else {
            continue;
        };
        if class == "VDI" {
            contents.insert(id.clone(), id_of(db, row));
        }
        let snapshot = snapshot(db, class, row, &names);
        objects.push(Object {
            class: class.to_owned(),
            id: id.clone(),
            snapshot,
        });
    }
    let version = Version {
        hostname: "lab".to_owned(),
        ..Version::portable("XCP-ng", "8.3.0", &date::format(date::now()))
    };
    Plan {
        ova: Ova { version, objects },
        contents,
    }
}

/// A row as the archive carries it.
fn snapshot(db: &Db, class: &str, row: &str, names: &HashMap<&str, String>) -> Struct {
    let fields = db
        .schema()
        .class(class)
        .and_then(|at| db.schema().classes.get(at));
    let values = db.find(class, row).map(|row| &row.values);
    let mut snapshot = Struct::new();
    for (field, value) in fields
        .into_iter()
        .zip(values)
        .flat_map(|(c, v)| c.fields.iter().zip(v))
    {
        snapshot.push(&*field.name, convert(value, names));
    }
    match class {
        // Without the VM that it is of, a snapshot is a VM: backups are such exports, and come back as VMs.
        "VM" => snapshot.set("is_a_snapshot", false),
        "VDI" => {
            let size = db.int(row, "virtual_size").max(0) as u64;
            snapshot.set("virtual_size", size.next_multiple_of(CHUNK_SIZE) as i64);
        }
        // The disc stays behind.
        "VBD" if db.get(row, "type").as_str() == "CD" => {
            snapshot.set("VDI", NULL_REF);
            snapshot.set("empty", true);
        }
        _ => {}
    }
    for field in ["allowed_operations", "current_operations"] {
        if let Some(value) = snapshot.get(field) {
            let empty = match value {
                xmlrpc::Value::Array(_) => xmlrpc::Value::Array(Vec::new()),
                _ => Struct::new().into(),
            };
            snapshot.set(field, empty);
        }
    }
    if matches!(class, "VBD" | "VIF") {
        snapshot.set("currently_attached", false);
    }
    snapshot
}

fn convert(value: &Value, names: &HashMap<&str, String>) -> xmlrpc::Value {
    match value {
        Value::Void => "".into(),
        Value::Bool(flag) => (*flag).into(),
        Value::Int(number) | Value::Count(number) => (*number).into(),
        Value::Float(number) => (*number).into(),
        Value::Date(seconds) => xmlrpc::Value::DateTime(date::format(*seconds)),
        Value::Str(text) => match names.get(&**text) {
            Some(name) => name.as_str().into(),
            None if text.starts_with("OpaqueRef:") => NULL_REF.into(),
            None => (&**text).into(),
        },
        // A list names only what is in the archive.
        Value::Set(values) => {
            let known = |value: &&Value| {
                let text = value.as_str();
                !text.starts_with("OpaqueRef:") || names.contains_key(text)
            };
            xmlrpc::Value::Array(
                values
                    .iter()
                    .filter(known)
                    .map(|v| convert(v, names))
                    .collect(),
            )
        }
        Value::Map(entries) => xmlrpc::Value::Struct(
            entries
                .iter()
                .map(|(key, value)| (key.to_string(), convert(value, names)))
                .collect(),
        ),
    }
}
