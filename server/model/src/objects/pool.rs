//! The pool.

use xapi_records::{
    Id,
    record::{Host, Pool, Sr, Vdi},
};

use super::CpuCount;
use crate::{
    json::Writer,
    live::{Aspect, View},
};

pub(super) fn write(pool: &Pool, view: &View<'_>, out: &mut Writer<'_>) -> Vec<Id> {
    let master = view.read::<Host>(&pool.master, Aspect::Naming);
    let name = match master {
        Some(host) if pool.name_label.is_empty() => &host.name_label,
        _ => &pool.name_label,
    };
    // A pool shares its heartbeat disks by reference, though XAPI types them as text.
    let ha_srs = pool
        .ha_statefiles
        .iter()
        .filter_map(|statefile| view.link::<Sr>(&view.read::<Vdi>(statefile, Aspect::Links)?.sr));
    out.put("auto_poweron", pool.other_config.is("auto_poweron", "true"))
        .maybe("crashDumpSr", view.link::<Sr>(&pool.crash_dump_sr))
        .put("current_operations", &pool.current_operations)
        .maybe("default_SR", view.link::<Sr>(&pool.default_sr))
        .put("HA_enabled", pool.ha_enabled)
        .put(
            "haRebootVmOnInternalShutdown",
            pool.ha_reboot_vm_on_internal_shutdown.unwrap_or(true),
        )
        .put("haSrs", ha_srs.collect::<Vec<_>>())
        .maybe("master", view.link::<Host>(&pool.master))
        .put("tags", &pool.tags)
        .put("name_description", &pool.name_description)
        .put("name_label", name)
        .maybe("migrationCompression", pool.migration_compression)
        .put("otherConfig", &pool.other_config)
        .put("cpus", CpuCount::of(&pool.cpu_info))
        .maybe("suspendSr", view.link::<Sr>(&pool.suspend_image_sr))
        .put(
            "zstdSupported",
            pool.restrictions.is("restrict_zstd_export", "false"),
        )
        .put(
            "vtpmSupported",
            pool.restrictions.is("restrict_vtpm", "false"),
        )
        .maybe(
            "platform_version",
            master.and_then(|h| h.software_version.get("platform_version")),
        );
    Vec::new()
}
