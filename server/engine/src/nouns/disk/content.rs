//! What is on a disk, as a file: downloads of it, and uploads that overwrite it. Bytes pass through; nothing is held whole.

use std::sync::Arc;

use serde_json::{Value, json};
use xapi::Upload;
use xapi_records::Ref;
use xo_inventory::{Item, PoolHandle};
use xo_model::ObjectType::{Vdi, VdiSnapshot};

use super::super::vm::{name_of, until_finished};
use crate::schema::{boolean, number, one_of, string};
use crate::{Call, Error, Incoming, Method, Outgoing, Permission, Result};

/// How a disk is laid out in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Format {
    /// Byte by byte.
    Raw,
    /// Dynamic VHD: only what was written.
    Vhd,
}

impl Format {
    /// # Errors
    /// Not implemented for what Xen Orchestra knows and this server does not.
    pub(super) fn parse(name: &str, param: &'static str) -> Result<Self> {
        match name {
            "raw" => Ok(Self::Raw),
            "vhd" => Ok(Self::Vhd),
            "vmdk" | "qcow2" => Err(Error::NotImplemented {
                what: format!("disks as {name}: raw and vhd are"),
            }),
            _ => Err(Error::invalid(param, "must be raw or vhd")),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Vhd => "vhd",
        }
    }
}

pub(super) fn methods() -> Vec<Method> {
    vec![
        Method::new(
            "disk.exportContent",
            "Offers the content of a disk for download, as raw or VHD.",
        )
        .param("id", string())
        .param(
            "format",
            one_of(&["vmdk", "vhd", "qcow2", "raw"]).optional(),
        )
        .param("preferNbd", boolean().optional())
        .param("nbdConcurrency", number().optional())
        .on("id", &[Vdi, VdiSnapshot], Permission::View)
        .run(export),
        Method::new(
            "disk.importContent",
            "Takes a raw or VHD file and overwrites a disk with it.",
        )
        .param("id", string())
        .param("format", string().optional().default("vhd"))
        .on("id", &[Vdi], Permission::Operate)
        .run(import),
    ]
}

async fn export(call: Call) -> Result<Value> {
    let disk = Arc::clone(call.object("id")?);
    let format = Format::parse(call.str_opt("format").unwrap_or("vhd"), "format")?;
    let pool = call.pool("id")?;
    let name = match name_of(&disk) {
        name if name.is_empty() => disk.id.to_string(),
        name => name,
    };
    let name = format!("{name}.{}", format.name());
    let file_name = name.clone();
    Ok(call.offer_download(&name, move || async move {
        open(&pool, &disk, format, file_name).await
    }))
}

async fn open(
    pool: &PoolHandle,
    disk: &Item,
    format: Format,
    file_name: String,
) -> Result<Outgoing> {
    let session = &pool.session;
    let size: i64 = session
        .call("VDI.get_virtual_size", json!([disk.reference]))
        .await?;
    let reference = disk.reference.to_string();
    let query = [("vdi", reference.as_str()), ("format", format.name())];
    let label = format!("Export of disk {}", name_of(disk));
    let download = session
        .download("/export_raw_vdi/", &query, Some(&label))
        .await?;
    let length = match format {
        Format::Raw => u64::try_from(size).ok(),
        Format::Vhd => download.length,
    };
    let body = until_finished(download.body, session.clone(), download.task);
    Ok(Outgoing {
        content_type: "application/octet-stream".into(),
        file_name: Some(file_name),
        length,
        body: Box::pin(body),
    })
}

async fn import(call: Call) -> Result<Value> {
    let disk = Arc::clone(call.object("id")?);
    let format = Format::parse(call.str_opt("format").unwrap_or("vhd"), "format")?;
    let pool = call.pool("id")?;
    Ok(call.offer_upload(move |incoming| async move {
        overwrite(&pool, &disk, format, incoming).await?;
        Ok(json!(true))
    }))
}

async fn overwrite(
    pool: &PoolHandle,
    disk: &Item,
    format: Format,
    incoming: Incoming,
) -> Result<()> {
    let file = incoming.file().await?;
    if format == Format::Raw {
        let size: i64 = pool
            .session
            .call("VDI.get_virtual_size", json!([disk.reference]))
            .await?;
        let size = u64::try_from(size).unwrap_or_default();
        if let Some(length) = file.length.filter(|length| *length > size) {
            return Err(Error::BadData(format!(
                "the file has {length} bytes, disk {} only {size}: enlarge it first",
                disk.id
            )));
        }
    }
    let label = format!("Import into disk {}", name_of(disk));
    write(pool, &disk.reference, format, &label, file).await
}

/// Writes a file onto a disk, from its beginning.
pub(in super::super) async fn write(
    pool: &PoolHandle,
    disk: &Ref,
    format: Format,
    label: &str,
    file: Incoming,
) -> Result<()> {
    let reference = disk.to_string();
    let query = [("vdi", reference.as_str()), ("format", format.name())];
    let upload = Upload {
        body: file.body,
        length: file.length,
    };
    let sent = pool
        .session
        .upload("/import_raw_vdi/", &query, label, upload);
    Ok(sent.await.map(drop)?)
}
