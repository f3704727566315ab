//! The way back to the other system.

use xo_appliance::update::Error;
use xo_appliance::update::engine::Wanted;
use xo_appliance::update::fetch::Speed;
use xo_appliance::update::journal::End;
use xo_release::Part;

use super::image::{Shelf, version};
use super::install::{install, prepare, stable, two};
use super::world::World;

#[test]
fn the_other_system_is_gone_back_to_and_the_way_forward_is_open() {
    let (old, new) = two();
    let mut world = World::delivered(&old);
    let mut shelf = Shelf::new([new]);
    install(&mut world, &mut shelf);
    let engine = world.engine().unwrap();
    assert_eq!(engine.rollback().unwrap(), version("1.0.0"));
    assert_eq!(engine.rollback().unwrap(), version("1.0.0"));
    engine.confirm().unwrap();
    world.start();
    assert_eq!(world.version(), "1.0.0");
    let engine = world.engine().unwrap();
    let status = engine.status().unwrap();
    assert_eq!(status.outcomes[0].end, End::RolledBack);
    assert_eq!(status.outcomes[0].version, version("1.1.0"));
    assert!(status.rollback.is_none());
    // Not by itself, but when somebody asks.
    assert!(engine.check(&mut shelf, &stable()).unwrap().found.is_none());
    let wanted = Wanted::Version(version("1.1.0"));
    engine.fetch(&mut shelf, &wanted, Speed::default()).unwrap();
    engine.stage().unwrap();
    engine.apply().unwrap();
    world.start();
    assert_eq!(world.version(), "1.1.0");
}

#[test]
fn a_system_on_trial_can_be_left() {
    let (old, new) = two();
    let mut world = World::delivered(&old);
    prepare(&world, &mut Shelf::new([new]));
    world.start();
    let engine = world.engine().unwrap();
    assert!(matches!(engine.cancel(), Err(Error::NotNow { .. })));
    engine.rollback().unwrap();
    world.start();
    assert_eq!(world.version(), "1.0.0");
    let status = world.engine().unwrap().status().unwrap();
    assert_eq!(status.refused, [version("1.1.0")]);
    assert!(status.update.is_none());
}

#[test]
fn there_is_no_way_back_below_the_floor_to_damage_or_to_what_never_worked() {
    let (old, new) = two();
    let mut world = World::delivered(&old);
    let refusal = world.engine().unwrap().rollback().unwrap_err();
    assert!(matches!(refusal, Error::NoWayBack(_)), "{refusal}");
    let new = new.with(|release| release.security_floor = version("1.1.0"));
    install(&mut world, &mut Shelf::new([new.clone()]));
    let refusal = world.engine().unwrap().rollback().unwrap_err();
    assert!(matches!(refusal, Error::BelowFloor { .. }), "{refusal}");

    let new = new.with(|release| release.security_floor = version("1.0.0"));
    let mut world = World::delivered(&old);
    install(&mut world, &mut Shelf::new([new]));
    world.esp.set_name("xoa_1.0.0.efi", "xoa_1.0.0+0-3.efi");
    let refusal = world.engine().unwrap().rollback().unwrap_err();
    assert!(refusal.to_string().contains("never proved"), "{refusal}");
    world.esp.set_name("xoa_1.0.0+0-3.efi", "xoa_1.0.0.efi");
    let mut root = old.files[&Part::Root].clone();
    root[4_000] ^= 1;
    world.slots[0].0.install(&root);
    let refusal = world.engine().unwrap().rollback().unwrap_err();
    assert!(refusal.to_string().contains("damaged"), "{refusal}");
    assert_eq!(world.esp.names(), ["xoa_1.0.0.efi", "xoa_1.1.0.efi"]);
}
