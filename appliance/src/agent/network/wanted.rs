//! A network as somebody asks for it, checked as far as that can be done without trying. Pure.

use std::net::IpAddr;

use ipnet::IpNet;
use serde::Deserialize;
use xo_firstboot::settings::{Interface, is_host_name, is_in_reach, mac};

use crate::agent::protocol::Fault;

/// More are a mistake.
const MOST: usize = 8;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Mode {
    Dhcp,
    Static,
}

/// As it is asked for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Wanted {
    mode: Mode,
    #[serde(default)]
    addresses: Vec<String>,
    #[serde(default)]
    gateways: Vec<String>,
    #[serde(default)]
    dns: Vec<String>,
    #[serde(default)]
    search: Vec<String>,
    #[serde(default)]
    mac: Option<String>,
}

impl Wanted {
    /// What can be tried.
    pub(super) fn checked(self) -> Result<Interface, Fault> {
        for (field, list) in [
            ("addresses", &self.addresses),
            ("gateways", &self.gateways),
            ("dns", &self.dns),
            ("search", &self.search),
        ] {
            if list.len() > MOST {
                return Err(Fault::invalid(
                    field,
                    format!("has more than {MOST} entries"),
                ));
            }
        }
        let mut interface = Interface::default();
        if let Some(text) = &self.mac {
            let read =
                mac(text).ok_or_else(|| odd("mac", text, "a MAC address, 52:54:00:ab:cd:ef"))?;
            interface.mac = Some(read);
        }
        for text in &self.addresses {
            let address = address(text)?;
            if interface
                .addresses
                .iter()
                .any(|known| known.addr() == address.addr())
            {
                return Err(odd("addresses", text, "each address once"));
            }
            interface.addresses.push(address);
        }
        for text in &self.gateways {
            let gateway = gateway(text, &interface)?;
            interface.gateways.push(gateway);
        }
        for text in &self.dns {
            let server = plain_address("dns", text)?;
            interface.dns.push(server);
        }
        for text in &self.search {
            if !is_host_name(text) {
                return Err(odd("search", text, "a domain, lan.example.org"));
            }
            interface.search.push(text.to_ascii_lowercase());
        }
        match (self.mode, interface.addresses.is_empty()) {
            (Mode::Static, true) => Err(Fault::invalid(
                "addresses",
                "is empty: a static network needs one at least, 10.0.0.5/24",
            )),
            (Mode::Dhcp, false) => Err(Fault::invalid(
                "addresses",
                "does not go with DHCP, which brings its own: use `static`, or leave it out",
            )),
            (Mode::Dhcp, true) if !interface.gateways.is_empty() => Err(Fault::invalid(
                "gateways",
                "does not go with DHCP, which brings its own: leave it out",
            )),
            _ => Ok(interface),
        }
    }
}

fn odd(field: &str, given: &str, expected: &str) -> Fault {
    let given: String = given.chars().take(60).filter(|c| !c.is_control()).collect();
    Fault::invalid(field, format!("`{given}`: expected {expected}"))
}

/// With its prefix, and one that a machine can have.
fn address(text: &str) -> Result<IpNet, Fault> {
    const FIELD: &str = "addresses";
    let Ok(net) = text.trim().parse::<IpNet>() else {
        let expected = "an address with the length of its network, 10.0.0.5/24";
        return Err(odd(FIELD, text, expected));
    };
    let is_usable = is_usable(net.addr()) && net.prefix_len() > 0;
    if !is_usable {
        return Err(odd(FIELD, text, "an address that a machine can have"));
    }
    // In networks of two and of one (RFC 3021) every address is a machine's.
    if let IpNet::V4(net) = net
        && net.prefix_len() < 31
        && (net.addr() == net.network() || net.addr() == net.broadcast())
    {
        let expected = "a machine's address: this one is the network's own, or everybody's in it";
        return Err(odd(FIELD, text, expected));
    }
    Ok(net)
}

fn is_usable(address: IpAddr) -> bool {
    let is_broadcast = matches!(address, IpAddr::V4(v4) if v4.is_broadcast());
    !address.is_unspecified() && !address.is_loopback() && !address.is_multicast() && !is_broadcast
}

fn plain_address(field: &str, text: &str) -> Result<IpAddr, Fault> {
    let read = text.trim().parse::<IpAddr>().ok();
    read.filter(|address| is_usable(*address))
        .ok_or_else(|| odd(field, text, "the address of a machine, without a length"))
}

/// One of each kind, in reach of an address.
fn gateway(text: &str, interface: &Interface) -> Result<IpAddr, Fault> {
    const FIELD: &str = "gateways";
    let gateway = plain_address(FIELD, text)?;
    let of_kind = |address: IpAddr| address.is_ipv4() == gateway.is_ipv4();
    if interface.gateways.iter().any(|known| of_kind(*known)) {
        return Err(odd(
            FIELD,
            text,
            "one gateway for IPv4 and one for IPv6 at most",
        ));
    }
    if interface.addresses.iter().any(|net| net.addr() == gateway) {
        return Err(odd(FIELD, text, "another machine than this one"));
    }
    let in_reach = is_in_reach(gateway, &interface.addresses);
    // Without addresses the mode says what is wrong.
    if !in_reach && !interface.addresses.is_empty() {
        let nets: Vec<String> = interface
            .addresses
            .iter()
            .map(ToString::to_string)
            .collect();
        let expected = format!("one in the network of {}", nets.join(", "));
        return Err(odd(FIELD, text, &expected));
    }
    Ok(gateway)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn check(asked: Value) -> Result<Interface, Fault> {
        serde_json::from_value::<Wanted>(asked).unwrap().checked()
    }

    #[test]
    fn a_static_network_is_taken_whole() {
        let interface = check(json!({
            "mode": "static", "mac": "52:54:00:AB:CD:EF",
            "addresses": ["10.0.0.5/24", "fd00::5/64"], "gateways": ["10.0.0.1", "fe80::1"],
            "dns": ["10.0.0.2"], "search": ["LAN.example"],
        }))
        .unwrap();
        assert_eq!(interface.mac.as_deref(), Some("52:54:00:ab:cd:ef"));
        assert_eq!(interface.addresses.len(), 2);
        assert_eq!(
            interface.gateways,
            [
                "10.0.0.1".parse::<IpAddr>().unwrap(),
                "fe80::1".parse().unwrap()
            ]
        );
        assert_eq!(interface.search, ["lan.example"]);
    }

    #[test]
    fn dhcp_may_have_name_servers_of_its_own() {
        let interface = check(json!({ "mode": "dhcp", "dns": ["10.0.0.2"] })).unwrap();
        assert!(interface.addresses.is_empty());
        assert_eq!(interface.dns.len(), 1);
        let two_of_a_network_of_two = json!({ "mode": "static", "addresses": ["10.0.0.0/31"] });
        assert!(check(two_of_a_network_of_two).is_ok());
    }

    #[test]
    fn what_cannot_work_is_refused_with_its_field_and_value() {
        for (asked, field, word) in [
            (json!({ "mode": "static" }), "addresses", "10.0.0.5/24"),
            (
                json!({ "mode": "dhcp", "addresses": ["10.0.0.5/24"] }),
                "addresses",
                "DHCP",
            ),
            (
                json!({ "mode": "dhcp", "gateways": ["10.0.0.1"] }),
                "gateways",
                "DHCP",
            ),
            (
                json!({ "mode": "static", "addresses": ["10.0.0.5"] }),
                "addresses",
                "10.0.0.5`",
            ),
            (
                json!({ "mode": "static", "addresses": ["10.0.0.300/24"] }),
                "addresses",
                "300",
            ),
            (
                json!({ "mode": "static", "addresses": ["10.0.0.0/24"] }),
                "addresses",
                "network's",
            ),
            (
                json!({ "mode": "static", "addresses": ["10.0.0.255/24"] }),
                "addresses",
                "everybody",
            ),
            (
                json!({ "mode": "static", "addresses": ["127.0.0.1/8"] }),
                "addresses",
                "127",
            ),
            (
                json!({ "mode": "static", "addresses": ["224.0.0.1/24"] }),
                "addresses",
                "224",
            ),
            (
                json!({ "mode": "static", "addresses": ["::/64"] }),
                "addresses",
                "::",
            ),
            (
                json!({ "mode": "static", "addresses": ["10.0.0.5/24", "10.0.0.5/8"] }),
                "addresses",
                "once",
            ),
            (
                json!({ "mode": "static", "addresses": ["10.0.0.5/24"], "gateways": ["10.0.1.1"] }),
                "gateways",
                "10.0.0.5/24",
            ),
            (
                json!({ "mode": "static", "addresses": ["10.0.0.5/24"], "gateways": ["10.0.0.5"] }),
                "gateways",
                "another",
            ),
            (
                json!({ "mode": "static", "addresses": ["10.0.0.5/24"], "gateways": ["fe80::1"] }),
                "gateways",
                "fe80",
            ),
            (
                json!({ "mode": "static", "addresses": ["10.0.0.5/24"], "gateways": ["10.0.0.1", "10.0.0.2"] }),
                "gateways",
                "one gateway",
            ),
            (
                json!({ "mode": "dhcp", "dns": ["dns.example"] }),
                "dns",
                "dns.example",
            ),
            (
                json!({ "mode": "dhcp", "search": ["a b"] }),
                "search",
                "a b",
            ),
            (json!({ "mode": "dhcp", "mac": "52:54" }), "mac", "52:54"),
            (
                json!({ "mode": "dhcp", "dns": vec!["10.0.0.1"; 9] }),
                "dns",
                "more than 8",
            ),
        ] {
            let fault = check(asked.clone()).unwrap_err();
            assert_eq!(fault.field.as_deref(), Some(field), "{asked}: {fault}");
            assert!(fault.message.contains(word), "{asked}: {fault}");
        }
    }

    proptest! {
        /// Whatever is asked, each line of networkd's file is one that we wrote.
        #[test]
        fn nothing_that_is_taken_brings_lines_of_its_own(texts in proptest::collection::vec(".{0,20}|[a-z\n\\[\\]=]{0,20}|10\\.0\\.0\\.[0-9]{1,3}/[0-9]{1,2}", 0..5)) {
            let asked = json!({ "mode": "static", "addresses": ["10.0.0.5/24"], "search": texts, "dns": [] });
            if let Ok(interface) = check(asked) {
                let text = xo_firstboot::network::unit(&interface);
                let searches = text.lines().filter(|line| line.starts_with("Domains=")).count();
                prop_assert_eq!(searches, interface.search.len());
            }
            for text in texts {
                let asked = json!({ "mode": "static", "addresses": [text] });
                if let Ok(interface) = check(asked) {
                    prop_assert_eq!(interface.addresses.len(), 1);
                }
            }
        }
    }
}
