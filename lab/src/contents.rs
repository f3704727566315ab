//! What is written on virtual disks: only written blocks are kept, everything else follows from the content's name.
//!
//! A disk has the content of its own uuid, or another that it shares with its clones and snapshots until one is written.
//! What the lab was populated with reads as a sparse pattern; what was made later reads as zeros. Invariant: no more than
//! [`CAPACITY`] bytes are kept in all.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use parking_lot::Mutex;

use crate::db::Db;
use crate::plugins::fingerprint;
use crate::value::Text;

/// Bytes of a block.
pub const BLOCK: u64 = 64 << 10;
/// Bytes that all written blocks of a lab may take.
const CAPACITY: u64 = 1 << 30;
/// The pattern of a populated disk is within so many first bytes.
const PATTERN_END: u64 = 64 << 20;
/// One block of the pattern in so many is not zeros.
const PATTERN_RARITY: u64 = 24;

/// There is no room for what should be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the lab keeps no more than {CAPACITY} bytes of written blocks")]
pub struct Full;

/// The contents of all disks of a lab.
#[derive(Debug)]
pub struct Contents {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    by_id: HashMap<Text, Content>,
    /// Bytes of all blocks; shared ones count for each content.
    used: u64,
    capacity: u64,
}

#[derive(Debug, Clone, Default)]
struct Content {
    /// The content that gives the pattern of what is not written; `None` reads as zeros.
    pattern: Option<Text>,
    blocks: BTreeMap<u64, Arc<[u8]>>,
}

/// The name of a disk's content.
#[must_use]
pub fn id_of(db: &Db, vdi: &str) -> Text {
    let uuid = db.text(vdi, "uuid");
    db.contents.get(&uuid).cloned().unwrap_or(uuid)
}

/// Makes a disk read as another does now (a clone, a copy, a snapshot).
pub fn share(db: &mut Db, from: &str, to: &str) {
    let (uuid, content) = (db.text(to, "uuid"), id_of(db, from));
    db.contents.insert(uuid, content);
}

impl Contents {
    /// The contents of a populated pool: every VDI of the database has its pattern.
    #[must_use]
    pub fn of(db: &Db) -> Self {
        let by_id = db
            .rows("VDI")
            .map(|row| {
                let id = id_of(db, &row.reference);
                let content = Content {
                    pattern: Some(Text::clone(&id)),
                    ..Content::default()
                };
                (id, content)
            })
            .collect();
        Self {
            state: Mutex::new(State {
                by_id,
                used: 0,
                capacity: CAPACITY,
            }),
        }
    }

    /// Forgets what no disk of the database has any more.
    pub fn sweep(&self, db: &mut Db) {
        let uuids: HashSet<Text> = db
            .rows("VDI")
            .map(|row| db.text(&row.reference, "uuid"))
            .collect();
        db.contents.retain(|uuid, _| uuids.contains(uuid));
        let known: HashSet<Text> = db
            .rows("VDI")
            .map(|row| id_of(db, &row.reference))
            .collect();
        let State { by_id, used, .. } = &mut *self.state.lock();
        by_id.retain(|id, _| known.contains(id));
        *used = by_id
            .values()
            .map(|content| content.blocks.len() as u64 * BLOCK)
            .sum();
    }

    /// Gives a disk a content of its own, which reads as the one before, and names it: what is to be done before writing.
    ///
    /// # Errors
    /// [`Full`].
    pub fn own(&self, db: &mut Db, vdi: &str) -> Result<Text, Full> {
        self.sweep(db);
        let old = id_of(db, vdi);
        let new = Text::from(db.ids().uuid());
        let shared = db
            .rows("VDI")
            .any(|row| *row.reference != *vdi && id_of(db, &row.reference) == old);
        {
            let mut state = self.state.lock();
            if shared {
                let content = state.by_id.get(&old).cloned().unwrap_or_default();
                let size = content.blocks.len() as u64 * BLOCK;
                if state.used + size > state.capacity {
                    return Err(Full);
                }
                state.used += size;
                state.by_id.insert(Text::clone(&new), content);
            } else if let Some(content) = state.by_id.remove(&old) {
                state.by_id.insert(Text::clone(&new), content);
            }
        }
        let uuid = db.text(vdi, "uuid");
        db.contents.insert(uuid, Text::clone(&new));
        Ok(new)
    }

    /// Reads from a content into the buffer.
    pub fn read(&self, id: &str, offset: u64, mut buf: &mut [u8]) {
        let state = self.state.lock();
        let content = state.by_id.get(id);
        let mut at = offset;
        while !buf.is_empty() {
            let start = (at % BLOCK) as usize;
            let (piece, rest) = buf.split_at_mut(buf.len().min(BLOCK as usize - start));
            let block = content.and_then(|content| content.block(at / BLOCK));
            match block
                .as_ref()
                .and_then(|block| block.get(start..start + piece.len()))
            {
                Some(wanted) => piece.copy_from_slice(wanted),
                None => piece.fill(0),
            }
            at += piece.len() as u64;
            buf = rest;
        }
    }

    /// The start of the first block at or after `offset` that is no hole; what lies before it reads as zeros.
    #[must_use]
    pub fn next_data(&self, id: &str, offset: u64) -> Option<u64> {
        let state = self.state.lock();
        let content = state.by_id.get(id)?;
        let from = offset / BLOCK;
        let written = content
            .blocks
            .range(from..)
            .next()
            .map(|(number, _)| *number);
        let pattern = (from..PATTERN_END / BLOCK).find(|number| content.has_pattern(*number));
        let next = match (written, pattern) {
            (Some(written), Some(pattern)) => written.min(pattern),
            (written, pattern) => written.or(pattern)?,
        };
        Some(next * BLOCK)
    }

    /// Writes to a content; zeros on a hole leave it one.
    ///
    /// # Errors
    /// [`Full`]; what fitted is written.
    pub fn write(&self, id: &Text, offset: u64, mut data: &[u8]) -> Result<(), Full> {
        let mut state = self.state.lock();
        let State {
            by_id,
            used,
            capacity,
        } = &mut *state;
        let content = by_id.entry(Text::clone(id)).or_default();
        let mut at = offset;
        while !data.is_empty() {
            let (number, start) = (at / BLOCK, (at % BLOCK) as usize);
            let (piece, rest) = data.split_at(data.len().min(BLOCK as usize - start));
            if !content.is_hole(number) || piece.iter().any(|byte| *byte != 0) {
                let mut block = content
                    .block(number)
                    .map_or_else(|| vec![0; BLOCK as usize], |block| block.to_vec());
                if let Some(place) = block.get_mut(start..start + piece.len()) {
                    place.copy_from_slice(piece);
                }
                if !content.blocks.contains_key(&number) {
                    if *used + BLOCK > *capacity {
                        return Err(Full);
                    }
                    *used += BLOCK;
                }
                content.blocks.insert(number, block.into());
            }
            at += piece.len() as u64;
            data = rest;
        }
        Ok(())
    }
}

impl Content {
    fn is_hole(&self, number: u64) -> bool {
        !self.blocks.contains_key(&number) && !self.has_pattern(number)
    }

    fn has_pattern(&self, number: u64) -> bool {
        let Some(seed) = &self.pattern else {
            return false;
        };
        number < PATTERN_END / BLOCK
            && (number == 0
                || fingerprint(&[seed, &number.to_string()]).is_multiple_of(PATTERN_RARITY))
    }

    fn block(&self, number: u64) -> Option<Arc<[u8]>> {
        if let Some(block) = self.blocks.get(&number) {
            return Some(Arc::clone(block));
        }
        let seed = self
            .pattern
            .as_deref()
            .filter(|_| self.has_pattern(number))?;
        let mut word = fingerprint(&["block", seed, &number.to_string()]);
        let words = std::iter::repeat_with(|| {
            // A linear congruential step: cheap, and never all zeros.
            word = word
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            word.to_le_bytes()
        });
        Some(words.take(BLOCK as usize / 8).flatten().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::Ids;
    use crate::value::Value;

    fn contents(capacity: u64) -> Contents {
        let content = Content {
            pattern: Some("p".into()),
            ..Content::default()
        };
        let by_id = HashMap::from([(Text::from("p"), content)]);
        Contents {
            state: Mutex::new(State {
                by_id,
                used: 0,
                capacity,
            }),
        }
    }

    fn read(contents: &Contents, id: &str, offset: u64, len: usize) -> Vec<u8> {
        let mut buf = vec![0xaa; len];
        contents.read(id, offset, &mut buf);
        buf
    }

    #[test]
    fn what_is_written_across_blocks_is_read_back_and_the_rest_is_zeros() {
        let contents = contents(CAPACITY);
        let id = Text::from("new");
        contents.write(&id, BLOCK - 3, b"abcdef").unwrap();
        assert_eq!(read(&contents, "new", BLOCK - 4, 8), b"\0abcdef\0");
        assert_eq!(contents.next_data("new", 0), Some(0));
        assert_eq!(contents.next_data("new", BLOCK + 5), Some(BLOCK));
        contents.write(&id, 10 * BLOCK, &[0; 100]).unwrap();
        assert_eq!(
            contents.next_data("new", 2 * BLOCK),
            None,
            "zeros on a hole leave it one"
        );
        contents.write(&id, BLOCK, &[0; 3]).unwrap();
        assert_eq!(read(&contents, "new", BLOCK - 4, 8), b"\0abc\0\0\0\0");
    }

    #[test]
    fn a_populated_disk_has_a_stable_sparse_pattern() {
        let contents = contents(CAPACITY);
        let first = read(&contents, "p", 0, 4096);
        assert!(first.iter().any(|byte| *byte != 0));
        assert_eq!(read(&contents, "p", 0, 4096), first);
        assert_eq!(contents.next_data("p", 0), Some(0));
        assert!(
            contents
                .next_data("p", BLOCK)
                .is_some_and(|next| next < PATTERN_END)
        );
        assert_eq!(contents.next_data("p", PATTERN_END), None);
        contents
            .write(&Text::from("p"), 0, &[0; BLOCK as usize])
            .unwrap();
        assert_eq!(
            read(&contents, "p", 0, 4096),
            vec![0; 4096],
            "zeros hide the pattern"
        );
    }

    #[test]
    fn disks_that_share_a_content_part_when_one_is_written() {
        let mut db = Db::new(Ids::new(1));
        let one = db.create("VDI", [("uuid", Value::text("p"))]);
        let two = crate::disks::copy(&mut db, &one, "OpaqueRef:NULL");
        let contents = Contents::of(&db);
        let before = read(&contents, "p", 0, 100);
        let own = contents.own(&mut db, &two).unwrap();
        assert_ne!(&*own, "p");
        assert_eq!(read(&contents, &own, 0, 100), before);
        contents.write(&own, 0, &[1; 100]).unwrap();
        assert_eq!(read(&contents, &id_of(&db, &one), 0, 100), before);
        assert_eq!(read(&contents, &id_of(&db, &two), 0, 100), [1; 100]);
    }

    #[test]
    fn a_lab_keeps_a_bounded_amount() {
        let contents = contents(2 * BLOCK);
        let (a, b) = (Text::from("a"), Text::from("b"));
        contents.write(&a, 0, &[1; 2 * BLOCK as usize]).unwrap();
        contents.write(&a, 0, &[2; 2 * BLOCK as usize]).unwrap();
        assert_eq!(contents.write(&b, 0, &[1]), Err(Full));
        let mut db = Db::new(Ids::new(1));
        let disk = db.create("VDI", [("uuid", Value::text("b"))]);
        contents.sweep(&mut db);
        contents.write(&b, 0, &[1]).unwrap();
        db.destroy(&disk);
        contents.sweep(&mut db);
        assert_eq!(contents.next_data("b", 0), None);
    }
}
