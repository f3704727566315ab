//! Random sparse disks through the writer and back, and archives that are cut or damaged anywhere.

use std::collections::BTreeMap;

use proptest::prelude::*;
use xva::{CHUNK_SIZE, Compression, Writer};

use crate::sample::{MIB, open, ova, read_all};

type Disks = BTreeMap<String, Vec<u8>>;

/// Up to three disks, each a list of blocks named by one byte (0: zeros).
fn disks() -> impl Strategy<Value = Disks> {
    let blocks = prop::collection::vec(prop_oneof![3 => Just(0u8), 2 => any::<u8>()], 0..9);
    prop::collection::btree_map("Ref:[0-9]{1,2}", blocks, 0..3)
}

fn compression() -> impl Strategy<Value = Compression> {
    prop_oneof![
        Just(Compression::None),
        Just(Compression::Gzip),
        Just(Compression::Zstd)
    ]
}

fn write(disks: &Disks, compression: Compression) -> Vec<u8> {
    let sizes: Vec<_> = disks
        .iter()
        .map(|(id, blocks)| (id.as_str(), blocks.len() as u64 * MIB))
        .collect();
    let mut writer = Writer::new(Vec::new(), &ova(&sizes), compression).unwrap();
    for (id, blocks) in disks {
        for (index, byte) in blocks.iter().enumerate() {
            writer
                .write_chunk(id, index as u64 * CHUNK_SIZE, &vec![*byte; MIB as usize])
                .unwrap();
        }
    }
    writer.finish().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn sparse_disks_come_back_as_they_were(disks in disks(), compression in compression()) {
        let archive = write(&disks, compression);
        let mut found: Disks =
            disks.iter().map(|(id, blocks)| (id.clone(), vec![0; blocks.len()])).collect();
        let seen = read_all(&archive).unwrap();
        for (disk, offset, len, byte) in &seen {
            prop_assert_eq!(*len as u64, MIB);
            found.get_mut(disk).unwrap()[(offset / MIB) as usize] = *byte;
        }
        for (id, blocks) in &disks {
            let inner = blocks.iter().enumerate().filter(|(i, byte)| {
                *i == 0 || *i == blocks.len() - 1 || **byte != 0
            });
            let chunks = seen.iter().filter(|chunk| chunk.0 == *id);
            prop_assert_eq!(chunks.count(), inner.count(), "the first, the last and what is not zero");
        }
        prop_assert_eq!(found, disks);
    }

    #[test]
    fn a_cut_archive_is_an_error(
        disks in disks(),
        compression in compression(),
        cut in any::<prop::sample::Index>(),
    ) {
        let archive = write(&disks, compression);
        let cut = cut.index(archive.len());
        prop_assert!(read_all(&archive[..cut]).is_err(), "cut at {} of {}", cut, archive.len());
    }

    #[test]
    fn a_damaged_archive_never_panics(
        disks in disks(),
        compression in compression(),
        at in any::<prop::sample::Index>(),
        bit in 0..8u8,
    ) {
        let mut archive = write(&disks, compression);
        let at = at.index(archive.len());
        archive[at] ^= 1 << bit;
        let _ = read_all(&archive);
    }
}

#[test]
fn every_cut_of_a_small_archive_is_an_error() {
    let archive = write(&Disks::new(), Compression::None);
    for cut in (0..archive.len()).step_by(7) {
        assert!(read_all(&archive[..cut]).is_err(), "cut at {cut}");
    }
    for compression in [Compression::Gzip, Compression::Zstd] {
        let archive = write(&Disks::new(), compression);
        for cut in 0..archive.len() {
            assert!(
                read_all(&archive[..cut]).is_err(),
                "{compression:?} cut at {cut}"
            );
        }
    }
}

#[test]
fn a_disk_that_is_never_written_is_zeros_with_its_first_and_last_chunk() {
    let ova = ova(&[("Ref:1", 4 * MIB), ("Ref:2", MIB)]);
    let archive = Writer::new(Vec::new(), &ova, Compression::None)
        .unwrap()
        .finish()
        .unwrap();
    let seen = read_all(&archive).unwrap();
    let offsets: Vec<_> = seen.iter().map(|c| (c.0.as_str(), c.1)).collect();
    assert_eq!(offsets, [("Ref:1", 0), ("Ref:1", 3 * MIB), ("Ref:2", 0)]);
    assert!(archive.ends_with(&[0; 1024]));
}

#[test]
fn a_whole_disk_is_written_from_a_source() {
    let mut content = vec![0; 3 * MIB as usize];
    content[2 * MIB as usize] = 5;
    let ova = ova(&[("Ref:1", 3 * MIB)]);
    let mut writer = Writer::new(Vec::new(), &ova, Compression::Zstd).unwrap();
    writer.write_disk("Ref:1", content.as_slice()).unwrap();
    let archive = writer.finish().unwrap();
    assert!(open(&archive).is_ok());
    assert_eq!(read_all(&archive).unwrap().last().unwrap().3, 5);
}
