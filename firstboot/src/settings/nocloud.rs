//! A NoCloud config drive: a small disk labelled `cidata` with the files `meta-data`, `network-config` (version 2) and `user-data`.
//!
//! Of `user-data` only our own section counts: `xoa: {hostname, ntp, proxy, admin: {account, password}}`.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::Path;

use ipnet::IpNet;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{Administrator, Interface, Told, is_in_reach, mac, server, short};

/// The longest file that is read, in bytes.
const MOST: u64 = 256 * 1024;

/// The texts of the files that are there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConfigDrive {
    /// `meta-data`
    pub meta_data: Option<String>,
    /// `network-config`
    pub network_config: Option<String>,
    /// `user-data`
    pub user_data: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct MetaData {
    local_hostname: Option<String>,
    hostname: Option<String>,
}

/// Keys of our section, and of its first administrator.
const SECTION: [&str; 4] = ["hostname", "ntp", "proxy", "admin"];
const ADMIN: [&str; 2] = ["account", "password"];

/// Our section seen as `T`: each field is read by itself, so that one that is wrong costs no other.
#[derive(Deserialize)]
struct UserData<T> {
    xoa: Option<T>,
}

type Keys = BTreeMap<String, IgnoredAny>;

#[derive(Deserialize)]
struct Hostname {
    hostname: Option<String>,
}

#[derive(Deserialize)]
struct Ntp {
    #[serde(default)]
    ntp: Vec<String>,
}

#[derive(Deserialize)]
struct Proxy {
    proxy: Option<String>,
}

#[derive(Deserialize)]
struct AdminKeys {
    admin: Option<Keys>,
}

#[derive(Deserialize)]
struct Admin {
    admin: Option<Account>,
}

#[derive(Deserialize)]
struct Account {
    account: Option<String>,
    password: String,
}

/// Netplan's form. `network:` around it is taken too.
#[derive(Deserialize)]
struct NetworkConfig {
    network: Option<Box<Self>>,
    version: Option<u32>,
    #[serde(default)]
    ethernets: BTreeMap<String, Ethernet>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Ethernet {
    r#match: Match,
    addresses: Vec<String>,
    gateway4: Option<String>,
    gateway6: Option<String>,
    routes: Vec<Route>,
    nameservers: NameServers,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Match {
    macaddress: Option<String>,
}

#[derive(Deserialize)]
struct Route {
    to: String,
    via: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct NameServers {
    addresses: Vec<String>,
    search: Vec<String>,
}

impl ConfigDrive {
    /// Reads the files of a folder; `None` when none of them is there.
    ///
    /// # Errors
    /// What the system says, with the name of the file.
    pub fn read(folder: &Path) -> std::io::Result<Option<Self>> {
        let text = |name: &str| {
            let path = folder.join(name);
            let whole = match std::fs::metadata(&path) {
                Ok(found) if found.len() > MOST => Err(std::io::Error::other(format!(
                    "longer than {} KiB",
                    MOST / 1024
                ))),
                Ok(_) => std::fs::read_to_string(&path).map(Some),
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
                Err(e) => Err(e),
            };
            whole.map_err(|e| std::io::Error::new(e.kind(), format!("{name}: {e}")))
        };
        let drive = Self {
            meta_data: text("meta-data")?,
            network_config: text("network-config")?,
            user_data: text("user-data")?,
        };
        Ok((drive != Self::default()).then_some(drive))
    }

    /// What it means.
    pub fn told(&self) -> Told {
        let mut told = Told::default();
        if let Some(data) = parsed::<MetaData>(&mut told, "meta-data", self.meta_data.as_deref())
            && let Some(name) = data.local_hostname.or(data.hostname)
        {
            told.take_hostname("meta-data: local-hostname", &name);
        }
        let config = self.network_config.as_deref();
        if let Some(config) = parsed::<NetworkConfig>(&mut told, "network-config", config) {
            network(&mut told, config);
        }
        // A shell script or another format of user-data is not for us.
        let user_data = self
            .user_data
            .as_deref()
            .filter(|text| text.trim_start().starts_with("#cloud-config"));
        if let Some(data) = parsed::<UserData<Keys>>(&mut told, "user-data", user_data)
            && let (Some(keys), Some(text)) = (data.xoa, user_data)
        {
            tell_unknown(&mut told, OURS, &keys, &SECTION);
            take_section(&mut told, text);
        }
        told
    }
}

fn parsed<T: for<'de> Deserialize<'de>>(
    told: &mut Told,
    place: &str,
    text: Option<&str>,
) -> Option<T> {
    let text = text.filter(|text| !text.trim().is_empty())?;
    match serde_saphyr::from_str(text) {
        Ok(value) => Some(value),
        Err(error) => {
            let what = format!("malformed YAML, or not the expected form{}", at(&error));
            told.problem(place, what, "the file is left out");
            None
        }
    }
}

/// Only where: the text around it may hold a password.
fn at(error: &serde_saphyr::Error) -> String {
    let at = error.location();
    at.map(|l| format!(" in line {}, column {}", l.line(), l.column()))
        .unwrap_or_default()
}

/// Where our section is.
const OURS: &str = "user-data: xoa";

fn tell_unknown(told: &mut Told, place: &str, keys: &Keys, known: &[&str]) {
    for key in keys.keys().filter(|key| !known.contains(&key.as_str())) {
        told.problem(
            format!("{place}.{}", short(key)),
            format!("unknown; known are {}", known.join(", ")),
            "it is left out",
        );
    }
}

/// One field of our section.
fn field<T: for<'de> Deserialize<'de>>(
    told: &mut Told,
    text: &str,
    key: &str,
    expected: &str,
) -> Option<T> {
    match serde_saphyr::from_str::<UserData<T>>(text) {
        Ok(data) => data.xoa,
        Err(error) => {
            let what = format!("expected {expected}{}", at(&error));
            told.problem(format!("{OURS}.{key}"), what, "it is left out");
            None
        }
    }
}

fn take_section(told: &mut Told, text: &str) {
    let found: Option<Hostname> = field(told, text, "hostname", "a name");
    if let Some(name) = found.and_then(|found| found.hostname) {
        told.take_hostname("user-data: xoa.hostname", &name);
    }
    let found: Option<Ntp> = field(told, text, "ntp", "a list, as [ntp.lan]");
    let ntp = found.map(|found| found.ntp.join(",")).unwrap_or_default();
    told.settings.ntp = told.list("user-data: xoa.ntp", &ntp, "a host name or an IP", server);
    let found: Option<Proxy> = field(told, text, "proxy", "http://name:port");
    if let Some(proxy) = found.and_then(|found| found.proxy) {
        told.take_proxy("user-data: xoa.proxy", &proxy);
    }
    let expected = "a `password`, and an `account` if it is not to be admin";
    let found: Option<AdminKeys> = field(told, text, "admin", expected);
    let Some(keys) = found.and_then(|found| found.admin) else {
        return;
    };
    tell_unknown(told, "user-data: xoa.admin", &keys, &ADMIN);
    let found: Option<Admin> = field(told, text, "admin", expected);
    let admin = found.and_then(|found| found.admin);
    told.administrator = admin.map(|admin| Administrator {
        account: admin.account.unwrap_or_else(|| "admin".into()),
        password: admin.password,
    });
}

fn network(told: &mut Told, config: NetworkConfig) {
    let place = "network-config";
    let config = match config.network {
        Some(inner) => *inner,
        None => config,
    };
    if config.version != Some(2) {
        told.problem(place, "expected `version: 2`", "DHCP is used instead");
        return;
    }
    let count = config.ethernets.len();
    let Some((name, ethernet)) = config.ethernets.into_iter().next() else {
        told.problem(
            place,
            "there is nothing under `ethernets`",
            "DHCP is used instead",
        );
        return;
    };
    if count > 1 {
        told.problem(
            place,
            format!("{count} interfaces; the appliance uses one"),
            &format!("only `{}` is set up", short(&name)),
        );
    }
    told.settings.interface = interface(told, &format!("{place}: {}", short(&name)), ethernet);
}

fn interface(told: &mut Told, place: &str, ethernet: Ethernet) -> Interface {
    let mut made = Interface {
        mac: ethernet.r#match.macaddress.as_deref().and_then(mac),
        ..Interface::default()
    };
    if made.mac.is_none() && ethernet.r#match.macaddress.is_some() {
        told.problem(
            format!("{place}.match.macaddress"),
            "expected six pairs of hexadecimal digits",
            "the first interface is used",
        );
    }
    let addresses = ethernet.addresses.join(",");
    made.addresses = told.list(
        &format!("{place}.addresses"),
        &addresses,
        "an address with its prefix, as 10.0.0.5/24",
        |word| {
            word.parse::<IpNet>()
                .ok()
                .filter(|net| net.prefix_len() > 0)
        },
    );
    let defaults = ethernet.routes.into_iter().filter_map(|route| {
        let is_default = matches!(route.to.as_str(), "default" | "0.0.0.0/0" | "::/0");
        is_default.then_some(route.via).flatten()
    });
    let gateways: Vec<String> = [ethernet.gateway4, ethernet.gateway6]
        .into_iter()
        .flatten()
        .chain(defaults)
        .collect();
    let mut gateways = told.list(
        &format!("{place}: gateway"),
        &gateways.join(","),
        "an IP address",
        |word| word.parse::<IpAddr>().ok(),
    );
    gateways.sort_by_key(IpAddr::is_ipv6);
    // With DHCP a gateway of one's own has no meaning.
    for gateway in gateways.into_iter().filter(|_| !made.addresses.is_empty()) {
        if !is_in_reach(gateway, &made.addresses) {
            told.problem(
                format!("{place}: gateway"),
                format!("`{gateway}`: expected one in the network of an address"),
                "it is left out",
            );
        } else if made
            .gateways
            .iter()
            .all(|g| g.is_ipv4() != gateway.is_ipv4())
        {
            made.gateways.push(gateway);
        }
    }
    made.dns = told.list(
        &format!("{place}.nameservers.addresses"),
        &ethernet.nameservers.addresses.join(","),
        "an IP address",
        |word| word.parse().ok(),
    );
    made.search = told.list(
        &format!("{place}.nameservers.search"),
        &ethernet.nameservers.search.join(","),
        "a domain",
        |word| super::is_host_name(word).then(|| word.to_owned()),
    );
    made
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn network_told(text: &str) -> Told {
        ConfigDrive {
            network_config: Some(text.into()),
            ..ConfigDrive::default()
        }
        .told()
    }

    const FIXED: &str = "
version: 2
ethernets:
  nic0:
    match: {macaddress: '52:54:00:AB:cd:ef'}
    dhcp4: false
    addresses: [10.0.0.5/24, 'fd00::5/64']
    routes: [{to: default, via: 10.0.0.1}, {to: 10.9.0.0/16, via: 10.0.0.9}]
    gateway6: 'fd00::1'
    nameservers: {addresses: [10.0.0.2], search: [lan]}
";

    #[test]
    fn a_network_config_is_taken() {
        for text in [
            FIXED.to_owned(),
            format!("network:\n{}", FIXED.replace('\n', "\n  ")),
        ] {
            let told = network_told(&text);
            assert_eq!(told.problems, []);
            let interface = told.settings.interface;
            assert_eq!(interface.mac.unwrap(), "52:54:00:ab:cd:ef");
            assert_eq!(interface.addresses.len(), 2);
            let gateways: Vec<_> = interface.gateways.iter().map(ToString::to_string).collect();
            assert_eq!(gateways, ["10.0.0.1", "fd00::1"]);
            assert_eq!(interface.search, ["lan"]);
        }
    }

    #[test]
    fn a_gateway_out_of_reach_is_named_and_left_out() {
        let text = FIXED.replace("via: 10.0.0.1", "via: 192.168.9.1");
        let told = network_told(&text);
        let gateways: Vec<_> = told.settings.interface.gateways.iter().collect();
        assert_eq!(gateways, [&"fd00::1".parse::<IpAddr>().unwrap()]);
        assert!(told.problems[0].to_string().contains("`192.168.9.1`"));
    }

    #[test]
    fn our_section_and_the_name_are_taken() {
        let drive = ConfigDrive {
            meta_data: Some("instance-id: x\nlocal-hostname: XOA1\n".into()),
            user_data: Some(
                "#cloud-config\npackages: [x]\nxoa:\n  ntp: [ntp.lan]\n  admin: {password: 's3cret'}\n".into(),
            ),
            network_config: None,
        };
        let told = drive.told();
        assert_eq!(told.problems, []);
        assert_eq!(told.settings.hostname.as_deref(), Some("xoa1"));
        assert_eq!(told.settings.ntp, ["ntp.lan"]);
        assert_eq!(told.administrator.unwrap().account, "admin");
    }

    #[test]
    fn what_is_malformed_is_named_without_its_content() {
        for (text, said) in [
            ("version: 1\nconfig: []\n", "version: 2"),
            ("version: 2\n", "ethernets"),
            ("version: [", "malformed YAML"),
            (
                "version: 2\nethernets: {a: {addresses: [10.0.0.5]}}",
                "10.0.0.5/24",
            ),
            ("version: 2\nethernets: {a: {}, b: {}}", "2 interfaces"),
        ] {
            let told = network_told(text);
            let words = told.problems[0].to_string();
            assert!(words.contains(said), "{text}: {words}");
            assert_eq!(told.settings.interface.addresses, []);
        }
        let drive = ConfigDrive {
            user_data: Some("#cloud-config\nxoa:\n  admin: {passwort: s3cret}\n".into()),
            ..ConfigDrive::default()
        };
        let told = drive.told();
        let places: Vec<_> = told.problems.iter().map(|p| p.place.as_str()).collect();
        assert_eq!(
            places,
            ["user-data: xoa.admin.passwort", "user-data: xoa.admin"]
        );
        assert!(!format!("{told:?}").contains("s3cret"));
    }

    #[test]
    fn a_wrong_key_of_our_section_is_named_and_the_others_are_taken() {
        let told = |wrong: &str| {
            let right = "  hostname: xoa1\n  admin: {account: 007, password: 0123456789}\n";
            let user_data = format!("#cloud-config\nxoa:\n{right}  {wrong}\n");
            ConfigDrive {
                user_data: Some(user_data),
                ..ConfigDrive::default()
            }
            .told()
        };
        for (wrong, place, what) in [
            (
                "proxxy: http://p:3128",
                "xoa.proxxy",
                "known are hostname, ntp",
            ),
            (
                "proxy: [http://p:3128]",
                "xoa.proxy",
                "expected http://name:port in line 5",
            ),
            (
                "ntp: {a: b}",
                "xoa.ntp",
                "expected a list, as [ntp.lan] in line 5",
            ),
        ] {
            let told = told(wrong);
            assert_eq!(told.problems.len(), 1, "{told:?}");
            assert_eq!(told.problems[0].place, format!("user-data: {place}"));
            assert!(told.problems[0].what.contains(what), "{told:?}");
            assert_eq!(told.settings.hostname.as_deref(), Some("xoa1"));
            let admin = told.administrator.unwrap();
            assert_eq!((&*admin.account, &*admin.password), ("007", "0123456789"));
        }
    }

    #[test]
    fn a_script_as_user_data_is_not_for_us() {
        let drive = ConfigDrive {
            user_data: Some("#!/bin/sh\necho {\n".into()),
            ..ConfigDrive::default()
        };
        assert_eq!(drive.told(), Told::default());
    }

    proptest! {
        #[test]
        fn no_text_breaks_anything(text in "\\PC{0,200}", lines in prop::collection::vec("[a-z:{}\\[\\]\\- &*!|>0-9]{0,20}", 0..12)) {
            for text in [text, lines.join("\n")] {
                let _ = ConfigDrive {
                    meta_data: Some(text.clone()),
                    network_config: Some(text.clone()),
                    user_data: Some(format!("#cloud-config\n{text}")),
                }.told();
            }
        }
    }
}
