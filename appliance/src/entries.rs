//! What the boot loader chooses from: `xoa_<version>[+<tries left>[-<tries done>]].efi`, as systemd's boot counting names them. Pure, but
//! for [`other`], which lists a folder.

use std::io;
use std::path::Path;

/// A kernel image's name, read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Name<'a> {
    /// Of the system that it starts.
    pub version: &'a str,
    /// How often it may still be tried; nothing once it has proved itself.
    pub tries_left: Option<u32>,
    /// How often it has been tried since it was put there.
    pub tries_done: u32,
}

/// Reads a name; `None` for what is not ours.
pub fn parse(name: &str) -> Option<Name<'_>> {
    let stem = name.strip_prefix("xoa_")?.strip_suffix(".efi")?;
    let counted = stem.rsplit_once('+').and_then(|(version, counters)| {
        let (left, done) = counters.split_once('-').unwrap_or((counters, "0"));
        Some((version, number(left)?, number(done)?))
    });
    Some(match counted {
        Some((version, left, done)) => Name {
            version,
            tries_left: Some(left),
            tries_done: done,
        },
        // A plus may be a part of the version.
        None => Name {
            version: stem,
            tries_left: None,
            tries_done: 0,
        },
    })
}

fn number(text: &str) -> Option<u32> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok())?
}

/// What an image calls itself in its `os-release`.
pub fn image_version(os_release: &str) -> Option<&str> {
    let mut lines = os_release.lines();
    let version = lines.find_map(|line| line.strip_prefix("IMAGE_VERSION="))?;
    Some(version.trim_matches('"'))
}

/// A system in the folder `entries`, besides the running one, that the boot loader would start: its file's name. Which one runs is read in
/// `os_release`.
///
/// # Errors
/// When the folder or the file cannot be read, or the file names no version.
pub fn other(entries: &Path, os_release: &Path) -> io::Result<Option<String>> {
    let text = std::fs::read_to_string(os_release)?;
    let running = image_version(&text)
        .ok_or_else(|| io::Error::other(format!("{}: no IMAGE_VERSION", os_release.display())))?;
    let names = std::fs::read_dir(entries)?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| {
            parse(name).is_some_and(|it| it.version != running && it.tries_left != Some(0))
        });
    Ok(names.max())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_with_and_without_counters() {
        for (name, version, tries_left, tries_done) in [
            ("xoa_1.2.efi", "1.2", None, 0),
            ("xoa_1.2+3.efi", "1.2", Some(3), 0),
            ("xoa_1.2+2-1.efi", "1.2", Some(2), 1),
            ("xoa_1.2-dev+0-3.efi", "1.2-dev", Some(0), 3),
            ("xoa_1.2.3+build.5.efi", "1.2.3+build.5", None, 0),
            ("xoa_1.2.3+build.5+1-2.efi", "1.2.3+build.5", Some(1), 2),
        ] {
            let expected = Name {
                version,
                tries_left,
                tries_done,
            };
            assert_eq!(parse(name), Some(expected), "{name}");
        }
        for other in ["xoa_1.2", "other_1.efi", "auto-reboot-to-firmware-setup"] {
            assert_eq!(parse(other), None, "{other}");
        }
    }

    #[test]
    fn a_system_without_tries_and_the_running_one_are_no_way_out() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let release = at("os-release");
        std::fs::write(&release, "ID=debian\nIMAGE_VERSION=2.0\n").unwrap();
        for name in ["xoa_2.0+1-2.efi", "xoa_1.9+0-3.efi", "note.txt"] {
            std::fs::write(at(name), "").unwrap();
        }
        assert_eq!(other(folder.path(), &release).unwrap(), None);
        std::fs::write(at("xoa_1.8.efi"), "").unwrap();
        let found = other(folder.path(), &release).unwrap();
        assert_eq!(found.as_deref(), Some("xoa_1.8.efi"));
        std::fs::write(&release, "ID=debian\n").unwrap();
        other(folder.path(), &release).unwrap_err();
    }
}
