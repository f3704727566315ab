//! From the records of an archive to rows: what is kept, what is made anew (reference: XVA, section 5).

use std::collections::{HashMap, HashSet};

use xva::xmlrpc::Value as Wire;
use xva::{Object, Ova, OvaError};

use super::failure;
use crate::contents::{Contents, id_of};
use crate::date;
use crate::db::Db;
use crate::disks;
use crate::failure::Failure;
use crate::operations;
use crate::schema::Type;
use crate::value::{NULL_REF, Text, Value};

/// What an import made.
#[derive(Debug, Default)]
pub(super) struct Imported {
    /// The VMs, in the order of the archive.
    pub vms: Vec<Text>,
    /// The content of each streamed disk by its identifier in the archive.
    pub contents: HashMap<String, Text>,
    disks: Vec<Text>,
    /// Everything else, in the order of making.
    others: Vec<Text>,
    task: String,
}

/// Fields of a VM that say where and how it ran, or what only a licence or another object gives it.
const VM_DROPPED: &[&str] = &[
    "uuid",
    "power_state",
    "domid",
    "domarch",
    "blocked_operations",
    "is_default_template",
    "version",
    "allowed_operations",
    "current_operations",
    "is_control_domain",
    "blobs",
    "requires_reboot",
    "last_boot_CPU_flags",
    "last_booted_record",
    "pending_guidances",
];
const DEVICE_DROPPED: &[&str] = &[
    "uuid",
    "allowed_operations",
    "current_operations",
    "currently_attached",
    "reserved",
    "unpluggable",
    "status_code",
    "status_detail",
    "runtime_properties",
    "metrics",
];
const VDI_DROPPED: &[&str] = &[
    "uuid",
    "allowed_operations",
    "current_operations",
    "location",
    "managed",
    "missing",
    "parent",
    "physical_utilisation",
    "storage_lock",
    "sm_config",
    "cbt_enabled",
    "snapshot_time",
    "is_a_snapshot",
];

impl Imported {
    /// Makes the objects of an archive.
    ///
    /// # Errors
    /// XAPI's code for what cannot be made; what was made until then is for [`Imported::undo`].
    pub(super) fn create(
        &mut self,
        db: &mut Db,
        ova: &Ova,
        sr: &Text,
        task: &str,
        restore: bool,
    ) -> Result<(), Failure> {
        task.clone_into(&mut self.task);
        let streamed: HashSet<String> = ova
            .disks()
            .map_err(malformed)?
            .into_iter()
            .map(|disk| disk.id)
            .collect();
        let mut made: HashMap<&str, Text> = HashMap::new();
        for object in ova.of_class("VDI") {
            let vdi = self.disk(db, object, sr)?;
            if streamed.contains(&object.id) {
                self.contents.insert(object.id.clone(), id_of(db, &vdi));
            }
            made.insert(&object.id, vdi);
        }
        for object in ova.of_class("VM") {
            made.insert(&object.id, self.vm(db, object, restore)?);
        }
        for object in ova.of_class("network") {
            made.insert(&object.id, self.network(db, object)?);
        }
        for object in ova.of_class("VBD") {
            self.vbd(db, object, &made)?;
        }
        for object in ova.of_class("VIF") {
            self.vif(db, object, &made, restore)?;
        }
        for vm in &self.vms {
            db.put_entry(vm, "current_operations", task, "import");
            operations::refresh_vm(db, vm);
        }
        Ok(())
    }

    /// The import succeeded: the VMs can be used.
    pub(super) fn complete(&self, db: &mut Db) {
        for vm in &self.vms {
            db.remove_entry(vm, "current_operations", &self.task);
            operations::refresh_vm(db, vm);
        }
    }

    /// The import failed: nothing of it stays.
    pub(super) fn undo(&self, db: &mut Db, contents: &Contents) {
        for vdi in &self.disks {
            disks::destroy(db, vdi);
        }
        contents.sweep(db);
        for other in self.others.iter().rev() {
            db.destroy(other);
        }
    }

    fn disk(&mut self, db: &mut Db, object: &Object, sr: &Text) -> Result<Text, Failure> {
        let size = object.int("virtual_size").map_err(malformed)?;
        let kind = object.text("type").map_err(malformed)?.to_lowercase();
        if kind == "cbt_metadata" {
            return Err(Failure::new("VDI_INCOMPATIBLE_TYPE", [NULL_REF, &kind]));
        }
        disks::assert_room(db, sr, size)?;
        let vdi = disks::create(db, sr, "", size, &kind);
        self.disks.push(Text::clone(&vdi));
        for (field, value) in fields(db, object, VDI_DROPPED)? {
            db.set(&vdi, field, value);
        }
        db.put_entry(&vdi, "other_config", "import_task", self.task.as_str());
        operations::refresh(db, "VDI", &vdi);
        Ok(vdi)
    }

    fn vm(&mut self, db: &mut Db, object: &Object, restore: bool) -> Result<Text, Failure> {
        let mut row = fields(db, object, VM_DROPPED)?;
        if restore {
            let uuid = object.text("uuid").map_err(malformed)?;
            if db.by_uuid("VM", uuid).is_some() {
                return Err(Failure::new("DUPLICATE_VM", [uuid]));
            }
            row.push(("uuid", Value::text(uuid)));
        }
        row.push(("power_state", Value::text("Halted")));
        row.push(("domid", Value::Int(-1)));
        let metrics = self.keep(db.create(
            "VM_metrics",
            [
                ("install_time", Value::Date(date::now())),
                ("last_updated", Value::Date(date::now())),
                ("memory_actual", Value::Int(0)),
            ],
        ));
        row.push(("metrics", Value::from(metrics)));
        let vm = self.keep(db.create("VM", row));
        self.vms.push(Text::clone(&vm));
        let seed = db.ids().uuid();
        db.put_entry(&vm, "other_config", "mac_seed", seed);
        db.put_entry(&vm, "other_config", "import_task", self.task.as_str());
        db.remove_entry(&vm, "other_config", "default_template");
        let generation = db.text(&vm, "generation_id");
        if !generation.is_empty() && !db.flag(&vm, "is_a_template") {
            let (high, low) = (db.ids().below(1 << 62), db.ids().below(1 << 62));
            db.set(&vm, "generation_id", format!("{high}:{low}"));
        }
        Ok(vm)
    }

    /// Matched by name, then by bridge, else made.
    fn network(&mut self, db: &mut Db, object: &Object) -> Result<Text, Failure> {
        let text = |field: &str| {
            object
                .snapshot
                .get(field)
                .and_then(Wire::as_text)
                .unwrap_or("")
        };
        for field in ["name_label", "bridge"] {
            let wanted = text(field);
            let found = db
                .rows("network")
                .find(|row| db.get(&row.reference, field).as_str() == wanted);
            if let Some(row) = found.filter(|_| !wanted.is_empty()) {
                return Ok(Text::clone(&row.reference));
            }
        }
        let row = fields(
            db,
            object,
            &["uuid", "allowed_operations", "current_operations", "blobs"],
        )?;
        Ok(self.keep(db.create("network", row)))
    }

    fn vbd(
        &mut self,
        db: &mut Db,
        object: &Object,
        made: &HashMap<&str, Text>,
    ) -> Result<(), Failure> {
        let text = |field| object.text(field).map_err(malformed);
        let vm = linked(made, text("VM")?)?;
        let compact = text("type")?.eq_ignore_ascii_case("CD");
        if compact && !text("mode")?.eq_ignore_ascii_case("RO") {
            return Err(Failure::bare("VBD_CDS_MUST_BE_READONLY"));
        }
        // A disc is not in the archive: the drive comes back empty.
        let vdi = if compact {
            Text::from(NULL_REF)
        } else {
            linked(made, text("VDI")?)?
        };
        let device = text("userdevice")?;
        let taken = |vbd: &Text| db.get(vbd, "userdevice").as_str() == device;
        if db.refs(&vm, "VBDs").iter().any(taken) {
            return Err(Failure::new("DEVICE_ALREADY_EXISTS", [device]));
        }
        let mut row = fields(db, object, DEVICE_DROPPED)?;
        row.retain(|(field, _)| *field != "device");
        row.push(("VM", Value::from(vm)));
        row.push(("VDI", Value::from(vdi)));
        row.push(("empty", Value::Bool(compact)));
        row.push(("unpluggable", Value::Bool(true)));
        let vbd = db.create("VBD", row);
        self.keep(vbd);
        Ok(())
    }

    fn vif(
        &mut self,
        db: &mut Db,
        object: &Object,
        made: &HashMap<&str, Text>,
        restore: bool,
    ) -> Result<(), Failure> {
        let text = |field| object.text(field).map_err(malformed);
        let vm = linked(made, text("VM")?)?;
        let device = text("device")?;
        if device.parse::<u32>().is_err() {
            return Err(Failure::new("INVALID_DEVICE", [device]));
        }
        if db
            .refs(&vm, "VIFs")
            .iter()
            .any(|vif| db.get(vif, "device").as_str() == device)
        {
            return Err(Failure::new("DEVICE_ALREADY_EXISTS", [device]));
        }
        let mut row = fields(db, object, DEVICE_DROPPED)?;
        if !restore {
            row.retain(|(field, _)| *field != "MAC");
            row.push(("MAC", Value::from(db.ids().mac())));
            row.push(("MAC_autogenerated", Value::Bool(true)));
        }
        row.push(("network", Value::from(linked(made, text("network")?)?)));
        row.push(("VM", Value::from(vm)));
        let vif = db.create("VIF", row);
        self.keep(vif);
        Ok(())
    }

    fn keep(&mut self, reference: Text) -> Text {
        self.others.push(Text::clone(&reference));
        reference
    }
}

fn linked(made: &HashMap<&str, Text>, id: &str) -> Result<Text, Failure> {
    let missing = || Failure::new("IMPORT_ERROR_FAILED_TO_FIND_OBJECT", [id]);
    made.get(id).cloned().ok_or_else(missing)
}

fn malformed(error: OvaError) -> Failure {
    failure(&xva::Error::Ova(error))
}

/// The fields of a record that a new row takes as they are: no references, nothing of the `dropped`.
fn fields(
    db: &Db,
    object: &Object,
    dropped: &[&str],
) -> Result<Vec<(&'static str, Value)>, Failure> {
    let class = db
        .schema()
        .class(&object.class)
        .and_then(|at| db.schema().classes.get(at));
    let mut kept = Vec::new();
    for field in class
        .map(|class| class.fields.as_slice())
        .unwrap_or_default()
    {
        let foreign = match &field.ty {
            Type::Ref(_) => true,
            Type::Set(inner) | Type::Map(_, inner) => matches!(**inner, Type::Ref(_)),
            _ => false,
        };
        if foreign || dropped.contains(&&*field.name) {
            continue;
        }
        if let Some(value) = object.snapshot.get(&field.name) {
            let value = field.ty.convert(plain(value)).map_err(|error| {
                let place = format!("{}.{} of {}", object.class, field.name, object.id);
                Failure::new("IMPORT_ERROR", [format!("{place}: {error}")])
            })?;
            kept.push((&*field.name, value));
        }
    }
    Ok(kept)
}

fn plain(value: &Wire) -> Value {
    match value {
        Wire::String(text) | Wire::DateTime(text) => Value::text(text),
        Wire::Int(number) => Value::Int(*number),
        Wire::I4(number) => Value::Int(i64::from(*number)),
        Wire::Bool(flag) => Value::Bool(*flag),
        Wire::Double(number) => Value::Float(*number),
        Wire::Array(elements) => Value::set(elements.iter().map(plain)),
        Wire::Struct(members) => {
            Value::map(members.iter().map(|(name, value)| (name, plain(value))))
        }
        Wire::Nil => Value::Void,
    }
}
