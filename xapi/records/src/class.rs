//! The classes that are watched.

/// A class of XAPI of which something is shown or needed. The order is one in which links mostly point backwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "named as in XAPI's data model")]
pub enum Class {
    Pool,
    Host,
    HostMetrics,
    Vm,
    VmMetrics,
    VmGuestMetrics,
    Sr,
    Sm,
    Pbd,
    Pif,
    PifMetrics,
    Vdi,
    Vbd,
    Vif,
    Network,
    Bond,
    Message,
    Task,
    HostPatch,
    PoolPatch,
    PoolUpdate,
    Pci,
    Pgpu,
    Vgpu,
    VgpuType,
    GpuGroup,
    Vtpm,
    Pusb,
    Vusb,
    UsbGroup,
    Certificate,
    Console,
}

impl Class {
    /// Every class.
    pub const ALL: [Self; 32] = [
        Self::Pool,
        Self::Host,
        Self::HostMetrics,
        Self::Vm,
        Self::VmMetrics,
        Self::VmGuestMetrics,
        Self::Sr,
        Self::Sm,
        Self::Pbd,
        Self::Pif,
        Self::PifMetrics,
        Self::Vdi,
        Self::Vbd,
        Self::Vif,
        Self::Network,
        Self::Bond,
        Self::Message,
        Self::Task,
        Self::HostPatch,
        Self::PoolPatch,
        Self::PoolUpdate,
        Self::Pci,
        Self::Pgpu,
        Self::Vgpu,
        Self::VgpuType,
        Self::GpuGroup,
        Self::Vtpm,
        Self::Pusb,
        Self::Vusb,
        Self::UsbGroup,
        Self::Certificate,
        Self::Console,
    ];

    /// The name as methods spell it: `VM_guest_metrics` of `VM_guest_metrics.get_all_records`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pool => "pool",
            Self::Host => "host",
            Self::HostMetrics => "host_metrics",
            Self::Vm => "VM",
            Self::VmMetrics => "VM_metrics",
            Self::VmGuestMetrics => "VM_guest_metrics",
            Self::Sr => "SR",
            Self::Sm => "SM",
            Self::Pbd => "PBD",
            Self::Pif => "PIF",
            Self::PifMetrics => "PIF_metrics",
            Self::Vdi => "VDI",
            Self::Vbd => "VBD",
            Self::Vif => "VIF",
            Self::Network => "network",
            Self::Bond => "Bond",
            Self::Message => "message",
            Self::Task => "task",
            Self::HostPatch => "host_patch",
            Self::PoolPatch => "pool_patch",
            Self::PoolUpdate => "pool_update",
            Self::Pci => "PCI",
            Self::Pgpu => "PGPU",
            Self::Vgpu => "VGPU",
            Self::VgpuType => "VGPU_type",
            Self::GpuGroup => "GPU_group",
            Self::Vtpm => "VTPM",
            Self::Pusb => "PUSB",
            Self::Vusb => "VUSB",
            Self::UsbGroup => "USB_group",
            Self::Certificate => "Certificate",
            Self::Console => "console",
        }
    }

    /// The name as events spell it: all lower case.
    #[must_use]
    pub fn event_name(self) -> &'static str {
        match self {
            Self::Vm => "vm",
            Self::VmMetrics => "vm_metrics",
            Self::VmGuestMetrics => "vm_guest_metrics",
            Self::Sr => "sr",
            Self::Sm => "sm",
            Self::Pbd => "pbd",
            Self::Pif => "pif",
            Self::PifMetrics => "pif_metrics",
            Self::Vdi => "vdi",
            Self::Vbd => "vbd",
            Self::Vif => "vif",
            Self::Bond => "bond",
            Self::Pci => "pci",
            Self::Pgpu => "pgpu",
            Self::Vgpu => "vgpu",
            Self::VgpuType => "vgpu_type",
            Self::GpuGroup => "gpu_group",
            Self::Vtpm => "vtpm",
            Self::Pusb => "pusb",
            Self::Vusb => "vusb",
            Self::UsbGroup => "usb_group",
            Self::Certificate => "certificate",
            _ => self.name(),
        }
    }

    /// The class of this name, in any case.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|class| class.name().eq_ignore_ascii_case(name))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_class_is_listed_once_and_found_by_both_names() {
        assert_eq!(
            Class::ALL.iter().collect::<HashSet<_>>().len(),
            Class::ALL.len()
        );
        for (at, class) in Class::ALL.into_iter().enumerate() {
            assert_eq!(class as usize, at);
            assert_eq!(class.event_name(), class.name().to_lowercase());
            assert_eq!(Class::from_name(class.name()), Some(class));
            assert_eq!(Class::from_name(class.event_name()), Some(class));
        }
        assert_eq!(Class::from_name("blob"), None);
    }
}
