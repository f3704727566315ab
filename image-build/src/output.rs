//! Files that appear whole or not at all: written beside their place under another name, then renamed.

use std::fs::{File, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::error::Error;

/// A file that does not exist yet.
pub(crate) struct Output {
    path: PathBuf,
    file: NamedTempFile,
}

impl Output {
    pub(crate) fn create(path: &Path) -> Result<Self, Error> {
        let folder = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let made = tempfile::Builder::new()
            .prefix(".xo-image-build-")
            .permissions(Permissions::from_mode(0o644))
            .tempfile_in(folder);
        match made {
            Ok(file) => Ok(Self {
                path: path.to_owned(),
                file,
            }),
            Err(source) => Err(Error::WriteFile {
                path: path.to_owned(),
                source,
            }),
        }
    }

    pub(crate) fn file(&self) -> &File {
        self.file.as_file()
    }

    /// Makes it visible; gives its size.
    pub(crate) fn finish(self) -> Result<u64, Error> {
        let persist = || -> io::Result<u64> {
            let size = self.file.as_file().metadata()?.len();
            self.file.persist(&self.path).map_err(|error| error.error)?;
            Ok(size)
        };
        let path = self.path.clone();
        persist().map_err(|source| Error::WriteFile { path, source })
    }
}
