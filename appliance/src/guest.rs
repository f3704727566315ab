//! The guest agent: writes to XenStore what XAPI shows of a VM (addresses, system, memory), so that the pool knows the appliance from inside.
//!
//! XAPI reads `attr/PVAddons/*`, `attr/vif/<n>/ipv4|ipv6/<k>`, `data/os_*`, `data/host_name_dns` and `data/meminfo_*`, and looks again whenever
//! `data/updated` is written.
//!
//! Invariant: a key that is not true any more is removed before `data/updated` is written.

mod facts;
mod keys;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};

use xo_firstboot::xenbus::{Error, XenStore};

pub use facts::{Facts, Roots};
pub use keys::keys;

const UPDATED: &str = "data/updated";

/// What was written so far.
#[derive(Debug, Default)]
pub struct Published {
    keys: BTreeMap<String, String>,
    round: u64,
}

impl Published {
    /// What an earlier run of the agent left below `attr/vif` is taken over, to be removed where it is not true any more.
    ///
    /// # Errors
    /// What XenStore says.
    pub fn found<D: Read + Write>(store: &mut XenStore<D>) -> Result<Self, Error> {
        let mut keys = BTreeMap::new();
        for vif in store.list("attr/vif")? {
            for kind in ["ipv4", "ipv6"] {
                let folder = format!("attr/vif/{vif}/{kind}");
                for name in store.list(&folder)? {
                    let key = format!("{folder}/{name}");
                    let value = store.read(&key)?.unwrap_or_default();
                    keys.insert(key, value);
                }
            }
        }
        Ok(Self { keys, round: 0 })
    }

    /// Writes what differs; with `anyway`, tells that all is up to date although nothing differs. Returns whether anything was written.
    ///
    /// # Errors
    /// What XenStore says; what was written by then is remembered.
    pub fn tell<D: Read + Write>(
        &mut self,
        store: &mut XenStore<D>,
        now: BTreeMap<String, String>,
        anyway: bool,
    ) -> Result<bool, Error> {
        let gone: BTreeSet<String> = self
            .keys
            .keys()
            .filter(|key| !now.contains_key(*key))
            .cloned()
            .collect();
        let mut differs = !gone.is_empty();
        for key in gone {
            store.remove(&key)?;
            self.keys.remove(&key);
        }
        for (key, value) in now {
            if self.keys.get(&key) != Some(&value) {
                store.write(&key, &value)?;
                // Free memory changes all the time: that alone is no news.
                differs |= key != keys::FREE_MEMORY;
                self.keys.insert(key, value);
            }
        }
        if !differs && !anyway {
            return Ok(false);
        }
        self.round += 1;
        store.write(UPDATED, &self.round.to_string())?;
        Ok(true)
    }
}
