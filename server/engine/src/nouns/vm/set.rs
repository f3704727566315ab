//! Changing the settings of a VM: a table of settings by name, each with its shape and how it is written.
//!
//! `vm.set`, `vm.setAndRestart` and `vm.create` take the same settings from the same table.

mod cpus_and_memory;
mod platform;

use serde_json::{Map, Value, json};
use xapi_records::{Ref, record};
use xo_inventory::PoolHandle;
use xo_model::ObjectType::{Host, Sr, Vm, VmSnapshot, VmTemplate};

use super::super::entry::MapField;
use super::super::made;
use super::power;
use crate::schema::{
    Schema, array, boolean, integer, label, number, object, one_of, string, text, types,
};
use crate::{Call, Error, Method, Permission, Result};

pub(super) fn methods() -> Vec<Method> {
    let with_settings = |method: Method| {
        method
            .params(
                SETTINGS
                    .iter()
                    .filter_map(|setting| Some((setting.name, setting.schema?()))),
            )
            .on(
                "id",
                &[Vm, VmSnapshot, VmTemplate],
                Permission::Administrate,
            )
            .on("suspendSr", &[Sr], Permission::Administrate)
    };
    vec![
        with_settings(Method::new("vm.set", "Changes settings of a VM.").param("id", string()))
            .run(set),
        with_settings(
            Method::new(
                "vm.setAndRestart",
                "Shuts a VM down, changes settings, and starts it again.",
            )
            .param("force", boolean().optional())
            .param("id", string()),
        )
        .run(set_and_restart),
    ]
}

/// How the value of a setting is written.
#[derive(Clone, Copy)]
enum How {
    /// As a field of the VM.
    Field(&'static str),
    /// As an entry of a map field, as text; `null` and the empty text take it away.
    Entry(&'static str, &'static str),
    /// Together with the other settings of CPUs and memory, as they bound each other.
    Sized,
    AffinityHost,
    AutoPowerOn,
    BlockedOperations,
    BootFirmware,
    CpuMask,
    Creation,
    NestedVirt,
    ResourceSet,
    Share,
    SuspendSr,
    Tags,
    UefiMode,
    Vga,
    VideoRam,
    VirtualizationMode,
    XenStoreData,
}

struct Setting {
    name: &'static str,
    /// `None`: taken by `vm.create` alone.
    schema: Option<fn() -> Schema>,
    how: How,
}

const fn setting(name: &'static str, schema: fn() -> Schema, how: How) -> Setting {
    Setting {
        name,
        schema: Some(schema),
        how,
    }
}

fn size() -> Schema {
    types(&["integer", "string"]).optional()
}

/// Xen gives no guest more.
const MOST_CPUS: i64 = 512;
/// Xen's scheduler keeps weight and cap in 16 bits.
const XEN_SHORT: i64 = 65_535;
const WEEK_S: i64 = 7 * 24 * 3600;

/// A number of CPUs.
fn cpus(shape: Schema) -> Schema {
    shape.optional().min(1).max(MOST_CPUS)
}

fn text_or_null() -> Schema {
    types(&["string", "null"]).optional()
}

fn number_or_null() -> Schema {
    types(&["integer", "null"]).optional()
}

/// In the order in which they are written.
const SETTINGS: &[Setting] = &[
    setting("auto_poweron", || boolean().optional(), How::AutoPowerOn),
    setting(
        "name_label",
        || label().optional(),
        How::Field("name_label"),
    ),
    setting(
        "name_description",
        || text().optional(),
        How::Field("name_description"),
    ),
    setting(
        "notes",
        || text_or_null().set("maxLength", json!(2048)),
        How::Entry("other_config", "xo:notes"),
    ),
    setting(
        "high_availability",
        || one_of(&["best-effort", "restart", ""]).optional(),
        How::Field("ha_restart_priority"),
    ),
    setting("CPUs", || cpus(integer()), How::Sized),
    setting("cpusMax", || cpus(size()), How::Sized),
    setting("memory", size, How::Sized),
    setting("memoryMin", size, How::Sized),
    setting("memoryMax", size, How::Sized),
    setting("memoryStaticMax", size, How::Sized),
    setting("PV_args", || string().optional(), How::Field("PV_args")),
    setting("cpuMask", || array(integer()).optional(), How::CpuMask),
    setting(
        "cpuWeight",
        || number_or_null().min(1).max(XEN_SHORT),
        How::Entry("VCPUs_params", "weight"),
    ),
    setting(
        "cpuCap",
        || number_or_null().min(0).max(XEN_SHORT),
        How::Entry("VCPUs_params", "cap"),
    ),
    setting("affinityHost", text_or_null, How::AffinityHost),
    setting("vga", || string().optional(), How::Vga),
    setting("videoram", || number().optional(), How::VideoRam),
    setting(
        "coresPerSocket",
        || cpus(types(&["string", "number", "null"])),
        How::Entry("platform", "cores-per-socket"),
    ),
    setting(
        "hasVendorDevice",
        || boolean().optional(),
        How::Field("has_vendor_device"),
    ),
    setting("expNestedHvm", || boolean().optional(), How::NestedVirt),
    setting("nestedVirt", || boolean().optional(), How::NestedVirt),
    setting("resourceSet", text_or_null, How::ResourceSet),
    setting("share", || boolean().optional(), How::Share),
    setting(
        "startDelay",
        || integer().optional().min(0).max(WEEK_S),
        How::Field("start_delay"),
    ),
    setting(
        "secureBoot",
        || boolean().optional(),
        How::Entry("platform", "secureboot"),
    ),
    setting("nicType", text_or_null, How::Entry("platform", "nic_type")),
    setting("hvmBootFirmware", text_or_null, How::BootFirmware),
    setting(
        "virtualizationMode",
        || string().optional(),
        How::VirtualizationMode,
    ),
    setting(
        "viridian",
        || boolean().optional(),
        How::Entry("platform", "viridian"),
    ),
    setting(
        "blockedOperations",
        || {
            let reason = types(&["boolean", "null", "string"]);
            object().optional().properties([("*", reason)])
        },
        How::BlockedOperations,
    ),
    setting(
        "creation",
        || {
            object()
                .optional()
                .properties([("user", string().optional())])
        },
        How::Creation,
    ),
    setting("suspendSr", text_or_null, How::SuspendSr),
    setting(
        "uefiMode",
        || one_of(&["setup", "user"]).optional(),
        How::UefiMode,
    ),
    setting(
        "xenStoreData",
        || {
            let value = types(&["null", "string"]).to_json();
            object().optional().set("additionalProperties", value)
        },
        How::XenStoreData,
    ),
    Setting {
        name: "tags",
        schema: None,
        how: How::Tags,
    },
    Setting {
        name: "pv_args",
        schema: None,
        how: How::Field("PV_args"),
    },
];

async fn set(call: Call) -> Result<()> {
    let vm = &call.object("id")?.reference;
    let pool = call.pool("id")?;
    Edit {
        call: &call,
        pool: &pool,
        vm,
    }
    .apply(call.params())
    .await
}

async fn set_and_restart(call: Call) -> Result<()> {
    let vm = &call.object("id")?.reference;
    let pool = call.pool("id")?;
    let was_on = super::power_state(&pool, vm).await? != "Halted";
    if was_on {
        power::halt(&call, &pool, vm, call.flag("force")).await?;
    }
    let changed = Edit {
        call: &call,
        pool: &pool,
        vm,
    }
    .apply(call.params())
    .await;
    if was_on {
        // Also when the change was refused: the VM runs as before.
        let started = power::start_anywhere(&call, &pool, vm).await;
        changed.and(started)
    } else {
        changed
    }
}

/// A VM whose settings are being changed, and who asks for it.
pub(super) struct Edit<'a> {
    pub(super) call: &'a Call,
    pub(super) pool: &'a PoolHandle,
    pub(super) vm: &'a Ref,
}

impl Edit<'_> {
    /// Writes every setting that `values` names; other members are not looked at. Returns when the changes can be read.
    pub(super) async fn apply(&self, values: &Map<String, Value>) -> Result<()> {
        let mut changed = false;
        for setting in SETTINGS {
            let Some(value) = values.get(setting.name) else {
                continue;
            };
            if matches!(setting.how, How::Sized) {
                continue;
            }
            self.write(setting, value).await?;
            changed = true;
        }
        changed |= cpus_and_memory::apply(self, values).await?;
        if changed {
            made::vm_settles(self.call, self.pool, self.vm).await?;
        }
        Ok(())
    }

    async fn write(&self, setting: &Setting, value: &Value) -> Result<()> {
        match setting.how {
            How::Field(field) => self.field(field, value.clone()).await,
            How::Entry(field, key) => self.entry(field, key, as_text(value).as_deref()).await,
            How::Sized => Ok(()),
            How::AffinityHost => self.affinity_host(value).await,
            How::AutoPowerOn => self.auto_power_on(value == &json!(true)).await,
            How::BlockedOperations => self.blocked_operations(value).await,
            How::BootFirmware => platform::boot_firmware(self, value).await,
            How::CpuMask => self.cpu_mask(value).await,
            How::Creation => self.creation(value).await,
            How::NestedVirt => platform::nested_virt(self, setting.name, value).await,
            How::ResourceSet | How::Share => refuse_self_service(setting.name, value),
            How::SuspendSr => self.suspend_sr(value).await,
            How::Tags => self.field("tags", value.clone()).await,
            How::UefiMode => {
                let args = json!([self.vm, value]);
                Ok(self.pool.session.perform("VM.set_uefi_mode", args).await?)
            }
            How::Vga => platform::vga(self, value).await,
            How::VideoRam => platform::video_ram(self, value).await,
            How::VirtualizationMode => platform::virtualization_mode(self, value).await,
            How::XenStoreData => self.xenstore_data(value).await,
        }
    }

    async fn field(&self, field: &str, value: Value) -> Result<()> {
        let method = format!("VM.set_{field}");
        Ok(self
            .pool
            .session
            .perform(&method, json!([self.vm, value]))
            .await?)
    }

    async fn entry(&self, field: &str, key: &str, value: Option<&str>) -> Result<()> {
        MapField {
            class: "VM",
            reference: self.vm,
            field,
        }
        .put(&self.pool.session, key, value)
        .await
    }

    fn record<T>(&self, look: impl FnOnce(&record::Vm) -> T) -> Result<T> {
        self.pool
            .records(|records| records.get::<record::Vm>(self.vm).map(look))
            .ok_or_else(|| Error::no_such(self.vm.to_string(), "VM"))
    }

    async fn affinity_host(&self, value: &Value) -> Result<()> {
        let host = match value.as_str() {
            Some(id) => self.call.find(id, &[Host], None)?.reference.clone(),
            None => Ref::NULL,
        };
        self.field("affinity", json!(host)).await
    }

    /// The VM starts with its host, which the pool as a whole must allow too.
    async fn auto_power_on(&self, wanted: bool) -> Result<()> {
        self.entry("other_config", "auto_poweron", wanted.then_some("true"))
            .await?;
        let pool = self.pool.records(|records| {
            let mut pools = records.iter::<record::Pool>();
            let is_off = |pool: &record::Pool| !pool.other_config.is("auto_poweron", "true");
            pools
                .next()
                .filter(|(_, pool)| is_off(pool))
                .map(|(reference, _)| reference.clone())
        });
        match pool {
            Some(pool) if wanted => {
                let field = MapField::other_config("pool", &pool);
                field
                    .put(&self.pool.session, "auto_poweron", Some("true"))
                    .await
            }
            _ => Ok(()),
        }
    }

    /// `{operation: reason}`; `true` blocks without a reason, `false` and `null` unblock.
    async fn blocked_operations(&self, value: &Value) -> Result<()> {
        for (operation, reason) in value.as_object().into_iter().flatten() {
            let reason = match reason {
                Value::Bool(true) => Some("true"),
                Value::String(reason) => Some(reason.as_str()),
                _ => None,
            };
            self.entry("blocked_operations", operation, reason).await?;
        }
        Ok(())
    }

    async fn cpu_mask(&self, value: &Value) -> Result<()> {
        let cpus: Vec<String> = value
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(as_text)
            .collect();
        let mask = cpus.join(",");
        self.entry("VCPUs_params", "mask", (!mask.is_empty()).then_some(&mask))
            .await
    }

    /// Who made the VM, kept with it under a key that clones do not inherit.
    async fn creation(&self, value: &Value) -> Result<()> {
        let (key, kept) = self.record(|vm| {
            let key = xo_model::vm_data_key(&vm.uuid);
            let kept = vm
                .other_config
                .get(&key)
                .and_then(|text| serde_json::from_str(text).ok());
            (key, kept)
        })?;
        let mut data: Map<String, Value> = kept.unwrap_or_default();
        let creation = data.entry("creation").or_insert_with(|| json!({}));
        if let (Some(creation), Some(changes)) = (creation.as_object_mut(), value.as_object()) {
            creation.extend(changes.clone());
        }
        let text = Value::Object(data).to_string();
        self.entry("other_config", &key, Some(&text)).await
    }

    async fn suspend_sr(&self, value: &Value) -> Result<()> {
        let sr = match value.as_str() {
            Some(id) => self
                .call
                .find(id, &[Sr], Some(Permission::Administrate))?
                .reference
                .clone(),
            None => Ref::NULL,
        };
        self.field("suspend_SR", json!(sr)).await
    }

    /// Guests read what stands below `vm-data/` only.
    async fn xenstore_data(&self, value: &Value) -> Result<()> {
        for (key, value) in value.as_object().into_iter().flatten() {
            let path = match key.starts_with("vm-data/") {
                true => key.clone(),
                false => format!("vm-data/{key}"),
            };
            self.entry("xenstore_data", &path, value.as_str()).await?;
        }
        Ok(())
    }
}

fn refuse_self_service(name: &str, value: &Value) -> Result<()> {
    match value {
        Value::Null | Value::Bool(false) => Ok(()),
        _ => Err(Error::NotImplemented {
            what: format!("{name} of a VM (resource sets)"),
        }),
    }
}

/// The text of a value in a map of texts; `None` for what takes the entry away.
fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) if text.is_empty() => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// Checks settings that came undeclared, with `vm.create`, against the table.
pub(super) fn check(values: &Map<String, Value>) -> Result<()> {
    let declared = SETTINGS
        .iter()
        .filter_map(|setting| Some((setting.name, setting.schema?())));
    let mut values = values.clone();
    Method::new("vm.create", "")
        .params(declared)
        .open()
        .validate(&mut values)
}
