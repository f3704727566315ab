//! What is not installed, each with its reason; and what ran goes on to run.

use xo_appliance::update::Error;
use xo_appliance::update::engine::Wanted;
use xo_appliance::update::fetch::Speed;
use xo_release::{Part, Unfit};

use super::image::{Image, Shelf, noise, signed, version};
use super::install::{stable, two, wanted};
use super::world::World;

/// What is said to this release; nothing may have been touched then.
fn refusal(world: &World, image: Image) -> Error {
    let slots = world
        .slots
        .clone()
        .map(|(data, hashes)| (data.bytes(), hashes.bytes()));
    let wanted = Wanted::Version(image.version().clone());
    let mut shelf = Shelf::new([image]);
    let engine = world.engine().unwrap();
    let fetched = engine.fetch(&mut shelf, &wanted, Speed::default());
    let error = fetched.and_then(|_| engine.stage()).unwrap_err();
    let now = world
        .slots
        .clone()
        .map(|(data, hashes)| (data.bytes(), hashes.bytes()));
    assert!(slots == now, "a slot was written");
    assert_eq!(world.esp.names(), ["xoa_1.0.0.efi"]);
    error
}

fn unfit(error: &Error) -> Option<&Unfit> {
    match error {
        Error::Unfit(unfit) => Some(unfit),
        _ => None,
    }
}

#[test]
fn releases_for_other_systems_are_refused_and_not_found() {
    let (old, new) = two();
    let mut world = World::delivered(&old);
    world.floor = version("1.2.0");
    let error = refusal(&world, new.clone());
    assert!(
        matches!(unfit(&error), Some(Unfit::Floor { .. })),
        "{error}"
    );
    world.floor = version("1.0.0");
    let arm = new.clone().with(|it| it.architecture = "aarch64".into());
    let error = refusal(&world, arm.clone());
    assert!(matches!(unfit(&error), Some(Unfit::Architecture { .. })));
    let other = new.clone().with(|it| it.product = "other".into());
    let error = refusal(&world, other.clone());
    assert!(matches!(unfit(&error), Some(Unfit::Product { .. })));
    let far = new.clone().with(|it| it.min_from = version("1.0.5"));
    let error = refusal(&world, far.clone());
    assert!(matches!(unfit(&error), Some(Unfit::TooFar { .. })));
    let error = refusal(&world, old.clone());
    assert!(matches!(error, Error::NotNewer { .. }), "{error}");
    let channel = new.with(|it| it.channels = vec!["latest".into()]);
    let mut shelf = Shelf::new([arm, other, far, old, channel]);
    let engine = world.engine().unwrap();
    assert!(engine.check(&mut shelf, &stable()).unwrap().found.is_none());
    let error = engine.check(&mut shelf, &wanted("9.9.9")).unwrap_err();
    assert!(matches!(error, Error::Unknown(_)), "{error}");
}

#[test]
fn what_has_no_room_is_refused_before_a_byte_but_of_its_notes_is_downloaded() {
    let (old, new) = two();
    let world = World::delivered(&old);
    let huge = Image::new("1.1.0", noise(4 * 1024 * 1024, 4));
    let error = refusal(&world, huge);
    let is_root = matches!(
        error,
        Error::TooLarge {
            part: Part::Root,
            ..
        }
    );
    assert!(is_root, "{error}");
    let mut long = new.clone();
    let tree = vec![0; 300_000];
    long.offer.files.insert(Part::Hashes, signed(&tree));
    let error = refusal(&world, long);
    assert!(matches!(
        error,
        Error::TooLarge {
            part: Part::Hashes,
            ..
        }
    ));
    world.esp.set_room(500_000);
    let error = refusal(&world, new.clone());
    assert!(
        matches!(
            error,
            Error::NoSpace {
                place: "the ESP",
                ..
            }
        ),
        "{error}"
    );
    world.esp.set_room(1 << 30);
    world.store.set_room(60 * 1024 * 1024);
    let error = refusal(&world, new.clone());
    let is_data = matches!(
        error,
        Error::NoSpace {
            place: "the data partition",
            ..
        }
    );
    assert!(is_data, "{error}");
    let mut shelf = Shelf::new([new.clone()]);
    let _ = world
        .engine()
        .unwrap()
        .fetch(&mut shelf, &stable(), Speed::default());
    let asked = shelf.asked.borrow();
    assert!(asked.keys().all(|part| *part == Part::Notes), "{asked:?}");
    let mut partial = new;
    partial.offer.files.remove(&Part::Hashes);
    let error = refusal(&world, partial);
    assert!(
        matches!(
            error,
            Error::Lacks {
                part: Part::Hashes,
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn bytes_that_were_not_signed_are_refused() {
    let (old, new) = two();
    for part in [Part::Root, Part::Hashes, Part::Boot] {
        let world = World::delivered(&old);
        let mut wrong = new.clone().whole();
        wrong.files.get_mut(&part).unwrap()[100] ^= 1;
        let error = refusal(&world, wrong.clone());
        let Error::WrongHash { part: found, .. } = error else {
            panic!("{error}");
        };
        assert_eq!(found, part);
        // What was wrong is not kept: with the right bytes it goes on.
        let mut shelf = Shelf::new([new.clone().whole()]);
        let engine = world.engine().unwrap();
        engine
            .fetch(&mut shelf, &stable(), Speed::default())
            .unwrap();
        engine.stage().unwrap();
    }
}

#[test]
fn a_truncated_file_is_told_from_a_wrong_one() {
    let (old, new) = two();
    for part in [Part::Root, Part::Hashes, Part::Boot] {
        let world = World::delivered(&old);
        let mut short = new.clone().whole();
        short.files.get_mut(&part).unwrap().pop();
        let error = refusal(&world, short);
        assert!(matches!(error, Error::Truncated { .. }), "{error}");
    }
}

#[test]
fn parts_that_do_not_belong_together_are_not_made_bootable() {
    let (old, new) = two();
    let world = World::delivered(&old);
    let mut mixed = new.clone();
    let other = Image::new("1.1.0", noise(1024 * 1024, 77));
    mixed
        .files
        .insert(Part::Hashes, other.files[&Part::Hashes].clone());
    let file = other.offer.files[&Part::Hashes].clone();
    mixed.offer.files.insert(Part::Hashes, file);
    let mut shelf = Shelf::new([mixed]);
    let engine = world.engine().unwrap();
    engine
        .fetch(&mut shelf, &stable(), Speed::default())
        .unwrap();
    let error = engine.stage().unwrap_err();
    assert!(matches!(error, Error::NotWhole { .. }), "{error}");
    let error = engine.apply().unwrap_err();
    assert!(matches!(error, Error::NotNow { .. }), "{error}");
    assert_eq!(world.esp.names(), ["xoa_1.0.0.efi"]);
}

#[test]
fn a_kernel_image_of_another_version_or_file_system_costs_the_other_slot_nothing() {
    let (old, new) = two();
    let of = |name: &str, root: &[u8]| Image::new(name, root.to_vec());
    for (other, lacks) in [
        (of("1.0.9", &new.files[&Part::Root]), "IMAGE_VERSION=1.1.0"),
        (of("1.1.0", &noise(1024 * 1024, 77)), "roothash="),
    ] {
        let mut mistaken = new.clone();
        let boot = other.files[&Part::Boot].clone();
        mistaken.files.insert(Part::Boot, boot);
        let file = other.offer.files[&Part::Boot].clone();
        mistaken.offer.files.insert(Part::Boot, file);
        let error = refusal(&World::delivered(&old), mistaken.whole());
        assert!(matches!(error, Error::Mislabelled { .. }), "{error}");
        assert!(error.to_string().contains(lacks), "{error}");
    }
}

#[test]
fn the_system_that_runs_is_not_installed_under_another_version() {
    let (old, _) = two();
    let world = World::delivered(&old);
    let mut renamed = old.clone();
    renamed.offer.release.version = version("1.0.7");
    let engine = world.engine().unwrap();
    let mut shelf = Shelf::new([renamed]);
    let wanted = Wanted::Version(version("1.0.7"));
    let error = engine.check(&mut shelf, &wanted).unwrap_err();
    assert!(matches!(error, Error::Renamed { .. }), "{error}");
    assert!(engine.check(&mut shelf, &stable()).unwrap().found.is_none());
}

#[test]
fn the_slot_that_runs_is_never_written() {
    let (old, new) = two();
    let world = World::delivered(&old);
    let before = world.slots[0].0.bytes();
    let mistaken = world.engine_writing(0);
    let mut shelf = Shelf::new([new]);
    mistaken
        .fetch(&mut shelf, &stable(), Speed::default())
        .unwrap();
    let error = mistaken.stage().unwrap_err();
    assert!(matches!(error, Error::RunningSlot), "{error}");
    assert!(world.slots[0].0.bytes() == before);
}

#[test]
fn steps_out_of_their_order_say_what_comes_first() {
    let (old, new) = two();
    let mut world = World::delivered(&old);
    let mut shelf = Shelf::new([new]);
    let engine = world.engine().unwrap();
    for error in [engine.stage().unwrap_err(), engine.apply().unwrap_err()] {
        assert!(matches!(error, Error::NotNow { .. }), "{error}");
    }
    engine
        .fetch(&mut shelf, &stable(), Speed::default())
        .unwrap();
    assert!(matches!(engine.apply(), Err(Error::NotNow { .. })));
    assert!(matches!(engine.rollback(), Err(Error::NotNow { .. })));
    engine.stage().unwrap();
    engine.apply().unwrap();
    world.start();
    let engine = world.engine().unwrap();
    let other = Image::new("1.2.0", noise(4096, 5));
    let fetched = engine.fetch(&mut Shelf::new([other]), &stable(), Speed::default());
    assert!(matches!(fetched, Err(Error::NotNow { .. })));
}

#[test]
fn a_second_run_at_once_is_refused_and_a_cancelled_one_ends() {
    let (old, new) = two();
    let world = World::delivered(&old);
    let engine = std::sync::Arc::new(world.engine().unwrap());
    let mut shelf = Shelf::new([new.clone().whole()]);
    let other = std::sync::Arc::clone(&engine);
    let image = new.whole();
    shelf.fault = Some(Box::new(move |part, _, bytes| {
        if part == Part::Root {
            let mut shelf = Shelf::new([image.clone()]);
            let second = other.fetch(&mut shelf, &stable(), Speed::default());
            assert!(matches!(
                second,
                Err(Error::Busy {
                    doing: "a download"
                })
            ));
            assert!(matches!(other.stage(), Err(Error::Busy { .. })));
            let progress = other.status().unwrap().progress.unwrap();
            assert!(progress.total > progress.done && progress.done > 0);
            other.cancel().unwrap();
        }
        bytes
    }));
    let ended = engine.fetch(&mut shelf, &stable(), Speed::default());
    assert!(matches!(ended, Err(Error::Cancelled)));
    assert_eq!(world.store.names(), ["journal.json"]);
    assert!(engine.status().unwrap().progress.is_none());
}

#[test]
fn a_disk_that_does_not_keep_what_is_written_is_found_out() {
    let (old, new) = two();
    let world = World::delivered(&old);
    let mut shelf = Shelf::new([new]);
    let engine = world.engine().unwrap();
    engine
        .fetch(&mut shelf, &stable(), Speed::default())
        .unwrap();
    // What was fetched rots before it is written.
    let name = "xoa-1.1.0.root";
    let mut bytes = world.store.bytes(name).unwrap();
    bytes[5] ^= 1;
    world.store.install(name, &bytes);
    let error = engine.stage().unwrap_err();
    assert!(
        matches!(
            error,
            Error::WrongHash {
                part: Part::Root,
                ..
            }
        ),
        "{error}"
    );
    engine
        .fetch(&mut shelf, &stable(), Speed::default())
        .unwrap();
    engine.stage().unwrap();
}
