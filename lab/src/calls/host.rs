//! Hosts: maintenance, power, settings, and questions.

use std::sync::Arc;
use std::time::Duration;

use super::{Answer, Call, Env, call_of, operation};
use crate::date;
use crate::failure::Failure;
use crate::operations::refresh;
use crate::value::{Text, Value};
use crate::{domain, messages, placement};

pub(super) const CALLS: &[Call] = &[
    operation("host.enable", "enable", |env| enable(env, true)),
    operation("host.disable", "disable", |env| enable(env, false)),
    operation("host.evacuate", "evacuate", evacuate),
    operation("host.reboot", "reboot", |env| power(env, Power::Reboot)),
    operation("host.shutdown", "shutdown", |env| power(env, Power::Off)),
    operation("host.power_on", "power_on", |env| power(env, Power::On)),
    call_of("host.restart_agent", restart_agent),
    call_of("host.destroy", destroy),
    call_of("host.declare_dead", |env| {
        let metrics = env.db.reference(&env.args.text(0), "metrics");
        env.db.set(&metrics, "live", false);
        Ok(Value::Void)
    }),
    call_of("host.assert_can_evacuate", |env| {
        match stuck(env).into_iter().next() {
            Some((_, failure)) => Err(failure),
            None => Ok(Value::Void),
        }
    }),
    call_of("host.get_vms_which_prevent_evacuation", |env| {
        let stuck = stuck(env).into_iter().map(|(vm, failure)| {
            let words = std::iter::once(failure.code).chain(failure.params);
            (vm, Value::set(words.map(Value::from)))
        });
        Ok(Value::map(stuck))
    }),
    call_of("host.get_uncooperative_resident_VMs", |_| {
        Ok(Value::set([]))
    }),
    call_of("host.get_servertime", |_| Ok(Value::Date(date::now()))),
    call_of("host.get_server_localtime", |_| {
        Ok(Value::Date(date::now()))
    }),
    call_of("host.dmesg", |_| Ok(Value::text("Xen version 4.17.5-13\n"))),
    call_of("host.dmesg_clear", |_| Ok(Value::text(""))),
    call_of("host.get_log", |_| Ok(Value::text(""))),
    call_of("host.list_methods", |env| {
        let methods = &env.db.schema().methods;
        Ok(Value::strings(
            methods.iter().map(|method| method.name.as_str()),
        ))
    }),
    call_of("host.compute_free_memory", |env| {
        let metrics = env.db.reference(&env.args.text(0), "metrics");
        Ok(Value::Int(env.db.int(&metrics, "memory_free")))
    }),
    call_of("host.compute_memory_overhead", |env| {
        Ok(Value::Int(env.db.int(&env.args.text(0), "memory_overhead")))
    }),
    call_of("host.get_management_interface", |env| {
        management_of(env, &env.args.text(0))
            .map(Value::from)
            .ok_or_else(|| Failure::bare("NO_MANAGEMENT_INTERFACE"))
    }),
    call_of("host.management_reconfigure", |env| {
        let pif = env.args.text(0);
        manage(env, &pif)
    }),
    call_of("host.migrate_receive", migrate_receive),
    call_of("host.set_iscsi_iqn", |env| {
        let (host, iqn) = (env.args.text(0), env.args.text(1));
        if iqn.is_empty() {
            return Err(Failure::invalid_value("value", ""));
        }
        env.db.put_entry(&host, "other_config", "iscsi_iqn", &iqn);
        env.db.set(&host, "iscsi_iqn", iqn);
        Ok(Value::Void)
    }),
    call_of("host.set_multipathing", |env| {
        let (host, on) = (env.args.text(0), env.args.flag(1));
        env.db
            .put_entry(&host, "other_config", "multipathing", on.to_string());
        env.db.set(&host, "multipathing", on);
        Ok(Value::Void)
    }),
    call_of("host.set_hostname_live", |env| {
        let (host, name) = (env.args.text(0), env.args.text(1));
        let valid = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '.';
        if name.is_empty() || !name.chars().all(valid) {
            return Err(Failure::new(
                "HOST_NAME_INVALID",
                ["hostname contains invalid characters"],
            ));
        }
        env.db.set(&host, "hostname", name);
        Ok(Value::Void)
    }),
    call_of("host.set_power_on_mode", |env| {
        let host = env.args.text(0);
        env.db.set(&host, "power_on_mode", env.args.text(1));
        env.db
            .set(&host, "power_on_config", env.args.get(2).clone());
        Ok(Value::Void)
    }),
    call_of("host.get_server_certificate", |env| {
        Ok(Value::text(&env.lab.certificate))
    }),
    call_of("host.get_sched_gran", |_| Ok(Value::text("core"))),
    call_of("host.set_sched_gran", |_| Ok(Value::Void)),
    call_of("host.has_extension", |_| Ok(Value::Bool(false))),
    call_of("host.syslog_reconfigure", |_| Ok(Value::Void)),
    call_of("host.sync_data", |_| Ok(Value::Void)),
    call_of("host.refresh_pack_info", |_| Ok(Value::Void)),
    call_of("host.retrieve_wlb_evacuate_recommendations", |_| {
        Ok(Value::map([] as [(&str, Value); 0]))
    }),
    call_of("host.get_system_status_capabilities", |_| {
        Ok(Value::text(
            "<?xml version=\"1.0\" ?><system-status-capabilities></system-status-capabilities>",
        ))
    }),
    call_of("host.enable_display", |env| display(env, "enabled")),
    call_of("host.disable_display", |env| display(env, "disabled")),
];

fn display(env: &mut Env<'_>, state: &str) -> Answer {
    env.db.set(&env.args.text(0), "display", state);
    Ok(Value::text(state))
}

fn enable(env: &mut Env<'_>, enabled: bool) -> Answer {
    let host = env.args.text(0);
    env.db.set(&host, "enabled", enabled);
    refresh(env.db, "host", &host);
    Ok(Value::Void)
}

/// The VMs of a host that no other host can take, and why.
fn stuck(env: &Env<'_>) -> Vec<(Text, Failure)> {
    let host = env.args.text(0);
    let mut found = Vec::new();
    for vm in env.db.refs(&host, "resident_VMs") {
        if env.db.flag(&vm, "is_control_domain") {
            continue;
        }
        let mut reason = None;
        let others: Vec<Text> = env
            .db
            .all("host")
            .into_iter()
            .filter(|h| *h != host)
            .collect();
        let able = others.iter().any(
            |other| match placement::assert_can_run(env.db, &vm, other) {
                Ok(()) => true,
                Err(failure) => {
                    reason = Some(failure);
                    false
                }
            },
        );
        if !able {
            found.push((
                vm,
                reason.unwrap_or_else(|| Failure::bare("NO_HOSTS_AVAILABLE")),
            ));
        }
    }
    found
}

/// Every VM leaves for the roomiest other host. The first that cannot ends it; those that left stay away.
fn evacuate(env: &mut Env<'_>) -> Answer {
    let host = env.args.text(0);
    enable(env, false)?;
    if let Some((_, failure)) = stuck(env).into_iter().next() {
        return Err(failure);
    }
    for vm in env.db.refs(&host, "resident_VMs") {
        if env.db.flag(&vm, "is_control_domain") {
            continue;
        }
        let target = placement::candidates(env.db, &vm)
            .into_iter()
            .find(|other| *other != host);
        let target = target.ok_or_else(|| Failure::bare("NO_HOSTS_AVAILABLE"))?;
        domain::migrate(env.db, &vm, &target);
    }
    Ok(Value::Void)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Power {
    On,
    Off,
    Reboot,
}

/// The time that a host is away while it reboots, at least.
const BOOT: Duration = Duration::from_millis(200);

fn power(env: &mut Env<'_>, what: Power) -> Answer {
    let host = env.args.text(0);
    if what == Power::On {
        come_up(env.db, &host);
        return Ok(Value::Void);
    }
    if env.db.flag(&host, "enabled") {
        return Err(Failure::new("HOST_NOT_DISABLED", [&*host]));
    }
    let guests = env.db.refs(&host, "resident_VMs");
    if let Some(vm) = guests
        .iter()
        .find(|vm| !env.db.flag(vm, "is_control_domain"))
    {
        return Err(Failure::new("HOST_IN_USE", [&*host, "VM", &**vm]));
    }
    let metrics = env.db.reference(&host, "metrics");
    env.db.set(&metrics, "live", false);
    if what == Power::Reboot {
        let lab = Arc::clone(env.lab);
        let tracker = lab.tracker.clone();
        tracker.spawn(async move {
            tokio::select! {
                () = lab.stop.cancelled() => return,
                () = tokio::time::sleep(lab.config.operation_time.max(BOOT)) => {}
            }
            come_up(&mut lab.store.write(), &host);
        });
    }
    Ok(Value::Void)
}

fn come_up(db: &mut crate::db::Db, host: &str) {
    let now = date::now();
    let metrics = db.reference(host, "metrics");
    db.set(&metrics, "live", true);
    db.set(&metrics, "last_updated", Value::Date(now));
    db.put_entry(host, "other_config", "boot_time", format!("{now}."));
    db.put_entry(host, "other_config", "agent_start_time", format!("{now}."));
    db.set(host, "enabled", true);
    refresh(db, "host", host);
}

fn restart_agent(env: &mut Env<'_>) -> Answer {
    let host = env.args.text(0);
    env.db.put_entry(
        &host,
        "other_config",
        "agent_start_time",
        format!("{}.", date::now()),
    );
    Ok(Value::Void)
}

/// A host that lives cannot be forgotten, nor the master.
fn destroy(env: &mut Env<'_>) -> Answer {
    let host = env.args.text(0);
    let metrics = env.db.reference(&host, "metrics");
    if env.db.flag(&metrics, "live") {
        return Err(Failure::new("HOST_IS_LIVE", [&*host]));
    }
    forget(env, &host);
    Ok(Value::Void)
}

/// Removes a host with all that is its own.
pub(super) fn forget(env: &mut Env<'_>, host: &str) {
    let db = &mut *env.db;
    let metrics = db.reference(host, "metrics");
    for field in ["PBDs", "PIFs", "PCIs", "PGPUs", "certificates"] {
        for child in db.refs(host, field) {
            db.destroy(&child);
        }
    }
    for vm in db.refs(host, "resident_VMs") {
        if db.flag(&vm, "is_control_domain") {
            for console in db.refs(&vm, "consoles") {
                db.destroy(&console);
            }
            db.destroy(&vm);
        } else {
            domain::halt(db, &vm);
        }
    }
    db.destroy(&metrics);
    db.destroy(host);
}

fn management_of(env: &Env<'_>, host: &str) -> Option<Text> {
    env.db
        .refs(host, "PIFs")
        .into_iter()
        .find(|pif| env.db.flag(pif, "management"))
}

/// The host is managed over this interface from now on.
pub(super) fn manage(env: &mut Env<'_>, pif: &str) -> Answer {
    if env.db.get(pif, "IP").as_str().is_empty() {
        return Err(Failure::new("INTERFACE_HAS_NO_IP", [pif]));
    }
    let host = env.db.reference(pif, "host");
    for other in env.db.refs(&host, "PIFs") {
        env.db.set(&other, "management", *other == *pif);
    }
    let (label, uuid) = (env.db.text(&host, "name_label"), env.db.text(&host, "uuid"));
    messages::send(env.db, "HOST_MANAGEMENT_CHANGED", 5, "Host", &uuid, &label);
    Ok(Value::Void)
}

/// `host.migrate_receive(host, network, options)`: where a VM is to be sent. The answer goes verbatim to `migrate_send`.
fn migrate_receive(env: &mut Env<'_>) -> Answer {
    let (host, network) = (env.args.text(0), env.args.text(1));
    let pifs = env.db.refs(&network, "PIFs");
    let Some(pif) = pifs
        .into_iter()
        .find(|pif| env.db.reference(pif, "host") == host)
    else {
        return Err(Failure::new(
            "HOST_CANNOT_ATTACH_NETWORK",
            [&*host, &*network],
        ));
    };
    let address = env.db.text(&pif, "IP");
    if env.db.text(&pif, "ip_configuration_mode").as_ref() == "None" {
        return Err(Failure::new("PIF_HAS_NO_NETWORK_CONFIGURATION", [&*pif]));
    }
    if address.is_empty() {
        return Err(Failure::new("INTERFACE_HAS_NO_IP", [&*pif]));
    }
    let session = env.db.create(
        "session",
        [
            ("pool", Value::Bool(true)),
            ("originator", Value::text("migration")),
            ("this_host", Value::from(&host)),
        ],
    );
    let here = env.db.text(&host, "address");
    let entries = [
        (
            "SM",
            format!("http://{here}/services/SM?session_id={session}"),
        ),
        ("host", host.to_string()),
        (
            "xenops",
            format!("http://{here}/services/xenops?session_id={session}"),
        ),
        ("session_id", session.to_string()),
        ("master", format!("http://{here}/")),
    ];
    Ok(Value::string_map(entries))
}
