//! From raw disks to archives.

use std::fs::File;
use std::io::Read;

use proptest::prelude::*;
use xo_image_build::{Appliance, Error, Progress, RawDisk, pack};
use xva::xmlrpc::Value;
use xva::{Checksums, Compression, Limits, Reader};

use crate::sample::{Bench, DISK, MIB, examine, ova};

fn compression() -> impl Strategy<Value = Compression> {
    prop_oneof![
        Just(Compression::None),
        Just(Compression::Gzip),
        Just(Compression::Zstd)
    ]
}

/// The disk that an archive describes, its end padded to whole MiB.
fn unpack(path: &std::path::Path, size: u64) -> Vec<u8> {
    let mut disk = vec![0; size.next_multiple_of(MIB) as usize];
    let file = File::open(path).unwrap();
    let mut reader = Reader::open(file, Limits::default(), Checksums::Verify).unwrap();
    while let Some(chunk) = reader.next_chunk().unwrap() {
        assert_eq!(chunk.disk, DISK);
        disk[chunk.offset as usize..][..chunk.data.len()].copy_from_slice(chunk.data);
    }
    reader.finish_file().unwrap();
    disk
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_disk_comes_back_as_it_was(
        size in 4096..20_480u64,
        blocks in prop::collection::vec((any::<prop::sample::Index>(), 1..5000u64, any::<u8>()), 0..6),
        compression in compression(),
    ) {
        let size = size * 512;
        let blocks: Vec<_> = blocks
            .iter()
            .map(|(at, length, byte)| {
                let offset = at.index(size as usize) as u64;
                (offset, (*length * 100).min(size - offset), *byte)
            })
            .collect();
        let bench = Bench::new(size, &blocks);
        let (xva, packed) = bench.pack("disk.xva", compression);
        let mut original = Vec::new();
        File::open(&bench.disk).unwrap().read_to_end(&mut original).unwrap();
        original.resize(size.next_multiple_of(MIB) as usize, 0);
        prop_assert!(unpack(&xva, size) == original);
        prop_assert_eq!(packed.disk_size, original.len() as u64);
        prop_assert_eq!(packed.file_size, std::fs::metadata(&xva).unwrap().len());
        let report = examine(&xva);
        prop_assert!(report.sound, "{}", report);
        // The first, the last, and those with content.
        let due = original.chunks(MIB as usize).enumerate().filter(|(index, chunk)| {
            *index == 0 || *index + 1 == original.len() / MIB as usize || chunk.iter().any(|b| *b != 0)
        });
        prop_assert_eq!(report.contents.unwrap().archive.chunks, due.count() as u64);
    }
}

#[test]
fn the_same_disk_gives_the_same_bytes() {
    let bench = Bench::new(8 * MIB, &[(3 * MIB, 700, 1), (5 * MIB, MIB, 2)]);
    for compression in [Compression::None, Compression::Gzip, Compression::Zstd] {
        let (one, _) = bench.pack("one.xva", compression);
        let (two, _) = bench.pack("two.xva", compression);
        assert!(std::fs::read(one).unwrap() == std::fs::read(two).unwrap());
    }
}

#[test]
fn of_a_huge_empty_disk_nothing_is_read() {
    let bench = Bench::new(2040 << 30, &[(1 << 40, 512, 7)]);
    let (xva, packed) = bench.pack("disk.xva", Compression::None);
    assert_eq!(packed.read, MIB, "one block holds data");
    let contents = examine(&xva).contents.unwrap();
    assert_eq!(contents.archive.chunks, 3);
    assert_eq!(contents.disks[0].size, 2040 << 30);
    assert!(packed.file_size < 4 * MIB);
}

#[test]
fn the_vm_is_what_a_host_needs_to_start_it() {
    let ova = ova(16 << 30);
    assert_eq!((ova.version.xapi_major, ova.version.xapi_minor), (1, 20));
    assert_eq!(ova.version.export_vsn, 2);
    let vm = ova.of_class("VM").next().unwrap();
    let gib = 1 << 30;
    for field in [
        "memory_static_max",
        "memory_dynamic_max",
        "memory_dynamic_min",
    ] {
        assert_eq!(vm.int(field).unwrap(), gib, "{field}");
    }
    assert_eq!(vm.int("VCPUs_max").unwrap(), 2);
    let text =
        |map: &str, key: &str| match vm.snapshot.get(map).unwrap().as_struct().unwrap().get(key) {
            Some(Value::String(text)) => text.clone(),
            other => panic!("{map}.{key} is {other:?}"),
        };
    assert_eq!(text("HVM_boot_params", "firmware"), "uefi");
    assert_eq!(text("platform", "device-model"), "qemu-upstream-uefi");
    assert_eq!(text("platform", "cores-per-socket"), "2");
    assert!(
        vm.map("xenstore_data").unwrap().is_empty(),
        "settings are the importer's"
    );
    assert_eq!(vm.set("tags").unwrap(), [Value::from("xoa")]);
    assert!(
        vm.text("recommendations")
            .unwrap()
            .contains("supports-uefi")
    );
    let vif = ova.of_class("VIF").next().unwrap();
    assert_eq!(vif.text("MAC").unwrap(), "");
    let network = ova.of_class("network").next().unwrap();
    assert_eq!(network.text("bridge").unwrap(), "xenbr0");
}

#[test]
fn what_is_no_raw_disk_is_refused_with_what_to_do() {
    let bench = Bench::new(4 * MIB, &[]);
    for (head, hint) in [
        (&b"conectix"[..], "qemu-img convert -f vpc"),
        (b"vhdxfile", "qemu-img convert -f vhdx"),
        (b"QFI\xfb", "qemu-img convert -f qcow2"),
        (b"KDMV", "qemu-img convert -f vmdk"),
        (b"\x28\xb5\x2f\xfd", "zstd -d"),
        (b"ova.xml\0", "an XVA already"),
    ] {
        let mut content = head.to_vec();
        content.resize(4 * MIB as usize, 0);
        std::fs::write(&bench.disk, content).unwrap();
        let message = RawDisk::open(&bench.disk).err().unwrap().to_string();
        assert!(message.contains(hint), "{message}");
    }
    for size in [0, MIB, (2040 << 30) + 1] {
        let bench = Bench::new(size, &[]);
        assert!(matches!(
            RawDisk::open(&bench.disk),
            Err(Error::BadDisk { .. })
        ));
    }
    let folder = bench.folder.path();
    assert!(RawDisk::open(folder).is_err());
    assert!(RawDisk::open(&folder.join("absent")).is_err());
}

#[test]
fn texts_and_numbers_that_no_host_takes_are_refused() {
    let usual = Appliance::default;
    for (appliance, field) in [
        (
            Appliance {
                name: " ".into(),
                ..usual()
            },
            "the name",
        ),
        (
            Appliance {
                name: "a\u{0}".into(),
                ..usual()
            },
            "the name",
        ),
        (
            Appliance {
                version: "1".repeat(256),
                ..usual()
            },
            "the version",
        ),
        (
            Appliance {
                memory_mib: 511,
                ..usual()
            },
            "the memory",
        ),
        (
            Appliance {
                memory_mib: u64::MAX,
                ..usual()
            },
            "the memory",
        ),
        (
            Appliance {
                vcpus: 0,
                ..usual()
            },
            "vCPUs",
        ),
        (
            Appliance {
                vcpus: 65,
                ..usual()
            },
            "vCPUs",
        ),
        (
            Appliance {
                made_at: i64::MAX,
                ..usual()
            },
            "the date",
        ),
    ] {
        let message = appliance.ova(4 * MIB).unwrap_err().to_string();
        assert!(message.contains(field), "{message}");
    }
}

#[test]
fn a_failed_write_leaves_nothing_behind() {
    let bench = Bench::new(4 * MIB, &[(0, 10, 1)]);
    let disk = RawDisk::open(&bench.disk).unwrap();
    let bad = Appliance {
        vcpus: 0,
        ..Appliance::default()
    };
    let silent = Progress::silent();
    assert!(
        pack(
            &bad,
            &disk,
            &bench.path("a.xva"),
            Compression::None,
            &silent
        )
        .is_err()
    );
    let nowhere = bench.path("absent").join("a.xva");
    assert!(
        pack(
            &Appliance::default(),
            &disk,
            &nowhere,
            Compression::None,
            &silent
        )
        .is_err()
    );
    let left = std::fs::read_dir(bench.folder.path()).unwrap().count();
    assert_eq!(left, 1, "only the disk is there");
}
