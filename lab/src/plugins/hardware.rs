//! The plugins that tell about a host's hardware: two mirrored disks, no BMC unless the host's number is odd.

use serde_json::{Value as Json, json};

use super::{Request, text};
use crate::failure::Failure;
use crate::value::Value;

const DISKS: [&str; 2] = ["sda", "sdb"];
const DISK_SIZE: u64 = 480_103_981_056;

pub(super) fn smartctl(request: &Request<'_>) -> Result<String, Failure> {
    let by_disk = |of: &dyn Fn(&str) -> Json| {
        let disks = DISKS
            .iter()
            .map(|disk| (format!("/dev/{disk}:scsi"), of(disk)));
        text(&Json::Object(disks.collect()))
    };
    match request.function {
        "health" => Ok(by_disk(&|_| json!("PASSED"))),
        "information" => Ok(by_disk(&|disk| {
            json!({
                "device": { "name": format!("/dev/{disk}"), "type": "scsi", "protocol": "ATA" },
                "model_name": "LAB SSD 480",
                "serial_number": format!("LAB{:08X}", request.number(disk) as u32),
                "user_capacity": { "bytes": DISK_SIZE, "blocks": DISK_SIZE / 512 },
                "smart_status": { "passed": true },
                "temperature": { "current": 28 + request.number(disk) % 8 },
                "power_on_time": { "hours": request.number("hours") % 30_000 },
            })
        })),
        _ => Err(request.unknown_function()),
    }
}

pub(super) fn raid(request: &Request<'_>) -> Result<String, Failure> {
    if request.function != "check_raid_pool" {
        return Err(request.unknown_function());
    }
    Ok(text(&json!({
        "raid": {
            "Raid Level": "raid1",
            "State": "clean",
            "Raid Devices": "2",
            "Active Devices": "2",
            "Working Devices": "2",
            "Failed Devices": "0",
            "Spare Devices": "0",
        },
        "volumes": [["0", "8", "0", "0", "active sync /dev/sda"], ["1", "8", "16", "1", "active sync /dev/sdb"]],
    })))
}

pub(super) fn lsblk(request: &Request<'_>) -> Result<String, Failure> {
    if request.function != "list_block_devices" {
        return Err(request.unknown_function());
    }
    let device = |name: &str, parent: &str, size: u64, kind: &str, mountpoint: &str| {
        json!({
            "name": name,
            "kname": name,
            "pkname": parent,
            "size": size,
            "type": kind,
            "ro": false,
            "mountpoint": mountpoint,
        })
    };
    let mirror = |disk: &str| {
        let mut mirror = device("md127", disk, DISK_SIZE, "raid1", "");
        if let Some(members) = mirror.as_object_mut() {
            let part = |number: u8, size, mount| {
                device(&format!("md127p{number}"), "md127", size, "md", mount)
            };
            let parts = json!([
                part(1, 19_327_352_832, "/"),
                part(2, 4_294_967_296, "/var/log"),
                part(3, DISK_SIZE - 23_622_320_128, ""),
            ]);
            members.insert("children".to_owned(), parts);
        }
        mirror
    };
    let devices: Vec<Json> = DISKS
        .iter()
        .map(|disk| {
            let mut device = device(disk, "", DISK_SIZE, "disk", "");
            if let Some(members) = device.as_object_mut() {
                members.insert("children".to_owned(), json!([mirror(disk)]));
            }
            device
        })
        .chain([device("sdc", "", 2_000_398_934_016, "disk", "")])
        .collect();
    Ok(text(&json!({ "blockdevices": devices })))
}

pub(super) fn ipmitool(request: &Request<'_>) -> Result<String, Failure> {
    let present = request.number("bmc") % 2 == 1;
    let answer = match request.function {
        "is_ipmi_device_available" => return Ok(present.to_string()),
        "get_all_sensors" => json!([
            { "name": "CPU Temp", "value": "41 degrees C", "event": "ok" },
            { "name": "System Temp", "value": "29 degrees C", "event": "ok" },
            { "name": "FAN1", "value": "4200 RPM", "event": "ok" },
            { "name": "PS1 Status", "value": "0x01", "event": "ok" },
        ]),
        "get_ipmi_lan" => json!([
            { "name": "IP Address Source", "value": "Static Address" },
            { "name": "IP Address", "value": "192.0.2.10" },
            { "name": "MAC Address", "value": "02:00:5e:00:53:01" },
        ]),
        "get_sensor" => Json::Array(
            request
                .names("sensors")
                .into_iter()
                .map(|name| json!({ "name": name, "info": [{ "name": "Sensor Reading", "value": "41" }] }))
                .collect(),
        ),
        _ => return Err(request.unknown_function()),
    };
    Ok(text(if present { &answer } else { &Json::Null }))
}

pub(super) fn hyperthreading(request: &Request<'_>) -> Result<String, Failure> {
    if request.function != "get_hyperthreading" {
        return Err(request.unknown_function());
    }
    let threads = request
        .db
        .get(request.host, "cpu_info")
        .entry("threads_per_core");
    Ok((threads.map_or("1", Value::as_str) != "1").to_string())
}
