//! VMs as files: export and import of XVA streams. Bytes pass through; nothing is held whole.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt, future, stream};
use serde_json::{Value, json};
use xapi::{Session, Upload};
use xapi_records::Ref;
use xo_inventory::{Item, PoolHandle};
use xo_model::ObjectType::{Sr, Vm, VmSnapshot};

use super::super::made;
use super::copies;
use super::delete::{self, Disks};
use crate::schema::{array, integer, object, one_of, string, text, types};
use crate::{ByteStream, Call, Engine, Error, Incoming, Method, Outgoing, Permission, Result};

const REMOVAL_TRIES: u32 = 30;
const REMOVAL_PAUSE: Duration = Duration::from_secs(1);

pub(super) fn methods() -> Vec<Method> {
    let disk = object().properties([
        ("capacity", integer()),
        ("descriptionLabel", text()),
        ("nameLabel", string()),
        ("path", string()),
        ("position", integer()),
    ]);
    let ova = object()
        .optional()
        .properties([
            ("descriptionLabel", text()),
            ("disks", array(disk).optional()),
            ("memory", integer()),
            ("nameLabel", string()),
            ("nCpus", integer()),
            ("networks", array(string()).optional()),
        ])
        .set("additionalProperties", json!(true));
    vec![
        Method::new(
            "vm.export",
            "Offers a VM with its disks for download as an XVA file.",
        )
        .param("vm", string())
        .param("compress", types(&["boolean", "string"]).optional())
        .param("format", one_of(&["xva", "ova"]).optional())
        .on("vm", &[Vm, VmSnapshot], Permission::Administrate)
        .run(export),
        Method::new("vm.import", "Takes an XVA file and makes a VM of it.")
            .param("data", ova)
            .param("type", string().optional())
            .param("sr", string())
            .param("url", string().optional())
            .on("sr", &[Sr], Permission::Administrate)
            .run(import),
    ]
}

async fn export(call: Call) -> Result<Value> {
    let vm = Arc::clone(call.object("vm")?);
    if call.str_opt("format") == Some("ova") {
        return Err(Error::NotImplemented {
            what: "vm.export format=ova: export as xva".into(),
        });
    }
    let compression = match call.get("compress") {
        None | Some(Value::Bool(false)) => "false",
        Some(Value::Bool(true)) => "true",
        Some(Value::String(name)) if name == "gzip" => "true",
        Some(Value::String(name)) if name == "zstd" => "zstd",
        Some(_) => {
            return Err(Error::invalid(
                "compress",
                "must be true, false, gzip or zstd",
            ));
        }
    };
    let pool = call.pool("vm")?;
    // What runs is exported through a snapshot, which takes room on the storage of its disks.
    if is_on(&vm) {
        super::require_on_storage(&call, &pool, &vm, Permission::Operate)?;
    }
    let name = format!("{} - {}.xva", copies::now_text(), super::name_of(&vm));
    let (engine, file_name) = (Arc::clone(&call.engine), name.clone());
    Ok(call.offer_download(&name, move || async move {
        open_export(&engine, pool, &vm, compression, file_name).await
    }))
}

fn is_on(vm: &Item) -> bool {
    vm.at("power_state")
        .is_some_and(|state| state == "Running" || state == "Paused")
}

async fn open_export(
    engine: &Arc<Engine>,
    pool: PoolHandle,
    vm: &Item,
    compression: &str,
    file_name: String,
) -> Result<Outgoing> {
    let label = format!("Export of {}", super::name_of(vm));
    // Asked anew: the URL may be used long after it was offered.
    let state = super::power_state(&pool, &vm.reference).await?;
    let mut snapshot = match state.as_str() {
        "Running" | "Paused" => {
            let name = format!("[XO export] {}", super::name_of(vm));
            let reference = copies::take(&pool, &vm.reference, "VM.snapshot", &name).await?;
            let snapshot = Temporary {
                engine: Arc::clone(engine),
                pool: pool.clone(),
                reference,
                task: None,
            };
            // Snapshots are templates to XAPI, and would be imported as such.
            let args = json!([snapshot.reference, false]);
            pool.session.perform("VM.set_is_a_template", args).await?;
            Some(snapshot)
        }
        _ => None,
    };
    let source = snapshot
        .as_ref()
        .map_or(&vm.reference, |snapshot| &snapshot.reference);
    let source = source.to_string();
    let query = [("ref", source.as_str()), ("use_compression", compression)];
    let download = pool
        .session
        .download("/export/", &query, Some(&label))
        .await?;
    if let Some(snapshot) = &mut snapshot {
        snapshot.task.clone_from(&download.task);
    }
    let length = download.length;
    let body = until_finished(download.body, pool.session.clone(), download.task);
    let body: ByteStream = Box::pin(body.inspect(move |_| {
        let _in_use = &snapshot;
    }));
    Ok(Outgoing {
        content_type: "application/octet-stream".into(),
        file_name: Some(file_name),
        length,
        body,
    })
}

/// The body, ended by an error when its task failed: a client must not take half a file for a whole one.
pub(in super::super) fn until_finished(
    body: ByteStream,
    session: Session,
    task: Option<String>,
) -> impl futures_util::Stream<Item = std::io::Result<bytes::Bytes>> + Send {
    let outcome = stream::once(async move {
        let finished = session.finish_download(task.as_deref()).await;
        finished
            .err()
            .map(|error| Err(std::io::Error::other(error.to_string())))
    });
    body.chain(outcome.filter_map(future::ready))
}

/// A snapshot that goes when nobody needs it any more, also when a client hangs up.
struct Temporary {
    engine: Arc<Engine>,
    pool: PoolHandle,
    reference: Ref,
    /// Of the export, which may still run when the client is gone.
    task: Option<String>,
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let (pool, reference) = (self.pool.clone(), self.reference.clone());
        let task = self.task.take();
        self.engine.tracker.spawn(async move {
            if let Some(task) = task
                && let Err(error) = pool.session.cancel_task(&task).await
            {
                tracing::debug!(task, %error, "an export that nobody reads was not cancelled");
            }
            if let Err(error) = remove_when_free(&pool, &reference).await {
                tracing::warn!(snapshot = %reference, %error, "the snapshot of an export is left behind");
            }
        });
    }
}

/// A host notices only after a while that nobody reads any more.
async fn remove_when_free(pool: &PoolHandle, snapshot: &Ref) -> Result<()> {
    for _ in 1..REMOVAL_TRIES {
        match remove_snapshot(pool, snapshot).await {
            Err(Error::Pool { code, .. })
                if matches!(code.as_str(), "OTHER_OPERATION_IN_PROGRESS" | "VDI_IN_USE") =>
            {
                tokio::time::sleep(REMOVAL_PAUSE).await;
            }
            other => return other,
        }
    }
    remove_snapshot(pool, snapshot).await
}

/// Its disks are asked of the pool, as a short export ends before the events of its snapshot come.
async fn remove_snapshot(pool: &PoolHandle, snapshot: &Ref) -> Result<()> {
    let disks = delete::disks_as_told(pool, snapshot).await?;
    delete::destroy(pool, snapshot, Disks::Keep).await?;
    for disk in disks {
        super::super::vdi::destroy(&pool.session, &disk).await?;
    }
    Ok(())
}

async fn import(call: Call) -> Result<Value> {
    if call.str_opt("type").is_some_and(|kind| kind != "xva") || call.has("data") {
        return Err(Error::NotImplemented {
            what: "vm.import of an OVA: send an XVA".into(),
        });
    }
    if call.str_opt("url").is_some() {
        let what = "vm.import from a URL: download the file and send it".into();
        return Err(Error::NotImplemented { what });
    }
    let sr = call.object("sr")?.reference.to_string();
    let pool = call.pool("sr")?;
    let call = Arc::new(call);
    let running = Arc::clone(&call);
    Ok(call.offer_upload(move |incoming| async move {
        take_import(&running, &pool, &sr, incoming).await
    }))
}

async fn take_import(call: &Call, pool: &PoolHandle, sr: &str, file: Incoming) -> Result<Value> {
    if file
        .content_type
        .as_deref()
        .is_some_and(|kind| kind.starts_with("multipart/"))
    {
        let what = "an upload in parts (multipart): send the file itself as the body".into();
        return Err(Error::NotImplemented { what });
    }
    let upload = Upload {
        body: file.body,
        length: file.length,
    };
    let told = pool
        .session
        .upload("/import/", &[("sr_id", sr)], "Import", upload)
        .await?;
    let made = made::reference(&told, "VM import")?;
    let id = made::id_of(call, pool, "VM", &made).await?;
    super::grant_to_maker(call, &id).await?;
    Ok(json!(id))
}
