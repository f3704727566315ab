//! The end of a restore, at a start, before anything is opened: what waits in `incoming` goes into place by renames, and what was there goes
//! into `replaced`, where it stays until the next restore.
//!
//! Invariant: a power cut at any moment leaves a swap that the next start ends; a server never opens half of one.

use std::fs::{create_dir, remove_dir_all, rename};
use std::io;
use std::path::{Path, PathBuf};

use super::archive::{DATABASE, NAMES};
use super::error::io as named;
use super::shelf::sync;
use super::{BackupError, Places};

const INCOMING: &str = "incoming";
const REPLACED: &str = "replaced";
/// In `incoming`, once `replaced` is empty: from then on a swap is ended, not begun.
const BEGUN: &str = "begun";
/// In `incoming`: of which backup it is.
const OF: &str = "of";

/// Puts a folder that was looked at where the next start takes it from. It remembers `id`.
pub(super) fn prepare(places: &Places, folder: &Path, id: &str) -> Result<(), BackupError> {
    let incoming = places.data_dir.join(INCOMING);
    let what = || named(format!("cannot write {}", incoming.display()));
    std::fs::write(folder.join(OF), id).map_err(what())?;
    sync(folder)?;
    clear(&incoming).map_err(what())?;
    rename(folder, &incoming).map_err(what())?;
    sync(&places.data_dir)
}

/// Whether this backup waits already, or was the last one to take the data's place.
pub(super) fn has_taken(places: &Places, id: &str) -> bool {
    let folders = [places.data_dir.join(INCOMING), done(&places.data_dir)];
    let mut ids = folders
        .map(|folder| std::fs::read_to_string(folder.join(OF)).ok())
        .into_iter();
    ids.any(|found| found.as_deref() == Some(id))
}

/// Whether a power cut broke a swap off: the server must end it before anybody opens the data.
pub(crate) fn is_half_done(data_dir: &Path) -> bool {
    data_dir.join(INCOMING).join(BEGUN).exists()
}

fn done(data_dir: &Path) -> PathBuf {
    data_dir.join(REPLACED).join("done")
}

/// Does what waits; tells whether something did.
///
/// # Errors
/// The system's: the server must not open its data then.
pub fn carry_out(places: &Places) -> Result<bool, BackupError> {
    let what = || named("the data of a backup cannot be put in place".to_owned());
    let swapped = Swap::of(places).carry_out(&mut |step| step.run());
    swapped.map_err(what())
}

struct Swap {
    data_dir: PathBuf,
    database: PathBuf,
}

/// One change of the disk.
enum Step {
    Clear(PathBuf),
    Make(PathBuf),
    Move(PathBuf, PathBuf),
    Sync(PathBuf),
}

impl Step {
    fn run(self) -> io::Result<()> {
        match self {
            Self::Clear(folder) => clear(&folder),
            Self::Make(folder) => create_dir(folder),
            Self::Move(from, to) => rename(from, to),
            Self::Sync(folder) => std::fs::File::open(folder)?.sync_all(),
        }
    }
}

impl Swap {
    fn of(places: &Places) -> Self {
        Self {
            data_dir: places.data_dir.clone(),
            database: places.database.clone(),
        }
    }

    fn carry_out(&self, run: &mut dyn FnMut(Step) -> io::Result<()>) -> io::Result<bool> {
        let (incoming, replaced) = (self.data_dir.join(INCOMING), self.data_dir.join(REPLACED));
        if !incoming.exists() {
            return Ok(false);
        }
        let begun = incoming.join(BEGUN);
        if !begun.exists() {
            run(Step::Clear(replaced.clone()))?;
            run(Step::Make(replaced.clone()))?;
            run(Step::Sync(self.data_dir.clone()))?;
            run(Step::Make(begun))?;
            run(Step::Sync(incoming.clone()))?;
        }
        for (name, _) in NAMES {
            let fresh = incoming.join(name);
            if !fresh.exists() {
                continue;
            }
            let place = self.place(name);
            if name == DATABASE {
                // What the log holds belongs to the old file: it goes first, so that no other file is ever found beside it.
                for ending in ["-wal", "-shm"] {
                    let companion = with(&self.database, ending);
                    let aside = replaced.join(format!("{DATABASE}{ending}"));
                    if companion.exists() {
                        run(Step::Move(companion, aside))?;
                    }
                }
            }
            if place.exists() {
                run(Step::Move(place.clone(), replaced.join(name)))?;
            }
            run(Step::Sync(self.data_dir.clone()))?;
            run(Step::Move(fresh, place))?;
        }
        run(Step::Sync(self.data_dir.clone()))?;
        run(Step::Move(incoming, done(&self.data_dir)))?;
        run(Step::Sync(self.data_dir.clone()))?;
        Ok(true)
    }

    fn place(&self, name: &str) -> PathBuf {
        if name == DATABASE {
            self.database.clone()
        } else {
            self.data_dir.join(name)
        }
    }
}

fn with(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.to_owned().into_os_string();
    name.push(ending);
    name.into()
}

fn clear(folder: &Path) -> io::Result<()> {
    match remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{create_dir, read_to_string, write};

    use super::*;

    const OLD: [&str; 5] = ["xo.db", "xo.db-wal", "secret.key", "backup.key", "tls.key"];

    fn scene() -> (tempfile::TempDir, Places) {
        let root = tempfile::tempdir().unwrap();
        let places = Places {
            data_dir: root.path().to_owned(),
            database: root.path().join("xo.db"),
            agent: PathBuf::new(),
        };
        for name in OLD {
            write(root.path().join(name), format!("old {name}")).unwrap();
        }
        write(root.path().join("tls.crt"), "kept").unwrap();
        let staged = root.path().join("staged");
        create_dir(&staged).unwrap();
        for name in ["xo.db", "secret.key", "backup.key", "tls.key"] {
            write(staged.join(name), format!("new {name}")).unwrap();
        }
        prepare(&places, &staged, "one").unwrap();
        assert!(has_taken(&places, "one"));
        (root, places)
    }

    fn assert_done(root: &Path) {
        for name in ["xo.db", "secret.key", "backup.key", "tls.key"] {
            let now = read_to_string(root.join(name)).unwrap();
            assert_eq!(now, format!("new {name}"));
        }
        assert_eq!(read_to_string(root.join("tls.crt")).unwrap(), "kept");
        for name in OLD {
            let aside = read_to_string(root.join(REPLACED).join(name)).unwrap();
            assert_eq!(aside, format!("old {name}"));
        }
        assert!(!root.join("xo.db-wal").exists());
        assert!(!root.join(INCOMING).exists());
    }

    #[test]
    fn a_swap_that_is_cut_at_any_step_is_ended_by_the_next_start() {
        let mut cut = 0;
        loop {
            let (root, places) = scene();
            // Of the restore before.
            create_dir(root.path().join(REPLACED)).unwrap();
            write(root.path().join(REPLACED).join("xo.db"), "older").unwrap();
            let mut steps = 0;
            let ended = Swap::of(&places).carry_out(&mut |step| {
                if steps == cut {
                    return Err(io::Error::other("the power went"));
                }
                steps += 1;
                step.run()
            });
            assert!(has_taken(&places, "one") && !has_taken(&places, "two"));
            if ended.is_ok() {
                assert!(cut > 15, "only {cut} steps");
                assert_done(root.path());
                return;
            }
            carry_out(&places).unwrap();
            assert_done(root.path());
            assert!(!carry_out(&places).unwrap());
            cut += 1;
        }
    }
}
