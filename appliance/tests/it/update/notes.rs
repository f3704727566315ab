//! Release notes are told while they matter, and an update does not depend on them.

use xo_appliance::update::fetch::Speed;
use xo_release::Part;

use super::image::{Image, Shelf};
use super::install::{install, stable, two};
use super::world::World;

/// What a look for updates tells of this release, and then the update on its way.
fn told(image: Image, change: impl FnOnce(&mut Shelf)) -> [Option<String>; 2] {
    let world = World::delivered(&two().0);
    let engine = world.engine().unwrap();
    let mut shelf = Shelf::new([image]);
    change(&mut shelf);
    let found = engine.check(&mut shelf, &stable()).unwrap().found.unwrap();
    engine
        .fetch(&mut shelf, &stable(), Speed::default())
        .unwrap();
    engine.stage().unwrap();
    [found.notes, engine.status().unwrap().update.unwrap().notes]
}

#[test]
fn notes_are_told_of_a_release_that_is_found_and_kept_until_it_is_confirmed() {
    let (old, new) = two();
    let notes = || Some("# 1.1.0\n".to_owned());
    let mut world = World::delivered(&old);
    let mut shelf = Shelf::new([new]);
    let engine = world.engine().unwrap();
    let found = engine.check(&mut shelf, &stable()).unwrap().found.unwrap();
    assert_eq!(found.notes, notes());
    let needed = [Part::Root, Part::Hashes, Part::Boot];
    let lengths = needed.map(|part| found.offer.files[&part].length);
    assert_eq!(found.bytes, lengths.iter().sum::<u64>());
    engine
        .fetch(&mut shelf, &stable(), Speed::default())
        .unwrap();
    let told = |world: &World| {
        let status = world.engine().unwrap().status().unwrap();
        status.update.unwrap().notes
    };
    assert_eq!(told(&world), notes());
    engine.stage().unwrap();
    engine.apply().unwrap();
    world.start();
    assert_eq!(told(&world), notes());
    world.engine().unwrap().confirm().unwrap();
    assert_eq!(world.store.names(), ["journal.json"]);
}

#[test]
fn notes_of_one_release_are_not_told_of_the_next() {
    let (old, new) = two();
    let mut world = World::delivered(&old);
    install(&mut world, &mut Shelf::new([new]));
    let mut bare = Image::new("1.2.0", vec![3; 4096]);
    bare.offer.files.remove(&Part::Notes);
    let engine = world.engine().unwrap();
    engine
        .fetch(&mut Shelf::new([bare]), &stable(), Speed::default())
        .unwrap();
    assert_eq!(engine.status().unwrap().update.unwrap().notes, None);
}

#[test]
fn a_release_is_installed_without_notes_that_are_missing_too_long_cut_off_or_not_signed() {
    let (_, new) = two();
    let mut none = new.clone();
    none.offer.files.remove(&Part::Notes);
    assert_eq!(told(none, |_| {}), [None, None]);
    let long = new.clone().with_notes(vec![b'x'; 64 * 1024 + 1]);
    assert_eq!(told(long, |_| {}), [None, None]);
    let longest = new.clone().with_notes(vec![b'x'; 64 * 1024]);
    assert!(told(longest, |_| {}).iter().all(Option::is_some));
    let odd = new.clone().with_notes(b"\xff".to_vec());
    assert_eq!(told(odd, |_| {}), [None, None]);
    let of_terminals = new.clone().with_notes(b"a\r\n\tb\x1b[2Jc\0".to_vec());
    let plain = || Some("a\n\tb[2Jc".to_owned());
    assert_eq!(told(of_terminals, |_| {}), [plain(), plain()]);
    let missing = |shelf: &mut Shelf| drop(shelf.images[0].files.remove(&Part::Notes));
    assert_eq!(told(new.clone(), missing), [None, None]);
    let altered = |part: Part, mut bytes: Vec<u8>| {
        if part == Part::Notes {
            bytes[0] ^= 1;
        }
        bytes
    };
    let with = |fault: fn(Part, Vec<u8>) -> Vec<u8>| {
        move |shelf: &mut Shelf| {
            shelf.fault = Some(Box::new(move |part, _, bytes| fault(part, bytes)));
        }
    };
    assert_eq!(told(new.clone(), with(altered)), [None, None]);
    let cut = |part: Part, mut bytes: Vec<u8>| {
        if part == Part::Notes {
            bytes.pop();
        }
        bytes
    };
    assert_eq!(told(new, with(cut)), [None, None]);
}
