//! A lab and a session with it.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use xapi::{Address, Credentials, Limits, Session, Target, Trust, TrustMode};
use xo_lab::{Lab, LabConfig, Value};

/// Everything here ends within this.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// The small pool that most tests use; events are not gathered, so that tests are quick.
pub fn small() -> LabConfig {
    LabConfig {
        vms: 8,
        coalesce: Duration::ZERO,
        https: None,
        ..LabConfig::default()
    }
}

pub fn target(address: &str) -> Target {
    Target {
        address: address.parse().unwrap(),
        credentials: Credentials {
            username: "root".into(),
            password: "lab".into(),
        },
        trust: Trust::new(&TrustMode::FirstUse).unwrap(),
        proxy: None,
        read_only: false,
        limits: Limits::default(),
    }
}

/// The address of another host of the lab.
pub fn member(lab: &Lab, host: &str) -> Address {
    let address: Address = lab.http_url().parse().unwrap();
    address.with_host(host)
}

pub async fn login(address: &str) -> Session {
    Session::login(&target(address)).await.unwrap()
}

pub async fn start() -> (Lab, Session) {
    let lab = Lab::start(small()).await.unwrap();
    let session = login(&lab.http_url()).await;
    (lab, session)
}

/// Waits for what the lab's database must tell.
pub async fn until(lab: &Lab, what: &str, fits: impl Fn(&xo_lab::db::Db) -> bool) {
    let mut changed = lab.db().watch();
    let wait = async {
        while !fits(&lab.db().read()) {
            changed.changed().await.unwrap();
        }
    };
    let waited = tokio::time::timeout(DEADLINE, wait).await;
    assert!(waited.is_ok(), "it does not come: {what}");
}

/// Waits until no task is left in the pool, but those that the lab makes by itself for transfers that bring none.
pub async fn until_tidy(lab: &Lab) {
    until(lab, "no task is left", |db| {
        let mut left = db.rows("task");
        left.all(|task| {
            let name = db.text(&task.reference, "name_label");
            name.contains(" /") && !name.starts_with("PROBE")
        })
    })
    .await;
}

/// A VM in this state.
pub fn vm(lab: &Lab, state: &str) -> String {
    let db = lab.db().read();
    let vm = db.all("VM").into_iter().find(|vm| {
        db.text(vm, "power_state").as_ref() == state
            && !db.flag(vm, "is_a_template")
            && !db.flag(vm, "is_control_domain")
    });
    vm.unwrap().to_string()
}

/// A disk of this size, which nothing was written to, on the default SR.
pub async fn disk(lab: &Lab, session: &Session, size: i64) -> String {
    let sr = {
        let db = lab.db().read();
        let pool = db.all("pool")[0].clone();
        db.reference(&pool, "default_SR").to_string()
    };
    let record = json!({
        "name_label": "disk", "name_description": "", "SR": sr, "virtual_size": size, "type": "user",
        "sharable": false, "read_only": false, "other_config": {}, "xenstore_data": {}, "sm_config": {},
        "tags": [],
    });
    session.call("VDI.create", json!([record])).await.unwrap()
}

/// A halted VM with small disks.
pub fn small_vm(lab: &Lab) -> String {
    let vm = vm(lab, "Halted");
    let mut db = lab.db().write();
    for vbd in db.refs(&vm, "VBDs") {
        if let Some(vdi) = db.linked(&vbd, "VDI") {
            db.set(&vdi, "virtual_size", Value::Int(4 << 20));
        }
    }
    vm
}

/// For tests that change how long is waited.
pub async fn impatient(address: &str, change: impl FnOnce(&mut Limits)) -> Session {
    let mut target = target(address);
    change(&mut target.limits);
    Session::login(&target).await.unwrap()
}

pub fn trust(mode: &TrustMode) -> Arc<Trust> {
    Trust::new(mode).unwrap()
}
