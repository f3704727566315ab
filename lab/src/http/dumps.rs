//! What administrators fetch from a host whole: `/pool/xmldbdump`, `/host_backup`, `/system-status`,
//! `/host_logs_download`, `/audit_log` (reference: wire facts, section 5; simulator, section 5).
//!
//! Small and made in one piece from the lab's rows: a stand-in for the files of a real host, in the right wrapping.

use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::Arc;

use hyper::body::Incoming;
use hyper::{Method, Request, StatusCode};
use xva::xmlrpc;

use super::transfer::Transfer;
use super::{Reply, Replying, Route, full};
use crate::date;
use crate::db::Db;
use crate::failure::Failure;
use crate::lab::Inner;
use crate::value::{Text, Value};

pub(super) const ROUTES: &[Route] = &[
    Route {
        method: Method::GET,
        prefix: "/pool/xmldbdump",
        handler: |lab, request| {
            dump(lab, request, "GET /pool/xmldbdump", |db, _| {
                Ok(("text/xml", database(db).into_bytes()))
            })
        },
    },
    Route {
        method: Method::GET,
        prefix: "/host_backup",
        handler: |lab, request| dump(lab, request, "GET /host_backup", |db, _| backup(db)),
    },
    Route {
        method: Method::GET,
        prefix: "/system-status",
        handler: |lab, request| dump(lab, request, "GET /system-status", status),
    },
    Route {
        method: Method::GET,
        prefix: "/host_logs_download",
        handler: |lab, request| dump(lab, request, "GET /host_logs_download", |db, _| logs(db)),
    },
    Route {
        method: Method::GET,
        prefix: "/audit_log",
        handler: |lab, request| dump(lab, request, "GET /audit_log", audit),
    },
];

/// A content type and what goes with it.
type Dump = Result<(&'static str, Vec<u8>), Failure>;

fn dump(
    lab: Arc<Inner>,
    request: Request<Incoming>,
    name: &'static str,
    make: fn(&Db, &Transfer) -> Dump,
) -> Replying {
    Box::pin(async move {
        let mut transfer = match Transfer::begin(&lab, &request, name).await {
            Ok(transfer) => transfer,
            Err(reply) => return reply,
        };
        let made = transfer
            .take_fault()
            .and_then(|()| make(&lab.store.read(), &transfer));
        answer(&transfer, made)
    })
}

fn answer(transfer: &Transfer, made: Dump) -> Reply {
    match made {
        Ok((kind, content)) => {
            transfer.finish(Ok(xmlrpc::to_xml(&"".into())));
            full(StatusCode::OK, kind, content)
        }
        Err(failure) => transfer.refuse(StatusCode::INTERNAL_SERVER_ERROR, failure),
    }
}

/// The whole database as XAPI writes it to disk: a table for a class, a row for an object, fields as attributes, sets and
/// maps in parentheses.
fn database(db: &Db) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?><database><manifest>");
    let generation = db.generation().to_string();
    for (key, value) in [
        ("schema_major_vsn", "5"),
        ("schema_minor_vsn", "783"),
        ("generation_count", &generation),
    ] {
        // Writing to a string does not fail.
        let _ = write!(out, "<pair key=\"{key}\" value=\"{value}\"/>");
    }
    out.push_str("</manifest>");
    for (index, class) in db.schema().classes.iter().enumerate() {
        let _ = write!(out, "<table name=\"{}\">", class.name);
        for row in db
            .rows_of(index)
            .filter(|_| !matches!(&*class.name, "session" | "task"))
        {
            let _ = write!(out, "<row ref=\"{}\"", row.reference);
            for (field, value) in class.fields.iter().zip(&row.values) {
                let mut text = String::new();
                plain(&mut text, value);
                let _ = write!(out, " {}=\"{}\"", field.name, attribute(&text));
            }
            out.push_str("/>");
        }
        out.push_str("</table>");
    }
    out.push_str("</database>");
    out
}

fn plain(out: &mut String, value: &Value) {
    let quoted = |out: &mut String, value: &Value| {
        let mut text = String::new();
        plain(&mut text, value);
        let _ = write!(out, "'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"));
    };
    match value {
        Value::Void => {}
        Value::Bool(flag) => {
            let _ = write!(out, "{flag}");
        }
        Value::Int(number) | Value::Count(number) => {
            let _ = write!(out, "{number}");
        }
        Value::Float(number) => {
            let _ = write!(out, "{number}");
        }
        Value::Date(seconds) => out.push_str(&date::format(*seconds)),
        Value::Str(text) => out.push_str(text),
        Value::Set(values) => {
            out.push('(');
            for (at, value) in values.iter().enumerate() {
                out.push_str(if at > 0 { " " } else { "" });
                quoted(out, value);
            }
            out.push(')');
        }
        Value::Map(entries) => {
            out.push('(');
            for (at, (key, value)) in entries.iter().enumerate() {
                out.push_str(if at > 0 { " (" } else { "(" });
                quoted(out, &Value::from(key));
                out.push(' ');
                quoted(out, value);
                out.push(')');
            }
            out.push(')');
        }
    }
}

fn attribute(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | '\r' => {
                let _ = write!(out, "&#{};", u32::from(c));
            }
            '\u{0}'..='\u{1f}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// The master, which stands for whichever host is asked.
fn master(db: &Db) -> Text {
    let pool = db.all("pool");
    pool.first()
        .map_or_else(|| Text::from(""), |pool| db.reference(pool, "master"))
}

fn inventory(db: &Db) -> String {
    let host = master(db);
    let version = db.get(&host, "software_version");
    let entry = |key| version.entry(key).map_or("", Value::as_str).to_owned();
    format!(
        "PRODUCT_BRAND='{}'\nPRODUCT_VERSION='{}'\nBUILD_NUMBER='{}'\nINSTALLATION_UUID='{}'\n",
        entry("product_brand"),
        entry("product_version"),
        entry("build_number"),
        db.get(&host, "uuid").as_str(),
    )
}

/// A line for each message of the pool, the oldest first.
fn log(db: &Db) -> String {
    let mut messages: Vec<(i64, String)> = db
        .all("message")
        .iter()
        .map(|message| {
            let [name, body] = ["name", "body"].map(|field| db.text(message, field));
            let when = db.int(message, "timestamp");
            let body = body.replace(['\n', '\r'], " ");
            (
                when,
                format!(
                    "{} lab xapi: [ info||0 |||message] {name} {body}\n",
                    date::format(when)
                ),
            )
        })
        .collect();
    messages.sort();
    messages.into_iter().map(|(_, line)| line).collect()
}

fn archive(files: &[(&str, String)]) -> Result<Vec<u8>, Failure> {
    let failed = |error: std::io::Error| Failure::internal(&error.to_string());
    let mut builder = tar::Builder::new(Vec::new());
    for (path, content) in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(content.len() as u64);
        header.set_mode(0o600);
        header.set_mtime(u64::try_from(date::now()).unwrap_or_default());
        builder
            .append_data(&mut header, path, content.as_bytes())
            .map_err(failed)?;
    }
    builder.into_inner().map_err(failed)
}

fn backup(db: &Db) -> Dump {
    let files = [
        ("etc/hostname", db.text(&master(db), "hostname").to_string()),
        ("etc/xensource-inventory", inventory(db)),
    ];
    Ok(("application/octet-stream", archive(&files)?))
}

fn logs(db: &Db) -> Dump {
    let packed = archive(&[("var/log/xensource.log", log(db))])?;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let packed = encoder.write_all(&packed).and_then(|()| encoder.finish());
    let packed = packed.map_err(|error| Failure::internal(&error.to_string()))?;
    Ok(("application/x-gzip", packed))
}

fn status(db: &Db, transfer: &Transfer) -> Dump {
    match transfer.param("output") {
        None | Some("tar") => {}
        Some(other) => return Err(Failure::new("NOT_IMPLEMENTED", [format!("output={other}")])),
    }
    let files = [
        ("bug-report/etc/xensource-inventory", inventory(db)),
        ("bug-report/var/log/xensource.log", log(db)),
        ("bug-report/xapi-db.xml", database(db)),
    ];
    Ok(("application/x-tar", archive(&files)?))
}

/// What was done: the messages of the pool in the form of the audit log, from `since` (ISO 8601) on.
fn audit(db: &Db, transfer: &Transfer) -> Dump {
    let since = transfer
        .param("since")
        .and_then(date::parse)
        .unwrap_or_default();
    let mut lines: Vec<(i64, String)> = db
        .all("message")
        .iter()
        .map(|message| (db.int(message, "timestamp"), message))
        .filter(|(when, _)| *when >= since)
        .map(|(when, message)| {
            let [name, uuid, class] = ["name", "obj_uuid", "cls"].map(|field| db.text(message, field));
            let line = format!(
                "[{}|audit|lab|0||audit] ('trackid=0' 'LOCAL_SUPERUSER' '' 'ALLOWED' 'OK' 'API' '{name}' \
                 (('{class}' '' '{uuid}' '')))\n",
                date::format(when),
            );
            (when, line)
        })
        .collect();
    lines.sort();
    let text: String = lines.into_iter().map(|(_, line)| line).collect();
    Ok(("text/plain", text.into_bytes()))
}
