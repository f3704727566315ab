//! What a command finds before it begins: the checkout to build from, the image that was built.

use std::fs;
use std::path::Path;

use super::error::BuildError;

/// Whether there is something to build from.
///
/// # Errors
/// When the folder is no checkout.
pub(crate) fn checkout(source: &Path) -> Result<(), BuildError> {
    const LIST: &str = "image-build/image/programs";
    if source.join(LIST).is_file() {
        return Ok(());
    }
    Err(BuildError::NoCheckout {
        path: source.to_owned(),
        missing: LIST,
    })
}

/// Whether an image of this version was built.
///
/// # Errors
/// When it was not; the versions that were are told.
pub(crate) fn built(target: &Path, version: &str) -> Result<(), BuildError> {
    let entries = fs::read_dir(target).map_err(BuildError::file("read", target))?;
    let mut versions: Vec<String> = entries
        .flatten()
        .filter_map(|entry| version_of(entry.file_name().to_str()?).map(str::to_owned))
        .collect();
    if versions.iter().any(|built| built == version) {
        return Ok(());
    }
    versions.sort();
    versions.dedup();
    Err(BuildError::NotBuilt {
        path: target.to_owned(),
        version: version.to_owned(),
        versions: if versions.is_empty() {
            "none".into()
        } else {
            versions.join(", ")
        },
    })
}

/// The version in a disk's name, for developers or not.
fn version_of(name: &str) -> Option<&str> {
    let name = name.strip_prefix("xoa-")?.strip_suffix(".raw")?;
    Some(name.strip_suffix("-dev").unwrap_or(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_version_that_was_built_has_a_bill() {
        let target = tempfile::tempdir().unwrap();
        let told = |version| built(target.path(), version).map_err(|error| error.to_string());
        assert!(told("1.2.3").unwrap_err().contains("built are: none"));
        for name in ["xoa-1.2.3.raw", "xoa-1.3.0-dev.raw", "xoa-1.4.0.xva"] {
            fs::write(target.path().join(name), "").unwrap();
        }
        told("1.2.3").unwrap();
        told("1.3.0").unwrap();
        let error = told("9.9.9").unwrap_err();
        assert!(error.contains("9.9.9"), "{error}");
        assert!(error.contains("built are: 1.2.3, 1.3.0"), "{error}");
    }
}
