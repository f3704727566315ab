//! A small description of a VM with any disks, and a tar writer that can be told to write nonsense.

use xva::xmlrpc::{Struct, Value};
use xva::{ChecksumKind, Checksums, Chunk, Error, Limits, Object, Ova, Reader, Version};

pub const MIB: u64 = 1 << 20;

/// A VM with one disk per `(id, virtual_size)`.
pub fn ova(disks: &[(&str, u64)]) -> Ova {
    let mut objects = vec![
        object("VM", "Ref:vm", vm()),
        object("SR", "Ref:sr", sr()),
        object("network", "Ref:net", network()),
        object("VIF", "Ref:vif", vif()),
    ];
    for (index, (id, size)) in disks.iter().enumerate() {
        objects.push(object("VDI", id, vdi(*size)));
        objects.push(object("VBD", &format!("Ref:vbd{index}"), vbd(id, index)));
    }
    Ova {
        version: Version::portable("XCP-ng", "8.3.0", "2026-01-01"),
        objects,
    }
}

fn object(class: &str, id: &str, snapshot: Struct) -> Object {
    Object {
        class: class.into(),
        id: id.into(),
        snapshot,
    }
}

fn texts(fields: &[&str]) -> Struct {
    fields
        .iter()
        .map(|field| ((*field).to_owned(), Value::from("")))
        .collect()
}

fn ints(mut to: Struct, fields: &[(&str, i64)]) -> Struct {
    for (field, value) in fields {
        to.set(field, *value);
    }
    to
}

fn maps(mut to: Struct, fields: &[&str]) -> Struct {
    for field in fields {
        to.set(field, Struct::new());
    }
    to
}

fn flags(mut to: Struct, fields: &[(&str, bool)]) -> Struct {
    for (field, value) in fields {
        to.set(field, *value);
    }
    to
}

fn with(mut to: Struct, fields: &[(&str, &str)]) -> Struct {
    for (field, value) in fields {
        to.set(field, *value);
    }
    to
}

const NULL: &str = "OpaqueRef:NULL";

fn vm() -> Struct {
    let record = texts(&[
        "uuid",
        "PV_bootloader",
        "PV_kernel",
        "PV_ramdisk",
        "PV_args",
        "PV_bootloader_args",
        "PV_legacy_args",
        "PCI_bus",
        "domarch",
        "recommendations",
    ]);
    let record = with(
        record,
        &[
            ("name_label", "tiny <&> é"),
            ("resident_on", NULL),
            ("affinity", NULL),
            ("parent", NULL),
            ("metrics", NULL),
            ("guest_metrics", NULL),
            ("actions_after_shutdown", "destroy"),
            ("actions_after_reboot", "restart"),
            ("actions_after_crash", "restart"),
            ("HVM_boot_policy", "BIOS order"),
        ],
    );
    let record = ints(
        record,
        &[
            ("user_version", 1),
            ("memory_static_max", 1 << 30),
            ("memory_dynamic_max", 1 << 30),
            ("memory_dynamic_min", 1 << 30),
            ("memory_static_min", 1 << 29),
            ("VCPUs_max", 1),
            ("VCPUs_at_startup", 1),
            ("domid", -1),
        ],
    );
    let record = flags(
        record,
        &[("is_a_template", false), ("is_control_domain", false)],
    );
    maps(
        record,
        &[
            "VCPUs_params",
            "HVM_boot_params",
            "platform",
            "other_config",
        ],
    )
}

fn sr() -> Struct {
    let record = with(
        texts(&["uuid"]),
        &[("type", "ext"), ("content_type", "user")],
    );
    let record = ints(
        record,
        &[
            ("virtual_allocation", 0),
            ("physical_utilisation", 0),
            ("physical_size", 0),
        ],
    );
    maps(flags(record, &[("shared", false)]), &["other_config"])
}

fn network() -> Struct {
    maps(
        with(
            texts(&["uuid"]),
            &[("name_label", "lan"), ("bridge", "xenbr0")],
        ),
        &["other_config"],
    )
}

fn device() -> Struct {
    let record = texts(&["uuid", "status_detail", "qos_algorithm_type"]);
    let record = ints(record, &[("status_code", 0)]);
    let record = maps(
        record,
        &["other_config", "runtime_properties", "qos_algorithm_params"],
    );
    record.with("qos_supported_algorithms", vec![])
}

fn vif() -> Struct {
    let record = with(
        device(),
        &[("device", "0"), ("network", "Ref:net"), ("VM", "Ref:vm")],
    );
    ints(with(record, &[("MAC", "")]), &[("MTU", 1500)])
}

fn vbd(vdi: &str, index: usize) -> Struct {
    let record = with(device(), &[("VM", "Ref:vm"), ("VDI", vdi), ("mode", "RW")]);
    let record = with(
        record,
        &[("type", "Disk"), ("userdevice", &index.to_string())],
    );
    flags(
        record,
        &[
            ("bootable", index == 0),
            ("storage_lock", false),
            ("empty", false),
        ],
    )
}

fn vdi(size: u64) -> Struct {
    let record = with(
        texts(&["uuid"]),
        &[("SR", "Ref:sr"), ("type", "user"), ("parent", NULL)],
    );
    let record = ints(
        record,
        &[("virtual_size", size as i64), ("physical_utilisation", 0)],
    );
    let record = flags(
        record,
        &[("sharable", false), ("read_only", false), ("managed", true)],
    );
    maps(
        flags(record, &[("storage_lock", false), ("missing", false)]),
        &["other_config"],
    )
}

/// Writes entries as told, right or wrong, with old headers.
#[derive(Default)]
pub struct Tar(pub Vec<u8>);

impl Tar {
    pub fn of(ova: &Ova) -> Self {
        Self::default().entry("ova.xml", ova.to_xml().as_bytes())
    }

    pub fn entry(mut self, name: &str, content: &[u8]) -> Self {
        let mut header = tar::Header::new_old();
        header.set_path(name).unwrap();
        header.set_mode(0o400);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(0);
        header.set_size(content.len() as u64);
        // As XAPI writes it: the type is a NUL.
        header.as_old_mut().linkflag = [0];
        header.set_cksum();
        self.0.extend_from_slice(header.as_bytes());
        self.0.extend_from_slice(content);
        self.0.resize(self.0.len().next_multiple_of(512), 0);
        self
    }

    pub fn chunk(self, name: &str, content: &[u8], kind: ChecksumKind) -> Self {
        let extension = match kind {
            ChecksumKind::Xxhash => "xxhash",
            ChecksumKind::Sha1 => "checksum",
        };
        self.entry(name, content)
            .entry(&format!("{name}.{extension}"), kind.of(content).as_bytes())
    }

    pub fn end(mut self) -> Vec<u8> {
        self.0.extend_from_slice(&[0; 1024]);
        self.0
    }
}

/// What the chunks of an archive were, with the first byte standing for the content.
pub type Seen = Vec<(String, u64, usize, u8)>;

/// Reads a whole archive, its end included.
pub fn read_all(archive: &[u8]) -> Result<Seen, Error> {
    let mut reader = Reader::open(archive, Limits::default(), Checksums::Verify)?;
    let mut seen = Vec::new();
    while let Some(Chunk { disk, offset, data }) = reader.next_chunk()? {
        seen.push((disk.to_owned(), offset, data.len(), data[0]));
    }
    reader.finish()?;
    Ok(seen)
}

pub fn open(archive: &[u8]) -> Result<Reader<&[u8]>, Error> {
    Reader::open(archive, Limits::default(), Checksums::Verify)
}
