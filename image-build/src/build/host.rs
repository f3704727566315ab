//! What a machine must have before anything is begun.

use std::path::Path;

use rustix::fs::statvfs;

use super::error::BuildError;

/// Two trees, the composed system, the disk, the XVA.
const NEEDED_MIB: u64 = 4096;
const PROGRAMS: [(&str, &str); 9] = [
    ("mmdebstrap", "mmdebstrap"),
    ("unshare", "util-linux"),
    ("chroot", "coreutils"),
    ("mount", "mount"),
    ("cp", "coreutils"),
    ("find", "findutils"),
    ("cargo", "cargo"),
    ("qemu-img", "qemu-utils"),
    ("xz", "xz-utils"),
];

pub(super) fn check(target: &Path) -> Result<(), BuildError> {
    if !rustix::process::geteuid().is_root() {
        return Err(BuildError::NotRoot);
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    for (program, package) in PROGRAMS {
        let there = std::env::split_paths(&path).any(|folder| folder.join(program).is_file());
        if !there {
            return Err(BuildError::MissingProgram { program, package });
        }
    }
    std::fs::create_dir_all(target).map_err(BuildError::file("make", target))?;
    let space =
        statvfs(target).map_err(|errno| BuildError::file("measure", target)(errno.into()))?;
    let free_mib = (space.f_bavail.saturating_mul(space.f_frsize)) >> 20;
    if free_mib < NEEDED_MIB {
        return Err(BuildError::NoSpace {
            path: target.to_owned(),
            free_mib,
            needed_mib: NEEDED_MIB,
        });
    }
    Ok(())
}
