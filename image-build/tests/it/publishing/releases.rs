//! What is published, and who is offered it.

use std::fs;

use sha2::{Digest, Sha256};
use xo_release::Part;

use super::disk::{Disk, RELEASE, TRUSTED, content};
use super::{Press, take};

#[test]
fn a_disk_is_published_as_the_files_that_it_is_made_of() {
    let press = Press::new();
    let disk = Disk::new(press.folder.path(), "1.0.0");
    press.publish(&disk, "1.0.0").unwrap();
    let repository = press.look(&press.path("repository"), "store");
    let [offer] = repository.offers().try_into().unwrap();
    assert!(take(&repository, &offer, Part::Root) == disk.root);
    assert!(take(&repository, &offer, Part::Hashes) == disk.hashes);
    assert_eq!(take(&repository, &offer, Part::Boot), disk.kernel);
    assert_eq!(take(&repository, &offer, Part::Notes), b"# New\n");
    assert_eq!(take(&repository, &offer, Part::Sbom), b"{}");
    let release = &offer.release;
    assert_eq!(release.channels, ["latest"]);
    assert_eq!(
        (release.migrations, release.min_from.to_string().as_str()),
        (2, "0.9.0")
    );
    let kernel = String::from_utf8(disk.kernel.clone()).unwrap();
    assert!(kernel.contains(&format!("roothash={}", release.root_hash)));
    assert_eq!(
        release.uki_sha256,
        format!("{:x}", Sha256::digest(&disk.kernel))
    );
    let names: Vec<_> = Part::ALL.map(|part| part.target(&release.version)).into();
    press.reference_takes(&press.path("repository"), &names);
}

#[test]
fn chunks_of_a_release_are_mostly_those_of_the_one_before() {
    let press = Press::new();
    let mut length = 0;
    for version in ["1.0.0", "1.1.0"] {
        let disk = Disk::new(press.folder.path(), version);
        length = disk.root.len() as u64;
        press.publish(&disk, version).unwrap();
    }
    let repository = press.look(&press.path("repository"), "store");
    let chunks: Vec<_> = repository
        .offers()
        .iter()
        .map(|offer| take(&repository, offer, Part::Chunks))
        .collect();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let sums = |bytes: &[u8]| -> Vec<_> {
        let reader = bitar::archive_reader::IoReader::new(std::io::Cursor::new(bytes.to_vec()));
        let archive = runtime.block_on(bitar::Archive::try_init(reader)).unwrap();
        assert_eq!(archive.total_source_size(), length);
        archive
            .chunk_descriptors()
            .iter()
            .map(|c| c.checksum.clone())
            .collect()
    };
    let (old, new) = (sums(&chunks[0]), sums(&chunks[1]));
    let known = new.iter().filter(|sum| old.contains(sum)).count();
    assert!(
        known * 2 > new.len() && known < new.len(),
        "{known} of {}",
        new.len()
    );
}

#[test]
fn a_version_is_published_once_and_offered_where_its_channels_say() {
    let press = Press::new();
    let disk = Disk::new(press.folder.path(), "1.0.0");
    let nothing = press.run(&["publish", "--refresh"]).unwrap_err();
    assert!(nothing.contains("no repository"), "{nothing}");
    fs::write(press.path("notes.md"), [b'n'; 70_000]).unwrap();
    let long = press.publish(&disk, "1.0.0").unwrap_err();
    assert!(long.contains("notes.md has 70000 bytes"), "{long}");
    fs::write(press.path("notes.md"), "# New\n").unwrap();
    press.publish(&disk, "1.0.0").unwrap();
    press.publish(&disk, "1.0.0").unwrap();
    assert!(!press.path("repository/metadata/2.targets.json").exists());
    let other = Disk::altered(press.folder.path(), "1.0.0");
    let taken = press.publish(&other, "1.0.0").unwrap_err();
    assert!(taken.contains("published already"), "{taken}");
    assert_eq!(press.offers().len(), 1);
    press
        .run(&[
            "publish",
            "--promote",
            "--version",
            "1.0.0",
            "--channel",
            "latest,stable",
        ])
        .unwrap();
    assert_eq!(press.offers()[0].release.channels, ["latest", "stable"]);
    let promote = ["publish", "--promote", "--version", "2.0.0"];
    let missing = press.run(&[&promote[..], &["--channel", "stable"]].concat());
    assert!(missing.unwrap_err().contains("2.0.0"));
}

#[test]
fn a_bundle_is_a_repository_of_one_release_and_always_the_same() {
    let press = Press::new();
    let disk = Disk::new(press.folder.path(), "1.0.0");
    press.publish(&disk, "1.0.0").unwrap();
    press
        .publish(&Disk::new(press.folder.path(), "1.1.0"), "1.1.0")
        .unwrap();
    let pack = |name: &str| {
        let file = press.path(name);
        let to = file.to_str().unwrap().to_owned();
        press
            .run(&["bundle", "--version", "1.0.0", "--output", &to])
            .unwrap();
        fs::read(file).unwrap()
    };
    let bytes = pack("one.update");
    assert!(bytes == pack("two.update"));
    let folder = press.path("unpacked");
    tar::Archive::new(bytes.as_slice()).unpack(&folder).unwrap();
    assert_eq!(fs::read_dir(folder.join("targets")).unwrap().count(), 4);
    let repository = press.look(&folder, "offline");
    let offers = repository.offers();
    assert_eq!(offers.len(), 2, "both are signed, one is inside");
    assert!(take(&repository, &offers[0], Part::Root) == disk.root);
    let missing = press.run(&["bundle", "--version", "3.0.0"]).unwrap_err();
    assert!(missing.contains("3.0.0"), "{missing}");
}

#[test]
fn an_image_may_trust_any_root_of_the_chain() {
    let press = Press::new();
    let folder = press.folder.path();
    press.rotate("root");
    let said = press.publish(&Disk::new(folder, "1.0.0"), "1.0.0").unwrap();
    assert!(!said.contains("knows no repository"), "{said}");
    let second = fs::read_to_string(press.path("keys/2.root.json")).unwrap();
    let root = content("1.1.0", &[(TRUSTED, second.as_str())]);
    press
        .publish(&Disk::with_root(folder, "1.1.0", root), "1.1.0")
        .unwrap();
    // Where only the newest root was carried to, the older ones are those that are served.
    fs::remove_file(press.path("keys/1.root.json")).unwrap();
    let first = fs::read_to_string(press.path("repository/metadata/1.root.json")).unwrap();
    let root = content("1.2.0", &[(TRUSTED, first.as_str())]);
    press
        .publish(&Disk::with_root(folder, "1.2.0", root), "1.2.0")
        .unwrap();
}

#[test]
fn an_image_for_developers_is_published_with_a_warning() {
    let press = Press::new();
    let root = fs::read_to_string(press.path("keys/1.root.json")).unwrap();
    for (version, variant) in [("1.0.0", ""), ("1.1.0", "VARIANT_ID=development\n")] {
        let release = format!("IMAGE_VERSION={version}\n{variant}");
        let files = [(TRUSTED, root.as_str()), (RELEASE, release.as_str())];
        let disk = Disk::with_root(press.folder.path(), version, content(version, &files));
        let said = press.publish(&disk, version).unwrap();
        assert_eq!(
            said.contains("serial console"),
            !variant.is_empty(),
            "{said}"
        );
    }
}

#[test]
fn a_release_that_is_older_than_another_is_published_with_a_warning() {
    let press = Press::new();
    let publish = |version: &str| {
        let disk = Disk::new(press.folder.path(), version);
        press.publish(&disk, version).unwrap()
    };
    assert!(!publish("1.2.0").contains("older"));
    let said = publish("1.1.0");
    assert!(said.contains("1.1.0 is older than 1.2.0"), "{said}");
    assert!(!publish("1.3.0").contains("older"));
}

#[test]
fn whoever_publishes_hears_who_is_offered_the_release() {
    let press = Press::new();
    let disk = Disk::new(press.folder.path(), "1.0.0");
    let said = press.publish(&disk, "1.0.0").unwrap();
    let promote = "publish --promote --version 1.0.0 --channel stable,latest";
    assert!(said.contains("1.0.0 is offered in: latest\n"), "{said}");
    assert!(said.contains(promote), "{said}");
    let words: Vec<_> = promote.split(' ').collect();
    let said = press.run(&words).unwrap();
    assert!(said.contains("offered in: stable, latest\n"), "{said}");
    assert!(!said.contains("--promote"), "{said}");
    let other = press.publish_with(&disk, "1.0.0", &["--channel", "latest"]);
    assert!(
        other
            .unwrap_err()
            .contains("changed by `publish --promote`")
    );
    // The same release once more stays where it was promoted to.
    let said = press.publish(&disk, "1.0.0").unwrap();
    assert!(said.contains("offered in: stable, latest\n"), "{said}");
}
