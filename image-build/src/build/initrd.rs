//! The initial RAM disk: our init, the drivers of the disk and of verification, `dmsetup` with its libraries.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::Build;
use super::cpio::Cpio;
use super::error::BuildError;
use super::step::Steps;
use super::tree::Tree;

/// Drivers of disk, network, keys and randomness: nobody looks for drivers later. What they need comes along.
const MODULES: [&str; 10] = [
    "xen-blkfront",
    "virtio_blk",
    "xen-netfront",
    "virtio_net",
    "squashfs",
    "dm-verity",
    "efivarfs",
    "button",
    "evdev",
    "virtio-rng",
];
const DMSETUP: &str = "/usr/sbin/dmsetup";
/// It is read once at each start; the time to unpack it does not grow with the level.
const LEVEL: i32 = 19;

/// What boots: the kernel and the RAM disk.
pub(super) struct Initrd {
    /// The RAM disk.
    pub path: PathBuf,
    /// The kernel.
    pub kernel: PathBuf,
    /// The kernel's version.
    pub version: String,
    /// What identifies them.
    pub key: String,
}

pub(super) fn make(
    steps: &mut Steps,
    build: &Build,
    packages: &Tree,
    tools: &Tree,
    init: &Path,
) -> Result<Initrd, BuildError> {
    let folder = packages.path.join("usr/lib/modules");
    let version = newest(&folder).ok_or_else(|| {
        steps.unexpected("the packages have no kernel; is one in image-build/image/packages?")
    })?;
    let path = steps.target().join("work/initrd");
    let key = steps
        .key()?
        .text(&packages.key)
        .text(&tools.key)
        .text(&MODULES.join(","))
        .text(&build.made_at.to_string())
        .path(init)?;
    let key = steps.run("initial RAM disk", key, &path, |steps| {
        let files = gather(steps, &folder.join(&version), tools, init)?;
        let archive = archive(&files).map_err(BuildError::file("write", &path))?;
        let packed = zstd::encode_all(archive.as_slice(), LEVEL);
        let packed = packed.map_err(BuildError::file("write", &path))?;
        fs::write(&path, packed).map_err(BuildError::file("write", &path))
    })?;
    Ok(Initrd {
        path,
        kernel: packages.path.join(format!("boot/vmlinuz-{version}")),
        version,
        key,
    })
}

fn newest(folder: &Path) -> Option<String> {
    let names = fs::read_dir(folder).ok()?.flatten();
    let names = names.filter_map(|entry| entry.file_name().into_string().ok());
    names.max()
}

/// Names in the archive and their content, in order.
type Files = Vec<(String, Vec<u8>)>;

fn gather(steps: &Steps, modules: &Path, tools: &Tree, init: &Path) -> Result<Files, BuildError> {
    let read = |path: &Path| fs::read(path).map_err(BuildError::file("read", path));
    let mut files = vec![("init".to_owned(), read(init)?)];
    let dependencies = modules.join("modules.dep");
    let dependencies = String::from_utf8_lossy(&read(&dependencies)?).into_owned();
    let mut order = String::new();
    for module in in_order(&dependencies, &MODULES) {
        let name = module.rsplit('/').next().unwrap_or(&module).to_owned();
        let (name, content) = unpacked(steps, name, &modules.join(&module))?;
        files.push((format!("modules/{name}"), content));
        order += &format!("{name}\n");
    }
    for module in MODULES {
        if !order
            .lines()
            .any(|line| line.starts_with(&format!("{module}.ko")))
        {
            return Err(steps.unexpected(format!("the kernel has no module {module}")));
        }
    }
    files.push(("modules/order".to_owned(), order.into_bytes()));
    files.push((
        "bin/dmsetup".to_owned(),
        read(&inside(&tools.path, DMSETUP))?,
    ));
    for library in libraries(steps, tools, init)? {
        let name = library.trim_start_matches('/').to_owned();
        files.push((name, read(&inside(&tools.path, &library))?));
    }
    Ok(files)
}

/// What the two programs are linked with, as the tree of tools has it.
fn libraries(steps: &Steps, tools: &Tree, init: &Path) -> Result<BTreeSet<String>, BuildError> {
    let work = steps.target().join("work");
    fs::create_dir_all(&work).map_err(BuildError::file("make", &work))?;
    let copied = work.join("init");
    fs::copy(init, &copied).map_err(BuildError::file("copy", init))?;
    let told = steps.program(tools.command(&work).args(["ldd", "/work/init", DMSETUP]))?;
    let paths = told.split_whitespace().filter(|word| {
        // What is looked at is told too, with a colon.
        word.starts_with('/') && !word.ends_with(':')
    });
    Ok(paths.map(str::to_owned).collect())
}

/// A module as the kernel takes it at once: the archive is compressed as a whole, better and faster.
fn unpacked(steps: &Steps, name: String, path: &Path) -> Result<(String, Vec<u8>), BuildError> {
    let Some(plain) = name.strip_suffix(".xz") else {
        let content = fs::read(path).map_err(BuildError::file("read", path))?;
        return Ok((name, content));
    };
    let output = Command::new("xz")
        .args(["--decompress", "--stdout"])
        .arg(path)
        .output()
        .map_err(BuildError::file("read", path))?;
    if !output.status.success() {
        return Err(steps.unexpected(format!("{} is damaged", path.display())));
    }
    Ok((plain.to_owned(), output.stdout))
}

fn inside(root: &Path, path: &str) -> PathBuf {
    root.join(path.trim_start_matches('/'))
}

/// The files of the modules and of what they need, each behind what it needs.
fn in_order(dependencies: &str, wanted: &[&str]) -> Vec<String> {
    let mut order: Vec<String> = Vec::new();
    for name in wanted {
        let line = dependencies.lines().find_map(|line| {
            let (file, needs) = line.split_once(':')?;
            let stem = file.rsplit('/').next()?.split(".ko").next()?;
            (stem == *name).then_some((file, needs))
        });
        let Some((file, needs)) = line else { continue };
        // modules.dep lists what is needed first last.
        for file in needs.split_whitespace().rev().chain([file]) {
            if !order.iter().any(|known| known == file) {
                order.push(file.to_owned());
            }
        }
    }
    order
}

fn archive(files: &Files) -> io::Result<Vec<u8>> {
    let mut folders = BTreeSet::from(["dev".to_owned()]);
    for (name, _) in files {
        let parents = Path::new(name).ancestors().skip(1);
        folders.extend(parents.map(|path| path.to_string_lossy().into_owned()));
    }
    folders.remove("");
    let mut cpio = Cpio::new(Vec::new());
    for folder in &folders {
        cpio.folder(folder)?;
    }
    cpio.console()?;
    for (name, content) in files {
        cpio.file(name, content)?;
    }
    cpio.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_come_behind_what_they_need() {
        let dependencies = "kernel/a/one.ko.xz: kernel/b/two.ko.xz kernel/c/three.ko.xz\n\
                            kernel/b/two.ko.xz: kernel/c/three.ko.xz\n\
                            kernel/c/three.ko.xz:\nkernel/d/four.ko:\n";
        assert_eq!(
            in_order(dependencies, &["four", "one", "two", "absent"]),
            [
                "kernel/d/four.ko",
                "kernel/c/three.ko.xz",
                "kernel/b/two.ko.xz",
                "kernel/a/one.ko.xz"
            ]
        );
    }
}
