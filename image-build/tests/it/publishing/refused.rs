//! What is not published, and leaves nothing.

use std::fs::{self, File};

use super::disk::{BLOCK, Disk, MIB, TRUSTED, content, verity};
use super::{Press, files};

#[test]
fn a_disk_whose_parts_do_not_belong_together_is_refused() {
    let press = Press::new();
    let root = content("1.0.0", &[]);
    let (hashes, _) = verity(&root);
    let (_, other) = verity(&content("2.0.0", &[]));
    let kernel = format!("roothash={other}").into_bytes();
    let folder = press.folder.path();
    let mixed = Disk::write(folder, "1.0.0", root.clone(), hashes, kernel.clone());
    let refusal = press.publish(&mixed, "1.0.0").unwrap_err();
    assert!(refusal.contains("another root file system"), "{refusal}");
    let bare = Disk::write(folder, "1.0.1", root, vec![0; BLOCK], kernel);
    let refusal = press.publish(&bare, "1.0.1").unwrap_err();
    assert!(refusal.contains("superblock"), "{refusal}");
    File::create(&bare.path).unwrap().set_len(MIB).unwrap();
    let refusal = press.publish(&bare, "1.0.1").unwrap_err();
    assert!(refusal.contains("no EFI system partition"), "{refusal}");
    assert!(!press.path("repository").exists());
}

#[test]
fn a_disk_is_published_as_the_version_that_its_image_says_it_is() {
    let press = Press::new();
    let disk = Disk::new(press.folder.path(), "1.0.0");
    let refusal = press.publish(&disk, "1.0.7").unwrap_err();
    for part in ["xoa-1.0.0.raw is of version 1.0.0", "not 1.0.7"] {
        assert!(refusal.contains(part), "{refusal}");
    }
    assert!(!press.path("repository").exists());
    press.publish(&disk, "1.0.0").unwrap();
}

#[test]
fn a_disk_without_a_readable_file_system_is_refused() {
    let press = Press::new();
    let mut root = content("1.0.0", &[]);
    root[..BLOCK].fill(0);
    let disk = Disk::with_root(press.folder.path(), "1.0.0", root);
    let refusal = press.publish(&disk, "1.0.0").unwrap_err();
    assert!(
        refusal.contains("root file system cannot be read"),
        "{refusal}"
    );
}

#[test]
fn a_command_without_all_its_keys_changes_nothing() {
    let press = Press::new();
    let disk = Disk::new(press.folder.path(), "1.0.0");
    let next = Disk::new(press.folder.path(), "1.1.0");
    for role in ["timestamp", "snapshot"] {
        let (key, aside) = (press.keys(role).remove(0), press.path(role));
        fs::rename(&key, &aside).unwrap();
        let few = press.publish(&next, "1.1.0").unwrap_err();
        assert!(few.contains(&format!("{role}: 0 signatures of 1")), "{few}");
        fs::rename(&aside, &key).unwrap();
    }
    assert_eq!(files(&press.path("repository")), []);
    press.publish(&disk, "1.0.0").unwrap();
    let before = files(&press.path("repository"));
    let (key, aside) = (press.keys("timestamp").remove(0), press.path("aside"));
    fs::rename(&key, &aside).unwrap();
    press.publish(&next, "1.1.0").unwrap_err();
    let promote = ["publish", "--promote", "--version", "1.0.0"];
    let stable = [&promote[..], &["--channel", "stable"]].concat();
    press.run(&stable).unwrap_err();
    press
        .run(&["publish", "--refresh", "--with-targets"])
        .unwrap_err();
    assert_eq!(files(&press.path("repository")), before);
    fs::rename(&aside, &key).unwrap();
    press.run(&["publish", "--refresh"]).unwrap();
    assert_eq!(press.offers()[0].release.channels, ["latest"]);
}

#[test]
fn a_command_that_would_not_do_all_that_it_was_asked_for_is_misused() {
    let press = Press::with_a_release();
    let before = files(&press.path("repository"));
    for arguments in [
        &["publish", "--promote", "--version", "1.0.0"][..],
        &["publish", "--promote", "--channel", "stable"],
        &["publish", "--refresh", "--channel", "stable"],
        &["publish", "--refresh", "--version", "1.0.0"],
    ] {
        let refused = press.run(arguments).unwrap_err();
        assert!(refused.contains("Usage"), "{refused}");
    }
    assert_eq!(files(&press.path("repository")), before);
}

#[test]
fn what_a_run_that_was_cut_off_left_is_neither_taken_nor_in_the_way() {
    let press = Press::with_a_release();
    let folder = press.path("repository/metadata");
    let kept = fs::read(folder.join("timestamp.json")).unwrap();
    let promote = ["publish", "--promote", "--version", "1.0.0"];
    let stable = [&promote[..], &["--channel", "stable"]].concat();
    press.run(&stable).unwrap();
    // As if the power had gone before the last file was written.
    fs::write(folder.join("timestamp.json"), kept).unwrap();
    assert!(folder.join("2.targets.json").exists());
    press.run(&["publish", "--refresh"]).unwrap();
    assert_eq!(press.offers()[0].release.channels, ["latest"]);
    let to = press.path("one.update");
    let pack = ["bundle", "--version", "1.0.0", "--output"];
    press
        .run(&[&pack[..], &[to.to_str().unwrap()]].concat())
        .unwrap();
    let unpacked = press.path("unpacked");
    tar::Archive::new(File::open(to).unwrap())
        .unpack(&unpacked)
        .unwrap();
    assert!(!unpacked.join("metadata/2.targets.json").exists());
    let both = [&promote[..], &["--channel", "latest,stable"]].concat();
    press.run(&both).unwrap();
    assert_eq!(press.offers()[0].release.channels, ["latest", "stable"]);
    press.reference_takes(&press.path("repository"), &["xoa-1.0.0.efi".into()]);
}

#[test]
fn a_refused_release_leaves_no_files() {
    let press = Press::with_a_release();
    let before = files(&press.path("repository"));
    let other = Disk::altered(press.folder.path(), "1.0.0");
    let taken = press.publish(&other, "1.0.0").unwrap_err();
    assert!(taken.contains("published already"), "{taken}");
    assert_eq!(files(&press.path("repository")), before);
}

#[test]
fn an_image_that_would_not_believe_the_repository_is_published_only_knowingly() {
    let (press, other) = (Press::new(), Press::new());
    let folder = press.folder.path();
    let foreign = fs::read_to_string(other.path("keys/1.root.json")).unwrap();
    for (root, what) in [
        (Some(foreign.as_str()), "none of this repository's"),
        (Some("no root"), "no root of keys that can be read"),
        (None, "no root of keys that can be read"),
    ] {
        let files: Vec<_> = root.map(|root| (TRUSTED, root)).into_iter().collect();
        let disk = Disk::with_root(folder, "1.0.0", content("1.0.0", &files));
        let refusal = press.publish(&disk, "1.0.0").unwrap_err();
        assert!(refusal.contains(what), "{refusal}");
        assert!(refusal.contains("--any-root"), "{refusal}");
    }
    assert!(!press.path("repository").exists());
    let disk = Disk::with_root(folder, "1.0.0", content("1.0.0", &[(TRUSTED, &foreign)]));
    let said = press.publish_with(&disk, "1.0.0", &["--any-root"]).unwrap();
    assert!(said.contains("the image knows no repository"), "{said}");
}

#[test]
fn a_release_is_not_published_below_its_own_floor() {
    let press = Press::new();
    let disk = Disk::new(press.folder.path(), "1.0.0");
    for option in ["--security-floor", "--min-from"] {
        let refusal = press
            .publish_with(&disk, "1.0.0", &[option, "5.0.0"])
            .unwrap_err();
        for part in [option, "5.0.0", "1.0.0"] {
            assert!(refusal.contains(part), "{refusal}");
        }
    }
    assert!(!press.path("repository").exists());
    let own = ["--security-floor", "1.0.0", "--min-from", "1.0.0"];
    press.publish_with(&disk, "1.0.0", &own).unwrap();
}

#[test]
fn only_channels_that_appliances_follow_are_taken() {
    let press = Press::new();
    let disk = Disk::new(press.folder.path(), "1.0.0");
    for channel in ["La test", "latest,beta", ""] {
        let refusal = press
            .publish_with(&disk, "1.0.0", &["--channel", channel])
            .unwrap_err();
        assert!(refusal.contains("stable, latest"), "{refusal}");
    }
    assert!(!press.path("repository").exists());
}

#[test]
fn a_repository_is_not_signed_with_the_keys_of_another() {
    let (press, other) = (Press::new(), Press::new());
    let disk = Disk::new(press.folder.path(), "1.0.0");
    press.publish(&disk, "1.0.0").unwrap();
    let before = files(&press.path("repository"));
    fs::rename(press.path("keys"), press.path("aside")).unwrap();
    fs::rename(other.path("keys"), press.path("keys")).unwrap();
    let next = Disk::new(press.folder.path(), "1.1.0");
    for refusal in [
        press.publish(&next, "1.1.0").unwrap_err(),
        press
            .run(&["publish", "--refresh", "--with-targets"])
            .unwrap_err(),
    ] {
        assert!(refusal.contains("not those of the repository"), "{refusal}");
    }
    assert_eq!(files(&press.path("repository")), before);
}

#[test]
fn keys_without_the_newest_root_sign_nothing_that_appliances_would_not_believe() {
    let press = Press::with_a_release();
    let repository = press.path("repository/metadata");
    press.rotate("timestamp");
    // The root is brought before anything is signed with it.
    fs::copy(
        press.path("keys/2.root.json"),
        repository.join("2.root.json"),
    )
    .unwrap();
    let stale = press.run(&["bundle", "--version", "1.0.0"]).unwrap_err();
    assert!(
        stale.contains("publish --refresh --with-targets"),
        "{stale}"
    );
    fs::rename(press.path("keys/2.root.json"), press.path("2.root.json")).unwrap();
    let before = files(&repository);
    for arguments in [
        &["publish", "--refresh"][..],
        &["publish", "--refresh", "--with-targets"],
        &["bundle", "--version", "1.0.0"],
    ] {
        let refused = press.run(arguments).unwrap_err();
        assert!(refused.contains("bring 2.root.json into"), "{refused}");
    }
    assert_eq!(files(&repository), before);
    fs::rename(press.path("2.root.json"), press.path("keys/2.root.json")).unwrap();
    press.run(&["publish", "--refresh"]).unwrap();
    press.run(&["bundle", "--version", "1.0.0"]).unwrap();
}

#[test]
fn notes_that_appliances_would_leave_out_are_refused() {
    let press = Press::new();
    let disk = Disk::new(press.folder.path(), "1.0.0");
    fs::write(press.path("notes.md"), b"\xff\xfe").unwrap();
    let refused = press.publish(&disk, "1.0.0").unwrap_err();
    assert!(refused.contains("UTF-8"), "{refused}");
    fs::write(press.path("notes.md"), "fine").unwrap();
    let twice = ["--channel", "stable,latest,stable"];
    press.publish_with(&disk, "1.0.0", &twice).unwrap();
    assert_eq!(press.offers()[0].release.channels, ["stable", "latest"]);
    let missing = press.run(&["publish", "--version", "9.0.0"]).unwrap_err();
    assert!(missing.contains("xoa-9.0.0.raw"), "{missing}");
}

#[test]
fn nothing_is_signed_that_clients_could_not_follow_to() {
    let press = Press::with_a_release();
    let before = files(&press.path("repository"));
    let refused_with = |keys: &str, expected: &str| {
        for arguments in [
            &["publish", "--refresh", "--with-targets"][..],
            &["bundle", "--version", "1.0.0"],
        ] {
            let refused = press.run_with(keys, arguments).unwrap_err();
            assert!(refused.contains(expected), "{refused}");
        }
        assert_eq!(files(&press.path("repository")), before);
    };
    // Ours, but without the roots in between.
    for _ in 0..3 {
        press.run(&["keys", "renew"]).unwrap();
    }
    for version in 1..=3 {
        fs::remove_file(press.path(&format!("keys/{version}.root.json"))).unwrap();
    }
    refused_with("keys", "bring 2.root.json, 3.root.json into");
    // Those of another repository, whose newest root is newer than ours.
    press.run_with("others", &["keys", "make"]).unwrap();
    press.run_with("others", &["keys", "renew"]).unwrap();
    fs::remove_file(press.path("others/1.root.json")).unwrap();
    refused_with("others", "are not those of the repository");
}

#[test]
fn a_release_whose_files_are_damaged_is_neither_packed_nor_promoted() {
    let press = Press::with_a_release();
    let all = files(&press.path("repository/targets"));
    let mut all = all.iter().map(|(path, _)| path);
    let kernel = all.find(|path| path.to_string_lossy().ends_with(".efi"));
    let kernel = kernel.unwrap();
    let mut content = fs::read(kernel).unwrap();
    content[0] ^= 1;
    fs::write(kernel, content).unwrap();
    let promote = ["publish", "--promote", "--version", "1.0.0"];
    let stable = [&promote[..], &["--channel", "stable"]].concat();
    for arguments in [&stable[..], &["bundle", "--version", "1.0.0"]] {
        let refused = press.run(arguments).unwrap_err();
        assert!(
            refused.contains("is not the file that was signed"),
            "{refused}"
        );
    }
}

#[test]
fn settings_of_a_published_release_are_not_dropped_silently() {
    let press = Press::with_a_release();
    let disk = Disk::new(press.folder.path(), "1.0.0");
    for option in ["--min-from", "--security-floor"] {
        let again = press.publish_with(&disk, "1.0.0", &[option, "1.0.0"]);
        let refused = again.unwrap_err();
        assert!(
            refused.contains(option) && refused.contains("0.9.0"),
            "{refused}"
        );
        press
            .publish_with(&disk, "1.0.0", &[option, "0.9.0"])
            .unwrap();
    }
}

#[test]
fn who_publishes_waits_for_another_who_does() {
    let press = Press::with_a_release();
    press
        .publish(&Disk::new(press.folder.path(), "1.1.0"), "1.1.0")
        .unwrap();
    std::thread::scope(|scope| {
        for version in ["1.0.0", "1.1.0"] {
            let press = &press;
            scope.spawn(move || {
                let promote = ["publish", "--promote", "--version", version];
                let stable = [&promote[..], &["--channel", "stable"]].concat();
                press.run(&stable).unwrap();
            });
        }
    });
    let offers = press.offers();
    assert_eq!(offers.len(), 2);
    for offer in offers {
        assert_eq!(offer.release.channels, ["stable"]);
    }
}
