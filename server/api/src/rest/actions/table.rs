//! Every action: what it is called here, and which method of the engine does it.

use super::vm;
use super::{Definition, action};
use xo_engine::Answer;

pub(super) const ALL: &[Definition] = &[
    action("vms", "start", "start VM", "vm.start").names(&[("hostId", "host")]),
    action("vms", "clean_shutdown", "clean shutdown VM", "vm.stop"),
    action("vms", "hard_shutdown", "hard shutdown VM", "vm.stop").with(&["force"]),
    action("vms", "clean_reboot", "clean reboot VM", "vm.restart"),
    action("vms", "hard_reboot", "hard reboot VM", "vm.restart").with(&["force"]),
    action("vms", "pause", "pause VM", "vm.pause"),
    action("vms", "unpause", "unpause VM", "vm.resume"),
    action("vms", "suspend", "suspend VM", "vm.suspend"),
    action("vms", "resume", "resume VM", "vm.resume"),
    action("vms", "snapshot", "snapshot VM", "vm.snapshot")
        .names(&[
            ("name_label", "name"),
            ("name_description", "description"),
            ("saveMemory", "saveMemory"),
        ])
        .makes(Answer::Id),
    action("vms", "clone", "clone VM", "vm.clone")
        .by(vm::clone_fields, vm::clone)
        .makes(Answer::Id),
    action("vms", "migrate", "migrate VM", "vm.migrate")
        .id("vm")
        .names(&[
            ("hostId", "targetHost"),
            ("srId", "sr"),
            ("migrationNetworkId", "migrationNetwork"),
            ("srIdByVdiId", "mapVdisSrs"),
            ("networkIdByVifId", "mapVifsNetworks"),
        ]),
    action(
        "vms",
        "revert_snapshot",
        "revert VM to a snapshot",
        "vm.revert",
    )
    .by(vm::revert_fields, vm::revert),
    action(
        "vms",
        "convert_to_template",
        "convert VM to a template",
        "vm.convertToTemplate",
    ),
    action("vms", "insert_cd", "insert a CD", "vm.insertCd")
        .names(&[("vdiId", "cd_id"), ("force", "force")]),
    action("vms", "eject_cd", "eject the CD", "vm.ejectCd"),
    action("vms", "set_boot_order", "set boot order", "vm.setBootOrder")
        .id("vm")
        .names(&[("order", "order")]),
    action(
        "vm-snapshots",
        "copy_to_template",
        "make a template of a snapshot",
        "vm.copyToTemplate",
    ),
    action("hosts", "start", "start host", "host.start"),
    action(
        "hosts",
        "clean_shutdown",
        "clean shutdown host",
        "host.stop",
    )
    .names(&[
        ("bypassEvacuate", "bypassEvacuate"),
        ("bypassBackupCheck", "bypassBackupCheck"),
    ]),
    action("hosts", "clean_reboot", "clean reboot host", "host.restart").names(&[
        ("force", "force"),
        ("bypassBackupCheck", "bypassBackupCheck"),
        ("bypassVersionCheck", "bypassVersionCheck"),
    ]),
    action("hosts", "smart_reboot", "smart reboot host", "host.restart")
        .names(&[
            ("bypassBackupCheck", "bypassBackupCheck"),
            ("bypassVersionCheck", "bypassVersionCheck"),
            ("bypassBlockedSuspend", "bypassBlockedSuspend"),
            ("bypassCurrentVmCheck", "bypassCurrentVmCheck"),
        ])
        .with(&["suspendResidentVms"]),
    action(
        "hosts",
        "restart_toolstack",
        "restart toolstack",
        "host.restartAgent",
    )
    .names(&[("bypassBackupCheck", "bypassBackupCheck")]),
    action("hosts", "enable", "enable host", "host.enable"),
    action("hosts", "disable", "disable host", "host.disable")
        .by(vm::disable_fields, vm::disable_host),
    action(
        "hosts",
        "make_master",
        "make host the master of its pool",
        "pool.setPoolMaster",
    )
    .id("host"),
    action("hosts", "detach", "detach host", "host.detach"),
    action("hosts", "forget", "forget host", "host.forget"),
    action(
        "hosts",
        "emergency_shutdown",
        "emergency shutdown host",
        "host.emergencyShutdownHost",
    )
    .id("host"),
    action(
        "hosts",
        "management_reconfigure",
        "reconfigure management",
        "host.managementReconfigure",
    )
    .names(&[("pif", "pif")]),
    action("hosts", "scan_pifs", "scan PIFs", "host.scanPifs"),
    action("pools", "create_vm", "create VM", "vm.create")
        .by(vm::create_fields, vm::create)
        .makes(Answer::Id),
    action(
        "pools",
        "create_network",
        "create network",
        "network.create",
    )
    .id("pool")
    .names(&[
        ("name", "name"),
        ("description", "description"),
        ("mtu", "mtu"),
        ("nbd", "nbd"),
        ("pif", "pif"),
        ("vlan", "vlan"),
    ])
    .makes(Answer::Id),
    action(
        "pools",
        "create_internal_network",
        "create internal network",
        "network.create",
    )
    .id("pool")
    .names(&[
        ("name", "name"),
        ("description", "description"),
        ("mtu", "mtu"),
        ("nbd", "nbd"),
    ])
    .makes(Answer::Id),
    action(
        "pools",
        "create_bonded_network",
        "create bonded network",
        "network.createBonded",
    )
    .id("pool")
    .names(&[
        ("name", "name"),
        ("description", "description"),
        ("mtu", "mtu"),
        ("pifIds", "pifs"),
        ("bondMode", "bondMode"),
        ("nbd", "nbd"),
    ])
    .makes(Answer::Id),
    action(
        "pools",
        "management_reconfigure",
        "reconfigure management",
        "pool.managementReconfigure",
    )
    .names(&[("network", "network")]),
    action(
        "pools",
        "rolling_reboot",
        "rolling reboot of a pool",
        "pool.rollingReboot",
    )
    .id("pool")
    .names(&[("shutdownPinnedVms", "shutdownPinnedVms")]),
    action(
        "pools",
        "rolling_update",
        "rolling update of a pool",
        "pool.rollingUpdate",
    )
    .id("pool")
    .names(&[("shutdownPinnedVms", "shutdownPinnedVms")]),
    action("srs", "scan", "scan SR", "sr.scan"),
    action("srs", "forget", "forget SR", "sr.forget"),
    action(
        "srs",
        "connect",
        "connect SR on all hosts",
        "sr.connectAllPbds",
    ),
    action(
        "srs",
        "disconnect",
        "disconnect SR from all hosts",
        "sr.disconnectAllPbds",
    ),
    action(
        "srs",
        "make_default",
        "make SR the default of its pool",
        "pool.setDefaultSr",
    )
    .id("sr"),
    action(
        "srs",
        "reclaim_space",
        "reclaim space of SR",
        "sr.reclaimSpace",
    ),
    action("pbds", "plug", "plug PBD", "pbd.connect"),
    action("pbds", "unplug", "unplug PBD", "pbd.disconnect"),
    action("vbds", "connect", "connect VBD", "vbd.connect"),
    action("vbds", "disconnect", "disconnect VBD", "vbd.disconnect"),
    action("vifs", "connect", "connect VIF", "vif.connect"),
    action("vifs", "disconnect", "disconnect VIF", "vif.disconnect"),
    action("vdis", "migrate", "migrate VDI", "vdi.migrate")
        .names(&[("srId", "sr_id")])
        .makes(Answer::Value),
    action("servers", "connect", "connect server", "server.enable"),
    action(
        "servers",
        "disconnect",
        "disconnect server",
        "server.disable",
    ),
];
