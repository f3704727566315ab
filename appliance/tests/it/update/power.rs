//! Disks that lose their power: at the n-th write, rename, removal or sync everything fails from then on, and what was not synced is kept, lost,
//! or torn into sectors, as chance has it.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use xo_appliance::update::device::{Device, Readable};
use xo_appliance::update::folder::Folder;

const SECTOR: usize = 512;

/// Of the whole machine.
#[derive(Default)]
pub struct Power(Mutex<State>);

#[derive(Default)]
struct State {
    /// How many operations succeed before it goes.
    left: Option<u64>,
    is_gone: bool,
    chance: u64,
}

impl Power {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// It goes at the operation after so many others.
    pub fn cut_after(&self, operations: u64) {
        self.lock().left = Some(operations);
    }

    pub fn seed(&self, seed: u64) {
        self.lock().chance = seed;
    }

    pub fn is_gone(&self) -> bool {
        self.lock().is_gone
    }

    /// It is back.
    pub fn back(&self) {
        let mut state = self.lock();
        state.is_gone = false;
        state.left = None;
    }

    fn check(&self) -> io::Result<()> {
        if self.is_gone() {
            return Err(io::Error::other("the power is gone"));
        }
        Ok(())
    }

    /// An operation.
    fn take(&self) -> io::Result<()> {
        self.check()?;
        let mut state = self.lock();
        match &mut state.left {
            Some(0) => state.is_gone = true,
            Some(left) => *left -= 1,
            None => {}
        }
        drop(state);
        self.check()
    }

    /// Heads or tails (Knuth's generator).
    fn toss(&self) -> bool {
        let mut state = self.lock();
        state.chance = state
            .chance
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        state.chance >> 63 == 1
    }
}

/// Bytes that are on the disk, and those that are only written.
#[derive(Default, Clone)]
struct Content {
    durable: Vec<u8>,
    now: Vec<u8>,
    pending: Vec<(usize, Vec<u8>)>,
}

impl Content {
    fn write(&mut self, bytes: &[u8], offset: u64) {
        put(&mut self.now, bytes, offset as usize);
        self.pending.push((offset as usize, bytes.to_vec()));
    }

    fn sync(&mut self) {
        self.durable.clone_from(&self.now);
        self.pending.clear();
    }

    fn crash(&mut self, power: &Power) {
        for (offset, bytes) in std::mem::take(&mut self.pending) {
            for (number, sector) in bytes.chunks(SECTOR).enumerate() {
                if power.toss() {
                    put(&mut self.durable, sector, offset + number * SECTOR);
                }
            }
        }
        self.now.clone_from(&self.durable);
    }
}

fn put(target: &mut Vec<u8>, bytes: &[u8], offset: usize) {
    if target.len() < offset + bytes.len() {
        target.resize(offset + bytes.len(), 0);
    }
    target[offset..offset + bytes.len()].copy_from_slice(bytes);
}

/// A partition.
#[derive(Clone)]
pub struct Disk {
    power: Arc<Power>,
    content: Arc<Mutex<Content>>,
}

impl Disk {
    pub fn new(power: &Arc<Power>, length: usize) -> Self {
        let disk = Self {
            power: Arc::clone(power),
            content: Arc::default(),
        };
        disk.install(&vec![0; length]);
        disk
    }

    /// Has these bytes at its beginning, as if it had always had.
    pub fn install(&self, bytes: &[u8]) {
        let mut content = self.content.lock().unwrap();
        content.write(bytes, 0);
        content.sync();
    }

    pub fn bytes(&self) -> Vec<u8> {
        self.content.lock().unwrap().now.clone()
    }

    pub fn crash(&self) {
        self.content.lock().unwrap().crash(&self.power);
    }
}

impl Readable for Disk {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.power.check()?;
        let content = self.content.lock().unwrap();
        let from = offset as usize;
        let found = content.now.get(from..from + buffer.len());
        buffer.copy_from_slice(found.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn len(&self) -> u64 {
        self.content.lock().unwrap().now.len() as u64
    }
}

impl Device for Disk {
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.power.check()?;
        assert!(offset + bytes.len() as u64 <= self.len(), "behind the end");
        self.content.lock().unwrap().write(bytes, offset);
        self.power.take()
    }

    fn sync(&self) -> io::Result<()> {
        self.power.take()?;
        self.content.lock().unwrap().sync();
        Ok(())
    }
}

enum Change {
    Link(String, usize),
    Rename(String, String),
    Unlink(String),
}

#[derive(Default)]
struct Tree {
    contents: Vec<Content>,
    durable: BTreeMap<String, usize>,
    now: BTreeMap<String, usize>,
    pending: Vec<Change>,
}

impl Tree {
    fn change(&mut self, change: Change) {
        apply(&mut self.now, &change);
        self.pending.push(change);
    }
}

fn apply(names: &mut BTreeMap<String, usize>, change: &Change) {
    match change {
        Change::Link(name, number) => {
            names.insert(name.clone(), *number);
        }
        Change::Rename(from, to) => {
            if let Some(number) = names.remove(from) {
                names.insert(to.clone(), number);
            }
        }
        Change::Unlink(name) => {
            names.remove(name);
        }
    }
}

/// A folder on a file system of so many bytes.
#[derive(Clone)]
pub struct Files {
    power: Arc<Power>,
    tree: Arc<Mutex<Tree>>,
    room: Arc<Mutex<u64>>,
}

impl Files {
    pub fn new(power: &Arc<Power>) -> Self {
        Self {
            power: Arc::clone(power),
            tree: Arc::default(),
            room: Arc::new(Mutex::new(1 << 30)),
        }
    }

    pub fn set_room(&self, bytes: u64) {
        *self.room.lock().unwrap() = bytes;
    }

    /// Has this file, as if it had always had.
    pub fn install(&self, name: &str, bytes: &[u8]) {
        let mut tree = self.tree.lock().unwrap();
        let mut content = Content::default();
        content.write(bytes, 0);
        content.sync();
        tree.contents.push(content);
        let number = tree.contents.len() - 1;
        tree.now.insert(name.to_owned(), number);
        tree.durable = tree.now.clone();
    }

    /// Gives a file another name, as the boot loader does.
    pub fn set_name(&self, from: &str, to: &str) {
        let mut tree = self.tree.lock().unwrap();
        apply(&mut tree.now, &Change::Rename(from.into(), to.into()));
        tree.durable = tree.now.clone();
    }

    pub fn bytes(&self, name: &str) -> Option<Vec<u8>> {
        let tree = self.tree.lock().unwrap();
        Some(tree.contents[*tree.now.get(name)?].now.clone())
    }

    pub fn names(&self) -> Vec<String> {
        self.tree.lock().unwrap().now.keys().cloned().collect()
    }

    pub fn crash(&self) {
        let mut tree = self.tree.lock().unwrap();
        for change in std::mem::take(&mut tree.pending) {
            if self.power.toss() {
                apply(&mut tree.durable, &change);
            }
        }
        tree.now = tree.durable.clone();
        for content in &mut tree.contents {
            content.crash(&self.power);
        }
    }
}

fn missing(name: &str) -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, name.to_owned())
}

impl Folder for Files {
    fn list(&self) -> io::Result<BTreeMap<String, u64>> {
        self.power.check()?;
        let tree = self.tree.lock().unwrap();
        let length = |number: &usize| tree.contents[*number].now.len() as u64;
        Ok(tree
            .now
            .iter()
            .map(|(name, number)| (name.clone(), length(number)))
            .collect())
    }

    fn read_at(&self, name: &str, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.power.check()?;
        let tree = self.tree.lock().unwrap();
        let number = *tree.now.get(name).ok_or_else(|| missing(name))?;
        let rest = tree.contents[number].now.get(offset as usize..);
        let rest = rest.unwrap_or_default();
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }

    fn write_at(&self, name: &str, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.power.check()?;
        let mut tree = self.tree.lock().unwrap();
        let number = match tree.now.get(name) {
            Some(number) => *number,
            None => {
                tree.contents.push(Content::default());
                let number = tree.contents.len() - 1;
                tree.change(Change::Link(name.to_owned(), number));
                number
            }
        };
        tree.contents[number].write(bytes, offset);
        drop(tree);
        self.power.take()
    }

    fn sync_file(&self, name: &str) -> io::Result<()> {
        self.power.take()?;
        let mut tree = self.tree.lock().unwrap();
        let number = *tree.now.get(name).ok_or_else(|| missing(name))?;
        tree.contents[number].sync();
        Ok(())
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.power.check()?;
        let mut tree = self.tree.lock().unwrap();
        if !tree.now.contains_key(from) {
            return Err(missing(from));
        }
        tree.change(Change::Rename(from.to_owned(), to.to_owned()));
        drop(tree);
        self.power.take()
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.power.check()?;
        let mut tree = self.tree.lock().unwrap();
        if !tree.now.contains_key(name) {
            return Ok(());
        }
        tree.change(Change::Unlink(name.to_owned()));
        drop(tree);
        self.power.take()
    }

    fn sync(&self) -> io::Result<()> {
        self.power.take()?;
        let mut tree = self.tree.lock().unwrap();
        tree.durable = tree.now.clone();
        tree.pending.clear();
        Ok(())
    }

    fn free(&self) -> io::Result<u64> {
        let used: u64 = self.list()?.values().sum();
        Ok(self.room.lock().unwrap().saturating_sub(used))
    }
}
