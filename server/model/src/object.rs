//! XO objects: what clients see.

use std::fmt;

use serde::{Serialize, Serializer};
use xapi_records::{Class, Id, Ref};

/// An XO object, derived from a record and what it links to.
#[derive(Clone, Debug, PartialEq)]
pub struct Object {
    /// Its XO id: the uuid, with the exceptions told at [`object_id`](crate::object_id).
    pub id: Id,
    /// Its `type` property.
    pub kind: ObjectType,
    /// The record from which it derives.
    pub reference: Ref,
    /// What clients are sent: one JSON object with every property.
    pub json: Box<str>,
    /// The ids through which access to it is inherited; how is told by [`ObjectType::inheritance`](crate::access).
    pub parents: Box<[Id]>,
}

macro_rules! object_types {
    ($($variant:ident = $name:literal from $class:ident,)*) => {
        /// The types of XO objects (`xo-objects.json`).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[allow(missing_docs, reason = "named as on the wire")]
        pub enum ObjectType {
            $($variant,)*
        }

        impl ObjectType {
            /// Every type.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name on the wire, exactly.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// The type with exactly this name.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$variant),)*
                    _ => None,
                }
            }

            /// The class of the records from which objects of this type derive.
            #[must_use]
            pub fn class(self) -> Class {
                match self {
                    $(Self::$variant => Class::$class,)*
                }
            }
        }
    };
}

object_types! {
    Pool = "pool" from Pool,
    Host = "host" from Host,
    Vm = "VM" from Vm,
    VmController = "VM-controller" from Vm,
    VmSnapshot = "VM-snapshot" from Vm,
    VmTemplate = "VM-template" from Vm,
    Sr = "SR" from Sr,
    Sm = "SM" from Sm,
    Pbd = "PBD" from Pbd,
    Pif = "PIF" from Pif,
    Vdi = "VDI" from Vdi,
    VdiSnapshot = "VDI-snapshot" from Vdi,
    VdiUnmanaged = "VDI-unmanaged" from Vdi,
    Vbd = "VBD" from Vbd,
    Vif = "VIF" from Vif,
    Network = "network" from Network,
    Message = "message" from Message,
    Task = "task" from Task,
    Patch = "patch" from HostPatch,
    PoolPatch = "pool_patch" from PoolPatch,
    Pci = "PCI" from Pci,
    Pgpu = "PGPU" from Pgpu,
    Vgpu = "vgpu" from Vgpu,
    GpuGroup = "gpuGroup" from GpuGroup,
    VgpuType = "vgpuType" from VgpuType,
    Vtpm = "VTPM" from Vtpm,
    Pusb = "PUSB" from Pusb,
    Vusb = "VUSB" from Vusb,
    UsbGroup = "USB_group" from UsbGroup,
    Bond = "bond" from Bond,
}

impl fmt::Display for ObjectType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Serialize for ObjectType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
