//! The programs of the workspace that are in the image: the list (`image/programs`), the init of the RAM disk, their building, their
//! places.
//!
//! Invariant: a new program of the appliance is one line of the list.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::Build;
use super::error::BuildError;
use super::step::{Key, Steps};

/// A line of the list, and what was built for it.
pub(super) struct Program {
    package: String,
    name: String,
    folder: String,
    built: PathBuf,
}

/// What is built from the workspace.
pub(super) struct Programs {
    /// Those of the list.
    pub listed: Vec<Program>,
    /// The first program of the RAM disk.
    pub init: PathBuf,
}

/// That program, and its package.
const INIT: &str = "xo-image-init";

/// Builds them, or finds them in the folder of built programs that was given.
pub(super) fn build(steps: &mut Steps, build: &Build) -> Result<Programs, BuildError> {
    let list = steps.source().join("image-build/image/programs");
    let text = fs::read_to_string(&list).map_err(BuildError::file("read", &list))?;
    let mut listed = parse(&text).map_err(|line| {
        let list = list.display();
        steps.unexpected(format!(
            "{list}: expected `package program folder`, found `{line}`"
        ))
    })?;
    let folder = match &build.programs {
        Some(folder) => folder.clone(),
        None => {
            let wanted: Vec<_> = listed
                .iter()
                .map(|program| (program.package.as_str(), program.name.as_str()))
                .chain([(INIT, INIT)])
                .collect();
            steps.cargo(&wanted)?
        }
    };
    for program in &mut listed {
        program.built = folder.join(&program.name);
    }
    let init = folder.join(INIT);
    for path in listed.iter().map(|program| &program.built).chain([&init]) {
        if !path.is_file() {
            return Err(steps.unexpected(format!("there is no {}", path.display())));
        }
    }
    Ok(Programs { listed, init })
}

/// Adds what identifies them.
pub(super) fn key(programs: &[Program], key: Key) -> Result<Key, BuildError> {
    programs.iter().try_fold(key, |key, program| {
        key.text(&program.folder).path(&program.built)
    })
}

/// Copies them to their places.
pub(super) fn install(programs: &[Program], root: &Path) -> Result<(), BuildError> {
    for program in programs {
        let folder = root.join(&program.folder);
        fs::create_dir_all(&folder).map_err(BuildError::file("make", &folder))?;
        let place = folder.join(&program.name);
        fs::copy(&program.built, &place).map_err(BuildError::file("copy", &program.built))?;
        fs::set_permissions(&place, fs::Permissions::from_mode(0o755))
            .map_err(BuildError::file("write", &place))?;
    }
    Ok(())
}

/// Reads the list; the error is the line that is not as it should be.
fn parse(text: &str) -> Result<Vec<Program>, String> {
    text.lines()
        .filter(|line| !line.starts_with('#') && !line.trim().is_empty())
        .map(|line| {
            let mut words = line.split_whitespace();
            match (words.next(), words.next(), words.next(), words.next()) {
                (Some(package), Some(name), Some(folder), None) if !folder.starts_with('/') => {
                    Ok(Program {
                        package: package.to_owned(),
                        name: name.to_owned(),
                        folder: folder.to_owned(),
                        built: PathBuf::new(),
                    })
                }
                _ => Err(line.to_owned()),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_a_package_a_program_and_a_folder() {
        let list = parse("# one a line\n\nxo-server  xo-server usr/bin\n").unwrap();
        assert_eq!(list.len(), 1);
        assert_eq!(
            (list[0].package.as_str(), list[0].folder.as_str()),
            ("xo-server", "usr/bin")
        );
        for wrong in ["a b", "a b c d", "a b /c"] {
            assert_eq!(parse(wrong).err().as_deref(), Some(wrong));
        }
    }

    /// Of packages that no Debian system is without; units find them by their name.
    const ESSENTIAL: [&str; 5] = ["install", "mount", "sh", "systemctl", "touch"];

    #[test]
    fn what_units_start_is_in_the_image() {
        let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let image = checkout.join("image-build/image");
        let listed = parse(&fs::read_to_string(image.join("programs")).unwrap()).unwrap();
        let mut started = 0;
        for unit in fs::read_dir(checkout.join("systemd")).unwrap() {
            let unit = unit.unwrap().path();
            let text = fs::read_to_string(&unit).unwrap();
            let commands = text
                .lines()
                .filter_map(|line| line.strip_prefix("ExecStart="));
            for program in commands.filter_map(|command| command.split(' ').next()) {
                let is_there = match program.strip_prefix('/') {
                    Some(place) => {
                        let own = image.join("root").join(place);
                        // A link leads to a program of the list.
                        let place = fs::read_link(&own).map_or(place.to_owned(), |link| {
                            link.to_string_lossy().replace("../../", "usr/")
                        });
                        let is_listed = |p: &Program| place == format!("{}/{}", p.folder, p.name);
                        listed.iter().any(is_listed) || own.is_file()
                    }
                    None => ESSENTIAL.contains(&program),
                };
                assert!(is_there, "{}: {program}", unit.display());
                started += 1;
            }
        }
        assert!(started > 6, "only {started}: are units still read?");
    }
}
