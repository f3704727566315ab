//! Devices of a VM as its own operations: CD drive, disks, interfaces, boot order.

use serde_json::{Map, Value, json};
use xapi_records::{Ref, record};
use xo_inventory::PoolHandle;
use xo_model::ObjectType::{Network, Vdi, Vm, VmTemplate};

use super::super::entry::MapField;
use super::super::network::MOST_MTU;
use super::super::{made, vbd, vif};
use crate::schema::{array, boolean, integer, one_of, string, text, texts, types};
use crate::{Call, Error, Method, Permission, Result};

/// Where installers look for the CD drive of an HVM guest.
const CD_POSITION: &str = "3";

pub(super) fn methods() -> Vec<Method> {
    let addresses = || array(string()).optional();
    vec![
        Method::new("vm.insertCd", "Inserts a CD image into the drive of a VM.")
            .param("id", string())
            .param("cd_id", string())
            .param("force", boolean().optional())
            .on("id", &[Vm], Permission::Operate)
            .with("cd_id", &[Vdi])
            .run(insert_cd),
        Method::new("vm.ejectCd", "Ejects the CD of a VM.")
            .param("id", string())
            .on("id", &[Vm], Permission::Operate)
            .run(eject_cd),
        Method::new(
            "vm.attachDisk",
            "Attaches a disk to a VM, and plugs it when the VM runs.",
        )
        .param("bootable", boolean().optional())
        .param("mode", string().optional())
        .param("position", string().optional())
        .param("vdi", string())
        .param("vm", string())
        .param("type", one_of(&["Disk", "CD", "Floppy"]).optional())
        .param("empty", boolean().optional())
        .param("unpluggable", boolean().optional())
        .param("otherConfig", texts().optional())
        .param("qosAlgorithmType", text().optional())
        .param("qosAlgorithmParams", texts().optional())
        .on("vm", &[Vm], Permission::Administrate)
        .on("vdi", &[Vdi], Permission::Administrate)
        .run(attach),
        Method::new(
            "vm.createInterface",
            "Adds an interface to a VM, and plugs it when the VM runs.",
        )
        .param("vm", string())
        .param("network", string())
        .param("position", types(&["integer", "string"]).optional())
        .param("mac", string().optional())
        .param("allowedIpv4Addresses", addresses())
        .param("allowedIpv6Addresses", addresses())
        .param("attached", boolean().optional())
        .param("lockingMode", one_of(&vif::LOCKING_MODES).optional())
        .param("mtu", integer().optional().min(68).max(MOST_MTU))
        .param("otherConfig", texts().optional())
        .param("qosAlgorithmType", text().optional())
        .param("qosAlgorithmParams", texts().optional())
        .with("network", &[Network])
        .on("vm", &[Vm], Permission::Administrate)
        .run(create_interface),
        Method::new(
            "vm.setBootOrder",
            "Tells from what a VM boots: `cdn` is disk, CD, network.",
        )
        .param("vm", string())
        .param("order", string())
        .on("vm", &[Vm, VmTemplate], Permission::Operate)
        .run(set_boot_order),
    ]
}

async fn insert_cd(call: Call) -> Result<()> {
    let (vm, cd) = (call.object("id")?, call.object("cd_id")?);
    super::same_pool("cd_id", vm, cd)?;
    call.require(cd, Permission::View)?;
    let pool = call.pool("id")?;
    let inserted = insert(&pool, &vm.reference, &cd.reference, call.flag("force")).await?;
    vbd::shows(&call, &pool, &inserted, |vbd| vbd.vdi == cd.reference).await;
    Ok(())
}

/// Inserts a CD; makes the drive when there is none. With `force`, what is in it goes out first.
pub(super) async fn insert(pool: &PoolHandle, vm: &Ref, cd: &Ref, force: bool) -> Result<Ref> {
    let session = &pool.session;
    let Some((drive, is_empty)) = cd_drive(pool, vm) else {
        let mut new = NewDisk {
            kind: "CD",
            mode: "RO",
            ..NewDisk::default()
        };
        let free: Vec<String> = session
            .call("VM.get_allowed_VBD_devices", json!([vm]))
            .await?;
        new.position = free.into_iter().find(|position| position == CD_POSITION);
        return attach_disk(pool, vm, cd, &new).await;
    };
    if force && !is_empty {
        eject(pool, &drive).await?;
    }
    session.run("VBD.insert", json!([drive, cd])).await?;
    Ok(drive)
}

async fn eject_cd(call: Call) -> Result<()> {
    let vm = call.object("id")?;
    let pool = call.pool("id")?;
    let Some((drive, _)) = cd_drive(&pool, &vm.reference).filter(|(_, is_empty)| !is_empty) else {
        return Ok(());
    };
    eject(&pool, &drive).await?;
    vbd::shows(&call, &pool, &drive, |vbd| vbd.vdi.is_null()).await;
    Ok(())
}

async fn eject(pool: &PoolHandle, drive: &Ref) -> Result<()> {
    match pool.session.run("VBD.eject", json!([drive])).await {
        Err(error) if error.code() == Some("VBD_IS_EMPTY") => Ok(()),
        other => Ok(other.map(drop)?),
    }
}

/// The CD drive of a VM, and whether it is empty.
fn cd_drive(pool: &PoolHandle, vm: &Ref) -> Option<(Ref, bool)> {
    pool.records(|records| {
        let vbds = records.get::<record::Vm>(vm)?.vbds.iter();
        let mut vbds = vbds.filter_map(|vbd| Some((vbd, records.get::<record::Vbd>(vbd)?)));
        let (drive, vbd) = vbds.find(|(_, vbd)| vbd.kind == "CD")?;
        Some((drive.clone(), vbd.empty || vbd.vdi.is_null()))
    })
}

/// How a disk is attached.
#[derive(Debug)]
pub(in super::super) struct NewDisk {
    /// `Disk`, `CD` or `Floppy`.
    pub(in super::super) kind: &'static str,
    /// `RW` or `RO`.
    pub(in super::super) mode: &'static str,
    pub(in super::super) bootable: bool,
    /// The first free one for `None`.
    pub(in super::super) position: Option<String>,
    /// Fields of XAPI's record that shall not be as usual.
    pub(in super::super) others: Map<String, Value>,
}

impl Default for NewDisk {
    fn default() -> Self {
        Self {
            kind: "Disk",
            mode: "RW",
            bootable: false,
            position: None,
            others: Map::new(),
        }
    }
}

impl NewDisk {
    /// Reads the parameters `bootable`, `mode` and `position`, and those that only `vm.attachDisk` has.
    pub(in super::super) fn of(call: &Call) -> Result<Self> {
        let mode = match call.str_opt("mode") {
            None | Some("RW") => "RW",
            Some("RO") => "RO",
            Some(_) => return Err(Error::invalid("mode", "must be RW or RO")),
        };
        Ok(Self {
            kind: match call.str_opt("type") {
                Some("CD") => "CD",
                Some("Floppy") => "Floppy",
                _ => "Disk",
            },
            mode,
            bootable: call.flag("bootable"),
            position: call.str_opt("position").map(str::to_owned),
            others: call.fields(&[
                ("unpluggable", "unpluggable"),
                ("otherConfig", "other_config"),
                ("qosAlgorithmType", "qos_algorithm_type"),
                ("qosAlgorithmParams", "qos_algorithm_params"),
            ]),
        })
    }
}

async fn attach(call: Call) -> Result<String> {
    let (vm, vdi) = (call.object("vm")?, call.object("vdi")?);
    super::same_pool("vdi", vm, vdi)?;
    let pool = call.pool("vm")?;
    let inside = if call.flag("empty") {
        Ref::NULL
    } else {
        vdi.reference.clone()
    };
    let made = attach_disk(&pool, &vm.reference, &inside, &NewDisk::of(&call)?).await?;
    made::id_of(&call, &pool, "VBD", &made).await
}

/// Attaches a disk, and plugs it when the VM runs. What cannot be plugged is not left attached.
pub(in super::super) async fn attach_disk(
    pool: &PoolHandle,
    vm: &Ref,
    vdi: &Ref,
    new: &NewDisk,
) -> Result<Ref> {
    let session = &pool.session;
    let position = match &new.position {
        Some(position) => position.clone(),
        None => {
            let free: Vec<String> = session
                .call("VM.get_allowed_VBD_devices", json!([vm]))
                .await?;
            free.into_iter().next().ok_or_else(|| Error::Forbidden {
                operation: "vm.attachDisk".into(),
                reason: "the VM has no free position for another disk: detach one first".into(),
            })?
        }
    };
    let mut record = json!({
        "VM": vm,
        "VDI": vdi,
        "userdevice": position,
        "bootable": new.bootable,
        "mode": new.mode,
        "type": new.kind,
        "unpluggable": new.kind != "CD",
        "empty": vdi.is_null(),
        "other_config": {},
        "qos_algorithm_type": "",
        "qos_algorithm_params": {},
    });
    for (field, value) in &new.others {
        record[field] = value.clone();
    }
    let made: Ref = session.call("VBD.create", json!([record])).await?;
    // An HVM guest has no drive that it did not start with.
    if new.kind != "CD" && super::power_state(pool, vm).await? == "Running" {
        plug_or_remove(pool, "VBD", &made).await?;
    }
    Ok(made)
}

async fn plug_or_remove(pool: &PoolHandle, class: &str, device: &Ref) -> Result<()> {
    let plugged = pool
        .session
        .run(&format!("{class}.plug"), json!([device]))
        .await;
    if plugged.is_err() {
        let removed = pool
            .session
            .perform(&format!("{class}.destroy"), json!([device]))
            .await;
        if let Err(error) = removed {
            tracing::warn!(%device, %error, "a device that could not be plugged is left behind");
        }
    }
    Ok(plugged.map(drop)?)
}

async fn create_interface(call: Call) -> Result<String> {
    let (vm, network) = (call.object("vm")?, call.object("network")?);
    super::same_pool("network", vm, network)?;
    call.require(network, Permission::View)?;
    let pool = call.pool("vm")?;
    let members = |param| match call.get(param) {
        Some(Value::Object(members)) => members.clone(),
        _ => Map::new(),
    };
    let new = vif::NewVif {
        network: network.reference.clone(),
        device: match call.get("position") {
            Some(Value::String(position)) => Some(position.clone()),
            Some(position) => Some(position.to_string()),
            None => None,
        },
        mac: call.str_opt("mac").map(str::to_owned),
        ipv4: call.strings("allowedIpv4Addresses"),
        ipv6: call.strings("allowedIpv6Addresses"),
        locking_mode: call.str_opt("lockingMode").map(str::to_owned),
        mtu: call.int_opt("mtu"),
        other_config: members("otherConfig"),
        qos: call
            .str_opt("qosAlgorithmType")
            .map(|kind| (kind.to_owned(), members("qosAlgorithmParams"))),
    };
    let made = vif::create(&pool, &vm.reference, &new).await?;
    let is_wanted = call.bool_opt("attached") != Some(false);
    if is_wanted && super::power_state(&pool, &vm.reference).await? == "Running" {
        plug_or_remove(&pool, "VIF", &made).await?;
    }
    made::id_of(&call, &pool, "VIF", &made).await
}

async fn set_boot_order(call: Call) -> Result<()> {
    let vm = call.object("vm")?;
    let order = call.str("order")?;
    if !order
        .chars()
        .all(|device| matches!(device, 'a' | 'c' | 'd' | 'n'))
    {
        return Err(Error::invalid(
            "order",
            "must be made of c (disk), d (CD) and n (network)",
        ));
    }
    let mode = vm.at("virtualizationMode");
    if mode != Some(json!("hvm")) {
        return Err(Error::IncorrectState {
            id: vm.id.to_string(),
            kind: vm.kind.name().into(),
            property: "virtualizationMode".into(),
            actual: mode
                .as_ref()
                .and_then(Value::as_str)
                .unwrap_or("unknown")
                .into(),
            expected: "hvm: others boot from the disk that vbd.setBootable names".into(),
        });
    }
    let pool = call.pool("vm")?;
    let field = MapField {
        class: "VM",
        reference: &vm.reference,
        field: "HVM_boot_params",
    };
    field.put(&pool.session, "order", Some(order)).await?;
    made::vm_settles(&call, &pool, &vm.reference).await
}
