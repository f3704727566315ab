//! What is true of this machine, read from the kernel and from `os-release`.

use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;
use std::path::PathBuf;

/// Where the kernel tells; tests put folders in their place.
#[derive(Debug, Clone)]
pub struct Roots {
    /// `/etc/os-release`
    pub os_release: PathBuf,
    /// `/proc`
    pub proc: PathBuf,
    /// `/sys/class/net`
    pub net: PathBuf,
}

/// One look at the machine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// The lines of `os-release`.
    pub system: BTreeMap<String, String>,
    /// The kernel's release.
    pub kernel: String,
    /// The name of the machine.
    pub hostname: String,
    /// In KiB.
    pub memory_total: u64,
    /// In KiB: what programs could get.
    pub memory_free: u64,
    /// Number of the virtual interface as the pool counts → its addresses.
    pub addresses: BTreeMap<u32, Vec<IpAddr>>,
}

impl Roots {
    /// Those of the machine.
    pub fn real() -> Self {
        Self {
            os_release: "/etc/os-release".into(),
            proc: "/proc".into(),
            net: "/sys/class/net".into(),
        }
    }
}

impl Facts {
    /// Looks; `addresses` are those of all interfaces by name.
    ///
    /// # Errors
    /// When the kernel's own files cannot be read.
    pub fn look(roots: &Roots, addresses: &[(String, IpAddr)]) -> io::Result<Self> {
        let text = |path: PathBuf| {
            std::fs::read_to_string(&path)
                .map(|text| text.trim().to_owned())
                .map_err(|e| io::Error::new(e.kind(), format!("{}: {e}", path.display())))
        };
        let memory = text(roots.proc.join("meminfo"))?;
        let mut facts = Self {
            // A system without the file is a system without a name.
            system: os_release(&std::fs::read_to_string(&roots.os_release).unwrap_or_default()),
            kernel: text(roots.proc.join("sys/kernel/osrelease"))?,
            hostname: text(roots.proc.join("sys/kernel/hostname"))?,
            memory_total: meminfo(&memory, "MemTotal"),
            memory_free: meminfo(&memory, "MemAvailable"),
            addresses: BTreeMap::new(),
        };
        for (interface, address) in addresses {
            let link = std::fs::read_link(roots.net.join(interface).join("device"));
            let device = link
                .ok()
                .and_then(|to| vif_number(to.file_name()?.to_str()?));
            if let Some(number) = device {
                facts.addresses.entry(number).or_default().push(*address);
            }
        }
        for addresses in facts.addresses.values_mut() {
            addresses.sort_unstable();
        }
        Ok(facts)
    }
}

/// The number in the name of a Xen interface's device, `vif-0`.
fn vif_number(device: &str) -> Option<u32> {
    device.strip_prefix("vif-")?.parse().ok()
}

fn os_release(text: &str) -> BTreeMap<String, String> {
    text.lines()
        .filter_map(|line| line.trim().split_once('='))
        .filter(|(key, _)| !key.starts_with('#'))
        .map(|(key, value)| {
            let value = value.trim_matches(['"', '\'']);
            (key.to_owned(), value.to_owned())
        })
        .collect()
}

/// A line of `/proc/meminfo`, in KiB; 0 when it is not there.
fn meminfo(text: &str, name: &str) -> u64 {
    text.lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(key, _)| *key == name)
        .and_then(|(_, value)| value.split_whitespace().next()?.parse().ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_an_interface_is_that_of_its_device() {
        assert_eq!(vif_number("vif-0"), Some(0));
        assert_eq!(vif_number("vif-12"), Some(12));
        for other in ["virtio3", "vif-", "vif-x", "0000:00:03.0"] {
            assert_eq!(vif_number(other), None, "{other}");
        }
    }

    #[test]
    fn os_release_is_read_with_and_without_quotes() {
        let found = os_release("# x=y\nID=debian\nPRETTY_NAME=\"Debian 13\"\n\nVERSION_ID='13'\n");
        assert_eq!(found["ID"], "debian");
        assert_eq!(found["PRETTY_NAME"], "Debian 13");
        assert_eq!(found["VERSION_ID"], "13");
        assert_eq!(found.len(), 3);
    }

    #[test]
    fn memory_is_read_in_kib() {
        let text = "MemTotal:        1014612 kB\nMemFree:  5 kB\nMemAvailable:     700000 kB";
        assert_eq!(meminfo(text, "MemTotal"), 1_014_612);
        assert_eq!(meminfo(text, "MemAvailable"), 700_000);
        assert_eq!(meminfo("", "MemTotal"), 0);
    }
}
