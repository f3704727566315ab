//! Where a VM can run: hosts by state, storage, networks and memory.

use crate::db::Db;
use crate::failure::Failure;
use crate::value::Text;

/// The SRs of a VM's disks, without those of CDs.
#[must_use]
pub fn storage_of(db: &Db, vm: &str) -> Vec<Text> {
    let mut found = Vec::new();
    for vbd in db.refs(vm, "VBDs") {
        let sr = db.linked(&vbd, "VDI").and_then(|vdi| db.linked(&vdi, "SR"));
        if let Some(sr) = sr.filter(|sr| !found.contains(sr)) {
            found.push(sr);
        }
    }
    found
}

/// The host has this SR plugged.
#[must_use]
pub fn sees(db: &Db, host: &str, sr: &str) -> bool {
    db.refs(sr, "PBDs")
        .iter()
        .any(|pbd| *db.reference(pbd, "host") == *host && db.flag(pbd, "currently_attached"))
}

/// Bytes that a VM takes while it runs.
#[must_use]
pub fn memory_of(db: &Db, vm: &str) -> i64 {
    db.int(vm, "memory_dynamic_max") + db.int(vm, "memory_overhead")
}

/// The host answers and may start VMs.
///
/// # Errors
/// `HOST_DISABLED [host]`, `HOST_OFFLINE [host]`.
pub fn assert_live(db: &Db, host: &str) -> Result<(), Failure> {
    if !db.flag(&db.reference(host, "metrics"), "live") {
        return Err(Failure::new("HOST_OFFLINE", [host]));
    }
    if !db.flag(host, "enabled") {
        return Err(Failure::new("HOST_DISABLED", [host]));
    }
    Ok(())
}

/// The VM's disks and networks are within the host's reach.
///
/// # Errors
/// `VM_REQUIRES_SR [vm, sr]`, `VM_REQUIRES_NETWORK [vm, network]`.
pub fn assert_reachable(db: &Db, vm: &str, host: &str) -> Result<(), Failure> {
    for sr in storage_of(db, vm) {
        if !sees(db, host, &sr) {
            return Err(Failure::new("VM_REQUIRES_SR", [vm, &sr]));
        }
    }
    for vif in db.refs(vm, "VIFs") {
        let network = db.reference(&vif, "network");
        let pifs = db.refs(&network, "PIFs");
        let here = pifs.iter().any(|pif| *db.reference(pif, "host") == *host);
        if !pifs.is_empty() && !here {
            return Err(Failure::new("VM_REQUIRES_NETWORK", [vm, &network]));
        }
    }
    Ok(())
}

/// The VM can start on this host.
///
/// # Errors
/// Those of [`assert_live`] and [`assert_reachable`], and `HOST_NOT_ENOUGH_FREE_MEMORY [needed, available]`.
pub fn assert_can_run(db: &Db, vm: &str, host: &str) -> Result<(), Failure> {
    assert_live(db, host)?;
    assert_reachable(db, vm, host)?;
    let free = db.int(&db.reference(host, "metrics"), "memory_free");
    let needed = memory_of(db, vm);
    if needed > free {
        let numbers = [needed.to_string(), free.to_string()];
        return Err(Failure::new("HOST_NOT_ENOUGH_FREE_MEMORY", numbers));
    }
    Ok(())
}

/// The hosts that a VM can start on, the roomiest first.
#[must_use]
pub fn candidates(db: &Db, vm: &str) -> Vec<Text> {
    let mut hosts: Vec<Text> = db
        .all("host")
        .into_iter()
        .filter(|host| assert_can_run(db, vm, host).is_ok())
        .collect();
    hosts.sort_by_key(|host| -db.int(&db.reference(host, "metrics"), "memory_free"));
    hosts
}

/// The host to start a VM on: its affinity if that is possible, else the roomiest.
///
/// # Errors
/// With one host, why it cannot; with several, `NO_HOSTS_AVAILABLE`.
pub fn choose(db: &Db, vm: &str) -> Result<Text, Failure> {
    let hosts = candidates(db, vm);
    let affinity = db
        .linked(vm, "affinity")
        .filter(|host| hosts.contains(host));
    match affinity.or_else(|| hosts.into_iter().next()) {
        Some(host) => Ok(host),
        None => {
            if let [only] = db.all("host").as_slice() {
                assert_can_run(db, vm, only)?;
            }
            Err(Failure::bare("NO_HOSTS_AVAILABLE"))
        }
    }
}
