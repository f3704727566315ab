//! Factory reset: asked for while the appliance runs, done at the next boot before anything else looks at the data.
//!
//! Invariant: the mark that asks for it goes last, so what a power cut breaks off is begun anew. Folders stay, with their owners; what is
//! in them goes. Blocks are freed, not overwritten.

use std::io;
use std::path::{Path, PathBuf};

use crate::apply::Places;
use crate::durable::Disk;

fn mark(places: &Places) -> PathBuf {
    places.state.join("factory-reset")
}

/// Has the next boot do it.
///
/// # Errors
/// The system's, and then nothing will be reset.
pub fn request(places: &Places, disk: &dyn Disk) -> io::Result<()> {
    disk.make_folder(&places.state, 0o700)?;
    disk.write(&mark(places), 0o600, b"")
}

/// Does it if it was asked for; tells whether it was.
///
/// # Errors
/// The system's; the mark is there still.
pub fn carry_out(places: &Places) -> io::Result<bool> {
    let mark = mark(places);
    if !mark.exists() {
        return Ok(false);
    }
    for folder in &places.erased {
        empty(folder, None)?;
    }
    empty(&places.state, Some(&mark))?;
    std::fs::remove_file(&mark)?;
    std::fs::File::open(&places.state)?.sync_all()?;
    Ok(true)
}

fn empty(folder: &Path, but: Option<&Path>) -> io::Result<()> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(e),
    };
    for entry in entries {
        let entry = entry?;
        let path = entry.path();
        if Some(path.as_path()) == but {
            continue;
        }
        // A link is removed, never followed.
        if entry.file_type()?.is_dir() {
            std::fs::remove_dir_all(&path)?;
        } else {
            std::fs::remove_file(&path)?;
        }
    }
    std::fs::File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::durable::Real;

    #[test]
    fn everything_goes_but_the_folders_and_what_links_lead_to() {
        let root = tempfile::tempdir().unwrap();
        let places = Places::below(root.path());
        let server = root.path().join("var/lib/xo-server");
        let outside = root.path().join("outside");
        for folder in [
            &server.join("deep/er"),
            &outside,
            &places.state.join("firstboot"),
        ] {
            std::fs::create_dir_all(folder).unwrap();
        }
        std::fs::write(server.join("xo.db"), "accounts").unwrap();
        std::fs::write(outside.join("kept"), "kept").unwrap();
        symlink(&outside, server.join("link")).unwrap();
        std::fs::write(places.settings(), "{}").unwrap();
        std::fs::write(places.state.join("firstboot/settings.done"), "").unwrap();

        assert!(!carry_out(&places).unwrap(), "nobody asked");
        assert!(server.join("xo.db").exists());

        request(&places, &Real).unwrap();
        assert!(server.join("xo.db").exists(), "not before the next boot");
        assert!(carry_out(&places).unwrap());
        for folder in [&server, &places.state] {
            assert_eq!(
                std::fs::read_dir(folder).unwrap().count(),
                0,
                "{}",
                folder.display()
            );
        }
        assert!(outside.join("kept").exists());
        assert!(!carry_out(&places).unwrap(), "once");
    }

    #[test]
    fn a_reset_that_fails_is_asked_for_still() {
        let root = tempfile::tempdir().unwrap();
        let mut places = Places::below(root.path());
        request(&places, &Real).unwrap();
        let file = root.path().join("no-folder");
        std::fs::write(&file, "").unwrap();
        places.erased.push(file.clone());
        carry_out(&places).unwrap_err();
        std::fs::remove_file(file).unwrap();
        assert!(carry_out(&places).unwrap());
    }
}
