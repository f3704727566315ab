//! The files of releases, each under the sum of its content. None appears before it is whole.

use std::collections::HashMap;
use std::fs::{self, File, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use bitar::api::compress::{CreateArchiveOptions, create_archive};
use bitar::chunker::{Config, FilterBits, FilterConfig};
use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;
use tough::schema::{Hashes, Target};

use crate::publish::error::PublishError;
use crate::publish::signing::runtime;

/// Chunks begin where the content says so, whatever comes before them.
const CHUNK: u32 = 16 << 10;
const CHUNK_MIN: usize = 4 << 10;
const CHUNK_MAX: usize = 64 << 10;
const PIECE: usize = 1 << 20;
/// Their folder.
pub(in super::super) struct Files(pub(super) PathBuf);

impl Files {
    /// Where a signed file lies.
    pub(in super::super) fn place(&self, name: &str, target: &Target) -> PathBuf {
        self.0
            .join(format!("{}.{name}", hex(&target.hashes.sha256)))
    }

    /// Puts a file where its sum says.
    pub(super) fn add(
        &self,
        name: &str,
        mut from: impl Read,
        origin: &Path,
    ) -> Result<Target, PublishError> {
        let folder = self.made()?;
        let fault = |source| PublishError::file("write", folder.join(name))(source);
        let mut file = self.file_beside().map_err(fault)?;
        let (mut sum, mut length) = (Sha256::new(), 0);
        let mut piece = vec![0; PIECE];
        loop {
            let count = from
                .read(&mut piece)
                .map_err(PublishError::file("read", origin))?;
            let piece = piece.get(..count).unwrap_or_default();
            if piece.is_empty() {
                break;
            }
            sum.update(piece);
            length += count as u64;
            file.write_all(piece).map_err(fault)?;
        }
        let target = Target {
            length,
            hashes: Hashes {
                sha256: sum.finalize().to_vec().into(),
                _extra: HashMap::new(),
            },
            custom: HashMap::new(),
            _extra: HashMap::new(),
        };
        let place = self.place(name, &target);
        file.persist(place).map_err(|error| fault(error.error))?;
        Ok(target)
    }

    /// Opens a file that is what was signed.
    pub(in super::super) fn check(&self, name: &str, target: &Target) -> Result<(), PublishError> {
        let path = self.place(name, target);
        let fault = || PublishError::file("read", &path);
        let mut file = File::open(&path).map_err(fault())?;
        let mut sum = Sha256::new();
        let length = io::copy(&mut file, &mut sum).map_err(fault())?;
        if length == target.length && sum.finalize().as_slice() == &target.hashes.sha256[..] {
            return Ok(());
        }
        Err(PublishError::Damaged { path })
    }

    /// A file that goes away unless it gets its name.
    fn file_beside(&self) -> io::Result<NamedTempFile> {
        tempfile::Builder::new()
            .prefix(".publish-")
            .permissions(Permissions::from_mode(0o644))
            .tempfile_in(&self.0)
    }

    /// A root file system or a kernel image as chunks. They are not compressed: what is in there is.
    pub(super) fn chunks(
        &self,
        name: &str,
        mut input: impl Read + Send + Unpin,
    ) -> Result<Target, PublishError> {
        let folder = self.made()?;
        let path = folder.join(name);
        let fault = |source| PublishError::file("write", &path)(source);
        let made = self.file_beside().map_err(fault)?;
        let options = CreateArchiveOptions {
            chunker_config: Config::RollSum(FilterConfig {
                filter_bits: FilterBits::from_size(CHUNK),
                min_chunk_size: CHUNK_MIN,
                max_chunk_size: CHUNK_MAX,
                ..FilterConfig::default()
            }),
            compression: None,
            ..CreateArchiveOptions::default()
        };
        let output = File::options().write(true).open(made.path());
        let mut output = tokio::fs::File::from_std(output.map_err(fault)?);
        runtime()?.block_on(async {
            create_archive(Blocking(&mut input), &mut output, &options)
                .await
                .map_err(|source| PublishError::Chunks {
                    path: path.clone(),
                    source,
                })?;
            tokio::io::AsyncWriteExt::flush(&mut output)
                .await
                .map_err(fault)
        })?;
        self.add(name, made.as_file(), &path)
    }

    fn made(&self) -> Result<&Path, PublishError> {
        fs::create_dir_all(&self.0).map_err(PublishError::file("make", &self.0))?;
        Ok(&self.0)
    }
}

/// A file as the chunk library reads it. Nobody else waits meanwhile.
struct Blocking<R>(R);

impl<R: Read + Unpin> tokio::io::AsyncRead for Blocking<R> {
    fn poll_read(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
        buffer: &mut tokio::io::ReadBuf<'_>,
    ) -> std::task::Poll<io::Result<()>> {
        let count = self.0.read(buffer.initialize_unfilled());
        std::task::Poll::Ready(count.map(|count| buffer.advance(count)))
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
