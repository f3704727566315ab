//! The addresses that a guest tells, in the several ways that its agents have done so.
//!
//! New agents write `<device>/ipv4/<n>` and `<device>/ipv6/<n>`, one address each. Old ones write `<device>/ip`, with several
//! addresses in one text; some write both, or all of them into `<device>/ipv4/0`.

use std::collections::BTreeMap;

use xapi_records::StrMap;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Family {
    V4,
    V6,
}

struct Key {
    device: u32,
    family: Option<Family>,
    index: Option<u32>,
}

/// Every address once, by `<device>/<ipv4|ipv6>/<n>`.
pub(super) fn normalised(networks: &StrMap) -> BTreeMap<String, &str> {
    let mut known: BTreeMap<(u32, Family, u32), &str> = BTreeMap::new();
    let mut loose: Vec<(u32, Family, &str)> = Vec::new();
    for (key, text) in networks.iter() {
        let Some(key) = parse(key) else { continue };
        let mut parts = text.split_whitespace();
        let (Some(first), rest) = (parts.next(), parts) else {
            continue;
        };
        let family = |address: &str| {
            key.family.unwrap_or(if address.contains(':') {
                Family::V6
            } else {
                Family::V4
            })
        };
        match key.index {
            Some(index) => {
                known.insert((key.device, family(first), index), first);
            }
            None => loose.push((key.device, family(first), first)),
        }
        loose.extend(rest.map(|address| (key.device, family(address), address)));
    }
    for (device, family, address) in loose {
        let mut same = known.range((device, family, 0)..=(device, family, u32::MAX));
        if same.any(|(_, known)| *known == address) {
            continue;
        }
        let free = (0..u32::MAX).find(|n| !known.contains_key(&(device, family, *n)));
        if let Some(index) = free {
            known.insert((device, family, index), address);
        }
    }
    let named = known.into_iter().map(|((device, family, index), address)| {
        let family = if family == Family::V4 { "ipv4" } else { "ipv6" };
        (format!("{device}/{family}/{index}"), address)
    });
    named.collect()
}

/// The first IPv4 address, else the first IPv6 one, by sorted key.
pub(super) fn main(networks: &StrMap) -> Option<&str> {
    let first = |wanted: Family| {
        networks.iter().find_map(|(key, text)| {
            let family = parse(key)?.family.unwrap_or(Family::V4);
            if family == wanted {
                text.split_whitespace().next()
            } else {
                None
            }
        })
    };
    first(Family::V4).or_else(|| first(Family::V6))
}

/// `None` for what tells no address.
fn parse(key: &str) -> Option<Key> {
    let mut parts = key.split('/');
    let device = parts.next()?.parse().ok()?;
    let family = match parts.next()? {
        "ip" => None,
        "ipv4" => Some(Family::V4),
        "ipv6" => Some(Family::V6),
        _ => return None,
    };
    let index = match (family, parts.next()) {
        (None, None) => None,
        (Some(_), Some(index)) => Some(index.parse().ok()?),
        _ => return None,
    };
    parts.next().is_none().then_some(Key {
        device,
        family,
        index,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(entries: &[(&str, &str)]) -> Vec<String> {
        let map: StrMap = entries.iter().copied().collect();
        normalised(&map)
            .into_iter()
            .map(|(key, address)| format!("{key}={address}"))
            .collect()
    }

    #[test]
    fn the_new_way_is_kept_as_it_is() {
        assert_eq!(
            shown(&[
                ("0/ipv4/0", "10.0.0.1"),
                ("0/ipv6/0", "fe80::1"),
                ("0/ipv6/1", "fd00::1")
            ]),
            ["0/ipv4/0=10.0.0.1", "0/ipv6/0=fe80::1", "0/ipv6/1=fd00::1"]
        );
    }

    #[test]
    fn the_old_way_is_merged_split_and_told_once() {
        assert_eq!(shown(&[("0/ip", "10.0.0.1")]), ["0/ipv4/0=10.0.0.1"]);
        assert_eq!(
            shown(&[("0/ip", "10.0.0.1"), ("0/ipv4/0", "10.0.0.1")]),
            ["0/ipv4/0=10.0.0.1"]
        );
        assert_eq!(
            shown(&[
                ("1/ip", "10.0.0.1 10.0.0.2\n"),
                ("1/ipv4/0", "10.0.0.1 10.0.0.2")
            ]),
            ["1/ipv4/0=10.0.0.1", "1/ipv4/1=10.0.0.2"]
        );
        assert_eq!(shown(&[("0/ip", "fe80::1")]), ["0/ipv6/0=fe80::1"]);
        assert_eq!(
            shown(&[("0/ip", "10.0.0.9"), ("0/ipv4/0", "10.0.0.1")]),
            ["0/ipv4/0=10.0.0.1", "0/ipv4/1=10.0.0.9"]
        );
    }

    #[test]
    fn what_is_no_address_is_left_out() {
        assert_eq!(
            shown(&[
                ("0/mac", "x"),
                ("a/ip", "y"),
                ("0/ip", " "),
                ("0/ip/0", "z")
            ]),
            [""; 0]
        );
    }

    #[test]
    fn the_main_address_is_ipv4_where_there_is_one() {
        let map = |entries: &[(&str, &str)]| entries.iter().copied().collect::<StrMap>();
        let both = map(&[
            ("0/ipv6/0", "fe80::1"),
            ("1/ipv4/0", "10.0.0.2"),
            ("1/ip", "10.0.0.2"),
        ]);
        assert_eq!(main(&both), Some("10.0.0.2"));
        assert_eq!(main(&map(&[("0/ipv6/0", "fe80::1")])), Some("fe80::1"));
        assert_eq!(main(&map(&[("0/name", "eth0")])), None);
    }

    proptest! {
        #[test]
        fn any_networks_are_normalised_to_distinct_addresses(
            entries in prop::collection::vec(("[0-2]/(ip|ipv4/[01]|ipv6/0|x)", "[12:]{1,2}( [12:]{1,2}){0,2}"), 0..6)
        ) {
            let map: StrMap = entries.into_iter().collect();
            let shown = normalised(&map);
            for (key, address) in &shown {
                prop_assert!(!address.contains(' '), "{} {}", key, address);
            }
        }
    }
}
