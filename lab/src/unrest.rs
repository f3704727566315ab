//! Changes that the pool makes by itself, `event_rate` per second: guests report memory, hosts report free memory, notes
//! on VMs are edited. Enough for a client to have something to show.

use std::sync::Arc;
use std::time::Duration;

use crate::date;
use crate::db::Db;
use crate::lab::Inner;
use crate::value::{Text, Value};

/// Starts the unrest, if any was asked for.
pub fn start(lab: &Arc<Inner>) {
    let rate = lab.config.event_rate;
    if rate <= 0.0 {
        return;
    }
    let lab = Arc::clone(lab);
    let tracker = lab.tracker.clone();
    tracker.spawn(async move {
        let vms: Vec<Text> = {
            let db = lab.store.read();
            let plain =
                |vm: &Text| !db.flag(vm, "is_a_template") && !db.flag(vm, "is_control_domain");
            db.all("VM").into_iter().filter(plain).collect()
        };
        let hosts = lab.store.read().all("host");
        let period = Duration::try_from_secs_f64(1.0 / rate).unwrap_or(Duration::from_secs(1));
        let mut clock = tokio::time::interval(period.max(Duration::from_micros(100)));
        clock.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Burst);
        for round in 0_usize.. {
            tokio::select! {
                () = lab.stop.cancelled() => return,
                _ = clock.tick() => {}
            }
            let mut db = lab.store.write();
            match round % 8 {
                7 => hosts
                    .get(round / 8 % hosts.len().max(1))
                    .map(|host| breathe(&mut db, host)),
                _ => pick(&mut db, &vms).map(|vm| change(&mut db, &vm, round)),
            };
        }
    });
}

fn pick(db: &mut Db, from: &[Text]) -> Option<Text> {
    let at = db.ids().below(from.len() as u64);
    usize::try_from(at)
        .ok()
        .and_then(|at| from.get(at))
        .cloned()
}

fn breathe(db: &mut Db, host: &str) {
    let metrics = db.reference(host, "metrics");
    let free = db.int(&metrics, "memory_total") / 4;
    let jitter = db.ids().below(1 << 28);
    db.set(
        &metrics,
        "memory_free",
        free + i64::try_from(jitter).unwrap_or_default(),
    );
    db.set(&metrics, "last_updated", Value::Date(date::now()));
}

fn change(db: &mut Db, vm: &str, round: usize) {
    match db
        .linked(vm, "guest_metrics")
        .filter(|_| round.is_multiple_of(2))
    {
        Some(metrics) => {
            let free = db.ids().below(1 << 30).to_string();
            db.put_entry(&metrics, "memory", "free", free);
            db.set(&metrics, "last_updated", Value::Date(date::now()));
        }
        None => {
            db.put_entry(vm, "other_config", "lab:round", round.to_string());
        }
    }
}
