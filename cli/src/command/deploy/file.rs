//! The XVA file: read to its end before anything of it is sent, then sent as it is.

use std::fs::File;
use std::path::{Path, PathBuf};

use futures_util::{StreamExt, TryStreamExt};
use tokio_util::io::ReaderStream;
use xapi::Upload;
use xva::{Checksums, Limits, Reader};

use crate::error::Error;
use crate::output::progress;

/// Size of the pieces that a file is read in.
const PIECE_BYTES: usize = 256 << 10;

/// A file that was found whole.
#[derive(Debug)]
pub struct Image {
    /// Its length in bytes.
    pub length: u64,
    /// The name of its VM.
    pub name: String,
}

/// Reads the whole file and checks every block of every disk.
pub async fn verify(file: &Path) -> Result<Image, Error> {
    let path = file.to_owned();
    let work = tokio::task::spawn_blocking(move || check(&path));
    work.await.map_err(|e| Error::Transfer {
        reason: e.to_string(),
    })?
}

fn check(path: &Path) -> Result<Image, Error> {
    let unreadable = |error: std::io::Error| unreadable(path, &error);
    let file = File::open(path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    if metadata.is_dir() {
        return Err(unreadable(std::io::ErrorKind::IsADirectory.into()));
    }
    let length = metadata.len();
    let bar = progress::bar("checking", Some(length), false);
    let damaged = |error: xva::Error| Error::Deploy {
        reason: format!("{} cannot be deployed: {error}", path.display()),
        hint: match error {
            xva::Error::NotAnXva { .. } => "name the .xva of the appliance",
            _ => "copy or download the file again, and compare it with SHA256SUMS",
        },
    };
    let mut reader =
        Reader::open(bar.wrap_read(file), Limits::default(), Checksums::Verify).map_err(damaged)?;
    while reader.next_chunk().map_err(damaged)?.is_some() {}
    let name = reader
        .ova()
        .of_class("VM")
        .next()
        .and_then(|vm| vm.text("name_label").ok().map(str::to_owned))
        .unwrap_or_default();
    reader.finish().map_err(damaged)?;
    bar.finish_and_clear();
    Ok(Image { length, name })
}

/// The file as it is.
pub async fn upload(path: &Path, length: u64) -> Result<Upload, Error> {
    let file = tokio::fs::File::open(path)
        .await
        .map_err(|e| unreadable(path, &e))?;
    let bar = progress::bar("sending", Some(length), false);
    let body = ReaderStream::with_capacity(file, PIECE_BYTES)
        .inspect_ok(move |piece| bar.inc(piece.len() as u64))
        .boxed();
    Ok(Upload {
        body,
        length: Some(length),
    })
}

fn unreadable(path: &Path, error: &std::io::Error) -> Error {
    Error::File {
        action: "read",
        path: PathBuf::from(path),
        reason: error.to_string(),
    }
}
