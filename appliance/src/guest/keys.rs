//! The facts as keys of XenStore. Pure.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::Facts;

pub(super) const FREE_MEMORY: &str = "data/meminfo_free";
/// XAPI takes a guest's word only from tools whose major version is at least 1.
const BUILD: &str = "1";

/// The keys and their values; `version` is ours, as `1.2.3`.
pub fn keys(facts: &Facts, version: &str) -> BTreeMap<String, String> {
    let mut keys = BTreeMap::new();
    let mut put = |key: &str, value: String| {
        keys.insert(key.to_owned(), value);
    };
    let mut numbers = version
        .split(['.', '-', '+'])
        .map(|n| n.parse::<u32>().unwrap_or(0));
    let mut number = || numbers.next().unwrap_or(0);
    put("attr/PVAddons/MajorVersion", number().max(1).to_string());
    put("attr/PVAddons/MinorVersion", number().to_string());
    put("attr/PVAddons/MicroVersion", number().to_string());
    put("attr/PVAddons/BuildVersion", BUILD.to_owned());

    let system = |key: &str| facts.system.get(key).cloned().unwrap_or_default();
    let (id, release) = (system("ID"), system("VERSION_ID"));
    let name = match system("PRETTY_NAME") {
        name if name.is_empty() => "Linux".to_owned(),
        name => name,
    };
    let (major, minor) = release.split_once('.').unwrap_or((&release, ""));
    put("data/os_name", name);
    put("data/os_distro", id);
    put("data/os_majorver", major.to_owned());
    put("data/os_minorver", minor.to_owned());
    put("data/os_uname", facts.kernel.clone());
    put("data/host_name_dns", facts.hostname.clone());
    put("data/meminfo_total", facts.memory_total.to_string());
    put(FREE_MEMORY, facts.memory_free.to_string());

    for (vif, addresses) in &facts.addresses {
        for kind in ["ipv4", "ipv6"] {
            let of_kind = addresses
                .iter()
                .filter(|ip| ip.is_ipv4() == (kind == "ipv4"));
            for (k, address) in of_kind.filter(|ip| is_shown(ip)).enumerate() {
                put(&format!("attr/vif/{vif}/{kind}/{k}"), address.to_string());
            }
        }
    }
    keys
}

/// What says something to somebody else on the network.
fn is_shown(address: &IpAddr) -> bool {
    !address.is_loopback() && !address.is_unspecified() && !address.is_multicast()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> Facts {
        let system = [
            ("ID", "debian"),
            ("VERSION_ID", "13.1"),
            ("PRETTY_NAME", "Debian 13"),
        ];
        Facts {
            system: system.map(|(k, v)| (k.to_owned(), v.to_owned())).into(),
            kernel: "6.12.1".into(),
            hostname: "xoa".into(),
            memory_total: 1_000_000,
            memory_free: 700_000,
            addresses: [
                (
                    0,
                    vec![
                        "10.0.0.5".parse().unwrap(),
                        "10.0.0.6".parse().unwrap(),
                        "fd00::5".parse().unwrap(),
                    ],
                ),
                (
                    1,
                    vec!["127.0.0.1".parse().unwrap(), "fe80::1".parse().unwrap()],
                ),
            ]
            .into(),
        }
    }

    #[test]
    fn the_keys_are_those_that_xapi_reads() {
        let keys = keys(&facts(), "0.3.0-rc1");
        for (key, value) in [
            ("attr/PVAddons/MajorVersion", "1"),
            ("attr/PVAddons/MinorVersion", "3"),
            ("attr/vif/0/ipv4/0", "10.0.0.5"),
            ("attr/vif/0/ipv4/1", "10.0.0.6"),
            ("attr/vif/0/ipv6/0", "fd00::5"),
            ("attr/vif/1/ipv6/0", "fe80::1"),
            ("data/os_distro", "debian"),
            ("data/os_majorver", "13"),
            ("data/os_minorver", "1"),
            ("data/meminfo_total", "1000000"),
        ] {
            assert_eq!(keys.get(key).map(String::as_str), Some(value), "{key}");
        }
        assert!(
            !keys.contains_key("attr/vif/1/ipv4/0"),
            "loopback is no news"
        );
    }

    #[test]
    fn a_machine_that_tells_nothing_still_has_a_system() {
        let keys = keys(&Facts::default(), "");
        assert_eq!(keys["data/os_name"], "Linux");
        assert_eq!(keys["attr/PVAddons/MajorVersion"], "1");
    }
}
