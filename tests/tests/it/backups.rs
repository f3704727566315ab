//! A backup of one server becomes another server: over REST by an administrator, and by the wizard of a fresh machine.

use std::path::Path;

use futures_util::StreamExt;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use xo_server::config::Layer;
use xo_server::{Config, Daemon, admin};
use xo_tests::client::LIMIT;
use xo_tests::rig::{PASSWORD, USER, start};

/// A server, who is asked over REST, and starts anew when it wants to.
struct Machine {
    folder: tempfile::TempDir,
    daemon: Option<Daemon>,
}

impl Machine {
    async fn fresh() -> Self {
        let folder = tempfile::TempDir::new().unwrap();
        let daemon = start(folder.path()).await.unwrap();
        Self {
            folder,
            daemon: Some(daemon),
        }
    }

    async fn with_administrator() -> Self {
        let machine = Self::fresh().await;
        let engine = &machine.daemon().engine;
        let code = engine.setup_code().unwrap();
        let made = engine.create_first_admin(&code, USER, PASSWORD).await;
        made.unwrap();
        machine
    }

    fn daemon(&self) -> &Daemon {
        self.daemon.as_ref().unwrap()
    }

    fn data(&self) -> std::path::PathBuf {
        self.folder.path().join("data")
    }

    fn request(&self, verb: Method, path: &str) -> RequestBuilder {
        let address = self.daemon().address("http").unwrap();
        reqwest::Client::new().request(verb, format!("http://{address}/rest/v0{path}"))
    }

    async fn ask(&self, verb: Method, path: &str, body: Value) -> (StatusCode, Value) {
        let request = self.request(verb, path).basic_auth(USER, Some(PASSWORD));
        answer(request.json(&body)).await
    }

    async fn make_user(&self, name: &str) {
        let body = json!({ "name": name, "password": "a long password" });
        let (status, told) = self.ask(Method::POST, "/users", body).await;
        assert_eq!(status, 201, "{told}");
    }

    async fn users(&self) -> Vec<String> {
        let (_, users) = self.ask(Method::GET, "/users?fields=name", json!({})).await;
        let names = users.as_array().unwrap().iter();
        let mut names: Vec<String> = names
            .map(|user| user["name"].as_str().unwrap().to_owned())
            .collect();
        names.sort();
        names
    }

    async fn backup(&self) -> String {
        let (status, made) = self
            .ask(Method::POST, "/appliance/backups", json!({}))
            .await;
        assert_eq!(status, 201, "{made}");
        made["id"].as_str().unwrap().to_owned()
    }

    async fn download(&self, id: &str) -> Vec<u8> {
        let path = format!("/appliance/backups/{id}/file");
        let request = self.request(Method::GET, &path);
        let answer = request.basic_auth(USER, Some(PASSWORD)).send().await;
        let answer = answer.unwrap().error_for_status().unwrap();
        let name = answer.headers()["content-disposition"].to_str().unwrap();
        assert!(name.ends_with(".xoabackup"), "{name}");
        answer.bytes().await.unwrap().to_vec()
    }

    async fn recovery_key(&self) -> String {
        let (_, told) = self
            .ask(Method::GET, "/appliance/recovery_key", json!({}))
            .await;
        told["key"].as_str().unwrap().to_owned()
    }

    async fn wizard(&self, code: &str, key: &str, file: Vec<u8>) -> (StatusCode, Value) {
        let request = self
            .request(Method::POST, "/setup/restore")
            .header("x-xo-setup-code", code)
            .header("x-xo-recovery-key", key)
            .body(file);
        answer(request).await
    }

    /// As the program does when a restore asks for it.
    async fn restart(&mut self) {
        let daemon = self.daemon.take().unwrap();
        let wanted = tokio::time::timeout(LIMIT, daemon.restart_wanted());
        wanted.await.expect("no restart was asked for");
        daemon.stop().await;
        self.daemon = Some(start(self.folder.path()).await.unwrap());
    }

    /// While it is stopped, what the program is told on its command line.
    async fn stopped<T>(&mut self, run: impl AsyncFnOnce(Config) -> T) -> T {
        if let Some(daemon) = self.daemon.take() {
            daemon.stop().await;
        }
        let layer = Layer {
            data_dir: Some(self.data()),
            ..Layer::default()
        };
        run(Config::merge(&[("test", layer)]).unwrap()).await
    }

    async fn start(&mut self) {
        self.daemon = Some(start(self.folder.path()).await.unwrap());
    }

    async fn stop(mut self) {
        self.daemon.take().unwrap().stop().await;
    }
}

async fn answer(request: RequestBuilder) -> (StatusCode, Value) {
    let answer = request.send().await.unwrap();
    let status = answer.status();
    (status, answer.json().await.unwrap_or_default())
}

fn file(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fresh_machine_becomes_the_old_one_by_the_wizard() {
    let old = Machine::with_administrator().await;
    old.make_user("bob").await;
    let id = old.backup().await;
    let (content, key) = (old.download(&id).await, old.recovery_key().await);
    old.make_user("late").await;

    let mut new = Machine::fresh().await;
    let code = new.daemon().engine.setup_code().unwrap();
    let (status, told) = new.wizard(&code, &key, content).await;
    assert_eq!(status, 200, "{told}");
    assert_eq!(told["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(told["problems"], json!([]));
    new.restart().await;
    assert_eq!(new.daemon().engine.setup_code(), None);
    assert_eq!(new.users().await, [USER, "bob"]);
    for name in ["secret.key", "backup.key", "tls.crt", "tls.key"] {
        assert_eq!(
            file(&new.data().join(name)),
            file(&old.data().join(name)),
            "{name}"
        );
    }
    assert_eq!(new.recovery_key().await, key);
    old.stop().await;
    new.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_restored_is_told_and_changes_nothing() {
    let old = Machine::with_administrator().await;
    let id = old.backup().await;
    let (content, key) = (old.download(&id).await, old.recovery_key().await);
    old.stop().await;

    let new = Machine::fresh().await;
    let code = new.daemon().engine.setup_code().unwrap();
    let before = file(&new.data().join("secret.key"));
    let other = new
        .daemon()
        .engine
        .setup_code()
        .map(|code| code.replace('-', "0"));
    let cut = content[..content.len() / 2].to_vec();
    let mut changed = content.clone();
    changed[70_000] ^= 1;
    let own = std::fs::read_to_string(new.data().join("backup.key"));
    for (what, code, key, file, status, word) in [
        (
            "a wrong code",
            other.as_deref().unwrap(),
            key.as_str(),
            content.clone(),
            403,
            "setup code",
        ),
        ("no key", &code, "", content.clone(), 422, "32 characters"),
        (
            "another key",
            &code,
            "0123-4567-89AB-CDEF-GHJK-MNPQ-RSTV-WXYZ",
            content.clone(),
            422,
            "does not open",
        ),
        ("a cut file", &code, &key, cut, 400, "ends early"),
        ("a changed file", &code, &key, changed, 400, "damaged"),
        (
            "something else",
            &code,
            &key,
            b"hello".to_vec(),
            400,
            "no backup",
        ),
        ("nothing", &code, &key, Vec::new(), 400, "no backup"),
    ] {
        let (got, told) = new.wizard(code, key, file).await;
        assert_eq!(got, status, "{what}: {told}");
        assert!(told.to_string().contains(word), "{what}: {told}");
    }
    assert!(own.is_err(), "a key was made for nothing");
    assert_eq!(file(&new.data().join("secret.key")), before);
    assert!(!new.data().join("incoming").exists());
    assert_eq!(
        std::fs::read_dir(new.data().join("backups"))
            .unwrap()
            .count(),
        0
    );
    assert!(new.daemon().engine.setup_code().is_some());
    new.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_goes_back_to_a_kept_or_an_uploaded_one() {
    let mut machine = Machine::with_administrator().await;
    let first = machine.backup().await;
    let content = machine.download(&first).await;
    machine.make_user("bob").await;
    let restore = |id: &str| format!("/appliance/backups/{id}/actions/restore");
    let (status, told) = machine.ask(Method::POST, &restore(&first), json!({})).await;
    assert_eq!(status, 200, "{told}");
    machine.restart().await;
    assert_eq!(machine.users().await, [USER]);
    // What was there is kept aside.
    assert!(machine.data().join("replaced/xo.db").exists());

    let path = format!("/appliance/backups/{first}");
    assert_eq!(machine.ask(Method::DELETE, &path, json!({})).await.0, 204);
    assert_eq!(machine.ask(Method::DELETE, &path, json!({})).await.0, 404);
    machine.make_user("carol").await;
    let key = machine.recovery_key().await;
    let upload = machine
        .request(Method::POST, "/appliance/backups/actions/upload")
        .basic_auth(USER, Some(PASSWORD));
    let (status, uploaded) = answer(upload.body(content)).await;
    assert_eq!(status, 201, "{uploaded}");
    assert_eq!(uploaded["reason"], "upload");
    let (_, kept) = machine
        .ask(Method::GET, "/appliance/backups", json!({}))
        .await;
    assert_eq!(kept, json!([uploaded]));
    let path = restore(uploaded["id"].as_str().unwrap());
    let (status, told) = machine
        .ask(Method::POST, &path, json!({ "key": key }))
        .await;
    assert_eq!(status, 200, "{told}");
    machine.restart().await;
    assert_eq!(machine.users().await, [USER]);
    machine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_stands_still_keeps_no_backup_waiting() {
    let machine = Machine::with_administrator().await;
    let begin = futures_util::stream::iter([Ok::<_, std::io::Error>("xoa-backup 1\n")]);
    let body = reqwest::Body::wrap_stream(begin.chain(futures_util::stream::pending()));
    let upload = machine
        .request(Method::POST, "/appliance/backups/actions/upload")
        .basic_auth(USER, Some(PASSWORD));
    let stalled = tokio::spawn(upload.body(body).send());
    let has_begun = || {
        let kept = std::fs::read_dir(machine.data().join("backups"));
        kept.is_ok_and(|mut files| files.next().is_some())
    };
    while !has_begun() {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let made = tokio::time::timeout(LIMIT, machine.backup()).await;
    made.expect("the backup waits for the upload");
    stalled.abort();
    machine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_gets_at_backups() {
    let machine = Machine::with_administrator().await;
    let id = machine.backup().await;
    machine.make_user("bob").await;
    for (verb, path) in [
        (Method::GET, "/appliance/backups".to_owned()),
        (Method::POST, "/appliance/backups".to_owned()),
        (Method::POST, "/appliance/backups/actions/upload".to_owned()),
        (Method::GET, format!("/appliance/backups/{id}/file")),
        (Method::DELETE, format!("/appliance/backups/{id}")),
        (
            Method::POST,
            format!("/appliance/backups/{id}/actions/restore"),
        ),
        (Method::GET, "/appliance/recovery_key".to_owned()),
    ] {
        let stranger = machine.request(verb.clone(), &path);
        assert_eq!(answer(stranger).await.0, 401, "{path}");
        let user = machine.request(verb, &path);
        let user = user.basic_auth("bob", Some("a long password"));
        assert_eq!(answer(user).await.0, 403, "{path}");
    }
    // The wizard is over once somebody has an account.
    let (status, _) = machine.wizard("ABCDE-FGHJK", "", Vec::new()).await;
    assert_eq!(status, 403);
    machine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_self_test_signs_in_beside_the_running_server_and_only_for_a_while() {
    let machine = Machine::with_administrator().await;
    let layer = Layer {
        data_dir: Some(machine.data()),
        ..Layer::default()
    };
    let config = Config::merge(&[("test", layer)]).unwrap();
    let mut tokens = Vec::new();
    for _ in 0..2 {
        let token = admin::self_test_token(&config).await.unwrap().unwrap();
        let request = machine.request(Method::GET, "/servers").bearer_auth(&token);
        assert_eq!(answer(request).await, (StatusCode::OK, json!([])));
        tokens.push(token);
    }
    assert_ne!(tokens[0], tokens[1]);
    let path = "/users/me/authentication_tokens";
    let request = machine.request(Method::GET, path).bearer_auth(&tokens[1]);
    let (_, listed) = answer(request).await;
    assert_eq!(listed.as_array().unwrap().len(), 1, "{listed}");
    let ends =
        listed[0]["expiration"].as_i64().unwrap() - listed[0]["created_at"].as_i64().unwrap();
    assert_eq!(ends, 15 * 60_000);
    machine.stop().await;

    let mut fresh = Machine::fresh().await;
    let token = fresh.stopped(async |config| admin::self_test_token(&config).await);
    assert_eq!(token.await.unwrap(), None, "nobody has an account");
}

/// What a newer version would leave.
fn make_newer(database: &Path) {
    let script = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); \
                  c.execute('INSERT INTO schema_version (version) VALUES (99)'); c.commit(); c.close()";
    let run = std::process::Command::new("python3")
        .args(["-c", script])
        .arg(database)
        .status();
    assert!(run.unwrap().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn after_an_update_that_is_gone_back_from_the_data_of_before_it_are_there() {
    let mut machine = Machine::with_administrator().await;
    let before = Some("9.9.9".to_owned());
    let made = machine.stopped(async |config| admin::back_up(&config, before).await);
    let made = made.await.unwrap();
    assert!(made.ends_with("-before-9.9.9"), "{made}");
    machine.start().await;
    machine.make_user("bob").await;
    // One that a clock far ahead gave a later name, and that has bob.
    let before = Some("9.9.9".to_owned());
    let ahead = machine.stopped(async |config| admin::back_up(&config, before).await);
    let ahead = ahead.await.unwrap();
    let shelf = machine.data().join("backups");
    let file = |name: &str| shelf.join(format!("{name}.xoabackup"));
    let renamed = format!("29991231{}", &made[8..]);
    std::fs::rename(file(&ahead), file(&renamed)).unwrap();

    // A way back to a version that understands the database keeps it.
    let told = machine.stopped(async |config| admin::put_back(&config, &made, true).await);
    assert_eq!(told.await.unwrap(), "its data are used as they are");
    machine.start().await;
    assert_eq!(machine.users().await, [USER, "bob"]);

    machine.stopped(async |_| ()).await;
    make_newer(&machine.data().join("xo.db"));
    let error = start(machine.folder.path()).await.err().unwrap();
    assert!(error.to_string().contains("schema version 99"), "{error}");
    for _ in 0..2 {
        // Asked twice, for a power cut may come in between.
        let told = machine.stopped(async |config| admin::put_back(&config, &made, true).await);
        let told = told.await.unwrap();
        assert!(told.contains("replaced"), "{told}");
    }
    machine.start().await;
    assert_eq!(machine.users().await, [USER]);
    machine.make_user("carol").await;
    let told = machine.stopped(async |config| admin::put_back(&config, &made, false).await);
    assert!(told.await.unwrap().contains("replaced"));
    machine.start().await;
    assert_eq!(
        machine.users().await,
        [USER, "carol"],
        "it was put back twice"
    );
    assert!(machine.data().join("replaced/xo.db").exists());

    let error = machine.stopped(async |config| admin::put_back(&config, "8.8.8", false).await);
    let error = error.await.unwrap_err().to_string();
    assert!(error.contains("8.8.8, or of before it"), "{error}");
}
