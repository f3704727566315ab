//! What `vm.create` is to make, read from its parameters before anything is made.

use std::collections::HashMap;

use serde_json::{Value, json};
use xapi_records::Ref;
use xo_inventory::Item;
use xo_model::ObjectType::Network;

use super::super::super::vdi::NewVdi;
use super::super::super::vif::NewVif;
use crate::call::size_of;
use crate::{Call, Error, Permission, Result};

/// The parts of a new VM.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// By position.
    pub(super) changes: HashMap<String, DiskChange>,
    pub(super) disks: Vec<PlannedDisk>,
    /// `None`: those of the template stay.
    pub(super) interfaces: Option<Vec<NewVif>>,
    pub(super) cd: Option<Ref>,
    /// Where a paravirtualised installer reads from.
    pub(super) repository: Option<String>,
    pub(super) boot_order: Option<String>,
}

/// What becomes of a disk of the template.
#[derive(Debug, Default)]
pub(super) struct DiskChange {
    pub(super) destroy: bool,
    pub(super) size: Option<u64>,
    pub(super) sr: Option<Ref>,
    pub(super) name_label: Option<String>,
    pub(super) name_description: Option<String>,
}

#[derive(Debug)]
pub(super) struct PlannedDisk {
    pub(super) vdi: NewVdi,
    pub(super) bootable: bool,
    pub(super) position: Option<String>,
}

impl Plan {
    pub(super) fn of(call: &Call, template: &Item) -> Result<Self> {
        let mut plan = Self::default();
        let existing = call.get("existingDisks").and_then(Value::as_object);
        for (position, wanted) in existing.into_iter().flatten() {
            plan.changes
                .insert(position.clone(), DiskChange::of(call, wanted)?);
        }
        for wanted in list(call, "VDIs") {
            plan.add_disk(call, wanted)?;
        }
        if call.has("VIFs") {
            let wanted = list(call, "VIFs").filter(|vif| vif.get("destroy") != Some(&true.into()));
            plan.interfaces = Some(
                wanted
                    .map(|vif| interface(call, template, vif))
                    .collect::<Result<_>>()?,
            );
        }
        plan.installation(call, template)?;
        Ok(plan)
    }

    /// One that names its position among those of the template changes that one.
    fn add_disk(&mut self, call: &Call, wanted: &Value) -> Result<()> {
        if let Some(position) = text(wanted, "userdevice") {
            self.changes.insert(position, DiskChange::of(call, wanted)?);
            return Ok(());
        }
        let size = size(wanted, "VDIs")?
            .ok_or_else(|| Error::invalid("VDIs", "must tell a size for each disk"))?;
        let sr = text(wanted, "SR")
            .or_else(|| text(wanted, "$SR"))
            .unwrap_or_default();
        let vdi = NewVdi {
            sr: super::find_sr(call, &sr)?,
            size,
            name_label: text(wanted, "name_label").unwrap_or_default(),
            name_description: text(wanted, "name_description").unwrap_or_default(),
            others: text(wanted, "type")
                .map(|kind| ("type".to_owned(), json!(kind)))
                .into_iter()
                .collect(),
        };
        let bootable = wanted.get("bootable").and_then(Value::as_bool);
        self.disks.push(PlannedDisk {
            vdi,
            bootable: bootable.unwrap_or(self.disks.is_empty()),
            position: text(wanted, "device").or_else(|| text(wanted, "position")),
        });
        Ok(())
    }

    fn installation(&mut self, call: &Call, template: &Item) -> Result<()> {
        let Some(installation) = call.get("installation") else {
            return Ok(());
        };
        let repository = text(installation, "repository").unwrap_or_default();
        match text(installation, "method").unwrap_or_default().as_str() {
            "cd" | "cdrom" => self.cd = Some(super::find_cd(call, &repository)?),
            "network" => {
                if template.at("virtualizationMode") == Some("hvm".into()) {
                    self.boot_order = Some(network_first(template));
                } else {
                    self.repository = Some(repository);
                }
            }
            "ftp" | "http" | "nfs" => self.repository = Some(repository),
            _ => {
                return Err(Error::invalid(
                    "installation",
                    "must tell the method cd or network, and a repository",
                ));
            }
        }
        Ok(())
    }
}

impl DiskChange {
    fn of(call: &Call, wanted: &Value) -> Result<Self> {
        let sr = text(wanted, "$SR").or_else(|| text(wanted, "SR"));
        Ok(Self {
            destroy: wanted.get("destroy") == Some(&true.into()),
            size: size(wanted, "existingDisks")?,
            sr: sr.map(|sr| super::find_sr(call, &sr)).transpose()?,
            name_label: text(wanted, "name_label"),
            name_description: text(wanted, "name_description"),
        })
    }
}

fn interface(call: &Call, template: &Item, wanted: &Value) -> Result<NewVif> {
    let id = text(wanted, "network").unwrap_or_default();
    let network = call.find(&id, &[Network], Some(Permission::View))?;
    super::super::same_pool("VIFs", template, &network)?;
    let strings = |name| {
        let items = wanted
            .get(name)
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        items.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    Ok(NewVif {
        network: network.reference.clone(),
        device: text(wanted, "device"),
        mac: text(wanted, "mac"),
        ipv4: strings("allowedIpv4Addresses"),
        ipv6: strings("allowedIpv6Addresses"),
        ..NewVif::default()
    })
}

/// `cd` becomes `ncd`.
fn network_first(template: &Item) -> String {
    let order = template.at("boot.order");
    let order = order.as_ref().and_then(Value::as_str).unwrap_or("cd");
    format!("n{}", order.replace('n', ""))
}

fn list<'a>(call: &'a Call, param: &str) -> impl Iterator<Item = &'a Value> {
    call.get(param)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}

fn text(of: &Value, name: &str) -> Option<String> {
    match of.get(name)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn size(of: &Value, param: &str) -> Result<Option<u64>> {
    let Some(value) = of.get("size").filter(|value| !value.is_null()) else {
        return Ok(None);
    };
    size_of(value)
        .filter(|size| *size > 0)
        .map(Some)
        .ok_or_else(|| {
            Error::invalid(
                param,
                "must tell the size of a disk in bytes, or as text such as `4 GiB`",
            )
        })
}
