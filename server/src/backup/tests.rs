//! Whatever became of a backup on its way, it is refused, and the data that are there stay as they were.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::sample::Index;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use xo_store::{DatabaseLocation, Store, StoreConfig};

use super::archive::{self, DATABASE, NAMES};
use super::restore::restore;
use super::{About, BackupError, Places, Reason, SECRET, Shelf, Source, fuzzing, make};

/// What is before the first sealed piece, and the length of one (`sealed`).
const HEAD: usize = 29;
const PIECE: usize = 64 * 1024 + 16;

struct Machine {
    folder: TempDir,
    places: Places,
    runtime: Runtime,
    /// A backup of it.
    file: Vec<u8>,
}

impl Machine {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data_dir = folder.path().join("data");
        std::fs::create_dir(&data_dir).unwrap();
        let places = Places {
            database: data_dir.join(DATABASE),
            agent: folder.path().join("no-agent.sock"),
            data_dir,
        };
        let runtime = Runtime::new().unwrap();
        let file = runtime.block_on(async {
            let database = DatabaseLocation::Sqlite(places.database.clone());
            let config = StoreConfig::new(database, places.data_dir.join(SECRET));
            let store = Store::open(&config).await.unwrap();
            let made = make(&places, &store, Reason::Asked).await.unwrap();
            store.close().await;
            let shelf = Shelf::of(&places.data_dir).unwrap();
            std::fs::read(shelf.path(&made.id).unwrap()).unwrap()
        });
        Self {
            folder,
            places,
            runtime,
            file,
        }
    }

    /// Whether it would be restored; then the next start would do so.
    fn takes(&self, file: &[u8]) -> bool {
        let path = self.folder.path().join("sent.xoabackup");
        std::fs::write(&path, file).unwrap();
        let restored = restore(&self.places, Source::File(path), None);
        self.runtime.block_on(restored).is_ok()
    }

    fn data(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut found = BTreeMap::new();
        collect(&self.places.data_dir, &mut found);
        found
    }
}

fn collect(folder: &Path, found: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
        } else {
            found.insert(path.clone(), std::fs::read(path).unwrap());
        }
    }
}

#[derive(Debug, Clone)]
enum Change {
    Byte(Index, u8),
    Cut(Index),
    Append(Vec<u8>),
    Insert(Index, Vec<u8>),
    Remove(Index, usize),
    Swap(Index, Index),
    Repeat(Index),
}

fn change() -> impl Strategy<Value = Change> {
    let some = || proptest::collection::vec(any::<u8>(), 1..40);
    prop_oneof![
        (any::<Index>(), 1u8..).prop_map(|(at, with)| Change::Byte(at, with)),
        any::<Index>().prop_map(Change::Cut),
        some().prop_map(Change::Append),
        (any::<Index>(), some()).prop_map(|(at, bytes)| Change::Insert(at, bytes)),
        (any::<Index>(), 1..PIECE).prop_map(|(at, count)| Change::Remove(at, count)),
        (any::<Index>(), any::<Index>()).prop_map(|(one, other)| Change::Swap(one, other)),
        any::<Index>().prop_map(Change::Repeat),
    ]
}

/// `head` bytes, then pieces of this length, of which the last one may be shorter.
fn changed(file: &[u8], change: &Change, head: usize, piece: usize) -> Vec<u8> {
    let (first, rest) = file.split_at(head);
    let mut pieces: Vec<&[u8]> = rest.chunks(piece).collect();
    let mut bytes = file.to_vec();
    match change {
        Change::Byte(at, with) => bytes[at.index(file.len())] ^= with,
        Change::Cut(at) => bytes.truncate(at.index(file.len())),
        Change::Append(more) => bytes.extend(more),
        Change::Insert(at, more) => {
            let at = at.index(file.len());
            bytes.splice(at..at, more.iter().copied());
        }
        Change::Remove(at, count) => {
            let at = at.index(file.len());
            bytes.drain(at..(at + count).min(file.len()));
        }
        Change::Swap(one, other) => {
            let (one, other) = (one.index(pieces.len()), other.index(pieces.len()));
            pieces.swap(one, other);
            bytes = [first, &pieces.concat()].concat();
        }
        Change::Repeat(at) => {
            let at = at.index(pieces.len());
            pieces.insert(at, pieces[at]);
            bytes = [first, &pieces.concat()].concat();
        }
    }
    bytes
}

#[test]
fn one_of_ours_that_is_not_whole_takes_no_place_and_one_of_another_key_waits_for_it() {
    let (machine, other) = (Machine::new(), Machine::new());
    let send = |file: &[u8]| {
        let taken = super::take(&machine.places.data_dir, file);
        machine.runtime.block_on(taken)
    };
    let good = send(&machine.file).unwrap();
    for length in [machine.file.len() - 1, HEAD + PIECE] {
        let error = send(&machine.file[..length]).unwrap_err();
        assert!(matches!(error, BackupError::Truncated), "{error}");
    }
    let mut damaged = machine.file.clone();
    damaged[HEAD + PIECE + 3] ^= 1;
    let error = send(&damaged).unwrap_err();
    assert!(matches!(error, BackupError::Damaged(_)), "{error}");
    let shelf = Shelf::of(&machine.places.data_dir).unwrap();
    assert!(shelf.list().unwrap().contains(&good));
    let foreign = send(&other.file).unwrap();
    assert!(shelf.list().unwrap().contains(&foreign));
}

#[test]
fn a_backup_that_came_whole_is_restored() {
    let machine = Machine::new();
    assert!(machine.file.len() > HEAD + 2 * PIECE);
    let before = machine.data();
    assert!(machine.takes(&machine.file));
    assert_ne!(machine.data(), before, "it waits for the next start");
}

/// An archive as it is before it is sealed.
static ARCHIVE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    for (name, _) in NAMES {
        std::fs::write(folder.path().join(name), name.repeat(200)).unwrap();
    }
    let about = About {
        made_at: 0,
        version: "1.2.3".to_owned(),
        hostname: "xoa".to_owned(),
        appliance: None,
    };
    let mut packed = Vec::new();
    archive::write(&mut packed, &about, |name| folder.path().join(name)).unwrap();
    packed
});

proptest! {
    #[test]
    fn a_changed_backup_is_refused_and_writes_nothing_in_place(change in change()) {
        static MACHINE: LazyLock<Machine> = LazyLock::new(Machine::new);
        let file = changed(&MACHINE.file, &change, HEAD, PIECE);
        prop_assume!(file != MACHINE.file);
        let before = MACHINE.data();
        prop_assert!(!MACHINE.takes(&file));
        prop_assert!(MACHINE.data() == before, "data were changed");
    }

    #[test]
    fn what_is_inside_a_backup_writes_only_its_own_files(changes in proptest::collection::vec(change(), 0..4)) {
        let packed = changes.iter().fold(ARCHIVE.clone(), |packed, change| {
            if packed.is_empty() {
                return packed;
            }
            changed(&packed, change, 0, 512)
        });
        let above = tempfile::tempdir().unwrap();
        let folder = above.path().join("folder");
        std::fs::create_dir(&folder).unwrap();
        fuzzing::backup(&packed, &folder);
        prop_assert_eq!(std::fs::read_dir(above.path()).unwrap().count(), 1);
    }
}
