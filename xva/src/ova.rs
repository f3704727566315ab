//! `ova.xml`: the records of a VM and of what it is linked to (xva.md section 4).
//!
//! Owns reading, writing, the checks that XAPI's importer makes, and the answer to "which disks follow, in which
//! order". The records themselves stay XML-RPC structs: their fields differ between versions of XAPI.

mod check;
mod object;
mod version;

use std::collections::{BTreeMap, HashMap};

use crate::xmlrpc::{ParseError, Struct, Value, parse, to_xml};

pub use object::Object;
pub use version::Version;

/// What an archive describes.
#[derive(Debug, Clone, PartialEq)]
pub struct Ova {
    /// Who wrote it.
    pub version: Version,
    /// The records, in any order.
    pub objects: Vec<Object>,
}

/// A disk whose content is in the archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disk {
    /// The identifier of its VDI object.
    pub id: String,
    /// Its size in bytes as written in `ova.xml`.
    pub virtual_size: u64,
}

/// What is wrong with a description.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OvaError {
    /// It is no XML-RPC.
    #[error(transparent)]
    Malformed(#[from] ParseError),
    /// It is XML-RPC, but not of the shape `{version, objects: [{class, id, snapshot}]}`.
    #[error("ova.xml has the wrong shape: {0}")]
    Shape(String),
    /// A field without a default is missing.
    #[error("field {field} of {class} `{id}` is missing; export the VM again")]
    MissingField {
        /// Class of the object, `version` for the version struct.
        class: String,
        /// Identifier of the object.
        id: String,
        /// Name of the field.
        field: &'static str,
    },
    /// A field has another type than XAPI's model says.
    #[error("field {field} of {class} `{id}` should be {expected} and is {found}")]
    WrongType {
        /// Class of the object, `version` for the version struct.
        class: String,
        /// Identifier of the object.
        id: String,
        /// Name of the field.
        field: &'static str,
        /// What it should be.
        expected: &'static str,
        /// What it is.
        found: &'static str,
    },
    /// A field names an object that is not described.
    #[error("field {field} of {class} `{id}` names `{target}`, which ova.xml does not describe")]
    Dangling {
        /// Class of the object.
        class: String,
        /// Identifier of the object.
        id: String,
        /// Name of the field.
        field: &'static str,
        /// What it names.
        target: String,
    },
    /// Two objects have the same identifier.
    #[error("two objects have the identifier `{0}`")]
    DuplicateId(String),
    /// The content of a disk cannot be streamed.
    #[error("disk `{id}` has a virtual_size of {size}, which is not a multiple of 512")]
    DiskSize {
        /// Identifier of the VDI.
        id: String,
        /// Its size in bytes.
        size: i64,
    },
    /// The archive was written by a newer host than the one that should take it.
    #[error("the archive needs XAPI {major}.{minor} or newer; update the host first")]
    TooNew {
        /// `xapi_major` of the archive.
        major: i64,
        /// `xapi_minor` of the archive.
        minor: i64,
    },
}

impl Ova {
    /// Reads the text of an `ova.xml`. Only its shape is checked; see [`Ova::check`].
    ///
    /// # Errors
    /// When it is no XML-RPC or has another shape.
    pub fn parse(xml: &[u8]) -> Result<Self, OvaError> {
        let root = parse(xml)?;
        let shape = |what: &str| OvaError::Shape(what.to_owned());
        let root = root
            .as_struct()
            .ok_or_else(|| shape("it is not a struct"))?;
        let version = root.get("version").and_then(Value::as_struct);
        let version = Version::from_struct(version.ok_or_else(|| shape("no struct `version`"))?)?;
        let objects = root.get("objects").and_then(Value::as_array);
        let objects = objects
            .ok_or_else(|| shape("no array `objects`"))?
            .iter()
            .enumerate()
            .map(|(index, object)| {
                Object::from_value(object)
                    .ok_or_else(|| shape(&format!("object {index} is not {{class, id, snapshot}}")))
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { version, objects })
    }

    /// The text of the `ova.xml`, without prolog and white space, as XAPI writes it.
    #[must_use]
    pub fn to_xml(&self) -> String {
        let objects: Vec<Value> = self.objects.iter().map(Object::to_value).collect();
        let root = Struct::new()
            .with("version", self.version.to_struct())
            .with("objects", objects);
        to_xml(&Value::Struct(root))
    }

    /// The object with that identifier.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<&Object> {
        self.objects.iter().find(|object| object.id == id)
    }

    /// The objects of a class.
    pub fn of_class<'a>(&'a self, class: &'a str) -> impl Iterator<Item = &'a Object> {
        self.objects
            .iter()
            .filter(move |object| object.class == class)
    }

    /// The disks whose content is in the archive, in the order of their content: those of the VBDs that are no CD
    /// drives and whose SR is no ISO library, and those of type `suspend`; each once; by the bytes of the identifier.
    ///
    /// # Errors
    /// When a disk drive has no disk, a disk has no SR, or a size is impossible.
    pub fn disks(&self) -> Result<Vec<Disk>, OvaError> {
        let by_id: HashMap<&str, &Object> = self
            .objects
            .iter()
            .map(|object| (object.id.as_str(), object))
            .collect();
        let mut found = BTreeMap::new();
        for vbd in self.of_class("VBD") {
            if vbd.text("type")?.eq_ignore_ascii_case("CD") {
                continue;
            }
            let vdi = vbd.target(&by_id, "VDI", "VDI")?;
            let sr = vdi.target(&by_id, "SR", "SR")?;
            if sr.text("content_type")? != "iso" {
                found.insert(vdi.id.as_str(), vdi);
            }
        }
        for vdi in self.of_class("VDI") {
            if vdi.text("type")?.eq_ignore_ascii_case("suspend") {
                found.insert(vdi.id.as_str(), vdi);
            }
        }
        found.into_values().map(Disk::from_vdi).collect()
    }

    /// Makes the checks of XAPI's importer that need no host: required fields and their types, links that lead nowhere.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn check(&self) -> Result<(), OvaError> {
        check::check(self)
    }

    /// Whether a host of that XAPI version takes the archive.
    ///
    /// # Errors
    /// [`OvaError::TooNew`], XAPI's `IMPORT_INCOMPATIBLE_VERSION`.
    pub fn check_version(&self, host_major: i64, host_minor: i64) -> Result<(), OvaError> {
        let Version {
            xapi_major: major,
            xapi_minor: minor,
            ..
        } = self.version;
        if (major, minor) > (host_major, host_minor) {
            return Err(OvaError::TooNew { major, minor });
        }
        Ok(())
    }
}

impl Disk {
    fn from_vdi(vdi: &Object) -> Result<Self, OvaError> {
        let size = vdi.int("virtual_size")?;
        match u64::try_from(size) {
            Ok(virtual_size) if virtual_size.is_multiple_of(512) => Ok(Self {
                id: vdi.id.clone(),
                virtual_size,
            }),
            _ => Err(OvaError::DiskSize {
                id: vdi.id.clone(),
                size,
            }),
        }
    }
}
