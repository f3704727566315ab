//! The settings of the network in the words of systemd-networkd, resolved and timesyncd. Pure.

use std::fmt::Write;

use crate::settings::{Interface, Settings};

/// The interface: a `.network` file.
pub fn unit(interface: &Interface) -> String {
    let mut text = String::from("# Made at each boot from the appliance's settings.\n[Match]\n");
    match &interface.mac {
        Some(mac) => line(&mut text, "PermanentMACAddress", mac),
        // Whatever it is called: enX0 on Xen, enp1s0 in QEMU.
        None => text.push_str("Type=ether\nKind=!*\n"),
    }
    text.push_str("\n[Network]\n");
    let is_fixed = !interface.addresses.is_empty();
    line(&mut text, "DHCP", if is_fixed { "no" } else { "yes" });
    for gateway in &interface.gateways {
        line(&mut text, "Gateway", gateway);
    }
    for server in &interface.dns {
        line(&mut text, "DNS", server);
    }
    for domain in &interface.search {
        line(&mut text, "Domains", domain);
    }
    // A manager is called by its address: one that changes for privacy helps nobody.
    text.push_str("IPv6PrivacyExtensions=no\n");
    if is_fixed {
        text.push_str("IPv6AcceptRA=no\n");
        for address in &interface.addresses {
            text.push_str("\n[Address]\n");
            line(&mut text, "Address", address);
            // Somebody else may have the address: it is asked for before it is taken (RFC 5227, RFC 4862).
            text.push_str("DuplicateAddressDetection=both\n");
        }
    } else {
        text.push_str("IPv6AcceptRA=yes\n\n[DHCPv4]\n");
        text.push_str("ClientIdentifier=mac\nUseDomains=yes\nSendHostname=yes\n");
    }
    text
}

/// The time servers, when there are settings for them: a drop-in of timesyncd.
pub fn time_servers(settings: &Settings) -> Option<String> {
    (!settings.ntp.is_empty()).then(|| format!("[Time]\nNTP={}\n", settings.ntp.join(" ")))
}

/// The services' environment: proxy and time zone.
pub fn environment(settings: &Settings) -> String {
    let mut text = settings.proxy.as_ref().map_or_else(String::new, |proxy| {
        // A URL has no blanks, quotes or backslashes but in escapes, and none of them was let in.
        format!("HTTP_PROXY={proxy}\nHTTPS_PROXY={proxy}\nNO_PROXY=localhost,127.0.0.1,::1\n")
    });
    if let Some(zone) = &settings.timezone {
        line(&mut text, "TZ", zone);
    }
    text
}

fn line(text: &mut String, key: &str, value: impl std::fmt::Display) {
    let _ = writeln!(text, "{key}={value}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_settings_the_first_interface_asks_for_an_address() {
        let text = unit(&Interface::default());
        assert!(
            text.contains("\nType=ether\n") && text.contains("\nDHCP=yes\n"),
            "{text}"
        );
        assert!(!text.contains("Address="));
    }

    #[test]
    fn a_fixed_address_is_written_whole() {
        let interface = Interface {
            mac: Some("52:54:00:ab:cd:ef".into()),
            addresses: vec![
                "10.0.0.5/24".parse().unwrap(),
                "fd00::5/64".parse().unwrap(),
            ],
            gateways: vec!["10.0.0.1".parse().unwrap()],
            dns: vec!["10.0.0.2".parse().unwrap()],
            search: vec!["lan".into()],
        };
        let text = unit(&interface);
        for line in [
            "PermanentMACAddress=52:54:00:ab:cd:ef",
            "DHCP=no",
            "Address=10.0.0.5/24",
            "Address=fd00::5/64",
            "DuplicateAddressDetection=both",
            "Gateway=10.0.0.1",
            "DNS=10.0.0.2",
            "Domains=lan",
        ] {
            assert!(
                text.lines().any(|l| l == line),
                "{line} is missing:\n{text}"
            );
        }
    }
}
