//! The config drive: a file system labelled `cidata` on any disk, mounted read-only for as long as this program runs
//! (its unit has mounts of its own).

use std::path::{Path, PathBuf};
use std::process::Command;

/// In lower case by NoCloud's rule; tools that make FAT write capitals.
const PLACES: [&str; 2] = ["/dev/disk/by-label/cidata", "/dev/disk/by-label/CIDATA"];
/// A disk that is not there by then is not waited for.
const PATIENCE: &str = "--timeout=60";

/// Mounts it; tells whether there is one.
pub fn mount(folder: &Path) -> Result<bool, String> {
    // All disks that the machine began with must have been looked at.
    if let Err(error) = run(Command::new("udevadm").args(["settle", PATIENCE])) {
        eprintln!("looking for a config drive: {error}");
    }
    let Some(device) = PLACES.iter().map(PathBuf::from).find(|path| path.exists()) else {
        return Ok(false);
    };
    std::fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let options = "--options=ro,nosuid,nodev,noexec";
    run(Command::new("mount").arg(options).arg(&device).arg(folder))?;
    Ok(true)
}

fn run(command: &mut Command) -> Result<(), String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|e| format!("{name}: {e}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!(
        "{name}: {}",
        said.split_whitespace().collect::<Vec<_>>().join(" ")
    ))
}
