//! Whether Git would take a folder of keys.

use std::path::Path;
use std::process::Command;

use crate::publish::error::PublishError;

/// Where Git is not there, nothing is under its control. The folder need not exist.
pub(super) fn refuse_git(folder: &Path) -> Result<(), PublishError> {
    let place = std::path::absolute(folder).map_err(PublishError::file("find", folder))?;
    let there = place.ancestors().find(|place| place.is_dir());
    let there = there.unwrap_or(Path::new("/"));
    let git = |arguments: &[&str], file: Option<&Path>| {
        let output = Command::new("git")
            .arg("-C")
            .arg(there)
            .args(arguments)
            .args(file)
            .output();
        output.is_ok_and(|output| output.status.success() && output.stdout != b"false\n")
    };
    let key = place.join("root/any.key");
    let key = key.strip_prefix(there).unwrap_or(&key);
    if git(&["rev-parse", "--is-inside-work-tree"], None) && !git(&["check-ignore"], Some(key)) {
        return Err(PublishError::KeysInGit {
            path: folder.to_owned(),
        });
    }
    Ok(())
}
