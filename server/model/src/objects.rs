//! XO objects from records: one file per kind, with the properties of `xo-objects.json`.
//!
//! A module's `write` puts the properties of one record and returns the ids through which access is inherited.

use serde::Serialize;
use xapi_records::{
    Class, Id, Record, Ref, StrMap,
    record::{Vbd, Vm},
};

use crate::{Object, ObjectType, Records, json::Writer, live::View};

mod bond;
mod disk_chain;
mod gpu;
mod host;
mod message;
mod network;
mod patch;
mod pbd;
mod pci;
mod pif;
mod pool;
mod sm;
mod sr;
mod supplemental;
mod task;
mod usb;
mod vbd;
mod vdi;
mod vif;
mod vm;
mod vtpm;

pub(crate) use vm::is_default;
pub use vm::vm_data_key;

/// The XO id of a record's object: its uuid, or its reference if it has none; `<pool uuid>-<uuid>` for a built-in template;
/// always the reference for a `pool_patch`.
#[must_use]
pub fn object_id(record: &Record, reference: &Ref, pool: &Id) -> Id {
    match record {
        Record::PoolPatch(_) => reference.with_str(Id::new),
        Record::Vm(vm) if is_default(vm) => Id::new(&format!("{pool}-{}", vm.uuid)),
        _ if record.uuid().is_empty() => reference.with_str(Id::new),
        _ => record.uuid().clone(),
    }
}

/// Whether records of this class have an object.
pub(crate) fn has_object(class: Class) -> bool {
    !matches!(
        class,
        Class::HostMetrics
            | Class::VmMetrics
            | Class::VmGuestMetrics
            | Class::PifMetrics
            | Class::PoolUpdate
            | Class::Certificate
            | Class::Console
    )
}

/// Derives the object of a record. `None` while the pool is unknown, when the record is gone, and for classes without object.
pub(crate) fn derive(
    view: &View<'_>,
    class: Class,
    reference: &Ref,
    buffer: &mut Vec<u8>,
) -> Option<Object> {
    let pool = view.pool()?;
    let record = view.own(class, reference)?;
    let kind = kind_of(record)?;
    let id = object_id(record, reference, pool);
    let mut out = Writer::new(buffer);
    out.put("id", &id).put("type", kind);
    match record {
        Record::PoolPatch(_) => out.put("uuid", reference),
        _ => out.put("uuid", record.uuid()),
    };
    out.put("$pool", pool)
        .put("$poolId", pool)
        .put("_xapiRef", reference);
    let parents = write(kind, record, reference, view, &mut out)?;
    Some(Object {
        id,
        kind,
        reference: reference.clone(),
        json: out.finish(),
        parents: parents.into(),
    })
}

fn kind_of(record: &Record) -> Option<ObjectType> {
    use ObjectType as T;
    Some(match record {
        Record::Pool(_) => T::Pool,
        Record::Host(_) => T::Host,
        Record::Vm(vm) => vm::kind(vm),
        Record::Sr(_) => T::Sr,
        Record::Sm(_) => T::Sm,
        Record::Pbd(_) => T::Pbd,
        Record::Pif(_) => T::Pif,
        Record::Vdi(vdi) => vdi::kind(vdi),
        Record::Vbd(_) => T::Vbd,
        Record::Vif(_) => T::Vif,
        Record::Network(_) => T::Network,
        Record::Bond(_) => T::Bond,
        Record::Message(_) => T::Message,
        Record::Task(_) => T::Task,
        Record::HostPatch(_) => T::Patch,
        Record::PoolPatch(_) => T::PoolPatch,
        Record::Pci(_) => T::Pci,
        Record::Pgpu(_) => T::Pgpu,
        Record::Vgpu(_) => T::Vgpu,
        Record::VgpuType(_) => T::VgpuType,
        Record::GpuGroup(_) => T::GpuGroup,
        Record::Vtpm(_) => T::Vtpm,
        Record::Pusb(_) => T::Pusb,
        Record::Vusb(_) => T::Vusb,
        Record::UsbGroup(_) => T::UsbGroup,
        _ => return None,
    })
}

fn write(
    kind: ObjectType,
    record: &Record,
    reference: &Ref,
    view: &View<'_>,
    out: &mut Writer<'_>,
) -> Option<Vec<Id>> {
    Some(match record {
        Record::Pool(record) => pool::write(record, view, out),
        Record::Host(record) => host::write(record, view, out),
        Record::Vm(record) => vm::write(kind, record, view, out),
        Record::Sr(record) => sr::write(record, view, out),
        Record::Sm(record) => sm::write(record, out),
        Record::Pbd(record) => pbd::write(record, view, out),
        Record::Pif(record) => pif::write(record, view, out),
        Record::Vdi(record) => vdi::write(kind, record, view, out),
        Record::Vbd(record) => vbd::write(record, view, out),
        Record::Vif(record) => vif::write(record, view, out),
        Record::Network(record) => network::write(record, view, out),
        Record::Bond(record) => bond::write(record, view, out),
        Record::Message(record) => message::write(record, out),
        Record::Task(record) => task::write(record, reference, view, out),
        Record::HostPatch(record) => patch::write_applied(record, view, out),
        Record::PoolPatch(record) => patch::write_known(record, view, out),
        Record::Pci(record) => pci::write(record, view, out),
        Record::Pgpu(record) => gpu::write_physical(record, view, out),
        Record::Vgpu(record) => gpu::write_virtual(record, view, out),
        Record::VgpuType(record) => gpu::write_type(record, view, out),
        Record::GpuGroup(record) => gpu::write_group(record, view, out),
        Record::Vtpm(record) => vtpm::write(record, view, out),
        Record::Pusb(record) => usb::write_physical(record, view, out),
        Record::Vusb(record) => usb::write_virtual(record, view, out),
        Record::UsbGroup(record) => usb::write_group(record, view, out),
        _ => return None,
    })
}

/// The records whose objects hold the id of this one. Ids change when a built-in template becomes a VM; a changed uuid was never seen.
pub(crate) fn linking_to(record: &Record, records: &Records) -> Vec<(Class, Ref)> {
    let Record::Vm(vm) = record else {
        let every = Class::ALL.into_iter();
        let every =
            every.flat_map(|class| records.references(class).map(move |r| (class, r.clone())));
        return every.collect();
    };
    let Vm {
        vbds,
        vifs,
        vgpus,
        vtpms,
        vusbs,
        snapshots,
        ..
    } = &**vm;
    let lists = [
        (Class::Vbd, vbds),
        (Class::Vif, vifs),
        (Class::Vgpu, vgpus),
        (Class::Vtpm, vtpms),
        (Class::Vusb, vusbs),
        (Class::Vm, snapshots),
    ];
    let listed = lists
        .into_iter()
        .flat_map(|(class, list)| list.iter().map(move |r| (class, r)));
    let single = [
        (Class::Host, &vm.resident_on),
        (Class::Vm, &vm.snapshot_of),
        (Class::Vm, &vm.parent),
    ];
    let disks = vbds
        .iter()
        .filter_map(|vbd| records.get::<Vbd>(vbd))
        .map(|vbd| (Class::Vdi, &vbd.vdi));
    let all = listed.chain(single).chain(disks);
    all.filter(|(_, r)| !r.is_null())
        .map(|(class, r)| (class, r.clone()))
        .collect()
}

/// Whether a version such as `8.3.0` is at least `major.minor`.
pub(crate) fn is_at_least(version: &str, [major, minor]: [u32; 2]) -> bool {
    let mut parts = version.split('.').map(|part| part.parse().unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0)) >= (major, minor)
}

/// The whole number in a text, which some hosts end with a dot or a fraction.
fn int(text: &str) -> Option<i64> {
    let number = text.trim().parse::<f64>().ok().filter(|n| n.is_finite())?;
    text.trim().parse().ok().or(Some(number as i64))
}

fn int_of(map: &StrMap, key: &str) -> Option<i64> {
    map.get(key).and_then(int)
}

/// A number that is written without a fraction when it has none, as JavaScript writes it.
struct Number(f64);

impl Serialize for Number {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let whole = self.0 as i64;
        if whole as f64 == self.0 {
            serializer.serialize_i64(whole)
        } else {
            serializer.serialize_f64(self.0)
        }
    }
}

/// How many processors a `cpu_info` tells.
#[derive(Serialize)]
struct CpuCount {
    #[serde(skip_serializing_if = "Option::is_none")]
    cores: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sockets: Option<i64>,
}

impl CpuCount {
    fn of(cpu_info: &StrMap) -> Self {
        Self {
            cores: int_of(cpu_info, "cpu_count"),
            sockets: int_of(cpu_info, "socket_count"),
        }
    }
}
