"""Drives a lab with the PyPI package `XenAPI`: sign-in, records, errors, events, tasks, a VM from its template.

Usage: python xenapi.py URL [USER PASSWORD]. Exits non-zero when anything is off.
"""

import sys
import time

import XenAPI

DEADLINE = 60


def fails(call, code):
    try:
        call()
    except XenAPI.Failure as failure:
        assert failure.details[0] == code, failure.details
        return failure.details
    raise AssertionError(f"expected {code}")


def run(session):
    api = session.xenapi
    assert session.API_version.startswith("2."), session.API_version
    pool = api.pool.get_all()[0]
    master = api.pool.get_master(pool)
    hosts = api.host.get_all_records()
    assert master in hosts
    metrics = api.host_metrics.get_record(hosts[master]["metrics"])
    assert isinstance(metrics["memory_total"], str), "integers are text in XML-RPC"
    assert metrics["live"] is True

    vms = api.VM.get_all_records()
    domains = [vm for vm in vms.values() if vm["is_control_domain"]]
    assert len(domains) == len(hosts)
    halted = [
        ref
        for ref, vm in vms.items()
        if vm["power_state"] == "Halted" and not vm["is_a_template"]
    ]
    vm = halted[0]
    label = api.VM.get_name_label(vm)
    assert vm in api.VM.get_by_name_label(label)
    assert vm in api.VM.get_all_records_where(f'field "name__label"="{label}"')

    fails(lambda: api.VM.get_record("OpaqueRef:none"), "HANDLE_INVALID")
    fails(lambda: api.VM.get_by_uuid("nope"), "UUID_INVALID")
    fails(lambda: api.VM.fly(vm), "MESSAGE_METHOD_UNKNOWN")
    fails(lambda: api.VM.get_record(), "MESSAGE_PARAMETER_COUNT_MISMATCH")
    details = fails(lambda: api.VM.clean_shutdown(vm), "VM_BAD_POWER_STATE")
    assert details[1:] == [vm, "running", "halted"], details

    event_from = getattr(api.event, "from")
    first = event_from(["vm", "task"], "", 5.0)
    assert {event["operation"] for event in first["events"]} == {"add"}
    token = event_from(["vm"], first["token"], 0.2)
    assert token["events"] == []
    note = f"written by a test at {time.time()}"
    api.VM.set_name_description(vm, note)
    seen = event_from(["vm"], token["token"], 5.0)
    assert [event["ref"] for event in seen["events"]] == [vm]
    assert seen["events"][0]["operation"] == "mod"
    assert seen["events"][0]["snapshot"]["name_description"] == note

    task = getattr(api, "Async").VM.start(vm, False, False)
    deadline = time.monotonic() + DEADLINE
    while api.task.get_status(task) == "pending":
        assert time.monotonic() < deadline, "the task does not end"
        event_from([f"task/{task}"], seen["token"], 1.0)
    assert api.task.get_record(task)["result"] == "<value></value>"
    api.task.destroy(task)
    assert api.VM.get_power_state(vm) == "Running"
    guest = api.VM.get_guest_metrics(vm)
    assert "0/ip" in api.VM_guest_metrics.get_networks(guest)
    api.VM.hard_shutdown(vm)

    template = api.VM.get_by_name_label("Debian Bookworm 12")[0]
    made = api.VM.clone(template, "from a template")
    api.VM.provision(made)
    assert api.VM.get_is_a_template(made) is False
    disks = [api.VBD.get_VDI(vbd) for vbd in api.VM.get_VBDs(made)]
    assert len(disks) == 1
    api.VM.start(made, False, False)
    fails(lambda: api.VDI.destroy(disks[0]), "VDI_IN_USE")
    api.VM.hard_shutdown(made)
    api.VM.destroy(made)
    api.VDI.destroy(disks[0])
    fails(lambda: api.VDI.get_uuid(disks[0]), "HANDLE_INVALID")


def main(url, user="root", password="lab"):
    secure = url.startswith("https:")
    session = XenAPI.Session(url, ignore_ssl=secure)
    fails(lambda: session.login_with_password(user, "wrong"), "SESSION_AUTHENTICATION_FAILED")
    session.login_with_password(user, password, "1.0", "xo-lab test")
    run(session)
    session.xenapi.session.logout()
    print("ok")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("usage: python xenapi.py URL [USER PASSWORD]")
    main(*sys.argv[1:])
