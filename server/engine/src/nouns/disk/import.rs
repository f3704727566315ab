//! A new disk of an image that a client sends. Bytes pass through; nothing is held whole.
//!
//! Invariant: when the image cannot be taken, the disk that was made for it goes.

use std::sync::Arc;

use serde_json::{Value, json};
use xo_inventory::PoolHandle;
use xo_model::ObjectType::Sr;

use super::super::made;
use super::super::vdi::NewVdi;
use super::content::{self, Format};
use super::unfinished::Unfinished;
use super::vhd;
use crate::schema::{integer, label, object, string, text};
use crate::{Call, Error, Incoming, Method, Permission, Result};

pub(super) fn methods() -> Vec<Method> {
    let vmdk = object().optional().properties([("capacity", integer())]);
    vec![
        Method::new(
            "disk.import",
            "Takes a disk image (raw, VHD, ISO) and makes a disk of it.",
        )
        .param("description", text().optional())
        .param("name", label())
        .param("sr", string())
        .param("url", string().optional())
        .param("type", string())
        .param("vmdkData", vmdk)
        .on("sr", &[Sr], Permission::Administrate)
        .run(import),
    ]
}

async fn import(call: Call) -> Result<Value> {
    let format = match call.str("type")? {
        // What a CD holds is copied as it is.
        "iso" => Format::Raw,
        name => Format::parse(name, "type")?,
    };
    if call.str_opt("url").is_some() {
        let what = "disk.import from a URL: download the file and send it".into();
        return Err(Error::NotImplemented { what });
    }
    let new = NewVdi {
        sr: call.object("sr")?.reference.clone(),
        name_label: call.str("name")?.to_owned(),
        name_description: call.str_opt("description").unwrap_or_default().to_owned(),
        ..NewVdi::default()
    };
    let pool = call.pool("sr")?;
    let call = Arc::new(call);
    let running = Arc::clone(&call);
    Ok(call.offer_upload(move |incoming| async move {
        take(&running, &pool, new, format, incoming).await
    }))
}

async fn take(
    call: &Call,
    pool: &PoolHandle,
    mut new: NewVdi,
    format: Format,
    incoming: Incoming,
) -> Result<Value> {
    let mut file = incoming.file().await?;
    new.size = match format {
        Format::Raw => file.length.filter(|length| *length > 0).ok_or_else(|| {
            Error::BadData(
                "the size of the disk is not known: send the image with its content-length".into(),
            )
        })?,
        Format::Vhd => {
            let size;
            (size, file.body) = vhd::disk_size(file.body).await?;
            size
        }
    };
    let label = format!("Import of disk {}", new.name_label);
    let unfinished = Unfinished::create(&call.engine, pool, new).await?;
    let written = content::write(pool, &unfinished.disk(), format, &label, file).await;
    let (disk, ()) = unfinished.settle(written).await?;
    Ok(json!(made::id_of(call, pool, "VDI", &disk).await?))
}
