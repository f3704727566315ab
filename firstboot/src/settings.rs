//! What the appliance is told about its place: name, network, time, proxy, first administrator.
//!
//! Invariant: what stands in [`Settings`] is valid. What was not is a problem beside it, and the default stands instead.

mod nocloud;
mod xenstore;

use std::net::IpAddr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::Problem;

pub use nocloud::ConfigDrive;
pub use xenstore::{SECRETS, VmData};

/// What is kept of it: the file `settings.json` of the appliance's state folder.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Settings {
    /// Name of the machine; nothing lets DHCP or the default decide.
    pub hostname: Option<String>,
    /// The interface that the appliance uses.
    pub interface: Interface,
    /// Time servers, names or addresses; none means the distribution's.
    pub ntp: Vec<String>,
    /// HTTP proxy on the way to the internet.
    pub proxy: Option<String>,
    /// Time zone by its name, as `Europe/Paris`; nothing means UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
}

/// An interface and its addresses.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Interface {
    /// MAC address in lower case with colons; nothing means the first wired one.
    pub mac: Option<String>,
    /// Fixed addresses with their prefixes; none means DHCP.
    pub addresses: Vec<IpNet>,
    /// Where everything else goes, one of each kind at most.
    pub gateways: Vec<IpAddr>,
    /// Name servers; with DHCP, besides those that it tells.
    pub dns: Vec<IpAddr>,
    /// Domains that short names are looked up in.
    pub search: Vec<String>,
}

/// The first administrator. It is not kept longer than until it is made.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Administrator {
    /// User name.
    pub account: String,
    /// Password.
    pub password: String,
}

impl std::fmt::Debug for Administrator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Administrator({})", self.account)
    }
}

/// What a source told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    /// The valid part.
    pub settings: Settings,
    /// The first administrator, if there is to be one.
    pub administrator: Option<Administrator>,
    /// The rest.
    pub problems: Vec<Problem>,
}

impl Told {
    fn problem(&mut self, place: impl Into<String>, what: impl Into<String>, therefore: &str) {
        self.problems.push(Problem::new(place, what, therefore));
    }

    /// Takes what is valid of a list between commas or blanks.
    fn list<T>(
        &mut self,
        place: &str,
        text: &str,
        expected: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Vec<T> {
        let mut taken = Vec::new();
        for word in text.split([',', ' ', '\n', '\t']).filter(|w| !w.is_empty()) {
            match read(word) {
                Some(value) => taken.push(value),
                None => self.problem(
                    place,
                    format!("`{}`: expected {expected}", short(word)),
                    "it is left out",
                ),
            }
        }
        taken
    }

    fn take_hostname(&mut self, place: &str, text: &str) {
        if is_host_name(text) {
            self.settings.hostname = Some(text.to_ascii_lowercase());
        } else {
            self.problem(
                place,
                format!(
                    "`{}`: expected letters, digits, hyphens and dots",
                    short(text)
                ),
                "the default name is used",
            );
        }
    }

    fn take_proxy(&mut self, place: &str, text: &str) {
        if is_proxy(text) {
            self.settings.proxy = Some(text.to_owned());
        } else {
            self.problem(place, "expected http://name:port", "no proxy is used");
        }
    }
}

/// `http://name:port`, as it can stand in an environment file.
pub fn is_proxy(text: &str) -> bool {
    let is_plain = text
        .bytes()
        .all(|b| b.is_ascii_graphic() && !b"\"'\\$".contains(&b));
    is_plain
        && url::Url::parse(text)
            .is_ok_and(|u| matches!(u.scheme(), "http" | "https") && u.has_host())
}

/// The name of a time zone, by its letters: `Europe/Paris`, `Etc/GMT+3`.
pub fn is_time_zone(name: &str) -> bool {
    let is_part = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphabetic())
            && part
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"+-_".contains(&b))
    };
    name.len() <= 64 && name.split('/').all(is_part)
}

/// A name as DNS has them.
pub fn is_host_name(name: &str) -> bool {
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

/// Whether a gateway is in the network of one of the addresses; one of IPv6 may be known by its own link only.
pub fn is_in_reach(gateway: IpAddr, addresses: &[IpNet]) -> bool {
    let is_link_local = matches!(gateway, IpAddr::V6(v6) if v6.is_unicast_link_local());
    addresses
        .iter()
        .any(|net| net.contains(&gateway) || is_link_local && net.addr().is_ipv6())
}

/// A name or an address of a server.
pub fn server(text: &str) -> Option<String> {
    (is_host_name(text) || text.parse::<IpAddr>().is_ok()).then(|| text.to_owned())
}

/// A MAC address, in lower case.
pub fn mac(text: &str) -> Option<String> {
    let text = text.to_ascii_lowercase();
    let is_pair = |pair: &str| pair.len() == 2 && pair.bytes().all(|b| b.is_ascii_hexdigit());
    let pairs: Vec<&str> = text.split(':').collect();
    (pairs.len() == 6 && pairs.into_iter().all(is_pair)).then_some(text)
}

/// Enough of a text to find it again on one line of a screen.
fn short(text: &str) -> String {
    let printable = text.chars().map(|c| if c.is_control() { '?' } else { c });
    let taken: String = printable.take(40).collect();
    if taken.len() < text.len() && text.chars().count() > 40 {
        format!("{taken}…")
    } else {
        taken
    }
}
