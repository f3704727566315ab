//! Archives as other programs write them: what real hosts export and what XAPI takes.

use std::io::Write;

use flate2::write::GzEncoder;
use xo_image_build::Report;
use xva::ChecksumKind::{Sha1, Xxhash};

use crate::sample::{MIB, Tar, examine_bytes};

fn full(byte: u8) -> Vec<u8> {
    vec![byte; MIB as usize]
}

/// A disk of 5 MiB and 1536 bytes: both kinds of checksum, an empty chunk, a block left out, a short last chunk.
fn every_shape() -> Vec<u8> {
    Tar::of(5 * MIB + 1536)
        .chunk(0, &full(1), Xxhash)
        .chunk(1, &[], Sha1)
        .chunk(2, &full(2), Sha1)
        // 3 and 4 are left out.
        .chunk(5, &full(3), Xxhash)
        .chunk(6, &[4; 1536], Xxhash)
        .end()
}

fn assert_sound(report: &Report, compression: &str) {
    assert!(report.sound, "{report} {:?}", report.damage);
    let contents = report.contents.as_ref().unwrap();
    assert_eq!(contents.archive.compression, compression);
    assert_eq!(contents.archive.checksums, "xxhash and sha1");
    assert_eq!(contents.archive.keep_alives, 1);
    assert_eq!(contents.archive.chunks, 4);
    assert_eq!(contents.disks[0].chunks, 4);
    assert_eq!(contents.disks[0].data, 3 * MIB + 1536);
    assert_eq!(contents.disks[0].size, 5 * MIB + 1536);
}

#[test]
fn plain_archives_are_read() {
    assert_sound(&examine_bytes(&every_shape()), "none");
    let mut padded = every_shape();
    padded.resize(padded.len().next_multiple_of(10_240), 0);
    assert_sound(&examine_bytes(&padded), "none");
}

#[test]
fn gzip_with_several_members_is_read() {
    let archive = every_shape();
    let mut packed = Vec::new();
    for part in archive.chunks(700_000) {
        let mut encoder = GzEncoder::new(&mut packed, flate2::Compression::fast());
        encoder.write_all(part).unwrap();
        encoder.finish().unwrap();
    }
    assert_sound(&examine_bytes(&packed), "gzip");
}

#[test]
fn zstd_with_several_frames_is_read() {
    let archive = every_shape();
    let mut packed = Vec::new();
    for part in archive.chunks(700_000) {
        packed.extend(zstd::encode_all(part, 3).unwrap());
    }
    assert_sound(&examine_bytes(&packed), "zstd");
}

#[test]
fn the_report_reads_well() {
    let report = examine_bytes(&every_shape());
    let text = report.to_string();
    for line in [
        "VM        XOA",
        "2 vCPUs, 1 GiB of memory, firmware uefi",
        "disk      0 `XOA disk`: 5 MiB, of which 3 MiB in 4 blocks (Ref:5)",
        "network   0 `Pool-wide network associated with eth0` (bridge xenbr0), the host gives it an address",
        "compression none, checksums xxhash and sha1, 4 blocks",
        "1 empty blocks",
        "needs XAPI 1.20, export version 2",
        "result    sound",
    ] {
        assert!(text.contains(line), "{line:?} is not in\n{text}");
    }
}
