//! What an image says of itself, in the files of its root file system (squashfs): that is what an appliance goes by once it runs it.

use std::io::{BufReader, Read};
use std::path::Path;

use backhand::{BackhandError, FilesystemReader, InnerNode};
use tough::schema::{Root, Signed};

use super::disk::Window;

const RELEASE: &str = "/usr/lib/os-release";
const ROOT: &str = "/usr/share/xoa/root.json";
const REPOSITORY: &str = "/usr/share/xoa/repository";
const DEVELOPMENT: &str = "VARIANT_ID=development";
/// Files that say something of an image are short.
const LIMIT: u64 = 1 << 20;

/// What is known of an image.
#[derive(Debug, Clone)]
pub(super) struct Image {
    /// Its version, if it says one.
    pub(super) version: Option<String>,
    /// Whether it is one for developers, which lets anybody in on the serial console.
    pub(super) is_development: bool,
    /// The root of keys that it trusts, if it has a readable one.
    pub(super) root: Option<Signed<Root>>,
    /// Where it looks for updates until an administrator says otherwise.
    pub(super) repository: Option<String>,
}

impl Image {
    pub(super) fn read(slot: Window<'_>) -> Result<Self, BackhandError> {
        let system = FilesystemReader::from_reader(BufReader::new(slot))?;
        let release = text(&system, RELEASE)?.unwrap_or_default();
        let mut lines = release.lines();
        let version = lines.find_map(|line| line.strip_prefix("IMAGE_VERSION="));
        let root = text(&system, ROOT)?;
        let address = text(&system, REPOSITORY)?;
        Ok(Self {
            version: version.map(|version| version.trim_matches('"').to_owned()),
            is_development: release.lines().any(|line| line == DEVELOPMENT),
            root: root.and_then(|text| serde_json::from_str(&text).ok()),
            repository: address.filter(|text| !text.trim().is_empty()),
        })
    }
}

fn text(system: &FilesystemReader<'_>, path: &str) -> Result<Option<String>, BackhandError> {
    let mut nodes = system.files();
    let Some(node) = nodes.find(|node| node.fullpath == Path::new(path)) else {
        return Ok(None);
    };
    let InnerNode::File(file) = &node.inner else {
        return Ok(None);
    };
    let mut bytes = Vec::new();
    let reader = system.file(file).reader_checked()?;
    reader.take(LIMIT).read_to_end(&mut bytes)?;
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}
