//! One file of a release, on its way here.
//!
//! Invariant: never more than what was asked for. A whole file is compared with what was signed; of a part only the length can be
//! checked, and whoever asked for it looks at the sum.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Take};
use std::ops::Range;
use std::sync::Arc;

use aws_lc_rs::digest::{Context, SHA256};
use reqwest::Response;
use tokio::runtime::Runtime;
use tough::Bytes;

use super::error::TrustError;
use super::transport::Place;
use super::web;

/// A signed file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// As it was signed.
    pub name: String,
    /// In bytes.
    pub length: u64,
    /// Of its content.
    pub sha256: [u8; 32],
    /// Where it is, from the folder of targets on.
    pub(super) path: String,
}

/// The bytes of a [`Target`], as they come. **None of them is to be trusted before the end was reached without an error.**
pub struct Reader {
    target: Target,
    source: Source,
    runtime: Arc<Runtime>,
    /// Nothing, when only a part was asked for.
    sum: Option<Context>,
    length: u64,
    wanted: u64,
}

enum Source {
    File(Take<File>),
    Web { response: Response, rest: Bytes },
}

impl Reader {
    pub(super) fn open(
        runtime: &Arc<Runtime>,
        origin: &Place,
        target: &Target,
        range: Range<u64>,
    ) -> Result<Self, TrustError> {
        let range = range.start.min(target.length)..range.end.min(target.length);
        let is_whole = range.start == 0 && range.end == target.length;
        let wanted = range.end.saturating_sub(range.start);
        let source = match origin {
            Place::Folder(folder) => {
                let path = folder.join(&target.path);
                let mut file = match File::open(&path) {
                    Err(error) if error.kind() == ErrorKind::NotFound => {
                        return Err(TrustError::Missing {
                            file: target.name.clone(),
                        });
                    }
                    file => file.map_err(TrustError::file("open", &path))?,
                };
                file.seek(SeekFrom::Start(range.start))
                    .map_err(TrustError::file("read", &path))?;
                // One more than what is wanted: a file that is too long is to be noticed.
                let limit = if is_whole { wanted + 1 } else { wanted };
                Source::File(file.take(limit))
            }
            Place::Web(web) => {
                let part = (!is_whole).then_some(&range);
                Source::Web {
                    response: runtime.block_on(web.get(&target.path, part))?,
                    rest: Bytes::new(),
                }
            }
        };
        Ok(Self {
            target: target.clone(),
            source,
            runtime: Arc::clone(runtime),
            sum: is_whole.then(|| Context::new(&SHA256)),
            length: 0,
            wanted,
        })
    }

    fn next(&mut self, buffer: &mut [u8]) -> Result<usize, TrustError> {
        let count = match &mut self.source {
            Source::File(file) => file
                .read(buffer)
                .map_err(TrustError::file("read", &self.target.name))?,
            Source::Web { response, rest } => {
                if rest.is_empty() {
                    let piece = self.runtime.block_on(response.chunk());
                    let piece = piece.map_err(|e| web::unreachable(&self.target.name, &e))?;
                    *rest = piece.unwrap_or_default();
                }
                let count = rest.len().min(buffer.len());
                let piece = rest.split_to(count);
                if let Some(place) = buffer.get_mut(..count) {
                    place.copy_from_slice(&piece);
                }
                count
            }
        };
        self.length += count as u64;
        let file = || self.target.name.clone();
        if self.length > self.wanted {
            return Err(TrustError::TooLong {
                file: file(),
                limit: self.wanted,
            });
        }
        if let Some(sum) = &mut self.sum {
            sum.update(buffer.get(..count).unwrap_or_default());
        }
        if count > 0 {
            return Ok(count);
        }
        if self.length < self.wanted {
            return Err(TrustError::Truncated {
                file: file(),
                length: self.length,
                wanted: self.wanted,
            });
        }
        let sum = self.sum.take().map(Context::finish);
        if sum.is_some_and(|sum| sum.as_ref() != self.target.sha256) {
            return Err(TrustError::WrongHash { file: file() });
        }
        Ok(0)
    }
}

impl Read for Reader {
    /// The error is a [`TrustError`] inside.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        self.next(buffer).map_err(io::Error::other)
    }
}
