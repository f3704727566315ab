//! What the boot loader chooses from: `xoa_<version>[+<tries left>[-<tries done>]].efi`, as systemd's boot counting names them.

use std::io;
use std::path::Path;

/// A system on the disk, besides the running one, that the boot loader would start: its file's name.
pub fn other(entries: &Path, os_release: &Path) -> io::Result<Option<String>> {
    let text = std::fs::read_to_string(os_release)?;
    let running = text
        .lines()
        .find_map(|line| line.strip_prefix("IMAGE_VERSION="))
        .map(|version| version.trim_matches('"'))
        .ok_or_else(|| io::Error::other(format!("{}: no IMAGE_VERSION", os_release.display())))?;
    let mut names: Vec<String> = std::fs::read_dir(entries)?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| {
            parse(name).is_some_and(|(version, left)| version != running && left != Some(0))
        })
        .collect();
    names.sort();
    Ok(names.pop())
}

/// The version, and the tries left when they are counted.
fn parse(name: &str) -> Option<(&str, Option<u32>)> {
    let name = name.strip_suffix(".efi")?.strip_prefix("xoa_")?;
    let Some((version, counters)) = name.rsplit_once('+') else {
        return Some((name, None));
    };
    let left = counters
        .split_once('-')
        .map_or(counters, |(left, _done)| left);
    Some((version, Some(left.parse().ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_with_and_without_counters() {
        assert_eq!(parse("xoa_1.2.efi"), Some(("1.2", None)));
        assert_eq!(parse("xoa_1.2+3.efi"), Some(("1.2", Some(3))));
        assert_eq!(parse("xoa_1.2-dev+0-3.efi"), Some(("1.2-dev", Some(0))));
        for other in ["xoa_1.2", "other_1.efi", "xoa_1+x.efi"] {
            assert_eq!(parse(other), None, "{other}");
        }
    }

    #[test]
    fn a_system_without_tries_and_the_running_one_are_no_way_out() {
        let folder = std::env::temp_dir().join(format!("xoa-health-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let release = folder.join("os-release");
        std::fs::write(&release, "ID=debian\nIMAGE_VERSION=2.0\n").unwrap();
        for name in ["xoa_2.0+1-2.efi", "xoa_1.9+0-3.efi", "note.txt"] {
            std::fs::write(folder.join(name), "").unwrap();
        }
        assert_eq!(other(&folder, &release).unwrap(), None);
        std::fs::write(folder.join("xoa_1.8.efi"), "").unwrap();
        assert_eq!(
            other(&folder, &release).unwrap().as_deref(),
            Some("xoa_1.8.efi")
        );
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
