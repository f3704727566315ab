//! The appliance's file system: the packages without what belongs to a package manager, our files, the server.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::error::BuildError;
use super::programs::{self, Program};
use super::step::{Key, Steps};
use super::tree::{Tree, remove};
use super::{Build, Kind};

/// What a read-only system has no use for, or what would differ between two builds. `/var` is the data partition.
const REMOVED: [&str; 20] = [
    "boot",
    "initrd.img",
    "initrd.img.old",
    "vmlinuz",
    "vmlinuz.old",
    "var",
    "etc/systemd/system/getty.target.wants",
    "etc/systemd/system/timers.target.wants",
    "etc/systemd/system/multi-user.target.wants/e2scrub_reap.service",
    "etc/apt",
    "etc/initramfs-tools",
    "etc/kernel",
    "etc/passwd-",
    "etc/shadow-",
    "etc/group-",
    "etc/gshadow-",
    "etc/ld.so.cache~",
    "usr/share/initramfs-tools",
    "usr/share/perl5",
    "etc/hostname",
];
/// Where others are mounted. Services with a `/tmp` of their own want `/var/tmp` before `/var` is there.
const MOUNT_POINTS: [&str; 3] = ["boot", "var/tmp", "efi"];

/// The composed tree.
pub(super) struct System {
    /// Its root.
    pub path: PathBuf,
    /// What identifies its content.
    pub key: String,
}

pub(super) fn compose(
    steps: &mut Steps,
    build: &Build,
    packages: &Tree,
    tools: &Tree,
    programs: &[Program],
) -> Result<System, BuildError> {
    let path = steps.target().join("work/root");
    let ours = steps.source().join("image-build/image/root");
    let units = steps.source().join("systemd");
    let key = Key::default()
        .text(&packages.key)
        .text(&format!(
            "{:?} {} {}",
            build.kind, build.version, build.made_at
        ))
        .text(&REMOVED.concat())
        .path(&ours)?
        .path(&units)?;
    let key = programs::key(programs, key)?;
    let key = steps.run("system", key, &path, |steps| {
        remove(&path)?;
        let parent = steps.target().join("work");
        fs::create_dir_all(&parent).map_err(BuildError::file("make", &parent))?;
        copy(steps, &packages.path, &path)?;
        for name in REMOVED {
            let place = path.join(name);
            let is_folder = fs::symlink_metadata(&place).is_ok_and(|m| m.is_dir());
            if is_folder {
                remove(&place)?;
            } else {
                let _ = fs::remove_file(&place);
            }
        }
        for name in MOUNT_POINTS {
            let place = path.join(name);
            fs::create_dir_all(&place).map_err(BuildError::file("make", &place))?;
        }
        overlay(steps, &ours, &path)?;
        overlay(steps, &units, &path.join("usr/lib/systemd/system"))?;
        programs::install(programs, &path)?;
        write(&path.join("etc/machine-id"), "")?;
        describe(&path, build)?;
        if build.kind == Kind::Development {
            open_serial_console(&path)?;
        }
        let date = build.made_at.to_string();
        let mut accounts = tools.command(&steps.target().join("work"));
        accounts.args(["chroot", "/work/root", "systemd-sysusers"]);
        steps.program(accounts.env("SOURCE_DATE_EPOCH", &date))?;
        let _ = fs::remove_file(path.join("etc/.pwd.lock"));
        let mut times = Command::new("find");
        times.arg(&path).args(["-exec", "touch", "-h", "-d"]);
        times.arg(format!("@{date}")).args(["{}", "+"]);
        steps.program(&mut times).map(|_| ())
    })?;
    Ok(System { path, key })
}

fn copy(steps: &Steps, from: &Path, to: &Path) -> Result<(), BuildError> {
    let mut command = Command::new("cp");
    command.args(["-a", "--reflink=auto", "--no-target-directory"]);
    steps.program(command.arg(from).arg(to)).map(|_| ())
}

/// Lays files of the checkout over a tree; whose they are and who may read them there does not count.
fn overlay(steps: &Steps, from: &Path, to: &Path) -> Result<(), BuildError> {
    let staged = steps.target().join("work/staged");
    remove(&staged)?;
    let mut command = Command::new("cp");
    command.args(["--recursive", "--no-dereference", "--no-target-directory"]);
    steps.program(command.arg(from).arg(&staged))?;
    let mut command = Command::new("chmod");
    steps.program(command.args(["--recursive", "u=rwX,go=rX"]).arg(&staged))?;
    copy(steps, &staged, to)?;
    remove(&staged)
}

fn write(path: &Path, text: &str) -> Result<(), BuildError> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(BuildError::file("make", folder))?;
    }
    fs::write(path, text).map_err(BuildError::file("write", path))
}

/// Tells the system, and whoever looks at it, which version it is.
fn describe(root: &Path, build: &Build) -> Result<(), BuildError> {
    let path = root.join("usr/lib/os-release");
    let debian = fs::read_to_string(&path).map_err(BuildError::file("read", &path))?;
    let mut text: String = debian
        .lines()
        .filter(|line| !line.starts_with("PRETTY_NAME="))
        .map(|line| format!("{line}\n"))
        .collect();
    let version = &build.version;
    text += &format!("PRETTY_NAME=\"XOA {version}\"\nIMAGE_ID=xoa\nIMAGE_VERSION={version}\n");
    write(&path, &text)
}

/// For developers only: the release has no way in.
fn open_serial_console(root: &Path) -> Result<(), BuildError> {
    write(
        &root.join("etc/systemd/system/serial-getty@ttyS0.service.d/root.conf"),
        "[Service]\nExecStart=\nExecStart=-/sbin/agetty --autologin root --noclear --keep-baud 115200 %I vt220\n",
    )
}
