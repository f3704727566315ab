//! The other forms of a built disk, and the sums of all that is handed out.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};

use crate::error::Error;
use crate::output::Output;
use crate::progress::Progress;
use crate::raw_disk::RawDisk;

/// The system inside is compressed already.
const LEVEL: i32 = 3;
const PIECE: usize = 1 << 20;

/// The raw disk as one zstd frame; holes are not read, what is unpacked has them as zeros.
pub(crate) fn zstd(disk: &RawDisk, target: &Path, progress: &Progress) -> Result<(), Error> {
    let output = Output::create(target)?;
    let fault = |source| Error::WriteFile {
        path: target.to_owned(),
        source,
    };
    let mut packed = zstd::Encoder::new(output.file(), LEVEL).map_err(fault)?;
    packed.include_checksum(true).map_err(fault)?;
    let zeros = vec![0; PIECE];
    let mut chunk = vec![0; xva::CHUNK_SIZE as usize];
    let mut at = 0;
    for offset in disk.chunks() {
        let offset = offset?;
        fill(&mut packed, &zeros, offset - at).map_err(fault)?;
        disk.read_chunk(offset, &mut chunk)?;
        let count = (disk.size() - offset).min(xva::CHUNK_SIZE);
        packed
            .write_all(chunk.get(..count as usize).unwrap_or_default())
            .map_err(fault)?;
        at = offset + count;
        progress.reach(at);
    }
    fill(&mut packed, &zeros, disk.size().saturating_sub(at)).map_err(fault)?;
    packed.finish().map_err(fault)?;
    output.finish().map(drop)
}

fn fill(to: &mut impl Write, zeros: &[u8], mut count: u64) -> std::io::Result<()> {
    while count > 0 {
        let piece = zeros
            .get(..count.min(zeros.len() as u64) as usize)
            .unwrap_or_default();
        to.write_all(piece)?;
        count -= piece.len() as u64;
    }
    Ok(())
}

/// The disk as QEMU's own format, compressed. One thread: the same disk gives the same bytes.
pub(crate) fn qcow2(disk: &Path, target: &Path) -> Result<(), Error> {
    let fresh = target.with_extension("qcow2.new");
    let fault = |reason: String| Error::Convert {
        path: target.to_owned(),
        reason,
    };
    let output = Command::new("qemu-img")
        .args(["convert", "-m", "1", "-f", "raw", "-O", "qcow2", "-c"])
        .args(["-o", "compression_type=zstd"])
        .arg(disk)
        .arg(&fresh)
        .output()
        .map_err(|e| fault(format!("{e}; on Debian: apt-get install qemu-utils")))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(fault(said));
    }
    std::fs::rename(&fresh, target).map_err(|source| Error::WriteFile {
        path: target.to_owned(),
        source,
    })
}

/// `SHA256SUMS` beside these files, as `sha256sum --check` reads it.
pub(crate) fn sums(files: &[PathBuf], target: &Path) -> Result<(), Error> {
    let mut text = String::new();
    for path in files {
        let fault = |source| Error::OpenFile {
            path: path.clone(),
            source,
        };
        let mut file = std::fs::File::open(path).map_err(fault)?;
        let mut sum = Sha256::new();
        let mut piece = vec![0; PIECE];
        loop {
            let count = file.read(&mut piece).map_err(fault)?;
            if count == 0 {
                break;
            }
            sum.update(piece.get(..count).unwrap_or_default());
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        text += &format!("{:x}  {name}\n", sum.finalize());
    }
    write(target, &text)
}

/// A text, whole or not there.
pub(crate) fn write(target: &Path, text: &str) -> Result<(), Error> {
    let output = Output::create(target)?;
    output
        .file()
        .write_all(text.as_bytes())
        .map_err(|source| Error::WriteFile {
            path: target.to_owned(),
            source,
        })?;
    output.finish().map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packed_disk_unpacks_to_the_same_bytes_and_its_sum_is_listed() {
        let folder = tempfile::tempdir().unwrap();
        let raw = folder.path().join("disk.raw");
        let mut bytes = vec![0; 5 << 20];
        bytes[..4].copy_from_slice(b"head");
        bytes[(3 << 20) + 7] = 9;
        std::fs::write(&raw, &bytes).unwrap();
        let packed = folder.path().join("disk.raw.zst");
        let disk = RawDisk::open(&raw).unwrap();
        zstd(&disk, &packed, &Progress::silent()).unwrap();
        let unpacked = zstd::decode_all(std::fs::File::open(&packed).unwrap()).unwrap();
        assert!(unpacked == bytes);
        let list = folder.path().join("SHA256SUMS");
        std::fs::write(&raw, "abc").unwrap();
        sums(&[raw], &list).unwrap();
        assert_eq!(
            std::fs::read_to_string(&list).unwrap(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  disk.raw\n"
        );
    }
}
