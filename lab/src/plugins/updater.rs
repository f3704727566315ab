//! `updater.py`: every host of a lab has a few packages to update, once.

use serde_json::{Value as Json, json};

use super::{Request, State, plugin_failure, text};
use crate::failure::Failure;
use crate::value::Text;

/// name, installed version, version that waits, release, description, size in bytes.
const PACKAGES: [(&str, &str, &str, &str, &str, u64); 4] = [
    (
        "xapi-core",
        "25.6.0",
        "25.6.1",
        "1.2.xcpng8.3",
        "Toolstack of the host",
        17_825_792,
    ),
    (
        "xen-hypervisor",
        "4.17.5",
        "4.17.5",
        "15.1.xcpng8.3",
        "The hypervisor",
        9_437_184,
    ),
    (
        "openssl-libs",
        "1.1.1k",
        "1.1.1k",
        "9.xcpng8.3",
        "Cryptography for hosts",
        1_572_864,
    ),
    (
        "qemu",
        "4.2.1",
        "4.2.1",
        "5.2.12.xcpng8.3",
        "Devices of virtual machines",
        3_145_728,
    ),
];

pub(super) fn call(state: &mut State, request: &Request<'_>) -> Result<String, Failure> {
    let updated = state.updated.contains(&request.uuid);
    match request.function {
        "check_update" => Ok(text(&Json::Array(if updated {
            Vec::new()
        } else {
            rows()
        }))),
        "update" => {
            state.updated.insert(Text::clone(&request.uuid));
            Ok(outcome("update", &request.names("packages")))
        }
        "install" => {
            let packages = request.names("packages");
            if packages.is_empty() {
                return Err(plugin_failure("Missing argument 'packages'"));
            }
            Ok(outcome("install", &packages))
        }
        "query_installed" => {
            let answer: serde_json::Map<String, Json> = request
                .names("packages")
                .into_iter()
                .map(|name| {
                    let found = PACKAGES.iter().find(|package| package.0 == name);
                    let nevra = found.map_or_else(String::new, |package| {
                        let version = if updated { package.2 } else { package.1 };
                        format!("{name}-{version}-{}.x86_64", package.3)
                    });
                    (name, Json::String(nevra))
                })
                .collect();
            Ok(text(&Json::Object(answer)))
        }
        "get_proxies" => {
            let kept = state.proxies.get(&request.uuid);
            Ok(kept.cloned().unwrap_or_else(|| "{}".to_owned()))
        }
        "set_proxies" => {
            let proxies = request.arg("proxies");
            match serde_json::from_str(proxies) {
                Ok(Json::Object(_)) => {}
                _ => return Err(plugin_failure("Argument 'proxies' is not a JSON object")),
            }
            state
                .proxies
                .insert(Text::clone(&request.uuid), proxies.to_owned());
            Ok(String::new())
        }
        _ => Err(request.unknown_function()),
    }
}

fn rows() -> Vec<Json> {
    PACKAGES
        .iter()
        .map(|(name, _, version, release, description, size)| {
            json!({
                "name": name,
                "version": version,
                "release": release,
                "description": description,
                "changelog": {
                    "date": 1_760_000_000,
                    "author": "Lab <lab@example.org>",
                    "description": "- Make the lab's pool have something to update",
                },
                "url": "https://example.org",
                "size": size,
                "license": "GPL",
            })
        })
        .collect()
}

fn outcome(verb: &str, packages: &[String]) -> String {
    let words = ["yum", verb, "--assumeyes"].map(str::to_owned);
    let command: Vec<String> = words.into_iter().chain(packages.iter().cloned()).collect();
    text(&json!({ "stdout": "Complete!\n", "stderr": "", "command": command, "returncode": 0 }))
}
