//! Making a VM from a template: clone, settings, disks, interfaces, installation source.
//!
//! Invariant: when anything fails, nothing that was made stays.

mod plan;

use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use xapi_records::{Ref, record};
use xo_inventory::{Item, PoolHandle};
use xo_model::ObjectType::{GpuGroup, Sr, Vdi, VgpuType, VmTemplate};

use super::super::entry::MapField;
use super::super::{made, vdi, vif};
use super::config_drive::{self, FirstBoot};
use super::delete::{self, Disks};
use super::devices::{self, NewDisk, attach_disk};
use super::set::{self, Edit};
use super::{copies, power};
use crate::schema::{array, boolean, label, object, string, text, types};
use crate::{Call, Error, Method, Permission, Result};
use plan::{DiskChange, Plan};

pub(super) fn methods() -> Vec<Method> {
    let size = || types(&["integer", "string"]);
    let addresses = || array(string()).optional();
    let vif = object().properties([
        ("network", string()),
        ("mac", string().optional()),
        ("allowedIpv4Addresses", addresses()),
        ("allowedIpv6Addresses", addresses()),
    ]);
    let new_disk = object()
        .properties([("size", size()), ("SR", string()), ("type", string())])
        .set("additionalProperties", json!(true));
    let existing_disk = object()
        .properties([("size", size().optional()), ("$SR", string().optional())])
        .set("additionalProperties", json!(true));
    let acl = object().properties([("subject", string()), ("action", string())]);
    let installation = object()
        .optional()
        .properties([("method", string()), ("repository", string())]);
    vec![
        Method::new("vm.create", "Makes a VM from a template.")
            .open()
            .param("acls", array(acl).optional())
            .param("affinityHost", string().optional())
            .param("bootAfterCreate", boolean().optional())
            .param("cloudConfig", string().optional())
            .param("createVtpm", boolean().default(false))
            .param("networkConfig", string().optional())
            .param("coreOs", boolean().optional())
            .param("clone", boolean().optional())
            .param("coresPerSocket", types(&["string", "number"]).optional())
            .param("resourceSet", string().optional())
            .param("destroyCloudConfigVdiAfterBoot", boolean().optional())
            .param("installation", installation)
            .param("vgpuType", string().optional())
            .param("gpuGroup", string().optional())
            .param("name_label", label())
            .param("name_description", text().optional())
            .param("pv_args", string().optional())
            .param("share", boolean().optional())
            .param("template", string())
            .param("VIFs", array(vif).optional())
            .param("VDIs", array(new_disk).optional())
            .param(
                "existingDisks",
                object()
                    .optional()
                    .set("additionalProperties", existing_disk.to_json()),
            )
            .param("hvmBootFirmware", string().optional())
            .param("copyHostBiosStrings", boolean().optional())
            .with("template", &[VmTemplate])
            .with("vgpuType", &[VgpuType])
            .with("gpuGroup", &[GpuGroup])
            .run(create),
    ]
}

async fn create(call: Call) -> Result<String> {
    let template = call.object("template")?;
    refuse_what_is_not_there(&call)?;
    super::require_on_pool(&call, template, Permission::Administrate)?;
    if call.has("acls") && !call.engine.is_admin(&call.caller) {
        return Err(Error::Unauthorized {
            permission: "admin".into(),
            object: None,
        });
    }
    let settings = settings(call.params());
    set::check(&settings)?;
    let pool = call.pool("template")?;
    let plan = Plan::of(&call, template)?;
    let maker = Maker {
        call: &call,
        pool: &pool,
        template,
    };
    let vm = maker.clone_template().await?;
    let drive = match maker.furnish(&vm, &settings, &plan).await {
        Ok(drive) => drive,
        Err(error) => {
            maker.undo(&vm).await;
            return Err(error);
        }
    };
    let id = made::id_of(&call, &pool, "VM", &vm).await?;
    for acl in call
        .get("acls")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let member = |name| acl.get(name).and_then(Value::as_str).unwrap_or_default();
        call.engine
            .store
            .acls()
            .add(member("subject"), &id, member("action"))
            .await?;
    }
    if call.has("acls") {
        call.engine.refresh_directory().await?;
    }
    super::grant_to_maker(&call, &id).await?;
    if call.flag("bootAfterCreate") {
        // The VM is there all the same, and whoever asked for it must learn its id.
        if let Err(error) = power::start_anywhere(&call, &pool, &vm).await {
            tracing::warn!(vm = id, %error, "a new VM did not start");
        } else if let Some(drive) = drive
            && call.flag("destroyCloudConfigVdiAfterBoot")
        {
            config_drive::remove_after_boot(&call.engine, &pool, vm, drive);
        }
    }
    Ok(id)
}

fn refuse_what_is_not_there(call: &Call) -> Result<()> {
    for param in ["resourceSet"] {
        if call.str_opt(param).is_some() {
            return Err(Error::NotImplemented {
                what: format!("vm.create {param}"),
            });
        }
    }
    for param in ["coreOs", "share"] {
        if call.flag(param) {
            return Err(Error::NotImplemented {
                what: format!("vm.create {param}"),
            });
        }
    }
    Ok(())
}

/// What is left to be set once the VM is cloned; a `null` leaves what the template has.
fn settings(params: &Map<String, Value>) -> Map<String, Value> {
    let wanted = params
        .iter()
        .filter(|(name, value)| !value.is_null() && *name != "name_label");
    wanted
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

struct Maker<'a> {
    call: &'a Call,
    pool: &'a PoolHandle,
    template: &'a Item,
}

impl Maker<'_> {
    async fn clone_template(&self) -> Result<Ref> {
        let name = self.call.str("name_label")?;
        let template = &self.template.reference;
        if self.call.bool_opt("clone").unwrap_or(true) {
            let told = self
                .pool
                .session
                .run("VM.clone", json!([template, name]))
                .await?;
            made::reference(&told, "VM.clone")
        } else {
            copies::full_copy(self.pool, template, name, &Ref::NULL).await
        }
    }

    /// Tells the config drive, if one was asked for.
    async fn furnish(
        &self,
        vm: &Ref,
        settings: &Map<String, Value>,
        plan: &Plan,
    ) -> Result<Option<Ref>> {
        let (call, pool, session) = (self.call, self.pool, &self.pool.session);
        self.provision(vm, plan).await?;
        made::vm_shows(call, pool, vm, |vm| !vm.is_a_template).await;
        Edit { call, pool, vm }.apply(settings).await?;
        self.note_creation(vm).await?;
        self.bios_strings(vm).await?;
        self.change_disks(vm, plan).await?;
        self.make_disks(vm, plan).await?;
        self.make_interfaces(vm, plan).await?;
        let drive = self.config_drive(vm).await?;
        if let Some(cd) = &plan.cd {
            devices::insert(pool, vm, cd, true).await?;
        }
        if call.flag("createVtpm") {
            session.run("VTPM.create", json!([vm, false])).await?;
        }
        self.gpu(vm).await?;
        made::vm_settles(call, pool, vm).await?;
        Ok(drive)
    }

    /// Where cloud-init finds its configuration, beside the first disk.
    async fn config_drive(&self, vm: &Ref) -> Result<Option<Ref>> {
        let Some(config) = FirstBoot::of(self.call, "cloudConfig") else {
            return Ok(None);
        };
        let sr = config_drive::sr_of_first_disk(self.pool, vm).await?;
        let drive = config_drive::add(&self.call.engine, self.pool, vm, &sr, &config).await?;
        Ok(Some(drive))
    }

    /// The disks that a template asks for are made here, where the client says: the pool must not make them too.
    async fn provision(&self, vm: &Ref, plan: &Plan) -> Result<()> {
        let session = &self.pool.session;
        let other = MapField::other_config("VM", vm);
        other.put(session, "disks", None).await?;
        if let Some(repository) = &plan.repository {
            other
                .put(session, "install-repository", Some(repository))
                .await?;
        }
        if let Some(order) = &plan.boot_order {
            let field = MapField {
                class: "VM",
                reference: vm,
                field: "HVM_boot_params",
            };
            field.put(session, "order", Some(order)).await?;
        }
        Ok(session.run("VM.provision", json!([vm])).await.map(drop)?)
    }

    async fn note_creation(&self, vm: &Ref) -> Result<()> {
        let uuid: xapi_records::Id = self.pool.session.call("VM.get_uuid", json!([vm])).await?;
        let date = OffsetDateTime::now_utc()
            .format(&Rfc3339)
            .unwrap_or_default();
        let mut creation = json!({ "date": date, "template": self.template.id });
        if let (Some(user), Some(creation)) = (&self.call.caller.user, creation.as_object_mut()) {
            creation.insert("user".into(), json!(&**user));
        }
        let data = json!({ "creation": creation }).to_string();
        let key = xo_model::vm_data_key(&uuid);
        MapField::other_config("VM", vm)
            .put(&self.pool.session, &key, Some(&data))
            .await
    }

    /// Some systems are licensed for the hardware that they find: that of the host where the VM shall run, or of the master.
    async fn bios_strings(&self, vm: &Ref) -> Result<()> {
        if !self.call.flag("copyHostBiosStrings") {
            return Ok(());
        }
        let host = match self.call.str_opt("affinityHost") {
            Some(id) => Some(self.call.find(id, &[], None)?.reference.clone()),
            None => self.pool.records(|records| {
                records
                    .iter::<record::Pool>()
                    .next()
                    .map(|(_, pool)| pool.master.clone())
            }),
        };
        let session = &self.pool.session;
        Ok(session
            .run(
                "VM.copy_bios_strings",
                json!([vm, host.unwrap_or_default()]),
            )
            .await
            .map(drop)?)
    }

    /// What came with the template is moved, grown, renamed or thrown away.
    async fn change_disks(&self, vm: &Ref, plan: &Plan) -> Result<()> {
        if plan.changes.is_empty() {
            return Ok(());
        }
        let vbds: Vec<Ref> = self.pool.session.call("VM.get_VBDs", json!([vm])).await?;
        for vbd in vbds {
            let vbd: record::Vbd = self
                .pool
                .session
                .call("VBD.get_record", json!([vbd]))
                .await?;
            let Some(change) = plan.changes.get(&*vbd.userdevice) else {
                continue;
            };
            if vbd.kind != "CD" && !vbd.vdi.is_null() {
                self.change_disk(&vbd.vdi, change).await?;
            }
        }
        Ok(())
    }

    async fn change_disk(&self, disk: &Ref, change: &DiskChange) -> Result<()> {
        let session = &self.pool.session;
        if change.destroy {
            return vdi::destroy(session, disk).await;
        }
        let disk = match &change.sr {
            Some(sr) => vdi::relocate(self.pool, disk, sr).await?,
            None => disk.clone(),
        };
        if let Some(size) = change.size {
            vdi::resize(self.pool, &disk, size).await?;
        }
        for (field, value) in [
            ("name_label", &change.name_label),
            ("name_description", &change.name_description),
        ] {
            if let Some(value) = value {
                session
                    .perform(&format!("VDI.set_{field}"), json!([disk, value]))
                    .await?;
            }
        }
        Ok(())
    }

    async fn make_disks(&self, vm: &Ref, plan: &Plan) -> Result<()> {
        for new in &plan.disks {
            let disk = vdi::create(self.pool, &new.vdi).await?;
            let how = NewDisk {
                bootable: new.bootable,
                position: new.position.clone(),
                ..NewDisk::default()
            };
            if let Err(error) = attach_disk(self.pool, vm, &disk, &how).await {
                // It is not the VM's yet and would not go with it.
                vdi::destroy(&self.pool.session, &disk).await?;
                return Err(error);
            }
        }
        Ok(())
    }

    /// When interfaces are told, those of the template are not wanted.
    async fn make_interfaces(&self, vm: &Ref, plan: &Plan) -> Result<()> {
        let Some(interfaces) = &plan.interfaces else {
            return Ok(());
        };
        let old: Vec<Ref> = self.pool.session.call("VM.get_VIFs", json!([vm])).await?;
        for vif in old {
            vif::remove(self.pool, &vif).await?;
        }
        for new in interfaces {
            vif::create(self.pool, vm, new).await?;
        }
        Ok(())
    }

    async fn gpu(&self, vm: &Ref) -> Result<()> {
        let Some(group) = self.call.object_opt("gpuGroup") else {
            return Ok(());
        };
        let kind = self
            .call
            .object_opt("vgpuType")
            .map(|kind| kind.reference.clone());
        let args = json!([vm, group.reference, "0", {}, kind.unwrap_or_default()]);
        Ok(self.pool.session.run("VGPU.create", args).await.map(drop)?)
    }

    async fn undo(&self, vm: &Ref) {
        let undone = async {
            let disks = delete::disks_as_told(self.pool, vm).await?;
            delete::destroy(self.pool, vm, Disks::Keep).await?;
            for disk in disks {
                vdi::destroy(&self.pool.session, &disk).await?;
            }
            Ok::<_, Error>(())
        };
        if let Err(error) = undone.await {
            tracing::warn!(%vm, %error, "a VM whose creation failed is left behind");
        }
    }
}

fn find_sr(call: &Call, id: &str) -> Result<Ref> {
    Ok(call
        .find(id, &[Sr], Some(Permission::Operate))?
        .reference
        .clone())
}

fn find_cd(call: &Call, id: &str) -> Result<Ref> {
    Ok(call
        .find(id, &[Vdi], Some(Permission::View))?
        .reference
        .clone())
}
