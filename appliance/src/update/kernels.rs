//! The kernel images on the ESP, as an update sees them: the running system's, the other one's, and one that waits to be started.
//!
//! systemd-boot takes the newest version of those that may be tried. One that waits is called `xoa_<version>.staged`, which it does not look at.

use std::io;

use semver::Version;

use super::Error;
use super::device::Readable;
use super::error::io as named;
use super::fetch::read_all;
use super::folder::Folder;
use crate::entries;

/// How often a new system may be tried before the boot loader passes it over: a power cut in the first start is no reason to leave it, and
/// the old one is to serve again soon.
pub const TRIES: u32 = 2;

/// A kernel image that the boot loader knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kernel {
    /// Its file.
    pub file: String,
    /// Of the system that it starts.
    pub version: Version,
    /// How often it may still be tried; nothing once it has proved itself.
    pub tries_left: Option<u32>,
    /// How often it has been tried; told as long as it is counted.
    pub tries_done: u32,
    /// In bytes.
    pub length: u64,
}

impl Kernel {
    /// The boot loader may start it.
    pub fn may_start(&self) -> bool {
        self.tries_left != Some(0)
    }
}

/// All of them, the newest first.
pub fn list(esp: &dyn Folder) -> Result<Vec<Kernel>, Error> {
    let files = esp
        .list()
        .map_err(named("kernel images cannot be listed"))?;
    let mut kernels: Vec<Kernel> = files
        .into_iter()
        .filter_map(|(file, length)| {
            let name = entries::parse(&file)?;
            let version = name.version.parse().ok()?;
            let (tries_left, tries_done) = (name.tries_left, name.tries_done);
            Some(Kernel {
                version,
                tries_left,
                tries_done,
                length,
                file,
            })
        })
        .collect();
    kernels.sort_by(|a, b| b.version.cmp(&a.version));
    Ok(kernels)
}

/// The bytes of the one that runs; none when it is not there.
pub(super) struct Image<'a> {
    esp: &'a dyn Folder,
    file: String,
    length: u64,
}

/// That of this version.
pub(super) fn image<'a>(esp: &'a dyn Folder, version: &Version) -> Result<Image<'a>, Error> {
    let mut all = list(esp)?.into_iter();
    let found = all.find(|kernel| kernel.version == *version);
    let (file, length) = found.map_or_else(Default::default, |kernel| (kernel.file, kernel.length));
    Ok(Image { esp, file, length })
}

impl Readable for Image<'_> {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        read_all(self.esp, &self.file, buffer, offset)
    }

    fn len(&self) -> u64 {
        self.length
    }
}

/// The name of one that waits.
pub fn staged(version: &Version) -> String {
    format!("xoa_{version}.staged")
}

/// The name of one that is to be tried.
pub fn fresh(version: &Version) -> String {
    format!("xoa_{version}+{TRIES}.efi")
}

/// How many bytes files besides the running system's have.
pub fn others(esp: &dyn Folder, running: &Version) -> Result<u64, Error> {
    let files = esp
        .list()
        .map_err(named("kernel images cannot be listed"))?;
    let others = files.iter().filter(|(file, _)| is_other(file, running));
    Ok(others.map(|(_, length)| length).sum())
}

/// Removes whatever belongs to the other slot; what runs stays.
pub fn remove_others(esp: &dyn Folder, running: &Version) -> Result<(), Error> {
    let files = esp
        .list()
        .map_err(named("kernel images cannot be listed"))?;
    for file in files.keys().filter(|file| is_other(file, running)) {
        let what = format!("{file} cannot be removed");
        esp.remove(file).map_err(named(what))?;
    }
    esp.sync().map_err(named("the ESP cannot be written"))
}

fn is_other(file: &str, running: &Version) -> bool {
    let version = entries::parse(file).and_then(|name| name.version.parse::<Version>().ok());
    file.starts_with("xoa_") && version.as_ref() != Some(running)
}

/// Takes all tries of a version away: the boot loader passes it over as long as there is another one.
pub fn retire(esp: &dyn Folder, version: &Version) -> Result<(), Error> {
    for kernel in list(esp)? {
        if kernel.version == *version && kernel.may_start() {
            let retired = format!("xoa_{version}+0.efi");
            let what = format!("{} cannot be renamed", kernel.file);
            esp.rename(&kernel.file, &retired).map_err(named(what))?;
        }
    }
    esp.sync().map_err(named("the ESP cannot be written"))
}
