//! Debian's packages, from the status file of the tree that became the system.

use std::path::Path;

use super::{Part, SbomError, read};
use crate::build::SUITE;

pub(super) fn parts(status: &Path) -> Result<Vec<Part>, SbomError> {
    let text = read(status, "it is there after `xo-image-build build`")?;
    let parts: Vec<Part> = text.split("\n\n").filter_map(part).collect();
    if parts.is_empty() {
        let place = status.display().to_string();
        return Err(SbomError::unexpected(place, &"no package is installed"));
    }
    Ok(parts)
}

/// Licences stand in the packages' own files, as text for people.
fn part(paragraph: &str) -> Option<Part> {
    let field = |name: &str| {
        paragraph.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            (key == name).then(|| value.trim().to_owned())
        })
    };
    if !field("Status")?.ends_with(" installed") {
        return None;
    }
    let (name, version, architecture) =
        (field("Package")?, field("Version")?, field("Architecture")?);
    let written = version.replace('+', "%2B").replace(':', "%3A");
    let purl = format!("pkg:deb/debian/{name}@{written}?arch={architecture}&distro={SUITE}");
    Some(Part {
        name,
        version,
        licence: None,
        purl,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_installed_counts() {
        let one = "Package: dash\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1:0.5+b1\nDescription: x\n y: z";
        let found = part(one).unwrap();
        assert_eq!(found.version, "1:0.5+b1");
        assert_eq!(
            found.purl,
            "pkg:deb/debian/dash@1%3A0.5%2Bb1?arch=amd64&distro=trixie"
        );
        assert_eq!(part(&one.replace("ok installed", "ok config-files")), None);
    }
}
