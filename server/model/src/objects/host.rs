//! Hosts.

use serde::Serialize;
use xapi_records::{
    Id,
    record::{Certificate, Host, HostMetrics, HostPatch, Pbd, Pci, Pgpu, Pif, Vm},
};

use super::{CpuCount, int_of, supplemental};
use crate::{
    json::Writer,
    live::{Aspect, View},
};

const GIB: i64 = 1 << 30;

pub(super) fn write(host: &Host, view: &View<'_>, out: &mut Writer<'_>) -> Vec<Id> {
    let metrics = view.read::<HostMetrics>(&host.metrics, Aspect::Whole);
    let version = &host.software_version;
    let iqn = match &*host.iscsi_iqn {
        "" => host.other_config.get("iscsi_iqn").unwrap_or_default(),
        iqn => iqn,
    };
    let (pifs, pcis) = (view.links::<Pif>(&host.pifs), view.links::<Pci>(&host.pcis));
    let pgpus = view.links::<Pgpu>(&host.pgpus);
    let expiry = host
        .license_params
        .get("expiry")
        .and_then(xapi_records::parse_date);
    out.put("CPUs", &host.cpu_info)
        .put("address", &host.address)
        .put("bios_strings", &host.bios_strings)
        .maybe("build", version.get("build_number"))
        .put(
            "chipset_info",
            Chipset {
                iommu: host.chipset_info.get("iommu").map(|v| v == "true"),
            },
        )
        .put("enabled", host.enabled)
        .maybe("controlDomain", view.link::<Vm>(&host.control_domain))
        .put("cpus", CpuCount::of(&host.cpu_info))
        .put("current_operations", &host.current_operations)
        .put("hostname", &host.hostname)
        .put("iscsiIqn", iqn)
        .put(
            "zstdSupported",
            host.license_params.is("restrict_zstd_export", "false"),
        )
        .put("license_params", &host.license_params)
        .put("license_server", &host.license_server)
        .put("license_expiry", expiry)
        .put("logging", &host.logging)
        .put("name_description", &host.name_description)
        .put("name_label", &host.name_label)
        .put("memory", Memory::of(metrics))
        .put("multipathing", host.other_config.is("multipathing", "true"))
        .put("otherConfig", &host.other_config)
        .put("patches", view.links::<HostPatch>(&host.patches))
        .put("powerOnMode", &host.power_on_mode)
        .put("power_state", power_state(metrics))
        .put("residentVms", view.links::<Vm>(&host.resident_vms))
        .put("startTime", int_of(&host.other_config, "boot_time"))
        .put("supplementalPacks", supplemental::packs(host, view))
        .put(
            "agentStartTime",
            int_of(&host.other_config, "agent_start_time"),
        )
        .put("rebootRequired", is_reboot_required(host))
        .put("tags", &host.tags)
        .maybe("version", version.get("product_version"))
        .maybe("productBrand", version.get("product_brand"))
        .put(
            "hvmCapable",
            host.capabilities.iter().any(|c| c.starts_with("hvm")),
        )
        .maybe("certificates", certificates(host, view))
        .put("PIFs", &pifs)
        .put("$PIFs", &pifs)
        .put("PCIs", &pcis)
        .put("$PCIs", &pcis)
        .put("PGPUs", &pgpus)
        .put("$PGPUs", &pgpus)
        .put("$PBDs", view.links::<Pbd>(&host.pbds));
    view.pool().cloned().into_iter().collect()
}

#[derive(Serialize)]
struct Chipset {
    #[serde(skip_serializing_if = "Option::is_none")]
    iommu: Option<bool>,
}

/// Bytes. `total` is deprecated and told only by a host without metrics.
#[derive(Serialize)]
struct Memory {
    usage: i64,
    size: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<i64>,
}

impl Memory {
    fn of(metrics: Option<&HostMetrics>) -> Self {
        let Some(HostMetrics {
            live,
            memory_total: total,
            memory_free: free,
            ..
        }) = metrics
        else {
            return Self {
                usage: 0,
                size: 0,
                total: Some(0),
            };
        };
        let usage = if *live {
            total.saturating_sub(*free)
        } else {
            0
        };
        let size = total
            .saturating_add(GIB - 1)
            .div_euclid(GIB)
            .saturating_mul(GIB);
        Self {
            usage,
            size,
            total: None,
        }
    }
}

fn power_state(metrics: Option<&HostMetrics>) -> &'static str {
    match metrics {
        None => "Unknown",
        Some(metrics) if metrics.live => "Running",
        Some(_) => "Halted",
    }
}

/// XCP-ng installs packages by RPM and notes when; XenServer lists the updates that wait for a reboot.
fn is_reboot_required(host: &Host) -> bool {
    if !host.software_version.is("product_brand", "XCP-ng") {
        return !host.updates_requiring_reboot.is_empty();
    }
    let at = |key| int_of(&host.other_config, key);
    match (at("boot_time"), at("rpm_patch_installation_time")) {
        (Some(boot), Some(patched)) => boot < patched,
        _ => false,
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Fingerprint<'a> {
    fingerprint: &'a str,
    not_after: Option<i64>,
}

fn certificates<'a>(host: &Host, view: &View<'a>) -> Option<Vec<Fingerprint<'a>>> {
    let references = host.certificates.as_ref()?.iter();
    let known = references.filter_map(|r| view.read::<Certificate>(r, Aspect::Whole));
    Some(
        known
            .map(|c| Fingerprint {
                fingerprint: &c.fingerprint,
                not_after: c.not_after,
            })
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_rounded_up_to_a_gibibyte_and_unused_when_the_host_is_down() {
        let mut metrics = HostMetrics {
            memory_total: 3 * GIB - 5,
            memory_free: GIB,
            live: true,
            ..HostMetrics::default()
        };
        let memory = Memory::of(Some(&metrics));
        assert_eq!(
            (memory.usage, memory.size, memory.total),
            (2 * GIB - 5, 3 * GIB, None)
        );
        metrics.live = false;
        assert_eq!(Memory::of(Some(&metrics)).usage, 0);
        assert_eq!(power_state(Some(&metrics)), "Halted");
        let unknown = Memory::of(None);
        assert_eq!(
            (unknown.usage, unknown.size, unknown.total),
            (0, 0, Some(0))
        );
    }

    #[test]
    fn a_reboot_is_required_by_packages_on_xcp_ng_and_by_updates_elsewhere() {
        let mut host = Host {
            software_version: [("product_brand", "XCP-ng")].into_iter().collect(),
            other_config: [
                ("boot_time", "100."),
                ("rpm_patch_installation_time", "200.5"),
            ]
            .into_iter()
            .collect(),
            ..Host::default()
        };
        assert!(is_reboot_required(&host));
        host.other_config = [("boot_time", "300")].into_iter().collect();
        assert!(!is_reboot_required(&host));
        host.software_version = [("product_brand", "XenServer")].into_iter().collect();
        assert!(!is_reboot_required(&host));
        host.updates_requiring_reboot = ["OpaqueRef:1".into()].into();
        assert!(is_reboot_required(&host));
    }
}
