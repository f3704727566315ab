//! Updates that go well, and new systems that do not do their work.

use std::sync::{Arc, Mutex};

use xo_appliance::update::engine::Wanted;
use xo_appliance::update::fetch::Speed;
use xo_appliance::update::journal::{End, Step, When};
use xo_appliance::update::pace::Phase;
use xo_release::Part;

use super::image::{Image, Shelf, noise, version};
use super::world::World;

const SIZE: usize = 1024 * 1024;

/// 1.0.0 as delivered, and 1.1.0 that differs in one place.
pub fn two() -> (Image, Image) {
    let old = noise(SIZE, 1);
    let mut new = old.clone();
    new[700_000..760_000].copy_from_slice(&noise(60_000, 2));
    (Image::new("1.0.0", old), Image::new("1.1.0", new))
}

pub fn wanted(name: &str) -> Wanted {
    Wanted::Version(version(name))
}

pub fn stable() -> Wanted {
    Wanted::Newest {
        channel: "stable".to_owned(),
    }
}

/// Up to the restart.
pub fn prepare(world: &World, shelf: &mut Shelf) {
    let engine = world.engine().unwrap();
    engine.fetch(shelf, &stable(), Speed::default()).unwrap();
    engine.stage().unwrap();
    engine.apply().unwrap();
}

/// With the gate's word that all is well.
pub fn install(world: &mut World, shelf: &mut Shelf) {
    prepare(world, shelf);
    world.start();
    world.engine().unwrap().confirm().unwrap();
    world.bless();
}

#[test]
fn a_release_is_installed_whole_and_stays() {
    let (old, new) = two();
    let mut world = World::delivered(&old);
    let mut shelf = Shelf::new([old, new.whole()]);
    let engine = world.engine().unwrap();
    let found = engine.check(&mut shelf, &stable()).unwrap().found.unwrap();
    assert_eq!(found.offer.release.version, version("1.1.0"));
    let checked = engine.status().unwrap().checked.unwrap();
    assert_eq!(checked.found, Some(version("1.1.0")));
    install(&mut world, &mut shelf);
    assert_eq!(shelf.asked(Part::Root), SIZE as u64);
    assert_eq!(
        (world.version().as_str(), world.running().slot),
        ("1.1.0", 1)
    );
    world.start();
    assert_eq!(world.version(), "1.1.0");
    let engine = world.engine().unwrap();
    let status = engine.status().unwrap();
    assert!(status.update.is_none());
    assert_eq!(status.outcomes[0].end, End::Confirmed);
    assert_eq!(status.other.unwrap().version, version("1.0.0"));
    assert!(engine.check(&mut shelf, &stable()).unwrap().found.is_none());
    assert_eq!(world.store.names(), ["journal.json"]);
}

#[test]
fn chunks_that_the_running_system_has_are_not_downloaded() {
    let (old, new) = two();
    let mut world = World::delivered(&old);
    let mut shelf = Shelf::new([new]);
    install(&mut world, &mut shelf);
    assert_eq!(world.version(), "1.1.0");
    assert_eq!(
        [Part::Root, Part::Boot].map(|part| shelf.asked(part)),
        [0, 0]
    );
    let asked = shelf.asked(Part::Chunks);
    assert!((60_000..250_000).contains(&asked), "{asked}");
    // Its command line has another root hash.
    let asked = shelf.asked(Part::BootChunks);
    assert!((1_000..100_000).contains(&asked), "{asked}");
}

#[test]
fn what_is_newer_on_another_channel_is_told_beside_what_was_looked_for() {
    let (old, new) = two();
    let mut newest = Image::new("1.2.0", vec![5; 4096]);
    newest.offer.release.channels = vec!["latest".into()];
    let mut hidden = Image::new("1.3.0", vec![6; 4096]);
    hidden.offer.release.channels = vec![];
    let world = World::delivered(&old);
    let engine = world.engine().unwrap();
    let mut shelf = Shelf::new([new, newest, hidden]);
    let mut look = |channel: &str| {
        let channel = channel.to_owned();
        let looked = engine
            .check(&mut shelf, &Wanted::Newest { channel })
            .unwrap();
        let found = looked.found.map(|found| found.offer.release.version);
        let elsewhere = looked.elsewhere.map(|release| release.version);
        [found, elsewhere].map(|version| version.map(|version| version.to_string()))
    };
    let told = |text: &str| Some(text.to_owned());
    assert_eq!(look("stable"), [told("1.1.0"), told("1.2.0")]);
    assert_eq!(look("latest"), [told("1.2.0"), None]);
    assert_eq!(look("other"), [None, told("1.2.0")]);
    shelf.images.retain(|image| image.version().minor != 1);
    let nothing = engine.check(&mut shelf, &stable()).unwrap();
    assert!(nothing.found.is_none());
    assert_eq!(nothing.elsewhere.unwrap().channels, ["latest"]);
}

#[test]
fn a_chunk_that_stands_twice_in_a_release_is_downloaded_once() {
    let (old, _) = two();
    let twice = [noise(400_000, 7), noise(400_000, 7), noise(400_000, 7)].concat();
    let new = Image::new("1.1.0", [twice, vec![0; 352]].concat());
    let mut world = World::delivered(&old);
    let mut shelf = Shelf::new([new]);
    install(&mut world, &mut shelf);
    assert_eq!(world.version(), "1.1.0");
    let asked = shelf.asked(Part::Chunks);
    assert!(asked < 600_000, "{asked}");
}

#[test]
fn progress_counts_what_is_really_downloaded_from_the_first_byte_on() {
    let (old, new) = two();
    let world = World::delivered(&old);
    let engine = Arc::new(world.engine().unwrap());
    let seen = Arc::new(Mutex::new((0, Vec::new())));
    let mut shelf = Shelf::new([new.clone()]);
    let (other, told) = (Arc::clone(&engine), Arc::clone(&seen));
    shelf.fault = Some(Box::new(move |part, _, bytes| {
        let mut told = told.lock().unwrap();
        let (came, totals) = &mut *told;
        // Release notes are read before it is counted.
        if part != Part::Notes {
            *came += bytes.len() as u64;
            let progress = other.status().unwrap().progress.unwrap();
            if progress.phase == Phase::Coming {
                totals.push(progress.total);
            }
        }
        bytes
    }));
    engine
        .fetch(&mut shelf, &stable(), Speed::default())
        .unwrap();
    let (came, totals) = &*seen.lock().unwrap();
    assert!(
        totals.len() > 2 && totals.iter().all(|total| total == came),
        "{came} {totals:?}"
    );
    let whole: u64 = [Part::Root, Part::Boot]
        .iter()
        .map(|part| new.files[part].len() as u64)
        .sum();
    assert!(*came < whole / 2, "{came} of {whole}");
}

#[test]
fn an_archive_that_is_listed_but_not_there_costs_a_whole_download() {
    let (old, mut new) = two();
    new.files.remove(&Part::Chunks);
    assert!(new.offer.files.contains_key(&Part::Chunks));
    let mut world = World::delivered(&old);
    let mut shelf = Shelf::new([new]);
    install(&mut world, &mut shelf);
    assert_eq!(world.version(), "1.1.0");
    assert!(shelf.asked(Part::Root) > 0);
}

#[test]
fn an_archive_of_nonsense_costs_a_whole_download_and_no_more() {
    let (old, new) = two();
    for from in [0, 20, 100_000] {
        let mut world = World::delivered(&old);
        let mut shelf = Shelf::new([new.clone()]);
        shelf.fault = Some(Box::new(move |part, range, mut bytes| {
            let at = range.start.max(from) - range.start;
            if part == Part::Chunks && at < bytes.len() as u64 {
                bytes[at as usize..].fill(0x55);
            }
            bytes
        }));
        install(&mut world, &mut shelf);
        assert_eq!(world.version(), "1.1.0");
        assert!(shelf.asked(Part::Root) > 0, "{from}");
    }
}

#[test]
fn updates_go_from_slot_to_slot() {
    let (old, new) = two();
    let mut world = World::delivered(&old);
    let mut shelf = Shelf::new([new.clone()]);
    install(&mut world, &mut shelf);
    for (name, slot) in [("1.2.0", 0), ("1.3.0", 1)] {
        let mut root = new.files[&Part::Root].clone();
        root.extend(noise(4096 * (slot + 1), 3));
        shelf.images.push(Image::new(name, root));
        install(&mut world, &mut shelf);
        assert_eq!(world.version(), name);
        assert_eq!(world.running().slot, slot);
        let kernels = world.esp.names();
        assert_eq!(kernels.len(), 2, "{kernels:?}");
    }
}

#[test]
fn each_step_may_be_asked_for_again() {
    let (old, new) = two();
    let mut world = World::delivered(&old);
    let mut shelf = Shelf::new([new]);
    let engine = world.engine().unwrap();
    for _ in 0..2 {
        let found = engine.fetch(&mut shelf, &stable(), Speed::default());
        assert!(found.unwrap().is_some());
    }
    for _ in 0..2 {
        engine.stage().unwrap();
    }
    engine
        .fetch(&mut shelf, &stable(), Speed::default())
        .unwrap();
    let step = engine.status().unwrap().update.unwrap().step;
    assert_eq!(step, Step::Staged);
    for _ in 0..2 {
        engine.apply().unwrap();
        world.engine().unwrap();
    }
    world.start();
    for _ in 0..2 {
        world.engine().unwrap().confirm().unwrap();
    }
    assert_eq!(world.engine().unwrap().status().unwrap().outcomes.len(), 1);
}

#[test]
fn a_download_goes_on_where_it_ended() {
    let (old, new) = two();
    let world = World::delivered(&old);
    let mut shelf = Shelf::new([new.whole()]);
    shelf.fault = Some(Box::new(|part, _, mut bytes| {
        if part == Part::Root {
            bytes.truncate(600_000);
        }
        bytes
    }));
    let engine = world.engine().unwrap();
    let ended = engine.fetch(&mut shelf, &stable(), Speed::default());
    let text = ended.unwrap_err().to_string();
    assert!(text.contains("600000 of 1048576"), "{text}");
    shelf.fault = None;
    shelf.asked(Part::Root);
    engine
        .fetch(&mut shelf, &stable(), Speed::default())
        .unwrap();
    assert_eq!(shelf.asked(Part::Root), SIZE as u64 - 600_000);
    engine.stage().unwrap();
}

#[test]
fn a_new_system_that_does_not_do_its_work_is_left_told_and_not_tried_again() {
    let (old, new) = two();
    let mut world = World::delivered(&old);
    let mut shelf = Shelf::new([new]);
    prepare(&world, &mut shelf);
    world.start();
    assert_eq!(world.version(), "1.1.0");
    let engine = world.engine().unwrap();
    assert!(engine.status().unwrap().update.unwrap().is_on_trial);
    engine.doubt("the server does not answer").unwrap();
    engine.doubt("the server does not answer").unwrap();
    let refusal = engine.confirm().unwrap_err().to_string();
    assert!(refusal.contains("the server does not answer"), "{refusal}");
    // Though tries were left.
    world.start();
    assert_eq!(world.version(), "1.0.0");
    let engine = world.engine().unwrap();
    let status = engine.status().unwrap();
    assert_eq!(status.outcomes[0].end, End::Failed);
    let reason = status.outcomes[0].reason.as_deref();
    assert_eq!(reason, Some("the server does not answer"));
    assert!(status.outcomes[0].data.is_none());
    let owed = engine.to_put_back().unwrap().unwrap();
    assert_eq!((owed.version, owed.when), (version("1.1.0"), When::Always));
    assert_eq!(status.refused, [version("1.1.0")]);
    assert!(engine.check(&mut shelf, &stable()).unwrap().found.is_none());
    // One that is begun and cancelled says nothing for it.
    engine
        .fetch(&mut shelf, &wanted("1.1.0"), Speed::default())
        .unwrap();
    engine.cancel().unwrap();
    assert_eq!(engine.status().unwrap().refused, [version("1.1.0")]);
    // Somebody asks for it by name: then it is tried.
    let found = engine.check(&mut shelf, &wanted("1.1.0")).unwrap().found;
    assert!(found.is_some());
    engine
        .fetch(&mut shelf, &wanted("1.1.0"), Speed::default())
        .unwrap();
    engine.stage().unwrap();
    engine.apply().unwrap();
    world.start();
    assert_eq!(world.version(), "1.1.0");
    world.engine().unwrap().confirm().unwrap();
    assert!(world.engine().unwrap().status().unwrap().refused.is_empty());
}

#[test]
fn a_new_system_that_leaves_no_word_has_failed_as_well() {
    let (old, new) = two();
    let mut world = World::delivered(&old);
    prepare(&world, &mut Shelf::new([new]));
    for _ in 0..4 {
        world.start();
    }
    assert_eq!(world.version(), "1.0.0");
    let status = world.engine().unwrap().status().unwrap();
    let reason = status.outcomes[0].reason.clone().unwrap();
    assert!(reason.contains("2 starts"), "{reason}");
}

#[test]
fn a_gate_whose_word_was_not_written_is_believed_by_the_name_that_it_left() {
    let (old, new) = two();
    let mut world = World::delivered(&old);
    prepare(&world, &mut Shelf::new([new]));
    world.start();
    world.bless();
    world.start();
    let status = world.engine().unwrap().status().unwrap();
    assert_eq!(status.outcomes[0].end, End::Confirmed);
    assert!(status.update.is_none());
}

#[test]
fn a_cancelled_update_leaves_what_ran_and_nothing_else() {
    let (old, new) = two();
    for steps in 0..4 {
        let mut world = World::delivered(&old);
        let mut shelf = Shelf::new([new.clone()]);
        let engine = world.engine().unwrap();
        engine
            .fetch(&mut shelf, &stable(), Speed::default())
            .unwrap();
        if steps > 0 {
            engine.stage().unwrap();
        }
        if steps > 1 {
            engine.apply().unwrap();
        }
        engine.cancel().unwrap();
        assert_eq!(world.store.names(), ["journal.json"], "{steps}");
        assert_eq!(world.esp.names(), ["xoa_1.0.0.efi"], "{steps}");
        let status = engine.status().unwrap();
        assert_eq!(status.outcomes[0].end, End::Cancelled);
        assert!(status.update.is_none() && status.refused.is_empty());
        world.start();
        assert_eq!(world.version(), "1.0.0");
    }
}

#[test]
fn a_download_keeps_to_its_limit_and_ends_when_it_is_cancelled() {
    let (old, new) = two();
    let world = World::delivered(&old);
    let mut shelf = Shelf::new([new.whole()]);
    let engine = world.engine().unwrap();
    let speed = Speed {
        bytes_per_second: Some(100_000),
    };
    engine.fetch(&mut shelf, &stable(), speed).unwrap();
    let total: u64 = [Part::Root, Part::Hashes, Part::Boot]
        .iter()
        .map(|part| shelf.images[0].offer.files[part].length)
        .sum();
    let seconds = world.time.lock().unwrap().as_secs();
    assert_eq!(seconds, total / 100_000);
}
