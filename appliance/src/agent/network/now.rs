//! The network as it is, from `ip` and systemd-resolved.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::agent::Agent;

/// Interfaces, routes, name servers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::agent) struct Now {
    /// Wired ones.
    pub(in crate::agent) interfaces: Vec<Wired>,
    /// Where everything else goes.
    pub(in crate::agent) gateways: Vec<IpAddr>,
    /// Those in use.
    pub(in crate::agent) dns: Vec<IpAddr>,
}

/// An interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::agent) struct Wired {
    pub(in crate::agent) name: String,
    pub(in crate::agent) mac: String,
    /// There is a cable, and something at its end.
    pub(in crate::agent) is_up: bool,
    pub(in crate::agent) addresses: Vec<IpAddr>,
}

#[derive(Deserialize)]
struct Link {
    #[serde(default)]
    ifname: String,
    #[serde(default)]
    link_type: String,
    #[serde(default)]
    operstate: String,
    #[serde(default)]
    address: String,
    #[serde(default)]
    addr_info: Vec<Info>,
}

#[derive(Deserialize)]
struct Info {
    local: Option<IpAddr>,
    #[serde(default)]
    tentative: bool,
}

impl Now {
    /// Looks; what cannot be told is left out.
    pub(in crate::agent) fn look(agent: &Agent) -> Self {
        let links = agent.run("ip", &["-json", "address", "show"]);
        let mut gateways = Vec::new();
        for family in ["-4", "-6"] {
            let routes = agent.run("ip", &[family, "-json", "route", "show", "default"]);
            gateways.extend(routes.map(|text| gateways_of(&text)).unwrap_or_default());
        }
        gateways.sort_unstable();
        gateways.dedup();
        Self {
            interfaces: links.map(|text| interfaces_of(&text)).unwrap_or_default(),
            gateways,
            dns: name_servers(&agent.text("/run/systemd/resolve/resolv.conf")),
        }
    }

    /// Where a browser finds this machine, the addresses that others reach first.
    pub(in crate::agent) fn urls(&self) -> Vec<String> {
        let mut addresses: Vec<IpAddr> = self
            .interfaces
            .iter()
            .flat_map(|one| one.addresses.iter().copied())
            .collect();
        // A link-local one needs the asker's own interface in it: no browser takes that.
        addresses
            .retain(|address| !matches!(address, IpAddr::V6(v6) if v6.is_unicast_link_local()));
        addresses.sort_by_key(IpAddr::is_ipv6);
        addresses.into_iter().map(url).collect()
    }
}

pub(super) fn url(address: IpAddr) -> String {
    match address {
        IpAddr::V4(v4) => format!("https://{v4}/"),
        IpAddr::V6(v6) => format!("https://[{v6}]/"),
    }
}

fn interfaces_of(text: &str) -> Vec<Wired> {
    let links: Vec<Link> = serde_json::from_str(text).unwrap_or_default();
    let wired = links.into_iter().filter(|link| link.link_type == "ether");
    wired
        .map(|link| Wired {
            name: link.ifname,
            mac: link.address.to_ascii_lowercase(),
            is_up: link.operstate == "UP",
            addresses: link
                .addr_info
                .into_iter()
                // It is still being asked whether somebody has it.
                .filter(|info| !info.tentative)
                .filter_map(|info| info.local)
                .collect(),
        })
        .collect()
}

fn gateways_of(text: &str) -> Vec<IpAddr> {
    let routes: Vec<Value> = serde_json::from_str(text).unwrap_or_default();
    let gateways = routes
        .iter()
        .filter_map(|route| route.get("gateway")?.as_str()?.parse().ok());
    gateways.collect()
}

fn name_servers(text: &str) -> Vec<IpAddr> {
    let lines = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("nameserver"));
    // `fe80::1%eth0` names an interface of ours.
    lines
        .filter_map(|line| line.trim().split('%').next()?.parse().ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINKS: &str = r#"[
        {"ifname":"lo","link_type":"loopback","operstate":"UNKNOWN","address":"00:00:00:00:00:00","addr_info":[{"local":"127.0.0.1"}]},
        {"ifname":"enX0","link_type":"ether","operstate":"UP","address":"52:54:00:AB:CD:EF","addr_info":[
            {"family":"inet6","local":"fd00::5"},{"family":"inet6","local":"fe80::1"},
            {"family":"inet","local":"10.0.0.5"},{"family":"inet","local":"10.0.0.6","tentative":true}]}
    ]"#;

    #[test]
    fn wired_interfaces_are_told_with_addresses_that_are_theirs() {
        let interfaces = interfaces_of(LINKS);
        assert_eq!(interfaces.len(), 1);
        assert_eq!(interfaces[0].mac, "52:54:00:ab:cd:ef");
        assert!(interfaces[0].is_up);
        assert_eq!(interfaces[0].addresses.len(), 3);
        let now = Now {
            interfaces,
            ..Now::default()
        };
        assert_eq!(now.urls(), ["https://10.0.0.5/", "https://[fd00::5]/"]);
    }

    #[test]
    fn gateways_and_name_servers_are_read() {
        let text = r#"[{"dst":"default","gateway":"10.0.0.1","dev":"enX0"},{"dst":"default","dev":"tun0"}]"#;
        assert_eq!(gateways_of(text), ["10.0.0.1".parse::<IpAddr>().unwrap()]);
        let text = "# made by resolved\nnameserver 10.0.0.2\nnameserver fe80::1%enX0\nsearch lan\n";
        assert_eq!(name_servers(text).len(), 2);
    }

    #[test]
    fn what_is_not_json_tells_nothing() {
        assert!(interfaces_of("Object \"-json\" is unknown").is_empty());
        assert!(gateways_of("").is_empty());
    }
}
