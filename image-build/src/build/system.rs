//! The appliance's file system: the packages without what belongs to a package manager, our files, the server.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::error::BuildError;
use super::programs::{self, Program};
use super::step::Steps;
use super::tree::{Tree, remove};
use super::{Build, Kind};

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
    let lists = steps.source().join("image-build/image");
    let ours = lists.join("root");
    let units = steps.source().join("systemd");
    let key = steps
        .key()?
        .text(&packages.key)
        .text(&format!(
            "{:?} {} {} {:?}",
            build.kind, build.version, build.made_at, build.repository
        ))
        .path(&build.root)?
        .path(&lists.join("floor"))?
        .path(&lists.join("removed"))?
        .path(&lists.join("masked"))?
        .path(&ours)?
        .path(&units)?;
    let key = build
        .files
        .iter()
        .try_fold(key, |key, path| key.path(path))?;
    let key = programs::key(programs, key)?;
    let key = steps.run("system", key, &path, |steps| {
        remove(&path)?;
        let parent = steps.target().join("work");
        fs::create_dir_all(&parent).map_err(BuildError::file("make", &parent))?;
        copy(steps, &packages.path, &path)?;
        for name in listed(&lists.join("removed"))? {
            drop_from(&path, &name)?;
        }
        for unit in listed(&lists.join("masked"))? {
            let place = path.join("etc/systemd/system").join(unit);
            symlink("/dev/null", &place).map_err(BuildError::file("make", &place))?;
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
        trust(&path, &build.root, &lists.join("floor"))?;
        if let Some(address) = &build.repository {
            write(
                &path.join("usr/share/xoa/repository"),
                &format!("{address}\n"),
            )?;
        }
        if build.kind == Kind::Development {
            open_serial_console(&path)?;
        }
        let date = build.made_at.to_string();
        let mut accounts = tools.command(&steps.target().join("work"));
        accounts.args(["chroot", "/work/root", "systemd-sysusers"]);
        steps.program(accounts.env("SOURCE_DATE_EPOCH", &date))?;
        let _ = fs::remove_file(path.join("etc/.pwd.lock"));
        if let Some(files) = &build.files {
            overlay(steps, files, &path)?;
        }
        let mut times = Command::new("find");
        times.arg(&path).args(["-exec", "touch", "-h", "-d"]);
        times.arg(format!("@{date}")).args(["{}", "+"]);
        steps.program(&mut times).map(|_| ())
    })?;
    Ok(System { path, key })
}

/// The lines of a list that are no comments.
fn listed(list: &Path) -> Result<Vec<String>, BuildError> {
    let text = fs::read_to_string(list).map_err(BuildError::file("read", list))?;
    let lines = text.lines().map(str::trim);
    Ok(lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(str::to_owned)
        .collect())
}

/// Removes what is called so, or, with a star at its end, begins so; what is not there need not be removed.
fn drop_from(root: &Path, name: &str) -> Result<(), BuildError> {
    let place = root.join(name);
    let mut places = vec![place.clone()];
    if let (Some(start), Some(folder)) = (name.strip_suffix('*'), place.parent()) {
        let start = start.rsplit('/').next().unwrap_or(start);
        let Ok(entries) = fs::read_dir(folder) else {
            return Ok(());
        };
        places = entries
            .flatten()
            .filter(|entry| entry.file_name().to_string_lossy().starts_with(start))
            .map(|entry| entry.path())
            .collect();
    }
    for place in places {
        if fs::symlink_metadata(&place).is_ok_and(|m| m.is_dir()) {
            remove(&place)?;
        } else {
            let _ = fs::remove_file(&place);
        }
    }
    Ok(())
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
    if build.kind == Kind::Development {
        text += "VARIANT_ID=development\n";
    }
    write(&path, &text)
}

/// Whose updates the system takes, and which version is the oldest that it lets run.
fn trust(root: &Path, keys: &Path, floor: &Path) -> Result<(), BuildError> {
    for (from, name) in [(keys, "root.json"), (floor, "floor")] {
        let text = fs::read_to_string(from).map_err(BuildError::file("read", from))?;
        write(&root.join("usr/share/xoa").join(name), &text)?;
    }
    Ok(())
}

/// For developers only: the release has no way in.
fn open_serial_console(root: &Path) -> Result<(), BuildError> {
    let units = root.join("etc/systemd/system");
    write(
        &units.join("serial-getty@ttyS0.service.d/root.conf"),
        "[Service]\nExecStart=\nExecStart=-/sbin/agetty --autologin root --noclear --keep-baud 115200 %I vt220\n",
    )?;
    write(
        &units.join("systemd-udev-trigger.service.d/tty.conf"),
        "[Service]\nExecStart=-udevadm trigger --action=add --subsystem-match=tty --sysname-match=ttyS0\n",
    )?;
    let wanted = units.join("multi-user.target.wants/serial-getty@ttyS0.service");
    symlink("/usr/lib/systemd/system/serial-getty@.service", &wanted)
        .map_err(BuildError::file("make", &wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_beginnings_of_names_are_removed() {
        let root = tempfile::tempdir().unwrap();
        for name in ["usr/bin/perl", "usr/bin/perl5", "usr/bin/ls"] {
            write(&root.path().join(name), "").unwrap();
        }
        drop_from(root.path(), "usr/bin/perl*").unwrap();
        drop_from(root.path(), "absent/*").unwrap();
        drop_from(root.path(), "absent").unwrap();
        let left: Vec<_> = fs::read_dir(root.path().join("usr/bin")).unwrap().collect();
        assert_eq!(left.len(), 1);
        drop_from(root.path(), "usr").unwrap();
        assert!(!root.path().join("usr").exists());
    }
}
