//! What is asked of the pool: where the VM can live, the import, its settings, its start, its address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::time::Instant;
use xapi::Session;

use super::file::{self, Image};
use super::settings::Settings;
use crate::error::Error;

/// Between two looks at the VM's addresses.
const LOOK: Duration = Duration::from_secs(2);
/// The reference to nothing.
const NULL: &str = "OpaqueRef:NULL";

/// A session with the pool that gets the appliance.
pub struct Pool(Session);

/// Where the VM goes.
pub struct Goal {
    sr: String,
    network: Option<String>,
}

#[derive(Deserialize)]
struct Sr {
    uuid: String,
    name_label: String,
    content_type: String,
    physical_size: i64,
    physical_utilisation: i64,
    #[serde(rename = "PBDs")]
    pbds: Vec<String>,
}

#[derive(Deserialize)]
struct Network {
    uuid: String,
    name_label: String,
}

#[derive(Deserialize)]
struct PoolRecord {
    #[serde(rename = "default_SR")]
    default_sr: String,
}

#[derive(Deserialize)]
struct Vif {
    device: String,
    #[serde(rename = "MTU")]
    mtu: i64,
}

impl Goal {
    /// Finds the storage and the network that are meant, by uuid or name; without a name, the pool's default and what the file says.
    pub async fn find(
        pool: &Pool,
        sr: Option<&str>,
        network: Option<&str>,
        image: &Image,
    ) -> Result<Self, Error> {
        let srs: HashMap<String, Sr> = pool.call("SR.get_all_records", json!([])).await?;
        let sr = match sr {
            Some(wanted) => {
                let usable = srs
                    .iter()
                    .filter(|(_, sr)| sr.content_type != "iso" && !sr.pbds.is_empty());
                one(
                    "storage repository",
                    "--sr",
                    wanted,
                    usable.map(|(r, s)| (r, &s.uuid, &s.name_label)),
                )?
            }
            None => pool.default_sr(&srs).await?,
        };
        if let Some(found) = srs.get(&sr) {
            let free = found.physical_size - found.physical_utilisation;
            if free < i64::try_from(image.length).unwrap_or(i64::MAX) {
                return Err(Error::Deploy {
                    reason: format!(
                        "the storage `{}` has {} MiB free, the file alone is {} MiB",
                        found.name_label,
                        free.max(0) >> 20,
                        image.length >> 20
                    ),
                    hint: "choose another one with --sr",
                });
            }
        }
        let network = match network {
            Some(wanted) => {
                let all: HashMap<String, Network> =
                    pool.call("network.get_all_records", json!([])).await?;
                let all = all.iter().map(|(r, n)| (r, &n.uuid, &n.name_label));
                Some(one("network", "--network", wanted, all)?)
            }
            None => None,
        };
        Ok(Self { sr, network })
    }
}

/// The one that is meant.
fn one<'a>(
    kind: &str,
    option: &'static str,
    wanted: &str,
    all: impl Iterator<Item = (&'a String, &'a String, &'a String)>,
) -> Result<String, Error> {
    let (mut found, mut others) = (Vec::new(), Vec::new());
    for (reference, uuid, name) in all {
        if uuid == wanted || name == wanted {
            found.push((reference, uuid));
        } else {
            others.push(name.as_str());
        }
    }
    match found.as_slice() {
        [(reference, _)] => Ok((*reference).clone()),
        [] => {
            others.sort_unstable();
            others.dedup();
            Err(Error::usage(
                format!("there is no {kind} `{wanted}` on this pool"),
                format!(
                    "{option} takes a name or a uuid; there are: {}",
                    others.join(", ")
                ),
            ))
        }
        several => {
            let uuids: Vec<&str> = several.iter().map(|(_, uuid)| uuid.as_str()).collect();
            Err(Error::usage(
                format!("{} have the name `{wanted}`", several.len()),
                format!("give {option} the uuid of one: {}", uuids.join(", ")),
            ))
        }
    }
}

impl Pool {
    /// Uses a session.
    pub fn of(session: Session) -> Self {
        Self(session)
    }

    /// Ends the session.
    pub async fn leave(&self) {
        self.0.logout().await;
    }

    async fn call<T: DeserializeOwned>(&self, method: &str, args: Value) -> Result<T, Error> {
        Ok(self.0.call(method, args).await?)
    }

    async fn perform(&self, method: &str, args: Value) -> Result<(), Error> {
        Ok(self.0.perform(method, args).await?)
    }

    async fn default_sr(&self, srs: &HashMap<String, Sr>) -> Result<String, Error> {
        let pools: HashMap<String, PoolRecord> =
            self.call("pool.get_all_records", json!([])).await?;
        let default = pools.into_values().next().map(|pool| pool.default_sr);
        default
            .filter(|sr| srs.contains_key(sr))
            .ok_or_else(|| Error::usage("the pool has no default storage", "choose one with --sr"))
    }

    /// Sends the file; returns the VM's reference.
    pub async fn import(&self, goal: &Goal, path: &Path, image: &Image) -> Result<String, Error> {
        let upload = file::upload(path, image.length).await?;
        let label = format!("Import of {}", image.name);
        let told = self
            .0
            .upload("/import", &[("sr_id", goal.sr.as_str())], &label, upload)
            .await?;
        told.reference()
            .map(str::to_owned)
            .ok_or_else(|| Error::Deploy {
                reason: "the pool took the file and made no VM of it".to_owned(),
                hint: "look at the pool's task list and at /var/log/xensource.log of its master",
            })
    }

    /// The VM's uuid.
    pub async fn uuid(&self, vm: &str) -> Result<String, Error> {
        self.call("VM.get_uuid", json!([vm])).await
    }

    /// Puts the VM on the network, names it, gives it its settings.
    pub async fn prepare(
        &self,
        vm: &str,
        goal: &Goal,
        name: Option<&str>,
        settings: &Settings,
    ) -> Result<(), Error> {
        if let Some(network) = &goal.network {
            self.move_to(vm, network).await?;
        }
        if let Some(name) = name {
            self.perform("VM.set_name_label", json!([vm, name])).await?;
        }
        for (key, value) in settings.entries() {
            // A key that is there already cannot be added.
            self.perform("VM.remove_from_xenstore_data", json!([vm, key]))
                .await?;
            self.perform("VM.add_to_xenstore_data", json!([vm, key, value]))
                .await?;
        }
        Ok(())
    }

    /// Its interfaces are made anew: an interface cannot change its network on every version.
    async fn move_to(&self, vm: &str, network: &str) -> Result<(), Error> {
        let vifs: Vec<String> = self.call("VM.get_VIFs", json!([vm])).await?;
        let mut places = Vec::new();
        for vif in vifs {
            let record: Vif = self.call("VIF.get_record", json!([vif])).await?;
            self.perform("VIF.destroy", json!([vif])).await?;
            places.push(record);
        }
        if places.is_empty() {
            places.push(Vif {
                device: "0".into(),
                mtu: 1500,
            });
        }
        for place in places {
            let record = json!({
                "VM": vm,
                "network": network,
                "device": place.device,
                "MAC": "",
                "MTU": place.mtu.to_string(),
                "other_config": {},
                "qos_algorithm_type": "",
                "qos_algorithm_params": {},
            });
            self.perform("VIF.create", json!([record])).await?;
        }
        Ok(())
    }

    /// Starts the VM.
    pub async fn start(&self, vm: &str) -> Result<(), Error> {
        self.0.run("VM.start", json!([vm, false, false])).await?;
        Ok(())
    }

    /// The address that its guest tells: the fixed one if it was given one and takes it.
    pub async fn address(
        &self,
        vm: &str,
        fixed: Option<IpAddr>,
        wait: Duration,
    ) -> Result<IpAddr, Error> {
        let end = Instant::now() + wait;
        loop {
            let metrics: String = self.call("VM.get_guest_metrics", json!([vm])).await?;
            if metrics != NULL {
                let networks: HashMap<String, String> = self
                    .call("VM_guest_metrics.get_networks", json!([metrics]))
                    .await?;
                if let Some(address) = first(&networks, fixed) {
                    return Ok(address);
                }
            }
            let state: String = self.call("VM.get_power_state", json!([vm])).await?;
            if state != "Running" {
                return Err(Error::Deploy {
                    reason: format!("the VM was started and is {state} now"),
                    hint: "start it again and look at its screen",
                });
            }
            if Instant::now() >= end {
                return Err(Error::Deploy {
                    reason: format!(
                        "the VM runs, but told no address within {} s",
                        wait.as_secs()
                    ),
                    hint: "look at its screen: it shows what is wrong with the network",
                });
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}

/// The fixed one, else IPv4 before IPv6, the first interface first; never one that is valid on its own link only.
fn first(networks: &HashMap<String, String>, fixed: Option<IpAddr>) -> Option<IpAddr> {
    networks
        .iter()
        .filter_map(|(key, text)| Some((key, text.parse::<IpAddr>().ok()?)))
        .filter(|(_, ip)| match ip {
            IpAddr::V4(v4) => !v4.is_link_local() && !v4.is_unspecified(),
            IpAddr::V6(v6) => !v6.is_unicast_link_local() && !v6.is_unspecified(),
        })
        .min_by_key(|(key, ip)| (Some(*ip) != fixed, ip.is_ipv6(), *key))
        .map(|(_, ip)| ip)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first_of(networks: &[(&str, &str)], fixed: Option<&str>) -> Option<String> {
        let map = networks
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect();
        first(&map, fixed.map(|ip| ip.parse().unwrap())).map(|ip| ip.to_string())
    }

    #[test]
    fn the_address_to_open_is_one_that_others_reach() {
        let told = [
            ("0/ipv6/0", "fe80::1"),
            ("0/ipv6/1", "fd00::1"),
            ("1/ip", "10.0.1.1"),
            ("0/ip", "10.0.0.1"),
        ];
        assert_eq!(first_of(&told, None).unwrap(), "10.0.0.1");
        assert_eq!(first_of(&told, Some("10.0.1.1")).unwrap(), "10.0.1.1");
        assert_eq!(first_of(&told, Some("fd00::1")).unwrap(), "fd00::1");
        assert_eq!(first_of(&told, Some("10.0.9.9")).unwrap(), "10.0.0.1");
        assert_eq!(first_of(&told[..2], None).unwrap(), "fd00::1");
        let own_link = [("0/ip", "169.254.7.7"), ("0/ipv6/0", "fe80::1")];
        assert_eq!(first_of(&own_link, None), None);
        assert_eq!(first_of(&[("0/ip", "")], None), None);
    }

    #[test]
    fn a_name_that_is_none_or_several_says_what_there_is() {
        let [a, b, c] = ["ref-a", "ref-b", "ref-c"].map(str::to_owned);
        let [ua, ub, uc] = ["u-a", "u-b", "u-c"].map(str::to_owned);
        let [local, other] = ["Local", "Other"].map(str::to_owned);
        let all = || [(&a, &ua, &local), (&b, &ub, &local), (&c, &uc, &other)].into_iter();
        assert_eq!(one("SR", "--sr", "Other", all()).unwrap(), "ref-c");
        assert_eq!(one("SR", "--sr", "u-b", all()).unwrap(), "ref-b");
        let several = one("SR", "--sr", "Local", all()).unwrap_err();
        assert!(several.hints()[0].contains("u-a, u-b"));
        let none = one("SR", "--sr", "x", all()).unwrap_err();
        assert!(none.hints()[0].contains("Local, Other"));
    }
}
