//! The way from the kernel's start to the system's own first program.

use std::convert::Infallible;
use std::ffi::CStr;
use std::fs::{create_dir_all, read_to_string, remove_dir_all};
use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

use rustix::mount::{MountFlags, mount, mount_move};
use rustix::process::{chdir, chroot};

use crate::command_line::RootHash;
use crate::slot::{Slot, wait};
use crate::{modules, tries};

/// Why the system is not started.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file system of the kernel cannot be mounted.
    #[error("cannot mount {0}")]
    Mount(&'static str, #[source] io::Error),
    /// The list of drivers cannot be read.
    #[error("cannot read the list of drivers")]
    Modules(#[source] io::Error),
    /// Nobody says what may be started.
    #[error("the kernel's command line has no usable roothash=")]
    NoRootHash,
    /// The slot is on no disk.
    #[error(
        "no disk has the partitions of the slot {0}; is the disk attached and undamaged, is its driver there?"
    )]
    NoSlot(String),
    /// The kernel does not set up the verification.
    #[error("dm-verity cannot be set up: {0}")]
    Verity(String),
    /// The system's first program cannot be started.
    #[error("cannot start the system's first program")]
    HandOver(#[source] io::Error),
}

const ROOT: &str = "/system";
/// The kernel makes this node for its first mapped device; nothing here makes nodes with names.
const VERIFIED: &str = "/dev/dm-0";
const NOTHING: Option<&CStr> = None;

/// Starts the system; comes back only when that fails.
pub fn boot() -> Result<Infallible, Error> {
    for (kind, place) in [("devtmpfs", "/dev"), ("proc", "/proc"), ("sysfs", "/sys")] {
        attach(kind, kind, place, MountFlags::NOSUID)?;
    }
    modules::load().map_err(Error::Modules)?;
    warn_of_tries();
    let words = read_to_string("/proc/cmdline").unwrap_or_default();
    let root = RootHash::find(&words).ok_or(Error::NoRootHash)?;
    let slot = wait(&root).ok_or_else(|| Error::NoSlot(root.digits().to_owned()))?;
    verify(&slot, &root)?;
    attach(
        "squashfs",
        VERIFIED,
        ROOT,
        MountFlags::RDONLY | MountFlags::NODEV,
    )?;
    Err(Error::HandOver(hand_over()))
}

fn attach(kind: &str, source: &str, place: &'static str, flags: MountFlags) -> Result<(), Error> {
    let fault = |source| Error::Mount(place, source);
    create_dir_all(place).map_err(fault)?;
    match mount(source, place, kind, flags, NOTHING) {
        // The kernel may have done it.
        Ok(()) | Err(rustix::io::Errno::BUSY) => Ok(()),
        Err(errno) => Err(fault(errno.into())),
    }
}

/// The kernel ends with a word of its own when it finds damage; who reads it must have been told before what it means.
fn warn_of_tries() {
    const VARIABLES: &str = "/sys/firmware/efi/efivars";
    if attach("efivarfs", "efivarfs", VARIABLES, MountFlags::NOSUID).is_err() {
        return;
    }
    if let Some(tries) = tries::so_far(VARIABLES).filter(|tries| *tries > 1) {
        let text = format!(
            "<2>xoa: this is start number {tries} of this system, and none before it came up. If dm-verity tells of a corruption \
             now, its slot on the disk is damaged and is not started. The data partition is another: keep this disk, import \
             the appliance anew, and restore a backup.\n"
        );
        let _ = std::fs::write("/dev/kmsg", text);
    }
}

/// Has the kernel check every block that will be read.
fn verify(slot: &Slot, root: &RootHash) -> Result<(), Error> {
    let table = slot
        .hashes
        .table(&slot.data_device, &slot.hash_device, root);
    let output = Command::new("/bin/dmsetup")
        .args([
            "create",
            "root",
            "--readonly",
            "--noudevsync",
            "--noudevrules",
            "--table",
            &table,
        ])
        .output()
        .map_err(|source| Error::Verity(source.to_string()))?;
    if output.status.success() {
        Ok(())
    } else {
        let said = String::from_utf8_lossy(&output.stderr);
        Err(Error::Verity(
            said.split_whitespace().collect::<Vec<_>>().join(" "),
        ))
    }
}

/// Makes the verified file system the root and becomes its first program.
fn hand_over() -> io::Error {
    let change = || -> io::Result<()> {
        for place in ["dev", "proc", "sys"] {
            mount_move(format!("/{place}"), format!("{ROOT}/{place}"))?;
        }
        // Their memory is not given back otherwise.
        for folder in ["/modules", "/bin", "/lib", "/lib64"] {
            let _ = remove_dir_all(folder);
        }
        chdir(ROOT)?;
        mount_move(".", "/")?;
        chroot(".")?;
        chdir("/")?;
        Ok(())
    };
    match change() {
        Ok(()) => Command::new("/usr/lib/systemd/systemd").exec(),
        Err(error) => error,
    }
}
