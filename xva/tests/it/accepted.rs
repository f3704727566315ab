//! What XAPI and others write, and the reader must take.

use std::io::Write;

use xva::ChecksumKind::{Sha1, Xxhash};
use xva::{Compression, Writer};

use crate::sample::{MIB, Tar, open, ova, read_all};

fn full(byte: u8) -> Vec<u8> {
    vec![byte; MIB as usize]
}

#[test]
fn both_kinds_of_checksum_and_left_out_zeros_are_read() {
    let archive = Tar::of(&ova(&[("Ref:7", 5 * MIB), ("Ref:8", MIB)]))
        .chunk("Ref:7/00000000", &full(1), Xxhash)
        .chunk("Ref:7/00000002", &full(2), Sha1)
        .chunk("Ref:7/00000004", &full(3), Xxhash)
        .chunk("Ref:8/00000000", &full(4), Sha1)
        .end();
    let size = MIB as usize;
    assert_eq!(
        read_all(&archive).unwrap(),
        [
            ("Ref:7".into(), 0, size, 1),
            ("Ref:7".into(), 2 * MIB, size, 2),
            ("Ref:7".into(), 4 * MIB, size, 3),
            ("Ref:8".into(), 0, size, 4),
        ]
    );
}

#[test]
fn empty_keep_alive_chunks_use_a_number_but_no_space() {
    let archive = Tar::of(&ova(&[("Ref:7", 3 * MIB)]))
        .chunk("Ref:7/00000000", &full(1), Xxhash)
        .chunk("Ref:7/00000001", &[], Xxhash)
        .chunk("Ref:7/00000002", &[], Sha1)
        // 3 is left out: one block of zeros.
        .chunk("Ref:7/00000004", &full(2), Xxhash)
        .end();
    let seen = read_all(&archive).unwrap();
    assert_eq!(
        seen.iter().map(|chunk| chunk.1).collect::<Vec<_>>(),
        [0, 2 * MIB]
    );
}

#[test]
fn a_short_last_chunk_is_read() {
    let archive = Tar::of(&ova(&[("Ref:7", MIB + 1536)]))
        .chunk("Ref:7/00000000", &full(1), Xxhash)
        .chunk("Ref:7/00000001", &[9; 1536], Xxhash)
        .end();
    assert_eq!(
        read_all(&archive).unwrap()[1],
        ("Ref:7".into(), MIB, 1536, 9)
    );
}

#[test]
fn disks_come_in_the_byte_order_of_their_identifiers() {
    let ova = ova(&[("Ref:9", MIB), ("Ref:10", MIB)]);
    let archive = Tar::of(&ova)
        .chunk("Ref:10/00000000", &full(1), Xxhash)
        .chunk("Ref:9/00000000", &full(2), Xxhash)
        .end();
    let seen = read_all(&archive).unwrap();
    assert_eq!(
        seen.iter()
            .map(|chunk| chunk.0.as_str())
            .collect::<Vec<_>>(),
        ["Ref:10", "Ref:9"]
    );
}

#[test]
fn a_disk_of_no_size_and_one_without_a_drive_have_no_chunks() {
    let mut ova = ova(&[("Ref:7", 0), ("Ref:8", MIB)]);
    ova.objects
        .retain(|object| object.snapshot.get("VDI") != Some(&"Ref:8".into()));
    assert_eq!(read_all(&Tar::of(&ova).end()).unwrap(), []);
    assert_eq!(ova.disks().unwrap().len(), 1);
}

#[test]
fn compression_is_told_by_content_and_several_frames_are_one_stream() {
    let plain = Tar::of(&ova(&[("Ref:7", MIB)]))
        .chunk("Ref:7/00000000", &full(1), Xxhash)
        .end();
    let (head, tail) = plain.split_at(10_000);
    let mut gzip = Vec::new();
    let mut zstd = Vec::new();
    for part in [head, tail] {
        let mut encoder = flate2::write::GzEncoder::new(&mut gzip, flate2::Compression::default());
        encoder.write_all(part).unwrap();
        encoder.finish().unwrap();
        zstd.extend(zstd::encode_all(part, 19).unwrap());
    }
    for (archive, compression) in [
        (&plain, Compression::None),
        (&gzip, Compression::Gzip),
        (&zstd, Compression::Zstd),
    ] {
        assert_eq!(open(archive).unwrap().compression(), compression);
        assert_eq!(read_all(archive).unwrap().len(), 1, "{compression:?}");
    }
}

#[test]
fn pax_records_and_long_names_are_followed() {
    let ova = ova(&[("Ref:7", MIB)]);
    let xml = ova.to_xml();
    let mut builder = tar::Builder::new(Vec::new());
    let mut append = |name: &str, content: &[u8]| {
        builder
            .append_pax_extensions([("path", name.as_bytes())])
            .unwrap();
        let mut header = tar::Header::new_ustar();
        header.set_size(content.len() as u64);
        builder.append_data(&mut header, "short", content).unwrap();
    };
    append("Ref:7/00000000", &full(1));
    append("Ref:7/00000000.xxhash", Xxhash.of(&full(1)).as_bytes());
    let rest = builder.into_inner().unwrap();
    let mut archive = Tar::default().entry("ova.xml", xml.as_bytes()).0;
    archive.extend(rest);
    assert_eq!(read_all(&archive).unwrap().len(), 1);
}

#[test]
fn nothing_behind_the_last_chunk_is_read() {
    let archive = Tar::of(&ova(&[("Ref:7", MIB)]))
        .chunk("Ref:7/00000000", &full(1), Xxhash)
        .0;
    let mut source = archive.as_slice().chain_trap();
    let mut reader =
        xva::Reader::open(&mut source, xva::Limits::default(), xva::Checksums::Verify).unwrap();
    assert!(reader.next_chunk().unwrap().is_some());
    assert!(reader.next_chunk().unwrap().is_none());
}

/// A source that panics when it is read beyond its end.
struct Trap<'a>(&'a [u8]);
trait ChainTrap<'a> {
    fn chain_trap(self) -> Trap<'a>;
}
impl<'a> ChainTrap<'a> for &'a [u8] {
    fn chain_trap(self) -> Trap<'a> {
        Trap(self)
    }
}
impl std::io::Read for Trap<'_> {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        assert!(!self.0.is_empty(), "read beyond the end");
        self.0.read(buf)
    }
}

#[test]
fn the_description_comes_back_as_it_was_written() {
    let ova = ova(&[("Ref:7", MIB)]);
    let archive = Writer::new(Vec::new(), &ova, Compression::None)
        .unwrap()
        .finish()
        .unwrap();
    let reader = open(&archive).unwrap();
    assert_eq!(reader.ova().version, ova.version);
    let vm = reader.ova().of_class("VM").next().unwrap();
    assert_eq!(vm.text("name_label").unwrap(), "tiny <&> é");
    assert_eq!(vm.int("memory_static_max").unwrap(), 1 << 30);
    assert!(!vm.flag("is_a_template").unwrap());
    assert_eq!(
        reader
            .ova()
            .find("Ref:7")
            .unwrap()
            .int("virtual_size")
            .unwrap(),
        MIB as i64
    );
    assert_eq!(reader.disks()[0].virtual_size, MIB);
}

#[test]
fn what_was_met_is_counted() {
    let archive = Tar::of(&ova(&[("Ref:7", 3 * MIB)]))
        .chunk("Ref:7/00000000", &full(1), Xxhash)
        .chunk("Ref:7/00000001", &[], Sha1)
        .chunk("Ref:7/00000003", &full(2), Sha1)
        .end();
    let mut reader = open(&archive).unwrap();
    while reader.next_chunk().unwrap().is_some() {}
    let tally = reader.tally();
    assert_eq!((tally.chunks, tally.bytes), (2, 2 * MIB));
    assert_eq!((tally.keep_alives, tally.xxhash, tally.sha1), (1, 1, 2));
    reader.finish_file().unwrap();
}
