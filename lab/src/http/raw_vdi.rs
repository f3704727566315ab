//! `GET /export_raw_vdi` and `PUT /import_raw_vdi`: the content of one disk, raw, as VHD or in XAPI's own framing
//! (reference: wire facts, section 5).

use std::io::{self, Read, Write};
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderValue, header};
use hyper::body::Incoming;
use hyper::{Method, Request, StatusCode};
use xva::xmlrpc;

use super::import::{full_sr, no_transfer_encoding};
use super::transfer::{Pipe, Transfer, announced, is_probe, probe, source};
use super::{Reply, Route, vhd};
use crate::contents::id_of;
use crate::db::Db;
use crate::disks;
use crate::failure::Failure;
use crate::lab::Inner;
use crate::value::Text;

pub(super) const ROUTES: &[Route] = &[
    Route {
        method: Method::GET,
        prefix: "/export_raw_vdi",
        handler: |lab, request| Box::pin(export(lab, request)),
    },
    Route {
        method: Method::PUT,
        prefix: "/import_raw_vdi",
        handler: |lab, request| Box::pin(import(lab, request)),
    },
];

/// Bytes that are read and written at once.
const PIECE: u64 = 1 << 20;
/// What a client announces that does not know the length.
const UNKNOWN_LENGTH: u64 = 1 << 50;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Raw,
    Vhd,
}

impl Format {
    fn of(transfer: &Transfer) -> Result<Self, Failure> {
        match transfer.param("format") {
            None | Some("raw") => Ok(Self::Raw),
            Some("vhd") if transfer.param("base").is_none() => Ok(Self::Vhd),
            Some(other) => {
                let what = format!("format={other}, base={:?}", transfer.param("base"));
                Err(Failure::new("NOT_IMPLEMENTED", [what]))
            }
        }
    }
}

/// A disk and its content.
struct Disk {
    reference: Text,
    uuid: Text,
    content: Text,
    size: u64,
}

impl Disk {
    fn of(db: &Db, reference: Text, content: Text) -> Self {
        let size = u64::try_from(db.int(&reference, "virtual_size")).unwrap_or_default();
        Self {
            uuid: db.text(&reference, "uuid"),
            content,
            size,
            reference,
        }
    }
}

async fn export(lab: Arc<Inner>, request: Request<Incoming>) -> Reply {
    let mut transfer = match Transfer::begin(&lab, &request, "GET /export_raw_vdi").await {
        Ok(transfer) => transfer,
        Err(reply) => return reply,
    };
    let found = transfer.take_fault().and_then(|()| {
        let format = Format::of(&transfer)?;
        let db = lab.store.read();
        let vdi = transfer.object(&db, "VDI", &["vdi"])?;
        let content = id_of(&db, &vdi);
        let disk = Disk::of(&db, vdi, content);
        if format == Format::Vhd && disk.size > vhd::MAX_SIZE {
            let sizes = [disk.size, vhd::MAX_SIZE].map(|size| size.to_string());
            let words = [disk.reference.to_string()].into_iter().chain(sizes);
            return Err(Failure::new("VDI_TOO_LARGE", words));
        }
        Ok((format, disk))
    });
    let (format, disk) = match found {
        Ok(found) => found,
        Err(failure) => return transfer.refuse(StatusCode::INTERNAL_SERVER_ERROR, failure),
    };
    let (kind, extension) = match format {
        Format::Raw => ("application/octet-stream", "raw"),
        Format::Vhd => ("application/vhd", "vhd"),
    };
    let (mut reply, pipe) = transfer.streaming(kind);
    let name = format!("attachment; filename=\"{}.{extension}\"", disk.uuid);
    if let Ok(name) = HeaderValue::from_str(&name) {
        reply
            .headers_mut()
            .insert(header::CONTENT_DISPOSITION, name);
    }
    lab.tracker.clone().spawn_blocking(move || {
        let breaker = pipe.breaker();
        let outcome = match format {
            Format::Raw => send_raw(&mut transfer, &disk, pipe),
            Format::Vhd => send_vhd(&mut transfer, &disk, pipe),
        };
        if outcome.is_err() {
            breaker.abort();
        }
        transfer.finish(outcome.map(|()| xmlrpc::to_xml(&"".into())));
    });
    reply
}

fn send_raw(transfer: &mut Transfer, disk: &Disk, mut pipe: Pipe) -> Result<(), Failure> {
    let zeros = Bytes::from(vec![0; PIECE as usize]);
    let lab = Arc::clone(&transfer.lab);
    let mut at = 0;
    while at < disk.size {
        transfer.progress(at, disk.size)?;
        let len = PIECE.min(disk.size - at);
        let hole = lab
            .contents
            .next_data(&disk.content, at)
            .is_none_or(|next| next >= at + len);
        let piece = if hole {
            zeros.slice(..len as usize)
        } else {
            let mut data = vec![0; len as usize];
            lab.contents.read(&disk.content, at, &mut data);
            Bytes::from(data)
        };
        pipe.send(piece).map_err(|error| client(&error))?;
        at += len;
    }
    Ok(())
}

fn send_vhd(transfer: &mut Transfer, disk: &Disk, mut pipe: Pipe) -> Result<(), Failure> {
    let lab = Arc::clone(&transfer.lab);
    let mut stored = Vec::new();
    let mut at = 0;
    while let Some(data) = lab
        .contents
        .next_data(&disk.content, at)
        .filter(|at| *at < disk.size)
    {
        stored.push(data / vhd::BLOCK);
        at = (data / vhd::BLOCK + 1) * vhd::BLOCK;
    }
    let uuid = uuid::Uuid::parse_str(&disk.uuid)
        .unwrap_or_default()
        .into_bytes();
    let mut block = vec![0; vhd::BLOCK as usize];
    let mut write = || -> io::Result<Result<(), Failure>> {
        pipe.write_all(&vhd::head(disk.size, uuid, &stored))?;
        for number in &stored {
            if let Err(cancelled) = transfer.progress(number * vhd::BLOCK, disk.size) {
                return Ok(Err(cancelled));
            }
            lab.contents
                .read(&disk.content, number * vhd::BLOCK, &mut block);
            pipe.write_all(&vhd::WHOLE)?;
            pipe.write_all(&block)?;
        }
        pipe.write_all(&vhd::footer(disk.size, uuid))?;
        pipe.flush()?;
        Ok(Ok(()))
    };
    write().map_err(|error| client(&error))?
}

fn client(error: &io::Error) -> Failure {
    Failure::new("CLIENT_ERROR", [error.to_string()])
}

async fn import(lab: Arc<Inner>, request: Request<Incoming>) -> Reply {
    if let Some(reply) = no_transfer_encoding(&request) {
        return reply;
    }
    if is_probe(&request) {
        return probe(&lab, &request, "PROBE /import_raw_vdi").await;
    }
    let mut transfer = match Transfer::begin(&lab, &request, "PUT /import_raw_vdi").await {
        Ok(transfer) => transfer,
        Err(reply) => return reply,
    };
    let length = announced(&request);
    let prepared = transfer
        .take_fault()
        .and_then(|()| Format::of(&transfer))
        .and_then(|format| Ok((format, destination(&transfer, format, length)?)));
    let (format, disk) = match prepared {
        Ok(prepared) => prepared,
        Err(failure) => return transfer.refuse(StatusCode::INTERNAL_SERVER_ERROR, failure),
    };
    let (reply, pipe) = transfer.streaming("text/html");
    let framed = transfer.query.contains_key("chunked");
    let mut body = source(request);
    lab.tracker.clone().spawn_blocking(move || {
        let outcome = match format {
            Format::Raw if framed => take_framed(&mut transfer, &disk, &mut body),
            Format::Raw => take_raw(&mut transfer, &disk, &mut body, length),
            Format::Vhd => take_vhd(&mut transfer, &disk, &mut body),
        };
        transfer.finish(outcome.map(|()| xmlrpc::to_xml(&(&*disk.reference).into())));
        drop(pipe);
    });
    reply
}

/// The disk to be written, with a content of its own: an existing one, or a new one in an SR.
fn destination(transfer: &Transfer, format: Format, length: u64) -> Result<Disk, Failure> {
    let mut db = transfer.lab.store.write();
    let vdi = match transfer.param("sr_id") {
        Some(_) if format == Format::Raw && (1..UNKNOWN_LENGTH).contains(&length) => {
            let sr = transfer.object(&db, "SR", &["sr_id"])?;
            let size = i64::try_from(length.next_multiple_of(512)).unwrap_or(i64::MAX);
            disks::assert_room(&db, &sr, size)?;
            disks::create(&mut db, &sr, "Imported VDI", size, "user")
        }
        _ => transfer.object(&db, "VDI", &["vdi"])?,
    };
    if db.flag(&vdi, "read_only") {
        return Err(Failure::new("VDI_READONLY", [&*vdi]));
    }
    if db
        .refs(&vdi, "VBDs")
        .iter()
        .any(|vbd| db.flag(vbd, "currently_attached"))
    {
        return Err(Failure::new("VDI_IN_USE", [&*vdi, "import"]));
    }
    let content = transfer.lab.contents.own(&mut db, &vdi).map_err(full_sr)?;
    Ok(Disk::of(&db, vdi, content))
}

fn io_error() -> Failure {
    Failure::new("VDI_IO_ERROR", ["Device I/O errors"])
}

fn take_raw(
    transfer: &mut Transfer,
    disk: &Disk,
    body: &mut impl Read,
    length: u64,
) -> Result<(), Failure> {
    if length != UNKNOWN_LENGTH && length > disk.size {
        return Err(io_error());
    }
    let wanted = length.min(disk.size);
    let mut piece = vec![0; PIECE as usize];
    let mut at = 0;
    while at < wanted {
        transfer.progress(at, wanted)?;
        let len = PIECE.min(wanted - at) as usize;
        let Some(piece) = piece.get_mut(..len) else {
            return Err(io_error());
        };
        body.read_exact(piece).map_err(|_| io_error())?;
        transfer
            .lab
            .contents
            .write(&disk.content, at, piece)
            .map_err(full_sr)?;
        at += len as u64;
    }
    Ok(())
}

/// Records of offset (64 bits), length (32 bits), both little-endian, and data, until both are 0.
fn take_framed(transfer: &mut Transfer, disk: &Disk, body: &mut impl Read) -> Result<(), Failure> {
    let mut data = Vec::new();
    loop {
        let (mut offset, mut len) = ([0; 8], [0; 4]);
        body.read_exact(&mut offset).map_err(|_| io_error())?;
        body.read_exact(&mut len).map_err(|_| io_error())?;
        let (offset, len) = (
            u64::from_le_bytes(offset),
            u64::from(u32::from_le_bytes(len)),
        );
        if (offset, len) == (0, 0) {
            return Ok(());
        }
        if len > 64 * PIECE || offset.checked_add(len).is_none_or(|end| end > disk.size) {
            return Err(io_error());
        }
        transfer.progress(offset, disk.size)?;
        data.resize(len as usize, 0);
        body.read_exact(&mut data).map_err(|_| io_error())?;
        transfer
            .lab
            .contents
            .write(&disk.content, offset, &data)
            .map_err(full_sr)?;
    }
}

/// A failure on the way, or of the source.
struct Stopped(Failure);

impl From<io::Error> for Stopped {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::InvalidData => Self(Failure::new(
                "IMPORT_ERROR",
                [format!("Invalid VHD: {error}")],
            )),
            _ => Self(io_error()),
        }
    }
}

fn take_vhd(transfer: &mut Transfer, disk: &Disk, body: &mut impl Read) -> Result<(), Failure> {
    let lab = Arc::clone(&transfer.lab);
    let layout = vhd::read_head(body).map_err(|error| Stopped::from(error).0)?;
    if layout.size > disk.size {
        return Err(io_error());
    }
    vhd::read_blocks(body, &layout, |offset, data| {
        transfer.progress(offset, disk.size).map_err(Stopped)?;
        lab.contents
            .write(&disk.content, offset, data)
            .map_err(|full| Stopped(full_sr(full)))
    })
    .map_err(|stopped: Stopped| stopped.0)?;
    // The footer at the end says nothing new; reading it lets the client finish its writing.
    let _ = body.read_exact(&mut [0; 512]);
    Ok(())
}
