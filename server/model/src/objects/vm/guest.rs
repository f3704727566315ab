//! What a guest tells of itself: system, addresses, tools and drivers.

use serde::Serialize;
use xapi_records::record::VmGuestMetrics;

use super::{Measured, addresses};
use crate::{json::Writer, objects::int_of};

pub(super) fn write(measured: &Measured<'_>, out: &mut Writer<'_>) {
    let guest = measured.guest;
    out.put(
        "addresses",
        guest
            .map(|g| addresses::normalised(&g.networks))
            .unwrap_or_default(),
    )
    .maybe(
        "mainIpAddress",
        guest.and_then(|g| addresses::main(&g.networks)),
    )
    .put("os_version", guest.map(|g| &g.os_version));
    if !measured.is_running {
        return;
    }
    match tools(guest) {
        Some(tools) => out.put("xenTools", tools),
        None => out.put("xenTools", false),
    };
    if let Some(guest) = guest {
        let version = driver_version(guest);
        let is_managed = version.is_some() || guest.other.is("feature-static-ip-setting", "1");
        out.put("managementAgentDetected", is_managed)
            .put(
                "pvDriversDetected",
                guest.pv_drivers_detected.unwrap_or(false),
            )
            .maybe("pvDriversVersion", version)
            .maybe("pvDriversUpToDate", guest.pv_drivers_up_to_date);
    }
}

#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Tools {
    major: i64,
    minor: i64,
    /// `major.minor` as a number, as XO tells it.
    version: f64,
}

/// The version of the guest's tools; `None` without tools.
pub(super) fn tools(guest: Option<&VmGuestMetrics>) -> Option<Tools> {
    let version = &guest?.pv_drivers_version;
    let (major, minor) = (int_of(version, "major")?, int_of(version, "minor")?);
    let version = format!("{major}.{minor}").parse().unwrap_or(0.0);
    Some(Tools {
        major,
        minor,
        version,
    })
}

/// `major.minor.micro-build`, as far as it is told.
fn driver_version(guest: &VmGuestMetrics) -> Option<String> {
    let part = |name| guest.pv_drivers_version.get(name);
    let mut version = part("major")?.to_owned();
    for (separator, name) in [('.', "minor"), ('.', "micro"), ('-', "build")] {
        let Some(part) = part(name) else { break };
        version.push(separator);
        version.push_str(part);
    }
    Some(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guest(version: &[(&str, &str)]) -> VmGuestMetrics {
        VmGuestMetrics {
            pv_drivers_version: version.iter().copied().collect(),
            ..VmGuestMetrics::default()
        }
    }

    #[test]
    fn versions_are_told_as_far_as_they_are_known() {
        let whole = guest(&[
            ("major", "8"),
            ("minor", "2"),
            ("micro", "1"),
            ("build", "7"),
        ]);
        assert_eq!(
            tools(Some(&whole)),
            Some(Tools {
                major: 8,
                minor: 2,
                version: 8.2
            })
        );
        assert_eq!(driver_version(&whole).as_deref(), Some("8.2.1-7"));
        let part = guest(&[("major", "8"), ("minor", "2")]);
        assert_eq!(driver_version(&part).as_deref(), Some("8.2"));
        assert_eq!(tools(Some(&guest(&[]))), None);
        assert_eq!(driver_version(&guest(&[])), None);
    }
}
