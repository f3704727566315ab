//! The power goes at every write, rename, removal and sync of the slots, the ESP and the data partition. After each: what starts is the
//! old or the new system, whole; what was begun is gone on with, and ends as it would have.

use std::collections::BTreeSet;

use xo_appliance::update::fetch::Speed;
use xo_appliance::update::journal::End;
use xo_appliance::update::{Engine, Error};

use super::image::{Image, Shelf, noise, version};
use super::install::{install, prepare, two, wanted};
use super::world::World;

/// What is done in one life of the machine; `Ok(true)` when nothing is left to do.
type Life = fn(&Engine, &World, &mut Shelf) -> Result<bool, Error>;

fn update(engine: &Engine, world: &World, shelf: &mut Shelf) -> Result<bool, Error> {
    let newest = shelf.images[0].version().to_string();
    if world.version() == newest {
        engine.confirm()?;
        return Ok(true);
    }
    engine.fetch(shelf, &wanted(&newest), Speed::default())?;
    engine.stage()?;
    engine.apply()?;
    Ok(false)
}

fn back(engine: &Engine, world: &World, _: &mut Shelf) -> Result<bool, Error> {
    if world.version() == "1.0.0" {
        return Ok(true);
    }
    engine.rollback()?;
    Ok(false)
}

/// Lives until all is done; the power goes after so many operations, each time anew. Answers how often it went.
fn live(world: &mut World, shelf: &mut Shelf, life: Life, cuts: &[u64]) -> usize {
    let before = world.version();
    let mut cuts = cuts.iter();
    let mut count = 0;
    let mut versions = BTreeSet::from([before.clone()]);
    for _ in 0..20 {
        if let Some(cut) = cuts.next() {
            world.power.cut_after(*cut);
        }
        let done = world
            .engine()
            .and_then(|engine| life(&engine, world, shelf));
        match done {
            Ok(true) if !world.power.is_gone() => {
                world.power.back();
                return count;
            }
            Ok(_) => {}
            Err(error) => assert!(world.power.is_gone(), "{error}"),
        }
        count += usize::from(world.power.is_gone());
        world.start();
        versions.insert(world.version());
        assert!(versions.len() <= 2, "{versions:?}");
    }
    panic!("it does not end");
}

/// Cuts at each operation, and once more some operations later; answers how many operations there were.
fn everywhere(make: impl Fn() -> (World, Shelf), life: Life, judge: impl Fn(&World)) -> u64 {
    for operation in 0.. {
        for seed in 0..2 {
            let (mut world, mut shelf) = make();
            world.power.seed(seed * 7919 + operation);
            let second = (operation * 31 + seed * 17) % 60;
            let cut = live(&mut world, &mut shelf, life, &[operation, second]);
            judge(&world);
            if cut == 0 {
                return operation;
            }
        }
    }
    0
}

fn is_updated(world: &World, name: &str) {
    assert_eq!(world.version(), name);
    let status = world.engine().unwrap().status().unwrap();
    assert!(status.update.is_none());
    assert_eq!(status.refused, [], "no cut is the release's fault");
    let ends: Vec<End> = status.outcomes.iter().map(|it| it.end).collect();
    assert!(ends.iter().all(|end| *end == End::Confirmed), "{ends:?}");
    assert_eq!(status.outcomes[0].version, version(name));
    assert_eq!(world.store.names(), ["journal.json"]);
}

#[test]
fn a_whole_update_survives_a_cut_anywhere() {
    let (old, new) = two();
    let operations = everywhere(
        || (World::delivered(&old), Shelf::new([new.clone().whole()])),
        update,
        |world| is_updated(world, "1.1.0"),
    );
    assert!(operations > 50, "{operations}");
}

#[test]
fn an_update_by_chunks_into_a_slot_in_use_survives_a_cut_anywhere() {
    let (old, new) = two();
    let mut root = noise(1024 * 1024, 1);
    root[100_000..300_000].copy_from_slice(&noise(200_000, 9));
    let newer = Image::new("1.2.0", root);
    let operations = everywhere(
        || {
            let mut world = World::delivered(&old);
            install(&mut world, &mut Shelf::new([new.clone()]));
            (world, Shelf::new([newer.clone()]))
        },
        update,
        |world| is_updated(world, "1.2.0"),
    );
    assert!(operations > 50, "{operations}");
}

fn put_back(engine: &Engine, _: &World, _: &mut Shelf) -> Result<bool, Error> {
    if let Some(owed) = engine.to_put_back()? {
        engine.was_put_back(format!("of before {}", owed.version))?;
    }
    Ok(true)
}

#[test]
fn data_are_put_back_after_a_failure_whatever_moment_the_power_goes() {
    let (old, new) = two();
    let operations = everywhere(
        || {
            let mut world = World::delivered(&old);
            let mut shelf = Shelf::new([new.clone()]);
            prepare(&world, &mut shelf);
            // Three tries, then the old system.
            for _ in 0..4 {
                world.start();
            }
            (world, shelf)
        },
        put_back,
        |world| {
            let engine = world.engine().unwrap();
            assert_eq!(engine.to_put_back().unwrap(), None);
            let outcome = engine.status().unwrap().outcomes[0].clone();
            assert_eq!(outcome.end, End::Failed);
            assert_eq!(outcome.data.as_deref(), Some("of before 1.1.0"));
        },
    );
    assert!(operations > 5, "{operations}");
}

fn doubted(engine: &Engine, world: &World, _: &mut Shelf) -> Result<bool, Error> {
    if world.version() == "1.0.0" {
        return Ok(true);
    }
    engine.doubt("the server does not answer")?;
    Ok(false)
}

#[test]
fn a_system_that_is_doubted_is_left_whatever_moment_the_power_goes() {
    let (old, new) = two();
    let operations = everywhere(
        || {
            let mut world = World::delivered(&old);
            let mut shelf = Shelf::new([new.clone()]);
            prepare(&world, &mut shelf);
            world.start();
            (world, shelf)
        },
        doubted,
        |world| {
            assert_eq!(world.version(), "1.0.0");
            let outcome = world.engine().unwrap().status().unwrap().outcomes[0].clone();
            assert_eq!(outcome.end, End::Failed);
            let reason = outcome.reason.unwrap();
            // When the power goes in both of its starts, nobody is left to say why.
            let is_told = [
                "the server does not answer",
                "it did not come up in 2 starts",
            ];
            assert!(
                is_told.iter().any(|why| reason.starts_with(why)),
                "{reason}"
            );
        },
    );
    assert!(operations > 5, "{operations}");
}

#[test]
fn a_way_back_survives_a_cut_anywhere() {
    let (old, new) = two();
    let operations = everywhere(
        || {
            let mut world = World::delivered(&old);
            install(&mut world, &mut Shelf::new([new.clone()]));
            (world, Shelf::new([new.clone()]))
        },
        back,
        |world| {
            let status = world.engine().unwrap().status().unwrap();
            assert_eq!(status.outcomes[0].end, End::RolledBack);
            assert_eq!(status.refused, [version("1.1.0")]);
            assert!(status.rollback.is_none());
        },
    );
    assert!(operations > 5, "{operations}");
}
