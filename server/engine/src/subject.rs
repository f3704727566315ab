//! What a task is about, as the history keeps it: a name, and the VMs whose history tells of it too.

use serde_json::Value;
use xo_inventory::Item;
use xo_model::ObjectType;

use crate::Engine;

impl Engine {
    /// What people call it now: in the history it keeps that name, whatever becomes of it. A device is called as its VM.
    pub(crate) async fn name_of(&self, id: &str) -> Option<String> {
        let Some(item) = self.inventory.find(id) else {
            let server = self.store.servers().fetch(id).await.ok()?;
            return server.pool_name.or(server.label).or(Some(server.host));
        };
        text(&item, "name_label").or_else(|| {
            let vm = text(&item, "VM").or_else(|| text(&item, "$VM"))?;
            let vm = self.inventory.find(&vm)?;
            text(&vm, "name_label")
        })
    }

    /// The VMs that a device, a disk or a snapshot belongs to now, however soon it is gone.
    pub(crate) fn vms_of(&self, id: &str) -> Vec<String> {
        let Some(item) = self.inventory.find(id) else {
            return Vec::new();
        };
        let property = match item.kind {
            ObjectType::Vbd => "VM",
            ObjectType::Vif => "$VM",
            ObjectType::VmSnapshot => "$snapshot_of",
            ObjectType::Vdi => return self.vms_with(&item),
            _ => return Vec::new(),
        };
        text(&item, property).into_iter().collect()
    }

    fn vms_with(&self, disk: &Item) -> Vec<String> {
        let Some(Value::Array(links)) = disk.at("$VBDs") else {
            return Vec::new();
        };
        let links = links.iter().filter_map(Value::as_str);
        let mut vms: Vec<String> = links
            .filter_map(|link| text(&*self.inventory.find(link)?, "VM"))
            .collect();
        vms.sort();
        vms.dedup();
        vms
    }
}

fn text(item: &Item, property: &str) -> Option<String> {
    match item.at(property) {
        Some(Value::String(text)) if !text.is_empty() => Some(text),
        _ => None,
    }
}
