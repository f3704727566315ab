//! The two trees of packages: the tools that make the image, and the system that becomes it.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::error::BuildError;
use super::step::{Key, Steps};
use super::{Build, Packages, SUITE};

/// What no appliance reads. Copyright notices stay.
const LEFT_OUT: [&str; 6] = [
    "path-exclude=/usr/share/doc/*",
    "path-include=/usr/share/doc/*/copyright",
    "path-exclude=/usr/share/man/*",
    "path-exclude=/usr/share/info/*",
    "path-exclude=/usr/share/locale/*",
    "path-exclude=/usr/share/bash-completion/*",
];

/// A tree of packages.
pub(super) struct Tree {
    /// Its root.
    pub path: PathBuf,
    /// What identifies its content.
    pub key: String,
}

impl Tree {
    /// A command inside of the tree, which sees `work` as `/work`. What it mounts is gone when it ends.
    pub fn command(&self, work: &Path) -> Command {
        const SCRIPT: &str = "mkdir -p \"$1/work\"; mount --bind \"$2\" \"$1/work\"; \
            mount -t proc proc \"$1/proc\"; mount --bind /dev \"$1/dev\"; tree=$1; shift 2; \
            exec chroot \"$tree\" \"$@\"";
        let mut command = Command::new("unshare");
        command
            .args([
                "--mount",
                "--propagation",
                "private",
                "--",
                "sh",
                "-euc",
                SCRIPT,
                "sh",
            ])
            .arg(&self.path)
            .arg(work);
        command
    }
}

/// The tools, and the system as its packages leave it.
pub(super) fn both(steps: &mut Steps, build: &Build) -> Result<(Tree, Tree), BuildError> {
    let tools = tree(steps, build, "tools")?;
    Ok((tools, tree(steps, build, "packages")?))
}

fn tree(steps: &mut Steps, build: &Build, name: &str) -> Result<Tree, BuildError> {
    let list = steps.source().join("image-build/image").join(name);
    let text = std::fs::read_to_string(&list).map_err(BuildError::file("read", &list))?;
    let names: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    let names = names.join(",");
    let path = steps.target().join(name);
    let step = format!("packages for the {name}");
    if build.packages == Packages::Fresh {
        remove(&path)?;
    }
    let key = Key::default()
        .text(SUITE)
        .text(&names)
        .text(&LEFT_OUT.concat());
    let key = steps.run(&step, key, &path, |steps| {
        remove(&path)?;
        let mut command = Command::new("mmdebstrap");
        command.args([
            "--mode=root",
            "--variant=minbase",
            "--format=directory",
            "--quiet",
        ]);
        for option in LEFT_OUT {
            command.arg(format!("--dpkgopt={option}"));
        }
        command
            .arg(format!("--include={names}"))
            .arg(SUITE)
            .arg(&path)
            .env("SOURCE_DATE_EPOCH", build.made_at.to_string());
        steps.program(&mut command).map(|_| ())
    })?;
    Ok(Tree { path, key })
}

/// Removes a folder that may not be there.
pub(super) fn remove(path: &Path) -> Result<(), BuildError> {
    match std::fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(BuildError::file("remove", path)(error))
        }
        _ => Ok(()),
    }
}
