//! Archives that were cut, changed or written wrongly: each is refused, with its place and what to do.

use std::ops::Range;

use proptest::prelude::*;
use xva::ChecksumKind::Xxhash;
use xva::{Checksums, Compression, Limits, Reader};

use crate::sample::{Bench, DISK, MIB, Tar, examine_bytes};

const ALL: [Compression; 3] = [Compression::None, Compression::Gzip, Compression::Zstd];

fn archive(compression: Compression) -> Vec<u8> {
    let bench = Bench::new(4 * MIB, &[(2 * MIB, 300_000, 5), (2 * MIB + 70, 1000, 9)]);
    std::fs::read(bench.pack("disk.xva", compression).0).unwrap()
}

/// Where the text of `ova.xml` is in a plain archive: nothing covers it.
fn description(archive: &[u8]) -> Range<usize> {
    let end = b"</value>\0";
    let length = archive.windows(end.len()).position(|window| window == end);
    512..length.unwrap() + end.len() - 1
}

/// In numbers of headers a blank is as good as a leading zero.
fn is_leading_zero(byte: u8, change: u8) -> bool {
    byte == b'0' && byte ^ change == b' '
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).unwrap()
}

/// The content of the disk and the description.
fn read(archive: &[u8]) -> (Vec<(u64, Vec<u8>)>, String) {
    let mut reader = Reader::open(archive, Limits::default(), Checksums::Verify).unwrap();
    let description = reader.ova().to_xml();
    let mut chunks = Vec::new();
    while let Some(chunk) = reader.next_chunk().unwrap() {
        chunks.push((chunk.offset, chunk.data.to_vec()));
    }
    (chunks, description)
}

#[test]
fn a_cut_anywhere_is_found() {
    for compression in ALL {
        let archive = archive(compression);
        let step = archive.len() / 25 + 1;
        let tail = archive.len() - 12..archive.len();
        for cut in (0..archive.len()).step_by(step).chain(tail) {
            let report = examine_bytes(&archive[..cut]);
            assert!(
                !report.sound,
                "{compression:?} cut at {cut} of {}",
                archive.len()
            );
            let damage = report.damage.unwrap();
            assert!(
                damage.problem.len() > 20 && !damage.advice.is_empty(),
                "{damage}"
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn a_changed_bit_of_a_plain_archive_is_found(at in any::<prop::sample::Index>(), bit in 0..8u8) {
        let mut archive = archive(Compression::None);
        let at = at.index(archive.len());
        prop_assume!(!description(&archive).contains(&at));
        prop_assume!(!is_leading_zero(archive[at], 1 << bit));
        archive[at] ^= 1 << bit;
        prop_assert!(!examine_bytes(&archive).sound, "bit {} of byte {}", bit, at);
    }

    #[test]
    fn a_changed_bit_of_a_compressed_archive_is_found_or_changes_nothing(
        zstd in any::<bool>(),
        at in any::<prop::sample::Index>(),
        bit in 0..8u8,
    ) {
        let original = archive(if zstd { Compression::Zstd } else { Compression::Gzip });
        let mut changed = original.clone();
        let at = at.index(changed.len());
        changed[at] ^= 1 << bit;
        if examine_bytes(&changed).sound {
            // The time in gzip's header, bits that fill up a byte.
            prop_assert!(read(&changed) == read(&original));
        }
    }
}

#[test]
fn every_bit_of_headers_checksums_padding_and_end_counts() {
    let archive = archive(Compression::None);
    let description = description(&archive);
    let first_chunk = (description.end.next_multiple_of(512)..)
        .step_by(512)
        .next()
        .unwrap();
    let behind_first = first_chunk + 512 + MIB as usize;
    let places = (0..512)
        .chain(description.end..first_chunk + 512)
        .chain(behind_first..behind_first + 1536)
        .chain(archive.len() - 1024..archive.len());
    for at in places.step_by(31) {
        let mut changed = archive.clone();
        if is_leading_zero(archive[at], 0x10) {
            continue;
        }
        changed[at] ^= 0x10;
        assert!(!examine_bytes(&changed).sound, "byte {at}");
    }
}

#[test]
fn each_damage_names_its_entry_what_is_wrong_and_what_to_do() {
    let chunk = vec![1; MIB as usize];
    let sum = Xxhash.of(&chunk);
    let whole = || Tar::of(2 * MIB).chunk(0, &chunk, Xxhash);
    let last = "Ref:5/00000001";
    let cases = [
        (
            whole()
                .entry(last, &chunk)
                .entry("Ref:5/00000001.xxhash", b"0123456789ABCDEF")
                .end(),
            Some("Ref:5/00000001.xxhash"),
            "checksum mismatch",
            "transfer or export",
        ),
        (
            whole()
                .entry(last, &chunk)
                .entry("Ref:5/00000001.md5", sum.as_bytes())
                .end(),
            Some("Ref:5/00000001.md5"),
            "the checksum entry of `Ref:5/00000001`",
            "export the VM again",
        ),
        (
            whole().end(),
            None,
            "its last chunk is missing",
            "transfer or export",
        ),
        (
            whole().entry("Ref:5/", b"").end(),
            Some("Ref:5/"),
            "does not end in a number",
            "export the VM again",
        ),
        (
            whole()
                .chunk(1, &chunk, Xxhash)
                .chunk(2, &chunk, Xxhash)
                .end(),
            Some("Ref:5/00000002"),
            "expected the end of the archive",
            "export the VM again",
        ),
        (
            Tar(Vec::new())
                .entry("ova.xml", b"<value><struct></struct></value>")
                .end(),
            Some("ova.xml"),
            "no struct `version`",
            "export the VM again",
        ),
        (
            {
                let mut archive = whole().chunk(1, &chunk, Xxhash).end();
                archive.extend_from_slice(b"something else");
                archive
            },
            None,
            "what follows the end of the archive",
            "transfer or export",
        ),
        (vec![7; 4096], None, "this is no XVA", "name an .xva file"),
        (
            zstd(&[7; 4096]),
            None,
            "this is no XVA",
            "name an .xva file",
        ),
        (zstd(&[0; 4096]), None, "but zeros", "name an .xva file"),
        (Vec::new(), None, "the archive is cut", "transfer or export"),
    ];
    for (archive, entry, problem, advice) in cases {
        let damage = examine_bytes(&archive).damage.unwrap();
        assert_eq!(damage.entry.as_deref(), entry, "{damage}");
        assert!(damage.problem.contains(problem), "{damage}");
        assert!(damage.advice.contains(advice), "{damage}");
        assert!(damage.to_string().contains("some.xva"), "{damage}");
    }
}

#[test]
fn what_was_sound_before_the_damage_is_told() {
    let chunk = vec![1; MIB as usize];
    let archive = Tar::of(3 * MIB).chunk(0, &chunk, Xxhash).end();
    let report = examine_bytes(&archive);
    let contents = report.contents.unwrap();
    assert_eq!(contents.machines[0].name, "XOA");
    assert_eq!(contents.disks[0].id, DISK);
    assert_eq!(contents.disks[0].chunks, 1);
    assert!(!report.sound);
}
