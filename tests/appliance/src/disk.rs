//! The virtual disk as the host sees it: copies of a raw image, where its partitions are, damage done to it, a slot moved
//! from one disk to another.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::kernel;

const SECTOR: u64 = 512;
const PIECE: usize = 1 << 20;

/// A raw disk that may be written to.
#[derive(Debug)]
pub struct Disk {
    /// Its file.
    pub path: PathBuf,
}

/// A partition: first byte, length in bytes.
#[derive(Debug, Clone, Copy)]
pub struct Partition {
    start: u64,
    length: u64,
}

impl Disk {
    /// A fresh copy; holes stay holes.
    pub fn copy(from: &Path, to: &Path) -> Result<Self> {
        let mut command = Command::new("cp");
        command.args(["--sparse=always", "--reflink=auto", "--force"]);
        run(command.arg(from).arg(to))?;
        Ok(Self {
            path: to.to_owned(),
        })
    }

    /// The partition with this number, as the GUID partition table has it.
    pub fn partition(&self, number: u32) -> Result<Partition> {
        let file = File::open(&self.path)?;
        let mut entry = [0; 128];
        file.read_exact_at(&mut entry, 2 * SECTOR + u64::from(number - 1) * 128)?;
        let word = |at: usize| -> Result<u64> {
            let bytes = entry.get(at..at + 8).context("a short entry")?;
            Ok(u64::from_le_bytes(bytes.try_into()?))
        };
        let (first, last) = (word(32)?, word(40)?);
        ensure!(first > 0 && last >= first, "there is no partition {number}");
        Ok(Partition {
            start: first * SECTOR,
            length: (last + 1 - first) * SECTOR,
        })
    }

    /// Turns one bit of a byte of a partition.
    pub fn flip(&self, partition: Partition, at: u64) -> Result<()> {
        let file = OpenOptions::new().read(true).write(true).open(&self.path)?;
        let mut byte = [0];
        file.read_exact_at(&mut byte, partition.start + at)?;
        let [value] = byte;
        file.write_all_at(&[value ^ 1], partition.start + at)?;
        Ok(())
    }

    /// Overwrites the beginning of a partition with nonsense.
    pub fn ruin(&self, partition: Partition, length: usize) -> Result<()> {
        self.ruin_at(partition, 0, length)
    }

    /// The same, somewhere in it.
    pub fn ruin_at(&self, partition: Partition, at: u64, length: usize) -> Result<()> {
        let file = OpenOptions::new().write(true).open(&self.path)?;
        file.write_all_at(&vec![0xa5; length], partition.start + at)?;
        Ok(())
    }

    /// Of the only system on it.
    pub fn version(&self) -> Result<String> {
        let kernels = self.kernels()?;
        let name = kernels.first().filter(|_| kernels.len() == 1);
        let name = name.and_then(|name| name.strip_prefix("xoa_")?.strip_suffix(".efi"));
        let name = name.with_context(|| format!("not one system, but {kernels:?}"))?;
        Ok(name.split('+').next().unwrap_or_default().to_owned())
    }

    /// Copies the first slot of another disk into the second of this one, with its kernel, as an update does.
    pub fn take_slot(&self, other: &Self) -> Result<()> {
        for (from, to) in [(2, 4), (3, 5)] {
            let (from, to) = (other.partition(from)?, self.partition(to)?);
            ensure!(from.length == to.length, "slots of different sizes");
            copy_bytes(&other.path, from, &self.path, to)?;
        }
        for kernel in other.kernels()? {
            let kept = self.path.with_extension("efi");
            run(Command::new("mcopy")
                .args(["-n", "-o", "-i"])
                .arg(other.esp()?)
                .arg(format!("::EFI/Linux/{kernel}"))
                .arg(&kept))?;
            run(Command::new("mcopy")
                .args(["-o", "-i"])
                .arg(self.esp()?)
                .arg(&kept)
                .arg(format!("::EFI/Linux/{kernel}")))?;
            std::fs::remove_file(&kept)?;
        }
        Ok(())
    }

    /// The kernels that the boot loader chooses from.
    pub fn kernels(&self) -> Result<Vec<String>> {
        let listed = output(
            Command::new("mdir")
                .args(["-b", "-i"])
                .arg(self.esp()?)
                .arg("::EFI/Linux"),
        )?;
        let names = listed
            .lines()
            .filter_map(|line| line.trim().rsplit('/').next());
        Ok(names
            .filter(|name| name.ends_with(".efi"))
            .map(str::to_owned)
            .collect())
    }

    /// Adds a word to the command line of its only kernel.
    pub fn tell_kernel(&self, word: &str) -> Result<()> {
        let kernels = self.kernels()?;
        let [kernel] = kernels.as_slice() else {
            bail!("not one kernel, but {kernels:?}");
        };
        let kept = self.path.with_extension("efi");
        let place = format!("::EFI/Linux/{kernel}");
        let esp = self.esp()?;
        run(Command::new("mcopy")
            .args(["-n", "-o", "-i", &esp, &place])
            .arg(&kept))?;
        let mut image = std::fs::read(&kept)?;
        kernel::append(&mut image, word)?;
        std::fs::write(&kept, image)?;
        run(Command::new("mcopy")
            .args(["-o", "-i", &esp])
            .arg(&kept)
            .arg(&place))?;
        std::fs::remove_file(&kept)?;
        Ok(())
    }

    fn esp(&self) -> Result<String> {
        Ok(format!(
            "{}@@{}",
            self.path.display(),
            self.partition(1)?.start
        ))
    }
}

fn copy_bytes(from: &Path, source: Partition, to: &Path, target: Partition) -> Result<()> {
    let (from, to) = (File::open(from)?, OpenOptions::new().write(true).open(to)?);
    let mut piece = vec![0; PIECE];
    let mut at = 0;
    while at < source.length {
        let count = usize::try_from(source.length - at)?.min(PIECE);
        let piece = piece.get_mut(..count).context("a piece")?;
        from.read_exact_at(piece, source.start + at)?;
        if piece.iter().any(|byte| *byte != 0) {
            to.write_all_at(piece, target.start + at)?;
        }
        at += count as u64;
    }
    Ok(())
}

fn run(command: &mut Command) -> Result<()> {
    output(command).map(drop)
}

fn output(command: &mut Command) -> Result<String> {
    // mtools asks about a disk's geometry, which matters to nobody.
    let done = command.env("MTOOLS_SKIP_CHECK", "1").output();
    let done = done.with_context(|| format!("{command:?}"))?;
    if !done.status.success() {
        bail!(
            "{command:?}: {}",
            String::from_utf8_lossy(&done.stderr).trim()
        );
    }
    Ok(String::from_utf8_lossy(&done.stdout).into_owned())
}
