//! What `host.call_plugin` answers (reference: wire facts, section 8; simulator, section 6).
//!
//! Owns the state that plugins change: which hosts were updated, volume groups, stopped services. Answers are text,
//! JSON where the reference says so. A plugin that XCP-ng does not have fails as on a host without it.

mod hardware;
mod storage;
mod updater;

use std::collections::{HashMap, HashSet};

use parking_lot::Mutex;
use serde_json::{Value as Json, json};

use crate::db::Db;
use crate::failure::Failure;
use crate::value::{Text, Value};

/// The plugins of all hosts of a lab.
#[derive(Debug, Default)]
pub struct Plugins {
    state: Mutex<State>,
}

/// What plugins change, by the uuid of the host.
#[derive(Debug, Default)]
struct State {
    updated: HashSet<Text>,
    proxies: HashMap<Text, String>,
    volume_groups: HashMap<Text, Vec<String>>,
    stopped: HashSet<(Text, String)>,
}

/// One call.
struct Request<'a> {
    db: &'a Db,
    host: &'a str,
    uuid: Text,
    function: &'a str,
    args: &'a Value,
}

impl Request<'_> {
    /// An argument, empty when absent.
    fn arg(&self, name: &str) -> &str {
        self.args.entry(name).map_or("", Value::as_str)
    }

    /// The names in an argument, between white space or commas.
    fn names(&self, name: &str) -> Vec<String> {
        self.arg(name)
            .split(|c: char| c.is_whitespace() || c == ',')
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect()
    }

    fn unknown_function(&self) -> Failure {
        Failure::new("UNKNOWN_XENAPI_PLUGIN_FUNCTION", [self.function])
    }

    /// A number that follows from the host and this word.
    fn number(&self, word: &str) -> u64 {
        fingerprint(&[&self.uuid, word])
    }
}

/// A stable number from some words (FNV-1a).
pub(crate) fn fingerprint(words: &[&str]) -> u64 {
    let bytes = words.iter().flat_map(|word| word.bytes().chain([0xff]));
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    // FNV alone leaves neighbours alike in their high bits.
    let mixed = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    mixed ^ (mixed >> 33)
}

impl Plugins {
    /// Answers a call.
    ///
    /// # Errors
    /// `XENAPI_MISSING_PLUGIN [name]`, `UNKNOWN_XENAPI_PLUGIN_FUNCTION [fn]`, or the plugin's own failure with code `-1`.
    pub fn call(
        &self,
        db: &Db,
        host: &str,
        plugin: &str,
        function: &str,
        args: &Value,
    ) -> Result<String, Failure> {
        let request = Request {
            db,
            host,
            uuid: db.text(host, "uuid"),
            function,
            args,
        };
        let state = &mut self.state.lock();
        match plugin {
            "updater.py" => updater::call(state, &request),
            "smartctl.py" => hardware::smartctl(&request),
            "raid.py" => hardware::raid(&request),
            "lsblk.py" => hardware::lsblk(&request),
            "ipmitool.py" => hardware::ipmitool(&request),
            "hyperthreading.py" => hardware::hyperthreading(&request),
            "zfs.py" => storage::zfs(&request),
            "lvm.py" => storage::lvm(state, &request),
            "service.py" => service(state, &request),
            _ => Err(Failure::new("XENAPI_MISSING_PLUGIN", [plugin])),
        }
    }
}

/// A failure of the plugin itself, as XCP-ng's plugins wrap it.
fn plugin_failure(message: &str) -> Failure {
    Failure::new("-1", [message, "", ""])
}

fn text(json: &Json) -> String {
    json.to_string()
}

/// Services that a host may be asked to handle.
const SERVICES: [&str; 6] = [
    "linstor-satellite",
    "multipathd",
    "sshd",
    "snmpd",
    "xapi",
    "netdata",
];

fn service(state: &mut State, request: &Request<'_>) -> Result<String, Failure> {
    let name = request.arg("service");
    let stop = match request.function {
        "start_service" | "restart_service" | "try_restart_service" => false,
        "stop_service" => true,
        _ => return Err(request.unknown_function()),
    };
    if !SERVICES.contains(&name.trim_end_matches(".service")) {
        return Err(plugin_failure(&format!("Unit {name} not found.")));
    }
    let key = (Text::clone(&request.uuid), name.to_owned());
    if stop {
        state.stopped.insert(key);
    } else if request.function != "try_restart_service" {
        state.stopped.remove(&key);
    }
    Ok(text(&json!(true)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::Ids;

    struct Site {
        db: Db,
        host: Text,
        plugins: Plugins,
    }

    impl Site {
        fn new() -> Self {
            let mut db = Db::new(Ids::new(1));
            let cpus = Value::string_map([("threads_per_core", "2")]);
            let host = db.create("host", [("cpu_info", cpus)]);
            Self {
                db,
                host,
                plugins: Plugins::default(),
            }
        }

        fn call(
            &self,
            plugin: &str,
            function: &str,
            args: &[(&str, &str)],
        ) -> Result<String, Failure> {
            let args = Value::string_map(args.iter().copied());
            self.plugins
                .call(&self.db, &self.host, plugin, function, &args)
        }

        fn json(&self, plugin: &str, function: &str, args: &[(&str, &str)]) -> Json {
            serde_json::from_str(&self.call(plugin, function, args).unwrap()).unwrap()
        }
    }

    #[test]
    fn what_a_host_does_not_have_is_missing() {
        let site = Site::new();
        let missing = site
            .call("linstor-manager", "healthCheck", &[])
            .unwrap_err();
        assert_eq!(
            missing,
            Failure::new("XENAPI_MISSING_PLUGIN", ["linstor-manager"])
        );
        for plugin in [
            "updater.py",
            "smartctl.py",
            "raid.py",
            "lsblk.py",
            "ipmitool.py",
            "hyperthreading.py",
            "zfs.py",
            "lvm.py",
            "service.py",
        ] {
            let unknown = site.call(plugin, "fly", &[]).unwrap_err();
            assert_eq!(
                unknown,
                Failure::new("UNKNOWN_XENAPI_PLUGIN_FUNCTION", ["fly"]),
                "{plugin}"
            );
        }
    }

    #[test]
    fn updates_wait_until_they_are_installed() {
        let site = Site::new();
        let waiting = site.json("updater.py", "check_update", &[]);
        let first = &waiting[0];
        for key in [
            "name",
            "version",
            "release",
            "description",
            "changelog",
            "url",
            "size",
            "license",
        ] {
            assert!(!first[key].is_null(), "{key}: {first}");
        }
        let name = first["name"].as_str().unwrap();
        let version = |site: &Site| {
            let installed = site.json(
                "updater.py",
                "query_installed",
                &[("packages", &format!("{name} none"))],
            );
            assert_eq!(installed["none"], "");
            installed[name].as_str().unwrap().to_owned()
        };
        let before = version(&site);
        assert_eq!(site.json("updater.py", "update", &[])["returncode"], 0);
        assert_eq!(site.json("updater.py", "check_update", &[]), json!([]));
        assert_ne!(version(&site), before);
        assert_eq!(
            site.call("updater.py", "install", &[]).unwrap_err().code,
            "-1"
        );
    }

    #[test]
    fn proxies_are_remembered() {
        let site = Site::new();
        assert_eq!(site.json("updater.py", "get_proxies", &[]), json!({}));
        let proxies = r#"{"xcp-ng-base":"http://proxy:3128"}"#;
        assert_eq!(
            site.call("updater.py", "set_proxies", &[("proxies", proxies)])
                .unwrap(),
            ""
        );
        assert_eq!(
            site.call("updater.py", "get_proxies", &[]).unwrap(),
            proxies
        );
        assert!(
            site.call("updater.py", "set_proxies", &[("proxies", "no")])
                .is_err()
        );
    }

    #[test]
    fn hardware_is_told_in_the_shapes_that_clients_read() {
        let site = Site::new();
        assert_eq!(
            site.json("smartctl.py", "health", &[])["/dev/sda:scsi"],
            "PASSED"
        );
        assert!(
            site.json("smartctl.py", "information", &[])["/dev/sdb:scsi"]["model_name"].is_string()
        );
        assert_eq!(
            site.json("raid.py", "check_raid_pool", &[])["raid"]["State"],
            "clean"
        );
        let disks = site.json("lsblk.py", "list_block_devices", &[]);
        let disk = &disks["blockdevices"][0];
        assert_eq!(
            (disk["name"].as_str(), disk["type"].as_str()),
            (Some("sda"), Some("disk"))
        );
        assert_eq!(disk["children"][0]["pkname"], "sda");
        assert_eq!(
            site.call("hyperthreading.py", "get_hyperthreading", &[])
                .unwrap(),
            "true"
        );
        let available = site
            .call("ipmitool.py", "is_ipmi_device_available", &[])
            .unwrap();
        let sensors = site.json("ipmitool.py", "get_all_sensors", &[]);
        assert_eq!(
            available == "true",
            sensors[0]["name"].is_string(),
            "{available} {sensors}"
        );
    }

    #[test]
    fn volume_groups_and_services_are_remembered() {
        let site = Site::new();
        assert_eq!(site.json("zfs.py", "list_zfs_pools", &[]), json!({}));
        let group = [("vg_name", "data"), ("devices", "/dev/sdc")];
        assert!(
            site.call("lvm.py", "create_thin_pool", &group).is_err(),
            "no group yet"
        );
        assert_eq!(
            site.json("lvm.py", "create_physical_volume", &group),
            json!({})
        );
        assert_eq!(
            site.json("lvm.py", "create_volume_group", &group),
            json!({})
        );
        assert!(
            site.call("lvm.py", "create_volume_group", &group).is_err(),
            "it is there"
        );
        assert!(site.json("lvm.py", "list_volume_groups", &[])["data"].is_object());
        assert_eq!(
            site.json("lvm.py", "destroy_volume_group", &group),
            json!({})
        );
        assert_eq!(site.json("lvm.py", "list_volume_groups", &[]), json!({}));
        assert_eq!(
            site.json("service.py", "restart_service", &[("service", "xapi")]),
            json!(true)
        );
        assert!(
            site.call("service.py", "start_service", &[("service", "toaster")])
                .is_err()
        );
    }
}
