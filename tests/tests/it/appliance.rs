//! The appliance's pages over REST, against the real agent on a folder. Programs of the system are scripts that write down what they were told.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use tempfile::TempDir;
use xo_server::Daemon;
use xo_tests::built::binary;
use xo_tests::client::LIMIT;
use xo_tests::rig::{PASSWORD, USER, start, start_beside};

const UNIT: &str = "run/systemd/network/10-xoa.network";

/// An agent on a folder, and a server beside it.
struct Machine {
    folder: TempDir,
    agent: Child,
    daemon: Daemon,
}

impl Machine {
    async fn start(confirm_within: &str) -> Self {
        Self::start_in(TempDir::new().unwrap(), confirm_within).await
    }

    async fn start_in(folder: TempDir, confirm_within: &str) -> Self {
        let agent = agent(folder.path(), confirm_within);
        let socket = folder.path().join("run/xoa/agent.sock");
        // Where the agent looks for the server's data.
        let data = folder.path().join("var/lib");
        std::fs::create_dir_all(&data).unwrap();
        let daemon = start_beside(folder.path(), &socket).await.unwrap();
        std::os::unix::fs::symlink(folder.path().join("data"), data.join("xo-server")).unwrap();
        Self {
            folder,
            agent,
            daemon,
        }
    }

    async fn administrator(&self) -> Asker {
        let code = self.daemon.engine.setup_code().unwrap();
        let made = self.daemon.engine.create_first_admin(&code, USER, PASSWORD);
        made.await.unwrap();
        Asker::new(&self.daemon, USER)
    }

    fn text(&self, path: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(path)).unwrap_or_default()
    }

    async fn stop(mut self) {
        self.daemon.stop().await;
        self.agent.kill().unwrap();
        self.agent.wait().unwrap();
    }
}

fn agent(root: &Path, confirm_within: &str) -> Child {
    let bin = root.join("bin");
    std::fs::create_dir(&bin).unwrap();
    for (name, script) in [
        ("networkctl", "echo networkctl \"$@\" >> \"$ROOT/ran\""),
        (
            "systemctl",
            "echo systemctl \"$@\" >> \"$ROOT/ran\"; echo ActiveState=active",
        ),
        ("ip", "echo '[]'"),
    ] {
        let path = bin.join(name);
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let mut agent = Command::new(binary("xoa"))
        .arg0("xoa-agent")
        .arg("--root")
        .arg(root)
        .args([
            "--confirm-within",
            confirm_within,
            "--server",
            "127.0.0.1:1",
        ])
        .env("PATH", format!("{}:/usr/bin:/bin", bin.display()))
        .env("ROOT", root)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(agent.stderr.take().unwrap()).lines();
    while !lines
        .next()
        .expect("the agent ended")
        .unwrap()
        .contains(" serves ")
    {}
    // What it says later must go somewhere.
    std::thread::spawn(move || for _ in lines {});
    agent
}

struct Asker {
    base: String,
    user: String,
}

impl Asker {
    fn new(daemon: &Daemon, user: &str) -> Self {
        Self {
            base: format!("http://{}/rest/v0", daemon.address("http").unwrap()),
            user: user.to_owned(),
        }
    }

    async fn send(&self, verb: &str, path: &str, body: Option<Value>) -> reqwest::Response {
        let verb = reqwest::Method::from_bytes(verb.as_bytes()).unwrap();
        let mut request = reqwest::Client::new()
            .request(verb, format!("{}{path}", self.base))
            .basic_auth(&self.user, Some(PASSWORD));
        if let Some(body) = body {
            request = request.json(&body);
        }
        request.send().await.unwrap()
    }

    #[track_caller]
    fn expect(status: u16, (found, body): (u16, Value)) -> Value {
        assert_eq!(found, status, "{body}");
        body
    }

    async fn ask(&self, verb: &str, path: &str, body: Value) -> (u16, Value) {
        let body = (!body.is_null()).then_some(body);
        let answer = self.send(verb, path, body).await;
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap_or_default())
    }

    async fn get(&self, path: &str) -> Value {
        Self::expect(200, self.ask("GET", path, Value::Null).await)
    }
}

async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = tokio::time::Instant::now() + LIMIT;
    while !is_so() {
        assert!(
            tokio::time::Instant::now() < deadline,
            "{what} did not come"
        );
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_on_trial_is_kept_when_it_is_confirmed() {
    let machine = Machine::start("60").await;
    let asker = machine.administrator().await;
    let wanted =
        json!({ "mode": "static", "addresses": ["10.0.0.5/24"], "gateways": ["10.0.0.1"] });
    let told = Asker::expect(200, asker.ask("PUT", "/appliance/network", wanted).await);
    assert_eq!(told["urls"], json!(["https://10.0.0.5/"]));
    let unit = || machine.text(UNIT).contains("Address=10.0.0.5/24");
    until("the change", unit).await;
    let network = asker.get("/appliance/network").await;
    assert_eq!(network["pending"]["change"], told["change"]);
    assert_eq!(network["kept"]["mode"], "dhcp");

    let confirm = "/appliance/network/actions/confirm";
    let wrong = asker.ask("POST", confirm, json!({ "change": 99 })).await;
    assert!(
        Asker::expect(409, wrong)["error"]
            .as_str()
            .unwrap()
            .contains("not on trial")
    );
    Asker::expect(
        204,
        asker
            .ask("POST", confirm, json!({ "change": told["change"] }))
            .await,
    );
    let network = asker.get("/appliance/network").await;
    assert_eq!(
        (&network["pending"], &network["kept"]["addresses"]),
        (&Value::Null, &json!(["10.0.0.5/24"]))
    );
    machine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_nobody_confirms_goes_back() {
    let machine = Machine::start("1").await;
    let asker = machine.administrator().await;
    let wanted = json!({ "mode": "static", "addresses": ["192.0.2.5/24"] });
    Asker::expect(200, asker.ask("PUT", "/appliance/network", wanted).await);
    until("the way back", || machine.text(UNIT).contains("DHCP=yes")).await;
    machine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_fit_is_told_with_its_field() {
    let machine = Machine::start("60").await;
    let asker = machine.administrator().await;
    for (verb, path, body, field) in [
        (
            "PUT",
            "/appliance/network",
            json!({ "mode": "static", "addresses": ["10.0.0.0/24"] }),
            "/addresses",
        ),
        (
            "PUT",
            "/appliance/network",
            json!({ "mode": "odd" }),
            "/mode",
        ),
        (
            "PUT",
            "/appliance/hostname",
            json!({ "hostname": "a b" }),
            "/hostname",
        ),
        (
            "PATCH",
            "/appliance/time",
            json!({ "zone": "../x" }),
            "/zone",
        ),
        (
            "PUT",
            "/appliance/proxy",
            json!({ "proxy": "ftp://x" }),
            "/proxy",
        ),
    ] {
        let told = Asker::expect(422, asker.ask(verb, path, body.clone()).await);
        assert_eq!(
            told["data"]["errors"][0]["instancePath"], field,
            "{body}: {told}"
        );
    }
    machine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_other_pages_do_what_they_say() {
    let machine = Machine::start("60").await;
    let asker = machine.administrator().await;
    let status = asker.get("/appliance").await;
    assert_eq!(asker.get("/setup").await["appliance"], true);
    let certificate = asker.get("/setup").await["certificate"]["fingerprint"].clone();
    // The http listener's server has the https one's certificate, and the agent reads the same file.
    assert_eq!(status["certificate"]["fingerprint"], certificate);
    let check = asker.get("/appliance/check").await;
    let names: Vec<&str> = check["checks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["name"].as_str().unwrap())
        .collect();
    assert!(
        names.contains(&"database") && names.contains(&"gateway"),
        "{names:?}"
    );

    std::fs::create_dir_all(machine.folder.path().join("proc/sys/kernel")).unwrap();
    Asker::expect(
        200,
        asker
            .ask("PUT", "/appliance/hostname", json!({ "hostname": "front" }))
            .await,
    );
    assert_eq!(asker.get("/appliance/hostname").await["kept"], "front");
    Asker::expect(
        200,
        asker
            .ask("PATCH", "/appliance/time", json!({ "ntp": ["10.0.0.3"] }))
            .await,
    );
    assert_eq!(
        asker.get("/appliance/time").await["ntp"],
        json!(["10.0.0.3"])
    );
    let proxy = json!({ "proxy": "http://ann:secret@proxy:3128" });
    Asker::expect(204, asker.ask("PUT", "/appliance/proxy", proxy).await);
    assert_eq!(
        asker.get("/appliance/proxy").await["proxy"],
        "http://ann:***@proxy:3128"
    );
    let tasks = asker.get("/tasks?fields=*").await;
    assert!(!tasks.to_string().contains("secret"), "{tasks}");
    Asker::expect(
        204,
        asker
            .ask("PUT", "/appliance/proxy", json!({ "proxy": null }))
            .await,
    );

    let reset = "/appliance/actions/factory_reset";
    Asker::expect(
        403,
        asker.ask("POST", reset, json!({ "word": "yes" })).await,
    );
    assert!(!machine.text("ran").contains("reboot"));
    Asker::expect(
        204,
        asker.ask("POST", reset, json!({ "word": "ERASE" })).await,
    );
    let power = "/appliance/actions/power";
    Asker::expect(
        204,
        asker
            .ask("POST", power, json!({ "action": "poweroff" }))
            .await,
    );
    assert!(
        machine
            .text("ran")
            .ends_with("systemctl --no-block reboot\nsystemctl --no-block poweroff\n")
    );

    // This machine was not started from a slot.
    for (verb, path) in [
        ("GET", "/appliance/updates"),
        ("POST", "/appliance/updates/actions/check"),
        ("POST", "/appliance/updates/actions/rollback"),
    ] {
        let update = asker.ask(verb, path, Value::Null).await;
        let told = Asker::expect(409, update).to_string();
        assert!(told.contains("cannot update itself"), "{told}");
    }
    machine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_support_bundle_is_downloaded_whole() {
    let machine = Machine::start("60").await;
    let asker = machine.administrator().await;
    let answer = asker.send("GET", "/appliance/support_bundle", None).await;
    assert_eq!(answer.status(), 200);
    let headers = answer.headers();
    assert_eq!(headers["content-type"], "application/gzip");
    assert!(
        headers["content-disposition"]
            .to_str()
            .unwrap()
            .contains("xoa-support-")
    );
    let bytes = answer.bytes().await.unwrap();
    let listed = Command::new("tar")
        .args(["-tzf", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let mut listed = listed.unwrap();
    std::io::Write::write_all(&mut listed.stdin.take().unwrap(), &bytes).unwrap();
    let mut names = String::new();
    listed
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut names)
        .unwrap();
    assert!(listed.wait().unwrap().success());
    assert!(
        names.contains("xoa-support/status.json\n") && names.contains("xoa-support/journal.txt\n"),
        "{names}"
    );
    machine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_screen_finds_the_setup_code_as_long_as_it_is_good() {
    let machine = Machine::start("60").await;
    let code = machine.daemon.engine.setup_code().unwrap();
    until("the code", || machine.text("data/setup-code") == code).await;
    let mode = std::fs::metadata(machine.folder.path().join("data/setup-code"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let shown = Command::new(binary("xoa"))
        .arg("--socket")
        .arg(machine.folder.path().join("run/xoa/agent.sock"))
        .arg("setup-code")
        .output()
        .unwrap();
    let shown: Value = serde_json::from_slice(&shown.stdout).unwrap();
    assert_eq!(shown["code"], code);
    for _ in 0..5 {
        machine.daemon.engine.check_setup_code("WRONG").unwrap_err();
    }
    let renewed = machine.daemon.engine.setup_code().unwrap();
    assert_ne!(renewed, code);
    until("the new code", || {
        machine.text("data/setup-code") == renewed
    })
    .await;
    machine.administrator().await;
    let path = machine.folder.path().join("data/setup-code");
    until("its end", || !path.exists()).await;
    machine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_administrators_ask_and_only_of_an_appliance() {
    let machine = Machine::start("60").await;
    let asker = machine.administrator().await;
    let ann = json!({ "name": "ann", "password": PASSWORD });
    Asker::expect(201, asker.ask("POST", "/users", ann).await);
    let ann = Asker::new(&machine.daemon, "ann");
    for (verb, path, body) in [
        ("GET", "/appliance", Value::Null),
        ("GET", "/appliance/support_bundle", Value::Null),
        ("PUT", "/appliance/hostname", json!({ "hostname": "x" })),
        (
            "POST",
            "/appliance/actions/power",
            json!({ "action": "reboot" }),
        ),
        (
            "PUT",
            "/certificate",
            json!({ "certificate": "x", "key": "x" }),
        ),
    ] {
        Asker::expect(403, ann.ask(verb, path, body).await);
    }
    assert!(!machine.text("ran").contains("reboot"));
    machine.stop().await;

    let folder = TempDir::new().unwrap();
    let daemon = start(folder.path()).await.unwrap();
    let code = daemon.engine.setup_code().unwrap();
    daemon
        .engine
        .create_first_admin(&code, USER, PASSWORD)
        .await
        .unwrap();
    let asker = Asker::new(&daemon, USER);
    for (verb, path, body) in [
        ("GET", "/appliance", Value::Null),
        ("GET", "/appliance/support_bundle", Value::Null),
        (
            "POST",
            "/appliance/actions/power",
            json!({ "action": "reboot" }),
        ),
    ] {
        let told = Asker::expect(404, asker.ask(verb, path, body).await);
        assert!(
            told["error"].as_str().unwrap().contains("not an appliance"),
            "{told}"
        );
    }
    daemon.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_is_gone_is_told_from_a_machine_without_one() {
    let mut machine = Machine::start("60").await;
    let asker = machine.administrator().await;
    machine.agent.kill().unwrap();
    machine.agent.wait().unwrap();
    let told = Asker::expect(503, asker.ask("GET", "/appliance", Value::Null).await);
    assert!(
        told["error"]
            .as_str()
            .unwrap()
            .contains("agent does not answer"),
        "{told}"
    );
    machine.daemon.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forgotten_password_is_reset_beside_the_running_server() {
    let folder = TempDir::new().unwrap();
    let daemon = start(folder.path()).await.unwrap();
    let code = daemon.engine.setup_code().unwrap();
    daemon
        .engine
        .create_first_admin(&code, USER, PASSWORD)
        .await
        .unwrap();
    let asker = Asker::new(&daemon, USER);
    let me = asker.get("/users/me").await;
    let id = me["id"].as_str().unwrap();
    let secret = json!({ "preferences": { "otp": "JBSWY3DPEHPK3PXP" } });
    Asker::expect(
        204,
        asker.ask("PATCH", &format!("/users/{id}"), secret).await,
    );

    let run = |arguments: &[&str], input: &str| {
        let mut child = Command::new(binary("xo-server"))
            .arg("admin")
            .args(arguments)
            .arg(format!(
                "--data-dir={}",
                folder.path().join("data").display()
            ))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        (
            output.status.success(),
            String::from_utf8(output.stdout).unwrap(),
            said,
        )
    };
    let (ok, names, said) = run(&["list"], "");
    assert!(ok && names == format!("{USER}\n"), "{names} {said}");
    let (ok, _, said) = run(
        &["reset-password", "nobody", "--password-stdin"],
        "another password",
    );
    assert!(
        !ok && said.contains("no such administrator nobody"),
        "{said}"
    );
    let (ok, _, said) = run(
        &["reset-password", USER, "--password-stdin"],
        "another password",
    );
    assert!(ok, "{said}");

    let credentials = json!({ "username": USER, "password": "another password" });
    let session = asker.send("POST", "/session", Some(credentials)).await;
    assert_eq!(session.status(), 201, "without a second factor");
    let old = json!({ "username": USER, "password": PASSWORD });
    let refused = asker.send("POST", "/session", Some(old)).await;
    assert_eq!(refused.status(), 401);
    daemon.stop().await;
}

/// Partitions of a disk with two slots, of which the first one runs; nothing is in them.
fn slots(root: &Path) {
    let put = |path: &str, content: &str| {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    };
    let slaves = root.join("sys/block/dm-0/slaves");
    std::fs::create_dir_all(&slaves).unwrap();
    std::fs::create_dir_all(root.join("boot/EFI/Linux")).unwrap();
    put("dev/dm-0", "");
    for number in 2..=5 {
        put(&format!("dev/vda{number}"), "");
        put(
            &format!("sys/devices/vda/vda{number}/partition"),
            &format!("{number}\n"),
        );
    }
    for name in ["vda2", "vda3"] {
        let device = root.join("sys/devices/vda").join(name);
        std::os::unix::fs::symlink(device, slaves.join(name)).unwrap();
    }
    put("proc/cmdline", &format!("roothash={}\n", "ab".repeat(32)));
    put("proc/sys/kernel/random/boot_id", "first\n");
    put("usr/lib/os-release", "IMAGE_VERSION=1.0.0\n");
}

/// A bundle of a release, as far as an upload looks at it.
fn bundle(folder: &Path, length: usize) -> Vec<u8> {
    let name = format!("targets/{}.xoa-1.1.0.root", "cd".repeat(32));
    std::fs::create_dir_all(folder.join("targets")).unwrap();
    std::fs::write(folder.join(&name), vec![7; length]).unwrap();
    let packed = Command::new("tar")
        .args(["--format=ustar", "-cf", "-", &name])
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(packed.status.success());
    packed.stdout
}

/// The next event of a stream that is about a subscription.
async fn heard(stream: &mut reqwest::Response, rest: &mut String, name: &str) -> Value {
    let ours = format!(r#""$subscription":"{name}""#);
    loop {
        if let Some((event, behind)) = rest.clone().split_once("\n\n") {
            behind.clone_into(rest);
            if event.contains(&ours) {
                let (_, data) = event.split_once("data: ").unwrap();
                return serde_json::from_str(data).unwrap();
            }
            continue;
        }
        let piece = tokio::time::timeout(LIMIT, stream.chunk()).await;
        let piece = piece.expect("nothing was told").unwrap().unwrap();
        rest.push_str(&String::from_utf8_lossy(&piece));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_change_of_updates_is_pushed_whoever_made_it() {
    let folder = TempDir::new().unwrap();
    slots(folder.path());
    let machine = Machine::start_in(folder, "60").await;
    let asker = machine.administrator().await;
    let mut stream = asker.send("GET", "/events", None).await;
    let (mut rest, mut id) = (String::new(), None);
    while id.is_none() {
        let piece = stream.chunk().await.unwrap().unwrap();
        rest.push_str(&String::from_utf8_lossy(&piece));
        let init = rest
            .split_once("data: ")
            .and_then(|(_, data)| data.split_once("\n\n"));
        id = init
            .and_then(|(data, _)| Some(serde_json::from_str::<Value>(data).ok()?["id"].clone()));
    }
    let subscription = format!(
        "/events/{}/subscriptions/mine",
        id.unwrap().as_str().unwrap()
    );
    let body = json!({ "collection": "update", "fields": "*" });
    Asker::expect(200, asker.ask("PUT", &subscription, body.clone()).await);

    // By somebody at the appliance's own screen.
    let told = Command::new(binary("xoa"))
        .arg("--socket")
        .arg(machine.folder.path().join("run/xoa/agent.sock"))
        .args(["update", "settings", "--channel", "latest"])
        .output()
        .unwrap();
    assert!(told.status.success(), "{told:?}");
    let event = heard(&mut stream, &mut rest, "mine").await;
    assert_eq!(event["id"], "appliance");
    assert_eq!(event["settings"]["channel"], "latest");
    // In the background: a step that fails, since this machine lacks what releases are believed by.
    let settings = json!({ "repository": "https://updates.example" });
    Asker::expect(
        200,
        asker.ask("PATCH", "/appliance/updates", settings).await,
    );
    Asker::expect(
        204,
        asker
            .ask("POST", "/appliance/updates/actions/fetch", json!({}))
            .await,
    );
    let mut was_under_way = false;
    loop {
        let event = heard(&mut stream, &mut rest, "mine").await;
        was_under_way |= !event["progress"].is_null();
        if let Some(error) = event["ended"]["error"].as_str() {
            assert!(error.contains("root.json"), "{error}");
            break;
        }
    }
    assert!(was_under_way);
    machine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bundle_goes_through_the_server_to_the_agent() {
    let folder = TempDir::new().unwrap();
    slots(folder.path());
    let machine = Machine::start_in(folder, "60").await;
    let asker = machine.administrator().await;
    let (content, work) = (3 << 20, TempDir::new().unwrap());
    let whole = bundle(work.path(), content);
    let upload = async |body: Vec<u8>| {
        let request = reqwest::Client::new()
            .post(format!("{}/appliance/updates/actions/upload", asker.base))
            .basic_auth(&asker.user, Some(PASSWORD))
            .body(body);
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        (status, answer.json::<Value>().await.unwrap_or_default())
    };
    let told = Asker::expect(200, upload(whole.clone()).await);
    assert_eq!(told, json!({ "version": "1.1.0" }));
    let unpacked = machine
        .folder
        .path()
        .join("var/lib/xoa/update/bundle/targets");
    let file = std::fs::read_dir(unpacked)
        .unwrap()
        .next()
        .unwrap()
        .unwrap();
    assert_eq!(file.metadata().unwrap().len(), content as u64);
    let tasks = asker.get("/tasks?fields=*").await;
    let task = &tasks[0];
    assert_eq!(
        task["properties"]["type"], "appliance.update.upload",
        "{tasks}"
    );
    assert_eq!(task["properties"]["progress"], 100, "{tasks}");
    assert_eq!(task["status"], "success", "{tasks}");
    // It is one of the sources; this machine lacks what it would be believed by.
    let from = json!({ "from": "bundle" });
    let told = asker
        .ask("POST", "/appliance/updates/actions/check", from)
        .await;
    let told = Asker::expect(503, told);
    assert!(told.to_string().contains("root.json"), "{told}");

    // What is none is refused, in the agent's words and after all of it was read.
    let junk = upload(vec![1; 2 << 20]).await;
    let told = Asker::expect(400, junk);
    assert!(told.to_string().contains("no bundle"), "{told}");
    let told = Asker::expect(400, upload(whole[..whole.len() / 2].to_vec()).await);
    assert!(told.to_string().contains("no bundle"), "{told}");
    assert!(
        !machine
            .folder
            .path()
            .join("var/lib/xoa/update/bundle")
            .exists()
    );
    machine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_taken_where_no_slot_could_be_written() {
    let machine = Machine::start("60").await;
    let asker = machine.administrator().await;
    let upload = asker.ask("POST", "/appliance/updates/actions/upload", Value::Null);
    let told = Asker::expect(409, upload.await);
    assert!(told.to_string().contains("cannot update itself"), "{told}");
    machine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_sets_the_appliance_as_it_was_but_for_its_network() {
    let machine = Machine::start("60").await;
    let asker = machine.administrator().await;
    std::fs::create_dir_all(machine.folder.path().join("proc/sys/kernel")).unwrap();
    let set = async |hostname: &str, proxy: Value| {
        let name = json!({ "hostname": hostname });
        Asker::expect(200, asker.ask("PUT", "/appliance/hostname", name).await);
        let proxy = json!({ "proxy": proxy });
        Asker::expect(204, asker.ask("PUT", "/appliance/proxy", proxy).await);
    };
    set("front", json!("http://ann:secret@proxy:3128")).await;
    let made = asker.ask("POST", "/appliance/backups", json!({})).await;
    let made = Asker::expect(201, made);
    set("back", Value::Null).await;
    let id = made["id"].as_str().unwrap();
    let path = format!("/appliance/backups/{id}/actions/restore");
    let told = Asker::expect(200, asker.ask("POST", &path, json!({})).await);
    assert_eq!(told["hostname"], "front");
    // This machine has no slots, so nothing to choose for updates; it says so.
    let problems = told["problems"].as_array().unwrap();
    assert!(
        problems
            .iter()
            .all(|problem| problem.as_str().unwrap().starts_with("updates")),
        "{told}"
    );
    assert_eq!(asker.get("/appliance/hostname").await["kept"], "front");
    let settings = machine.text("var/lib/xoa/settings.json");
    assert!(
        settings.contains("http://ann:secret@proxy:3128"),
        "{settings}"
    );
    tokio::time::timeout(LIMIT, machine.daemon.restart_wanted())
        .await
        .unwrap();
    machine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_restart_would_interrupt_is_told_as_long_as_it_goes_on() {
    let folder = TempDir::new().unwrap();
    slots(folder.path());
    let machine = Machine::start_in(folder, "60").await;
    let asker = machine.administrator().await;
    let come = async |expected: Value| {
        let deadline = tokio::time::Instant::now() + LIMIT;
        loop {
            let told = asker.get("/appliance/updates/interruptions").await;
            if told["interrupts"] == expected {
                return;
            }
            assert!(tokio::time::Instant::now() < deadline, "{told}");
            tokio::task::yield_now().await;
        }
    };
    come(json!([])).await;
    // An upload whose end does not come.
    let first = stream::once(async { Ok::<_, std::io::Error>(vec![7_u8; 1000]) });
    let body = reqwest::Body::wrap_stream(first.chain(stream::pending()));
    let request = reqwest::Client::new()
        .post(format!("{}/appliance/updates/actions/upload", asker.base))
        .basic_auth(&asker.user, Some(PASSWORD))
        .body(body);
    let sending = tokio::spawn(request.send());
    come(json!(["upload"])).await;
    sending.abort();
    come(json!([])).await;
    machine.stop().await;
}
