//! Settings of the virtual hardware that are more than one entry of a map.

use serde_json::{Value, json};
use xapi_records::record;

use super::{Edit, as_text};
use crate::{Error, Result};

/// Video memory in MiB that the standard graphics card can have.
const VIDEO_RAM: [i64; 5] = [1, 2, 4, 8, 16];

/// `bios` or `uefi`; the device model goes with it.
pub(super) async fn boot_firmware(edit: &Edit<'_>, value: &Value) -> Result<()> {
    let firmware = as_text(value);
    let model = match firmware.as_deref() {
        None | Some("bios") => "qemu-upstream-compat",
        Some("uefi") => "qemu-upstream-uefi",
        Some(_) => return Err(Error::invalid("hvmBootFirmware", "must be bios or uefi")),
    };
    edit.entry("HVM_boot_params", "firmware", firmware.as_deref())
        .await?;
    edit.entry("platform", "device-model", Some(model)).await
}

/// Hosts since XCP-ng 8.3 read another entry; `expNestedHvm` names the old one.
pub(super) async fn nested_virt(edit: &Edit<'_>, name: &str, value: &Value) -> Result<()> {
    let is_known = edit.pool.records(|records| {
        records.iter::<record::Host>().all(|(_, host)| {
            let version = host
                .software_version
                .get("platform_version")
                .unwrap_or_default();
            let mut parts = version
                .split('.')
                .map(|part| part.parse::<u32>().unwrap_or(0));
            (parts.next().unwrap_or(0), parts.next().unwrap_or(0)) >= (3, 4)
        })
    });
    let key = if is_known && name == "nestedVirt" {
        "nested-virt"
    } else {
        "exp-nested-hvm"
    };
    edit.entry("platform", key, as_text(value).as_deref()).await
}

pub(super) async fn vga(edit: &Edit<'_>, value: &Value) -> Result<()> {
    match value.as_str() {
        Some(card @ ("std" | "cirrus")) => edit.entry("platform", "vga", Some(card)).await,
        _ => Err(Error::invalid("vga", "must be std or cirrus")),
    }
}

pub(super) async fn video_ram(edit: &Edit<'_>, value: &Value) -> Result<()> {
    let mib = value
        .as_f64()
        .map(|mib| mib as i64)
        .filter(|mib| VIDEO_RAM.contains(mib));
    let Some(mib) = mib else {
        return Err(Error::invalid("videoram", "must be 1, 2, 4, 8 or 16 (MiB)"));
    };
    edit.entry("platform", "videoram", Some(&mib.to_string()))
        .await
}

/// Before XenServer 7.5 a VM with a boot policy was `hvm`, one without `pv`.
pub(super) async fn virtualization_mode(edit: &Edit<'_>, value: &Value) -> Result<()> {
    let Some(mode @ ("hvm" | "pv" | "pvh" | "pv_in_pvh")) = value.as_str() else {
        return Err(Error::invalid(
            "virtualizationMode",
            "must be hvm, pv, pvh or pv_in_pvh",
        ));
    };
    match edit
        .pool
        .session
        .perform("VM.set_domain_type", json!([edit.vm, mode]))
        .await
    {
        Err(error) if error.code() == Some("MESSAGE_METHOD_UNKNOWN") => {
            let policy = if mode == "hvm" { "BIOS order" } else { "" };
            edit.field("HVM_boot_policy", json!(policy)).await
        }
        other => Ok(other?),
    }
}
