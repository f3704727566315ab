//! Files that are whole or not there, whatever moment the power goes.
//!
//! Invariant: content is on the disk before its name is, and the name is before the call returns.

use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

/// What writes; tests put one in its place that loses its power.
pub trait Disk {
    /// Writes a file with these permission bits in place of whatever has the name.
    ///
    /// # Errors
    /// The system's, with the file as it was before.
    fn write(&self, path: &Path, mode: u32, content: &[u8]) -> io::Result<()>;

    /// Makes a folder, with those above it.
    ///
    /// # Errors
    /// The system's.
    fn make_folder(&self, path: &Path, mode: u32) -> io::Result<()>;
}

/// The machine's own disk.
#[derive(Debug, Clone, Copy, Default)]
pub struct Real;

impl Disk for Real {
    fn write(&self, path: &Path, mode: u32, content: &[u8]) -> io::Result<()> {
        let folder = path.parent().unwrap_or(Path::new("/"));
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(".new");
        let fresh = folder.join(name);
        // What an earlier power cut left has perhaps other permissions.
        match std::fs::remove_file(&fresh) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            _ => {}
        }
        let mut file = std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(mode)
            .open(&fresh)?;
        // Whatever the process's mask takes away.
        file.set_permissions(std::fs::Permissions::from_mode(mode))?;
        file.write_all(content)?;
        file.sync_all()?;
        std::fs::rename(&fresh, path)?;
        std::fs::File::open(folder)?.sync_all()
    }

    fn make_folder(&self, path: &Path, mode: u32) -> io::Result<()> {
        use std::os::unix::fs::DirBuilderExt;
        if !path.is_dir() {
            std::fs::DirBuilder::new()
                .recursive(true)
                .mode(mode)
                .create(path)?;
        }
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))?;
        match path.parent() {
            Some(above) => std::fs::File::open(above)?.sync_all(),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_with_its_permissions_also_after_an_interrupted_write() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        std::fs::write(folder.path().join("secret.new"), "half").unwrap();
        for content in ["one", "two"] {
            Real.write(&path, 0o600, content.as_bytes()).unwrap();
            assert_eq!(std::fs::read_to_string(&path).unwrap(), content);
            let mode = std::fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_gets_its_permissions_also_when_it_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b");
        for mode in [0o700, 0o750] {
            Real.make_folder(&path, mode).unwrap();
            let found = std::fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(found & 0o777, mode);
        }
    }
}
