//! What a template tells about installing from it.

use serde::Serialize;
use xapi_records::StrMap;

use crate::{objects::int, xml};

#[derive(Debug, PartialEq, Serialize)]
pub(super) struct TemplateInfo<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    arch: Option<&'a str>,
    disks: Vec<Disk>,
    install_methods: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    install_repository: Option<&'a str>,
}

/// A disk that is created with a VM. `size` is in bytes.
#[derive(Debug, PartialEq, Serialize)]
struct Disk {
    bootable: bool,
    device: String,
    size: i64,
    #[serde(rename = "SR")]
    sr: String,
    #[serde(rename = "type")]
    kind: String,
}

pub(super) fn info(other_config: &StrMap) -> TemplateInfo<'_> {
    let methods = other_config
        .get("install-methods")
        .unwrap_or_default()
        .split(',');
    TemplateInfo {
        arch: other_config.get("install-arch"),
        disks: other_config.get("disks").map(disks).unwrap_or_default(),
        install_methods: methods
            .map(str::trim)
            .filter(|method| !method.is_empty())
            .collect(),
        install_repository: other_config.get("install-repository"),
    }
}

/// `<provision><disk device="0" size="10737418240" sr="" bootable="true" type="system"/></provision>`
fn disks(text: &str) -> Vec<Disk> {
    let Some(root) = xml::parse(text) else {
        return Vec::new();
    };
    let disks = root
        .children
        .iter()
        .filter(|element| element.name == "disk")
        .map(|disk| {
            let text = |name: &str| disk.attribute(name).unwrap_or_default();
            Disk {
                bootable: text("bootable") == "true",
                device: text("device").to_owned(),
                size: int(text("size")).unwrap_or(0),
                sr: text("sr").to_owned(),
                kind: text("type").to_owned(),
            }
        });
    disks.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn disks_and_methods_are_read() {
        let config: StrMap = [
            ("install-methods", "cdrom,nfs, http"),
            ("install-arch", "amd64"),
            (
                "disks",
                "<provision><disk device='0' size='8589934592' sr='' bootable='true' type='system'/></provision>",
            ),
        ]
        .into_iter()
        .collect();
        let info = info(&config);
        assert_eq!(info.install_methods, ["cdrom", "nfs", "http"]);
        assert_eq!(info.arch, Some("amd64"));
        assert_eq!(info.disks.len(), 1);
        assert_eq!(
            (info.disks[0].size, info.disks[0].bootable),
            (8 << 30, true)
        );
        assert_eq!(disks("nonsense"), []);
    }
}
