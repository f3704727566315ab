//! Supplemental packs of a host: pool updates since XenServer 7.1, keys of `software_version` before.

use serde::Serialize;
use xapi_records::{
    Id, Word,
    record::{Host, PoolUpdate, Vdi},
};

use super::is_at_least;
use crate::live::{Aspect, View};

#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Pack<'a> {
    name: &'a str,
    description: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    author: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    guidance: Option<&'a [Word]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hosts: Option<Vec<Id>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    vdi: Option<Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<i64>,
}

pub(super) fn packs<'a>(host: &'a Host, view: &View<'a>) -> Vec<Pack<'a>> {
    let version = host
        .software_version
        .get("product_version")
        .unwrap_or_default();
    if is_at_least(version, [7, 1]) {
        let updates = host
            .updates
            .iter()
            .filter_map(|r| view.read(r, Aspect::Whole));
        // Those named XS… are hotfixes.
        let packs = updates.filter(|update: &&PoolUpdate| !update.name_label.starts_with("XS"));
        packs.map(|update| of_update(update, view)).collect()
    } else {
        host.software_version
            .iter()
            .filter_map(|(key, value)| of_key(key, value))
            .collect()
    }
}

fn of_update<'a>(update: &'a PoolUpdate, view: &View<'a>) -> Pack<'a> {
    Pack {
        name: &update.name_label,
        description: &update.name_description,
        // The key reads `update-<name>-<version>-<author>…`.
        author: update.key.split('-').nth(3),
        version: Some(&update.version),
        guidance: Some(&update.after_apply_guidance),
        hosts: Some(view.links::<Host>(&update.hosts)),
        vdi: view.link::<Vdi>(&update.vdi),
        size: Some(update.installation_size),
    }
}

/// `author:name` → `description, version 1.2`.
fn of_key<'a>(key: &'a str, value: &'a str) -> Option<Pack<'a>> {
    let (author, name) = key.split_once(':')?;
    let (description, version) = value.split_once(", ").unzip();
    let version: Option<&str> = version.and_then(|v| v.split(',').next());
    Some(Pack {
        name,
        description: description.unwrap_or(value),
        author: Some(author),
        version: version.map(|v| v.strip_prefix("version ").unwrap_or(v)),
        guidance: None,
        hosts: None,
        vdi: None,
        size: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_pack_is_told_by_a_key_of_the_version() {
        let pack = of_key("acme:storage", "Acme drivers, version 1.2, homogeneous").unwrap();
        assert_eq!((pack.name, pack.author), ("storage", Some("acme")));
        assert_eq!(
            (pack.description, pack.version),
            ("Acme drivers", Some("1.2"))
        );
        assert_eq!(of_key("product_brand", "XenServer"), None);
    }
}
