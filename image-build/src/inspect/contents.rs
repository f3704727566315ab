//! What an archive describes, in the words of its reader: sizes in bytes, names instead of references.

use serde::Serialize;
use xva::xmlrpc::Value;
use xva::{Compression, Disk, Object, Ova, OvaError, Tally};

/// What an archive holds.
#[derive(Debug, Clone, Serialize)]
pub struct Contents {
    /// The virtual machines; one, in practice.
    pub machines: Vec<Machine>,
    /// The disks whose content is in the archive, in its order.
    pub disks: Vec<DiskFacts>,
    /// The network adapters.
    pub adapters: Vec<Adapter>,
    /// Who wrote it.
    pub written_by: WrittenBy,
    /// How it is stored.
    pub archive: Archive,
}

/// A virtual machine.
#[derive(Debug, Clone, Serialize)]
pub struct Machine {
    /// Its name.
    pub name: String,
    /// Its description.
    pub description: String,
    /// The identifier that it had where it came from.
    pub uuid: String,
    /// Memory in bytes: the most that it can be given.
    pub memory: u64,
    /// Virtual processors.
    pub vcpus: u64,
    /// `uefi`, `bios`, or `none` when a hypervisor starts its kernel directly.
    pub firmware: String,
    /// Its tags.
    pub tags: Vec<String>,
    /// The names (never the values) of the settings that it was given, in `xenstore_data`.
    pub settings: Vec<String>,
}

/// A disk.
#[derive(Debug, Clone, Serialize)]
pub struct DiskFacts {
    /// Its identifier in the archive.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The number of the device that it is.
    pub device: String,
    /// Its size in bytes.
    pub size: u64,
    /// Chunks of it that are in the archive.
    pub chunks: u64,
    /// Bytes of it that are in the archive; the rest is zeros.
    pub data: u64,
}

/// A network adapter.
#[derive(Debug, Clone, Serialize)]
pub struct Adapter {
    /// The number of the device that it is.
    pub device: String,
    /// The network that it is connected to: the name, by which a host looks first.
    pub network: String,
    /// The bridge, by which a host looks then.
    pub bridge: String,
    /// The address that it had; a host gives it a new one.
    pub mac: String,
}

/// Who wrote an archive.
#[derive(Debug, Clone, Serialize)]
pub struct WrittenBy {
    /// `XCP-ng 8.3.0`
    pub product: String,
    /// The XAPI version that a host must have to take it.
    pub needs_xapi: String,
    /// `export_vsn`: 2 when a checksum follows each chunk.
    pub export_version: i64,
    /// When, in the writer's words.
    pub date: String,
    /// The host that wrote it.
    pub host: String,
}

/// How an archive is stored.
#[derive(Debug, Clone, Serialize)]
pub struct Archive {
    /// `none`, `gzip` or `zstd`.
    pub compression: &'static str,
    /// `xxhash`, `sha1`, `xxhash and sha1`, or `none` without chunks.
    pub checksums: &'static str,
    /// Chunks with content.
    pub chunks: u64,
    /// Empty chunks, which kept a connection alive.
    pub keep_alives: u64,
}

impl Contents {
    pub(super) fn describe(
        ova: &Ova,
        disks: &[Disk],
        compression: Compression,
    ) -> Result<Self, OvaError> {
        let version = &ova.version;
        Ok(Self {
            machines: ova
                .of_class("VM")
                .map(Machine::of)
                .collect::<Result<_, _>>()?,
            disks: disks.iter().map(|disk| DiskFacts::of(ova, disk)).collect(),
            adapters: ova
                .of_class("VIF")
                .map(|vif| Adapter::of(ova, vif))
                .collect::<Result<_, _>>()?,
            written_by: WrittenBy {
                product: format!("{} {}", version.product_brand, version.product_version),
                needs_xapi: format!("{}.{}", version.xapi_major, version.xapi_minor),
                export_version: version.export_vsn,
                date: version.date.clone(),
                host: version.hostname.clone(),
            },
            archive: Archive {
                compression: match compression {
                    Compression::None => "none",
                    Compression::Gzip => "gzip",
                    Compression::Zstd => "zstd",
                },
                checksums: "none",
                chunks: 0,
                keep_alives: 0,
            },
        })
    }

    pub(super) fn disk(&mut self, id: &str) -> Option<&mut DiskFacts> {
        self.disks.iter_mut().find(|disk| disk.id == id)
    }
}

impl Archive {
    pub(super) fn count(&mut self, tally: &Tally) {
        self.chunks = tally.chunks;
        self.keep_alives = tally.keep_alives;
        self.checksums = match (tally.xxhash, tally.sha1) {
            (0, 0) => "none",
            (_, 0) => "xxhash",
            (0, _) => "sha1",
            _ => "xxhash and sha1",
        };
    }
}

impl Machine {
    fn of(vm: &Object) -> Result<Self, OvaError> {
        let firmware = vm.map("HVM_boot_params")?.get("firmware");
        let firmware = if vm.text("HVM_boot_policy")?.is_empty() {
            "none"
        } else {
            firmware.and_then(Value::as_text).unwrap_or("bios")
        };
        let settings = vm.snapshot.get("xenstore_data").and_then(Value::as_struct);
        let settings = settings.into_iter().flat_map(xva::xmlrpc::Struct::iter);
        Ok(Self {
            name: optional(vm, "name_label"),
            description: optional(vm, "name_description"),
            uuid: vm.text("uuid")?.to_owned(),
            memory: u64::try_from(vm.int("memory_static_max")?).unwrap_or_default(),
            vcpus: u64::try_from(vm.int("VCPUs_max")?).unwrap_or_default(),
            firmware: firmware.to_owned(),
            tags: texts(vm.snapshot.get("tags")),
            settings: settings.map(|(key, _)| key.to_owned()).collect(),
        })
    }
}

impl DiskFacts {
    fn of(ova: &Ova, disk: &Disk) -> Self {
        let vbd = ova
            .of_class("VBD")
            .find(|vbd| vbd.text("VDI").is_ok_and(|vdi| vdi == disk.id));
        let name = ova.find(&disk.id).map(|vdi| optional(vdi, "name_label"));
        Self {
            id: disk.id.clone(),
            name: name.unwrap_or_default(),
            device: vbd
                .map(|vbd| optional(vbd, "userdevice"))
                .unwrap_or_default(),
            size: disk.virtual_size,
            chunks: 0,
            data: 0,
        }
    }
}

impl Adapter {
    fn of(ova: &Ova, vif: &Object) -> Result<Self, OvaError> {
        let network = ova.find(vif.text("network")?);
        let of_network = |field| network.map(|network| optional(network, field));
        Ok(Self {
            device: vif.text("device")?.to_owned(),
            network: of_network("name_label").unwrap_or_default(),
            bridge: of_network("bridge").unwrap_or_default(),
            mac: vif.text("MAC")?.to_owned(),
        })
    }
}

/// A text that older or other writers leave out.
fn optional(object: &Object, field: &str) -> String {
    let value = object.snapshot.get(field).and_then(Value::as_text);
    value.unwrap_or_default().to_owned()
}

fn texts(value: Option<&Value>) -> Vec<String> {
    let values = value.and_then(Value::as_array).unwrap_or_default();
    values
        .iter()
        .filter_map(Value::as_text)
        .map(str::to_owned)
        .collect()
}
