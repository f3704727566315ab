//! The raw disk: partitions and file systems by `systemd-repart`, one unified kernel image for the slot.
//!
//! The system is written first; its root hash goes into the kernel's command line, and the partition that the firmware
//! reads is filled last.

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use sha1::{Digest, Sha1};

use super::Build;
use super::bios;
use super::error::BuildError;
use super::initrd::Initrd;
use super::step::Steps;
use super::system::System;
use super::tree::{Tree, remove};

/// Dead ends become reboots. The last console is the VM's own screen. The
/// firmware's identifier is the VM's: it stays over reboots, and a clone has another.
const COMMAND_LINE: &str = "panic=10 console=hvc0 console=ttyS0,115200n8 console=tty0 \
    systemd.machine_id=firmware systemd.show_status=error audit=0 quiet";
/// How often a system may be started before it is passed over; the health gate takes the counter away (`systemd-bless-boot`).
const TRIES: u32 = 3;
/// No menu: the newest system with tries left is started.
const LOADER: &str = "timeout 0\neditor no\nauto-firmware no\n";
const STUB: &str = "/usr/lib/systemd/boot/efi/systemd-bootx64.efi";

pub(super) fn make(
    steps: &mut Steps,
    build: &Build,
    tools: &Tree,
    system: &System,
    initrd: &Initrd,
) -> Result<PathBuf, BuildError> {
    let work = steps.target().join("work");
    let definitions = steps.source().join("image-build/image/repart");
    let disk = steps.target().join(format!("{}.raw", build.name()));
    let key = steps
        .key()?
        .text(&tools.key)
        .text(&system.key)
        .text(&initrd.key)
        .text(&format!(
            "{} {} {}",
            build.name(),
            build.disk_size,
            build.made_at
        ))
        .text(COMMAND_LINE)
        .text(&TRIES.to_string())
        .text(LOADER)
        .path(&definitions)?;
    steps.run("disk", key, &disk, |steps| {
        debug_assert!(system.path.starts_with(&work));
        let esp = work.join("esp");
        let raw = work.join("disk.raw");
        remove(&esp)?;
        let _ = fs::remove_file(&raw);
        let copied = work.join("repart");
        remove(&copied)?;
        let mut copy = Command::new("cp");
        steps.program(copy.args(["--recursive"]).arg(&definitions).arg(&copied))?;
        let size = format!("--size={}", build.disk_size);
        let first = [
            "--empty=create",
            &size,
            "--defer-partitions=esp",
            "--json=short",
        ];
        let told = steps.program(repart(tools, &work, build).args(first))?;
        let hash = root_hash(&told)
            .ok_or_else(|| steps.unexpected("systemd-repart told no root hash; see the log"))?;
        stage(steps, build, tools, initrd, &esp, &hash)?;
        steps.program(&mut repart(tools, &work, build))?;
        fs::OpenOptions::new()
            .write(true)
            .open(&raw)
            .and_then(|disk| disk.write_all_at(&bios::sector(), 0))
            .map_err(BuildError::file("write", &raw))?;
        fs::rename(&raw, &disk).map_err(BuildError::file("write", &disk))
    })?;
    Ok(disk)
}

fn repart(tools: &Tree, work: &Path, build: &Build) -> Command {
    let seed = uuid(&build.version);
    let ext4 = format!("-E hash_seed={seed},lazy_itable_init=1,root_owner=0:0");
    let mut command = tools.command(work);
    command
        .arg("systemd-repart")
        .args([
            "--offline=yes",
            "--dry-run=no",
            "--definitions=/work/repart",
        ])
        .arg(format!("--seed={seed}"))
        .env("SOURCE_DATE_EPOCH", build.made_at.to_string())
        .env("SYSTEMD_REPART_MKFS_OPTIONS_EXT4", ext4)
        // The disk is named last; options may follow it.
        .arg("/work/disk.raw");
    command
}

/// An identifier that only this version has.
fn uuid(version: &str) -> uuid::Uuid {
    let mut bytes = [0; 16];
    for (byte, hashed) in bytes
        .iter_mut()
        .zip(Sha1::digest(format!("xoa disk {version}")))
    {
        *byte = hashed;
    }
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

fn root_hash(told: &str) -> Option<String> {
    let start = told.find('[')?;
    let partitions: Value = serde_json::from_str(told.get(start..)?.trim()).ok()?;
    let hashes = partitions.as_array()?.iter();
    let mut hashes = hashes.filter_map(|partition| partition.get("roothash")?.as_str());
    hashes.find(|hash| hash.len() == 64).map(str::to_owned)
}

/// What the firmware reads: the boot loader, and the kernel with everything that it needs to find its slot.
fn stage(
    steps: &Steps,
    build: &Build,
    tools: &Tree,
    initrd: &Initrd,
    esp: &Path,
    hash: &str,
) -> Result<(), BuildError> {
    let work = steps.target().join("work");
    let copy = |from: &Path, to: &Path| {
        fs::copy(from, to)
            .map(|_| ())
            .map_err(BuildError::file("copy", from))
    };
    for folder in ["EFI/BOOT", "EFI/Linux", "loader"] {
        let folder = esp.join(folder);
        fs::create_dir_all(&folder).map_err(BuildError::file("make", folder))?;
    }
    let loader = esp.join("loader/loader.conf");
    fs::write(&loader, LOADER).map_err(BuildError::file("write", &loader))?;
    let stub = tools.path.join(STUB.trim_start_matches('/'));
    copy(&stub, &esp.join("EFI/BOOT/BOOTX64.EFI"))?;
    copy(&initrd.kernel, &work.join("vmlinuz"))?;
    let mut ukify = tools.command(&work);
    ukify
        .args(["ukify", "build", "--linux=/work/vmlinuz"])
        .arg(format!("--initrd=/work/{}", file_name(&initrd.path)))
        .arg(format!("--uname={}", initrd.version))
        .arg("--os-release=@/work/root/usr/lib/os-release")
        .arg(format!("--cmdline=roothash={hash} {COMMAND_LINE}"))
        .arg(format!(
            "--output=/work/esp/EFI/Linux/xoa_{}+{TRIES}.efi",
            build.version
        ))
        .env("SOURCE_DATE_EPOCH", build.made_at.to_string());
    steps.program(&mut ukify)?;
    let mut times = Command::new("find");
    times.arg(esp).args(["-exec", "touch", "-d"]);
    steps.program(times.arg(format!("@{}", build.made_at)).args(["{}", "+"]))?;
    Ok(())
}

fn file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_hash_is_read_from_what_repart_tells() {
        let hash = "ab".repeat(32);
        let told = format!(
            "noise\n[{{\"type\":\"esp\"}},{{\"type\":\"root\",\"roothash\":\"{hash}\"}}]\n"
        );
        assert_eq!(root_hash(&told), Some(hash));
        assert_eq!(root_hash("[{\"roothash\":\"TBD\"}]"), None);
        assert_eq!(root_hash(""), None);
    }
}
