//! A NoCloud config drive: a small FAT disk labelled `cidata`.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use anyhow::Result;

const SIZE: u64 = 2 << 20;

/// Writes one with these files.
pub fn write(path: &Path, files: &[(&str, &str)]) -> Result<()> {
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(true)
        .open(path)?;
    file.set_len(SIZE)?;
    let options = fatfs::FormatVolumeOptions::new().volume_label(*b"cidata     ");
    fatfs::format_volume(&file, options)?;
    let system = fatfs::FileSystem::new(&file, fatfs::FsOptions::new())?;
    for (name, text) in files {
        system
            .root_dir()
            .create_file(name)?
            .write_all(text.as_bytes())?;
    }
    system.unmount()?;
    Ok(())
}
