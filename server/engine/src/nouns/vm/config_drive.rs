//! The drive from which a new guest reads who it is: cloud-init's data source NoCloud, a FAT file system named `cidata` with the
//! files `meta-data`, `user-data` and `network-config`.
//!
//! Invariant: a drive that could not be written or attached goes.

use std::io::{Cursor, Write};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use fatfs::{FileSystem, FormatVolumeOptions, FsOptions};
use futures_util::stream;
use serde_json::json;
use xapi_records::{Id, Ref};
use xo_inventory::{Inventory, PoolHandle};
use xo_model::ObjectType::{Sr, Vm};

use super::super::disk::{self, Format, Unfinished};
use super::super::vbd;
use super::super::vdi::{self, NewVdi};
use super::devices::{NewDisk, attach_disk};
use crate::schema::string;
use crate::{Call, Engine, Error, Incoming, Method, Permission, Result};

/// As Xen Orchestra calls it; users look for it by this name.
const NAME: &str = "XO CloudConfigDrive";
/// What cloud-init looks for, padded as FAT wants it.
const LABEL: [u8; 11] = *b"cidata     ";
const SECTOR: usize = 512;
/// Guests other than Linux look for a file system only in a partition, which begins here.
const PARTITION_AT: usize = 1 << 20;
const PARTITION_SIZE: usize = 10 << 20;
/// FAT16 by block address.
const PARTITION_KIND: u8 = 0x0e;
/// A guest that has not told of itself by then may still need its drive.
const BOOTED_WITHIN: Duration = Duration::from_secs(600);
/// cloud-init takes no drive without user data.
const NO_USER_DATA: &str = "#cloud-config\n";

pub(super) fn methods() -> Vec<Method> {
    vec![
        Method::new(
            "vm.createCloudInitConfigDrive",
            "Adds a drive with a configuration that cloud-init reads.",
        )
        .param("vm", string())
        .param("sr", string())
        .param("config", string())
        .param("networkConfig", string().optional())
        .on("vm", &[Vm], Permission::Administrate)
        .with("sr", &[Sr])
        .run(create),
    ]
}

async fn create(call: Call) -> Result<()> {
    let (vm, sr) = (call.object("vm")?, call.object("sr")?);
    super::same_pool("sr", vm, sr)?;
    call.require(sr, Permission::Operate)?;
    let config = FirstBoot::of(&call, "config").unwrap_or_default();
    let pool = call.pool("vm")?;
    let drive = add(&call.engine, &pool, &vm.reference, &sr.reference, &config).await?;
    super::super::made::id_of(&call, &pool, "VDI", &drive).await?;
    Ok(())
}

/// What a guest is told.
#[derive(Debug, Default)]
pub(super) struct FirstBoot {
    user_data: Option<String>,
    network: Option<String>,
}

impl FirstBoot {
    /// Read from a call; `None` when nothing is to be told.
    pub(super) fn of(call: &Call, user_data: &str) -> Option<Self> {
        let text = |name| call.str_opt(name).map(str::to_owned);
        let config = Self {
            user_data: text(user_data),
            network: text("networkConfig"),
        };
        (config.user_data.is_some() || config.network.is_some()).then_some(config)
    }

    fn files<'a>(&'a self, meta_data: &'a str) -> impl Iterator<Item = (&'static str, &'a str)> {
        let user_data = self.user_data.as_deref().unwrap_or(NO_USER_DATA);
        let network = self.network.as_deref();
        [("meta-data", meta_data), ("user-data", user_data)]
            .into_iter()
            .chain(network.map(|text| ("network-config", text)))
    }
}

/// Makes the drive on `sr` and attaches it.
pub(super) async fn add(
    engine: &Arc<Engine>,
    pool: &PoolHandle,
    vm: &Ref,
    sr: &Ref,
    config: &FirstBoot,
) -> Result<Ref> {
    let uuid: Id = pool.session.call("VM.get_uuid", json!([vm])).await?;
    let meta_data = format!("instance-id: {uuid}\n");
    let image = image(config.files(&meta_data)).map_err(|error| {
        let room = PARTITION_SIZE >> 20;
        Error::invalid(
            "cloudConfig",
            format!("does not fit on a drive of {room} MiB: {error}"),
        )
    })?;
    let length = image.len() as u64;
    let new = NewVdi {
        sr: sr.clone(),
        size: length,
        name_label: NAME.into(),
        ..NewVdi::default()
    };
    let unfinished = Unfinished::create(engine, pool, new).await?;
    let drive = unfinished.disk();
    let filled = async {
        let file = Incoming {
            content_type: None,
            length: Some(length),
            body: Box::pin(stream::iter([Ok(image)])),
        };
        disk::write(pool, &drive, Format::Raw, NAME, file).await?;
        attach_disk(pool, vm, &drive, &NewDisk::default()).await
    };
    let filled = filled.await;
    Ok(unfinished.settle(filled).await?.0)
}

/// A disk with one partition.
fn image<'a>(files: impl Iterator<Item = (&'static str, &'a str)>) -> std::io::Result<Bytes> {
    let mut partition = Cursor::new(vec![0; PARTITION_SIZE]);
    let options = FormatVolumeOptions::new().volume_label(LABEL);
    fatfs::format_volume(&mut partition, options)?;
    {
        let system = FileSystem::new(&mut partition, FsOptions::new())?;
        let root = system.root_dir();
        for (name, text) in files {
            let mut file = root.create_file(name)?;
            file.write_all(text.as_bytes())?;
            file.flush()?;
        }
    }
    let mut image = vec![0; PARTITION_AT - SECTOR];
    image.splice(..0, partition_table());
    image.append(&mut partition.into_inner());
    Ok(image.into())
}

/// A master boot record whose first entry is our partition; cylinders and heads are the "see block addresses" of today.
fn partition_table() -> Vec<u8> {
    const BEYOND_CYLINDERS: [u8; 3] = [0xfe, 0xff, 0xff];
    let mut entry = vec![0];
    entry.extend(BEYOND_CYLINDERS);
    entry.push(PARTITION_KIND);
    entry.extend(BEYOND_CYLINDERS);
    entry.extend(((PARTITION_AT / SECTOR) as u32).to_le_bytes());
    entry.extend(((PARTITION_SIZE / SECTOR) as u32).to_le_bytes());
    let mut record = vec![0; 446];
    record.append(&mut entry);
    record.resize(SECTOR - 2, 0);
    record.extend([0x55, 0xaa]);
    record
}

/// Where a VM's first disk is: the drive belongs beside it.
pub(super) async fn sr_of_first_disk(pool: &PoolHandle, vm: &Ref) -> Result<Ref> {
    let session = &pool.session;
    let vbds: Vec<Ref> = session.call("VM.get_VBDs", json!([vm])).await?;
    let mut first: Option<(u32, Ref)> = None;
    for vbd in vbds {
        let vbd: xapi_records::record::Vbd = session.call("VBD.get_record", json!([vbd])).await?;
        let position = vbd.userdevice.parse().unwrap_or(u32::MAX);
        let is_disk = vbd.kind != "CD" && !vbd.vdi.is_null();
        if is_disk && first.as_ref().is_none_or(|(before, _)| position < *before) {
            first = Some((position, vbd.vdi.clone()));
        }
    }
    let (_, disk) = first.ok_or_else(|| {
        Error::invalid(
            "cloudConfig",
            "needs a VM with a disk: the config drive is put on the same storage",
        )
    })?;
    Ok(session.call("VDI.get_SR", json!([disk])).await?)
}

/// Takes the drive away once the guest's agent speaks: cloud-init reads it long before.
pub(super) fn remove_after_boot(engine: &Arc<Engine>, pool: &PoolHandle, vm: Ref, drive: Ref) {
    let (keeper, pool) = (Arc::clone(engine), pool.clone());
    engine.tracker.spawn(async move {
        let has_booted = |inventory: &Inventory| {
            inventory
                .at(&vm)
                .is_none_or(|vm| vm.at("managementAgentDetected") == Some(json!(true)))
        };
        let seen = tokio::select! {
            () = keeper.stopping.cancelled() => false,
            seen = keeper.inventory.await_state(BOOTED_WITHIN, has_booted) => seen,
        };
        if !seen {
            tracing::warn!(%drive, "a config drive stays: the guest did not tell that it has booted");
            return;
        }
        if let Err(error) = remove(&pool, &drive).await {
            tracing::warn!(%drive, %error, "a config drive is left behind");
        }
    });
}

async fn remove(pool: &PoolHandle, drive: &Ref) -> Result<()> {
    let session = &pool.session;
    let vbds: Vec<Ref> = session.call("VDI.get_VBDs", json!([drive])).await?;
    for attached in vbds {
        vbd::detach(pool, &attached).await?;
    }
    vdi::destroy(session, drive).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_an_error() {
        let large = "x".repeat(PARTITION_SIZE);
        assert!(image([("user-data", large.as_str())].into_iter()).is_err());
    }

    #[test]
    fn an_image_is_the_same_whenever_it_is_made() {
        let one = image([("user-data", "a")].into_iter()).unwrap();
        assert_eq!(one.len(), PARTITION_AT + PARTITION_SIZE);
        assert_eq!(one, image([("user-data", "a")].into_iter()).unwrap());
    }
}
