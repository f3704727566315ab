//! `vm-data` of XenStore: what `xo-cli deploy`, `xe vm-param-set xenstore-data:vm-data/ip=…` and the like write for the guest.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::IpAddr;

use ipnet::IpNet;

use super::{Administrator, Told, is_in_reach, server, short};
use crate::xenbus::{Error, XenStore};

const FOLDER: &str = "vm-data";
/// Keys that do not stay in XenStore once they were read.
pub const SECRETS: [&str; 3] = [
    "admin-password",
    "admin-password-hash",
    "system-account-xoa-password",
];
/// Keys that are understood.
const KNOWN: [&str; 8] = [
    "ip",
    "netmask",
    "gateway",
    "dns",
    "ntp",
    "hostname",
    "proxy",
    "admin-account",
];
/// Written by the appliance itself.
const OURS: &str = "tls-fingerprint";

/// The keys below `vm-data` and their values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VmData(pub BTreeMap<String, String>);

impl VmData {
    /// Reads them all.
    ///
    /// # Errors
    /// What XenStore says.
    pub fn read<D: Read + Write>(store: &mut XenStore<D>) -> Result<Self, Error> {
        let mut found = BTreeMap::new();
        for key in store.list(FOLDER)? {
            if let Some(value) = store.read(&format!("{FOLDER}/{key}"))? {
                found.insert(key, value);
            }
        }
        Ok(Self(found))
    }

    /// Removes the secrets; tells whether there were any.
    ///
    /// # Errors
    /// What XenStore says.
    pub fn forget_secrets<D: Read + Write>(store: &mut XenStore<D>) -> Result<bool, Error> {
        let mut found = false;
        for key in SECRETS {
            let path = format!("{FOLDER}/{key}");
            if store.read(&path)?.is_some() {
                store.remove(&path)?;
                found = true;
            }
        }
        Ok(found)
    }

    /// Whether anything is said at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What it means.
    pub fn told(&self) -> Told {
        let mut told = Told::default();
        let value = |key: &str| self.0.get(key).map(|v| v.trim()).filter(|v| !v.is_empty());
        for key in self.0.keys() {
            let known = KNOWN.contains(&key.as_str()) || SECRETS.contains(&key.as_str());
            if !known && key != OURS {
                told.problem(
                    place(&short(key)),
                    format!("unknown; known are {}", KNOWN.join(", ")),
                    "it is left out",
                );
            }
        }
        self.address(&mut told);
        if let Some(text) = value("dns") {
            told.settings.interface.dns =
                told.list(&place("dns"), text, "an IP address", |w| w.parse().ok());
        }
        if let Some(text) = value("ntp") {
            told.settings.ntp = told.list(&place("ntp"), text, "a host name or an IP", server);
        }
        if let Some(text) = value("hostname") {
            told.take_hostname(&place("hostname"), text);
        }
        if let Some(text) = value("proxy") {
            told.take_proxy(&place("proxy"), text);
        }
        self.administrator(&mut told);
        if self.0.contains_key("system-account-xoa-password") {
            told.problem(
                place("system-account-xoa-password"),
                "the appliance has no system account to sign in to",
                "it is left out; use the screen of the VM and the web client",
            );
        }
        told
    }

    /// An address counts whole or not at all.
    fn address(&self, told: &mut Told) {
        let value = |key: &str| self.0.get(key).map(|v| v.trim()).filter(|v| !v.is_empty());
        let dhcp = "DHCP is used instead";
        let Some(text) = value("ip") else {
            for key in ["netmask", "gateway"] {
                if value(key).is_some() {
                    told.problem(place(key), "there is no address (`ip`) beside it", dhcp);
                }
            }
            return;
        };
        let net = match (text.parse::<IpAddr>(), value("netmask")) {
            (Ok(ip), Some(mask)) => prefix(ip, mask).and_then(|p| IpNet::new(ip, p).ok()),
            (Ok(_), None) => {
                told.problem(
                    place("ip"),
                    "its prefix is missing: expected a `netmask` beside it, or 10.0.0.5/24",
                    dhcp,
                );
                return;
            }
            (Err(_), _) => text.parse::<IpNet>().ok().filter(|_| text.contains('/')),
        };
        let Some(net) = net.filter(|net| net.prefix_len() > 0) else {
            let mask = value("netmask").map(|m| format!(" with the mask `{}`", short(m)));
            told.problem(
                place("ip"),
                format!(
                    "`{}`{}: expected an address as 10.0.0.5 with a mask as 255.255.255.0",
                    short(text),
                    mask.unwrap_or_default()
                ),
                dhcp,
            );
            return;
        };
        told.settings.interface.addresses = vec![net];
        match value("gateway").map(|text| (text, text.parse::<IpAddr>())) {
            Some((_, Ok(ip))) if is_in_reach(ip, &[net]) => {
                told.settings.interface.gateways = vec![ip];
            }
            Some((text, _)) => told.problem(
                place("gateway"),
                format!(
                    "`{}`: expected an address in the network of {net}",
                    short(text)
                ),
                "there is no way out of the local network",
            ),
            None => told.problem(
                place("gateway"),
                "missing beside a fixed address",
                "there is no way out of the local network",
            ),
        }
    }

    fn administrator(&self, told: &mut Told) {
        let screen = "make the administrator in the web client, with the setup code of the screen";
        if self.0.contains_key("admin-password-hash") {
            told.problem(
                place("admin-password-hash"),
                "hashes are not understood yet: expected `admin-password`",
                screen,
            );
        }
        match (self.0.get("admin-account"), self.0.get("admin-password")) {
            (account, Some(password)) => {
                let account = account.map_or("admin", |a| a.trim());
                told.administrator = Some(Administrator {
                    account: account.to_owned(),
                    password: password.clone(),
                });
            }
            (Some(_), None) => {
                told.problem(
                    place("admin-account"),
                    "there is no `admin-password`",
                    screen,
                );
            }
            (None, None) => {}
        }
    }
}

fn place(key: &str) -> String {
    format!("{FOLDER}/{key}")
}

/// A mask (255.255.255.0) or the length of a prefix (24, 64).
fn prefix(ip: IpAddr, text: &str) -> Option<u8> {
    if let Ok(length) = text.trim_start_matches('/').parse::<u8>() {
        return Some(length);
    }
    match (ip, text.parse::<IpAddr>().ok()?) {
        (IpAddr::V4(_), mask @ IpAddr::V4(_)) => ipnet::ip_mask_to_prefix(mask).ok(),
        (IpAddr::V6(_), mask @ IpAddr::V6(_)) => ipnet::ip_mask_to_prefix(mask).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn told(pairs: &[(&str, &str)]) -> Told {
        VmData(
            pairs
                .iter()
                .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
                .collect(),
        )
        .told()
    }

    #[test]
    fn a_fixed_address_is_read_in_each_spelling() {
        for (ip, mask) in [
            ("10.0.0.5", Some("255.255.255.0")),
            ("10.0.0.5", Some("24")),
            ("10.0.0.5/24", None),
            (" 10.0.0.5 ", Some(" /24 ")),
        ] {
            let mut pairs = vec![
                ("ip", ip),
                ("gateway", "10.0.0.1"),
                ("dns", "1.1.1.1 9.9.9.9"),
            ];
            pairs.extend(mask.map(|m| ("netmask", m)));
            let told = told(&pairs);
            assert_eq!(told.problems, [], "{ip} {mask:?}");
            let interface = &told.settings.interface;
            assert_eq!(interface.addresses[0].to_string(), "10.0.0.5/24");
            assert_eq!(interface.gateways[0].to_string(), "10.0.0.1");
            assert_eq!(interface.dns.len(), 2);
        }
        let six = told(&[("ip", "fd00::5"), ("netmask", "64"), ("gateway", "fd00::1")]);
        assert_eq!(
            six.settings.interface.addresses[0].to_string(),
            "fd00::5/64"
        );
    }

    #[test]
    fn what_is_malformed_is_named_and_the_default_stands() {
        for (pairs, at) in [
            (vec![("ip", "10.0.0")], "vm-data/ip"),
            (vec![("ip", "10.0.0.5")], "vm-data/ip"),
            (
                vec![("ip", "10.0.0.5"), ("netmask", "255.0.255.0")],
                "vm-data/ip",
            ),
            (vec![("ip", "10.0.0.5"), ("netmask", "33")], "vm-data/ip"),
            (
                vec![("ip", "10.0.0.5/0"), ("gateway", "10.0.0.1")],
                "vm-data/ip",
            ),
            (vec![("gateway", "10.0.0.1")], "vm-data/gateway"),
            (vec![("dns", "one")], "vm-data/dns"),
            (vec![("ntp", "a b/c")], "vm-data/ntp"),
            (vec![("hostname", "-x")], "vm-data/hostname"),
            (vec![("proxy", "proxy:3128")], "vm-data/proxy"),
            (vec![("nettmask", "x")], "vm-data/nettmask"),
            (vec![("admin-account", "x")], "vm-data/admin-account"),
            (
                vec![("admin-password-hash", "x")],
                "vm-data/admin-password-hash",
            ),
            (
                vec![("system-account-xoa-password", "x")],
                "vm-data/system-account-xoa-password",
            ),
        ] {
            let told = told(&pairs);
            assert!(
                told.problems.iter().any(|p| p.place == at),
                "{pairs:?}: {told:?}"
            );
            assert_eq!(told.settings.interface.addresses, [], "{pairs:?}");
        }
    }

    #[test]
    fn a_fixed_address_stays_when_only_its_gateway_is_wrong() {
        for gateway in ["fd00::1", "192.168.9.1", "10.0.1.1", "fe80::1"] {
            let told = told(&[("ip", "10.0.0.5/24"), ("gateway", gateway)]);
            assert_eq!(told.settings.interface.addresses.len(), 1);
            assert_eq!(told.settings.interface.gateways, [] as [IpAddr; 0]);
            assert_eq!(told.problems[0].place, "vm-data/gateway");
            assert!(told.problems[0].what.contains("network of 10.0.0.5/24"));
        }
        let by_its_link = told(&[("ip", "fd00::5/64"), ("gateway", "fe80::1")]);
        assert_eq!(by_its_link.problems, []);
    }

    #[test]
    fn the_administrator_is_taken_and_not_shown() {
        let told = told(&[("admin-account", "root"), ("admin-password", "s3cret pass")]);
        assert_eq!(told.administrator.as_ref().unwrap().password, "s3cret pass");
        assert!(!format!("{told:?}").contains("s3cret"));
    }

    proptest! {
        #[test]
        fn no_value_breaks_anything_or_shows_a_secret(
            key in prop::sample::select(&[
                "ip", "netmask", "gateway", "dns", "ntp", "hostname", "proxy", "admin-account", "admin-password", "x",
            ][..]),
            other in prop::sample::select(&["ip", "netmask", "admin-password"][..]),
            value in ".{0,80}",
            second in "\\PC{0,20}",
        ) {
            let told = told(&[(key, &value), (other, &second)]);
            if let Some(admin) = &told.administrator && admin.password.len() > 8 {
                for problem in &told.problems {
                    prop_assert!(!problem.to_string().contains(&admin.password));
                }
            }
            if !told.settings.interface.addresses.is_empty() {
                prop_assert!(told.settings.interface.addresses[0].prefix_len() > 0);
            }
        }

        #[test]
        fn every_valid_address_is_taken(ip: std::net::Ipv4Addr, prefix in 1_u8..=32) {
            let net = IpNet::new(ip.into(), prefix).unwrap();
            let mask = net.netmask().to_string();
            let told = told(&[("ip", &ip.to_string()), ("netmask", &mask), ("gateway", "10.0.0.1")]);
            prop_assert_eq!(told.settings.interface.addresses, vec![net]);
        }
    }
}
