//! Moving a VM to another host of its pool, with its disks where that host cannot reach them.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use serde_json::{Value, json};
use xapi_records::{Ref, record};
use xo_inventory::PoolHandle;
use xo_model::ObjectType::{Host, Network, Sr, Vdi, VdiSnapshot, Vm};

use super::super::made;
use crate::schema::{boolean, object, string};
use crate::{Call, Error, Method, Permission, Result};

const BUSY_TRIES: u32 = 30;
const BUSY_PAUSE: Duration = Duration::from_secs(10);

pub(super) fn methods() -> Vec<Method> {
    vec![
        Method::new(
            "vm.migrate",
            "Moves a VM to another host, and its disks to other storage.",
        )
        .param("vm", string())
        .param("force", boolean().optional())
        .param("targetHost", string())
        .param("sr", string().optional())
        .param("mapVdisSrs", object().optional())
        .param("mapVifsNetworks", object().optional())
        .param("migrationNetwork", string().optional())
        .param("bypassAssert", boolean().optional())
        .on("vm", &[Vm], Permission::Administrate)
        .on("targetHost", &[Host], Permission::Administrate)
        .on("migrationNetwork", &[Network], Permission::Administrate)
        .run(migrate),
    ]
}

async fn migrate(call: Call) -> Result<()> {
    let (vm, host) = (call.object("vm")?, call.object("targetHost")?);
    if vm.pool != host.pool {
        return Err(Error::NotImplemented {
            what: "vm.migrate to another pool".into(),
        });
    }
    if call
        .get("mapVifsNetworks")
        .and_then(Value::as_object)
        .is_some_and(|map| !map.is_empty())
    {
        let message =
            "is for another pool: within a pool interfaces keep their network (vif.set changes it)";
        return Err(Error::invalid("mapVifsNetworks", message));
    }
    let pool = call.pool("vm")?;
    let wish = Wish::of(&call)?;
    let network = match call.object_opt("migrationNetwork") {
        Some(network) => {
            super::same_pool("migrationNetwork", vm, network)?;
            Some(network.reference.clone())
        }
        None => migration_network(&pool),
    };
    let motion = Motion {
        pool: &pool,
        vm: &vm.reference,
        host: &host.reference,
        network,
        call: &call,
    };
    if wish.is_none() {
        match motion.with_shared_storage().await {
            Err(error) if error.code() == Some("VM_REQUIRES_SR") => {}
            other => {
                other?;
                return motion.arrived().await;
            }
        }
    }
    motion.with_storage(&wish).await?;
    motion.arrived().await
}

/// Where disks go.
#[derive(Debug, Default)]
struct Wish {
    /// All that are not named.
    all: Option<Ref>,
    by_disk: HashMap<Ref, Ref>,
}

impl Wish {
    fn of(call: &Call) -> Result<Self> {
        let vm = call.object("vm")?;
        let target = |id: &str, param| {
            let sr = call.find(id, &[Sr], Some(Permission::Administrate))?;
            super::same_pool(param, vm, &sr)?;
            Ok::<_, Error>(sr.reference.clone())
        };
        let all = call.str_opt("sr").map(|id| target(id, "sr")).transpose()?;
        let mut by_disk = HashMap::new();
        for (disk, sr) in call
            .get("mapVdisSrs")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
        {
            let disk = call.find(disk, &[Vdi, VdiSnapshot], None)?;
            let sr = sr.as_str().ok_or_else(|| {
                Error::invalid(
                    "mapVdisSrs",
                    "must tell the id of an SR for the id of each disk",
                )
            })?;
            by_disk.insert(disk.reference.clone(), target(sr, "mapVdisSrs")?);
        }
        Ok(Self { all, by_disk })
    }

    fn is_none(&self) -> bool {
        self.all.is_none() && self.by_disk.is_empty()
    }
}

/// The network that the pool's administrator chose for migrations.
fn migration_network(pool: &PoolHandle) -> Option<Ref> {
    pool.records(|records| {
        let (_, pool) = records.iter::<record::Pool>().next()?;
        let wanted = pool.other_config.get("xo:migrationNetwork")?;
        let mut networks = records.iter::<record::Network>();
        networks
            .find(|(_, network)| network.uuid == *wanted)
            .map(|(network, _)| network.clone())
    })
}

/// A VM on its way.
struct Motion<'a> {
    call: &'a Call,
    pool: &'a PoolHandle,
    vm: &'a Ref,
    host: &'a Ref,
    network: Option<Ref>,
}

impl Motion<'_> {
    fn force(&self) -> &'static str {
        if self.call.flag("force") {
            "true"
        } else {
            "false"
        }
    }

    async fn with_shared_storage(&self) -> Result<(), xapi::Error> {
        let mut options = json!({ "force": self.force() });
        if let (Some(network), Some(options)) = (&self.network, options.as_object_mut()) {
            options.insert("network".into(), json!(network));
        }
        let args = json!([self.vm, self.host, options]);
        self.pool
            .session
            .run("VM.pool_migrate", args)
            .await
            .map(drop)
    }

    /// Every disk goes somewhere: those that the host reaches and nobody named stay (`xapi-wire.md` section 7).
    async fn with_storage(&self, wish: &Wish) -> Result<()> {
        let session = &self.pool.session;
        let network = match &self.network {
            Some(network) => network.clone(),
            None => self.management_network()?,
        };
        let disks = self.disks();
        let mut targets = BTreeMap::new();
        for (disk, sr) in &disks {
            targets.insert(disk.to_string(), self.target(wish, disk, sr)?.to_string());
        }
        let receiver: Value = session
            .call("host.migrate_receive", json!([self.host, network, {}]))
            .await?;
        let args = json!([self.vm, receiver, true, targets, {}, { "force": self.force() }]);
        if !self.call.flag("bypassAssert") {
            match session.run("VM.assert_can_migrate", args.clone()).await {
                // Looked after below.
                Err(error) if error.code() == Some("VDI_CBT_ENABLED") => {}
                other => drop(other?),
            }
        }
        let mut tracking_stopped = false;
        for _ in 0..BUSY_TRIES {
            match session.run("VM.migrate_send", args.clone()).await {
                Err(error) if error.code() == Some("TOO_MANY_STORAGE_MIGRATES") => {
                    tokio::time::sleep(BUSY_PAUSE).await;
                }
                // Change tracking does not survive the move of a disk.
                Err(error) if error.code() == Some("VDI_CBT_ENABLED") && !tracking_stopped => {
                    tracking_stopped = true;
                    for (disk, _) in &disks {
                        session.run("VDI.disable_cbt", json!([disk])).await?;
                    }
                }
                other => return Ok(other.map(drop)?),
            }
        }
        Ok(session.run("VM.migrate_send", args).await.map(drop)?)
    }

    /// The disks of the VM and of its snapshots, with the storage that they are on.
    fn disks(&self) -> Vec<(Ref, Ref)> {
        let snapshots = self.pool.records(|records| {
            records
                .get::<record::Vm>(self.vm)
                .map(|vm| vm.snapshots.to_vec())
                .unwrap_or_default()
        });
        let vms = std::iter::once(self.vm).chain(&snapshots);
        let mut disks: Vec<(Ref, Ref)> = vms
            .flat_map(|vm| super::disks_of(self.pool, vm))
            .map(|disk| (disk.vdi, disk.sr))
            .collect();
        disks.sort();
        disks.dedup();
        disks
    }

    fn target(&self, wish: &Wish, disk: &Ref, sr: &Ref) -> Result<Ref> {
        if let Some(target) = wish.by_disk.get(disk).or(wish.all.as_ref()) {
            return Ok(target.clone());
        }
        let (stays, default) = self.pool.records(|records| {
            let reaches = |sr: &Ref| {
                let pbds = records.get::<record::Sr>(sr).map(|sr| sr.pbds.iter());
                let mut pbds = pbds.into_iter().flatten();
                pbds.any(|pbd| {
                    records
                        .get::<record::Pbd>(pbd)
                        .is_some_and(|pbd| pbd.host == *self.host && pbd.currently_attached)
                })
            };
            let pool = records.iter::<record::Pool>().next();
            let default = pool.map(|(_, pool)| pool.default_sr.clone());
            (reaches(sr), default.filter(|sr| reaches(sr)))
        });
        if stays {
            return Ok(sr.clone());
        }
        default.ok_or_else(|| {
            let message = "is needed: the host does not reach the storage of the VM, and the pool has no default \
                           storage that it reaches";
            Error::invalid("sr", message)
        })
    }

    /// The network of the host's management interface.
    fn management_network(&self) -> Result<Ref> {
        let found = self.pool.records(|records| {
            let pifs = records.get::<record::Host>(self.host)?.pifs.iter();
            let mut pifs = pifs.filter_map(|pif| records.get::<record::Pif>(pif));
            pifs.find(|pif| pif.management)
                .map(|pif| pif.network.clone())
        });
        found.ok_or_else(|| {
            Error::invalid(
                "migrationNetwork",
                "is needed: the host has no management interface",
            )
        })
    }

    async fn arrived(&self) -> Result<()> {
        made::vm_settles(self.call, self.pool, self.vm).await
    }
}
