//! Exports and imports: the bytes go straight between the client and the pool.

use axum::http::{Method as Verb, StatusCode};
use axum::response::Response;
use serde_json::{Map, Value, json};
use xo_engine::{Engine, Error, ObjectType, Transfer};

use super::asked::{Asked, created, nothing};
use super::methods;
use super::route::{Route, of};
use crate::problem::Problem;
use crate::transfers::{incoming, outgoing_response};

const VMS: &[(&str, ObjectType)] = &[
    ("vms", ObjectType::Vm),
    ("vm-snapshots", ObjectType::VmSnapshot),
    ("vm-templates", ObjectType::VmTemplate),
];

const DISKS: &[(&str, ObjectType)] = &[
    ("vdis", ObjectType::Vdi),
    ("vdi-snapshots", ObjectType::VdiSnapshot),
];

/// What a disk is called whose maker told no name.
const NAMELESS_DISK: &str = "Imported disk";

pub(super) fn routes(engine: &Engine) -> Vec<Route> {
    let mut routes = Vec::new();
    if methods::find(engine, "disk.exportContent").is_some() {
        for &(path, kind) in DISKS {
            let summary = format!("Downloads the content of one {}: raw or vhd.", kind.name());
            let route = Route::new(
                Verb::GET,
                format!("/{path}/{{id}}.{{format}}"),
                summary,
                move |asked| export_disk(asked, kind),
            );
            routes.push(
                route
                    .reply_with(200, "The content", "application/octet-stream", of("string"))
                    .reply(404, "No such object"),
            );
        }
    }
    if methods::find(engine, "disk.importContent").is_some() {
        routes.push(
            Route::new(
                Verb::PUT,
                "/vdis/{id}.{format}",
                "Overwrites one VDI: raw or vhd.",
                overwrite_disk,
            )
            .stream_body()
            .reply(204, "Overwritten")
            .reply(404, "No such object"),
        );
    }
    if methods::find(engine, "disk.import").is_some() {
        let raw = json!({ "type": "boolean", "description": "the body is the disk byte by byte, and its length the disk's size; a VHD when left out" });
        routes.push(
            Route::new(
                Verb::POST,
                "/srs/{id}/vdis",
                "Makes a VDI of an image.",
                import_disk,
            )
            .query("raw", raw)
            .query("name_label", of("string"))
            .query("name_description", of("string"))
            .stream_body()
            .reply_json(201, "Imported", super::route::made())
            .reply(404, "No such object"),
        );
    }
    if methods::find(engine, "vm.export").is_some() {
        for &(path, kind) in VMS {
            let summary = format!("Exports one {} as XVA.", kind.name());
            let route = Route::new(
                Verb::GET,
                format!("/{path}/{{id}}.{{format}}"),
                summary,
                move |asked| export_vm(asked, kind),
            );
            routes.push(
                route
                    .query(
                        "compress",
                        json!({ "enum": ["gzip", "zstd", "true", "false"] }),
                    )
                    .reply_with(200, "The image", "application/octet-stream", of("string"))
                    .reply(404, "No such object"),
            );
        }
    }
    if methods::find(engine, "vm.import").is_some() {
        routes.push(
            Route::new(
                Verb::POST,
                "/pools/{id}/vms",
                "Imports a VM from an XVA.",
                import_vm,
            )
            .query(
                "sr",
                json!({ "type": "string", "description": "the pool's default SR when left out" }),
            )
            .stream_body()
            .reply_json(201, "Imported", super::route::made()),
        );
    }
    routes
}

async fn export_vm(asked: Asked, kind: ObjectType) -> Result<Response, Problem> {
    let (id, format) = (asked.param("id"), asked.param("format"));
    let item = asked.engine().fetch(&asked.caller, id, &[kind])?;
    if format != "xva" {
        return Err(Error::NotImplemented {
            what: format!("exporting a VM as {format}; xva is"),
        }
        .into());
    }
    let mut params = Map::from_iter([
        ("vm".to_owned(), json!(id)),
        ("format".to_owned(), json!(format)),
    ]);
    match asked.query("compress") {
        None | Some("false") => {}
        Some("gzip" | "true" | "") => drop(params.insert("compress".into(), json!("gzip"))),
        Some("zstd") => drop(params.insert("compress".into(), json!("zstd"))),
        Some(_) => return Err(Error::invalid("compress", "must be gzip or zstd").into()),
    }
    let Transfer::Get(start) = transfer(&asked, "vm.export", params, "$getFrom").await? else {
        return Err(Error::internal("vm.export offered an upload").into());
    };
    let name = item
        .at("name_label")
        .and_then(|n| n.as_str().map(str::to_owned))
        .unwrap_or_default();
    Ok(outgoing_response(
        start().await?,
        Some(&format!("{name}.{format}")),
    ))
}

async fn import_vm(mut asked: Asked) -> Result<Response, Problem> {
    let pool = asked
        .engine()
        .fetch(&asked.caller, asked.param("id"), &[ObjectType::Pool])?;
    let sr = match asked.query("sr") {
        Some(sr) => sr.to_owned(),
        None => pool
            .at("default_SR")
            .and_then(|sr| sr.as_str().map(str::to_owned))
            .ok_or_else(|| Error::invalid("sr", "is required: the pool has no default SR"))?,
    };
    let found = asked
        .engine()
        .fetch(&asked.caller, &sr, &[ObjectType::Sr])?;
    if found.pool != pool.id {
        return Err(Error::no_such(sr, "SR of this pool").into());
    }
    let params = Map::from_iter([("sr".to_owned(), json!(sr))]);
    let made = upload(&mut asked, "vm.import", params).await?;
    created("vms", made.as_str().unwrap_or_default())
}

fn disk_format(asked: &Asked) -> Result<&str, Problem> {
    match asked.param("format") {
        format @ ("raw" | "vhd") => Ok(format),
        _ => Err(Error::invalid("format", "must be raw or vhd").into()),
    }
}

async fn export_disk(asked: Asked, kind: ObjectType) -> Result<Response, Problem> {
    let (id, format) = (asked.param("id"), disk_format(&asked)?);
    asked.engine().fetch(&asked.caller, id, &[kind])?;
    let params = Map::from_iter([
        ("id".to_owned(), json!(id)),
        ("format".to_owned(), json!(format)),
    ]);
    let Transfer::Get(start) = transfer(&asked, "disk.exportContent", params, "$getFrom").await?
    else {
        return Err(Error::internal("disk.exportContent offered an upload").into());
    };
    Ok(outgoing_response(start().await?, None))
}

async fn overwrite_disk(mut asked: Asked) -> Result<Response, Problem> {
    let (id, format) = (asked.param("id"), disk_format(&asked)?);
    asked
        .engine()
        .fetch(&asked.caller, id, &[ObjectType::Vdi])?;
    let params = Map::from_iter([
        ("id".to_owned(), json!(id)),
        ("format".to_owned(), json!(format)),
    ]);
    upload(&mut asked, "disk.importContent", params).await?;
    Ok(nothing())
}

async fn import_disk(mut asked: Asked) -> Result<Response, Problem> {
    let sr = asked.param("id");
    asked.engine().fetch(&asked.caller, sr, &[ObjectType::Sr])?;
    let text = |name| asked.query(name).unwrap_or_default();
    let name = match text("name_label") {
        "" => NAMELESS_DISK,
        name => name,
    };
    let format = if asked.flag("raw") { "raw" } else { "vhd" };
    let params = Map::from_iter([
        ("sr".to_owned(), json!(sr)),
        ("type".to_owned(), json!(format)),
        ("name".to_owned(), json!(name)),
        ("description".to_owned(), json!(text("name_description"))),
    ]);
    let made = upload(&mut asked, "disk.import", params).await?;
    created("vdis", made.as_str().unwrap_or_default())
}

/// Hands the body of the request to a method that takes one.
pub(super) async fn upload(
    asked: &mut Asked,
    method: &str,
    params: Map<String, Value>,
) -> Result<Value, Problem> {
    let Transfer::Send(take) = transfer(asked, method, params, "$sendTo").await? else {
        return Err(Error::internal(format!("{method} offered a download")).into());
    };
    let request = std::mem::take(asked.request.get_mut());
    Ok(take(incoming(request)).await?)
}

/// The stream behind the one-shot URL that a method answers; it is taken here and never seen by the client.
pub(super) async fn transfer(
    asked: &Asked,
    method: &str,
    params: Map<String, Value>,
    key: &str,
) -> Result<Transfer, Problem> {
    let offer = asked.call(method, params).await?;
    let url = offer.get(key).and_then(Value::as_str).unwrap_or_default();
    let token = url
        .trim_start_matches("/api/")
        .split('/')
        .next()
        .unwrap_or_default();
    let lost = || {
        Problem::http(
            StatusCode::SERVICE_UNAVAILABLE,
            "the transfer could not begin: try again",
        )
    };
    asked.engine().take_transfer(token).ok_or_else(lost)
}
