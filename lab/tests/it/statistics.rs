//! Statistics have the columns that clients look for, and they move.

use std::collections::HashSet;

use serde_json::Value as Json;

use crate::transfer_support::Site;

fn metrics(report: &Json, prefix: &str) -> HashSet<String> {
    let legend = report["meta"]["legend"].as_array().unwrap();
    let names = legend
        .iter()
        .filter_map(|entry| entry.as_str().unwrap().strip_prefix(prefix));
    names.map(str::to_owned).collect()
}

/// A report as the host of that address gives it.
async fn from_host(site: &Site, address: &str, query: &str) -> Json {
    let url = site.url(&format!("/rrd_updates?{query}"));
    let port = site.lab.http_address().unwrap().port();
    let host = format!("{address}:{port}");
    let reply = site
        .http
        .get(url)
        .header("host", host)
        .send()
        .await
        .unwrap();
    serde_json::from_str(&reply.text().await.unwrap()).unwrap()
}

#[tokio::test]
async fn a_running_vm_has_its_columns_on_its_own_host() {
    let site = Site::start().await;
    let vm = site.vm("Running");
    let (uuid, home, other) = {
        let db = site.lab.db().read();
        let home = db.reference(&vm, "resident_on");
        let other = db
            .all("host")
            .into_iter()
            .find(|host| *host != home)
            .unwrap();
        (
            db.text(&vm, "uuid"),
            db.text(&home, "address"),
            db.text(&other, "address"),
        )
    };
    let query = format!("start=-300&cf=AVERAGE&interval=5&json=true&vm_uuid={uuid}");
    let report = from_host(&site, &home, &query).await;
    let found = metrics(&report, &format!("AVERAGE:vm:{uuid}:"));
    for metric in [
        "cpu0",
        "cpu_usage",
        "memory",
        "vif_0_rx",
        "vif_0_tx",
        "vbd_xvda_read",
        "vbd_xvda_iops_write",
        "runstate_blocked",
    ] {
        assert!(found.contains(metric), "{metric} in {found:?}");
    }
    assert_eq!(report["meta"]["step"], 5);
    let rows = report["data"].as_array().unwrap();
    assert_eq!(rows.len(), 60);
    assert_eq!(
        report["meta"]["columns"].as_u64().unwrap() as usize,
        found.len()
    );
    assert!(
        rows[0]["t"].as_i64() > rows[1]["t"].as_i64(),
        "the newest first"
    );
    let values = |row: &Json| row["values"].as_array().unwrap().clone();
    assert_eq!(values(&rows[0]).len(), found.len());
    assert!(
        values(&rows[0])
            .iter()
            .all(|value| value.as_str().unwrap().parse::<f64>().is_ok())
    );
    assert_ne!(values(&rows[0]), values(&rows[30]));
    let elsewhere = from_host(&site, &other, &query).await;
    assert_eq!(
        elsewhere["meta"]["columns"], 0,
        "another host does not know the VM"
    );
    let anywhere = from_host(&site, "lab.example", &query).await;
    assert_eq!(anywhere["meta"]["columns"], report["meta"]["columns"]);
}

#[tokio::test]
async fn a_host_tells_of_itself_only_when_asked() {
    let site = Site::start().await;
    let (host, address, sr) = {
        let db = site.lab.db().read();
        let host = db.all("host")[1].clone();
        let disks = |sr: &str| db.text(sr, "content_type").as_ref() == "user";
        let pbds = db.refs(&host, "PBDs");
        let sr = pbds
            .iter()
            .filter_map(|pbd| db.linked(pbd, "SR"))
            .find(|sr| disks(sr))
            .unwrap();
        let short: String = db.text(&sr, "uuid").chars().take(8).collect();
        (db.text(&host, "uuid"), db.text(&host, "address"), short)
    };
    let report = from_host(&site, &address, "start=-10&host=true&json=true").await;
    let found = metrics(&report, &format!("AVERAGE:host:{host}:"));
    let storage = [
        format!("iops_read_{sr}"),
        format!("io_throughput_total_{sr}"),
    ];
    let plain = [
        "cpu0",
        "loadavg",
        "memory_total_kib",
        "memory_free_kib",
        "pif_eth0_rx",
        "pif_eth0_tx",
    ];
    for metric in plain.into_iter().chain(storage.iter().map(String::as_str)) {
        assert!(found.contains(metric), "{metric} in {found:?}");
    }
    assert_eq!(
        metrics(&report, "AVERAGE:host:").len(),
        found.len(),
        "no other host"
    );
    let without = from_host(&site, &address, "start=-10&json=true").await;
    assert!(metrics(&without, "AVERAGE:host:").is_empty());
    assert!(!metrics(&without, "AVERAGE:vm:").is_empty());
}

#[tokio::test]
async fn xml_is_the_default_and_start_is_required() {
    let site = Site::start().await;
    let xml = String::from_utf8(site.get("/rrd_updates?start=-10&host=true").await).unwrap();
    assert!(
        xml.starts_with("<xport><meta><start>") && xml.ends_with("</data></xport>"),
        "{xml}"
    );
    assert!(xml.contains("<entry>AVERAGE:host:"));
    let missing = site
        .http
        .get(site.url("/rrd_updates"))
        .send()
        .await
        .unwrap();
    assert_eq!(missing.status(), 400);
    let anonymous = format!("{}/rrd_updates?start=0", site.lab.http_url());
    assert_eq!(site.http.get(anonymous).send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn a_whole_archive_has_every_step() {
    let site = Site::start().await;
    let vm = site.vm("Running");
    let (halted, _) = site.small_vm();
    let (uuid, halted) = {
        let db = site.lab.db().read();
        (db.text(&vm, "uuid"), db.text(&halted, "uuid"))
    };
    let archive = site.get(&format!("/vm_rrd?uuid={uuid}&json=true")).await;
    let archive: Json = serde_json::from_slice(&archive).unwrap();
    let columns = archive["ds"].as_array().unwrap();
    assert!(columns.iter().any(|column| column["name"] == "cpu_usage"));
    let archives = archive["rra"].as_array().unwrap();
    let shape = |archive: &Json| {
        let rows = archive["database"].as_array().unwrap();
        assert_eq!(rows[0].as_array().unwrap().len(), columns.len());
        (
            archive["pdp_per_row"].as_str().unwrap().to_owned(),
            rows.len(),
        )
    };
    let shapes: Vec<_> = archives.iter().map(shape).collect();
    let expected = [("1", 120), ("12", 120), ("720", 168), ("17280", 366)];
    assert_eq!(shapes, expected.map(|(step, rows)| (step.to_owned(), rows)));
    let xml = String::from_utf8(site.get("/host_rrd").await).unwrap();
    assert!(
        xml.starts_with("<rrd><version>0003</version>")
            && xml.contains("<name>memory_free_kib</name>")
    );
    let none = site
        .http
        .get(site.url(&format!("/vm_rrd?uuid={halted}")))
        .send()
        .await
        .unwrap();
    assert_eq!(none.status(), 404);
}
