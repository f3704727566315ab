//! Networks and interfaces.

use super::record;
use crate::{Id, Ref, StrMap, Word};

record! {
    /// A network.
    Network {
        uuid: Id = "uuid",
        name_label: Box<str> = "name_label",
        name_description: Word = "name_description",
        current_operations: StrMap = "current_operations",
        vifs: Box<[Ref]> = "VIFs",
        pifs: Box<[Ref]> = "PIFs",
        mtu: i64 = "MTU",
        other_config: StrMap = "other_config",
        bridge: Word = "bridge",
        managed: bool = "managed",
        tags: Box<[Word]> = "tags",
        default_locking_mode: Word = "default_locking_mode",
        purpose: Option<Box<[Word]>> = "purpose",
    }
}

record! {
    /// An interface of a host: physical, VLAN, bond or tunnel.
    Pif {
        uuid: Id = "uuid",
        device: Word = "device",
        network: Ref = "network",
        host: Ref = "host",
        mac: Word = "MAC",
        mtu: i64 = "MTU",
        vlan: i64 = "VLAN",
        metrics: Ref = "metrics",
        physical: bool = "physical",
        currently_attached: bool = "currently_attached",
        ip_configuration_mode: Word = "ip_configuration_mode",
        ip: Word = "IP",
        netmask: Word = "netmask",
        gateway: Word = "gateway",
        dns: Word = "DNS",
        bond_slave_of: Ref = "bond_slave_of",
        bond_master_of: Box<[Ref]> = "bond_master_of",
        vlan_master_of: Ref = "VLAN_master_of",
        vlan_slave_of: Box<[Ref]> = "VLAN_slave_of",
        tunnel_access_pif_of: Box<[Ref]> = "tunnel_access_PIF_of",
        management: bool = "management",
        disallow_unplug: bool = "disallow_unplug",
        ipv6_configuration_mode: Word = "ipv6_configuration_mode",
        ipv6: Box<[Word]> = "IPv6",
        ipv6_gateway: Word = "ipv6_gateway",
        primary_address_type: Word = "primary_address_type",
        managed: bool = "managed",
        other_config: StrMap = "other_config",
    }
}

record! {
    /// What is measured of a host's interface.
    PifMetrics {
        uuid: Id = "uuid",
        carrier: bool = "carrier",
        speed: i64 = "speed",
        device_name: Word = "device_name",
    }
}

record! {
    /// Interfaces joined into one.
    Bond {
        uuid: Id = "uuid",
        master: Ref = "master",
        slaves: Box<[Ref]> = "slaves",
        mode: Word = "mode",
    }
}

record! {
    /// An interface of a VM.
    Vif {
        uuid: Id = "uuid",
        device: Word = "device",
        network: Ref = "network",
        vm: Ref = "VM",
        mac: Box<str> = "MAC",
        mtu: i64 = "MTU",
        other_config: StrMap = "other_config",
        currently_attached: bool = "currently_attached",
        qos_algorithm_type: Word = "qos_algorithm_type",
        qos_algorithm_params: StrMap = "qos_algorithm_params",
        locking_mode: Word = "locking_mode",
        ipv4_allowed: Box<[Word]> = "ipv4_allowed",
        ipv6_allowed: Box<[Word]> = "ipv6_allowed",
    }
}
