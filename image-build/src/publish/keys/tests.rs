//! What becomes of keys and roots in a folder, and between folders.

use std::process::Command;

use tempfile::TempDir;

use super::*;

const NOW: i64 = 1_800_000_000;

fn fresh() -> (TempDir, Keys) {
    let folder = tempfile::tempdir().unwrap();
    let keys = Keys::make(&folder.path().join("keys"), NOW).unwrap();
    (folder, keys)
}

fn root(keys: &Keys) -> Signed<Root> {
    keys.newest().unwrap().1
}

/// What the keys of a role are called, those that are here first.
fn called(keys: &Keys, duty: Duty) -> Vec<String> {
    let (_, _, mut named) = keys.list().unwrap();
    named.retain(|key| key.duty == duty);
    named.sort_by_key(|key| key.path.is_none());
    named.into_iter().map(|key| key.name).collect()
}

/// The files of a role's keys.
fn places(keys: &Keys, duty: Duty) -> Vec<PathBuf> {
    let place = keys.folder.join(duty.name());
    let entries = fs::read_dir(place).into_iter().flatten();
    let mut found: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    found.sort();
    found
}

/// Moves root keys into a folder that has the roots as well.
fn carry_keys(from: &Keys, to: &Path, count: usize) -> Keys {
    let there = Keys::open(to);
    make_folder(&to.join("root")).unwrap();
    for path in places(from, Duty::Root).into_iter().take(count) {
        let to = to.join("root").join(path.file_name().unwrap());
        fs::rename(path, to).unwrap();
    }
    carry_roots(from, &there);
    there
}

fn carry_roots(from: &Keys, to: &Keys) {
    let mut roots = from.roots();
    roots.extend(from.waiting());
    for path in roots {
        fs::copy(&path, to.folder.join(path.file_name().unwrap())).unwrap();
    }
}

fn waits(signing: &Signing) -> (u64, u64) {
    let Signing::Waits { old, new, .. } = signing else {
        panic!("{signing:?}")
    };
    assert_eq!((old.needed, new.needed), (3, 3));
    (old.given, new.given)
}

#[test]
fn the_first_root_names_and_has_as_many_keys_as_the_design_wants() {
    let (_folder, keys) = fresh();
    let root = root(&keys);
    root.signed.verify_role(&root).unwrap();
    assert_eq!(root.signatures.len(), 5);
    for (duty, number, threshold) in [
        (Duty::Root, 5, 3),
        (Duty::Targets, 3, 2),
        (Duty::Snapshot, 1, 1),
        (Duty::Timestamp, 1, 1),
    ] {
        let role = &root.signed.roles[&duty.role()];
        assert_eq!(
            (role.keyids.len(), role.threshold.get()),
            (number, threshold)
        );
        assert_eq!(places(&keys, duty).len(), number);
    }
    assert_eq!(root.signed.expires.as_second(), NOW + 365 * 86400);
    let again = Keys::make(keys.folder(), NOW);
    assert!(matches!(again, Err(PublishError::KeysExist { .. })));
}

#[test]
fn a_rotated_key_of_the_root_makes_a_root_that_the_old_one_signed() {
    let (_folder, keys) = fresh();
    let old = root(&keys);
    let key = called(&keys, Duty::Root).remove(1);
    let done = keys.rotate(Duty::Root, &key, NOW).unwrap();
    assert_eq!(done, Signing::Done(keys.root(2)));
    let new = root(&keys);
    old.signed.verify_role(&new).unwrap();
    assert_eq!(places(&keys, Duty::Root).len(), 5);
    let retired = keys.folder.join(format!("retired/root-{key}.key"));
    assert!(retired.exists());
    for unclear in [&key, ""] {
        let missing = keys.rotate(Duty::Root, unclear, NOW);
        assert!(matches!(missing, Err(PublishError::NoKey { .. })));
    }
    assert!(keys.waiting().is_err());
}

#[test]
fn a_key_that_is_lost_is_replaced_too() {
    let (_folder, keys) = fresh();
    for duty in [Duty::Timestamp, Duty::Root] {
        let lost = places(&keys, duty).remove(0);
        fs::remove_file(lost).unwrap();
        let name = called(&keys, duty).pop().unwrap();
        let done = keys.rotate(duty, &name, NOW).unwrap();
        assert!(matches!(done, Signing::Done(_)));
        let named = keys.list().unwrap().2;
        let all_here = named.iter().filter(|key| key.duty == duty);
        assert!(all_here.into_iter().all(|key| key.path.is_some()));
    }
}

#[test]
fn a_root_waits_until_enough_keys_of_the_old_and_of_the_new_signed_it() {
    let (_folder, keys) = fresh();
    let away = tempfile::tempdir().unwrap();
    let there = carry_keys(&keys, away.path(), 3);
    assert_eq!(waits(&keys.renew(NOW).unwrap()), (2, 2));
    assert_eq!(root(&keys).signed.version.get(), 1);
    let other = keys.renew(NOW);
    assert!(matches!(other, Err(PublishError::Unfinished { .. })));
    let key = places(&there, Duty::Root).remove(0);
    fs::rename(
        &key,
        keys.folder.join("root").join(key.file_name().unwrap()),
    )
    .unwrap();
    assert!(matches!(keys.sign().unwrap(), Signing::Done(_)));
    assert_eq!(root(&keys).signed.version.get(), 2);
}

#[test]
fn keys_move_when_the_new_root_counts_and_an_abandoned_one_moves_none() {
    let (_folder, keys) = fresh();
    let away = tempfile::tempdir().unwrap();
    let there = carry_keys(&keys, away.path(), 3);
    let before = places(&keys, Duty::Targets);
    let nothing = keys.abandon();
    assert!(matches!(nothing, Err(PublishError::NothingWaits { .. })));
    let key = called(&keys, Duty::Targets).remove(0);
    waits(&keys.rotate(Duty::Targets, &key, NOW).unwrap());
    assert_eq!(places(&keys, Duty::Targets).len(), 4, "both are in place");
    let (_, aside) = keys.abandon().unwrap();
    assert_eq!(aside.len(), 1);
    assert_eq!(places(&keys, Duty::Targets), before);
    let nothing = keys.sign();
    assert!(matches!(nothing, Err(PublishError::NothingWaits { .. })));

    waits(&keys.renew(NOW).unwrap());
    assert!(keys.abandon().unwrap().1.is_empty());

    carry_keys(&there, &keys.folder, 3);
    let done = keys.rotate(Duty::Targets, &key, NOW).unwrap();
    assert!(matches!(done, Signing::Done(_)));
    assert_eq!(places(&keys, Duty::Targets).len(), 3);
    assert!(!called(&keys, Duty::Targets).contains(&key));
}

#[test]
fn a_root_that_waits_and_was_signed_elsewhere_is_settled() {
    let (_folder, keys) = fresh();
    let away = tempfile::tempdir().unwrap();
    let elsewhere = carry_keys(&keys, away.path(), 3);
    let key = called(&keys, Duty::Targets).remove(0);
    waits(&keys.rotate(Duty::Targets, &key, NOW).unwrap());
    carry_roots(&keys, &elsewhere);
    assert!(matches!(elsewhere.sign().unwrap(), Signing::Done(_)));
    carry_roots(&elsewhere, &keys);
    assert_eq!(keys.sign().unwrap(), Signing::Done(keys.root(2)));
    assert_eq!(places(&keys, Duty::Targets).len(), 3);
    assert!(!called(&keys, Duty::Targets).contains(&key));
    assert!(keys.waiting().is_err());
}

#[test]
fn a_root_that_was_given_up_here_and_signed_elsewhere_has_its_key_back() {
    let (_folder, keys) = fresh();
    let away = tempfile::tempdir().unwrap();
    let elsewhere = carry_keys(&keys, away.path(), 3);
    let key = called(&keys, Duty::Timestamp).remove(0);
    waits(&keys.rotate(Duty::Timestamp, &key, NOW).unwrap());
    carry_roots(&keys, &elsewhere);
    keys.abandon().unwrap();
    assert!(matches!(elsewhere.sign().unwrap(), Signing::Done(_)));
    carry_roots(&elsewhere, &keys);
    assert_eq!(keys.sign().unwrap(), Signing::Done(keys.root(2)));
    let nothing = keys.sign();
    assert!(matches!(nothing, Err(PublishError::NothingWaits { .. })));
    let [place] = &places(&keys, Duty::Timestamp)[..] else {
        panic!("one key")
    };
    let fresh = signing::read(place).unwrap();
    assert!(names(&root(&keys).signed, Duty::Timestamp, &fresh.id));
}

#[test]
fn keys_that_are_made_in_two_places_have_two_names() {
    let (_folder, keys) = fresh();
    let away = tempfile::tempdir().unwrap();
    let elsewhere = carry_keys(&keys, away.path(), 2);
    carry_roots(&keys, &elsewhere);
    let [one, two] = [&keys, &elsewhere].map(|place| {
        let key = called(place, Duty::Root).remove(0);
        let before = places(place, Duty::Root);
        place.rotate(Duty::Root, &key, NOW).unwrap();
        let mut after = places(place, Duty::Root);
        after.retain(|path| !before.contains(path));
        after.remove(0)
    });
    assert_ne!(one.file_name(), two.file_name());
}

#[test]
fn a_root_is_signed_only_where_the_one_before_it_is() {
    let (_folder, keys) = fresh();
    let away = tempfile::tempdir().unwrap();
    let elsewhere = carry_keys(&keys, away.path(), 3);
    keys.renew(NOW).unwrap();
    let next = fs::read(keys.waiting().unwrap()).unwrap();
    let refused = |keys: &Keys| {
        let refused = keys.sign().unwrap_err();
        assert_eq!(fs::read(keys.folder.join(NEXT)).unwrap(), next);
        refused
    };

    fs::write(elsewhere.folder.join(NEXT), &next).unwrap();
    fs::remove_file(elsewhere.root(1)).unwrap();
    let PublishError::NoPredecessor { missing, .. } = refused(&elsewhere) else {
        panic!("without the root before it")
    };
    assert_eq!(missing, elsewhere.root(1));

    let (_other, foreign) = fresh();
    fs::write(foreign.folder.join(NEXT), &next).unwrap();
    assert!(matches!(refused(&foreign), PublishError::OtherRoots { .. }));
    fs::remove_file(foreign.folder.join(NEXT)).unwrap();
    foreign.renew(NOW).unwrap();
    fs::write(foreign.folder.join(NEXT), &next).unwrap();
    assert!(matches!(refused(&foreign), PublishError::Overtaken { .. }));
}

#[test]
fn a_root_that_too_few_keys_signed_does_not_count_by_its_name() {
    let (_folder, keys) = fresh();
    let away = tempfile::tempdir().unwrap();
    carry_keys(&keys, away.path(), 3);
    keys.renew(NOW).unwrap();
    fs::rename(keys.waiting().unwrap(), keys.root(2)).unwrap();
    let refused = keys.newest().unwrap_err().to_string();
    assert!(refused.contains("too few keys of root 1"), "{refused}");
}

#[test]
fn a_root_under_another_name_or_behind_a_gap_moves_no_key_and_replaces_no_root() {
    let (_folder, keys) = fresh();
    keys.renew(NOW).unwrap();
    keys.renew(NOW).unwrap();
    let (_other, foreign) = fresh();
    let third = fs::read(keys.root(3)).unwrap();
    for (from, to, reason) in [
        (keys.root(2), 4, "it is root 2"),
        (foreign.root(1), 4, "it is root 1"),
    ] {
        fs::copy(from, keys.root(to)).unwrap();
        for refused in [
            keys.renew(NOW).err(),
            keys.sign().err(),
            keys.list().err(),
            keys.settle().err(),
        ] {
            let refused = refused.unwrap().to_string();
            assert!(refused.contains(reason), "{refused}");
        }
        fs::remove_file(keys.root(to)).unwrap();
    }
    fs::remove_file(keys.root(2)).unwrap();
    let gap = keys.renew(NOW).unwrap_err().to_string();
    assert!(gap.contains("2.root.json is not there"), "{gap}");
    assert_eq!(fs::read(keys.root(3)).unwrap(), third);
    assert!(!keys.folder.join("retired").exists());
    // Alone, the newest one is enough.
    fs::remove_file(keys.root(1)).unwrap();
    keys.renew(NOW).unwrap();
}

#[test]
fn a_folder_with_the_wrong_root_or_none_keeps_its_keys_and_says_what_to_bring() {
    let (_folder, keys) = fresh();
    let (_other, foreign) = fresh();
    let before = places(&keys, Duty::Targets);
    let own = fs::read(keys.root(1)).unwrap();
    fs::copy(foreign.root(1), keys.root(1)).unwrap();
    let wrong = keys.renew(NOW).unwrap_err();
    assert!(matches!(wrong, PublishError::NoneNamed { .. }), "{wrong}");
    fs::remove_file(keys.root(1)).unwrap();
    let none = keys.list().unwrap_err().to_string();
    assert!(none.contains("bring the roots"), "{none}");
    assert_eq!(places(&keys, Duty::Targets), before);
    // Not a name that clients ask for.
    fs::write(keys.folder.join("01.root.json"), &own).unwrap();
    keys.list().unwrap_err();
    fs::write(keys.root(1), own).unwrap();
    fs::write(&before[0], "x").unwrap();
    let bad = keys.list().unwrap_err().to_string();
    assert!(bad.contains("move it away"), "{bad}");
    fs::remove_file(&before[0]).unwrap();
    keys.list().unwrap();
}

#[test]
fn keys_are_not_made_where_git_would_take_them() {
    let folder = tempfile::tempdir().unwrap();
    let git = Command::new("git").arg("init").arg(folder.path()).output();
    assert!(git.unwrap().status.success());
    let keys = folder.path().join("keys");
    let refused = Keys::make(&keys, NOW);
    assert!(matches!(refused, Err(PublishError::KeysInGit { .. })));
    assert!(!keys.exists(), "a refusal leaves nothing");
    let deep = Keys::make(&keys.join("of/ours"), NOW);
    assert!(matches!(deep, Err(PublishError::KeysInGit { .. })));
    fs::write(folder.path().join(".gitignore"), "keys/\n").unwrap();
    Keys::make(&keys, NOW).unwrap();
    Keys::make(&keys.join("of/ours"), NOW).unwrap();
}
