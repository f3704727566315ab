//! What the reader and the writer refuse, and what they say.

use std::error::Error as _;

use xva::ChecksumKind::Xxhash;
use xva::{Checksums, Compression, Error, Limits, Ova, OvaError, Reader, WriteError, Writer};

use crate::sample::{MIB, Tar, open, ova, read_all};

fn full(byte: u8) -> Vec<u8> {
    vec![byte; MIB as usize]
}

fn refusal(archive: &[u8]) -> String {
    read_all(archive).unwrap_err().to_string()
}

#[test]
fn a_wrong_checksum_names_the_chunk_and_both_sums() {
    let bad = |text: &str| {
        Tar::of(&ova(&[("Ref:7", MIB)]))
            .entry("Ref:7/00000000", &full(1))
            .entry("Ref:7/00000000.xxhash", text.as_bytes())
            .end()
    };
    let right = Xxhash.of(&full(1));
    assert!(read_all(&bad(&right)).is_ok());
    for text in [
        "0123456789ABCDEF",
        &right.to_lowercase(),
        &format!("{right}\n"),
        "",
    ] {
        let archive = bad(text);
        let error = read_all(&archive).unwrap_err();
        assert!(
            matches!(error, Error::ChecksumMismatch { .. }),
            "{text:?}: {error}"
        );
        let message = error.to_string();
        assert!(
            message.contains("Ref:7/00000000.xxhash") && message.contains(&right),
            "{message}"
        );
        let mut forced = Reader::open(&*archive, Limits::default(), Checksums::Ignore).unwrap();
        assert!(forced.next_chunk().unwrap().is_some());
    }
}

#[test]
fn a_missing_checksum_entry_is_refused_even_when_checksums_are_ignored() {
    let archive = Tar::of(&ova(&[("Ref:7", 2 * MIB)]))
        .entry("Ref:7/00000000", &full(1))
        .chunk("Ref:7/00000001", &full(1), Xxhash)
        .end();
    let mut reader = Reader::open(&*archive, Limits::default(), Checksums::Ignore).unwrap();
    let message = reader.next_chunk().unwrap_err().to_string();
    assert!(
        message.contains("checksum entry of `Ref:7/00000000`"),
        "{message}"
    );
}

#[test]
fn a_missing_last_chunk_is_told_with_the_disk_and_how_much_came() {
    let archive = Tar::of(&ova(&[("Ref:7", 3 * MIB)])).chunk("Ref:7/00000000", &full(1), Xxhash);
    let error = read_all(&archive.end()).unwrap_err();
    let Error::Incomplete {
        disk, done, size, ..
    } = &error
    else {
        panic!("{error}")
    };
    assert_eq!((disk.as_str(), *done, *size), ("Ref:7", MIB, 3 * MIB));
}

#[test]
fn chunks_out_of_order_are_refused() {
    let start = || Tar::of(&ova(&[("Ref:7", 20 * MIB), ("Ref:8", MIB)]));
    let first = || start().chunk("Ref:7/00000001", &full(1), Xxhash);
    let begun = || start().chunk("Ref:7/00000000", &full(1), Xxhash);
    for (archive, part) in [
        (first(), "the first chunk of the archive is left out"),
        (
            begun().chunk("Ref:7/00000000", &full(1), Xxhash),
            "does not come after 00000000",
        ),
        (
            begun().chunk("Ref:8/00000000", &full(1), Xxhash),
            "expected a chunk of disk `Ref:7`",
        ),
        (
            start().chunk("Ref:8/00000000", &full(1), Xxhash),
            "0 of 20971520 bytes came",
        ),
        (
            begun().chunk("Ref:7/00000020", &full(1), Xxhash),
            "beyond the disk's 20971520 bytes",
        ),
        (
            begun().chunk("Ref:7/18446744073709551615", &full(1), Xxhash),
            "beyond the disk",
        ),
        (
            begun().chunk("Ref:7/99999999999999999999", &full(1), Xxhash),
            "end in a number",
        ),
        (begun().entry("Ref:7/", &[]), "end in a number"),
        (
            begun().chunk("Ref:7/+0000001", &full(1), Xxhash),
            "end in a number",
        ),
        (
            begun().chunk("Ref:7/00000001", &[1; 700], Xxhash),
            "multiple of 512",
        ),
        (
            begun().entry("Ref:7/00000001", &vec![1; 17 << 20]),
            "exceeds the limit of 16777216",
        ),
        // Numbers are compared as text: 10 comes before 9.
        (
            Tar::of(&ova(&[("Ref:7", 20 * MIB)]))
                .chunk("Ref:7/0", &full(1), Xxhash)
                .chunk("Ref:7/9", &full(1), Xxhash)
                .chunk("Ref:7/10", &full(1), Xxhash),
            "compared as text",
        ),
    ] {
        let message = refusal(&archive.end());
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn what_is_no_archive_is_told_from_what_is_cut() {
    assert!(matches!(open(b""), Err(Error::Truncated { .. })));
    assert!(matches!(open(b"short"), Err(Error::Truncated { .. })));
    assert!(matches!(open(&[7; 600]), Err(Error::NotAnXva { .. })));
    assert!(matches!(open(&[0; 2048]), Err(Error::NotAnXva { .. })));
    for disk in [[7; 2048], [0; 2048]] {
        let other = zstd::encode_all(&disk[..], 1).unwrap();
        assert!(matches!(open(&other), Err(Error::NotAnXva { .. })));
    }
    let other = Tar::default().entry("readme", b"x").end();
    assert!(matches!(open(&other), Err(Error::NotAnXva { .. })));
    let other = zstd::encode_all(&*other, 1).unwrap();
    let Err(Error::UnexpectedEntry {
        expected, found, ..
    }) = open(&other)
    else {
        panic!()
    };
    assert_eq!((expected.as_str(), found.as_str()), ("ova.xml", "readme"));
}

#[test]
fn headers_that_xapi_does_not_understand_are_refused() {
    let good = Tar::of(&ova(&[("Ref:7", MIB)]))
        .chunk("Ref:7/00000000", &full(1), Xxhash)
        .end();
    let at = good
        .windows(14)
        .position(|w| w == b"Ref:7/00000000")
        .unwrap();
    let mut broken = good.clone();
    broken[at] ^= 1;
    assert!(refusal(&broken).contains("checksum does not match"));

    // GNU's base-256 size.
    let mut binary = good;
    let header: &mut [u8; 512] = (&mut binary[at..at + 512]).try_into().unwrap();
    header[124..136].copy_from_slice(&[0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0x10, 0, 0]);
    header[148..156].fill(b' ');
    let sum: u32 = header.iter().map(|b| u32::from(*b)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    assert!(refusal(&binary).contains("no octal number"));
}

#[test]
fn an_oversized_description_is_refused_before_it_is_read() {
    let archive = Tar::of(&ova(&[])).end();
    let limits = Limits {
        ova_xml: 1000,
        ..Limits::default()
    };
    let error = Reader::open(&*archive, limits, Checksums::Verify)
        .err()
        .unwrap();
    assert!(matches!(
        error,
        Error::TooLarge {
            what: "ova.xml",
            limit: 1000,
            ..
        }
    ));
}

#[test]
fn a_bad_description_names_the_object_and_the_field() {
    let change = |class: &str, field: &str, value: Option<xva::xmlrpc::Value>| {
        let mut ova = ova(&[("Ref:7", MIB)]);
        let object = ova.objects.iter_mut().find(|o| o.class == class).unwrap();
        match value {
            Some(value) => object.snapshot.set(field, value),
            None => {
                object.snapshot = object
                    .snapshot
                    .clone()
                    .into_iter()
                    .filter(|(name, _)| name != field)
                    .collect();
            }
        }
        let error = open(&Tar::of(&ova).end()).err().unwrap();
        error.source().unwrap().to_string()
    };
    for (message, part) in [
        (
            change("VM", "platform", None),
            "field platform of VM `Ref:vm` is missing",
        ),
        (
            change("VM", "VCPUs_max", Some("two".into())),
            "should be an integer and is string",
        ),
        (
            change("VM", "is_a_template", Some("true".into())),
            "should be a boolean",
        ),
        (
            change("VBD", "VDI", Some("Ref:gone".into())),
            "names `Ref:gone`",
        ),
        (
            change("VBD", "VDI", Some("Ref:vm".into())),
            "names `Ref:vm`",
        ),
        (
            change("VBD", "VM", Some("Ref:gone".into())),
            "names `Ref:gone`",
        ),
        (
            change("VIF", "network", Some("OpaqueRef:NULL".into())),
            "names `OpaqueRef:NULL`",
        ),
        (
            change("VDI", "SR", Some("".into())),
            "field SR of VDI `Ref:7` names ``",
        ),
        (
            change("VDI", "virtual_size", Some(1000.into())),
            "not a multiple of 512",
        ),
        (
            change("VDI", "virtual_size", Some((-512).into())),
            "not a multiple of 512",
        ),
    ] {
        assert!(message.contains(part), "{message}");
    }
    assert!(matches!(
        Ova::parse(b"<value>x</value>"),
        Err(OvaError::Shape(_))
    ));
    let mut double = ova(&[]);
    double.objects.push(double.objects[0].clone());
    assert_eq!(double.check(), Err(OvaError::DuplicateId("Ref:vm".into())));
}

#[test]
fn a_newer_archive_is_told_from_one_that_fits() {
    let ova = ova(&[]);
    assert_eq!(ova.check_version(1, 20), Ok(()));
    assert_eq!(ova.check_version(24, 0), Ok(()));
    assert_eq!(
        ova.check_version(1, 19),
        Err(OvaError::TooNew {
            major: 1,
            minor: 20
        })
    );
}

#[test]
fn the_writer_refuses_what_xapi_would() {
    let ova = ova(&[("Ref:7", 3 * MIB), ("Ref:8", MIB)]);
    let mut writer = Writer::new(Vec::new(), &ova, Compression::None).unwrap();
    let refused = |result: Result<(), WriteError>, part: &str| {
        let message = result.unwrap_err().to_string();
        assert!(message.contains(part), "{message}");
    };
    writer.write_chunk("Ref:7", MIB, &full(1)).unwrap();
    refused(writer.write_chunk("Ref:7", 0, &full(1)), "written before");
    refused(
        writer.write_chunk("Ref:7", 3 * MIB, &full(1)),
        "beyond the end",
    );
    refused(
        writer.write_chunk("Ref:7", 2 * MIB, &[1; 512]),
        "chunks are 1 MiB",
    );
    refused(
        writer.write_chunk("Ref:7", 2 * MIB + 512, &full(1)),
        "chunks are 1 MiB",
    );
    refused(writer.write_chunk("Ref:vm", 0, &full(1)), "no such disk");
    writer.write_chunk("Ref:8", 0, &full(1)).unwrap();
    refused(writer.write_chunk("Ref:7", 2 * MIB, &full(1)), "byte order");
    refused(
        writer.write_disk("Ref:8", &b"short"[..]),
        "cannot read disk `Ref:8` at byte 0",
    );
    assert_eq!(read_all(&writer.finish().unwrap()).unwrap().len(), 4);

    let odd = crate::sample::ova(&[("Ref:7", MIB + 512)]);
    let error = Writer::new(Vec::new(), &odd, Compression::None)
        .err()
        .unwrap();
    assert!(matches!(error, WriteError::Disk { .. }));
    let long = "R".repeat(85);
    let odd = crate::sample::ova(&[(&long, MIB)]);
    assert!(Writer::new(Vec::new(), &odd, Compression::None).is_err());
}

#[test]
fn a_file_has_zeros_in_its_padding_and_behind_its_end() {
    let ova = ova(&[]);
    let sound = Tar::of(&ova).end();
    let refusal = |archive: &[u8]| {
        assert!(read_all(archive).is_ok(), "a host takes it");
        open(archive)
            .unwrap()
            .finish_file()
            .unwrap_err()
            .to_string()
    };
    assert!(open(&sound).unwrap().finish_file().is_ok());
    let mut longer = sound.clone();
    longer.extend_from_slice(&[0; 7000]);
    assert!(open(&longer).unwrap().finish_file().is_ok());
    longer.push(1);
    assert!(refusal(&longer).contains("what follows the end"));
    let mut dirty = sound;
    let last = dirty.len() - 1025;
    dirty[last] = 1;
    let message = refusal(&dirty);
    assert!(
        message.contains("padding") && message.contains("ova.xml"),
        "{message}"
    );
}

#[test]
fn a_number_with_something_behind_it_is_no_number() {
    let mut archive = Tar::of(&ova(&[])).end();
    // The space behind the header's checksum.
    archive[155] = b'0';
    let message = refusal(&archive);
    assert!(message.contains("this is no XVA"), "{message}");
}
