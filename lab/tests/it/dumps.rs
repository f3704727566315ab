//! What administrators fetch whole comes in the wrapping that their tools expect.

use std::io::Read;

use crate::transfer_support::Site;

fn names(archive: impl Read) -> Vec<String> {
    let mut archive = tar::Archive::new(archive);
    let entries = archive.entries().unwrap();
    entries
        .map(|entry| {
            entry
                .unwrap()
                .path()
                .unwrap()
                .to_string_lossy()
                .into_owned()
        })
        .collect()
}

#[tokio::test]
async fn the_database_is_dumped_with_every_object() {
    let site = Site::start().await;
    let vm = site.vm("Running");
    site.lab
        .db()
        .write()
        .set(&vm, "name_description", "a <b> \"c\" & 'd'\n\u{1}");
    let dump = String::from_utf8(site.get("/pool/xmldbdump").await).unwrap();
    let mut reader = quick_xml::Reader::from_str(&dump);
    reader.config_mut().check_end_names = true;
    let (mut rows, mut found) = (0, false);
    loop {
        match reader.read_event().unwrap() {
            quick_xml::events::Event::Empty(tag) if tag.name().as_ref() == "row" => {
                rows += 1;
                let get = |name: &str| {
                    let attribute = tag.try_get_attribute(name).unwrap().unwrap();
                    attribute
                        .normalized_value(quick_xml::XmlVersion::Implicit1_0)
                        .unwrap()
                        .into_owned()
                };
                if get("ref") == vm {
                    found = true;
                    assert_eq!(get("name_description"), "a <b> \"c\" & 'd'\n\u{fffd}");
                    assert!(get("HVM_boot_params").starts_with("(('"));
                }
            }
            quick_xml::events::Event::Eof => break,
            _ => {}
        }
    }
    assert!(found);
    let db = site.lab.db().read();
    let objects: usize = db.counts().map(|(_, count)| count).sum();
    assert_eq!(rows, objects - db.count("session") - db.count("task"));
}

#[tokio::test]
async fn backups_and_logs_are_archives() {
    let site = Site::start().await;
    let backup = site.get("/host_backup").await;
    assert_eq!(
        names(&backup[..]),
        ["etc/hostname", "etc/xensource-inventory"]
    );
    let status = site.get("/system-status?output=tar").await;
    assert!(names(&status[..]).contains(&"bug-report/xapi-db.xml".to_owned()));
    let logs = site.get("/host_logs_download").await;
    assert_eq!(
        names(flate2::read::GzDecoder::new(&logs[..])),
        ["var/log/xensource.log"]
    );
    let task = site.task().await;
    let url = site.url(&format!("/system-status?output=zip&task_id={task}"));
    assert_eq!(site.http.get(url).send().await.unwrap().status(), 500);
    assert_eq!(site.ended(&task).await.error[0], "NOT_IMPLEMENTED");
}

#[tokio::test]
async fn the_audit_log_tells_what_was_done_since() {
    let site = Site::start().await;
    let vm = site.vm("Running");
    site.call("VM.hard_shutdown", &[&vm]).await;
    let uuid = site.lab.db().read().text(&vm, "uuid");
    let audit = String::from_utf8(site.get("/audit_log?since=20200101T00:00:00Z").await).unwrap();
    assert!(
        audit
            .lines()
            .any(|line| line.contains("'VM_SHUTDOWN'") && line.contains(&*uuid)),
        "{audit}"
    );
    assert!(
        site.get("/audit_log?since=20990101T00:00:00Z")
            .await
            .is_empty()
    );
}
