//! A report for reading.

use std::fmt::{Display, Formatter, Result};

use super::{Contents, Report};

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        writeln!(f, "{} ({})", self.file, size(self.file_size))?;
        if let Some(contents) = &self.contents {
            contents.fmt(f)?;
        }
        let outcome = if self.sound {
            "sound: read to its end, every checksum computed again"
        } else {
            "DAMAGED"
        };
        line(f, "result", outcome)
    }
}

impl Display for Contents {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        for vm in &self.machines {
            line(f, "VM", &shown(&vm.name))?;
            if !vm.description.is_empty() {
                line(f, "", &shown(&vm.description))?;
            }
            let processors = if vm.vcpus == 1 { "vCPU" } else { "vCPUs" };
            line(
                f,
                "",
                &format!(
                    "{} {processors}, {} of memory, firmware {}",
                    vm.vcpus,
                    size(vm.memory),
                    shown(&vm.firmware)
                ),
            )?;
            if !vm.tags.is_empty() {
                line(f, "tags", &shown(&vm.tags.join(", ")))?;
            }
            if !vm.settings.is_empty() {
                line(f, "settings", &shown(&vm.settings.join(", ")))?;
            }
        }
        for disk in &self.disks {
            line(
                f,
                "disk",
                &format!(
                    "{} `{}`: {}, of which {} in {} blocks ({})",
                    shown(&disk.device),
                    shown(&disk.name),
                    size(disk.size),
                    size(disk.data),
                    disk.chunks,
                    shown(&disk.id)
                ),
            )?;
        }
        for adapter in &self.adapters {
            let mac = if adapter.mac.is_empty() {
                "the host gives it an address"
            } else {
                &adapter.mac
            };
            line(
                f,
                "network",
                &format!(
                    "{} `{}` (bridge {}), {}",
                    shown(&adapter.device),
                    shown(&adapter.network),
                    shown(&adapter.bridge),
                    shown(mac)
                ),
            )?;
        }
        let archive = &self.archive;
        line(
            f,
            "archive",
            &format!(
                "compression {}, checksums {}, {} blocks",
                archive.compression, archive.checksums, archive.chunks
            ),
        )?;
        if archive.keep_alives > 0 {
            line(f, "", &format!("{} empty blocks", archive.keep_alives))?;
        }
        let by = &self.written_by;
        line(
            f,
            "written",
            &format!(
                "{}, by {}, needs XAPI {}, export version {}",
                shown(&by.date),
                shown(&by.product),
                by.needs_xapi,
                by.export_version
            ),
        )
    }
}

fn line(f: &mut Formatter<'_>, what: &str, text: &str) -> Result {
    writeln!(f, "  {what:<9} {text}")
}

/// Texts of a stranger's file do not command the terminal.
fn shown(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect()
}

/// A size that a person reads: `1.5 GiB`.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    let mut shown = format!("{bytes} bytes");
    let mut value = bytes as f64;
    for unit in UNITS {
        if value < 1024.0 {
            break;
        }
        value /= 1024.0;
        shown = format!("{value:.1} {unit}").replace(".0 ", " ");
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_short() {
        for (bytes, text) in [
            (0, "0 bytes"),
            (1023, "1023 bytes"),
            (1536, "1.5 KiB"),
            (16 << 30, "16 GiB"),
            (3 << 40, "3 TiB"),
        ] {
            assert_eq!(size(bytes), text);
        }
    }

    #[test]
    fn control_characters_are_not_shown() {
        assert_eq!(shown("a\u{1b}[2Jb"), "a\u{fffd}[2Jb");
    }
}
