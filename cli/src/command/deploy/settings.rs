//! What the appliance is told at its first boot: the keys of `vm-data` in XenStore.
//!
//! Invariant: what is written here is what the appliance would take; a typing error shows before anything is sent.

use std::collections::BTreeMap;
use std::net::IpAddr;

use ipnet::IpNet;

use crate::arguments::Deploy;
use crate::error::Error;

/// What the VM is told.
#[derive(Debug, Default, PartialEq)]
pub struct Settings {
    /// Keys without `vm-data/`, and their values.
    keys: BTreeMap<&'static str, String>,
    /// The address that it is to have; none means DHCP.
    pub fixed: Option<IpAddr>,
}

impl Settings {
    /// Reads and checks the options.
    pub fn of(deploy: &Deploy) -> Result<Self, Error> {
        let mut settings = Self::default();
        settings.network(deploy)?;
        let dns: Vec<String> = list(&deploy.dns)
            .map(|text| address("--dns", text).map(|ip| ip.to_string()))
            .collect::<Result<_, _>>()?;
        settings.put("dns", dns.join(","));
        let ntp: Vec<&str> = list(&deploy.ntp).collect();
        for server in &ntp {
            if !is_host_name(server) && server.parse::<IpAddr>().is_err() {
                return Err(wrong("--ntp", server, "a host name or an IP"));
            }
        }
        settings.put("ntp", ntp.join(","));
        if let Some(name) = &deploy.hostname {
            if !is_host_name(name) {
                let expected = "letters, digits, hyphens and dots";
                return Err(wrong("--hostname", name, expected));
            }
            settings.put("hostname", name.clone());
        }
        if let Some(url) = &deploy.proxy {
            if !is_proxy(url) {
                return Err(wrong("--proxy", url, "http://name:port"));
            }
            settings.put("proxy", url.clone());
        }
        Ok(settings)
    }

    fn network(&mut self, deploy: &Deploy) -> Result<(), Error> {
        let Some(ip) = &deploy.ip else {
            if deploy.gateway.is_some() || deploy.netmask.is_some() {
                return Err(Error::usage(
                    "--gateway and --netmask belong to a fixed address",
                    "give --ip too, or leave them out for DHCP",
                ));
            }
            return Ok(());
        };
        let (ip, prefix) = match ip.split_once('/') {
            Some((ip, prefix)) => (ip, Some(prefix)),
            None => (ip.as_str(), None),
        };
        let ip = address("--ip", ip)?;
        let length = match (prefix, &deploy.netmask) {
            (Some(_), Some(_)) => {
                return Err(Error::usage(
                    "the length of the prefix is given twice",
                    "give --ip 10.0.0.5/24 or --netmask 255.255.255.0",
                ));
            }
            (None, None) => {
                return Err(Error::usage(
                    "a fixed address needs the length of its prefix",
                    "write --ip 10.0.0.5/24",
                ));
            }
            (Some(prefix), None) => prefix_of(ip, prefix)?,
            (None, Some(mask)) => mask_of(ip, mask)?,
        };
        let net =
            IpNet::new(ip, length).map_err(|e| wrong("--ip", &ip.to_string(), &e.to_string()))?;
        self.put("ip", ip.to_string());
        self.put("netmask", mask_text(net));
        self.fixed = Some(ip);
        if let Some(gateway) = &deploy.gateway {
            let gateway = address("--gateway", gateway)?;
            let by_its_link = matches!(gateway, IpAddr::V6(v6) if v6.is_unicast_link_local());
            if gateway == ip || !(net.contains(&gateway) || by_its_link && ip.is_ipv6()) {
                let expected = format!("another machine's address in the network of {net}");
                return Err(wrong("--gateway", &gateway.to_string(), &expected));
            }
            self.put("gateway", gateway.to_string());
        }
        Ok(())
    }

    fn put(&mut self, key: &'static str, value: String) {
        if !value.is_empty() {
            self.keys.insert(key, value);
        }
    }

    /// As `VM.xenstore_data` wants them.
    pub fn entries(&self) -> impl Iterator<Item = (String, &str)> {
        self.keys
            .iter()
            .map(|(key, value)| (format!("vm-data/{key}"), value.as_str()))
    }
}

/// The parts between commas, of an option that may be given several times.
fn list(words: &[String]) -> impl Iterator<Item = &str> {
    words
        .iter()
        .flat_map(|word| word.split(','))
        .map(str::trim)
        .filter(|word| !word.is_empty())
}

fn address(option: &str, text: &str) -> Result<IpAddr, Error> {
    text.trim()
        .parse()
        .map_err(|_| wrong(option, text, "an IP address"))
}

/// The length that is behind the slash.
fn prefix_of(ip: IpAddr, text: &str) -> Result<u8, Error> {
    let most = if ip.is_ipv4() { 32 } else { 128 };
    text.parse()
        .ok()
        .filter(|length| (1..=most).contains(length))
        .ok_or_else(|| wrong("--ip", text, &format!("a prefix between 1 and {most}")))
}

/// The length that a mask of IPv4 means.
fn mask_of(ip: IpAddr, text: &str) -> Result<u8, Error> {
    let mask: Option<std::net::Ipv4Addr> = text.parse().ok().filter(|_| ip.is_ipv4());
    mask.and_then(|mask| ipnet::ipv4_mask_to_prefix(mask).ok())
        .filter(|length| *length > 0)
        .ok_or_else(|| wrong("--netmask", text, "a mask as 255.255.255.0"))
}

/// IPv4 masks are written in full, IPv6 ones as a number: what XOA's own keys take.
fn mask_text(net: IpNet) -> String {
    match net {
        IpNet::V4(net) => net.netmask().to_string(),
        IpNet::V6(net) => net.prefix_len().to_string(),
    }
}

fn is_host_name(name: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    name.len() <= 253 && name.split('.').all(is_label)
}

/// As it can stand in the appliance's environment file.
fn is_proxy(text: &str) -> bool {
    let is_plain = text
        .bytes()
        .all(|b| b.is_ascii_graphic() && !b"\"'\\$".contains(&b));
    is_plain
        && url::Url::parse(text)
            .is_ok_and(|u| matches!(u.scheme(), "http" | "https") && u.has_host())
}

fn wrong(option: &str, text: &str, expected: &str) -> Error {
    Error::usage(format!("{option} `{text}`: expected {expected}"), "")
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use proptest::prelude::*;

    use super::*;
    use crate::arguments::{Arguments, Command};

    fn read(options: &str) -> Result<Vec<(String, String)>, String> {
        let words = format!("xo-cli deploy --host pool {options} xoa.xva");
        let arguments = Arguments::try_parse_from(words.split_whitespace()).unwrap();
        let Command::Deploy(deploy) = arguments.command else {
            panic!("{words}")
        };
        let settings = Settings::of(&deploy).map_err(|e| e.to_string())?;
        Ok(settings
            .entries()
            .map(|(key, value)| (key, value.to_owned()))
            .collect())
    }

    #[test]
    fn without_settings_there_is_nothing_to_tell() {
        assert_eq!(read("").unwrap(), []);
    }

    #[test]
    fn a_fixed_address_is_told_with_its_mask() {
        let told =
            read("--ip 10.0.0.5/23 --gateway 10.0.0.1 --dns 1.1.1.1,9.9.9.9 --hostname xoa.lan")
                .unwrap();
        let told: Vec<_> = told.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        assert_eq!(
            told,
            [
                ("vm-data/dns", "1.1.1.1,9.9.9.9"),
                ("vm-data/gateway", "10.0.0.1"),
                ("vm-data/hostname", "xoa.lan"),
                ("vm-data/ip", "10.0.0.5"),
                ("vm-data/netmask", "255.255.254.0"),
            ]
        );
        let told = read("--ip fd00::5/64").unwrap();
        assert_eq!(told[1], ("vm-data/netmask".into(), "64".into()));
    }

    #[test]
    fn the_appliance_reads_what_is_told() {
        for (options, address) in [
            (
                "--ip 10.0.0.5/23 --gateway 10.0.0.1 --dns 1.1.1.1,9.9.9.9 --ntp ntp.lan,10.0.0.2",
                "10.0.0.5/23",
            ),
            (
                "--ip fd00::5/64 --gateway fd00::1 --hostname xoa.lan --proxy http://p:3128",
                "fd00::5/64",
            ),
            (
                "--ip 10.0.0.5 --netmask 255.255.0.0 --gateway 10.0.0.1",
                "10.0.0.5/16",
            ),
        ] {
            let keys = read(options).unwrap().into_iter();
            let keys =
                keys.map(|(key, value)| (key.trim_start_matches("vm-data/").to_owned(), value));
            let told = xo_firstboot::settings::VmData(keys.collect()).told();
            assert_eq!(told.problems, [], "{options}");
            let read = &told.settings.interface.addresses[0];
            assert_eq!(read.to_string(), address);
        }
    }

    #[test]
    fn what_the_appliance_would_not_take_is_refused_with_the_option() {
        for (options, said) in [
            ("--ip 10.0.0.5", "prefix"),
            ("--ip 10.0.0.5/33", "between 1 and 32"),
            ("--ip 10.0.0/24", "--ip"),
            ("--ip 10.0.0.5/24 --netmask 255.255.255.0", "twice"),
            ("--ip 10.0.0.5 --netmask 255.0.255.0", "--netmask"),
            ("--gateway 10.0.0.1", "--gateway"),
            ("--ip 10.0.0.5/24 --gateway fd00::1", "--gateway"),
            (
                "--ip 10.0.0.5/24 --gateway 192.168.9.1",
                "in the network of 10.0.0.5/24",
            ),
            ("--ip 10.0.0.5/24 --gateway 10.0.0.5", "another machine"),
            ("--ntp bad!host", "--ntp `bad!host`"),
            ("--proxy http://p:3128/$x", "--proxy"),
            ("--dns one", "--dns"),
            ("--hostname a_b", "--hostname"),
            ("--proxy proxy:3128", "--proxy"),
        ] {
            let error = read(options).unwrap_err();
            assert!(error.contains(said), "{options}: {error}");
        }
    }
    proptest! {
        #[test]
        fn what_is_taken_the_appliance_takes_too(
            (option, value) in prop::sample::select(&["--ntp", "--hostname", "--proxy", "--gateway"][..])
                .prop_flat_map(|option| {
                    let text = match option {
                        "--gateway" => "(10\\.0\\.[01]|192\\.168\\.0)\\.[1-7]|fe80::[1-7]",
                        "--proxy" => "https?://[a-z!$._@:\"/-]{0,8}",
                        _ => "[a-z0-9!._:-]{1,8}",
                    };
                    (Just(option), text)
                }),
        ) {
            let fixed = if option == "--gateway" { "--ip 10.0.0.5/24" } else { "" };
            if let Ok(keys) = read(&format!("{fixed} {option}={value}")) {
                let keys = keys.into_iter();
                let keys = keys.map(|(key, value)| (key.trim_start_matches("vm-data/").to_owned(), value));
                let told = xo_firstboot::settings::VmData(keys.collect()).told();
                prop_assert_eq!(told.problems, []);
            }
        }
    }
}
