//! One release in one file, for machines without a network: a plain tar with the metadata of its repository and what is installed.

use std::fs::File;
use std::path::Path;

use semver::Version;
use xo_release::Part;

use super::error::PublishError;
use super::repository::{Repository, target_name};
use crate::error::Error;
use crate::output::Output;

/// The index of chunks saves a download, and the bill of materials is for readers: neither is needed.
const INSIDE: [Part; 4] = [Part::Root, Part::Hashes, Part::Boot, Part::Notes];

/// Packs a published release; gives the size of the file. The same repository gives the same bytes.
///
/// # Errors
/// When the release is not there, or the file cannot be written.
pub fn bundle(repository: &Repository, version: &Version, to: &Path) -> Result<u64, Error> {
    let edition = repository.believed()?;
    let targets = &edition.list.signed.targets;
    let mut files: Vec<_> = repository
        .files_of(&edition)
        .into_iter()
        .map(|path| ("metadata", path))
        .collect();
    for part in INSIDE {
        let name = part.target(version);
        let target = targets.get(&target_name(&name)?);
        let target = target.ok_or_else(|| repository.not_published(version))?;
        repository.files().check(&name, target)?;
        files.push(("targets", repository.files().place(&name, target)));
    }
    files.sort();
    let output = Output::create(to)?;
    let fault = |source| Error::WriteFile {
        path: to.to_owned(),
        source,
    };
    let mut archive = tar::Builder::new(output.file());
    for (folder, path) in files {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let file = File::open(&path).map_err(PublishError::file("read", &path))?;
        let length = file
            .metadata()
            .map_err(PublishError::file("read", &path))?
            .len();
        let mut header = tar::Header::new_gnu();
        header.set_size(length);
        header.set_mode(0o644);
        archive
            .append_data(&mut header, format!("{folder}/{name}"), file)
            .map_err(fault)?;
    }
    archive.into_inner().map_err(fault)?;
    output.finish()
}
