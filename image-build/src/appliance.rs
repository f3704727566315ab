//! The appliance as a virtual machine: what `ova.xml` says of it, so that every XCP-ng 8.x host takes and starts it.
//!
//! Invariant: the same appliance gives the same text; its identifiers come from its name and version. `xenstore_data` stays
//! empty: what is set there before the first start are the settings of whoever imports it.

use sha1::{Digest, Sha1};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uuid::{Builder, Uuid};
use xva::xmlrpc::{Struct, Value};
use xva::{Object, Ova, Version};

use crate::error::Error;

/// The identifier of its disk in the archive.
pub(crate) const DISK: &str = "Ref:5";
const VM: &str = "Ref:0";
const VBD: &str = "Ref:1";
const VIF: &str = "Ref:2";
const NETWORK: &str = "Ref:3";
const SR: &str = "Ref:4";
const NULL: &str = "OpaqueRef:NULL";

const MIB: u64 = 1 << 20;
/// Less than that, and its services do not fit.
const MEMORY_MIN_MIB: u64 = 512;
/// Hosts have that limit for Linux guests.
const MEMORY_MAX_MIB: u64 = 1536 << 10;
const VCPUS_LIMIT: i64 = 64;
/// A name longer than that is a mistake.
const TEXT_LIMIT: usize = 255;

/// What can be chosen of the VM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appliance {
    /// Name of the VM.
    pub name: String,
    /// Description of the VM.
    pub description: String,
    /// Version of the software inside.
    pub version: String,
    /// Memory in MiB.
    pub memory_mib: u64,
    /// Virtual processors.
    pub vcpus: u32,
    /// The network is found by its name first, then by its bridge.
    pub network: String,
    /// See `network`.
    pub bridge: String,
    /// When it was made, in seconds since 1970.
    pub made_at: i64,
}

impl Default for Appliance {
    fn default() -> Self {
        Self {
            name: "XOA".into(),
            description: "Manages XCP-ng and XenServer pools".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            memory_mib: 1024,
            vcpus: 2,
            network: "Pool-wide network associated with eth0".into(),
            bridge: "xenbr0".into(),
            made_at: 0,
        }
    }
}

impl Appliance {
    /// The description, with one disk of so many bytes.
    ///
    /// # Errors
    /// When a text or number cannot stand there.
    pub fn ova(&self, disk_size: u64) -> Result<Ova, Error> {
        self.check()?;
        let object = |class: &str, id: &str, snapshot| Object {
            class: class.into(),
            id: id.into(),
            snapshot,
        };
        let made_at = OffsetDateTime::from_unix_timestamp(self.made_at)
            .ok()
            .and_then(|date| date.format(&Rfc3339).ok())
            .ok_or_else(|| Error::BadField {
                field: "the date",
                value: self.made_at.to_string(),
                reason: "is not within the years 1 to 9999",
            })?;
        Ok(Ova {
            version: Version::portable("XCP-ng", "8.2.0", &made_at),
            objects: vec![
                object("VM", VM, self.vm()),
                object("VBD", VBD, self.vbd()),
                object("VIF", VIF, self.vif()),
                object("network", NETWORK, self.network()),
                object("VDI", DISK, self.vdi(disk_size)),
                object("SR", SR, self.sr()),
            ],
        })
    }

    fn check(&self) -> Result<(), Error> {
        for (field, value) in [
            ("the name", &self.name),
            ("the description", &self.description),
            ("the version", &self.version),
            ("the network", &self.network),
            ("the bridge", &self.bridge),
        ] {
            let reason = if value.trim().is_empty() {
                "is empty"
            } else if value.len() > TEXT_LIMIT {
                "is longer than 255 bytes"
            } else if value.chars().any(char::is_control) {
                "has a control character in it"
            } else {
                continue;
            };
            let value = value.clone();
            return Err(Error::BadField {
                field,
                value,
                reason,
            });
        }
        let (field, value, reason) =
            if !(MEMORY_MIN_MIB..=MEMORY_MAX_MIB).contains(&self.memory_mib) {
                let value = self.memory_mib.to_string();
                (
                    "the memory in MiB",
                    value,
                    "is not within 512 and 1,572,864 (1.5 TiB)",
                )
            } else if !(1..=VCPUS_LIMIT).contains(&i64::from(self.vcpus)) {
                let value = self.vcpus.to_string();
                ("the number of vCPUs", value, "is not within 1 and 64")
            } else {
                return Ok(());
            };
        Err(Error::BadField {
            field,
            value,
            reason,
        })
    }

    /// An identifier that only this appliance and this role have.
    fn uuid(&self, role: &str) -> String {
        let mut hash = Sha1::new();
        for part in [&self.name, &self.version, role] {
            hash.update(part);
            hash.update([0]);
        }
        let mut bytes = [0; 16];
        for (byte, hashed) in bytes.iter_mut().zip(hash.finalize()) {
            *byte = hashed;
        }
        let uuid: Uuid = Builder::from_custom_bytes(bytes).into_uuid();
        uuid.to_string()
    }

    fn vm(&self) -> Struct {
        let memory = (self.memory_mib * MIB) as i64;
        let vcpus = i64::from(self.vcpus);
        let texts = [
            ("uuid", self.uuid("VM").as_str()),
            ("name_label", &self.name),
            (
                "name_description",
                &format!("{} (version {})", self.description, self.version),
            ),
            ("power_state", "Halted"),
            ("domain_type", "hvm"),
            ("HVM_boot_policy", "BIOS order"),
            ("actions_after_shutdown", "destroy"),
            ("actions_after_reboot", "restart"),
            ("actions_after_crash", "restart"),
            ("generation_id", "0:0"),
            ("ha_restart_priority", ""),
            ("recommendations", &recommendations()),
            ("domarch", ""),
            ("PCI_bus", ""),
            ("PV_bootloader", ""),
            ("PV_bootloader_args", ""),
            ("PV_kernel", ""),
            ("PV_ramdisk", ""),
            ("PV_args", ""),
            ("PV_legacy_args", ""),
            ("suspend_VDI", NULL),
            ("suspend_SR", NULL),
            ("resident_on", NULL),
            ("affinity", NULL),
            ("parent", NULL),
            ("snapshot_of", NULL),
            ("metrics", NULL),
            ("guest_metrics", NULL),
        ]
        .map(|(field, text)| (field, Value::from(text)));
        let numbers = [
            ("user_version", 1),
            ("domid", -1),
            ("memory_static_min", (MEMORY_MIN_MIB * MIB) as i64),
            ("memory_dynamic_min", memory),
            ("memory_dynamic_max", memory),
            ("memory_static_max", memory),
            ("memory_target", 0),
            ("VCPUs_max", vcpus),
            ("VCPUs_at_startup", vcpus),
            ("hardware_platform_version", 0),
            ("order", 0),
            ("version", 0),
        ]
        .map(|(field, number)| (field, Value::from(number)));
        let flags = [
            "is_a_template",
            "is_default_template",
            "is_control_domain",
            "is_a_snapshot",
            "has_vendor_device",
        ]
        .map(|field| (field, Value::from(false)));
        let lists = [
            ("tags", strings(&["xoa"])),
            ("VBDs", strings(&[VBD])),
            ("VIFs", strings(&[VIF])),
        ];
        let cores = self.vcpus.to_string();
        let maps = [
            ("VCPUs_params", map(&[])),
            ("NVRAM", map(&[])),
            ("xenstore_data", map(&[])),
            (
                "HVM_boot_params",
                map(&[("order", "c"), ("firmware", "uefi")]),
            ),
            (
                "platform",
                map(&[
                    ("device-model", "qemu-upstream-uefi"),
                    ("acpi", "1"),
                    ("apic", "true"),
                    ("pae", "true"),
                    ("nx", "true"),
                    ("hpet", "true"),
                    ("viridian", "false"),
                    ("secureboot", "false"),
                    ("vga", "std"),
                    ("videoram", "8"),
                    ("timeoffset", "0"),
                    ("cores-per-socket", &cores),
                ]),
            ),
            (
                "other_config",
                map(&[
                    ("base_template_name", "Debian Bookworm 12"),
                    ("xo:appliance", "xoa"),
                    ("xo:appliance_version", &self.version),
                ]),
            ),
        ];
        let shadow = [("HVM_shadow_multiplier", Value::from(1.0))];
        collect(
            texts
                .into_iter()
                .chain(numbers)
                .chain(flags)
                .chain(lists)
                .chain(maps)
                .chain(shadow),
        )
    }

    fn vbd(&self) -> Struct {
        let fields = [
            ("uuid", Value::from(self.uuid("VBD"))),
            ("VM", VM.into()),
            ("VDI", DISK.into()),
            ("device", "".into()),
            ("userdevice", "0".into()),
            ("mode", "RW".into()),
            ("type", "Disk".into()),
            ("bootable", true.into()),
            ("unpluggable", true.into()),
            ("storage_lock", false.into()),
            ("empty", false.into()),
            ("currently_attached", false.into()),
        ];
        collect(fields.into_iter().chain(device_fields()))
    }

    fn vif(&self) -> Struct {
        let fields = [
            ("uuid", Value::from(self.uuid("VIF"))),
            ("VM", VM.into()),
            ("network", NETWORK.into()),
            ("device", "0".into()),
            // The host gives it one.
            ("MAC", "".into()),
            ("MTU", 1500.into()),
            ("locking_mode", "network_default".into()),
            ("currently_attached", false.into()),
        ];
        collect(fields.into_iter().chain(device_fields()))
    }

    fn network(&self) -> Struct {
        collect([
            ("uuid", Value::from(self.uuid("network"))),
            ("name_label", self.network.as_str().into()),
            ("name_description", "".into()),
            ("bridge", self.bridge.as_str().into()),
            ("MTU", 1500.into()),
            ("other_config", map(&[])),
        ])
    }

    fn vdi(&self, size: u64) -> Struct {
        let uuid = self.uuid("VDI");
        collect([
            ("uuid", Value::from(uuid.as_str())),
            ("name_label", format!("{} disk", self.name).into()),
            ("name_description", self.description.as_str().into()),
            ("SR", SR.into()),
            ("virtual_size", Value::from(size as i64)),
            ("physical_utilisation", 0.into()),
            ("type", "user".into()),
            ("parent", NULL.into()),
            ("location", uuid.as_str().into()),
            ("on_boot", "persist".into()),
            ("sharable", false.into()),
            ("read_only", false.into()),
            ("storage_lock", false.into()),
            ("managed", true.into()),
            ("missing", false.into()),
            ("sm_config", map(&[])),
            ("xenstore_data", map(&[])),
            ("other_config", map(&[])),
        ])
    }

    fn sr(&self) -> Struct {
        collect([
            ("uuid", Value::from(self.uuid("SR"))),
            ("name_label", "any".into()),
            ("type", "ext".into()),
            ("content_type", "user".into()),
            ("virtual_allocation", 0.into()),
            ("physical_utilisation", 0.into()),
            ("physical_size", 0.into()),
            ("shared", false.into()),
            ("sm_config", map(&[])),
            ("other_config", map(&[])),
        ])
    }
}

/// What clients offer when somebody changes the VM.
fn recommendations() -> String {
    format!(
        "<restrictions>\
         <restriction field=\"memory-static-min\" min=\"{}\"/>\
         <restriction field=\"memory-static-max\" max=\"{}\"/>\
         <restriction field=\"vcpus-max\" max=\"{VCPUS_LIMIT}\"/>\
         <restriction property=\"number-of-vbds\" max=\"255\"/>\
         <restriction property=\"number-of-vifs\" max=\"7\"/>\
         <restriction field=\"supports-bios\" value=\"no\"/>\
         <restriction field=\"supports-uefi\" value=\"yes\"/>\
         </restrictions>",
        MEMORY_MIN_MIB * MIB,
        MEMORY_MAX_MIB * MIB,
    )
}

/// What VBDs and VIFs have in common.
fn device_fields() -> [(&'static str, Value); 7] {
    [
        ("status_code", 0.into()),
        ("status_detail", "".into()),
        ("runtime_properties", map(&[])),
        ("qos_algorithm_type", "".into()),
        ("qos_algorithm_params", map(&[])),
        ("qos_supported_algorithms", Value::from(Vec::new())),
        ("other_config", map(&[])),
    ]
}

fn map(members: &[(&str, &str)]) -> Value {
    collect(members.iter().map(|(key, text)| (*key, Value::from(*text)))).into()
}

fn strings(texts: &[&str]) -> Value {
    texts
        .iter()
        .map(|text| Value::from(*text))
        .collect::<Vec<_>>()
        .into()
}

fn collect<'a>(fields: impl IntoIterator<Item = (&'a str, Value)>) -> Struct {
    fields
        .into_iter()
        .map(|(field, value)| (field.to_owned(), value))
        .collect()
}
